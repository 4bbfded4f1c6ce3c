/* Both files are walked at once. While their bytes are the same nothing else is looked at: two
 * results of following nights mostly are. Where rows differ,
 *
 *     the same key                         a pair
 *     the new row's key is a loose old one   a pair; the old file waits
 *     the old row's key is a loose new one   a pair; the new file waits
 *     else                                 both become loose, both files move on
 *
 * so that behind rows that came or went the files find together again, at the price of as many
 * loose rows. What is loose at the end was added or removed.
 *
 * Of a loose row three words are kept: 64 bits of the hash of its key, 64 of that of its content,
 * and its place, at which it can be read again. Two rows are taken for the same by 128 bits; two
 * that differ are read again, so 64 bits are enough to find them. */
#include "converter/compare.h"

#include "formats/base/grow.h"
#include "formats/base/hash.h"

#include <errno.h>
#include <stdlib.h>

enum {
    WINDOW_BYTES = 128 * 1024,
    SINGLE_BYTES = 8 * 1024, /* window for rows read again one by one */
    LEAST_SLOTS = 1024,
    /* More rows with one key than this are no roster, and would take long to tell apart. */
    MAX_EQUAL_KEYS = 64
};

enum loose_state {
    LOOSE,
    PAIRED,
    CHANGED /* of a new row: paired, but not the same; `content` is the set of columns */
};

static const unsigned STATE_SHIFT = 62; /* no file is so large */
static const uint64_t PLACE_MASK = ((uint64_t)1 << 62) - 1;

struct loose {
    uint64_t key;
    uint64_t content;
    uint64_t place; /* and above STATE_SHIFT the state */
};

/* In the order of the file. The slots are searched from the key's own one on to the first that is
 * 0. A slot holds the number of an item, from 1, in its lower bits, and in those that are left
 * some of the key's, so that items with other keys are seldom looked at. */
struct loose_set {
    struct loose *items;
    size_t count;
    size_t room;
    uint32_t *slots;
    size_t slot_count;
    size_t slots_used;
    uint32_t number_mask;
};

/* One of the two files, and the row at its current place. */
struct side {
    int fd;
    struct sds_table table;
    struct sds_table again; /* for single rows at places passed already */
    struct loose_set loose;
    bool known; /* the rest is that of the current place */
    enum sds_table_result result;
    struct sds_table_row row;
    uint64_t key;
    uint64_t content;
};

/* What becomes of a row. */
enum pairing {
    PAIR_MADE,
    PAIR_NONE,  /* it has become loose, or may become so */
    PAIR_ODD,   /* see COMPARE_ODD */
    PAIR_FAILED /* errno */
};

struct comparison {
    const struct sds_format *format;
    uint32_t key;
    uint32_t common; /* columns that both have */
    bool same_header;
    struct side old;
    struct side new;
    struct row_counts counts;
};

/* ---- loose rows ---- */

static enum loose_state state_of(const struct loose *item)
{
    return (enum loose_state)(item->place >> STATE_SHIFT);
}

static void set_state(struct loose *item, enum loose_state state)
{
    item->place = (item->place & PLACE_MASK) | (uint64_t)state << STATE_SHIFT;
}

static size_t first_slot(const struct loose_set *set, uint64_t key)
{
    return (size_t)(((key >> 32) * (uint64_t)set->slot_count) >> 32);
}

static size_t next_slot(const struct loose_set *set, size_t slot)
{
    return slot + 1 == set->slot_count ? 0 : slot + 1;
}

static uint32_t slot_tag(const struct loose_set *set, uint64_t key)
{
    return (uint32_t)key & ~set->number_mask;
}

/* Whether the slot's item has the key. */
static bool slot_has(const struct loose_set *set, size_t slot, uint64_t key)
{
    uint32_t value = set->slots[slot];
    return (value & ~set->number_mask) == slot_tag(set, key) &&
           set->items[(value & set->number_mask) - 1].key == key;
}

/* False: too many items have the key. */
static bool put_slot(struct loose_set *set, size_t item)
{
    uint64_t key = set->items[item].key;
    size_t slot = first_slot(set, key);
    unsigned equal = 0;
    for (; set->slots[slot]; slot = next_slot(set, slot))
        if (slot_has(set, slot, key) && ++equal == MAX_EQUAL_KEYS)
            return false;
    set->slots[slot] = (uint32_t)(item + 1) | slot_tag(set, key);
    set->slots_used++;
    return true;
}

/* Makes more slots: 5 to 7 bytes for each item. The old ones are gone before, as all they say is in
 * the items. */
static enum pairing more_slots(struct loose_set *set)
{
    free(set->slots);
    set->slot_count = LEAST_SLOTS + set->count / 4 * 7;
    set->slots_used = 0;
    set->number_mask = LEAST_SLOTS - 1;
    while (set->number_mask < set->slot_count && set->number_mask < UINT32_MAX)
        set->number_mask = set->number_mask * 2 + 1;
    set->slots = set->slot_count < UINT32_MAX ? calloc(set->slot_count, sizeof *set->slots) : NULL;
    if (!set->slots)
        return PAIR_FAILED;
    for (size_t i = 0; i < set->count; i++)
        if (state_of(&set->items[i]) == LOOSE && !put_slot(set, i))
            return PAIR_ODD;
    return PAIR_NONE;
}

static struct loose *add_item(struct loose_set *set, const struct side *side)
{
    struct loose *items = grow_by_one(set->items, set->count, &set->room, sizeof *items);
    if (!items)
        return NULL;
    set->items = items;
    items[set->count] = (struct loose){side->key, side->content, side->row.place};
    return &items[set->count++];
}

static enum pairing add_loose(struct loose_set *set, const struct side *side)
{
    bool full = set->slots_used >= set->slot_count / 4 * 3 || set->count >= set->number_mask;
    enum pairing result = full ? more_slots(set) : PAIR_NONE;
    if (result != PAIR_NONE)
        return result;
    if (!add_item(set, side))
        return PAIR_FAILED;
    return put_slot(set, set->count - 1) ? PAIR_NONE : PAIR_ODD;
}

/* The first loose row with the key, NULL when there is none. */
static struct loose *find_loose(const struct loose_set *set, uint64_t key)
{
    if (set->slot_count == 0)
        return NULL;
    for (size_t slot = first_slot(set, key); set->slots[slot]; slot = next_slot(set, slot)) {
        struct loose *item = &set->items[(set->slots[slot] & set->number_mask) - 1];
        if (slot_has(set, slot, key) && state_of(item) == LOOSE)
            return item;
    }
    return NULL;
}

/* ---- rows ---- */

static enum compared cannot_compare(struct failure *failure)
{
    failure_set(failure, FAILURE_OUTPUT, "the last result cannot be compared with: %s",
                strerror(errno));
    return COMPARE_FAILED;
}

/* A row that was read before. False: errno. */
static bool read_again(struct sds_table *table, const struct loose *item,
                       struct sds_table_row *row)
{
    sds_table_seek(table, item->place & PLACE_MASK);
    enum sds_table_result result = sds_table_peek(table, row);
    if (result != SDS_TABLE_FAILED && result != SDS_TABLE_ROW)
        errno = ESTALE; /* somebody has changed the file */
    return result == SDS_TABLE_ROW;
}

/* One chain over the key, then over all other columns. Of rows that are nothing but key both words
 * together still are all of its 128 bits. */
static void hash_row(const struct comparison *c, struct side *side)
{
    struct hash128 h = hash_begin();
    for (unsigned i = 0; i < c->format->column_count; i++)
        if (c->key & 1U << i)
            h = hash_add(h, side->row.cells[i]);
    side->key = h.a ^ h.b;
    for (unsigned i = 0; i < c->format->column_count; i++)
        if (c->common & ~c->key & 1U << i)
            h = hash_add_named(h, i, side->row.cells[i]);
    side->content = h.b;
}

static void know_row(const struct comparison *c, struct side *side)
{
    if (side->known)
        return;
    side->known = true;
    side->result = sds_table_peek(&side->table, &side->row);
    if (side->result == SDS_TABLE_ROW)
        hash_row(c, side);
}

static void move_on(struct side *side)
{
    sds_table_skip(&side->table, side->row.text.len);
    side->known = false;
}

static uint32_t differences(const struct comparison *c, const struct sds_table_row *x,
                            const struct sds_table_row *y)
{
    uint32_t columns = 0;
    for (unsigned i = 0; i < c->format->column_count; i++)
        if (c->common & 1U << i && !slice_equal(x->cells[i], y->cells[i]))
            columns |= 1U << i;
    return columns;
}

/* How many bytes at the start are the same. */
static size_t same_bytes(struct slice x, struct slice y)
{
    enum { BLOCK = 1024 };
    size_t len = x.len < y.len ? x.len : y.len;
    size_t at = 0;
    while (len - at >= BLOCK && memcmp(x.ptr + at, y.ptr + at, BLOCK) == 0)
        at += BLOCK;
    for (uint64_t a, b; len - at >= sizeof a; at += sizeof a) {
        memcpy(&a, x.ptr + at, sizeof a);
        memcpy(&b, y.ptr + at, sizeof b);
        if (a != b)
            break;
    }
    while (at < len && x.ptr[at] == y.ptr[at])
        at++;
    return at;
}

/* Moves over all rows that are the same to the byte. No value of the new file has a line end in it
 * (formats/README.md), so each LF of what is the same ends a row in both. */
static void skip_same(struct comparison *c)
{
    for (;;) {
        struct slice x = sds_table_ahead(&c->old.table);
        struct slice y = sds_table_ahead(&c->new.table);
        /* Reading on may have moved a row that is waiting. */
        c->old.known = c->old.known && c->old.row.text.ptr == x.ptr;
        c->new.known = c->new.known && c->new.row.text.ptr == y.ptr;
        size_t same = same_bytes(x, y);
        const char *last = same ? memrchr(x.ptr, '\n', same) : NULL;
        if (!last)
            return;
        size_t rows = (size_t)(last - x.ptr) + 1;
        sds_table_skip(&c->old.table, rows);
        sds_table_skip(&c->new.table, rows);
        c->old.known = c->new.known = false;
    }
}

/* ---- pairs ---- */

/* Pairs the current row of `side` with a loose one of the other file. */
static enum pairing pair_with_loose(struct comparison *c, struct side *side, struct side *other)
{
    struct loose *item = find_loose(&other->loose, side->key);
    if (!item)
        return PAIR_NONE;
    if (item->content == side->content) {
        set_state(item, PAIRED);
        return PAIR_MADE;
    }
    struct sds_table_row row;
    if (!read_again(&other->again, item, &row))
        return PAIR_FAILED;
    uint32_t columns = differences(c, &row, &side->row);
    if (columns & c->key)
        return PAIR_NONE; /* hashes that are the same by chance */
    set_state(item, PAIRED);
    struct loose *fresh = other == &c->new ? item : add_item(&c->new.loose, side);
    if (!fresh)
        return PAIR_FAILED;
    fresh->content = columns;
    set_state(fresh, CHANGED);
    return PAIR_MADE;
}

/* Both files have a row with the same key at the same place. */
static enum pairing pair_in_place(struct comparison *c)
{
    uint32_t columns = differences(c, &c->old.row, &c->new.row);
    if (columns & c->key)
        return PAIR_NONE;
    if (columns) {
        struct loose *item = add_item(&c->new.loose, &c->new);
        if (!item)
            return PAIR_FAILED;
        item->content = columns;
        set_state(item, CHANGED);
    }
    return PAIR_MADE;
}

static bool has_row(const struct side *side)
{
    return side->result == SDS_TABLE_ROW;
}

/* The row of `side` that has no partner yet. */
static enum pairing become_loose(struct side *side)
{
    if (!has_row(side))
        return PAIR_NONE;
    enum pairing result = add_loose(&side->loose, side);
    move_on(side);
    return result;
}

/* What the rows at the current places come to: at least one of the files moves on. */
static enum pairing take_rows(struct comparison *c)
{
    struct side *old = &c->old;
    struct side *new = &c->new;
    enum pairing result = PAIR_NONE;
    if (has_row(old) && has_row(new) && old->key == new->key)
        result = pair_in_place(c);
    if (result != PAIR_NONE) {
        move_on(old);
        move_on(new);
        return result;
    }
    result = has_row(new) ? pair_with_loose(c, new, old) : PAIR_NONE;
    if (result != PAIR_NONE) {
        move_on(new);
        return result;
    }
    result = has_row(old) ? pair_with_loose(c, old, new) : PAIR_NONE;
    if (result != PAIR_NONE) {
        move_on(old);
        return result;
    }
    result = become_loose(old);
    return result == PAIR_NONE ? become_loose(new) : result;
}

/* ---- the whole ---- */

struct comparison *comparison_new(int old_fd, int new_fd, const struct sds_format *format,
                                  uint32_t key)
{
    struct comparison *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->format = format;
    c->key = key;
    c->old.fd = old_fd;
    c->new.fd = new_fd;
    return c;
}

static void release_side(struct side *side)
{
    sds_table_release(&side->table);
    sds_table_release(&side->again);
    free(side->loose.items);
    free(side->loose.slots);
}

void comparison_free(struct comparison *c)
{
    if (!c)
        return;
    release_side(&c->old);
    release_side(&c->new);
    free(c);
}

/* What a result other than a row comes to. */
static enum compared no_row(enum sds_table_result result, struct failure *failure)
{
    return result == SDS_TABLE_FAILED && errno == ENOMEM ? cannot_compare(failure) : COMPARE_ODD;
}

static enum compared open_side(struct side *side, const struct comparison *c,
                               struct failure *failure)
{
    enum sds_table_result result =
        sds_table_open(&side->table, side->fd, c->format, WINDOW_BYTES);
    if (result == SDS_TABLE_ROW)
        result = sds_table_open(&side->again, side->fd, c->format, SINGLE_BYTES);
    return result == SDS_TABLE_ROW ? COMPARED : no_row(result, failure);
}

static enum compared open_both(struct comparison *c, struct failure *failure)
{
    enum compared old = open_side(&c->old, c, failure);
    enum compared new = old == COMPARED ? open_side(&c->new, c, failure) : old;
    const struct sds_table *x = &c->old.table;
    const struct sds_table *y = &c->new.table;
    c->common = x->columns & y->columns;
    c->same_header = x->field_count == y->field_count &&
                     memcmp(x->column_of, y->column_of, x->field_count) == 0;
    return new;
}

static void count(struct comparison *c)
{
    const struct loose_set *new = &c->new.loose;
    const struct loose_set *old = &c->old.loose;
    for (size_t i = 0; i < new->count; i++) {
        c->counts.added += state_of(&new->items[i]) == LOOSE;
        c->counts.changed += state_of(&new->items[i]) == CHANGED;
    }
    for (size_t i = 0; i < old->count; i++)
        c->counts.removed += state_of(&old->items[i]) == LOOSE;
}

/* One step of the walk; *more is set to whether there is another one. */
static enum compared step(struct comparison *c, bool *more, struct failure *failure)
{
    struct side *sides[] = {&c->old, &c->new};
    if (c->same_header)
        skip_same(c);
    *more = false;
    for (size_t i = 0; i < 2; i++) {
        know_row(c, sides[i]);
        if (sides[i]->result != SDS_TABLE_ROW && sides[i]->result != SDS_TABLE_END)
            return no_row(sides[i]->result, failure);
        *more = *more || has_row(sides[i]);
    }
    enum pairing pairing = *more ? take_rows(c) : PAIR_NONE;
    if (pairing == PAIR_FAILED)
        return cannot_compare(failure);
    return pairing == PAIR_ODD ? COMPARE_ODD : COMPARED;
}

enum compared comparison_run(struct comparison *c, struct failure *failure)
{
    enum compared result = open_both(c, failure);
    for (bool more = true; result == COMPARED && more;)
        result = step(c, &more, failure);
    count(c);
    return result;
}

struct row_counts comparison_counts(const struct comparison *c)
{
    return c->counts;
}

uint32_t comparison_new_columns(const struct comparison *c)
{
    return c->new.table.columns & ~c->old.table.columns;
}

uint32_t comparison_gone_columns(const struct comparison *c)
{
    return c->old.table.columns & ~c->new.table.columns;
}

static bool tell(struct side *side, const struct loose *item, enum row_change change,
                 const struct comparison_teller *teller, struct failure *failure)
{
    struct sds_table_row row;
    if (!read_again(&side->table, item, &row)) {
        cannot_compare(failure);
        return false;
    }
    uint32_t columns = change == ROW_CHANGED ? (uint32_t)item->content : 0;
    return teller->each(teller->context, change, columns, &row, failure);
}

bool comparison_tell(struct comparison *c, const struct comparison_teller *teller,
                     struct failure *failure)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->new.loose.count; i++) {
        const struct loose *item = &c->new.loose.items[i];
        if (state_of(item) != PAIRED)
            ok = tell(&c->new, item, state_of(item) == CHANGED ? ROW_CHANGED : ROW_ADDED, teller,
                      failure);
    }
    for (size_t i = 0; ok && i < c->old.loose.count; i++)
        if (state_of(&c->old.loose.items[i]) == LOOSE)
            ok = tell(&c->old, &c->old.loose.items[i], ROW_REMOVED, teller, failure);
    return ok;
}
