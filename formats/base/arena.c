#include "formats/base/arena.h"

#include <stdint.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 64 * 1024 };

static struct arena_block *block_new(struct arena *a, size_t size)
{
    size_t want = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    if (want > SIZE_MAX - sizeof(struct arena_block) ||
        (a->limit && (want > a->limit || a->total > a->limit - want)))
        return NULL;
    struct arena_block *block = malloc(sizeof *block + want);
    if (!block)
        return NULL;
    block->size = want;
    block->next = NULL;
    a->total += want;
    return block;
}

/* Moves on to a block with room: the next one kept from before a reset, else a new one. */
static bool next_block(struct arena *a, size_t size)
{
    struct arena_block *after = a->current ? a->current->next : a->first;
    if (!after || after->size < size) {
        struct arena_block *fresh = block_new(a, size);
        if (!fresh) {
            a->oom = true;
            return false;
        }
        fresh->next = after;
        if (a->current)
            a->current->next = fresh;
        else
            a->first = fresh;
        after = fresh;
    }
    a->current = after;
    a->used = 0;
    return true;
}

char *arena_more(struct arena *a, size_t size)
{
    if (!next_block(a, size))
        return NULL;
    a->used = size;
    return a->current->bytes;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    if (!s.ptr)
        return s;
    char *copy = arena_bytes(a, s.len);
    if (!copy)
        return SLICE_ABSENT;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return slice_of(copy, s.len);
}

void arena_reset(struct arena *a)
{
    a->current = NULL;
    a->used = 0;
    a->oom = false;
}

void arena_release(struct arena *a)
{
    struct arena_block *block = a->first;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *a = (struct arena){.limit = a->limit};
}
