#include "formats/base/grow.h"

#include <stdint.h>
#include <stdlib.h>

void *grow_by_one(void *items, size_t count, size_t *room, size_t size)
{
    if (items && count < *room)
        return items;
    size_t more = *room ? *room * 2 : 16;
    if (more > SIZE_MAX / 2 / size)
        return NULL;
    void *grown = realloc(items, more * size);
    if (grown)
        *room = more;
    return grown;
}
