#include "formats/base/chunks.h"

#include "formats/base/grow.h"

#include <stdint.h>
#include <stdlib.h>

void *chunks_add(struct chunks *chunks, size_t size)
{
    if (chunks->count >= UINT32_MAX - 1)
        return NULL;
    if ((chunks->count & (CHUNK_ITEMS - 1)) == 0) {
        size_t have = chunks->count >> CHUNK_BITS;
        char **all = grow_by_one(chunks->all, have, &chunks->room, sizeof *all);
        if (!all)
            return NULL;
        chunks->all = all;
        all[have] = arena_alloc(&chunks->memory, CHUNK_ITEMS * size);
        if (!all[have])
            return NULL;
    }
    return chunks_at(chunks, size, chunks->count++);
}

void chunks_release(struct chunks *chunks)
{
    arena_release(&chunks->memory);
    free(chunks->all);
    *chunks = (struct chunks){.count = 0};
}
