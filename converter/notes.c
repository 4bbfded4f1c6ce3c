#include "converter/notes.h"

#include "formats/base/utf8.h"
#include "formats/csv/written.h"

#include <stdlib.h>

/* Of one code: a bound for lines whose cells are all as long as they may be. */
enum { MAX_LINE_BYTES = 256 * 1024 };

struct notes *notes_new(const struct options *options)
{
    struct notes *notes = calloc(1, sizeof *notes);
    if (!notes)
        return NULL;
    tally_init(&notes->tally, options);
    for (int f = 0; f < SDS_FILES; f++)
        notes->files[f] = (struct noted_file){notes, (enum sds_file)f};
    return notes;
}

void notes_free(struct notes *notes)
{
    if (!notes)
        return;
    tally_release(&notes->tally);
    for (int f = 0; f < SDS_FILES; f++)
        buf_release(&notes->rows[f].cells);
    for (int c = 0; c < ISSUE_COUNT; c++)
        buf_release(&notes->lines[c].cells);
    buf_release(&notes->scratch);
    free(notes);
}

/* Keeps a value, clipped; one character more than is shown, so that the page can tell. */
static void keep(struct noted_cells *to, struct slice text)
{
    utf8_put_visible(&to->cells, text, NOTED_CELL + 1);
    buf_put_byte(&to->cells, '\0');
}

static void keep_cell(struct notes *notes, struct noted_cells *to, struct slice cell)
{
    buf_reset(&notes->scratch);
    written_value(&notes->scratch, cell);
    keep(to, buf_slice(&notes->scratch));
}

static void keep_row(struct notes *notes, struct noted_cells *to, struct slice row)
{
    to->rows++;
    while (row.len) {
        bool more = row.ptr[row.len - 1] == ',';
        struct slice cell = written_cell(&row);
        keep_cell(notes, to, cell);
        if (more && row.len == 0)
            keep(to, SLICE_LITERAL("")); /* the empty cell behind the last comma */
    }
}

static void see_rows(void *context, struct slice rows, struct slice about)
{
    const struct noted_file *file = context;
    struct notes *notes = file->notes;
    struct noted_cells *first = &notes->rows[file->file];
    bool members =
        file->file == SDS_TEACHER_ROSTER || file->file == SDS_STUDENT_ENROLLMENT;
    struct slice row;
    (void)about;
    while ((!members || first->rows < NOTED_ROWS) && written_row(&rows, &row)) {
        if (!members)
            tally_row(&notes->tally, file->file, row);
        if (first->rows < NOTED_ROWS)
            keep_row(notes, first, row);
    }
}

void notes_members(struct notes *notes, struct slice school, uint64_t rows)
{
    tally_members(&notes->tally, school, rows);
}

/* ---- lines ---- */

static enum severity severity_of(struct slice word)
{
    int s = 0;
    while (s + 1 < SEVERITIES && !slice_is(word, severity_names[s]))
        s++;
    return (enum severity)s;
}

static void see_line(struct notes *notes, struct slice line, struct slice school)
{
    struct slice rest = line;
    enum severity severity = severity_of(written_cell(&rest));
    enum issue_code code = issue_named(written_cell(&rest));
    if (code == ISSUE_NONE)
        return;
    uint32_t number = tally_line(&notes->tally, severity, school);
    notes->count[code][severity]++;
    struct noted_cells *to = &notes->lines[code];
    if (to->rows == NOTED_LINES || to->cells.len > MAX_LINE_BYTES)
        return;
    to->rows++;
    for (int i = 0; i < LINE_SCHOOL; i++)
        keep_cell(notes, to, written_cell(&line));
    if (number != NO_SCHOOL)
        buf_put_number(&to->cells, number);
    buf_put_byte(&to->cells, '\0');
}

static void see_lines(void *context, struct slice lines, struct slice school)
{
    struct slice line;
    while (written_row(&lines, &line))
        see_line(context, line, school);
}

void notes_lines(struct notes *notes, struct slice lines)
{
    see_lines(notes, lines, SLICE_ABSENT);
}

struct sink_watcher notes_watch_rows(struct notes *notes, enum sds_file file)
{
    return (struct sink_watcher){see_rows, &notes->files[file]};
}

struct sink_watcher notes_watch_lines(struct notes *notes)
{
    return (struct sink_watcher){see_lines, notes};
}

bool notes_failed(const struct notes *notes)
{
    bool failed = notes->tally.oom || notes->scratch.oom;
    for (int f = 0; f < SDS_FILES; f++)
        failed = failed || notes->rows[f].cells.oom;
    for (int c = 0; c < ISSUE_COUNT; c++)
        failed = failed || notes->lines[c].cells.oom;
    return failed;
}

const char *notes_cell(const char **cells)
{
    const char *cell = *cells;
    *cells += strlen(cell) + 1;
    return cell;
}
