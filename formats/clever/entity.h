/* What Clever calls things, and how the name of a file, a link or a key tells the entity
 * (formats/README.md). */
#ifndef FORMATS_CLEVER_ENTITY_H
#define FORMATS_CLEVER_ENTITY_H

#include "formats/roster.h"

/* The plural, lower case, as in messages and in summary.json: "schools". */
const char *entity_plural(enum entity entity);

/* The name in the error file's Entity column: "school". */
const char *entity_word(enum entity entity);

/* The entity of a name, singular or plural; letter case, `-`, `_` and spaces are ignored.
 * ENTITY_OTHER for what this program does not use, ENTITY_NONE for no name of Clever's. */
enum entity entity_named(struct slice name);

/* Rule 3: the key of a combined object, exactly in lower case. ENTITY_NONE for any other. */
enum entity entity_of_key(struct slice key);

/* Rules 1 and 2: a link such as "/v3.0/sections/5e..?limit=100": the last segment of its path,
 * else the one before it. */
enum entity entity_of_uri(struct slice uri);

/* What a thread remembers of the last uri: those of one file differ in the id at their end only.
 * All zero at first. */
struct entity_memo {
    char start[48]; /* up to the last slash */
    size_t len;
    enum entity entity;
};

/* The same, faster for a uri that is like the one before. */
enum entity entity_of_uri_like(struct entity_memo *memo, struct slice uri);

/* Rule 4: the last part of a path, up to its first `.`, perhaps with the number of a page. */
enum entity entity_of_path(struct slice path);

#endif
