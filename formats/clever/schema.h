/* What Clever's records look like, as tables, and the one interpreter of them.
 *
 * A Clever version is a set of lines in clever_fields: which path of its JSON holds which
 * attribute of which entity. The versions are told by the shape of the records, not by a setting,
 * so the lines of all versions are in force at once.
 */
#ifndef FORMATS_CLEVER_SCHEMA_H
#define FORMATS_CLEVER_SCHEMA_H

#include "formats/base/arena.h"
#include "formats/json/scan.h"
#include "formats/roster.h"

/* The shape of a record: ENTITY_TEACHER in v1 and v2 is an object of its own, in v3 a role. */
enum shape {
    SHAPE_SCHOOL,
    SHAPE_COURSE,
    SHAPE_TERM,
    SHAPE_TEACHER,
    SHAPE_STUDENT,
    SHAPE_USER_TEACHER,
    SHAPE_USER_STUDENT,
    SHAPE_SECTION,
    SHAPE_COUNT
};

struct clever_field {
    enum shape shape;
    int attribute;        /* enum attribute, or enum reference_list where `list` */
    bool list;
    const char *path;     /* from the record down; of several lines for one attribute the first
                             that is not blank counts */
    const char *versions; /* the API versions that have it, for people */
};

extern const struct clever_field clever_fields[];
extern const size_t clever_field_count;
extern const char *const clever_shape_names[SHAPE_COUNT];

/* The tables made ready for scanning. Only read after clever_schema_new: any thread. */
struct clever_schema;

struct clever_schema *clever_schema_new(void);
void clever_schema_free(struct clever_schema *schema);

/* What one thread scans records with. `schema` outlives it. NULL when out of memory. */
struct clever_scanner;

struct clever_scanner *clever_scanner_new(const struct clever_schema *schema);
void clever_scanner_free(struct clever_scanner *scanner);

/* One element of a list, or a top-level value that is an element, after the strict check. */
struct clever_element {
    struct slice text;
    const struct json_value *values; /* of the scanner, until it scans again */
    struct entity_memo *memo;        /* of the scanner */
    bool wrapped;                    /* the record stands in the element's `data` */
};

/* Checks an element in full (formats/README.md: JSON reading) and finds what the tables ask
 * for. `limit` as in json_scan. False: it is unreadable, for `error`. */
bool clever_scan(struct clever_scanner *scanner, struct slice text, const char *limit,
                 struct clever_element *element, struct json_error *error);

/* What the places outside the element say about its entity. */
struct entity_hints {
    enum entity self; /* rule 2: the envelope's own link */
    enum entity key;  /* rule 3 */
    enum entity path; /* rule 4 */
    bool top_level;   /* the element is itself a top-level value, with links of its own */
};

/* The entity by rules 1 to 5 (formats/README.md); ENTITY_NONE when none tells: then rule 6 is
 * the caller's. ENTITY_OTHER for answers that are no records. `certain`: nothing outside the
 * element could have said otherwise. */
enum entity clever_classify(const struct clever_schema *schema,
                            const struct clever_element *element,
                            const struct entity_hints *hints, struct arena *arena,
                            bool *certain);

/* Rules 2 to 4 alone, for elements that cannot be read. */
enum entity clever_hinted(const struct entity_hints *hints);

/* A record that counts as a user but has no `roles` key: rule 5, ENTITY_USER when it does not
 * tell (such a record is unreadable). With the key: ENTITY_USER. */
enum entity clever_settle_user(const struct clever_schema *schema,
                               const struct clever_element *element);
bool clever_has_roles(const struct clever_schema *schema, const struct clever_element *element);

/* A failed download: an object with `error` or `message` and no `data`. */
bool clever_is_failed_download(const struct clever_schema *schema,
                               const struct clever_element *element);
bool clever_has_id(const struct clever_schema *schema, const struct clever_element *element);

/* A user's roles. */
struct clever_roles {
    bool teacher;
    bool student;
    unsigned wrong_types; /* how many of roles, roles.teacher, roles.student are no objects */
};

struct clever_roles clever_roles(const struct clever_schema *schema,
                                 const struct clever_element *element);

/* Fills the record of one shape. Values live in the element's text or in `arena`; out of memory
 * is arena->oom. */
void clever_record(const struct clever_schema *schema, const struct clever_element *element,
                   enum shape shape, struct record *record, struct arena *arena);

/* The API version that the element's `uri` names, as clever_version_of. */
unsigned clever_element_version(const struct clever_schema *schema,
                                const struct clever_element *element, struct arena *arena);

/* The record's `id`, after text_clean; for lines about elements without a record. */
struct slice clever_id(const struct clever_schema *schema, const struct clever_element *element,
                       struct arena *arena);

#endif
