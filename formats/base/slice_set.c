#include "formats/base/slice_set.h"

#include "formats/base/hash.h"

bool slice_set_init(struct slice_set *set, struct arena *arena, size_t count)
{
    size_t room = 8;
    while (room < count * 2)
        room *= 2;
    set->slots = arena_alloc(arena, room * sizeof *set->slots);
    set->mask = room - 1;
    set->count = 0;
    if (set->slots)
        memset(set->slots, 0, room * sizeof *set->slots);
    return set->slots;
}

static struct slice *set_slot(const struct slice_set *set, struct slice s)
{
    size_t at = hash_of(s) & set->mask;
    while (set->slots[at].ptr && !slice_equal(set->slots[at], s))
        at = (at + 1) & set->mask;
    return &set->slots[at];
}

bool slice_set_add(struct slice_set *set, struct arena *arena, struct slice s)
{
    if ((set->count + 1) * 2 > set->mask + 1) {
        struct slice_set bigger;
        if (!slice_set_init(&bigger, arena, (set->mask + 1)))
            return false;
        for (size_t i = 0; i <= set->mask; i++)
            if (set->slots[i].ptr)
                *set_slot(&bigger, set->slots[i]) = set->slots[i];
        bigger.count = set->count;
        *set = bigger;
    }
    struct slice *slot = set_slot(set, s);
    if (slot->ptr)
        return false;
    *slot = s;
    set->count++;
    return true;
}
