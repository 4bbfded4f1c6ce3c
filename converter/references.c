#include "converter/references.h"

#include "formats/base/hash.h"

/* So many are compared one by one; more are found by a table. */
enum { FEW = 8 };

struct taking {
    struct slice *ids;
    uint64_t *hashes;
    size_t count;
    uint32_t *slots; /* NULL: few so far; open addressing, number + 1, 0: free */
    size_t mask;
};

static bool same(const struct taking *t, size_t number, struct slice id, uint64_t hash)
{
    return t->hashes[number] == hash && slice_equal(t->ids[number], id);
}

/* The slot of an id, or the free one where it would go. */
static uint32_t *slot_of(const struct taking *t, struct slice id, uint64_t hash)
{
    size_t at = hash & t->mask;
    while (t->slots[at] && !same(t, t->slots[at] - 1, id, hash))
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static bool make_table(struct taking *t, size_t room, struct arena *arena)
{
    size_t size = FEW;
    while (size < room * 2)
        size *= 2;
    t->slots = arena_alloc(arena, size * sizeof *t->slots);
    if (!t->slots)
        return false;
    memset(t->slots, 0, size * sizeof *t->slots);
    t->mask = size - 1;
    return true;
}

static void take(struct taking *t, struct slice id)
{
    uint64_t hash = hash_of(id);
    if (t->slots) {
        uint32_t *slot = slot_of(t, id, hash);
        if (*slot)
            return;
        *slot = (uint32_t)t->count + 1;
    } else {
        for (size_t i = 0; i < t->count; i++)
            if (same(t, i, id, hash))
                return;
    }
    t->ids[t->count] = id;
    t->hashes[t->count++] = hash;
}

bool references_take(struct references *references, struct slice first,
                     const struct reference_values *list, struct arena *arena)
{
    size_t room = list->count + 1;
    struct taking t = {.ids = arena_alloc(arena, room * sizeof *t.ids),
                       .hashes = arena_alloc(arena, room * sizeof *t.hashes)};
    if (!t.ids || !t.hashes || (room > FEW && !make_table(&t, room, arena)))
        return false;
    if (first.len)
        take(&t, first);
    for (size_t i = 0; i < list->count; i++)
        take(&t, list->ids[i]);
    *references = (struct references){t.ids, t.hashes, t.count};
    return true;
}
