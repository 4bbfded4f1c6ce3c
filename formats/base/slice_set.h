/* A set of slices: for telling how many different ones there are.
 *
 * Lives in an arena, which is reset by its owner; the slices are borrowed. Out of memory is
 * arena->oom. One thread at a time.
 */
#ifndef FORMATS_BASE_SLICE_SET_H
#define FORMATS_BASE_SLICE_SET_H

#include "formats/base/arena.h"

struct slice_set {
    struct slice *slots; /* NULL: not set up */
    size_t mask;
    size_t count;
};

/* Sets up an empty set with room for about `count` slices; it grows beyond. */
bool slice_set_init(struct slice_set *set, struct arena *arena, size_t count);

/* True when the slice, which is not absent, was not in the set yet. */
bool slice_set_add(struct slice_set *set, struct arena *arena, struct slice s);

#endif
