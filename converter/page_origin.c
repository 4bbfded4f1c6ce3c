/* Where the data came from, and how it was converted. */
#include "converter/html.h"
#include "converter/page.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"

#include <stdio.h>

enum { SHOWN_SOURCES = 200, SOURCE_NAME = 120, OPTION_VALUE = 400 };

/* Of UTC, "2026-01-31 02:30". */
static void put_time(struct buf *out, time_t time)
{
    char text[64];
    struct tm parts;
    if (gmtime_r(&time, &parts) && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts))
        buf_put_text(out, text);
}

static void put_fact(struct buf *out, const char *name, const struct buf *value)
{
    buf_printf(out, "<div><dt>%s</dt><dd>", name);
    buf_put_slice(out, buf_slice(value));
    buf_put_text(out, "</dd></div>\n");
}

static void put_versions(struct buf *out, unsigned versions)
{
    const char *between = "";
    for (unsigned v = 0; v < CLEVER_VERSIONS; v++) {
        if (!(versions & 1U << v))
            continue;
        buf_printf(out, "%s%s", between, clever_versions[v]);
        between = ", ";
    }
}

static void put_facts(struct buf *out, const struct summary *summary)
{
    struct buf value = {0};
    unsigned versions = 0;
    buf_put_text(out, "<dl class=\"facts\">\n");
    put_time(&value, summary->started);
    put_fact(out, "Started (UTC)", &value);
    buf_reset(&value);
    put_time(&value, summary->finished);
    put_fact(out, "Finished (UTC)", &value);
    buf_reset(&value);
    buf_put_text(&value, "clever2sds " VERSION);
    put_fact(out, "Program", &value);
    buf_reset(&value);
    for (size_t i = 0; i < summary->run->inventory.count; i++)
        versions |= summary->run->inventory.inputs[i].versions;
    put_versions(&value, versions);
    if (value.len)
        put_fact(out, "Clever API", &value);
    buf_reset(&value);
    page_put_count(&value, summary->run->read, "record");
    put_fact(out, "Read", &value);
    buf_put_text(out, "</dl>\n");
    out->oom = out->oom || value.oom;
    buf_release(&value);
}

/* ---- sources ---- */

static void put_records(struct buf *out, const struct input *input)
{
    const char *between = "";
    for (int e = 0; e < ENTITY_COUNT; e++) {
        if (input->records[e] == 0)
            continue;
        buf_put_text(out, between);
        buf_put_grouped(out, input->records[e]);
        buf_printf(out, " %s", entity_plural((enum entity)e));
        between = ", ";
    }
    if (input->ignored)
        buf_put_text(out, "<span class=\"quiet\">not used</span>");
    else if (!*between)
        buf_put_text(out, "<span class=\"quiet\">no records</span>");
}

/* When the file was changed last: but not after the time that SOURCE_DATE_EPOCH says it is, so
 * that a page made again is the same. */
static void put_date(struct buf *out, const struct input *input, time_t now)
{
    time_t changed = input->stamp.st_mtim.tv_sec;
    if (input->stamped)
        put_time(out, changed < now ? changed : now);
}

static void put_source(struct buf *out, const struct input *input, time_t now, bool dates)
{
    buf_put_text(out, "<tr><th scope=\"row\">");
    html_put_clipped(out, slice_from(input->label), SOURCE_NAME);
    buf_put_text(out, "</th><td>");
    put_records(out, input);
    buf_put_text(out, "</td><td>");
    put_versions(out, input->versions);
    if (dates) {
        buf_put_text(out, "</td><td>");
        put_date(out, input, now);
    }
    buf_put_text(out, "</td></tr>\n");
}

static void put_sources(struct buf *out, const struct summary *summary)
{
    const struct inventory *inventory = &summary->run->inventory;
    bool dates = false;
    for (size_t i = 0; i < inventory->count && i < SHOWN_SOURCES; i++)
        dates = dates || inventory->inputs[i].stamped;
    page_begin_table(out, "Sources", "sources sortable");
    buf_put_text(out, "<caption>Files of the export</caption>\n<thead><tr>");
    page_put_heading(out, "Source", false);
    page_put_heading(out, "Records", false);
    page_put_heading(out, "API version", false);
    if (dates)
        page_put_heading(out, "Last changed (UTC)", false);
    buf_put_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < inventory->count && i < SHOWN_SOURCES; i++)
        put_source(out, &inventory->inputs[i], summary->finished, dates);
    page_end_table(out);
    if (inventory->count > SHOWN_SOURCES) {
        buf_put_text(out, "<p>");
        page_put_count(out, inventory->count - SHOWN_SOURCES, "more file");
        buf_put_text(out, " of the export: summary.json names them all.</p>\n");
    }
}

/* ---- options ---- */

struct option_list {
    struct buf *out;
    const struct run *run;
};

static void put_option(void *context, const char *name, const char *value)
{
    const struct option_list *list = context;
    if (strcmp(name, "id") == 0)
        value = list->run->id == ID_SIS ? "sis" : "clever";
    if (!value)
        return;
    buf_put_text(list->out, "<li><code>--");
    html_put_text(list->out, name);
    buf_put_text(list->out, "</code> ");
    html_put_clipped(list->out, slice_from(value), OPTION_VALUE);
    buf_put_text(list->out, "</li>\n");
}

void page_put_origin(struct buf *out, const struct page *page)
{
    struct option_list list = {out, page->summary->run};
    put_facts(out, page->summary);
    put_sources(out, page->summary);
    buf_put_text(out, "<h3>Options in force</h3>\n<ul class=\"options\">\n");
    if (!options_each(page->summary->run->options, put_option, &list))
        out->oom = true;
    buf_put_text(out, "</ul>\n<p class=\"quiet\">All others are off.</p>\n");
}
