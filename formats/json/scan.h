/* The strict check of one JSON value, which also finds the members somebody asked for.
 *
 * One pass over the text verifies RFC 8259 and UTF-8 in full (cJSON does neither) and notes where
 * the values of wanted paths stand. No tree is built, so memory does not depend on the text.
 *
 * A path is "roles.student.sis_id": member names from the value's own object down. Of duplicate
 * keys the last counts, with all that stands below it. Names are compared after decoding escapes,
 * case-sensitively.
 */
#ifndef FORMATS_JSON_SCAN_H
#define FORMATS_JSON_SCAN_H

#include "formats/base/arena.h"
#include "formats/base/slice.h"

#include <stdint.h>

enum { JSON_MAX_DEPTH = 512 };

enum json_type {
    JSON_ABSENT, /* must be 0: cleared values are absent */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Borrows the scanned text. For a string `ptr` and `len` are what stands between the quotes, as
 * written; for everything else the whole value. */
struct json_value {
    const char *ptr;
    uint32_t len;
    uint8_t type;  /* enum json_type */
    bool escaped;  /* a string with at least one backslash */
    bool plain;    /* surely a string of printable ASCII without a backslash */
};

/* The wanted paths. Built once, then only read: any number of threads may share it. */
struct json_schema;

struct json_schema *json_schema_new(void);
void json_schema_free(struct json_schema *schema);

/* Asks for a path; the slot in which json_scan puts its value, the same one for the same path.
 * -1 when out of memory. */
int json_schema_want(struct json_schema *schema, const char *path);
size_t json_schema_slots(const struct json_schema *schema);

/* What was wrong with a text. */
struct json_error {
    const char *reason; /* constant, "is not ...", without data */
    size_t at;          /* bytes from the start of the text */
};

/* What one thread scans with: the values found last, and what it has learned of the texts, which
 * changes the time that the next one takes and nothing else. `schema` outlives it. NULL when out
 * of memory. */
struct json_scanner;

struct json_scanner *json_scanner_new(const struct json_schema *schema);
void json_scanner_free(struct json_scanner *scanner);

/* The values, by slot: the same array all the time, filled by json_scan. */
const struct json_value *json_scanner_values(const struct json_scanner *scanner);

/* Checks that `text` is exactly one valid JSON value, white space around it allowed, nested at
 * most JSON_MAX_DEPTH deep, and fills the values. text.len < 2^32. Bytes behind the text up to
 * `limit`, at least its end, may be read, whatever they are: it is faster in the midst of others
 * than at the end of a buffer. False with `error` filled for anything else; the values are then
 * undefined. */
bool json_scan(struct json_scanner *scanner, struct slice text, const char *limit,
               struct json_error *error);

/* The check alone. */
bool json_check(struct slice text, struct json_error *error);

/* The elements of a list one by one. `list` is a JSON_ARRAY value of a text that json_scan has
 * accepted; `at` starts as 0. False at the end. */
bool json_list_next(const struct json_value *list, size_t *at, struct json_value *element);

/* Takes plain strings that follow one another in a list, from `at` on as above, up to `room` of
 * them; how many. What comes next is for json_list_next. */
size_t json_list_plain(const struct json_value *list, size_t *at, struct slice *strings,
                       size_t room);

/* The members of an object one by one, `object` and `at` likewise; `name` is a JSON_STRING. */
bool json_member_next(const struct json_value *object, size_t *at, struct json_value *name,
                      struct json_value *value);

/* A scalar as text: a string decoded, a number or a word as written, absent for null and for what
 * is no scalar. Lives in the scanned text or in `arena`. Out of memory: absent, arena->oom. */
struct slice json_scalar(const struct json_value *value, struct arena *arena);

/* Decodes a string into `out`, which has room for value->len bytes. */
struct slice json_decode(const struct json_value *value, char *out);

/* Decodes the name of a member as it stands between its quotes, valid or not. The length of the
 * name in out[0 .. size), 0 when it does not fit, is empty, or has an escape that no name of
 * interest has (anything but ASCII). */
size_t json_short_name(struct slice raw, char *out, size_t size);

/* White space in JSON's sense (RFC 8259, section 2). */
static inline bool json_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Whether the value is an object or a list. */
static inline bool json_is_container(const struct json_value *value)
{
    return value->type == JSON_ARRAY || value->type == JSON_OBJECT;
}

#endif
