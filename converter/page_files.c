/* Item by item what became of each output file: its records, what has changed since the last result,
 * the sets it was divided into, and its first rows. */
#include "converter/errors_csv.h"
#include "converter/html.h"
#include "converter/page.h"

enum { BAR_WIDTH = 300, PREVIEW_CELL = 60, SHOWN_SETS = 200 };

/* "99.5%", never rounded up to 100 when something is missing. */
static void put_share(struct buf *out, uint64_t part, uint64_t whole)
{
    double percent = whole ? 100.0 * (double)part / (double)whole : 100.0;
    if (part == whole)
        buf_put_text(out, "100%");
    else
        buf_printf(out, "%.1f%%", percent > 99.9 ? 99.9 : percent);
}

/* A part of a bar, at least two units wide so that one in a million can be seen. */
static double put_part(struct buf *out, double at, uint64_t part, uint64_t whole,
                       const char *class)
{
    if (!part || !whole)
        return at;
    double width = (double)BAR_WIDTH * (double)part / (double)whole;
    if (width < 2)
        width = 2;
    if (at + width > BAR_WIDTH)
        at = BAR_WIDTH - width;
    buf_printf(out, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"12\"/>", class, at,
               width);
    return at + width;
}

static void begin_bar(struct buf *out)
{
    buf_printf(out,
               "<svg class=\"bar\" viewBox=\"0 0 %d 12\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\" focusable=\"false\">",
               BAR_WIDTH);
}

static void put_share_bar(struct buf *out, const struct file_totals *totals)
{
    uint64_t done = totals->accepted + totals->rejected;
    uint64_t repeats = totals->read > done ? totals->read - done : 0;
    begin_bar(out);
    double at = put_part(out, 0, totals->accepted, totals->read, "kept");
    at = put_part(out, at, repeats, totals->read, "repeat");
    put_part(out, at, totals->rejected, totals->read, "lost");
    buf_put_text(out, "</svg>");
}

static void put_file_title(struct buf *out, const struct page *page, int file)
{
    put_file_name(out, page->summary->run->options, (enum sds_file)file);
}

static void put_columns(struct buf *out, const struct sds_format *format, uint32_t columns,
                        const char *what)
{
    const char *between = what;
    for (unsigned i = 0; i < format->column_count; i++) {
        if (!(columns & 1U << i))
            continue;
        buf_printf(out, "%s%s", between, format->columns[i].header);
        between = ", ";
    }
}

/* Bars for the last result and this one, one under the other, and the numbers. */
static void put_difference(struct buf *out, const struct file_changes *c, int file, uint64_t now)
{
    const struct sds_format *format = &sds_formats[file];
    uint64_t most = c->before > now ? c->before : now;
    uint64_t gone = c->rows.removed + c->rows.changed;
    uint64_t same = c->before > gone ? c->before - gone : 0;
    begin_bar(out);
    double at = put_part(out, 0, same, most, "same");
    at = put_part(out, at, c->rows.changed, most, "changed");
    put_part(out, at, c->rows.removed, most, "lost");
    buf_put_text(out, "</svg>");
    begin_bar(out);
    at = put_part(out, 0, same, most, "same");
    at = put_part(out, at, c->rows.changed, most, "changed");
    put_part(out, at, c->rows.added, most, "added");
    buf_put_text(out, "</svg><span class=\"delta\">");
    buf_put_grouped(out, c->before);
    buf_put_text(out, " before: +");
    buf_put_grouped(out, c->rows.added);
    buf_put_text(out, " added, \xE2\x88\x92");
    buf_put_grouped(out, c->rows.removed);
    buf_put_text(out, " removed, ");
    buf_put_grouped(out, c->rows.changed);
    buf_put_text(out, " changed");
    put_columns(out, format, c->new_columns, "; columns that are new: ");
    put_columns(out, format, c->gone_columns, "; columns no longer written: ");
    buf_put_text(out, "</span>");
}

static void put_changes(struct buf *out, const struct file_changes *c, int file, uint64_t now)
{
    buf_put_text(out, "<td class=\"compared\">");
    switch (c->state) {
    case CHANGES_FIRST_RUN: buf_put_text(out, "no such file last time"); break;
    case CHANGES_UNREADABLE:
        buf_put_text(out, "the file of last time cannot be compared: this program did not write it");
        break;
    case CHANGES_COMPARED: put_difference(out, c, file, now); break;
    }
    buf_put_text(out, "</td>");
}

/* Whether the last result has a file that one of this run's takes the place of: in such a state, or
 * in any. */
static bool any_file(const struct summary *summary, enum change_state state)
{
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(summary->run->options, (enum sds_file)f) &&
            summary->changes[f].state == state)
            return true;
    return false;
}

static bool any_before(const struct summary *summary)
{
    return any_file(summary, CHANGES_COMPARED) || any_file(summary, CHANGES_UNREADABLE);
}

static void put_file(struct buf *out, const struct page *page, int file)
{
    const struct file_totals *totals = &page->summary->totals.file[file];
    bool own = sds_formats[file].entity != ENTITY_NONE;
    buf_put_text(out, "<tr><th scope=\"row\">");
    put_file_title(out, page, file);
    buf_put_text(out, "</th>");
    page_put_number(out, totals->rows);
    if (own) {
        page_put_number(out, totals->read);
        page_put_number(out, totals->rejected);
        buf_put_text(out, "<td class=\"n\">");
        put_share(out, totals->read - totals->rejected, totals->read);
        buf_put_text(out, "</td><td class=\"draw\">");
        put_share_bar(out, totals);
        buf_put_text(out, "</td>");
    } else {
        buf_put_text(out, "<td colspan=\"4\" class=\"quiet\">made from the members of the "
                          "sections</td>");
    }
    if (any_before(page->summary))
        put_changes(out, &page->summary->changes[file], file, totals->rows);
    buf_put_text(out, "</tr>\n");
}

static void put_key(struct buf *out, const char *class, const char *text)
{
    buf_printf(out,
               "<li><svg class=\"swatch\" viewBox=\"0 0 18 12\" aria-hidden=\"true\" "
               "focusable=\"false\"><rect class=\"%s\" width=\"18\" height=\"12\"/></svg> %s</li>",
               class, text);
}

static void put_legend(struct buf *out, const struct summary *summary)
{
    buf_put_text(out, "<ul class=\"legend\">");
    put_key(out, "kept", "written");
    put_key(out, "repeat", "repeats, used once");
    put_key(out, "lost", "left out");
    buf_put_text(out, "</ul>\n");
    if (!any_file(summary, CHANGES_COMPARED))
        return;
    buf_put_text(out, "<ul class=\"legend\"><li>Last result above, this one below:</li>");
    put_key(out, "same", "unchanged");
    put_key(out, "changed", "changed");
    put_key(out, "added", "added");
    put_key(out, "lost", "removed");
    buf_put_text(out, "</ul>\n<p>changes.csv names each row that was added, removed or changed. SDS "
                      "takes what was removed for gone.</p>\n");
}

/* ---- the sets of --split ---- */

static void put_set(struct buf *out, const struct summary *summary, uint32_t set)
{
    buf_printf(out, "<tr><th scope=\"row\">%u</th>", set);
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(summary->run->options, (enum sds_file)f))
            page_put_number(out, split_rows(summary->split, set, (enum sds_file)f));
    buf_put_text(out, "</tr>\n");
}

static void put_sets_head(struct buf *out, const struct options *options)
{
    page_begin_table(out, "Sets", "sets");
    buf_put_text(out, "<caption>Rows of each set; what stands in two sets counts in both</caption>\n"
                      "<thead><tr>");
    page_put_heading(out, "Folder", false);
    for (int f = 0; f < SDS_FILES; f++) {
        if (!options_make(options, (enum sds_file)f))
            continue;
        buf_put_text(out, "<th scope=\"col\" class=\"n\">");
        put_file_name(out, options, (enum sds_file)f);
        buf_put_text(out, "</th>");
    }
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
}

/* Where the files are when the result was divided. */
static void put_sets(struct buf *out, const struct summary *summary)
{
    uint32_t count = split_sets(summary->split);
    uint32_t shown = count < SHOWN_SETS ? count : SHOWN_SETS;
    buf_printf(out, "<h3>Sets</h3>\n<p>The result is divided: the folders 1 to %u of the output "
                    "folder are complete sets of these files, with at most ",
               count);
    buf_put_grouped(out, summary->run->options->split);
    buf_put_text(out, " rows in a file. SDS must get all of them.</p>\n");
    put_sets_head(out, summary->run->options);
    for (uint32_t set = 1; set <= shown; set++)
        put_set(out, summary, set);
    page_end_table(out);
    if (count > shown)
        buf_printf(out, "<p>summary.json has the rows of the other %u sets.</p>\n", count - shown);
}

void page_put_files(struct buf *out, const struct page *page)
{
    bool before = any_before(page->summary);
    if (!before)
        buf_put_text(out, "<p>There is nothing to compare with: the output folder had no earlier "
                          "result.</p>\n");
    page_begin_table(out, "Output files", "files");
    buf_printf(out, "<caption>%s for School Data Sync, and what became of the records</caption>\n"
                    "<thead><tr>",
               page->summary->published ? "Rows written" : "Rows that would be written");
    page_put_heading(out, "File", false);
    page_put_heading(out, "Rows", true);
    page_put_heading(out, "Records read", true);
    page_put_heading(out, "Left out", true);
    page_put_heading(out, "Share kept", true);
    page_put_heading(out, "Drawn", false);
    if (before)
        page_put_heading(out, "Against the last result", false);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(page->summary->run->options, (enum sds_file)f))
            put_file(out, page, f);
    page_end_table(out);
    put_legend(out, page->summary);
    if (page->summary->split)
        put_sets(out, page->summary);
}

/* ---- the first rows ---- */

static void put_preview_head(struct buf *out, const struct options *options, int file)
{
    const struct sds_format *format = &sds_formats[file];
    buf_put_text(out, "<thead><tr>");
    for (size_t c = 0; c < format->column_count; c++)
        if (options->written[file][c])
            page_put_heading(out, format->columns[c].header, false);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
}

static void put_preview_rows(struct buf *out, const struct options *options, int file,
                             const struct noted_cells *noted)
{
    const char *at = noted->cells.data;
    for (size_t row = 0; row < noted->rows; row++) {
        buf_put_text(out, "<tr>");
        for (size_t c = 0; c < sds_formats[file].column_count; c++)
            if (options->written[file][c])
                page_put_cell(out, notes_cell(&at), PREVIEW_CELL);
        buf_put_text(out, "</tr>\n");
    }
}

static void put_preview_of(struct buf *out, const struct page *page, int file)
{
    const struct options *options = page->summary->run->options;
    const struct noted_cells *noted = &page->notes->rows[file];
    uint64_t rows = page->summary->totals.file[file].rows;
    struct buf name = {0};
    buf_put_text(&name, "First rows of ");
    put_file_title(&name, page, file);
    buf_printf(out, "<details%s><summary><span class=\"title\">", file == SDS_SCHOOL ? " open" : "");
    put_file_title(out, page, file);
    buf_put_text(out, "</span> <span class=\"quiet\">");
    page_put_count(out, rows, "row");
    buf_put_text(out, "</span></summary>\n");
    if (noted->rows) {
        page_begin_table(out, buf_text(&name), "preview");
        buf_put_text(out, "<caption>");
        buf_put_slice(out, buf_slice(&name));
        buf_printf(out, ": %zu of ", noted->rows);
        buf_put_grouped(out, rows);
        buf_put_text(out, "</caption>\n");
        put_preview_head(out, options, file);
        put_preview_rows(out, options, file, noted);
        page_end_table(out);
    } else {
        buf_put_text(out, "<p>No rows.</p>\n");
    }
    buf_put_text(out, "</details>\n");
    out->oom = out->oom || name.oom;
    buf_release(&name);
}

void page_put_preview(struct buf *out, const struct page *page)
{
    const struct options *options = page->summary->run->options;
    if (options->no_values) {
        buf_put_text(out, "<p>Left out, as --no-values asks for.</p>\n");
        return;
    }
    buf_printf(out,
               "<p>The first %d rows of each file, to check the columns by eye. Long values are "
               "cut off here, not in the files.</p>\n",
               NOTED_ROWS);
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(options, (enum sds_file)f))
            put_preview_of(out, page, f);
}
