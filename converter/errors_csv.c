#include "converter/errors_csv.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"
#include "formats/csv/cell.h"

enum { MAX_VALUE = 120 };

void put_file_name(struct buf *out, const struct options *options, enum sds_file file)
{
    if (file == SDS_NO_FILE)
        return;
    for (const char *c = sds_formats[file].name; *c; c++)
        buf_put_byte(out, (char)(options->lowercase_names ? ascii_lower(*c) : *c));
    buf_put_text(out, ".csv");
}

uint32_t line_rank(enum sds_file file, int column)
{
    bool roster = file == SDS_TEACHER_ROSTER || file == SDS_STUDENT_ENROLLMENT;
    uint32_t group = roster ? (uint32_t)file : 0;
    return group * (SDS_MAX_COLUMNS + 1) + (uint32_t)(column + 1);
}

void errors_put_header(struct buf *out, const struct options *options)
{
    if (options->bom)
        buf_put_text(out, "\xEF\xBB\xBF");
    buf_put_text(out, "Severity,Code,Entity,Clever ID,SIS ID,Attribute,Value,Message,Source,Line,"
                      "File,Rows,Cause\r\n");
}

static void put_cell_text(struct buf *out, const char *text)
{
    csv_put_cell(out, slice_from(text));
}

/* A spreadsheet runs what starts with one of these (converter/README.md). */
static bool formula(struct slice text)
{
    return text.len && memchr("=+-@", text.ptr[0], 4);
}

/* Text from outside as a cell: nothing invisible, at most `limit` characters. */
static void put_visible(struct buf *out, struct slice text, size_t limit)
{
    struct buf cell = {0};
    bool plain = text.len <= limit && bytes_printable(text.ptr, text.len);
    if (!plain)
        utf8_put_visible(&cell, text, limit);
    csv_put_cell(out, plain ? text : buf_slice(&cell));
    out->oom = out->oom || cell.oom;
    buf_release(&cell);
}

/* The same for text from the input, which must not be a formula either. */
static void put_foreign(struct buf *out, struct slice text, size_t limit)
{
    if (!formula(text)) {
        put_visible(out, text, limit);
        return;
    }
    struct buf cell = {0};
    buf_put_byte(&cell, '\'');
    utf8_put_visible(&cell, text, limit);
    csv_put_cell(out, buf_slice(&cell));
    out->oom = out->oom || cell.oom;
    buf_release(&cell);
}

void errors_put_foreign(struct buf *out, struct slice text)
{
    put_foreign(out, text, SIZE_MAX);
}

/* The words a sentence leaves open. */
static void put_word(struct buf *out, struct slice name, const struct options *options,
                     const struct subject *subject, const struct issue *issue)
{
    if (slice_is(name, "entity"))
        buf_put_text(out, subject->entity);
    else if (slice_is(name, "rows"))
        buf_put_number(out, issue->rows);
    else if (slice_is(name, "file"))
        put_file_name(out, options, issue->file);
    else if (slice_is(name, "attribute") && issue->column != NO_COLUMN)
        buf_put_text(out, sds_formats[issue->file].columns[issue->column].header);
    else
        buf_put_text(out, "value");
}

static void put_message(struct buf *out, const struct options *options,
                        const struct subject *subject, const struct issue *issue)
{
    struct buf message = {0};
    struct slice rest =
        slice_from(issue->sentence ? issue->sentence : issue_kinds[issue->code].sentence);
    while (rest.len) {
        size_t open = slice_find(rest, '{');
        buf_put(&message, rest.ptr, open);
        if (open == rest.len)
            break;
        size_t close = slice_find(rest, '}');
        put_word(&message, slice_of(rest.ptr + open + 1, close - open - 1), options, subject,
                 issue);
        rest = slice_of(rest.ptr + close + 1, rest.len - close - 1);
    }
    if (issue->more)
        buf_printf(&message, " %s", issue->more);
    csv_put_cell(out, buf_slice(&message));
    out->oom = out->oom || message.oom;
    buf_release(&message);
}

void errors_put_line_as(struct buf *out, const struct options *options, enum severity severity,
                        const struct subject *subject, const struct issue *issue)
{
    put_cell_text(out, severity_names[severity]);
    csv_put_comma(out);
    put_cell_text(out, issue_kinds[issue->code].code);
    csv_put_comma(out);
    put_cell_text(out, subject->entity);
    csv_put_comma(out);
    errors_put_foreign(out, subject->id);
    csv_put_comma(out);
    errors_put_foreign(out, subject->sis_id);
    csv_put_comma(out);
    if (issue->column != NO_COLUMN)
        put_cell_text(out, sds_formats[issue->file].columns[issue->column].header);
    csv_put_comma(out);
    if (!options->no_values)
        put_foreign(out, issue->value, MAX_VALUE);
    csv_put_comma(out);
    put_message(out, options, subject, issue);
    csv_put_comma(out);
    put_visible(out, slice_from(subject->source), SIZE_MAX);
    csv_put_comma(out);
    if (subject->line)
        buf_put_number(out, subject->line);
    csv_put_comma(out);
    put_file_name(out, options, issue->file);
    csv_put_comma(out);
    buf_put_number(out, issue->rows);
    csv_put_comma(out);
    errors_put_foreign(out, issue->cause);
    csv_end_row(out);
}

void errors_put_line(struct buf *out, const struct options *options,
                     const struct subject *subject, const struct issue *issue)
{
    errors_put_line_as(out, options, options->severity[issue->code], subject, issue);
}
