/* The page is converter/page/page.html with its placeholders filled in. */
#include "converter/page.h"

#include "converter/html.h"
#include "converter/page_parts.h"

/* ---- what the sections share ---- */

void page_put_count(struct buf *out, uint64_t number, const char *thing)
{
    buf_put_grouped(out, number);
    buf_printf(out, " %s%s", thing, number == 1 ? "" : "s");
}

void page_put_heading(struct buf *out, const char *text, bool number)
{
    buf_printf(out, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
    html_put_text(out, text);
    buf_put_text(out, "</th>");
}

void page_put_number(struct buf *out, uint64_t number)
{
    buf_put_text(out, "<td class=\"n\">");
    buf_put_grouped(out, number);
    buf_put_text(out, "</td>");
}

void page_put_cell(struct buf *out, const char *text, size_t limit)
{
    buf_put_text(out, "<td>");
    html_put_clipped(out, slice_from(text), limit);
    buf_put_text(out, "</td>");
}

void page_begin_table(struct buf *out, const char *name, const char *class)
{
    buf_put_text(out, "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"");
    html_put_text(out, name);
    buf_printf(out, "\"><table class=\"%s\">\n", class);
}

void page_end_table(struct buf *out)
{
    buf_put_text(out, "</tbody></table></div>\n");
}

/* ---- the verdict ---- */

enum tone { TONE_GOOD, TONE_WARN, TONE_STOP };

static const char *const tone_class[] = {"good", "warn", "stop"};

/* A shape for each: colour is not the only sign. */
static const char *const tone_icon[] = {
    "<circle cx=\"24\" cy=\"24\" r=\"21\"/><path d=\"M14 25l7 7 14-15\"/>",
    "<path d=\"M24 4L46 43H2zM24 18v12M24 36v1\"/>",
    "<path d=\"M15 3h18l12 12v18L33 45H15L3 33V15zM16 16l16 16M32 16L16 32\"/>",
};

static enum tone tone_of(const struct summary *summary)
{
    if (summary->status == STATUS_REFUSED)
        return TONE_STOP;
    return summary->status == 0 ? TONE_GOOD : TONE_WARN;
}

static uint64_t left_out(const struct summary *summary)
{
    uint64_t records = 0;
    for (int f = 0; f < SDS_FILES; f++)
        records += summary->totals.file[f].rejected;
    return records;
}

static uint64_t written_rows(const struct summary *summary)
{
    uint64_t rows = 0;
    for (int f = 0; f < SDS_FILES; f++)
        rows += summary->totals.file[f].rows;
    return rows;
}

static const char *word_of(const struct summary *summary)
{
    if (summary->status == STATUS_REFUSED)
        return "Not published";
    if (!summary->published)
        return summary->status == 0 ? "Checked: no errors" : "Checked: with errors";
    return summary->status == 0 ? "Published" : "Published with errors";
}

/* What was lost: records, or, when --treat has made errors of other things, lines. */
static void put_loss(struct buf *out, const struct summary *summary)
{
    uint64_t records = left_out(summary);
    uint64_t errors = summary->totals.severity[SEVERITY_ERROR];
    bool would = !summary->published;
    if (records) {
        page_put_count(out, records, "record");
        buf_put_text(out, would ? " would be left out" : records == 1 ? " was left out"
                                                                      : " were left out");
    } else {
        page_put_count(out, errors, "error");
        buf_put_text(out, errors == 1 ? " was found" : " were found");
    }
}

static void put_sentence(struct buf *out, const struct summary *summary)
{
    if (summary->status == STATUS_REFUSED) {
        buf_put_text(out, "Nothing was published: ");
        html_put_text(out, summary->reason);
    } else if (summary->status == 0) {
        buf_put_text(out, summary->published ? "The files are ready to upload; no record was lost"
                                             : "This export can be published as it is");
    } else {
        buf_put_text(out, summary->published ? "The files are ready, but "
                                             : "This export can be published, but ");
        put_loss(out, summary);
    }
    buf_put_byte(out, '.');
}

static bool files_stand(const struct summary *summary)
{
    bool any = false;
    for (int i = 0; i < 2 * SDS_FILES; i++)
        any = any || summary->result->files.named[i];
    return any;
}

static void put_upload(struct buf *out, const struct summary *summary)
{
    buf_put_text(out, "When you agree with the numbers, upload ");
    if (summary->split)
        buf_printf(out, "all the sets to SDS, the folders 1 to %u, each as a whole.",
                   split_sets(summary->split));
    else
        buf_put_text(out, "the CSV files to SDS, all of them together.");
}

static void put_next_step(struct buf *out, const struct summary *summary)
{
    bool warnings = summary->totals.severity[SEVERITY_WARNING] > 0;
    if (summary->status == STATUS_REFUSED) {
        buf_put_text(out, files_stand(summary)
                              ? "The files of the last run still stand, unchanged; do not upload "
                                "them as if they were new. "
                              : "There are no files to upload. ");
        buf_put_text(out, "Solve the first problem below, then run the conversion again.");
        return;
    }
    if (summary->status == 1)
        buf_put_text(out, "Read the errors below before anything is uploaded: SDS takes whoever "
                          "is left out for gone. ");
    else if (warnings)
        buf_put_text(out, "Look through the warnings below. ");
    else
        buf_put_text(out, "Compare the numbers below with what you expect. ");
    if (summary->published)
        put_upload(out, summary);
    else
        buf_put_text(out, "This was only a check and no file was written; run again without "
                          "--check to publish.");
}

static void put_verdict(struct buf *out, const struct page *page)
{
    const struct summary *summary = page->summary;
    buf_printf(out,
               "<svg class=\"icon\" viewBox=\"0 0 48 48\" aria-hidden=\"true\" "
               "focusable=\"false\">%s</svg>\n<div>\n<p class=\"word\">%s</p>\n"
               "<h1 id=\"verdict-title\">",
               tone_icon[tone_of(summary)], word_of(summary));
    put_sentence(out, summary);
    buf_put_text(out, "</h1>\n<p class=\"next\"><b>What to do next:</b> ");
    put_next_step(out, summary);
    buf_put_text(out, "</p>\n</div>\n");
}

static void put_tone(struct buf *out, const struct page *page)
{
    buf_put_text(out, tone_class[tone_of(page->summary)]);
}

static void put_tile(struct buf *out, const char *name, uint64_t number, const char *note)
{
    buf_printf(out, "<div class=\"tile\"><dt>%s</dt><dd>", name);
    buf_put_grouped(out, number);
    buf_printf(out, "</dd><dd class=\"note\">%s</dd></div>\n", note);
}

static void put_tiles(struct buf *out, const struct page *page)
{
    const struct summary *summary = page->summary;
    const struct totals *totals = &summary->totals;
    buf_put_text(out, "<dl class=\"tiles\">\n");
    put_tile(out, "Records read", summary->run->read, "in the export");
    put_tile(out, "Rows", written_rows(summary),
             summary->published ? "written for SDS" : "would be written");
    put_tile(out, "Left out", left_out(summary), "records without a row");
    put_tile(out, "Errors", totals->severity[SEVERITY_ERROR], "something was lost");
    put_tile(out, "Warnings", totals->severity[SEVERITY_WARNING], "worth a look");
    buf_put_text(out, "</dl>\n");
}

/* ---- the template ---- */

static void put_lines(struct buf *out, const struct page_part *part)
{
    for (size_t i = 0; i < part->count; i++)
        buf_put_text(out, part->lines[i]);
}

static void put_style(struct buf *out, const struct page *page)
{
    (void)page;
    put_lines(out, &page_css);
}

static void put_style_hash(struct buf *out, const struct page *page)
{
    (void)page;
    buf_put_text(out, page_css.hash);
}

static void put_script(struct buf *out, const struct page *page)
{
    (void)page;
    put_lines(out, &page_js);
}

static void put_script_hash(struct buf *out, const struct page *page)
{
    (void)page;
    buf_put_text(out, page_js.hash);
}

static void put_title(struct buf *out, const struct page *page)
{
    buf_printf(out, "%s \xE2\x80\x93 roster review", word_of(page->summary));
}

static void put_program(struct buf *out, const struct page *page)
{
    (void)page;
    buf_put_text(out, "clever2sds " VERSION);
}

static const struct placeholder {
    const char *name;
    void (*put)(struct buf *out, const struct page *page);
} placeholders[] = {
    {"title", put_title},
    {"style", put_style},
    {"style-hash", put_style_hash},
    {"script", put_script},
    {"script-hash", put_script_hash},
    {"tone", put_tone},
    {"verdict", put_verdict},
    {"tiles", put_tiles},
    {"files", page_put_files},
    {"problems", page_put_problems},
    {"schools", page_put_schools},
    {"preview", page_put_preview},
    {"origin", page_put_origin},
    {"program", put_program},
};

static void fill_in(struct buf *out, const struct page *page, struct slice name)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (slice_is(name, placeholders[i].name))
            placeholders[i].put(out, page);
}

static void put_template_line(struct buf *out, const struct page *page, const char *line)
{
    const char *open = strstr(line, "{{");
    while (open) {
        const char *close = strstr(open, "}}");
        if (!close)
            break;
        buf_put(out, line, (size_t)(open - line));
        fill_in(out, page, slice_of(open + 2, (size_t)(close - open) - 2));
        line = close + 2;
        open = strstr(line, "{{");
    }
    buf_put_text(out, line);
}

bool page_put(struct buf *out, const struct page *page)
{
    /* What could not be noted in full is not to be looked at. */
    if (notes_failed(page->notes))
        return false;
    for (size_t i = 0; i < page_html.count; i++)
        put_template_line(out, page, page_html.lines[i]);
    return !out->oom;
}
