/* A record may stand in an element's `data` or be the element itself, so every path is asked for
 * twice, once with "data." before it: slots[OUTER] and slots[INNER]. */
#include "formats/clever/schema.h"

#include "formats/base/text.h"
#include "formats/base/utf8.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"

#include <stdio.h>
#include <stdlib.h>

enum { OUTER, INNER, PLACES };
enum { MAX_ANCESTORS = 2, MAX_PATH = 96 };

/* Keys by which records and answers are told (rule 5), beside those of the field tables. */
enum hint_key {
    KEY_ROLES,
    KEY_ROLE_TEACHER,
    KEY_ROLE_STUDENT,
    KEY_STUDENTS,
    KEY_TEACHER,
    KEY_TEACHERS,
    KEY_COURSE,
    KEY_TERM_ID,
    KEY_PERIOD,
    KEY_SUBJECT,
    KEY_COURSE_NAME,
    KEY_SCHOOL_NUMBER,
    KEY_LOW_GRADE,
    KEY_HIGH_GRADE,
    KEY_PRINCIPAL,
    KEY_STAFF_ID,
    KEY_NAME,
    KEY_STUDENT_NUMBER,
    KEY_DOB,
    KEY_GRADE,
    KEY_SCHOOL,
    KEY_TEACHER_NUMBER,
    KEY_TITLE,
    KEY_START_DATE,
    KEY_END_DATE,
    KEY_NUMBER,
    KEY_DISTRICT,
    KEY_ID,
    KEY_TYPE,
    KEY_EVENT_OBJECT,
    KEY_URI,
    KEY_LINKS,
    KEY_DATA,
    KEY_COUNT,
    KEY_ERROR,
    KEY_MESSAGE,
    HINT_KEYS
};

static const char *const hint_paths[HINT_KEYS] = {
    [KEY_ROLES] = "roles",
    [KEY_ROLE_TEACHER] = "roles.teacher",
    [KEY_ROLE_STUDENT] = "roles.student",
    [KEY_STUDENTS] = "students",
    [KEY_TEACHER] = "teacher",
    [KEY_TEACHERS] = "teachers",
    [KEY_COURSE] = "course",
    [KEY_TERM_ID] = "term_id",
    [KEY_PERIOD] = "period",
    [KEY_SUBJECT] = "subject",
    [KEY_COURSE_NAME] = "course_name",
    [KEY_SCHOOL_NUMBER] = "school_number",
    [KEY_LOW_GRADE] = "low_grade",
    [KEY_HIGH_GRADE] = "high_grade",
    [KEY_PRINCIPAL] = "principal",
    [KEY_STAFF_ID] = "staff_id",
    [KEY_NAME] = "name",
    [KEY_STUDENT_NUMBER] = "student_number",
    [KEY_DOB] = "dob",
    [KEY_GRADE] = "grade",
    [KEY_SCHOOL] = "school",
    [KEY_TEACHER_NUMBER] = "teacher_number",
    [KEY_TITLE] = "title",
    [KEY_START_DATE] = "start_date",
    [KEY_END_DATE] = "end_date",
    [KEY_NUMBER] = "number",
    [KEY_DISTRICT] = "district",
    [KEY_ID] = "id",
    [KEY_TYPE] = "type",
    [KEY_EVENT_OBJECT] = "data.object",
    [KEY_URI] = "uri",
    [KEY_LINKS] = "links",
    [KEY_DATA] = "data",
    [KEY_COUNT] = "count",
    [KEY_ERROR] = "error",
    [KEY_MESSAGE] = "message",
};

/* A field table's line in one place. */
struct field_slots {
    int value;
    int ancestor[MAX_ANCESTORS]; /* the objects on the way, but for roles */
    int ancestors;
    bool first; /* of the lines for its attribute */
};

struct clever_schema {
    struct json_schema *json;
    struct field_slots *fields[PLACES]; /* clever_field_count each */
    int hints[HINT_KEYS][PLACES];
    size_t first[SHAPE_COUNT]; /* the lines of a shape stand together */
    size_t last[SHAPE_COUNT];
};

/* The slot of a path in one place; negative when there is no memory for it. */
static int want(struct json_schema *json, int place, const char *path)
{
    char inner[MAX_PATH];
    if (place == OUTER)
        return json_schema_want(json, path);
    int len = snprintf(inner, sizeof inner, "data.%s", path);
    return len < MAX_PATH ? json_schema_want(json, inner) : -1;
}

/* The objects above a field: "credentials" of "credentials.district_username". A role of the
 * wrong type is no matter of columns, see clever_roles. */
static bool want_ancestors(struct json_schema *json, int place, const char *path,
                           struct field_slots *slots)
{
    char above[MAX_PATH];
    int dots = 0;
    bool role = strncmp(path, "roles.", 6) == 0;
    for (size_t i = 0; path[i]; i++) {
        if (path[i] != '.' || (role && ++dots <= 2))
            continue;
        if (slots->ancestors == MAX_ANCESTORS || i >= sizeof above)
            return false;
        memcpy(above, path, i);
        above[i] = '\0';
        int slot = want(json, place, above);
        if (slot < 0)
            return false;
        slots->ancestor[slots->ancestors++] = slot;
    }
    return true;
}

/* Whether no line of the same shape has the same attribute before line `number`. */
static bool first_line(size_t number)
{
    const struct clever_field *field = &clever_fields[number];
    for (size_t i = 0; i < number; i++)
        if (clever_fields[i].shape == field->shape && !clever_fields[i].list &&
            clever_fields[i].attribute == field->attribute)
            return false;
    return !field->list;
}

static bool want_field(struct clever_schema *schema, int place, size_t number)
{
    const char *path = clever_fields[number].path;
    struct field_slots *slots = &schema->fields[place][number];
    slots->value = want(schema->json, place, path);
    slots->first = first_line(number);
    return slots->value >= 0 && want_ancestors(schema->json, place, path, slots);
}

/* One place after the other, so that what a record fills stands together. */
static bool want_all(struct clever_schema *schema, int place)
{
    for (int i = 0; i < HINT_KEYS; i++) {
        schema->hints[i][place] = want(schema->json, place, hint_paths[i]);
        if (schema->hints[i][place] < 0)
            return false;
    }
    for (size_t i = 0; i < clever_field_count; i++)
        if (!want_field(schema, place, i))
            return false;
    return true;
}

static bool build(struct clever_schema *schema)
{
    for (size_t i = 0; i < clever_field_count; i++) {
        enum shape shape = clever_fields[i].shape;
        if (schema->last[shape] == 0)
            schema->first[shape] = i;
        schema->last[shape] = i + 1;
    }
    return want_all(schema, OUTER) && want_all(schema, INNER);
}

struct clever_schema *clever_schema_new(void)
{
    struct clever_schema *schema = calloc(1, sizeof *schema);
    if (!schema)
        return NULL;
    schema->json = json_schema_new();
    bool ok = schema->json;
    for (int place = 0; place < PLACES; place++) {
        schema->fields[place] = calloc(clever_field_count, sizeof *schema->fields[place]);
        ok = ok && schema->fields[place];
    }
    if (!ok || !build(schema)) {
        clever_schema_free(schema);
        return NULL;
    }
    return schema;
}

void clever_schema_free(struct clever_schema *schema)
{
    if (!schema)
        return;
    json_schema_free(schema->json);
    for (int place = 0; place < PLACES; place++)
        free(schema->fields[place]);
    free(schema);
}

struct clever_scanner {
    const struct clever_schema *schema;
    struct json_scanner *json;
    struct entity_memo memo;
};

struct clever_scanner *clever_scanner_new(const struct clever_schema *schema)
{
    struct clever_scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return NULL;
    scanner->schema = schema;
    scanner->json = json_scanner_new(schema->json);
    if (!scanner->json) {
        free(scanner);
        return NULL;
    }
    return scanner;
}

void clever_scanner_free(struct clever_scanner *scanner)
{
    if (!scanner)
        return;
    json_scanner_free(scanner->json);
    free(scanner);
}

static const struct json_value *outer(const struct clever_schema *schema,
                                      const struct clever_element *element, enum hint_key key)
{
    return &element->values[schema->hints[key][OUTER]];
}

/* A key of the record, wherever that stands. */
static const struct json_value *inner(const struct clever_schema *schema,
                                      const struct clever_element *element, enum hint_key key)
{
    return &element->values[schema->hints[key][element->wrapped ? INNER : OUTER]];
}

static bool has(const struct clever_schema *schema, const struct clever_element *element,
                enum hint_key key)
{
    return inner(schema, element, key)->type != JSON_ABSENT;
}

bool clever_scan(struct clever_scanner *scanner, struct slice text, const char *limit,
                 struct clever_element *element, struct json_error *error)
{
    const struct clever_schema *schema = scanner->schema;
    *element = (struct clever_element){
        .text = text, .values = json_scanner_values(scanner->json), .memo = &scanner->memo};
    if (!json_scan(scanner->json, text, limit, error))
        return false;
    if (text.len == 0 || text.ptr[0] != '{') {
        *error = (struct json_error){"is not a JSON object", 0};
        return false;
    }
    element->wrapped = outer(schema, element, KEY_DATA)->type == JSON_OBJECT &&
                       outer(schema, element, KEY_ID)->type == JSON_ABSENT;
    return true;
}

/* Whether a string has nothing but control characters and blanks in it. */
static bool blank_string(const struct json_value *value)
{
    char room[256]; /* more escapes than fit are not taken for blanks */
    struct slice text = slice_of(value->ptr, value->len);
    if (value->escaped && value->len > sizeof room)
        return false;
    if (value->escaped)
        text = json_decode(value, room);
    while (text.len) {
        size_t len = utf8_sequence(text.ptr, text.len);
        if (!utf8_is_control(utf8_decode(text.ptr, len)) &&
            text_trim(slice_of(text.ptr, len)).len > 0)
            return false;
        text.ptr += len;
        text.len -= len;
    }
    return true;
}

/* null and a string of blanks are as good as absent. */
static bool blank(const struct json_value *value)
{
    return value->type == JSON_ABSENT || value->type == JSON_NULL ||
           (value->type == JSON_STRING && blank_string(value));
}

static struct json_value record_value(const struct clever_schema *schema,
                                      const struct clever_element *element)
{
    if (element->wrapped)
        return *outer(schema, element, KEY_DATA);
    return (struct json_value){
        .ptr = element->text.ptr, .len = (uint32_t)element->text.len, .type = JSON_OBJECT};
}

/* Whether every key of the record is one of `allowed`, a list that ends with NULL. */
static bool only_keys(const struct clever_schema *schema, const struct clever_element *element,
                      const char *const *allowed)
{
    struct json_value record = record_value(schema, element);
    struct json_value name;
    struct json_value value;
    size_t at = 0;
    while (json_member_next(&record, &at, &name, &value)) {
        char text[32];
        struct slice key =
            slice_of(text, json_short_name(slice_of(name.ptr, name.len), text, sizeof text));
        const char *const *one = allowed;
        while (*one && !slice_is(key, *one))
            one++;
        if (!*one)
            return false;
    }
    return true;
}

/* Answers of Clever's that are no records: /me, a count, an event (reference: Clever's API). */
static bool no_record(const struct clever_schema *schema, const struct clever_element *element)
{
    static const char *const me_keys[] = {"id", "district", "type", "authorized_by", NULL};
    bool count = outer(schema, element, KEY_COUNT)->type != JSON_ABSENT &&
                 outer(schema, element, KEY_DATA)->type == JSON_ABSENT &&
                 outer(schema, element, KEY_ID)->type == JSON_ABSENT;
    bool event = has(schema, element, KEY_TYPE) && has(schema, element, KEY_EVENT_OBJECT);
    if (count || event)
        return true;
    bool me_wrapper = element->wrapped && outer(schema, element, KEY_TYPE)->type == JSON_STRING;
    return me_wrapper ||
           (has(schema, element, KEY_TYPE) && only_keys(schema, element, me_keys));
}

static bool has_any(const struct clever_schema *schema, const struct clever_element *element,
                    const enum hint_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has(schema, element, keys[i]))
            return true;
    return false;
}

#define HAS_ANY(...)                                                                     \
    has_any(schema, element, (const enum hint_key[]){__VA_ARGS__},                       \
            sizeof((const enum hint_key[]){__VA_ARGS__}) / sizeof(enum hint_key))

bool clever_has_roles(const struct clever_schema *schema, const struct clever_element *element)
{
    return !blank(inner(schema, element, KEY_ROLES));
}

/* Rule 5, but for `roles`. */
static enum entity entity_by_keys(const struct clever_schema *schema,
                                  const struct clever_element *element)
{
    static const char *const course_keys[] = {"id", "district", "name", "number", NULL};
    if (inner(schema, element, KEY_STUDENTS)->type == JSON_ARRAY &&
        HAS_ANY(KEY_TEACHER, KEY_TEACHERS, KEY_COURSE, KEY_TERM_ID, KEY_PERIOD, KEY_SUBJECT,
                KEY_COURSE_NAME))
        return ENTITY_SECTION;
    if (HAS_ANY(KEY_SCHOOL_NUMBER, KEY_LOW_GRADE, KEY_HIGH_GRADE, KEY_PRINCIPAL))
        return ENTITY_SCHOOL;
    if (has(schema, element, KEY_STAFF_ID))
        return ENTITY_OTHER;
    if (inner(schema, element, KEY_NAME)->type == JSON_OBJECT &&
        HAS_ANY(KEY_STUDENT_NUMBER, KEY_DOB, KEY_GRADE))
        return ENTITY_STUDENT;
    if (has(schema, element, KEY_SCHOOL) && HAS_ANY(KEY_TEACHER_NUMBER, KEY_TITLE))
        return ENTITY_TEACHER;
    if (HAS_ANY(KEY_START_DATE, KEY_END_DATE))
        return ENTITY_TERM;
    if (HAS_ANY(KEY_NUMBER, KEY_DISTRICT) && only_keys(schema, element, course_keys))
        return ENTITY_COURSE;
    return ENTITY_NONE;
}

enum entity clever_settle_user(const struct clever_schema *schema,
                               const struct clever_element *element)
{
    if (clever_has_roles(schema, element))
        return ENTITY_USER;
    enum entity entity = entity_by_keys(schema, element);
    return entity == ENTITY_NONE ? ENTITY_USER : entity;
}

enum entity clever_hinted(const struct entity_hints *hints)
{
    if (hints->self != ENTITY_NONE)
        return hints->self;
    return hints->key != ENTITY_NONE ? hints->key : hints->path;
}

enum entity clever_classify(const struct clever_schema *schema,
                            const struct clever_element *element,
                            const struct entity_hints *hints, struct arena *arena,
                            bool *certain)
{
    *certain = true;
    if (no_record(schema, element))
        return ENTITY_OTHER;
    if (inner(schema, element, KEY_ROLES)->type == JSON_OBJECT)
        return ENTITY_USER;
    const struct json_value *uri = outer(schema, element, KEY_URI);
    enum entity entity = ENTITY_NONE;
    if (uri->type == JSON_STRING)
        entity = entity_of_uri_like(element->memo, json_scalar(uri, arena));
    if (entity == ENTITY_NONE) {
        struct entity_hints outside = *hints;
        *certain = false;
        if (hints->top_level)
            outside.self = entity_of_uri(
                clever_links_of(outer(schema, element, KEY_LINKS), arena).self);
        entity = clever_hinted(&outside);
    }
    if (entity == ENTITY_NONE)
        return clever_has_roles(schema, element) ? ENTITY_USER : entity_by_keys(schema, element);
    if (entity == ENTITY_USER)
        return clever_settle_user(schema, element);
    return entity == ENTITY_ENROLLMENT ? ENTITY_OTHER : entity;
}

bool clever_is_failed_download(const struct clever_schema *schema,
                               const struct clever_element *element)
{
    return outer(schema, element, KEY_DATA)->type == JSON_ABSENT &&
           (outer(schema, element, KEY_ERROR)->type != JSON_ABSENT ||
            outer(schema, element, KEY_MESSAGE)->type != JSON_ABSENT);
}

bool clever_has_id(const struct clever_schema *schema, const struct clever_element *element)
{
    return outer(schema, element, KEY_ID)->type != JSON_ABSENT;
}

struct clever_roles clever_roles(const struct clever_schema *schema,
                                 const struct clever_element *element)
{
    struct clever_roles roles = {.wrong_types = 0};
    const struct json_value *all = inner(schema, element, KEY_ROLES);
    const struct json_value *teacher = inner(schema, element, KEY_ROLE_TEACHER);
    const struct json_value *student = inner(schema, element, KEY_ROLE_STUDENT);
    if (all->type != JSON_OBJECT) {
        roles.wrong_types = !blank(all);
        return roles;
    }
    roles.teacher = teacher->type == JSON_OBJECT;
    roles.student = student->type == JSON_OBJECT;
    roles.wrong_types += !roles.teacher && !blank(teacher);
    roles.wrong_types += !roles.student && !blank(student);
    return roles;
}

static struct slice clean(const struct json_value *value, struct arena *arena)
{
    if (value->plain)
        return text_trim(slice_of(value->ptr, value->len));
    return text_clean(json_scalar(value, arena), arena).value;
}

unsigned clever_element_version(const struct clever_schema *schema,
                                const struct clever_element *element, struct arena *arena)
{
    const struct json_value *uri = outer(schema, element, KEY_URI);
    return uri->type == JSON_STRING ? clever_version_of(json_scalar(uri, arena)) : 0;
}

struct slice clever_id(const struct clever_schema *schema, const struct clever_element *element,
                       struct arena *arena)
{
    return clean(inner(schema, element, KEY_ID), arena);
}

static bool wrong_ancestor(const struct clever_element *element, const struct field_slots *slots)
{
    for (int i = 0; i < slots->ancestors; i++) {
        const struct json_value *above = &element->values[slots->ancestor[i]];
        if (above->type != JSON_OBJECT && !blank(above))
            return true;
    }
    return false;
}

static inline void read_value(struct attribute_value *attribute, const struct json_value *value,
                              struct arena *arena)
{
    if (value->type == JSON_ABSENT)
        return;
    if (json_is_container(value))
        attribute->wrong_type = true;
    if (attribute->value.len)
        return;
    if (value->plain) {
        attribute->raw = slice_of(value->ptr, value->len);
        attribute->value = text_trim(attribute->raw);
        return;
    }
    struct slice raw = json_scalar(value, arena);
    if (!raw.ptr)
        return;
    attribute->raw = raw;
    struct clean_text clean = text_clean(raw, arena);
    attribute->value = clean.value;
    attribute->control = clean.control;
}

/* Room for at least one more id behind the list's; false: out of memory. */
static bool more_ids(struct slice **ids, size_t count, size_t *room, struct arena *arena)
{
    if (count < *room)
        return true;
    struct slice *grown = arena_alloc(arena, *room * 2 * sizeof *grown);
    if (!grown)
        return false;
    memcpy(grown, *ids, count * sizeof *grown);
    *ids = grown;
    *room *= 2;
    return true;
}

/* Trims `count` ids in place and drops blank ones; how many are left. */
static size_t trim_ids(struct slice *ids, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        ids[kept] = text_trim(ids[i]);
        kept += ids[kept].len > 0;
    }
    return kept;
}

static void read_list(struct reference_values *list, const struct json_value *value,
                      struct arena *arena)
{
    if (value->type != JSON_ARRAY) {
        list->wrong_type = !blank(value);
        return;
    }
    /* An id of Clever's takes 24 bytes and its punctuation; shorter ones make the room grow. */
    size_t room = value->len / 24 + 1;
    struct slice *ids = arena_alloc(arena, room * sizeof *ids);
    struct json_value element;
    size_t at = 0;
    while (ids && more_ids(&ids, list->count, &room, arena)) {
        struct slice *next = ids + list->count;
        list->ids = ids;
        list->count += trim_ids(next, json_list_plain(value, &at, next, room - list->count));
        if (list->count == room)
            continue;
        if (!json_list_next(value, &at, &element))
            break;
        struct slice id = json_is_container(&element) ? SLICE_ABSENT : clean(&element, arena);
        list->wrong_elements += json_is_container(&element);
        if (id.len)
            ids[list->count++] = id;
    }
}

void clever_record(const struct clever_schema *schema, const struct clever_element *element,
                   enum shape shape, struct record *record, struct arena *arena)
{
    static const enum entity entities[SHAPE_COUNT] = {
        [SHAPE_SCHOOL] = ENTITY_SCHOOL,        [SHAPE_COURSE] = ENTITY_COURSE,
        [SHAPE_TERM] = ENTITY_TERM,            [SHAPE_TEACHER] = ENTITY_TEACHER,
        [SHAPE_STUDENT] = ENTITY_STUDENT,      [SHAPE_USER_TEACHER] = ENTITY_TEACHER,
        [SHAPE_USER_STUDENT] = ENTITY_STUDENT, [SHAPE_SECTION] = ENTITY_SECTION,
    };
    const struct field_slots *fields = schema->fields[element->wrapped ? INNER : OUTER];
    /* A record of the same shape as the one before has the same attributes, each of which is set
     * anew: only another shape leaves some behind. */
    int filled = (int)shape + 1;
    if (record->filled != filled)
        memset(record, 0, sizeof *record);
    record->entity = entities[shape];
    record->filled = filled;
    for (size_t i = schema->first[shape]; i < schema->last[shape]; i++) {
        const struct clever_field *field = &clever_fields[i];
        const struct field_slots *slots = &fields[i];
        const struct json_value *value = &element->values[slots->value];
        if (field->list) {
            record->list[field->attribute] = (struct reference_values){.ids = NULL};
            read_list(&record->list[field->attribute], value, arena);
            continue;
        }
        struct attribute_value *attribute = &record->attr[field->attribute];
        if (slots->first)
            *attribute = (struct attribute_value){.wrong_type = false};
        /* A value that is there stands in objects. */
        if (value->type == JSON_ABSENT && slots->ancestors)
            attribute->wrong_type = attribute->wrong_type || wrong_ancestor(element, slots);
        read_value(attribute, value, arena);
    }
}
