/* Arrays that grow by one: the only place where that is done. */
#ifndef FORMATS_BASE_GROW_H
#define FORMATS_BASE_GROW_H

#include <stddef.h>

/* Room for at least one more of `size` bytes behind `count` in a heap array of `*room`; the array,
 * perhaps moved, or NULL when out of memory (the old one is then still there). */
void *grow_by_one(void *items, size_t count, size_t *room, size_t size);

#endif
