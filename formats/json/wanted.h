/* The tree of wanted paths behind struct json_schema (scan.h), for the scan alone.
 *
 * A node is an object on the way; its members are found by name. Slots below a container are
 * known to its node, so that a name that comes a second time can take back what the first found.
 */
#ifndef FORMATS_JSON_WANTED_H
#define FORMATS_JSON_WANTED_H

#include "formats/json/scan.h"

enum { JSON_NONE = -1, JSON_ROOT = 0 };

struct json_member {
    const char *name; /* in the schema's arena */
    size_t len;
    int slot;  /* JSON_NONE when only something below is wanted */
    int child; /* node, or JSON_NONE */
    int next;  /* next member in the same bucket, or JSON_NONE */
};

/* The member of a node, NULL when nobody asked for it. Borrowed from the schema. */
const struct json_member *wanted_member(const struct json_schema *schema, int node,
                                        const char *name, size_t len);

/* Makes absent what stands anywhere below a node. */
void wanted_clear(const struct json_schema *schema, int node, struct json_value *values);

#endif
