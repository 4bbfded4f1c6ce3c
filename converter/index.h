/* The ids of one entity: who is known under them, who was accepted, who was rejected and why.
 *
 * Written by the committer while its entity is read, frozen when the stage ends, then read by all
 * workers without locks. About 90 bytes for an id of 24 bytes.
 */
#ifndef CONVERTER_INDEX_H
#define CONVERTER_INDEX_H

#include "formats/base/arena.h"
#include "formats/base/hash.h"

/* What kind of name an id is; the same text may stand for different records in different ones. */
enum id_space {
    SPACE_CLEVER, /* the record's `id` */
    SPACE_SIS,    /* its SIS ID in the output where that is not the Clever ID */
    SPACE_LEGACY, /* a v3 teacher's legacy_id */
    SPACE_REPEAT, /* an id of an ignored repeat: leads references to the record that was kept */
    SPACE_REPEAT_SIS /* its SIS ID, likewise */
};

struct id_entry {
    const char *text; /* accepted: its SIS ID in the output; rejected: the root's id */
    uint32_t len;
    bool accepted;
    bool plain;             /* the text needs no quotes in a CSV file */
    uint32_t number;        /* 0, 1, 2 ...: for marks outside the index */
    struct hash128 content; /* of an accepted record */
    uint64_t username;      /* hash of the username, without letter case; accepted people */
    union {
        const struct slice *extra; /* of courses and terms */
        uint64_t owner;            /* of people: who has the row, see outcome.owner */
    };
};

struct id_index;

struct id_index *index_new(void);
void index_free(struct id_index *index);

/* The entry an id leads to, NULL for none. */
const struct id_entry *index_find(const struct id_index *index, enum id_space space,
                                  struct slice id);

/* The same for callers who have hash_of(id) already. */
const struct id_entry *index_find_hashed(const struct id_index *index, enum id_space space,
                                         struct slice id, uint64_t hash);

/* Tells the processor that the id with this hash will be looked up soon. */
void index_prefetch(const struct id_index *index, enum id_space space, uint64_t hash);

enum { INDEX_EXPECTED = 64 };

/* The same for at most INDEX_EXPECTED ids that will be looked up at once, and for all that is looked
 * at then. */
void index_expect(const struct id_index *index, enum id_space space, const uint64_t *hashes,
                  size_t count);

/* Whom a reference by Clever ID means, `hash` being hash_of(id): an accepted record by its `id`,
 * by its legacy_id, by an id of an ignored repeat of it; else a rejected one. NULL for nobody. */
const struct id_entry *index_refer(const struct id_index *index, struct slice id, uint64_t hash);

/* The same for a reference by SIS id, as CSV files have them. */
const struct id_entry *index_refer_sis(const struct id_index *index, struct slice id,
                                       uint64_t hash);

/* The entry with a number below index_count. */
const struct id_entry *index_entry(const struct id_index *index, uint32_t number);

/* A new entry that no id leads to yet; `text` and `extra` (count, or NULL) are copied. NULL when
 * out of memory. */
struct id_entry *index_add(struct id_index *index, bool accepted, struct slice text,
                           const struct slice *extra, size_t extra_count);

/* Lets an id lead to `entry`. An id that leads to an accepted entry keeps it, one that leads to a
 * rejected one keeps that unless `entry` is accepted. A blank id is left alone. False: out of
 * memory. */
bool index_name(struct id_index *index, enum id_space space, struct slice id,
                const struct id_entry *entry);

/* The same for callers who have hash_of(id) already. */
bool index_name_hashed(struct id_index *index, enum id_space space, struct slice id,
                       uint64_t hash, const struct id_entry *entry);

/* The contents of rejected records. */
bool index_add_rejected(struct id_index *index, struct hash128 content);
bool index_has_rejected(const struct id_index *index, struct hash128 content);
void index_prefetch_rejected(const struct id_index *index, struct hash128 content);

/* How many entries there are, and how many of them were accepted. */
size_t index_count(const struct id_index *index);

#endif
