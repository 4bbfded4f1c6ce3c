/* The references of a record in one list, each once, hashed once: what its content, its schools
 * and its memberships are all made from. */
#ifndef CONVERTER_REFERENCES_H
#define CONVERTER_REFERENCES_H

#include "formats/base/arena.h"
#include "formats/roster.h"

#include <stdint.h>

struct references {
    const struct slice *ids; /* distinct, in the order in which they first stand */
    const uint64_t *hashes;  /* hash_of each id */
    size_t count;
};

/* Takes `first`, when it is not blank, and the ids of a list. The arrays live in `arena`. False:
 * out of memory, arena->oom. */
bool references_take(struct references *references, struct slice first,
                     const struct reference_values *list, struct arena *arena);

#endif
