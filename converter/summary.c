#include "converter/summary.h"

#include "converter/errors_csv.h"
#include "formats/base/utf8.h"
#include "formats/clever/entity.h"
#include "formats/clever/links.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

/* What a result can hold: each file in capitals and, behind those, in lower case. */
enum { RESULT_NAMES = 2 * SDS_FILES };

static void result_name(struct buf *out, int index)
{
    struct options options = {.lowercase_names = index >= SDS_FILES};
    put_file_name(out, &options, (enum sds_file)(index % SDS_FILES));
}

/* The same without memory, which must not decide what is ours. */
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

/* The place of a name in result_files, -1 for none. */
static int place_of(struct slice name)
{
    for (int i = 0; i < RESULT_NAMES; i++)
        if (is_result_name(i, name))
            return i;
    return -1;
}

/* Takes the folder of a set off a path: "3/School.csv", "3". Its number, 0 when there is none. */
static uint32_t take_set(struct slice *path)
{
    uint64_t number = 0;
    size_t at = 0;
    while (at < path->len && ascii_digit(path->ptr[at]) && number < UINT32_MAX)
        number = number * 10 + (uint64_t)(path->ptr[at++] - '0');
    bool folder = at > 0 && path->ptr[0] != '0' && number <= UINT32_MAX &&
                  (at == path->len || path->ptr[at] == '/');
    if (!folder)
        return 0;
    size_t behind = at < path->len ? at + 1 : at;
    *path = slice_of(path->ptr + behind, path->len - behind);
    return (uint32_t)number;
}

bool result_has(const struct result_files *files, struct slice path)
{
    struct slice name = path;
    uint32_t set = take_set(&name);
    if (set > files->sets || (set == 0) != (files->sets == 0))
        return false;
    int place = place_of(name);
    return (set > 0 && name.len == 0) || (place >= 0 && files->named[place]);
}

bool summary_old_files(const char *json, struct result_files *files)
{
    *files = (struct result_files){{false}, 0};
    errno = 0; /* cJSON says no more than that it could not */
    cJSON *document = json ? cJSON_Parse(json) : NULL;
    if (!document && errno == ENOMEM)
        return false;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(document, "files");
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const char *path = cJSON_GetStringValue(item);
        struct slice name = slice_from(path);
        uint32_t set = take_set(&name);
        int place = place_of(name);
        /* They are in order; whoever has changed that is not followed. */
        if (place < 0 || (set != files->sets && set != files->sets + 1))
            continue;
        files->named[place] = true;
        files->sets = set;
    }
    cJSON_Delete(document);
    return true;
}

bool summary_old_sets(const char *json, uint32_t *sets)
{
    struct result_files files;
    bool ok = summary_old_files(json, &files);
    *sets = files.sets;
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
        for (int i = 0; i < RESULT_NAMES && !d->failed; i++) {
            struct buf path = {0};
            if (set)
                buf_printf(&path, "%u/", set);
            result_name(&path, i);
            if (files->named[i])
                append(d, list, cJSON_CreateString(buf_text(&path)));
            buf_release(&path);
        }
    } while (set++ < files->sets && !d->failed);
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
