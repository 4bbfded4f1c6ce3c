#include "converter/summary.h"

#include "converter/errors_csv.h"
#include "formats/base/utf8.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"
#include "formats/json/scan.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* What a result can hold: each file in capitals and, behind those, in lower case. */
enum { RESULT_NAMES = 2 * SDS_FILES, MAX_RESULT_NAME = 32 };

static bool is_result_name(int index, struct slice name)
{
    struct slice stem = slice_from(sds_formats[index % SDS_FILES].name);
    struct slice end = SLICE_LITERAL(".csv");
    if (name.len != stem.len + end.len || memcmp(name.ptr + stem.len, end.ptr, end.len) != 0)
        return false;
    for (size_t i = 0; i < stem.len; i++)
        if (name.ptr[i] != (index < SDS_FILES ? stem.ptr[i] : ascii_lower(stem.ptr[i])))
            return false;
    return true;
}

bool result_has(const struct result_files *files, struct slice name)
{
    for (int i = 0; i < RESULT_NAMES; i++)
        if (files->named[i] && is_result_name(i, name))
            return true;
    return false;
}

static void note_names(const struct json_value *list, struct result_files *files)
{
    struct json_value item;
    for (size_t at = 0; json_list_next(list, &at, &item);) {
        char name[MAX_RESULT_NAME];
        if (item.type != JSON_STRING)
            continue;
        size_t len = json_short_name(slice_of(item.ptr, item.len), name, sizeof name);
        for (int i = 0; i < RESULT_NAMES; i++)
            files->named[i] = files->named[i] || is_result_name(i, slice_of(name, len));
    }
}

bool summary_old_files(struct slice json, struct result_files *files)
{
    struct json_value list;
    struct json_error error;
    struct json_schema *schema = json_schema_new();
    bool ok = schema && json_schema_want(schema, "files") == 0;
    *files = (struct result_files){{false}};
    if (ok && json.len && json_scan(schema, json, &list, &error) && list.type == JSON_ARRAY)
        note_names(&list, files);
    json_schema_free(schema);
    return ok;
}

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
    char text[32];
    struct tm parts;
    bool ok = gmtime_r(&time, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    add_text(d, d->root, name, ok ? text : NULL);
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
        buf_release(&name);
    }
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
    for (int i = 0; i < RESULT_NAMES; i++) {
        struct options as = {.lowercase_names = i >= SDS_FILES};
        struct buf name = {0};
        if (!files->named[i])
            continue;
        put_file_name(&name, &as, (enum sds_file)(i % SDS_FILES));
        const char *text = buf_text(&name);
        append(d, list, text ? cJSON_CreateString(text) : NULL);
        buf_release(&name);
    }
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
    add_files(&d, &summary->files);
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

static void put_files(struct buf *out, const struct summary *summary)
{
    buf_put_text(out, "                            read    accepted    rejected        rows\n");
    for (int f = 0; f < SDS_FILES; f++) {
        const struct file_totals *file = &summary->totals.file[f];
        bool own = sds_formats[f].entity != ENTITY_NONE;
        if (!options_make(summary->run->options, (enum sds_file)f))
            continue;
        struct buf name = {0};
        put_file_name(&name, summary->run->options, (enum sds_file)f);
        put_label(out, buf_slice(&name), 22);
        out->oom = out->oom || name.oom;
        buf_release(&name);
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

void summary_put_text(struct buf *out, const struct summary *summary)
{
    const struct options *options = summary->run->options;
    if (options->verbose) {
        out->oom = !options_each(options, show_option, out) || out->oom;
        put_sources(out, summary->run);
        buf_put_byte(out, '\n');
    }
    put_files(out, summary);
    buf_put_byte(out, '\n');
    put_codes(out, &summary->totals);
    buf_put_byte(out, '\n');
    if (summary->published)
        buf_printf(out, "Published in %s; what to look at is in %s/review/errors.csv\n",
                   options->output, options->output);
    else
        buf_printf(out, "Not published: %s\nSee %s/review/errors.csv\n", summary->reason,
                   options->output);
}
