/* A bump allocator: many small allocations, one release.
 *
 * What it hands out lives until arena_reset or arena_release. Out of memory, or past `limit`
 * bytes of blocks (0: none), arena_alloc returns NULL and `oom` stays set until the next reset.
 * One thread at a time.
 */
#ifndef FORMATS_BASE_ARENA_H
#define FORMATS_BASE_ARENA_H

#include "formats/base/slice.h"

#include <stdalign.h>

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct arena_block *first;   /* all blocks, kept over a reset */
    struct arena_block *current; /* where the next allocation is tried */
    size_t used;                 /* bytes used in `current` */
    size_t total;                /* bytes held in all blocks */
    size_t limit;
    bool oom;
};

/* For the two below: the same from another block. */
char *arena_more(struct arena *a, size_t size);

static inline char *arena_take(struct arena *a, size_t size, size_t align)
{
    size_t start = (a->used + align - 1) & ~(align - 1);
    if (!a->current || start > a->current->size || a->current->size - start < size)
        return arena_more(a, size);
    a->used = start + size;
    return a->current->bytes + start;
}

/* `size` bytes, aligned for any object, not cleared. NULL for no memory. */
static inline void *arena_alloc(struct arena *a, size_t size)
{
    return arena_take(a, size, alignof(max_align_t));
}

/* Unaligned bytes, for text. */
static inline char *arena_bytes(struct arena *a, size_t size)
{
    return arena_take(a, size, 1);
}

/* A copy that lives in the arena; absent when out of memory. An absent slice stays absent. */
struct slice arena_copy(struct arena *a, struct slice s);

/* Everything handed out becomes invalid; the blocks are kept for reuse. */
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

#endif
