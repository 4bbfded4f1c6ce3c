/* What a table finds its items by: open addressing with linear probing. A slot holds 32 bits of a
 * hash and the number of an item, so that most misses are settled without a look at an item, and
 * growing needs neither items nor hashes.
 */
#ifndef FORMATS_BASE_SLOTS_H
#define FORMATS_BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint32_t tag;
    uint32_t item; /* number + 1; 0: free */
};

struct slots {
    struct slot *all;
    size_t count; /* a power of two */
};

/* `count` free slots, a power of two. False: out of memory; slots_release is due in any case. */
bool slots_init(struct slots *slots, size_t count);
void slots_release(struct slots *slots);

/* Makes sure that there are free slots while `used` of them get one more. No slot is valid behind
 * it. False: out of memory; all is as before. */
bool slots_make_room(struct slots *slots, size_t used);

/* Where a search for `tag` begins. */
static inline struct slot *slots_near(const struct slots *slots, uint32_t tag)
{
    return &slots->all[tag & (slots->count - 1)];
}

/* The first slot from `slot` on with this tag, or the free one before it, which ends the search:
 *
 *     for (s = slots_first(slots, tag); s->item && !wanted(s->item - 1);
 *          s = slots_next(slots, s)) */
static inline struct slot *slots_from(const struct slots *slots, struct slot *slot, uint32_t tag)
{
    size_t mask = slots->count - 1;
    size_t at = (size_t)(slot - slots->all);
    while (slots->all[at].item && slots->all[at].tag != tag)
        at = (at + 1) & mask;
    return &slots->all[at];
}

static inline struct slot *slots_first(const struct slots *slots, uint32_t tag)
{
    return slots_from(slots, slots_near(slots, tag), tag);
}

/* The same behind a slot that had the tag. */
static inline struct slot *slots_next(const struct slots *slots, const struct slot *slot)
{
    size_t at = (size_t)(slot - slots->all) + 1;
    return slots_from(slots, &slots->all[at & (slots->count - 1)], slot->tag);
}

#endif
