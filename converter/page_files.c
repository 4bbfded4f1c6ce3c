/* Item by item what became of each output file, and its first rows. */
#include "converter/errors_csv.h"
#include "converter/html.h"
#include "converter/page.h"

enum { BAR_WIDTH = 300, PREVIEW_CELL = 60 };

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

/* Bars for the last result and this one, one under the other, and the numbers. */
static void put_comparison(struct buf *out, const struct file_comparison *c, uint64_t now)
{
    uint64_t most = c->before > now ? c->before : now;
    uint64_t gone = c->removed + c->changed;
    uint64_t same = c->before > gone ? c->before - gone : 0;
    buf_put_text(out, "<td class=\"compared\">");
    if (!c->known) {
        buf_put_text(out, "no such file last time</td>");
        return;
    }
    begin_bar(out);
    double at = put_part(out, 0, same, most, "same");
    at = put_part(out, at, c->changed, most, "changed");
    put_part(out, at, c->removed, most, "lost");
    buf_put_text(out, "</svg>");
    begin_bar(out);
    at = put_part(out, 0, same, most, "same");
    at = put_part(out, at, c->changed, most, "changed");
    put_part(out, at, c->added, most, "added");
    buf_put_text(out, "</svg><span class=\"delta\">");
    buf_put_grouped(out, c->before);
    buf_put_text(out, " before: +");
    buf_put_grouped(out, c->added);
    buf_put_text(out, " added, \xE2\x88\x92");
    buf_put_grouped(out, c->removed);
    buf_put_text(out, " removed, ");
    buf_put_grouped(out, c->changed);
    buf_put_text(out, " changed</span></td>");
}

static bool compared(const struct page *page)
{
    return page->comparison && !page->comparison->first;
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
    if (compared(page))
        put_comparison(out, &page->comparison->file[file], totals->rows);
    buf_put_text(out, "</tr>\n");
}

static void put_key(struct buf *out, const char *class, const char *text)
{
    buf_printf(out,
               "<li><svg class=\"swatch\" viewBox=\"0 0 18 12\" aria-hidden=\"true\" "
               "focusable=\"false\"><rect class=\"%s\" width=\"18\" height=\"12\"/></svg> %s</li>",
               class, text);
}

static void put_legend(struct buf *out, const struct page *page)
{
    buf_put_text(out, "<ul class=\"legend\">");
    put_key(out, "kept", "written");
    put_key(out, "repeat", "repeats, used once");
    put_key(out, "lost", "left out");
    buf_put_text(out, "</ul>\n");
    if (!compared(page))
        return;
    buf_put_text(out, "<ul class=\"legend\"><li>Last result above, this one below:</li>");
    put_key(out, "same", "unchanged");
    put_key(out, "changed", "changed");
    put_key(out, "added", "added");
    put_key(out, "lost", "removed");
    buf_put_text(out, "</ul>\n");
}

void page_put_files(struct buf *out, const struct page *page)
{
    if (page->comparison && page->comparison->first)
        buf_put_text(out, "<p>This is the first result in its folder, so there is nothing to "
                          "compare it with.</p>\n");
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
    if (compared(page))
        page_put_heading(out, "Against the last result", false);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(page->summary->run->options, (enum sds_file)f))
            put_file(out, page, f);
    page_end_table(out);
    put_legend(out, page);
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
