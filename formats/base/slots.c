#include "formats/base/slots.h"

#include <stdlib.h>

enum { PAGE = 4096 };

/* Zeros that are written at once. A search reads before it writes, and a fresh page that is read
 * first costs twice: the kernel lends its page of zeros, and has to take it back from all
 * processors at the first write. */
static struct slot *new_slots(size_t count)
{
    struct slot *all = calloc(count, sizeof *all);
    for (size_t i = 0; all && i < count; i += PAGE / sizeof *all)
        ((volatile struct slot *)all)[i].item = 0;
    return all;
}

bool slots_init(struct slots *slots, size_t count)
{
    *slots = (struct slots){new_slots(count), count};
    return slots->all;
}

void slots_release(struct slots *slots)
{
    free(slots->all);
    *slots = (struct slots){NULL, 0};
}

bool slots_make_room(struct slots *slots, size_t used)
{
    if (used < slots->count / 4 * 3)
        return true;
    struct slots more;
    if (!slots_init(&more, slots->count * 2))
        return false;
    size_t mask = more.count - 1;
    for (size_t i = 0; i < slots->count; i++) {
        if (slots->all[i].item == 0)
            continue;
        size_t at = slots->all[i].tag & mask;
        while (more.all[at].item)
            at = (at + 1) & mask;
        more.all[at] = slots->all[i];
    }
    slots_release(slots);
    *slots = more;
    return true;
}
