#include "formats/clever/csv_schema.h"

#include "formats/base/bytes.h"
#include "formats/base/text.h"

enum { MAX_HEADER = 32 };

/* A header without spaces, `_` and `-`, in lower case; empty when it is too long to be one of
 * Clever's. */
static struct slice fold(struct slice header, char out[MAX_HEADER])
{
    size_t len = 0;
    for (size_t i = 0; i < header.len; i++) {
        char c = header.ptr[i];
        if (c == ' ' || c == '_' || c == '-')
            continue;
        if (len == MAX_HEADER)
            return slice_of(out, 0);
        out[len++] = ascii_lower(c);
    }
    return slice_of(out, len);
}

static bool same_header(struct slice a, const char *b)
{
    char x[MAX_HEADER];
    char y[MAX_HEADER];
    struct slice folded = fold(text_trim(a), x);
    return folded.len && slice_equal(folded, fold(slice_from(b), y));
}

static int find_column(const struct csv_fields *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++)
        if (same_header(header->items[i], name))
            return (int)i;
    return -1;
}

enum entity clever_csv_entity(const struct csv_fields *header)
{
    static const struct {
        const char *one;
        const char *other; /* which must be there, too; NULL for none */
        enum entity entity;
    } rules[] = {
        {"Attendance_date", NULL, ENTITY_OTHER},
        {"Contact_id", NULL, ENTITY_OTHER},
        {"School_name", NULL, ENTITY_SCHOOL},
        {"Section_id", "Student_id", ENTITY_ENROLLMENT},
        {"Section_id", NULL, ENTITY_SECTION},
        {"Student_id", NULL, ENTITY_STUDENT},
        {"Teacher_id", NULL, ENTITY_TEACHER},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (find_column(header, rules[i].one) >= 0 &&
            (!rules[i].other || find_column(header, rules[i].other) >= 0))
            return rules[i].entity;
    return ENTITY_NONE;
}

bool clever_csv_known(const struct csv_fields *header)
{
    for (size_t i = 0; i < clever_csv_field_count; i++)
        if (find_column(header, clever_csv_fields[i].header) >= 0)
            return true;
    return false;
}

bool clever_csv_columns(const struct csv_fields *header, enum entity entity,
                        struct clever_csv_header *columns, const char **missing)
{
    *columns = (struct clever_csv_header){.entity = entity, .columns = header->count};
    while (clever_csv_fields[columns->first].entity != entity)
        columns->first++;
    for (size_t i = columns->first;
         i < clever_csv_field_count && clever_csv_fields[i].entity == entity; i++) {
        int column = find_column(header, clever_csv_fields[i].header);
        columns->column[columns->count++] = column;
        if (column < 0 && clever_csv_fields[i].required) {
            *missing = clever_csv_fields[i].header;
            return false;
        }
    }
    return true;
}

static struct clean_text clean(struct slice raw, struct arena *arena)
{
    if (bytes_printable(raw.ptr, raw.len))
        return (struct clean_text){text_trim(raw), false};
    return text_clean(raw, arena);
}

bool clever_csv_blank(const struct csv_fields *fields, struct arena *arena)
{
    for (size_t i = 0; i < fields->count; i++)
        if (clean(fields->items[i], arena).value.len)
            return false;
    return true;
}

/* Adds an id to the record's only list, whose room is that of its columns. */
static bool add_reference(struct reference_values *list, struct slice **ids, struct slice id,
                          struct arena *arena)
{
    if (id.len == 0)
        return true;
    if (!*ids)
        *ids = arena_alloc(arena, CLEVER_CSV_MAX_FIELDS * sizeof **ids);
    if (!*ids)
        return false;
    (*ids)[list->count++] = id;
    list->ids = *ids;
    return true;
}

void clever_csv_record(const struct clever_csv_header *columns, const struct csv_fields *fields,
                       struct record *record, struct arena *arena)
{
    memset(record, 0, sizeof *record);
    record->entity = columns->entity;
    struct slice *ids = NULL;
    for (size_t i = 0; i < columns->count; i++) {
        const struct clever_csv_field *field = &clever_csv_fields[columns->first + i];
        int column = columns->column[i];
        if (column < 0 || (size_t)column >= fields->count)
            continue;
        struct slice raw = fields->items[column];
        struct clean_text text = clean(raw, arena);
        if (field->list) {
            if (!add_reference(&record->list[field->attribute], &ids, text.value, arena))
                return;
        } else {
            record->attr[field->attribute] = (struct attribute_value){
                .raw = raw, .value = text.value, .control = text.control};
        }
    }
}
