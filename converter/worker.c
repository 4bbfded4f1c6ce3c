/* A record is judged column by column: for each column of its file the table says where the cell
 * comes from and what kind of value it is. Only columns that are written are looked at. A row is
 * rendered at the end, and only for a record that has kept all it needs.
 *
 *   element -> record -> cells[] + issues -> row
 *                 `-> references -> schools (one or several rows), members (roster rows)
 */
#include "converter/worker.h"

#include "converter/errors_csv.h"
#include "converter/references.h"
#include "converter/rows.h"
#include "converter/sort.h"
#include "converter/values.h"
#include "formats/base/bytes.h"
#include "formats/base/slice_set.h"
#include "formats/base/text.h"
#include "formats/clever/entity.h"
#include "formats/csv/cell.h"

#include <stdlib.h>

/* Whom the current record has met already, under whatever id. */
struct marks {
    uint32_t *met; /* by number of an entry: the last record that met it */
    size_t room;
};

/* The columns of a file that are written. */
struct columns {
    uint8_t number[SDS_MAX_COLUMNS];
    size_t count;
};

struct worker {
    const struct run *run;
    struct clever_scanner *scanner;
    struct record record;
    struct references references[LIST_COUNT]; /* of the record */
    struct columns columns[SDS_FILES];
    struct slice cells[SDS_MAX_COLUMNS]; /* by number; of written columns */
    struct batch *batch;
    struct outcome *outcome;
    uint32_t element;
    bool csv;                /* the record's references are SIS ids */
    enum sds_file file;
    bool own_fault;          /* an error of the record's own */
    struct slice above;      /* the root of a rejected school it refers to */
    struct buf pair;         /* the start of a section's roster rows, rendered */
    struct marks marks[LIST_COUNT];
    uint32_t number;         /* of the current record, for the marks */
};

static void find_columns(struct worker *worker)
{
    for (int f = 0; f < SDS_FILES; f++) {
        struct columns *columns = &worker->columns[f];
        for (size_t i = 0; i < sds_formats[f].column_count; i++)
            if (worker->run->options->written[f][i])
                columns->number[columns->count++] = (uint8_t)i;
    }
}

struct worker *worker_new(const struct run *run)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->run = run;
    find_columns(worker);
    worker->scanner = clever_scanner_new(run->schema);
    if (!worker->scanner) {
        worker_free(worker);
        return NULL;
    }
    return worker;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    for (int i = 0; i < LIST_COUNT; i++)
        free(worker->marks[i].met);
    buf_release(&worker->pair);
    clever_scanner_free(worker->scanner);
    free(worker);
}

/* ---- lines ---- */

static const struct segment *segment_of(const struct worker *w, uint32_t element)
{
    return &w->batch->segments[w->batch->elements[element].segment];
}

/* The word for the Entity column: enrollment rows speak of a section. */
static const char *word_of(enum entity entity)
{
    return entity_word(entity == ENTITY_ENROLLMENT ? ENTITY_SECTION : entity);
}

/* The entity that a list's references mean. */
static const enum entity referred[LIST_COUNT] = {[LIST_SCHOOLS] = ENTITY_SCHOOL,
                                                 [LIST_TEACHERS] = ENTITY_TEACHER,
                                                 [LIST_STUDENTS] = ENTITY_STUDENT};

/* Whom reference `i` of the current record means, to be asked for one after the other. */
static inline const struct id_entry *refer(const struct worker *w, enum reference_list list,
                                           size_t i)
{
    const struct id_index *index = w->run->indexes[referred[list]];
    const struct references *references = &w->references[list];
    size_t left = references->count - i;
    if (i % INDEX_EXPECTED == 0)
        index_expect(index, w->csv ? SPACE_SIS : SPACE_CLEVER, references->hashes + i,
                     left < INDEX_EXPECTED ? left : INDEX_EXPECTED);
    return w->csv ? index_refer_sis(index, references->ids[i], references->hashes[i])
                  : index_refer(index, references->ids[i], references->hashes[i]);
}

/* Room for marks of all there are. False: out of memory. */
static bool more_marks(struct worker *w, enum reference_list list)
{
    struct marks *marks = &w->marks[list];
    size_t more = index_count(w->run->indexes[referred[list]]);
    uint32_t *met = realloc(marks->met, more * sizeof *met);
    if (!met) {
        w->batch->lines.oom = true;
        return false;
    }
    memset(met + marks->room, 0, (more - marks->room) * sizeof *met);
    marks->met = met;
    marks->room = more;
    return true;
}

/* Whether the current record has not met this one yet. */
static inline bool first_time(struct worker *w, enum reference_list list,
                              const struct id_entry *entry)
{
    struct marks *marks = &w->marks[list];
    if (entry->number >= marks->room && !more_marks(w, list))
        return false;
    if (marks->met[entry->number] == w->number)
        return false;
    marks->met[entry->number] = w->number;
    return true;
}

/* Adds a line about the current outcome. Lines are ordered by file group, column and code. */
static void add_line(struct worker *w, const char *entity, const struct issue *issue)
{
    struct batch *batch = w->batch;
    const struct element *element = &batch->elements[w->element];
    struct subject subject = {
        .entity = entity,
        .id = w->outcome->id,
        .sis_id = w->outcome->sis_id,
        .source = w->run->inventory.inputs[segment_of(w, w->element)->input].label,
        .line = batch_line(batch, element->segment, element->start),
    };
    struct issue_line *line = batch_add_line(batch);
    if (!line) {
        batch->lines.oom = true;
        return;
    }
    line->rank = line_rank(issue->file, issue->column);
    line->code = (uint8_t)issue->code;
    line->severity = (uint8_t)w->run->options->severity[issue->code];
    line->start = batch->lines.len;
    errors_put_line(&batch->lines, w->run->options, &subject, issue);
    line->len = batch->lines.len - line->start;
    w->outcome->line_count++;
}

/* Whether --treat made a code that keeps its record one that rejects it. */
static bool rejects(const struct worker *w, enum issue_code code)
{
    return issue_kinds[code].group == GROUP_VALUE &&
           w->run->options->severity[code] == SEVERITY_ERROR;
}

static void add_issue(struct worker *w, const struct issue *issue)
{
    add_line(w, word_of((enum entity)w->outcome->entity), issue);
    w->own_fault = w->own_fault || rejects(w, issue->code);
}

static void column_issue(struct worker *w, enum issue_code code, int column, struct slice value)
{
    add_issue(w, &(struct issue){.code = code,
                                 .file = w->file,
                                 .column = column,
                                 .value = value,
                                 .rows = 1});
}

static struct outcome *begin_outcome(struct worker *w, enum entity entity)
{
    struct outcome *outcome = batch_add_outcome(w->batch);
    if (!outcome) {
        w->batch->lines.oom = true;
        return NULL;
    }
    outcome->entity = (uint8_t)entity;
    outcome->element = w->element;
    outcome->first_line = w->batch->line_count;
    w->outcome = outcome;
    w->number++;
    w->file = sds_file_of(entity);
    w->own_fault = false;
    w->above = SLICE_ABSENT;
    return outcome;
}

static int compare_lines(const void *a, const void *b)
{
    const struct issue_line *x = a;
    const struct issue_line *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static void end_outcome(struct worker *w)
{
    struct outcome *outcome = w->outcome;
    if (outcome->line_count > 1)
        qsort(w->batch->issue_lines + outcome->first_line, outcome->line_count,
              sizeof *w->batch->issue_lines, compare_lines);
}

/* ---- values ---- */

/* Judges the attribute for a column; its cell. */
static struct slice judge_value(struct worker *w, int column, const struct sds_column *spec,
                                const struct attribute_value *attribute)
{
    if (attribute->wrong_type)
        column_issue(w, ISSUE_unexpected_type, column, SLICE_ABSENT);
    if (attribute->value.len == 0)
        return SLICE_LITERAL("");
    if (attribute->control)
        column_issue(w, ISSUE_control_character, column, attribute->raw);
    struct judgement judgement =
        value_judge(spec->kind, attribute->value,
                    w->run->options->subjects == SUBJECTS_TEXT, &w->batch->arena);
    if (judgement.issue != ISSUE_NONE)
        column_issue(w, judgement.issue, column,
                     spec->kind == VALUE_SECTION_ID ? attribute->value : attribute->raw);
    return judgement.cell;
}

/* The same: most values are what they shall be. */
static inline struct slice judge(struct worker *w, int column, const struct sds_column *spec,
                                 const struct attribute_value *attribute)
{
    bool odd = attribute->wrong_type || attribute->control;
    if (!odd && attribute->value.len && value_is_free(spec->kind, attribute->value))
        return attribute->value;
    return judge_value(w, column, spec, attribute);
}

static enum attribute username_source(const struct options *options)
{
    static const enum attribute sources[] = {
        [USERNAME_FROM_USERNAME] = ATTR_USERNAME,  [USERNAME_FROM_EMAIL] = ATTR_EMAIL,
        [USERNAME_FROM_EMAIL_LOCAL] = ATTR_EMAIL,  [USERNAME_FROM_NUMBER] = ATTR_NUMBER,
        [USERNAME_FROM_SIS_ID] = ATTR_SIS_ID,      [USERNAME_FROM_STATE_ID] = ATTR_STATE_ID,
    };
    return sources[options->username_from];
}

/* The username after the domain rules; empty for a blank one. */
static struct slice username_of(struct worker *w, struct slice source)
{
    const struct options *options = w->run->options;
    size_t at = slice_find(source, '@');
    bool local = options->username_from == USERNAME_FROM_EMAIL_LOCAL;
    if (local || options->strip_domain) {
        source = text_trim(slice_of(source.ptr, at));
        at = source.len;
    }
    enum role role = w->record.entity == ENTITY_TEACHER ? ROLE_TEACHER : ROLE_STUDENT;
    struct slice domain = options_domain(options, role);
    w->outcome->has_domain = at < source.len || (source.len && domain.ptr);
    if (source.len == 0 || !domain.ptr || at < source.len)
        return source;
    char *text = arena_bytes(&w->batch->arena, source.len + 1 + domain.len);
    if (!text)
        return SLICE_LITERAL("");
    memcpy(text, source.ptr, source.len);
    text[source.len] = '@';
    memcpy(text + source.len + 1, domain.ptr, domain.len);
    return slice_of(text, source.len + 1 + domain.len);
}

static struct slice judge_username(struct worker *w, int column)
{
    const struct attribute_value *source =
        &w->record.attr[username_source(w->run->options)];
    if (source->wrong_type)
        column_issue(w, ISSUE_unexpected_type, column, SLICE_ABSENT);
    if (source->value.len == 0)
        return SLICE_LITERAL("");
    if (source->control)
        column_issue(w, ISSUE_control_character, column, source->raw);
    struct slice username = username_of(w, source->value);
    if (username.len == 0)
        return username;
    struct judgement judgement =
        value_judge(VALUE_USERNAME, username, false, &w->batch->arena);
    if (judgement.issue != ISSUE_NONE)
        column_issue(w, judgement.issue, column, username);
    w->outcome->username = username;
    w->outcome->username_hash = hash_same_letters(username);
    return username;
}

/* Which attribute the SIS ID column holds. */
static enum attribute id_source(const struct worker *w, const struct record *record)
{
    if (w->run->id == ID_SIS && record->entity != ENTITY_COURSE && record->entity != ENTITY_TERM)
        return ATTR_SIS_ID;
    bool legacy = w->run->options->teacher_id == TEACHER_ID_LEGACY &&
                  record->attr[ATTR_LEGACY_ID].value.len > 0;
    return legacy ? ATTR_LEGACY_ID : ATTR_ID;
}

static struct slice judge_id(struct worker *w, int column, const struct sds_column *spec)
{
    const struct record *record = &w->record;
    enum attribute source = id_source(w, record);
    bool wanted_legacy = source == ATTR_ID && record->attr[ATTR_LEGACY_ID].wrong_type &&
                         w->run->options->teacher_id == TEACHER_ID_LEGACY;
    /* A wrong type is told also where another attribute fills the column, once. */
    if (wanted_legacy && !record->attr[ATTR_ID].wrong_type)
        column_issue(w, ISSUE_unexpected_type, column, SLICE_ABSENT);
    return judge(w, column, spec, &record->attr[source]);
}

static void missing(struct worker *w, int column)
{
    w->own_fault = true;
    column_issue(w, ISSUE_missing_required, column, SLICE_ABSENT);
}

/* ---- courses and terms ---- */

static const struct id_entry *find_part(const struct worker *w, enum entity entity,
                                        struct slice id)
{
    const struct id_entry *entry = index_refer(w->run->indexes[entity], id, hash_of(id));
    return entry && entry->accepted ? entry : NULL;
}

/* Which of a course's or term's values a column of Section.csv takes; -1 for its id. */
static int extra_of(enum attribute attribute)
{
    switch ((int)attribute) {
    case ATTR_COURSE_NAME:
    case ATTR_TERM_NAME: return 0;
    case ATTR_COURSE_NUMBER:
    case ATTR_TERM_START: return 1;
    case ATTR_TERM_END: return 2;
    default: return -1;
    }
}

/* A cell that comes from the section itself or else from the record it names. */
static struct slice judge_part(struct worker *w, int column, const struct sds_column *spec,
                               const struct id_entry *part)
{
    struct slice own = judge(w, column, spec, &w->record.attr[spec->attribute]);
    int extra = extra_of(spec->attribute);
    if (extra < 0)
        return part ? slice_of(part->text, part->len) : SLICE_LITERAL("");
    bool has_own = w->record.attr[spec->attribute].value.len > 0;
    return has_own || !part ? own : part->extra[extra];
}

static void unknown_part(struct worker *w, enum entity entity, enum attribute attribute,
                         enum issue_code code, const struct id_entry *part)
{
    struct slice id = w->record.attr[attribute].value;
    if (id.len && !part && w->run->any[entity])
        column_issue(w, code, sds_column_of(SDS_SECTION, attribute), id);
}

static bool is_written(const struct worker *w, enum sds_file file, int column)
{
    return w->run->options->written[file][column];
}

/* `start` and `end` are cells of Term StartDate and Term EndDate. */
static void check_term_dates(struct worker *w, struct slice start, struct slice end)
{
    int first = sds_column_of(SDS_SECTION, ATTR_TERM_START);
    int last = sds_column_of(SDS_SECTION, ATTR_TERM_END);
    if (!is_written(w, SDS_SECTION, first) || !is_written(w, SDS_SECTION, last) ||
        start.len == 0 || end.len == 0 || memcmp(start.ptr, end.ptr, start.len) <= 0)
        return;
    const struct attribute_value *raw = &w->record.attr[ATTR_TERM_START];
    column_issue(w, ISSUE_term_dates_reversed, first, raw->raw.ptr ? raw->raw : start);
}

/* A course or a term: the columns of Section.csv that it may fill. */
static void judge_part_record(struct worker *w, enum sds_from from)
{
    const struct sds_format *format = &sds_formats[SDS_SECTION];
    for (size_t i = 0; i < format->column_count; i++) {
        const struct sds_column *spec = &format->columns[i];
        if (spec->from != from)
            continue;
        int column = (int)i;
        int extra = extra_of(spec->attribute);
        enum attribute attribute = extra < 0 ? ATTR_ID : spec->attribute;
        struct slice cell = SLICE_LITERAL("");
        if (is_written(w, SDS_SECTION, column))
            cell = judge(w, column, spec, &w->record.attr[attribute]);
        if (extra >= 0)
            w->outcome->extra[extra] = cell;
        else if (w->record.attr[ATTR_ID].value.len == 0)
            missing(w, column);
    }
    if (from == FROM_TERM)
        check_term_dates(w, w->outcome->extra[1], w->outcome->extra[2]);
}

/* ---- schools of people and sections ---- */

struct school_refs {
    struct slice *ids;
    const struct id_entry **entries; /* NULL: nothing in the export has this id */
    size_t count;
};

/* The distinct schools of the record, each under the first of its ids. False: out of memory. */
static bool school_refs(struct worker *w, struct school_refs *refs)
{
    const struct references *references = &w->references[LIST_SCHOOLS];
    size_t room = references->count + 1;
    refs->ids = arena_alloc(&w->batch->arena, room * sizeof *refs->ids);
    refs->entries = arena_alloc(&w->batch->arena, room * sizeof *refs->entries);
    refs->count = 0;
    if (!refs->ids || !refs->entries)
        return false;
    for (size_t i = 0; i < references->count; i++) {
        const struct id_entry *entry = refer(w, LIST_SCHOOLS, i);
        if (entry && !first_time(w, LIST_SCHOOLS, entry))
            continue;
        refs->ids[refs->count] = references->ids[i];
        refs->entries[refs->count++] = entry;
    }
    return true;
}

static bool in_output(const struct id_entry *entry)
{
    return entry && entry->accepted;
}

/* A school that will not be in the output. */
static void refused_school(struct worker *w, int column, struct slice id,
                           const struct id_entry *entry)
{
    struct slice root = entry ? slice_of(entry->text, entry->len) : SLICE_ABSENT;
    struct issue issue = {.code = entry ? ISSUE_rejected_reference : ISSUE_unknown_reference,
                          .file = w->file,
                          .column = column,
                          .value = id,
                          .rows = 1,
                          .cause = root};
    add_issue(w, &issue);
}

/* What being without any school makes of the record: its own fault unless a rejected school is
 * all there is to blame. */
static void without_school(struct worker *w, const struct school_refs *refs)
{
    for (size_t i = 0; i < refs->count; i++) {
        if (!refs->entries[i])
            w->own_fault = true;
        else if (!w->above.ptr)
            w->above = slice_of(refs->entries[i]->text, refs->entries[i]->len);
    }
}

static struct slice written_school(const struct id_entry *entry)
{
    return slice_of(entry->text, entry->len);
}

/* One school; `used` gets the written ids, their number is returned. */
static size_t primary_school(struct worker *w, int column, struct school_refs *refs,
                             struct slice *used)
{
    size_t chosen = 0;
    while (chosen < refs->count && !in_output(refs->entries[chosen]))
        chosen++;
    if (chosen == refs->count) {
        refs->count = 1; /* only the main school is spoken of */
        refused_school(w, column, refs->ids[0], refs->entries[0]);
        without_school(w, refs);
        return 0;
    }
    if (chosen > 0)
        column_issue(w, ISSUE_primary_school_replaced, column, refs->ids[0]);
    w->outcome->several_schools = refs->count > 1;
    used[0] = written_school(refs->entries[chosen]);
    return 1;
}

static size_t all_schools(struct worker *w, int column, const struct school_refs *refs,
                          struct slice *used)
{
    size_t count = 0;
    for (size_t i = 0; i < refs->count; i++) {
        if (in_output(refs->entries[i]))
            used[count++] = written_school(refs->entries[i]);
        else
            refused_school(w, column, refs->ids[i], refs->entries[i]);
    }
    if (count == 0)
        without_school(w, refs);
    return count;
}

/* The schools for the rows of the record: `*used` gets their written ids. */
static size_t judge_schools(struct worker *w, int column, struct slice **used)
{
    const struct attribute_value *school = &w->record.attr[ATTR_SCHOOL];
    const struct reference_values *list = &w->record.list[LIST_SCHOOLS];
    struct school_refs refs;
    if (school->wrong_type)
        column_issue(w, ISSUE_unexpected_type, column, SLICE_ABSENT);
    if (school->control)
        column_issue(w, ISSUE_control_character, column, school->raw);
    for (size_t i = 0; i < list->wrong_elements + list->wrong_type; i++)
        column_issue(w, ISSUE_unexpected_type, column, SLICE_ABSENT);
    if (!school_refs(w, &refs))
        return 0;
    if (refs.count == 0) {
        missing(w, column);
        return 0;
    }
    *used = arena_alloc(&w->batch->arena, refs.count * sizeof **used);
    if (!*used)
        return 0;
    bool person = w->record.entity != ENTITY_SECTION;
    if (person && w->run->options->multi_school == MULTI_SCHOOL_ROWS)
        return all_schools(w, column, &refs, *used);
    return primary_school(w, column, &refs, *used);
}

/* ---- rows ---- */

static void judge_column(struct worker *w, int column, const struct sds_column *spec,
                         const struct id_entry *course, const struct id_entry *term)
{
    const struct record *record = &w->record;
    struct slice cell = SLICE_LITERAL("");
    switch (spec->from) {
    case FROM_ATTRIBUTE: cell = judge(w, column, spec, &record->attr[spec->attribute]); break;
    case FROM_SIS_ID: cell = judge_id(w, column, spec); break;
    case FROM_USERNAME: cell = judge_username(w, column); break;
    case FROM_COURSE: cell = judge_part(w, column, spec, course); break;
    case FROM_TERM: cell = judge_part(w, column, spec, term); break;
    case FROM_STATUS: cell = SLICE_LITERAL("Active"); break;
    case FROM_SCHOOL:
    case FROM_NOTHING: break;
    }
    w->cells[column] = cell;
    if (cell.len == 0 && spec->from != FROM_SCHOOL && w->run->options->required[w->file][column])
        missing(w, column);
}

static void put_rows(struct worker *w, int school_column, const struct slice *schools,
                     size_t count)
{
    const struct columns *columns = &w->columns[w->file];
    struct row_span *span = &w->outcome->rows[w->file];
    span->start = w->batch->rows[w->file].len;
    for (size_t i = 0; i < count; i++) {
        if (school_column >= 0)
            w->cells[school_column] = schools[i];
        csv_put_row(&w->batch->rows[w->file], w->cells, columns->number, columns->count);
    }
    span->len = w->batch->rows[w->file].len - span->start;
    span->count = (uint32_t)count;
}

/* ---- members of sections ---- */

struct members {
    enum reference_list list;
    enum sds_file file;
    const struct id_entry **written; /* those that become rows */
    size_t written_count;
    uint32_t *enrolled;    /* pairs of enrollments.csv that become rows */
    size_t enrolled_count;
    size_t enrolled_room;
    struct slice_set strangers; /* ids met that lead to nobody */
    struct buf unknown;    /* ids joined by a space */
    size_t unknown_count;
    struct buf rejected;
    size_t rejected_count;
    struct slice root; /* of the first rejected one */
};

static void join(struct buf *ids, struct slice id)
{
    if (ids->len)
        buf_put_byte(ids, ' ');
    buf_put_slice(ids, id);
}

/* A reference to nobody, or to somebody rejected. */
static void add_stranger(struct worker *w, struct members *members, struct slice id,
                         const struct id_entry *entry)
{
    if (entry) {
        if (members->rejected_count++ == 0)
            members->root = slice_of(entry->text, entry->len);
        join(&members->rejected, id);
        return;
    }
    if (!members->strangers.slots && !slice_set_init(&members->strangers, &w->batch->arena, 16))
        return;
    if (slice_set_add(&members->strangers, &w->batch->arena, id)) {
        members->unknown_count++;
        join(&members->unknown, id);
    }
}

/* Sorts the section's own references into rows, unknown and rejected ones. */
static void resolve(struct worker *w, struct members *members)
{
    const struct references *references = &w->references[members->list];
    members->written =
        arena_alloc(&w->batch->arena, (references->count + 1) * sizeof *members->written);
    if (!members->written)
        return;
    for (size_t i = 0; i < references->count; i++) {
        const struct id_entry *entry = refer(w, members->list, i);
        if (entry && !first_time(w, members->list, entry))
            continue;
        if (entry && entry->accepted)
            members->written[members->written_count++] = entry;
        else
            add_stranger(w, members, references->ids[i], entry);
    }
}

static void add_enrolled(struct worker *w, struct members *members, uint32_t pair)
{
    if (members->enrolled_count == members->enrolled_room) {
        size_t room = members->enrolled_room ? members->enrolled_room * 2 : 32;
        uint32_t *pairs = arena_alloc(&w->batch->arena, room * sizeof *pairs);
        if (!pairs)
            return;
        if (members->enrolled_count)
            memcpy(pairs, members->enrolled, members->enrolled_count * sizeof *pairs);
        members->enrolled = pairs;
        members->enrolled_room = room;
    }
    members->enrolled[members->enrolled_count++] = pair;
}

/* The same for the section's rows of enrollments.csv, found by its SIS id. */
static void resolve_enrolled(struct worker *w, struct members *members)
{
    const struct id_index *students = w->run->indexes[ENTITY_STUDENT];
    struct enrolled e;
    bool more = members->list == LIST_STUDENTS && w->outcome->sis_id.len &&
                enrollments_first(w->run->enrollments, students, w->outcome->sis_id, &e);
    for (; more; more = enrollments_next(w->run->enrollments, students, &e)) {
        if (e.student && !first_time(w, members->list, e.student))
            continue;
        if (e.student && e.student->accepted)
            add_enrolled(w, members, e.pair);
        else
            add_stranger(w, members, e.student_id, e.student);
    }
}

/* How many different ids the section refers to by itself and in enrollments.csv. */
static size_t with_enrolled(struct worker *w, const struct members *members)
{
    const struct references *references = &w->references[members->list];
    const struct id_index *students = w->run->indexes[ENTITY_STUDENT];
    struct arena *arena = &w->batch->arena;
    struct slice_set set;
    struct enrolled e;
    bool more = members->list == LIST_STUDENTS && w->outcome->sis_id.len &&
                enrollments_first(w->run->enrollments, students, w->outcome->sis_id, &e);
    if (!more || !slice_set_init(&set, arena, references->count))
        return references->count;
    for (size_t i = 0; i < references->count; i++)
        slice_set_add(&set, arena, references->ids[i]);
    for (; more; more = enrollments_next(w->run->enrollments, students, &e))
        slice_set_add(&set, arena, e.student_id);
    return set.count;
}

static struct slice root_of(const struct worker *w)
{
    if (!w->own_fault && w->above.ptr)
        return w->above;
    return w->outcome->id.len ? w->outcome->id : w->outcome->sis_id;
}

static void member_line(struct worker *w, const struct members *members, enum issue_code code,
                        const struct buf *ids, size_t count, struct slice cause)
{
    if (count == 0)
        return;
    struct issue issue = {.code = code,
                          .file = members->file,
                          .column = 1,
                          .value = buf_slice(ids),
                          .rows = count,
                          .cause = cause};
    add_line(w, "section", &issue);
}

/* The memberships that a rejected section takes with it. Whether those of enrollments.csv are its
 * own, or another section's with the same id, only the committer knows. */
static void drop_members(struct worker *w, const struct members *members)
{
    size_t count = w->references[members->list].count;
    size_t all = with_enrolled(w, members);
    if (all > count) {
        w->outcome->dropped_own = (uint32_t)count;
        w->outcome->dropped_all = (uint32_t)all;
        return;
    }
    struct issue issue = {.code = ISSUE_dropped_with_section,
                          .file = members->file,
                          .column = 0,
                          .rows = count,
                          .cause = root_of(w)};
    if (count)
        add_line(w, "section", &issue);
}

/* Two ids as a row; `start` is the first one's cell and the comma, rendered. */
static void put_plain_pair(struct buf *out, struct slice start, const struct id_entry *member)
{
    char *at = out->data + out->len;
    bytes_copy_short(at, start.ptr, start.len);
    at += start.len;
    bytes_copy_short(at, member->text, member->len);
    at += member->len;
    at[0] = '\r';
    at[1] = '\n';
    out->len += start.len + member->len + 2;
}

static void put_members(struct worker *w, const struct members *members)
{
    struct buf *out = &w->batch->rows[members->file];
    struct row_span *span = &w->outcome->rows[members->file];
    struct buf *start = &w->pair;
    buf_reset(start);
    csv_put_cell(start, w->outcome->written);
    csv_put_comma(start);
    span->start = out->len;
    for (size_t i = 0; i < members->written_count && !start->oom; i++) {
        const struct id_entry *member = members->written[i];
        if (!buf_reserve(out, start->len + member->len + 2))
            break;
        if (member->plain) {
            put_plain_pair(out, buf_slice(start), member);
            continue;
        }
        buf_put_slice(out, buf_slice(start));
        csv_put_cell(out, slice_of(member->text, member->len));
        csv_end_row(out);
    }
    out->oom = out->oom || start->oom;
    span->len = out->len - span->start;
    span->count = (uint32_t)members->written_count;
}

static void wrong_members(struct worker *w, const struct members *members)
{
    const struct reference_values *list = &w->record.list[members->list];
    size_t count = list->wrong_elements + list->wrong_type;
    if (members->list == LIST_TEACHERS)
        count += w->record.attr[ATTR_TEACHER].wrong_type;
    for (size_t i = 0; i < count; i++)
        add_issue(w, &(struct issue){.code = ISSUE_unexpected_type,
                                     .file = members->file,
                                     .column = 1,
                                     .rows = 1});
}

/* The roster rows of a section, or what became of them. Returns whether it is accepted. */
static bool process_members(struct worker *w, bool accepted)
{
    struct members both[ROLES] = {
        [ROLE_TEACHER] = {.list = LIST_TEACHERS, .file = SDS_TEACHER_ROSTER},
        [ROLE_STUDENT] = {.list = LIST_STUDENTS, .file = SDS_STUDENT_ENROLLMENT}};
    static const enum issue_code without[ROLES] = {
        [ROLE_TEACHER] = ISSUE_section_without_teacher,
        [ROLE_STUDENT] = ISSUE_section_without_student};
    for (int r = 0; r < ROLES; r++)
        wrong_members(w, &both[r]);
    accepted = accepted && !w->own_fault;
    for (int r = 0; r < ROLES && accepted; r++) {
        resolve(w, &both[r]);
        resolve_enrolled(w, &both[r]);
    }
    for (int r = 0; r < ROLES && accepted; r++)
        if (both[r].written_count + both[r].enrolled_count == 0)
            column_issue(w, without[r], NO_COLUMN, SLICE_ABSENT);
    accepted = accepted && !w->own_fault;
    for (int r = 0; r < ROLES; r++) {
        struct members *members = &both[r];
        if (accepted) {
            put_members(w, members);
            if (members->enrolled_count) {
                w->outcome->enrolled = members->enrolled;
                w->outcome->enrolled_count = members->enrolled_count;
            }
            member_line(w, members, ISSUE_unknown_member, &members->unknown,
                        members->unknown_count, SLICE_ABSENT);
            member_line(w, members, ISSUE_rejected_member, &members->rejected,
                        members->rejected_count, members->root);
        } else {
            drop_members(w, members);
        }
        w->batch->lines.oom =
            w->batch->lines.oom || members->unknown.oom || members->rejected.oom;
        buf_release(&members->unknown);
        buf_release(&members->rejected);
    }
    return accepted;
}

/* ---- records ---- */

/* What makes two records equal (converter/README.md): every scalar but the ids that only lead to
 * the record, and the references in the order in which they count, each once. */
static struct hash128 content_of(const struct worker *w)
{
    const struct record *record = &w->record;
    const struct outcome *outcome = w->outcome;
    struct hash128 h = hash_add_words(hash_begin(), outcome->id_hash, outcome->id.len);
    /* The two ids come first among the attributes. */
    for (unsigned a = ATTR_SIS_ID; a < ATTR_COUNT; a++) {
        struct slice value = record->attr[a].value;
        if (value.len && a != ATTR_SCHOOL && a != ATTR_TEACHER)
            h = hash_add_named(h, a, value);
    }
    return h;
}

/* Takes the references of a list and adds them. */
static struct hash128 add_references(struct worker *w, struct hash128 h, enum reference_list list,
                                     struct slice first)
{
    struct references *references = &w->references[list];
    *references = (struct references){.count = 0};
    if (!references_take(references, first, &w->record.list[list], &w->batch->arena))
        return h;
    h = hash_add_words(h, ATTR_COUNT + 1, references->count);
    for (size_t i = 0; i < references->count; i += 2)
        h = hash_add_words(h, references->hashes[i],
                           i + 1 < references->count ? references->hashes[i + 1] : 0);
    return h;
}

static void describe(struct worker *w)
{
    struct outcome *outcome = w->outcome;
    const struct record *record = &w->record;
    outcome->id = record->attr[ATTR_ID].value;
    outcome->legacy = record->attr[ATTR_LEGACY_ID].value;
    outcome->sis_id = record->attr[ATTR_SIS_ID].value;
    outcome->written = record->attr[id_source(w, record)].value;
    outcome->id_hash = hash_of(outcome->id);
    bool apart = outcome->written.ptr != outcome->id.ptr;
    outcome->written_hash = apart ? hash_of(outcome->written) : outcome->id_hash;
    struct hash128 h = content_of(w);
    h = add_references(w, h, LIST_SCHOOLS, record->attr[ATTR_SCHOOL].value);
    if (record->entity == ENTITY_SECTION) {
        h = add_references(w, h, LIST_TEACHERS, record->attr[ATTR_TEACHER].value);
        h = add_references(w, h, LIST_STUDENTS, SLICE_ABSENT);
    }
    outcome->content = h;
}

static void settle(struct worker *w, bool accepted)
{
    accepted = accepted && !w->own_fault;
    w->outcome->verdict = accepted ? VERDICT_ACCEPTED : VERDICT_REJECTED;
    if (!accepted)
        w->outcome->root = root_of(w);
    end_outcome(w);
}

static void section_parts(struct worker *w, const struct id_entry **course,
                          const struct id_entry **term)
{
    *course = find_part(w, ENTITY_COURSE, w->record.attr[ATTR_COURSE].value);
    *term = find_part(w, ENTITY_TERM, w->record.attr[ATTR_TERM].value);
    unknown_part(w, ENTITY_COURSE, ATTR_COURSE, ISSUE_unknown_course, *course);
    unknown_part(w, ENTITY_TERM, ATTR_TERM, ISSUE_unknown_term, *term);
}

/* Dates that both come from a term record were compared there. */
static void section_dates(struct worker *w)
{
    if (w->record.attr[ATTR_TERM_START].value.len || w->record.attr[ATTR_TERM_END].value.len)
        check_term_dates(w, w->cells[sds_column_of(SDS_SECTION, ATTR_TERM_START)],
                         w->cells[sds_column_of(SDS_SECTION, ATTR_TERM_END)]);
}

static void process_row_record(struct worker *w)
{
    const struct id_entry *course = NULL;
    const struct id_entry *term = NULL;
    int school_column = sds_column_from(w->file, FROM_SCHOOL);
    struct slice *schools = NULL;
    size_t rows = 1;
    bool section = w->file == SDS_SECTION;
    const struct columns *columns = &w->columns[w->file];
    if (section)
        section_parts(w, &course, &term);
    const struct sds_column *specs = sds_formats[w->file].columns;
    for (size_t i = 0; i < columns->count; i++)
        judge_column(w, columns->number[i], &specs[columns->number[i]], course, term);
    if (section)
        section_dates(w);
    if (school_column >= 0)
        rows = judge_schools(w, school_column, &schools);
    if (schools && rows > 0)
        w->outcome->school = schools[0];
    bool accepted = rows > 0 && !w->own_fault;
    if (section)
        accepted = process_members(w, accepted);
    if (accepted)
        put_rows(w, school_column, schools, rows);
    if (w->file == SDS_SCHOOL || section)
        w->outcome->special_name = value_special_name(w->record.attr[ATTR_NAME].value);
    settle(w, accepted);
}

/* A section without a name is called after its course (CSV only: formats/README.md). */
static void derive_name(struct worker *w)
{
    struct attribute_value *name = &w->record.attr[ATTR_NAME];
    struct slice course = w->record.attr[ATTR_COURSE_NAME].value;
    struct slice number = w->record.attr[ATTR_NUMBER].value;
    if (name->value.len || course.len == 0)
        return;
    if (number.len == 0)
        number = w->record.attr[ATTR_PERIOD].value;
    char *text = arena_bytes(&w->batch->arena, course.len + 3 + number.len);
    if (!text)
        return;
    memcpy(text, course.ptr, course.len);
    size_t len = course.len;
    if (number.len) {
        memcpy(text + len, " - ", 3);
        memcpy(text + len + 3, number.ptr, number.len);
        len += 3 + number.len;
    }
    *name = (struct attribute_value){.raw = slice_of(text, len), .value = slice_of(text, len)};
    column_issue(w, ISSUE_derived_name, sds_column_of(SDS_SECTION, ATTR_NAME), SLICE_ABSENT);
}

/* Judges w->record. */
static void process_record(struct worker *w, bool user)
{
    enum entity entity = w->record.entity;
    if (!begin_outcome(w, entity))
        return;
    w->outcome->user = user;
    describe(w);
    if (w->csv && entity == ENTITY_SECTION)
        derive_name(w);
    if (entity == ENTITY_COURSE || entity == ENTITY_TERM) {
        judge_part_record(w, entity == ENTITY_COURSE ? FROM_COURSE : FROM_TERM);
        settle(w, true);
    } else {
        process_row_record(w);
    }
}

static void process_shape(struct worker *w, const struct clever_element *element,
                          enum shape shape)
{
    clever_record(w->run->schema, element, shape, &w->record, &w->batch->arena);
    process_record(w, shape == SHAPE_USER_TEACHER || shape == SHAPE_USER_STUDENT);
}

static void unreadable(struct worker *w, enum entity entity)
{
    struct outcome *outcome = begin_outcome(w, entity);
    if (!outcome)
        return;
    struct issue issue = {
        .code = ISSUE_unreadable_record, .file = w->file, .column = NO_COLUMN, .rows = 1};
    outcome->verdict = VERDICT_NO_RECORD;
    add_line(w, word_of(entity), &issue);
}

static void process_user(struct worker *w, const struct clever_element *element)
{
    if (!clever_has_roles(w->run->schema, element)) {
        unreadable(w, ENTITY_USER);
        return;
    }
    struct clever_roles roles = clever_roles(w->run->schema, element);
    if (roles.wrong_types) {
        struct outcome *outcome = begin_outcome(w, ENTITY_USER);
        if (!outcome)
            return;
        outcome->verdict = VERDICT_NO_RECORD;
        outcome->id = clever_id(w->run->schema, element, &w->batch->arena);
        for (unsigned i = 0; i < roles.wrong_types; i++)
            column_issue(w, ISSUE_unexpected_type, NO_COLUMN, SLICE_ABSENT);
    }
    if (roles.teacher)
        process_shape(w, element, SHAPE_USER_TEACHER);
    if (roles.student)
        process_shape(w, element, SHAPE_USER_STUDENT);
}

static void process_element(struct worker *w, const struct sorted *sorted)
{
    static const enum shape shapes[ENTITY_COUNT] = {
        [ENTITY_SCHOOL] = SHAPE_SCHOOL,   [ENTITY_COURSE] = SHAPE_COURSE,
        [ENTITY_TERM] = SHAPE_TERM,       [ENTITY_TEACHER] = SHAPE_TEACHER,
        [ENTITY_STUDENT] = SHAPE_STUDENT, [ENTITY_SECTION] = SHAPE_SECTION,
    };
    w->batch->segments[w->batch->elements[w->element].segment].read++;
    if (!sorted->readable)
        unreadable(w, sorted->entity);
    else if (sorted->entity == ENTITY_USER)
        process_user(w, &sorted->element);
    else
        process_shape(w, &sorted->element, shapes[sorted->entity]);
}

/* ---- CSV rows ---- */

/* The codes' own sentences speak of a record; here it is one row of enrollments. */
static const char NO_ID[] = "This enrollment has no {attribute}, so it was left out; fill it in at "
                            "the source and export again.";
static const char NO_SECTION[] = "This enrollment names a section that is not in the export, so it "
                                 "was left out; export sections and enrollments together.";

static void enrollment_issue(struct worker *w, enum issue_code code, int column,
                             struct slice value, const char *sentence)
{
    add_issue(w, &(struct issue){.code = code,
                                 .file = w->file,
                                 .column = column,
                                 .value = value,
                                 .rows = 1,
                                 .sentence = sentence});
}

/* The lines about one of the two ids of an enrollment row. */
static void judge_enrollment(struct worker *w, int column, const struct attribute_value *id)
{
    if (id->value.len == 0)
        enrollment_issue(w, ISSUE_missing_required, column, SLICE_ABSENT, NO_ID);
    else if (id->control)
        column_issue(w, ISSUE_control_character, column, id->raw);
}

/* At the first reading: who the students of all pairs are. */
static void find_students(struct worker *w)
{
    const struct id_index *students = w->run->indexes[ENTITY_STUDENT];
    struct outcome *outcome = w->batch->outcomes;
    struct outcome *end = outcome + w->batch->outcome_count;
    struct outcome *pairs[INDEX_EXPECTED];
    uint64_t hashes[INDEX_EXPECTED];
    while (outcome < end) {
        size_t count = 0;
        for (; outcome < end && count < INDEX_EXPECTED; outcome++) {
            if (outcome->verdict != VERDICT_PAIR)
                continue;
            hashes[count] = hash_of(outcome->sis_id);
            pairs[count++] = outcome;
        }
        index_expect(students, SPACE_SIS, hashes, count);
        for (size_t i = 0; i < count; i++)
            pairs[i]->other = index_refer_sis(students, pairs[i]->sis_id, hashes[i]);
    }
}

/* At the second reading: the row's lines, and its section. An enrollment finds a section that was
 * kept, not the other ids of its repeats. */
static void finish_enrollment(struct worker *w)
{
    const struct attribute_value *section_id = &w->record.attr[ATTR_SECTION];
    const struct attribute_value *student_id = &w->record.attr[ATTR_STUDENT];
    judge_enrollment(w, 0, section_id);
    judge_enrollment(w, 1, student_id);
    const struct id_entry *section =
        index_find(w->run->indexes[ENTITY_SECTION], SPACE_SIS, section_id->value);
    if (section_id->value.len && !section)
        enrollment_issue(w, ISSUE_unknown_reference, 0, section_id->value, NO_SECTION);
    w->outcome->other = section;
    end_outcome(w);
}

static void process_enrollment(struct worker *w)
{
    struct outcome *outcome = begin_outcome(w, ENTITY_ENROLLMENT);
    if (!outcome)
        return;
    const struct attribute_value *section = &w->record.attr[ATTR_SECTION];
    const struct attribute_value *student = &w->record.attr[ATTR_STUDENT];
    bool refused = (section->control || student->control) && rejects(w, ISSUE_control_character);
    bool pair = section->value.len && student->value.len && !refused;
    outcome->verdict = pair ? VERDICT_PAIR : VERDICT_NO_RECORD;
    if (!w->run->gathering)
        finish_enrollment(w);
    outcome->id = section->value;
    outcome->sis_id = student->value;
}

static void process_row(struct worker *w, const struct element *element,
                        const struct clever_csv_header *columns)
{
    struct csv_fields fields = {NULL, 0};
    struct arena *arena = &w->batch->arena;
    bool readable = row_fields(w->batch, element, (enum csv_encoding)w->run->options->encoding,
                               arena, &fields);
    if (arena->oom || (readable && clever_csv_blank(&fields, arena)))
        return;
    readable = readable && fields.count <= columns->columns;
    bool enrollment = columns->entity == ENTITY_ENROLLMENT;
    if (!w->run->gathering)
        w->batch->segments[element->segment].read++;
    if (!readable) {
        if (!w->run->gathering)
            unreadable(w, columns->entity);
        return;
    }
    clever_csv_record(columns, &fields, &w->record, arena);
    if (enrollment)
        process_enrollment(w);
    else
        process_record(w, false);
}

/* ---- batches ---- */

/* False ends the batch: see its failure or survey_again. */
static bool process_json(struct worker *w, const struct element *element,
                         const struct input *input)
{
    struct batch *batch = w->batch;
    struct sorted sorted;
    if (element->unused)
        return true;
    sort_element(w->run, batch, element, w->scanner, &batch->arena, &sorted);
    if (sorted.failed)
        return failed_download(input, &batch->failure);
    batch->survey_again = !input->surveyed && (sorted.open || sorted.entity != batch->stage);
    if (batch->survey_again)
        return false;
    if (sorted.entity == batch->stage)
        process_element(w, &sorted);
    return true;
}

/* Rows take a part of the room of the text they come from; asking for it at once saves copying
 * while they grow. What more they need they get on the way. */
static void reserve_rows(struct batch *batch)
{
    static const enum sds_file roster[] = {SDS_SECTION, SDS_TEACHER_ROSTER,
                                           SDS_STUDENT_ENROLLMENT};
    size_t room = batch->text.len / 2;
    if (batch->stage == ENTITY_SECTION)
        for (size_t i = 0; i < sizeof roster / sizeof *roster; i++)
            (void)buf_reserve(&batch->rows[roster[i]], room);
    else if (batch->stage != ENTITY_USER)
        (void)buf_reserve(&batch->rows[sds_file_of(batch->stage)], room);
}

void worker_process(struct worker *w, struct batch *batch)
{
    bool go_on = true;
    w->batch = batch;
    reserve_rows(batch);
    for (size_t i = 0; i < batch->element_count && go_on; i++) {
        const struct element *element = &batch->elements[i];
        const struct input *input =
            &w->run->inventory.inputs[batch->segments[element->segment].input];
        w->element = (uint32_t)i;
        w->csv = input->form == FORM_CSV;
        if (w->csv)
            process_row(w, element, input->csv);
        else
            go_on = process_json(w, element, input);
    }
    if (w->run->gathering)
        find_students(w);
    if (batch_out_of_memory(batch))
        failure_no_memory(&batch->failure);
}
