/* For each username the holders with different SIS IDs, at most three: among three there is
 * always one that is neither the asking row's SIS ID nor its owner, so a fourth cannot
 * change an answer. The first stands in the table, the rare others in a list. */
#include "converter/usernames.h"

#include "formats/base/grow.h"
#include "formats/base/hash.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024, MAX_HOLDERS = 3 };

static const uint64_t ANY_OWNER = UINT64_MAX;

struct holder {
    uint64_t sis_id;  /* hash */
    uint64_t owner; /* ANY_OWNER: several had this SIS ID */
};

struct holding {
    uint64_t username; /* 0: free */
    struct holder first;
    uint32_t more; /* number + 1 in `others`, 0 for none */
};

struct other {
    struct holder holder;
    uint32_t next;
};

struct usernames {
    struct holding *table;
    size_t room;
    size_t count;
    struct other *others;
    size_t other_count;
    size_t other_room;
};

struct usernames *usernames_new(void)
{
    struct usernames *usernames = calloc(1, sizeof *usernames);
    if (!usernames)
        return NULL;
    usernames->table = calloc(FIRST_ROOM, sizeof *usernames->table);
    usernames->room = FIRST_ROOM;
    if (!usernames->table) {
        free(usernames);
        return NULL;
    }
    return usernames;
}

void usernames_free(struct usernames *usernames)
{
    if (!usernames)
        return;
    free(usernames->table);
    free(usernames->others);
    free(usernames);
}

static struct holding *find(struct holding *table, size_t room, uint64_t username)
{
    size_t at = username & (room - 1);
    while (table[at].username && table[at].username != username)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static bool disturbs(const struct holder *holder, uint64_t sis_id, uint64_t owner)
{
    return holder->sis_id != sis_id && holder->owner != owner;
}

/* 0 marks a free place. */
static uint64_t not_zero(uint64_t hash)
{
    return hash ? hash : 1;
}

void usernames_prefetch(const struct usernames *usernames, uint64_t username)
{
    __builtin_prefetch(&usernames->table[not_zero(username) & (usernames->room - 1)]);
}

bool usernames_taken(const struct usernames *usernames, uint64_t username, struct slice sis_id,
                     uint64_t owner)
{
    uint64_t id = hash_of(sis_id);
    const struct holding *holding = find(usernames->table, usernames->room, not_zero(username));
    if (!holding->username)
        return false;
    if (disturbs(&holding->first, id, owner))
        return true;
    for (uint32_t i = holding->more; i; i = usernames->others[i - 1].next)
        if (disturbs(&usernames->others[i - 1].holder, id, owner))
            return true;
    return false;
}

static bool grow(struct usernames *usernames)
{
    size_t room = usernames->room * 2;
    struct holding *table = calloc(room, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < usernames->room; i++)
        if (usernames->table[i].username)
            *find(table, room, usernames->table[i].username) = usernames->table[i];
    free(usernames->table);
    usernames->table = table;
    usernames->room = room;
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
    if (usernames->count * 4 >= usernames->room * 3 && !grow(usernames))
        return false;
    struct holder holder = {hash_of(sis_id), owner};
    struct holding *holding = find(usernames->table, usernames->room, not_zero(username));
    if (!holding->username) {
        *holding = (struct holding){not_zero(username), holder, 0};
        usernames->count++;
        return true;
    }
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
