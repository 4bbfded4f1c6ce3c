/* Slots lead to keys, keys to entries. Both stand in chunks that never move: workers may keep
 * pointers. */
#include "converter/index.h"

#include "formats/base/chunks.h"
#include "formats/base/slots.h"
#include "formats/csv/cell.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024, MANY_SLOTS = 32 * 1024 };

struct key {
    const char *text;
    uint32_t len_space; /* length << 3 | space */
    uint32_t entry;
};

struct id_index {
    struct slots slots; /* of keys */
    struct chunks keys;
    struct chunks entries;
    struct hash128 *rejected; /* open addressing; all zero: free */
    size_t rejected_count;
    size_t rejected_room;
    struct arena texts;
};

struct id_index *index_new(void)
{
    struct id_index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    if (!slots_init(&index->slots, FIRST_SLOTS)) {
        free(index);
        return NULL;
    }
    return index;
}

void index_free(struct id_index *index)
{
    if (!index)
        return;
    slots_release(&index->slots);
    free(index->rejected);
    chunks_release(&index->keys);
    chunks_release(&index->entries);
    arena_release(&index->texts);
    free(index);
}

static uint32_t tag_of(enum id_space space, uint64_t hash)
{
    return (uint32_t)(hash >> 16) + (uint32_t)space * 0x9E3779B1U;
}

/* Ids are mostly 24 bytes long: three loads instead of a call. */
static inline bool same_text(const char *a, const char *b, size_t len)
{
    if (len != 24)
        return len == 0 || memcmp(a, b, len) == 0;
    return ((hash_load(a, 8) ^ hash_load(b, 8)) | (hash_load(a + 8, 8) ^ hash_load(b + 8, 8)) |
            (hash_load(a + 16, 8) ^ hash_load(b + 16, 8))) == 0;
}

static struct key *key_of(const struct id_index *index, const struct slot *slot)
{
    return chunks_at(&index->keys, sizeof(struct key), slot->item - 1);
}

/* The slot of a key, or the free one where it would go. */
static inline struct slot *slot_of(const struct id_index *index, enum id_space space,
                                   struct slice id, uint32_t tag)
{
    uint32_t len_space = (uint32_t)id.len << 3 | (uint32_t)space;
    struct slot *slot = slots_first(&index->slots, tag);
    for (; slot->item; slot = slots_next(&index->slots, slot)) {
        const struct key *key = key_of(index, slot);
        if (key->len_space == len_space && same_text(key->text, id.ptr, id.len))
            break;
    }
    return slot;
}

static inline const struct id_entry *find(const struct id_index *index, enum id_space space,
                                          struct slice id, uint64_t hash)
{
    const struct slot *slot = slot_of(index, space, id, tag_of(space, hash));
    if (slot->item == 0)
        return NULL;
    return chunks_at(&index->entries, sizeof(struct id_entry), key_of(index, slot)->entry);
}

const struct id_entry *index_find_hashed(const struct id_index *index, enum id_space space,
                                         struct slice id, uint64_t hash)
{
    return id.len ? find(index, space, id, hash) : NULL;
}

const struct id_entry *index_find(const struct id_index *index, enum id_space space,
                                  struct slice id)
{
    return index_find_hashed(index, space, id, hash_of(id));
}

void index_prefetch(const struct id_index *index, enum id_space space, uint64_t hash)
{
    __builtin_prefetch(slots_near(&index->slots, tag_of(space, hash)));
}

void index_expect(const struct id_index *index, enum id_space space, const uint64_t *hashes,
                  size_t count)
{
    const struct key *keys[INDEX_EXPECTED];
    if (index->slots.count < MANY_SLOTS) /* few are near anyway */
        return;
    for (size_t i = 0; i < count; i++)
        index_prefetch(index, space, hashes[i]);
    for (size_t i = 0; i < count; i++) {
        const struct slot *slot = slots_first(&index->slots, tag_of(space, hashes[i]));
        keys[i] = slot->item ? key_of(index, slot) : NULL;
        __builtin_prefetch(keys[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!keys[i])
            continue;
        const struct id_entry *entry = chunks_at(&index->entries, sizeof *entry, keys[i]->entry);
        __builtin_prefetch(keys[i]->text);
        __builtin_prefetch(keys[i]->text + (keys[i]->len_space >> 3)); /* it may cross a line */
        __builtin_prefetch(entry);
    }
}

/* In the spaces behind the first, which most references have been found in. */
static const struct id_entry *refer_on(const struct id_index *index, struct slice id, uint64_t hash,
                                       const enum id_space *spaces, size_t count,
                                       const struct id_entry *rejected)
{
    for (size_t i = 0; i < count; i++) {
        const struct id_entry *entry = index_find_hashed(index, spaces[i], id, hash);
        if (entry && entry->accepted)
            return entry;
        if (entry && !rejected)
            rejected = entry;
    }
    return rejected;
}

const struct id_entry *index_refer(const struct id_index *index, struct slice id, uint64_t hash)
{
    static const enum id_space others[] = {SPACE_LEGACY, SPACE_REPEAT};
    const struct id_entry *entry = find(index, SPACE_CLEVER, id, hash);
    return entry && entry->accepted ? entry : refer_on(index, id, hash, others, 2, entry);
}

const struct id_entry *index_refer_sis(const struct id_index *index, struct slice id, uint64_t hash)
{
    static const enum id_space others[] = {SPACE_REPEAT_SIS};
    const struct id_entry *entry = find(index, SPACE_SIS, id, hash);
    return entry && entry->accepted ? entry : refer_on(index, id, hash, others, 1, entry);
}

const struct id_entry *index_entry(const struct id_index *index, uint32_t number)
{
    return chunks_at(&index->entries, sizeof(struct id_entry), number);
}

struct id_entry *index_add(struct id_index *index, bool accepted, struct slice text,
                           const struct slice *extra, size_t extra_count)
{
    struct slice copy = arena_copy(&index->texts, text);
    struct slice *values = NULL;
    if (extra_count) {
        values = arena_alloc(&index->texts, extra_count * sizeof *values);
        for (size_t i = 0; values && i < extra_count; i++)
            values[i] = arena_copy(&index->texts, extra[i]);
    }
    if (index->texts.oom)
        return NULL;
    uint32_t number = (uint32_t)index->entries.count;
    struct id_entry *entry = chunks_add(&index->entries, sizeof *entry);
    if (entry)
        *entry = (struct id_entry){.text = copy.ptr,
                                   .len = (uint32_t)copy.len,
                                   .accepted = accepted,
                                   .plain = csv_plain(copy),
                                   .number = number,
                                   .extra = values};
    return entry;
}

static bool add_key(struct id_index *index, struct slot *slot, enum id_space space, struct slice id,
                    const struct id_entry *entry)
{
    /* An id that is also the written one shares its bytes. */
    bool shared = entry->accepted && slice_equal(id, slice_of(entry->text, entry->len));
    const char *text = shared ? entry->text : arena_copy(&index->texts, id).ptr;
    struct key *key = text ? chunks_add(&index->keys, sizeof *key) : NULL;
    if (!key)
        return false;
    *key = (struct key){text, (uint32_t)id.len << 3 | (uint32_t)space, entry->number};
    slot->item = (uint32_t)index->keys.count;
    return true;
}

bool index_name_hashed(struct id_index *index, enum id_space space, struct slice id, uint64_t hash,
                       const struct id_entry *entry)
{
    if (id.len == 0)
        return true;
    if (!slots_make_room(&index->slots, index->keys.count))
        return false;
    uint32_t tag = tag_of(space, hash);
    struct slot *slot = slot_of(index, space, id, tag);
    if (slot->item == 0) {
        slot->tag = tag;
        return add_key(index, slot, space, id, entry);
    }
    struct key *key = key_of(index, slot);
    const struct id_entry *old = chunks_at(&index->entries, sizeof *old, key->entry);
    if (!old->accepted && entry->accepted)
        key->entry = entry->number;
    return true;
}

bool index_name(struct id_index *index, enum id_space space, struct slice id,
                const struct id_entry *entry)
{
    return id.len == 0 || index_name_hashed(index, space, id, hash_of(id), entry);
}

static struct hash128 *rejected_slot(const struct id_index *index, struct hash128 content)
{
    size_t at = hash_short(content) & (index->rejected_room - 1);
    static const struct hash128 none = {0, 0};
    while (!hash_equal(index->rejected[at], none) && !hash_equal(index->rejected[at], content))
        at = (at + 1) & (index->rejected_room - 1);
    return &index->rejected[at];
}

void index_prefetch_rejected(const struct id_index *index, struct hash128 content)
{
    if (index->rejected_count)
        __builtin_prefetch(&index->rejected[hash_short(content) & (index->rejected_room - 1)]);
}

bool index_has_rejected(const struct id_index *index, struct hash128 content)
{
    return index->rejected_count && hash_equal(*rejected_slot(index, content), content);
}

bool index_add_rejected(struct id_index *index, struct hash128 content)
{
    if (index->rejected_count * 2 >= index->rejected_room) {
        struct id_index bigger = *index;
        bigger.rejected_room = index->rejected_room ? index->rejected_room * 2 : 64;
        bigger.rejected = calloc(bigger.rejected_room, sizeof *bigger.rejected);
        if (!bigger.rejected)
            return false;
        static const struct hash128 none = {0, 0};
        for (size_t i = 0; i < index->rejected_room; i++)
            if (!hash_equal(index->rejected[i], none))
                *rejected_slot(&bigger, index->rejected[i]) = index->rejected[i];
        free(index->rejected);
        index->rejected = bigger.rejected;
        index->rejected_room = bigger.rejected_room;
    }
    struct hash128 *slot = rejected_slot(index, content);
    if (!hash_equal(*slot, content)) {
        *slot = content;
        index->rejected_count++;
    }
    return true;
}

size_t index_count(const struct id_index *index)
{
    return index->entries.count;
}
