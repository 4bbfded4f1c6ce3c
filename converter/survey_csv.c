#include "converter/survey_csv.h"

#include "converter/rows.h"
#include "formats/base/text.h"
#include "formats/clever/entity.h"

struct looking {
    struct run *run;
    struct batch *batch;
    struct input *input;
    enum entity named; /* by the file's name; ENTITY_NONE when that does not tell */
    uint64_t rows; /* looked at */
    bool header_seen;
    bool header_unreadable;
    bool given_up; /* the header says that this is no file of ours */
};

/* Which entities come as CSV. */
static bool comes_as_csv(enum entity entity)
{
    return entity == ENTITY_SCHOOL || entity == ENTITY_TEACHER || entity == ENTITY_STUDENT ||
           entity == ENTITY_SECTION || entity == ENTITY_ENROLLMENT;
}

/* A header as it would be accepted otherwise: "Student_id" as "student_id, STUDENT ID, StudentId". */
static void put_spellings(struct buf *out, const char *header)
{
    for (const char *c = header; *c; c++)
        buf_put_byte(out, ascii_lower(*c));
    buf_put_text(out, ", ");
    for (const char *c = header; *c; c++)
        buf_put_byte(out, (char)(*c == '_' ? ' ' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
    buf_put_text(out, " or ");
    for (const char *c = header; *c; c++)
        buf_put_byte(out, (char)(*c == '_' ? '-' : *c));
}

static bool missing_column(const struct looking *l, const struct csv_fields *header,
                           const char *missing, struct failure *failure)
{
    if (l->header_unreadable)
        return failure_set(failure, FAILURE_INPUT,
                           "%s: its first row cannot be read; name the file's --encoding, or save "
                           "it as UTF-8",
                           l->input->label);
    if (!clever_csv_known(header))
        return failure_set(failure, FAILURE_INPUT,
                           "%s: is neither JSON nor Clever's CSV (its first row has no column %s); "
                           "download it again",
                           l->input->label, missing);
    struct buf spellings = {0};
    put_spellings(&spellings, missing);
    const char *text = buf_text(&spellings);
    failure_set(failure, FAILURE_INPUT,
                "%s: the column %s is missing (%s would do, too); export the file again with it",
                l->input->label, missing, text ? text : "");
    buf_release(&spellings);
    return false;
}

/* Settles what the file is by its header; given_up when that is nothing we read. */
static bool take_header(struct looking *l, const struct csv_fields *header,
                        struct failure *failure)
{
    const char *missing = NULL;
    enum entity entity = l->named == ENTITY_NONE ? clever_csv_entity(header) : l->named;
    l->header_seen = true;
    if (!comes_as_csv(entity)) {
        l->given_up = true;
        return true;
    }
    struct arena *keep = &l->run->inventory.arena;
    l->input->csv = arena_alloc(keep, sizeof *l->input->csv);
    if (!l->input->csv)
        return failure_no_memory(failure);
    if (clever_csv_columns(header, entity, l->input->csv, &missing)) {
        l->input->form = FORM_CSV;
        l->input->csv_header_rows = l->rows;
        l->input->first_entity = entity;
        l->input->entities = entity_bit(entity);
        return true;
    }
    l->given_up = true;
    return l->named == ENTITY_NONE || missing_column(l, header, missing, failure);
}

static bool look_at_row(struct looking *l, const struct element *element,
                        struct failure *failure)
{
    l->rows++;
    struct arena *arena = &l->batch->arena;
    struct csv_fields fields = {NULL, 0};
    bool readable = row_fields(l->batch, element, (enum csv_encoding)l->run->options->encoding,
                               arena, &fields);
    if (arena->oom)
        return failure_no_memory(failure);
    if (readable && clever_csv_blank(&fields, arena))
        return true;
    if (l->header_seen) {
        l->input->csv_records = true;
        return true;
    }
    l->header_unreadable = !readable;
    if (!readable)
        fields.count = 0;
    for (size_t i = 0; i < fields.count; i++)
        fields.items[i] = text_clean(fields.items[i], arena).value;
    return take_header(l, &fields, failure);
}

static bool look_at_rows(struct looking *l, struct failure *failure)
{
    const struct batch *batch = l->batch;
    for (size_t i = 0; i < batch->element_count && !l->given_up; i++) {
        const struct element *element = &batch->elements[i];
        if (l->header_seen && l->input->csv_records)
            return true;
        if (!look_at_row(l, element, failure))
            return false;
    }
    return true;
}

/* Enough is known: the conversion reads the rest. */
static bool settled(const struct looking *l, bool complete)
{
    if (l->given_up)
        return true;
    return l->header_seen && l->input->csv_records && !complete &&
           entity_used(l->run->options, l->input->first_entity);
}

static enum reader_result look(struct looking *l, size_t index, bool complete,
                               struct failure *failure)
{
    struct reader *reader = &l->run->reader;
    enum reader_result result;
    reader->batch_bytes = complete ? BATCH_BYTES : GLANCE_BYTES;
    l->input->form = FORM_CSV; /* so that rows are read; see survey_csv */
    if (!reader_open(reader, index, JSON_AUTO, failure))
        return READER_FAILED;
    do {
        batch_reset(l->batch);
        result = reader_fill(reader, l->batch, failure);
        bool rows = result == READER_FULL || result == READER_END || result == READER_BROKEN;
        struct failure row_failure = {.kind = FAILURE_NONE};
        if (rows && !look_at_rows(l, &row_failure)) {
            *failure = row_failure;
            result = READER_FAILED;
        }
    } while (result == READER_FULL && !settled(l, complete));
    reader_close(reader);
    reader->batch_bytes = BATCH_BYTES;
    return result;
}

/* What a file is that the header did not tell. */
static bool nothing_known(struct looking *l, struct failure *failure)
{
    static const struct csv_fields none = {NULL, 0};
    if (l->named == ENTITY_NONE)
        return true;
    return l->header_seen || take_header(l, &none, failure);
}

bool survey_csv(struct run *run, struct batch *batch, size_t index, bool complete,
                struct failure *failure)
{
    struct input *input = &run->inventory.inputs[index];
    struct looking l = {.run = run, .batch = batch, .input = input, .named = input->path_entity};
    struct failure found = {.kind = FAILURE_NONE};
    input->csv = NULL;
    input->csv_records = false;
    enum reader_result result = look(&l, index, complete, &found);
    bool ours = l.header_seen && !l.given_up;
    if (!ours)
        input->form = FORM_TEXT;
    if (result == READER_FAILED || (result == READER_BROKEN && (ours || l.named != ENTITY_NONE)))
        return failure_take(failure, &found);
    if (result == READER_END && !nothing_known(&l, failure))
        return false;
    input->ignored = !ours;
    input->surveyed = result == READER_END;
    if (ours)
        return true;
    return reader_drain(&run->reader, index, failure);
}
