/* Objects of one size, numbered from 0, that never move: who has one may keep a pointer to it while
 * others are added.
 */
#ifndef FORMATS_BASE_CHUNKS_H
#define FORMATS_BASE_CHUNKS_H

#include "formats/base/arena.h"

#include <stddef.h>

enum { CHUNK_BITS = 11, CHUNK_ITEMS = 1 << CHUNK_BITS };

/* All zero: empty. The size is the caller's to know, and always the same. */
struct chunks {
    char **all;
    size_t count; /* objects, not chunks */
    size_t room;  /* chunks */
    struct arena memory;
};

/* The object with a number below `count`. */
static inline void *chunks_at(const struct chunks *chunks, size_t size, size_t number)
{
    return chunks->all[number >> CHUNK_BITS] + (number & (CHUNK_ITEMS - 1)) * size;
}

/* One more object, not cleared. NULL: out of memory, or there are as many as 32 bits can number. */
void *chunks_add(struct chunks *chunks, size_t size);

void chunks_release(struct chunks *chunks);

#endif
