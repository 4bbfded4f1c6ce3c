/* The links and the paging of Clever's answers: how pages of a list hang together. */
#ifndef FORMATS_CLEVER_LINKS_H
#define FORMATS_CLEVER_LINKS_H

#include "formats/base/arena.h"
#include "formats/json/scan.h"

struct clever_links {
    struct slice self; /* absent when there is none; in the scanned text or in the arena */
    struct slice next;
};

/* The targets of `rel` self and next in a `links` value; of several the last. Anything that is
 * not of Clever's form counts as no link. */
struct clever_links clever_links_of(const struct json_value *links, struct arena *arena);

/* What stands around the list of an envelope. */
struct clever_around {
    struct clever_links links;
    bool has_links;
    bool last_page; /* `paging` says that `current` is not below `total` */
    bool second_data;
};

/* Checks and reads members of an envelope as they stand beside its list, without braces. False:
 * they are not valid JSON, for `error`. Out of memory: arena->oom. */
bool clever_around(struct slice members, struct arena *arena, struct clever_around *around,
                   struct json_error *error);

/* The API versions that links can name, "1.1" first. */
enum { CLEVER_VERSIONS = 6 };
extern const char *const clever_versions[CLEVER_VERSIONS];

/* The bit 1 << i of the version in a link such as "/v2.1/students/..."; 0 for none of them. */
unsigned clever_version_of(struct slice uri);

/* A link in a form in which two links to the same page are equal bytes: without scheme and host,
 * its query parameters sorted. Lives in the arena; absent when that ran out. */
struct slice clever_canonical_link(struct slice uri, struct arena *arena);

#endif
