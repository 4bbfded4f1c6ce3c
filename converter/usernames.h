/* Which usernames have been written, for duplicate_username (converter/README.md).
 * The committer's alone. About 50 bytes a username. */
#ifndef CONVERTER_USERNAMES_H
#define CONVERTER_USERNAMES_H

#include "formats/base/slice.h"

#include <stdint.h>

struct usernames;

struct usernames *usernames_new(void);
void usernames_free(struct usernames *usernames);

/* Whether a row with this username, another SIS ID and another owner came earlier. `username` is
 * a hash without letter case; `owner` tells people apart: the two roles of one user have the same
 * and do not disturb each other. */
bool usernames_taken(const struct usernames *usernames, uint64_t username, struct slice sis_id,
                     uint64_t owner);

/* Tells the processor that the username will be looked up soon. */
void usernames_prefetch(const struct usernames *usernames, uint64_t username);

/* Notes a row. False: out of memory. */
bool usernames_add(struct usernames *usernames, uint64_t username, struct slice sis_id,
                   uint64_t owner);

#endif
