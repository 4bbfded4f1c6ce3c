#include "converter/summary.h"

#include "converter/errors_csv.h"
#include "formats/base/utf8.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

time_t summary_time(void)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    if (fixed && *fixed) {
        char *end;
        long long seconds = strtoll(fixed, &end, 10);
        if (*end == '\0')
            return (time_t)seconds;
    }
    return time(NULL);
}

/* ---- the document ---- */

/* cJSON reports out of memory by NULL; everything hangs off the document, so one flag will do. */
struct document {
    cJSON *root;
    bool failed;
};

static void check(struct document *d, const void *made)
{
    d->failed = d->failed || !made;
}

static void add_number(struct document *d, cJSON *to, const char *name, uint64_t number)
{
    check(d, cJSON_AddNumberToObject(to, name, (double)number));
}

static void add_text(struct document *d, cJSON *to, const char *name, const char *text)
{
    check(d, text ? cJSON_AddStringToObject(to, name, text) : cJSON_AddNullToObject(to, name));
}

static cJSON *add_object(struct document *d, cJSON *to, const char *name)
{
    cJSON *object = cJSON_AddObjectToObject(to, name);
    check(d, object);
    return object;
}

static cJSON *add_array(struct document *d, cJSON *to, const char *name)
{
    cJSON *array = cJSON_AddArrayToObject(to, name);
    check(d, array);
    return array;
}

static void append(struct document *d, cJSON *array, cJSON *item)
{
    if (!item || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        d->failed = true;
    }
}

static void add_time(struct document *d, const char *name, time_t time)
{
    struct buf text = {0};
    result_put_time(&text, time);
    add_text(d, d->root, name, text.len ? buf_text(&text) : NULL);
    d->failed = d->failed || text.oom;
    buf_release(&text);
}

struct option_target {
    struct document *document;
    cJSON *object;
    const char *id; /* what --id has come to */
};

static void add_option(void *context, const char *name, const char *value)
{
    struct option_target *target = context;
    bool id = strcmp(name, "id") == 0;
    add_text(target->document, target->object, name, id ? target->id : value);
}

static void add_options(struct document *d, const struct run *run)
{
    struct option_target target = {d, add_object(d, d->root, "options"),
                                   run->id == ID_SIS ? "sis" : "clever"};
    if (!options_each(run->options, add_option, &target))
        d->failed = true;
}

static void add_sources(struct document *d, const struct run *run)
{
    cJSON *sources = add_array(d, d->root, "sources");
    for (size_t i = 0; i < run->inventory.count && !d->failed; i++) {
        const struct input *input = &run->inventory.inputs[i];
        cJSON *source = cJSON_CreateObject();
        struct buf label = {0};
        utf8_put_visible(&label, slice_from(input->label), SIZE_MAX);
        add_text(d, source, "source", buf_text(&label));
        d->failed = d->failed || label.oom;
        buf_release(&label);
        check(d, cJSON_AddBoolToObject(source, "used", !input->ignored));
        cJSON *versions = add_array(d, source, "api_versions");
        for (unsigned v = 0; v < CLEVER_VERSIONS; v++)
            if (input->versions & 1U << v)
                append(d, versions, cJSON_CreateString(clever_versions[v]));
        cJSON *records = add_object(d, source, "records");
        for (int e = 0; e < ENTITY_COUNT; e++)
            if (input->records[e])
                add_number(d, records, entity_plural((enum entity)e), input->records[e]);
        append(d, sources, source);
    }
}

static void add_columns(struct document *d, cJSON *to, const char *name, enum sds_file file,
                        uint32_t columns)
{
    cJSON *list = add_array(d, to, name);
    for (unsigned i = 0; i < sds_formats[file].column_count; i++)
        if (columns & 1U << i)
            append(d, list, cJSON_CreateString(sds_formats[file].columns[i].header));
}

static void add_changes(struct document *d, cJSON *to, enum sds_file file,
                        const struct file_changes *changes)
{
    static const char *const states[] = {[CHANGES_FIRST_RUN] = "first run",
                                         [CHANGES_COMPARED] = "compared",
                                         [CHANGES_UNREADABLE] = "unreadable"};
    cJSON *object = add_object(d, to, "changes");
    add_text(d, object, "state", states[changes->state]);
    if (changes->state != CHANGES_COMPARED)
        return;
    add_number(d, object, "before", changes->before);
    add_number(d, object, "added", changes->rows.added);
    add_number(d, object, "removed", changes->rows.removed);
    add_number(d, object, "changed", changes->rows.changed);
    add_columns(d, object, "new_columns", file, changes->new_columns);
    add_columns(d, object, "gone_columns", file, changes->gone_columns);
}

static void add_output(struct document *d, const struct summary *summary)
{
    cJSON *output = add_object(d, d->root, "output");
    for (int f = 0; f < SDS_FILES; f++) {
        const struct file_totals *file = &summary->totals.file[f];
        bool own = sds_formats[f].entity != ENTITY_NONE;
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        struct buf name = {0};
        put_file_name(&name, summary->run->options, (enum sds_file)f);
        const char *text = buf_text(&name);
        cJSON *object = add_object(d, output, text ? text : "");
        d->failed = d->failed || name.oom;
        add_number(d, object, "rows", file->rows);
        if (own) {
            add_number(d, object, "read", file->read);
            add_number(d, object, "accepted", file->accepted);
            add_number(d, object, "rejected", file->rejected);
        }
        add_changes(d, object, (enum sds_file)f, &summary->changes[f]);
        buf_release(&name);
    }
}

static void add_set(struct document *d, cJSON *sets, const struct summary *summary, uint32_t set)
{
    cJSON *object = cJSON_CreateObject();
    for (int f = 0; f < SDS_FILES; f++) {
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        struct buf name = {0};
        put_file_name(&name, summary->run->options, (enum sds_file)f);
        const char *text = buf_text(&name);
        add_number(d, object, text ? text : "", split_rows(summary->split, set, (enum sds_file)f));
        d->failed = d->failed || name.oom;
        buf_release(&name);
    }
    append(d, sets, object);
}

static void add_sets(struct document *d, const struct summary *summary)
{
    cJSON *sets = add_array(d, d->root, "sets");
    uint32_t count = summary->split ? split_sets(summary->split) : 0;
    for (uint32_t set = 1; set <= count && !d->failed; set++)
        add_set(d, sets, summary, set);
}

static void add_lines(struct document *d, const struct totals *totals)
{
    cJSON *severities = add_object(d, d->root, "severities");
    for (int s = 0; s < SEVERITIES; s++)
        add_number(d, severities, severity_names[s], totals->severity[s]);
    cJSON *codes = add_object(d, d->root, "codes");
    for (int c = 0; c < ISSUE_COUNT; c++)
        if (totals->code[c])
            add_number(d, codes, issue_kinds[c].code, totals->code[c]);
}

static void add_files(struct document *d, const struct result_files *files)
{
    cJSON *list = add_array(d, d->root, "files");
    uint32_t set = files->sets ? 1 : 0;
    do {
        for (int i = 0; i < 2 * SDS_FILES && !d->failed; i++) {
            struct buf path = {0};
            result_put_path(&path, set, i);
            if (files->named[i])
                append(d, list, cJSON_CreateString(buf_text(&path)));
            buf_release(&path);
        }
    } while (set++ < files->sets && !d->failed);
}

/* "first run" when no file had an earlier one, "compared" when all had. */
static const char *comparison_word(const struct summary *summary)
{
    bool any = false;
    bool all = true;
    for (int f = 0; f < SDS_FILES; f++) {
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        any = any || summary->changes[f].state != CHANGES_FIRST_RUN;
        all = all && summary->changes[f].state == CHANGES_COMPARED;
    }
    return all ? "compared" : any ? "partly" : "first run";
}

/* The result that stands in DIR, as the next run will want to know of it. */
static void add_result(struct document *d, const struct result *result)
{
    if (!result->known) {
        check(d, cJSON_AddNullToObject(d->root, "result"));
        return;
    }
    cJSON *object = add_object(d, d->root, "result");
    add_text(d, object, "published", result->published);
    cJSON *options = add_object(d, object, "options");
    for (int i = 0; i < TELLING_OPTIONS; i++)
        add_text(d, options, telling_options[i], result->options[i]);
}

bool summary_put_json(struct buf *out, const struct summary *summary)
{
    struct document d = {cJSON_CreateObject(), false};
    check(&d, d.root);
    add_text(&d, d.root, "program", "clever2sds");
    add_text(&d, d.root, "version", VERSION);
    check(&d, cJSON_AddBoolToObject(d.root, "published", summary->published));
    add_text(&d, d.root, "reason", summary->reason);
    add_number(&d, d.root, "status", (uint64_t)summary->status);
    add_time(&d, "started", summary->started);
    add_time(&d, "finished", summary->finished);
    add_options(&d, summary->run);
    add_number(&d, d.root, "records", summary->run->read);
    add_sources(&d, summary->run);
    add_output(&d, summary);
    add_sets(&d, summary);
    add_text(&d, d.root, "comparison", comparison_word(summary));
    add_result(&d, summary->result);
    add_files(&d, &summary->result->files);
    add_lines(&d, &summary->totals);
    char *text = d.failed ? NULL : cJSON_Print(d.root);
    if (text)
        buf_put_text(out, text);
    buf_put_byte(out, '\n');
    cJSON_free(text);
    cJSON_Delete(d.root);
    return text && !out->oom;
}

/* ---- the table ---- */

static void put_number(struct buf *out, uint64_t number, size_t width)
{
    struct buf text = {0};
    buf_put_grouped(&text, number);
    for (size_t len = text.len; len < width; len++)
        buf_put_byte(out, ' ');
    buf_put_slice(out, buf_slice(&text));
    out->oom = out->oom || text.oom;
    buf_release(&text);
}

static void put_label(struct buf *out, struct slice text, size_t width)
{
    buf_put_slice(out, text);
    for (size_t len = text.len; len < width; len++)
        buf_put_byte(out, ' ');
}

static void put_sources(struct buf *out, const struct run *run)
{
    for (size_t i = 0; i < run->inventory.count; i++) {
        const struct input *input = &run->inventory.inputs[i];
        utf8_put_visible(out, slice_from(input->label), SIZE_MAX);
        buf_put_text(out, input->ignored ? ": not used" : ":");
        for (int e = 0; e < ENTITY_COUNT; e++) {
            if (input->records[e] == 0)
                continue;
            buf_put_byte(out, ' ');
            buf_put_number(out, input->records[e]);
            buf_printf(out, " %s", entity_plural((enum entity)e));
        }
        buf_put_byte(out, '\n');
    }
}

static void show_option(void *context, const char *name, const char *value)
{
    struct buf *out = context;
    if (value)
        buf_printf(out, "--%s %s\n", name, value);
}

static void put_file_label(struct buf *out, const struct summary *summary, enum sds_file file)
{
    struct buf name = {0};
    put_file_name(&name, summary->run->options, file);
    put_label(out, buf_slice(&name), 22);
    out->oom = out->oom || name.oom;
    buf_release(&name);
}

static void put_files(struct buf *out, const struct summary *summary)
{
    buf_put_text(out, "                            read    accepted    rejected        rows\n");
    for (int f = 0; f < SDS_FILES; f++) {
        const struct file_totals *file = &summary->totals.file[f];
        bool own = sds_formats[f].entity != ENTITY_NONE;
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        put_file_label(out, summary, (enum sds_file)f);
        if (own) {
            put_number(out, file->read, 10);
            put_number(out, file->accepted, 12);
            put_number(out, file->rejected, 12);
        } else {
            put_label(out, SLICE_LITERAL(""), 34);
        }
        put_number(out, file->rows, 12);
        buf_put_byte(out, '\n');
    }
}

static void put_file_changes(struct buf *out, const struct file_changes *changes)
{
    switch (changes->state) {
    case CHANGES_FIRST_RUN: buf_put_text(out, "      there was none before"); break;
    case CHANGES_UNREADABLE: buf_put_text(out, "      cannot be compared"); break;
    case CHANGES_COMPARED:
        put_number(out, changes->rows.added, 10);
        put_number(out, changes->rows.removed, 12);
        put_number(out, changes->rows.changed, 12);
        break;
    }
    buf_put_byte(out, '\n');
}

static void put_changes(struct buf *out, const struct summary *summary)
{
    if (strcmp(comparison_word(summary), "first run") == 0) {
        buf_put_text(out, "First run: there is no earlier result to compare with\n");
        return;
    }
    buf_put_text(out, "since the last result      added     removed     changed\n");
    for (int f = 0; f < SDS_FILES; f++) {
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        put_file_label(out, summary, (enum sds_file)f);
        put_file_changes(out, &summary->changes[f]);
    }
}

static void put_codes(struct buf *out, const struct totals *totals)
{
    for (int s = 0; s < SEVERITIES; s++) {
        put_number(out, totals->severity[s], 8);
        buf_printf(out, " %s%s", severity_names[s], totals->severity[s] == 1 ? "" : "s");
        buf_put_byte(out, '\n');
    }
    for (int c = 0; c < ISSUE_COUNT; c++) {
        if (totals->code[c] == 0)
            continue;
        put_number(out, totals->code[c], 12);
        buf_printf(out, "  %s\n", issue_kinds[c].code);
    }
}

/* What somebody has to know even when they want to hear nothing. */
static void put_refusal(struct buf *out, const struct summary *summary)
{
    const char *output = summary->run->options->output;
    buf_put_text(out, "clever2sds: ");
    utf8_put_visible(out, slice_from(output), SIZE_MAX);
    buf_printf(out, ": not published: %s; see ", summary->reason);
    utf8_put_visible(out, slice_from(output), SIZE_MAX);
    buf_put_text(out, "/review/errors.csv\n");
}

void summary_put_text(struct buf *out, const struct summary *summary)
{
    const struct options *options = summary->run->options;
    if (options->quiet) {
        if (summary->status == STATUS_REFUSED)
            put_refusal(out, summary);
        return;
    }
    if (options->verbose) {
        out->oom = !options_each(options, show_option, out) || out->oom;
        put_sources(out, summary->run);
        buf_put_byte(out, '\n');
    }
    put_files(out, summary);
    buf_put_byte(out, '\n');
    put_changes(out, summary);
    buf_put_byte(out, '\n');
    put_codes(out, &summary->totals);
    buf_put_byte(out, '\n');
    if (summary->published && summary->split) {
        buf_printf(out, "Divided into %u sets with at most ", split_sets(summary->split));
        buf_put_grouped(out, options->split);
        buf_printf(out, " rows in a file: %s/1 to %s/%u\n", options->output, options->output,
                   split_sets(summary->split));
    }
    if (summary->published)
        buf_printf(out, "Published in %s; what to look at is in %s/review/errors.csv\n",
                   options->output, options->output);
    else
        buf_printf(out, "Not published: %s\nSee %s/review/errors.csv\n", summary->reason,
                   options->output);
}
