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
 * An old file in several parts has its rows in another order than the new one, and some of them in
 * several parts. So all of its rows become loose first, each key once, and then the new file alone
 * is walked.
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

enum { OLD, NEW };

enum loose_state {
    LOOSE,
    PAIRED,
    CHANGED /* of a new row: paired, but not the same; `content` is the set of columns */
};

static const unsigned STATE_SHIFT = SDS_PLACE_BITS;
static const uint64_t PLACE_MASK = ((uint64_t)1 << SDS_PLACE_BITS) - 1;

struct loose {
    uint64_t key;
    uint64_t content;
    uint64_t place; /* and above STATE_SHIFT the state */
};

/* In the order of the file. */
struct loose_set {
    struct loose *items;
    size_t count;
    size_t room;
};

/* The loose rows of both files by key. The slots are searched from the key's own one on to the first
 * that is 0. In its lower bits a slot holds twice the number of an item, from 1, and which file it
 * is of; in those that are left some of the key's, so that items with other keys are seldom looked
 * at. */
struct key_table {
    uint32_t *slots;
    size_t count;
    size_t used;
    uint32_t number_mask;
};

/* One of the two files, and the row at its current place. */
struct side {
    struct sds_source source;
    struct sds_parts table;
    struct sds_parts again; /* for single rows at places passed already */
    uint32_t which; /* OLD or NEW */
    struct loose_set loose;
    bool known; /* the rest is that of the current place */
    enum sds_table_result result;
    struct sds_table_row row;
    uint64_t key;
    uint64_t content;
    size_t slot; /* where the row may go in the table */
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
    bool alike; /* the same bytes are the same rows */
    struct side sides[2];
    struct key_table table;
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

static size_t first_slot(const struct key_table *table, uint64_t key)
{
    return (size_t)(((key >> 32) * (uint64_t)table->count) >> 32);
}

static size_t next_slot(const struct key_table *table, size_t slot)
{
    return slot + 1 == table->count ? 0 : slot + 1;
}

/* The item of a slot when it has the key, else NULL. *which: the file it is of. */
static struct loose *item_with(struct comparison *c, uint32_t slot, uint64_t key, uint32_t *which)
{
    uint32_t mask = c->table.number_mask;
    if ((slot & ~mask) != ((uint32_t)key & ~mask))
        return NULL;
    *which = slot & 1;
    struct loose *item = &c->sides[*which].loose.items[(slot & mask) / 2 - 1];
    return item->key == key ? item : NULL;
}

static void put_slot(struct key_table *table, size_t slot, uint32_t which, size_t number,
                     uint64_t key)
{
    while (table->slots[slot])
        slot = next_slot(table, slot);
    table->slots[slot] = (uint32_t)(number * 2 + which) | ((uint32_t)key & ~table->number_mask);
    table->used++;
}

/* Makes room for more loose rows: 5 to 7 bytes for each. The old slots are gone before, as all they
 * say is in the items. */
static bool more_slots(struct comparison *c)
{
    struct key_table *table = &c->table;
    size_t most = 0;
    size_t all = 0;
    for (uint32_t which = 0; which < 2; which++) {
        size_t count = c->sides[which].loose.count;
        most = count > most ? count : most;
        all += count;
    }
    free(table->slots);
    table->count = LEAST_SLOTS + all / 4 * 7;
    table->used = 0;
    table->number_mask = LEAST_SLOTS - 1;
    while (table->number_mask / 4 < most && table->number_mask < UINT32_MAX)
        table->number_mask = table->number_mask * 2 + 1;
    bool fits = table->count < UINT32_MAX && most < UINT32_MAX / 4;
    table->slots = fits ? calloc(table->count, sizeof *table->slots) : NULL;
    if (!table->slots)
        return false;
    for (uint32_t which = 0; which < 2; which++) {
        const struct loose_set *set = &c->sides[which].loose;
        for (size_t i = 0; i < set->count; i++)
            if (state_of(&set->items[i]) == LOOSE)
                put_slot(table, first_slot(table, set->items[i].key), which, i + 1,
                         set->items[i].key);
    }
    return true;
}

/* Makes sure that there is room for two rows more. */
static bool keep_room(struct comparison *c)
{
    const struct key_table *table = &c->table;
    size_t numbers = table->number_mask / 2;
    bool full = table->used + 2 > table->count / 4 * 3 || c->sides[OLD].loose.count + 2 > numbers ||
                c->sides[NEW].loose.count + 2 > numbers;
    return !full || more_slots(c);
}

static struct loose *add_item(struct side *side)
{
    struct loose_set *set = &side->loose;
    struct loose *items = grow_by_one(set->items, set->count, &set->room, sizeof *items);
    if (!items)
        return NULL;
    set->items = items;
    items[set->count] = (struct loose){side->key, side->content, side->row.place};
    return &items[set->count++];
}

/* The first loose row of the other file with the key of the current row, NULL when there is none;
 * then side->slot is where that one may go. *odd: too many rows have the key. */
static struct loose *find_loose(struct comparison *c, struct side *side, bool *odd)
{
    const struct key_table *table = &c->table;
    size_t slot = first_slot(table, side->key);
    unsigned equal = 0;
    for (; table->slots[slot]; slot = next_slot(table, slot)) {
        uint32_t which = 0;
        struct loose *item = item_with(c, table->slots[slot], side->key, &which);
        if (!item)
            continue;
        if (which != side->which && state_of(item) == LOOSE)
            return item;
        *odd = ++equal == MAX_EQUAL_KEYS;
        if (*odd)
            return NULL;
    }
    side->slot = slot;
    return NULL;
}

/* ---- rows ---- */

static enum compared cannot_compare(struct failure *failure)
{
    failure_set(failure, FAILURE_OUTPUT,
                "the last result cannot be compared with: %s; see to its rights, or choose another "
                "output folder",
                strerror(errno));
    return COMPARE_FAILED;
}

/* What a result other than a row comes to. A set without the file, something else of its name, and
 * a file that has changed are odd; that it cannot be read is no reason to do without it. */
static enum compared no_row(enum sds_table_result result, struct failure *failure)
{
    bool odd = errno == ENOENT || errno == EINVAL || errno == ESTALE;
    return result == SDS_TABLE_FAILED && !odd ? cannot_compare(failure) : COMPARE_ODD;
}

/* A row that was read before. False: errno. */
static bool read_again(struct sds_parts *table, const struct loose *item,
                       struct sds_table_row *row)
{
    enum sds_table_result result = sds_parts_seek(table, item->place & PLACE_MASK, row);
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
    side->result = sds_parts_peek(&side->table, &side->row);
    if (side->result == SDS_TABLE_ROW)
        hash_row(c, side);
}

static void move_on(struct side *side)
{
    sds_table_skip(&side->table.current->table, side->row.text.len);
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
    struct sds_table *old = &c->sides[OLD].table.current->table;
    struct sds_table *new = &c->sides[NEW].table.current->table;
    for (;;) {
        struct slice x = sds_table_ahead(old);
        struct slice y = sds_table_ahead(new);
        /* Reading on may have moved a row that is waiting. */
        c->sides[OLD].known = c->sides[OLD].known && c->sides[OLD].row.text.ptr == x.ptr;
        c->sides[NEW].known = c->sides[NEW].known && c->sides[NEW].row.text.ptr == y.ptr;
        size_t same = same_bytes(x, y);
        const char *last = same ? memrchr(x.ptr, '\n', same) : NULL;
        if (!last)
            return;
        size_t rows = (size_t)(last - x.ptr) + 1;
        sds_table_skip(old, rows);
        sds_table_skip(new, rows);
        c->sides[OLD].known = c->sides[NEW].known = false;
    }
}

/* ---- pairs ---- */

static bool has_row(const struct side *side)
{
    return side->result == SDS_TABLE_ROW;
}

/* Pairs the current row of `side` with a loose one of the other file. */
static enum pairing pair_with_loose(struct comparison *c, struct side *side)
{
    struct side *other = &c->sides[!side->which];
    bool odd = false;
    struct loose *item = has_row(side) ? find_loose(c, side, &odd) : NULL;
    if (!item)
        return odd ? PAIR_ODD : PAIR_NONE;
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
    struct loose *fresh = side->which == NEW ? add_item(side) : item;
    if (!fresh)
        return PAIR_FAILED;
    fresh->content = columns;
    set_state(fresh, CHANGED);
    return PAIR_MADE;
}

/* Both files have a row with the same key at the same place. */
static enum pairing pair_in_place(struct comparison *c)
{
    uint32_t columns = differences(c, &c->sides[OLD].row, &c->sides[NEW].row);
    if (columns & c->key)
        return PAIR_NONE;
    if (columns) {
        struct loose *item = add_item(&c->sides[NEW]);
        if (!item)
            return PAIR_FAILED;
        item->content = columns;
        set_state(item, CHANGED);
    }
    return PAIR_MADE;
}

/* The row of `side` that has no partner yet. */
static bool become_loose(struct comparison *c, struct side *side)
{
    if (!has_row(side))
        return true;
    if (!add_item(side))
        return false;
    put_slot(&c->table, side->slot, side->which, side->loose.count, side->key);
    move_on(side);
    return true;
}

/* What the rows at the current places come to: at least one of the files moves on. */
static enum pairing take_rows(struct comparison *c)
{
    struct side *old = &c->sides[OLD];
    struct side *new = &c->sides[NEW];
    enum pairing result = PAIR_NONE;
    if (has_row(old) && has_row(new) && old->key == new->key)
        result = pair_in_place(c);
    if (result != PAIR_NONE) {
        move_on(old);
        move_on(new);
        return result;
    }
    if (!keep_room(c))
        return PAIR_FAILED;
    result = pair_with_loose(c, new);
    if (result != PAIR_NONE) {
        move_on(new);
        return result;
    }
    result = pair_with_loose(c, old);
    if (result != PAIR_NONE) {
        move_on(old);
        return result;
    }
    return become_loose(c, old) && become_loose(c, new) ? PAIR_NONE : PAIR_FAILED;
}

/* ---- an old file in parts ---- */

/* Whether the key of the current row is that of a row before it in the same file, all of which are
 * loose: PAIR_MADE. If not, side->slot is where the row may go. */
static enum pairing find_repeated(struct comparison *c, struct side *side)
{
    const struct key_table *table = &c->table;
    size_t slot = first_slot(table, side->key);
    for (; table->slots[slot]; slot = next_slot(table, slot)) {
        uint32_t which = 0;
        const struct loose *item = item_with(c, table->slots[slot], side->key, &which);
        if (!item)
            continue;
        if (item->content == side->content)
            return PAIR_MADE;
        struct sds_table_row row;
        if (!read_again(&side->again, item, &row))
            return PAIR_FAILED;
        if (!(differences(c, &row, &side->row) & c->key))
            return PAIR_MADE;
    }
    side->slot = slot;
    return PAIR_NONE;
}

static bool gather_row(struct comparison *c, struct side *side)
{
    if (!keep_room(c))
        return false;
    enum pairing pairing = find_repeated(c, side);
    if (pairing == PAIR_MADE)
        move_on(side);
    return pairing == PAIR_MADE || (pairing == PAIR_NONE && become_loose(c, side));
}

/* Makes all rows of the old file loose, of those with one key the first. */
static enum compared gather(struct comparison *c, struct failure *failure)
{
    struct side *side = &c->sides[OLD];
    for (know_row(c, side); has_row(side); know_row(c, side))
        if (!gather_row(c, side))
            return cannot_compare(failure);
    return side->result == SDS_TABLE_END ? COMPARED : no_row(side->result, failure);
}

/* ---- the whole ---- */

struct comparison *comparison_new(const struct sds_source *old, const struct sds_source *new,
                                  const struct sds_format *format, uint32_t key)
{
    struct comparison *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->format = format;
    c->key = key;
    c->sides[OLD].source = *old;
    c->sides[NEW].source = *new;
    c->sides[NEW].which = NEW;
    return c;
}

static void release_side(struct side *side)
{
    sds_parts_release(&side->table);
    sds_parts_release(&side->again);
    free(side->loose.items);
}

void comparison_free(struct comparison *c)
{
    if (!c)
        return;
    release_side(&c->sides[OLD]);
    release_side(&c->sides[NEW]);
    free(c->table.slots);
    free(c);
}

static enum compared open_side(struct side *side, const struct comparison *c,
                               struct failure *failure)
{
    enum sds_table_result result =
        sds_parts_open(&side->table, &side->source, c->format, WINDOW_BYTES);
    if (result == SDS_TABLE_ROW)
        result = sds_parts_open(&side->again, &side->source, c->format, SINGLE_BYTES);
    return result == SDS_TABLE_ROW ? COMPARED : no_row(result, failure);
}

static bool in_parts(const struct side *side)
{
    return side->source.count > 1;
}

static enum compared open_both(struct comparison *c, struct failure *failure)
{
    enum compared old = open_side(&c->sides[OLD], c, failure);
    enum compared new = old == COMPARED ? open_side(&c->sides[NEW], c, failure) : old;
    const struct sds_parts *x = &c->sides[OLD].table;
    const struct sds_parts *y = &c->sides[NEW].table;
    c->common = x->columns & y->columns;
    c->alike = in_parts(&c->sides[OLD]) || x->field_count != y->field_count
                   ? false
                   : memcmp(x->column_of, y->column_of, x->field_count) == 0;
    return new;
}

/* Counts, and keeps of the loose rows only those that are to be told of. */
static void settle(struct comparison *c)
{
    for (size_t s = 0; s < 2; s++) {
        struct loose_set *set = &c->sides[s].loose;
        uint64_t *alone = s == OLD ? &c->counts.removed : &c->counts.added;
        size_t kept = 0;
        for (size_t i = 0; i < set->count; i++) {
            *alone += state_of(&set->items[i]) == LOOSE;
            c->counts.changed += state_of(&set->items[i]) == CHANGED;
            if (state_of(&set->items[i]) != PAIRED)
                set->items[kept++] = set->items[i];
        }
        set->count = kept;
        struct loose *less = kept ? realloc(set->items, kept * sizeof *less) : NULL;
        if (!less && kept)
            continue;
        if (!kept)
            free(set->items);
        set->items = less;
    }
    free(c->table.slots);
    c->table = (struct key_table){.slots = NULL};
}

/* One step of the walk; *more is set to whether there is another one. */
static enum compared step(struct comparison *c, bool *more, struct failure *failure)
{
    if (c->alike)
        skip_same(c);
    *more = false;
    for (size_t i = 0; i < 2; i++) {
        struct side *side = &c->sides[i];
        know_row(c, side);
        if (side->result != SDS_TABLE_ROW && side->result != SDS_TABLE_END)
            return no_row(side->result, failure);
        *more = *more || has_row(side);
    }
    enum pairing pairing = *more ? take_rows(c) : PAIR_NONE;
    if (pairing == PAIR_FAILED)
        return cannot_compare(failure);
    return pairing == PAIR_ODD ? COMPARE_ODD : COMPARED;
}

enum compared comparison_run(struct comparison *c, struct failure *failure)
{
    enum compared result = open_both(c, failure);
    if (result == COMPARED && in_parts(&c->sides[OLD]))
        result = gather(c, failure);
    for (bool more = true; result == COMPARED && more;)
        result = step(c, &more, failure);
    settle(c);
    return result;
}

struct row_counts comparison_counts(const struct comparison *c)
{
    return c->counts;
}

uint32_t comparison_new_columns(const struct comparison *c)
{
    return c->sides[NEW].table.columns & ~c->sides[OLD].table.columns;
}

uint32_t comparison_gone_columns(const struct comparison *c)
{
    return c->sides[OLD].table.columns & ~c->sides[NEW].table.columns;
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
    for (size_t i = 0; ok && i < c->sides[NEW].loose.count; i++) {
        const struct loose *item = &c->sides[NEW].loose.items[i];
        if (state_of(item) != PAIRED)
            ok = tell(&c->sides[NEW], item, state_of(item) == CHANGED ? ROW_CHANGED : ROW_ADDED, teller,
                      failure);
    }
    for (size_t i = 0; ok && i < c->sides[OLD].loose.count; i++)
        if (state_of(&c->sides[OLD].loose.items[i]) == LOOSE)
            ok = tell(&c->sides[OLD], &c->sides[OLD].loose.items[i], ROW_REMOVED, teller, failure);
    return ok;
}
