/* The problems by code: what each means, and its first lines. */
#include "converter/advice.h"
#include "converter/html.h"
#include "converter/page.h"

#include <stdlib.h>

/* For the lines of all codes together: what the other sections can grow to leaves this much. */
enum { LINES_BYTES = 1200000, OPEN_LINES = 10 };

/* The rows of one code, rendered. */
struct rendered {
    enum issue_code code;
    enum severity severity; /* the worst one of its lines */
    uint64_t count;
    struct buf rows;
    size_t end[NOTED_LINES]; /* of each row */
    size_t row_count;
    bool used[LINE_CELLS];   /* which columns are not blank throughout */
};

/* The columns of a table of lines. Where a line stands and what record it is about are two cells
 * each in the error file and one here. */
enum column_kind { SHOW_CELL, SHOW_RECORD, SHOW_PLACE };

static const struct line_column {
    const char *heading;
    enum line_cell cell;
    enum column_kind kind;
    const char *class; /* for the eye; n: a column of numbers */
} line_columns[] = {
    {"Severity", LINE_SEVERITY, SHOW_CELL, ""},
    {"School", LINE_SCHOOL, SHOW_CELL, ""},
    {"Record", LINE_ENTITY, SHOW_RECORD, "record"},
    {"Attribute", LINE_ATTRIBUTE, SHOW_CELL, ""},
    {"Value", LINE_VALUE, SHOW_CELL, ""},
    {"Message", LINE_MESSAGE, SHOW_CELL, ""},
    {"Rows", LINE_ROWS, SHOW_CELL, "n"},
    {"Cause", LINE_CAUSE, SHOW_CELL, "id"},
    {"File", LINE_FILE, SHOW_CELL, "file"},
    {"Where it stands", LINE_SOURCE, SHOW_PLACE, "place"},
};

enum { LINE_COLUMNS = sizeof line_columns / sizeof *line_columns };

/* The message says more than the headings around the table only for codes that stop the run, and
 * only theirs may have lines of several severities. */
static bool column_shown(const struct rendered *r, const struct line_column *column)
{
    bool stops = issue_kinds[r->code].group == GROUP_RUN;
    if (column->cell == LINE_MESSAGE || column->cell == LINE_SEVERITY)
        return stops;
    return r->used[column->cell];
}

static void put_line_cell(struct buf *out, const struct line_column *column,
                          const char *const *cells)
{
    const char *text = cells[column->cell];
    buf_printf(out, "<td%s%s%s>", *column->class ? " class=\"" : "", column->class,
               *column->class ? "\"" : "");
    html_put_clipped(out, slice_from(text), NOTED_CELL);
    if (column->kind == SHOW_RECORD) {
        const char *id = *cells[LINE_SIS_ID] ? cells[LINE_SIS_ID] : cells[LINE_CLEVER_ID];
        if (*id) {
            buf_put_text(out, " <b>");
            html_put_clipped(out, slice_from(id), NOTED_CELL);
            buf_put_text(out, "</b>");
        }
        if (*cells[LINE_SIS_ID] && *cells[LINE_CLEVER_ID]) {
            buf_put_text(out, " <small>");
            html_put_clipped(out, slice_from(cells[LINE_CLEVER_ID]), NOTED_CELL);
            buf_put_text(out, "</small>");
        }
    } else if (column->kind == SHOW_PLACE && *cells[LINE_LINE]) {
        buf_put_text(out, ", line ");
        html_put_text(out, cells[LINE_LINE]);
    }
    buf_put_text(out, "</td>");
}

/* The cells of the next line, with the name of the school if it is written. */
static void take_cells(const struct tally *tally, const char **at, const char **cells)
{
    for (int c = 0; c < LINE_CELLS; c++)
        cells[c] = notes_cell(at);
    if (*cells[LINE_SCHOOL]) {
        const struct school_tally *school =
            &tally->schools[strtoul(cells[LINE_SCHOOL], NULL, 10)];
        cells[LINE_SCHOOL] = school->written ? tally_school_name(tally, school) : "";
    }
}

static void find_used(struct rendered *r, const struct tally *tally,
                      const struct noted_cells *noted)
{
    const char *at = noted->cells.data;
    const char *cells[LINE_CELLS];
    for (size_t row = 0; row < noted->rows; row++) {
        take_cells(tally, &at, cells);
        for (int c = 0; c < LINE_CELLS; c++)
            r->used[c] = *cells[c] != '\0' || r->used[c];
    }
}

static void render_rows(struct rendered *r, const struct tally *tally,
                        const struct noted_cells *noted)
{
    const char *at = noted->cells.data;
    const char *cells[LINE_CELLS];
    find_used(r, tally, noted);
    for (size_t row = 0; row < noted->rows; row++) {
        take_cells(tally, &at, cells);
        buf_printf(&r->rows, "<tr data-severity=\"%s\">", cells[LINE_SEVERITY]);
        for (size_t c = 0; c < LINE_COLUMNS; c++)
            if (column_shown(r, &line_columns[c]))
                put_line_cell(&r->rows, &line_columns[c], cells);
        buf_put_text(&r->rows, "</tr>\n");
        r->end[r->row_count++] = r->rows.len;
    }
}

static void render(struct rendered *r, const struct notes *notes, enum issue_code code)
{
    r->code = code;
    r->severity = SEVERITY_INFO;
    for (int s = SEVERITIES - 1; s >= 0; s--) {
        r->count += notes->count[code][s];
        if (notes->count[code][s])
            r->severity = (enum severity)s;
    }
    render_rows(r, &notes->tally, &notes->lines[code]);
}

static int worse_first(const void *a, const void *b)
{
    const struct rendered *x = a;
    const struct rendered *y = b;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    bool x_stops = issue_kinds[x->code].group == GROUP_RUN;
    bool y_stops = issue_kinds[y->code].group == GROUP_RUN;
    if (x_stops != y_stops)
        return x_stops ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->code < y->code ? -1 : 1;
}

/* How many lines of each code there is room for. */
static size_t line_limit(const struct rendered *all, size_t count)
{
    for (size_t limit = NOTED_LINES; limit > 0; limit--) {
        size_t bytes = 0;
        for (size_t i = 0; i < count; i++) {
            size_t rows = all[i].row_count < limit ? all[i].row_count : limit;
            bytes += rows ? all[i].end[rows - 1] : 0;
        }
        if (bytes <= LINES_BYTES)
            return limit;
    }
    return 0;
}

/* ---- one code ---- */

static void put_advice(struct buf *out, const struct advice *advice)
{
    const struct {
        const char *term;
        const char *text;
    } parts[] = {{"What it means", advice->means},
                 {"What SDS would have done", advice->sds},
                 {"How to fix it", advice->fix}};
    buf_put_text(out, "<dl class=\"advice\">\n");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_printf(out, "<div><dt>%s</dt><dd>", parts[i].term);
        html_put_text(out, parts[i].text);
        buf_put_text(out, "</dd></div>\n");
    }
    buf_put_text(out, "</dl>\n");
}

static void put_lines_head(struct buf *out, const struct rendered *r)
{
    buf_put_text(out, "<caption>Lines about: ");
    html_put_text(out, advice_of[r->code].title);
    buf_put_text(out, "</caption>\n<thead><tr>");
    for (size_t c = 0; c < LINE_COLUMNS; c++)
        if (column_shown(r, &line_columns[c]))
            page_put_heading(out, line_columns[c].heading,
                             strcmp(line_columns[c].class, "n") == 0);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
}

static void put_lines(struct buf *out, const struct rendered *r, size_t limit)
{
    size_t shown = r->row_count < limit ? r->row_count : limit;
    buf_printf(out, "<details%s><summary>", r->count <= OPEN_LINES ? " open" : "");
    if (shown < r->count) {
        buf_printf(out, "The first %zu of ", shown);
        buf_put_grouped(out, r->count);
        buf_put_text(out, " lines");
    } else {
        page_put_count(out, r->count, "line");
    }
    buf_put_text(out, "</summary>\n");
    if (shown) {
        struct buf name = {0};
        buf_printf(&name, "Lines about: %s", advice_of[r->code].title);
        page_begin_table(out, buf_text(&name), "lines sortable");
        put_lines_head(out, r);
        buf_put(out, r->rows.data, r->end[shown - 1]);
        page_end_table(out);
        out->oom = out->oom || name.oom;
        buf_release(&name);
    }
    if (shown < r->count)
        buf_put_text(out, "<p>The rest is in errors.csv.</p>\n");
    buf_put_text(out, "</details>\n");
}

static void put_code(struct buf *out, const struct rendered *r, size_t limit)
{
    const char *severity = severity_names[r->severity];
    const char *code = issue_kinds[r->code].code;
    buf_printf(out,
               "<article class=\"problem %s\" data-code=\"%s\" aria-labelledby=\"code-%s\">\n"
               "<h3 id=\"code-%s\"><span class=\"badge %s\">%s</span> ",
               severity, code, code, code, severity, severity);
    html_put_text(out, advice_of[r->code].title);
    buf_printf(out, " <code>%s</code> <span class=\"count\">", code);
    buf_put_grouped(out, r->count);
    buf_put_text(out, "</span></h3>\n");
    put_advice(out, &advice_of[r->code]);
    put_lines(out, r, limit);
    buf_put_text(out, "</article>\n");
}

static void put_filters(struct buf *out)
{
    static const char *const selects[][2] = {
        {"severity", "Severity"}, {"code", "Kind"}, {"school", "School"}, {"file", "File"}};
    buf_put_text(out, "<div class=\"filters\" id=\"filters\" role=\"search\" "
                      "aria-label=\"Filter the problems\" hidden>\n"
                      "<div><label for=\"filter-text\">Text</label>"
                      "<input id=\"filter-text\" type=\"search\" autocomplete=\"off\" "
                      "spellcheck=\"false\"></div>\n");
    for (size_t i = 0; i < sizeof selects / sizeof *selects; i++)
        buf_printf(out,
                   "<div><label for=\"filter-%s\">%s</label><select id=\"filter-%s\">"
                   "<option value=\"\">all</option></select></div>\n",
                   selects[i][0], selects[i][1], selects[i][0]);
    buf_put_text(out, "<div><button type=\"button\" id=\"filter-clear\">Clear</button></div>\n"
                      "<p id=\"filter-state\" role=\"status\"></p>\n</div>\n");
}

static void put_intro(struct buf *out, const struct totals *totals, bool no_values)
{
    buf_put_text(out, "<p>");
    page_put_count(out, totals->severity[SEVERITY_ERROR], "error");
    buf_put_text(out, " (something was lost), ");
    page_put_count(out, totals->severity[SEVERITY_WARNING], "warning");
    buf_put_text(out, " (everything was kept, but look at it) and ");
    page_put_count(out, totals->severity[SEVERITY_INFO], "info");
    buf_put_text(out, ". All lines are in errors.csv beside this page.");
    if (no_values)
        buf_put_text(out, " Values are left out, as --no-values asks for.");
    buf_put_text(out, "</p>\n");
}

void page_put_problems(struct buf *out, const struct page *page)
{
    struct rendered *all = calloc(ISSUE_COUNT, sizeof *all);
    size_t count = 0;
    if (!all) {
        out->oom = true;
        return;
    }
    for (int c = 0; c < ISSUE_COUNT; c++)
        if (page->summary->totals.code[c])
            render(&all[count++], page->notes, (enum issue_code)c);
    qsort(all, count, sizeof *all, worse_first);
    put_intro(out, &page->summary->totals, page->summary->run->options->no_values);
    if (count == 0)
        buf_put_text(out, "<p>There is nothing to report.</p>\n");
    else
        put_filters(out);
    size_t limit = line_limit(all, count);
    for (size_t i = 0; i < count; i++) {
        put_code(out, &all[i], limit);
        out->oom = out->oom || all[i].rows.oom;
        buf_release(&all[i].rows);
    }
    free(all);
}
