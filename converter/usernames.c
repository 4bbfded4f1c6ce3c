/* For each username the holders with different SIS IDs, at most three: among three there is
 * always one that is neither the asking row's SIS ID nor its owner, so a fourth cannot
 * change an answer. The first stands with the username, the rare others in a list. */
#include "converter/usernames.h"

#include "formats/base/chunks.h"
#include "formats/base/grow.h"
#include "formats/base/hash.h"
#include "formats/base/slots.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024, MAX_HOLDERS = 3 };

static const uint64_t ANY_OWNER = UINT64_MAX;

struct holder {
    uint64_t sis_id; /* hash */
    uint64_t owner;  /* ANY_OWNER: several had this SIS ID */
};

struct holding {
    uint64_t username;
    struct holder first;
    uint32_t more; /* number + 1 in `others`, 0 for none */
};

struct other {
    struct holder holder;
    uint32_t next;
};

struct usernames {
    struct slots slots; /* of holdings */
    struct chunks holdings;
    struct other *others;
    size_t other_count;
    size_t other_room;
};

struct usernames *usernames_new(void)
{
    struct usernames *usernames = calloc(1, sizeof *usernames);
    if (!usernames)
        return NULL;
    if (!slots_init(&usernames->slots, FIRST_SLOTS)) {
        free(usernames);
        return NULL;
    }
    return usernames;
}

void usernames_free(struct usernames *usernames)
{
    if (!usernames)
        return;
    slots_release(&usernames->slots);
    chunks_release(&usernames->holdings);
    free(usernames->others);
    free(usernames);
}

static uint32_t tag_of(uint64_t username)
{
    return (uint32_t)username;
}

/* Who has the username, NULL for nobody. */
static struct holding *find(const struct usernames *usernames, uint64_t username)
{
    const struct slot *slot = slots_first(&usernames->slots, tag_of(username));
    for (; slot->item; slot = slots_next(&usernames->slots, slot)) {
        struct holding *holding = chunks_at(&usernames->holdings, sizeof *holding, slot->item - 1);
        if (holding->username == username)
            return holding;
    }
    return NULL;
}

static bool disturbs(const struct holder *holder, uint64_t sis_id, uint64_t owner)
{
    return holder->sis_id != sis_id && holder->owner != owner;
}

void usernames_prefetch(const struct usernames *usernames, uint64_t username)
{
    __builtin_prefetch(slots_near(&usernames->slots, tag_of(username)));
}

bool usernames_taken(const struct usernames *usernames, uint64_t username, struct slice sis_id,
                     uint64_t owner)
{
    uint64_t id = hash_of(sis_id);
    const struct holding *holding = find(usernames, username);
    if (!holding)
        return false;
    if (disturbs(&holding->first, id, owner))
        return true;
    for (uint32_t i = holding->more; i; i = usernames->others[i - 1].next)
        if (disturbs(&usernames->others[i - 1].holder, id, owner))
            return true;
    return false;
}

static bool add_first(struct usernames *usernames, uint64_t username, struct holder holder)
{
    if (!slots_make_room(&usernames->slots, usernames->holdings.count))
        return false;
    struct holding *holding = chunks_add(&usernames->holdings, sizeof *holding);
    if (!holding)
        return false;
    *holding = (struct holding){username, holder, 0};
    struct slot *slot = slots_first(&usernames->slots, tag_of(username));
    while (slot->item)
        slot = slots_next(&usernames->slots, slot);
    *slot = (struct slot){tag_of(username), (uint32_t)usernames->holdings.count};
    return true;
}

static bool add_other(struct usernames *usernames, struct holding *holding, struct holder holder)
{
    struct other *others = grow_by_one(usernames->others, usernames->other_count,
                                       &usernames->other_room, sizeof *others);
    if (!others)
        return false;
    usernames->others = others;
    usernames->others[usernames->other_count++] = (struct other){holder, holding->more};
    holding->more = (uint32_t)usernames->other_count;
    return true;
}

bool usernames_add(struct usernames *usernames, uint64_t username, struct slice sis_id,
                   uint64_t owner)
{
    struct holder holder = {hash_of(sis_id), owner};
    struct holding *holding = find(usernames, username);
    if (!holding)
        return add_first(usernames, username, holder);
    struct holder *known = holding->first.sis_id == holder.sis_id ? &holding->first : NULL;
    size_t count = 1;
    for (uint32_t i = holding->more; i && !known; i = usernames->others[i - 1].next) {
        if (usernames->others[i - 1].holder.sis_id == holder.sis_id)
            known = &usernames->others[i - 1].holder;
        count++;
    }
    if (known) {
        if (known->owner != owner)
            known->owner = ANY_OWNER;
        return true;
    }
    return count >= MAX_HOLDERS || add_other(usernames, holding, holder);
}
