#include "converter/report.h"

#include "converter/errors_csv.h"
#include "formats/clever/schema.h"

#include <stdlib.h>

enum { SDS_ROW_LIMIT = 500000 };

struct report {
    const struct run *run;
    const struct split *split;
    struct totals *totals;
    struct buf *out;
    enum issue_code stop;
};

static void put(struct report *r, enum severity severity, const struct subject *subject,
                const struct issue *issue)
{
    errors_put_line_as(r->out, r->run->options, severity, subject, issue);
    totals_count(r->totals, issue->code, severity);
    bool stops = issue_kinds[issue->code].group == GROUP_RUN && severity == SEVERITY_ERROR;
    if (stops && r->stop == ISSUE_NONE)
        r->stop = issue->code;
}

/* ---- files ---- */

static void put_file_line(struct report *r, const struct input *input, enum severity severity,
                          uint64_t line, const struct issue *issue)
{
    struct subject subject = {.entity = "file", .source = input->label, .line = line};
    put(r, severity, &subject, issue);
}

static void duplicate_lines(struct report *r, const struct input *input)
{
    for (int e = 0; e < ENTITY_COUNT; e++) {
        if (input->duplicates[e] == 0)
            continue;
        struct issue issue = {.code = ISSUE_duplicate_record,
                              .file = sds_file_of((enum entity)e),
                              .column = NO_COLUMN,
                              .rows = input->duplicates[e]};
        put_file_line(r, input, r->run->options->severity[issue.code], 0, &issue);
    }
}

static void empty_lines(struct report *r, const struct input *input, enum entity entity)
{
    for (size_t i = 0; i < input->empty_count; i++) {
        const struct input_empty *empty = &input->empties[i];
        if (list_entity(input, &input->lists[empty->list - 1]) != entity)
            continue;
        struct issue issue = {
            .code = ISSUE_empty_element, .file = SDS_NO_FILE, .column = NO_COLUMN, .rows = 1};
        put_file_line(r, input, r->run->options->severity[issue.code], empty->line, &issue);
    }
}

struct links {
    struct slice *items;
    size_t count;
};

static int compare_links(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = len ? memcmp(x->ptr, y->ptr, len) : 0;
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The `self` links of everything that was read, sorted. */
static bool gather_links(const struct run *run, struct links *links)
{
    size_t room = 0;
    for (size_t i = 0; i < run->inventory.count; i++)
        room += run->inventory.inputs[i].list_count;
    links->count = 0;
    links->items = malloc((room + 1) * sizeof *links->items);
    if (!links->items)
        return false;
    for (size_t i = 0; i < run->inventory.count; i++) {
        const struct input *input = &run->inventory.inputs[i];
        for (size_t l = 0; l < input->list_count; l++)
            if (input->lists[l].self_link.ptr)
                links->items[links->count++] = input->lists[l].self_link;
    }
    qsort(links->items, links->count, sizeof *links->items, compare_links);
    return true;
}

static void page_lines(struct report *r, const struct input *input, enum entity entity,
                       const struct links *links)
{
    bool lowered = r->run->options->allow_incomplete;
    for (size_t i = 0; i < input->list_count; i++) {
        const struct input_list *list = &input->lists[i];
        if (!list->next_link.ptr || !list->self_link.ptr || list->last_page ||
            list_entity(input, list) != entity ||
            bsearch(&list->next_link, links->items, links->count, sizeof *links->items,
                    compare_links))
            continue;
        struct issue issue = {.code = ISSUE_missing_page,
                              .file = SDS_NO_FILE,
                              .column = NO_COLUMN,
                              .value = list->next_raw,
                              .rows = 1};
        put_file_line(r, input, lowered ? SEVERITY_WARNING : SEVERITY_ERROR, 0, &issue);
    }
}

static void file_lines(struct report *r, const struct input *input, const struct links *links)
{
    const struct options *options = r->run->options;
    duplicate_lines(r, input);
    for (int e = 0; e < ENTITY_OTHER; e++)
        if (entity_used(options, (enum entity)e))
            empty_lines(r, input, (enum entity)e);
    if (input->ignored) {
        struct issue issue = {
            .code = ISSUE_ignored_file, .file = SDS_NO_FILE, .column = NO_COLUMN, .rows = 1};
        put_file_line(r, input, options->severity[issue.code], 0, &issue);
    }
    for (int e = 0; e < ENTITY_OTHER; e++)
        if (entity_used(options, (enum entity)e))
            page_lines(r, input, (enum entity)e, links);
}

bool report_files(const struct run *run, struct totals *totals, struct buf *out,
                  enum issue_code *stop)
{
    struct report report = {run, NULL, totals, out, *stop};
    struct links links;
    if (!gather_links(run, &links))
        return false;
    for (size_t i = 0; i < run->inventory.count; i++)
        file_lines(&report, &run->inventory.inputs[i], &links);
    free(links.items);
    *stop = report.stop;
    return !out->oom;
}

/* ---- the export ---- */

static void put_export_line(struct report *r, enum severity severity, const struct issue *issue)
{
    struct subject subject = {.entity = "export"};
    put(r, severity, &subject, issue);
}

static bool is_empty(const struct report *r, enum sds_file file)
{
    const struct file_totals *totals = r->totals->file;
    if (file == SDS_TEACHER_ROSTER || file == SDS_STUDENT_ENROLLMENT)
        return totals[file].rows == 0 && totals[SDS_SECTION].rows > 0;
    return totals[file].accepted == 0;
}

static void empty_entity_lines(struct report *r)
{
    const struct options *options = r->run->options;
    struct buf more = {0};
    size_t zips = r->run->inventory.nested_zips;
    if (zips)
        buf_printf(&more, "%zu zip%s inside a zip %s not looked into: unpack the outer one first.",
                   zips, zips == 1 ? "" : "s", zips == 1 ? "was" : "were");
    for (int f = 0; f < SDS_FILES; f++) {
        if (!options_make(options, (enum sds_file)f) || !is_empty(r, (enum sds_file)f))
            continue;
        struct issue issue = {.code = ISSUE_empty_entity,
                              .file = SDS_NO_FILE,
                              .column = NO_COLUMN,
                              .value = slice_from(options_empty_word((enum sds_file)f)),
                              .rows = 1,
                              .more = more.len ? buf_text(&more) : NULL};
        put_export_line(r, options->allow_empty[f] ? SEVERITY_WARNING : SEVERITY_ERROR, &issue);
    }
    r->out->oom = r->out->oom || more.oom;
    buf_release(&more);
}

static void too_many_removed_line(struct report *r, const struct guarded *guarded,
                                  enum sds_file file)
{
    struct buf more = {0};
    if (!guard_stops(r->run->options, guarded, file))
        return;
    guard_put_more(&more, guarded, file);
    struct issue issue = {.code = ISSUE_too_many_removed,
                          .file = file,
                          .column = NO_COLUMN,
                          .rows = guarded->files[file].rows.removed,
                          .more = buf_text(&more)};
    put_export_line(r, SEVERITY_ERROR, &issue);
    r->out->oom = r->out->oom || more.oom;
    buf_release(&more);
}

static void too_many_errors_line(struct report *r)
{
    const struct options *options = r->run->options;
    uint64_t lines = r->totals->severity[SEVERITY_ERROR];
    bool over = false;
    if (options->error_limit == ERRORS_COUNT)
        over = lines > options->max_errors;
    else if (options->error_limit == ERRORS_PERCENT)
        over = above_percent(lines, r->run->read, options->max_errors);
    struct issue issue = {
        .code = ISSUE_too_many_errors, .file = SDS_NO_FILE, .column = NO_COLUMN, .rows = 1};
    if (over)
        put_export_line(r, SEVERITY_ERROR, &issue);
}

static void counted_line(struct report *r, enum sds_file file, enum issue_code code, int column,
                         uint64_t rows)
{
    struct issue issue = {.code = code, .file = file, .column = column, .rows = rows};
    if (rows)
        put_export_line(r, r->run->options->severity[code], &issue);
}

/* The rows of the largest file of this name that is written. */
static uint64_t most_rows(const struct report *r, enum sds_file file)
{
    uint64_t most = 0;
    if (!r->split)
        return r->totals->file[file].rows;
    for (uint32_t set = 1; set <= split_sets(r->split); set++) {
        uint64_t rows = split_rows(r->split, set, file);
        most = rows > most ? rows : most;
    }
    return most;
}

/* The schools that are too large for a set. Unlike the advice they stop the run, so --treat does
 * not count. */
static void unsplittable_lines(struct report *r, enum sds_file file)
{
    const struct unsplittable *school;
    for (size_t i = 0; (school = split_unsplittable(r->split, i)) != NULL; i++) {
        struct subject subject = {.entity = "school"};
        struct issue issue = {.code = ISSUE_row_limit,
                              .file = file,
                              .column = NO_COLUMN,
                              .rows = school->rows[file],
                              .sentence = "The school with the members of its sections has {rows} "
                                          "rows in {file}, more than --split allows, and a school "
                                          "is never divided; allow more rows."};
        if (school->rows[file] <= r->run->options->split)
            continue;
        if (r->run->id == ID_SIS)
            subject.sis_id = school->id;
        else
            subject.id = school->id;
        put(r, SEVERITY_ERROR, &subject, &issue);
        r->stop = r->stop == ISSUE_NONE ? ISSUE_row_limit : r->stop;
    }
}

static void row_limit_lines(struct report *r, enum sds_file file)
{
    uint64_t rows = most_rows(r, file);
    if (r->split && split_unsplittable(r->split, 0))
        unsplittable_lines(r, file);
    else
        counted_line(r, file, ISSUE_row_limit, NO_COLUMN, rows > SDS_ROW_LIMIT ? rows : 0);
}

static void advice_lines(struct report *r, enum sds_file file)
{
    const struct file_totals *totals = &r->totals->file[file];
    uint64_t fewer = totals->with_domain < totals->without_domain ? totals->with_domain
                                                                  : totals->without_domain;
    counted_line(r, file, ISSUE_mixed_domains, sds_column_from(file, FROM_USERNAME), fewer);
    counted_line(r, file, ISSUE_more_schools, sds_column_from(file, FROM_SCHOOL),
                 totals->several_schools);
    row_limit_lines(r, file);
    counted_line(r, file, ISSUE_special_character, sds_column_of(file, ATTR_NAME),
                 totals->special_names);
}

bool report_export(const struct run *run, const struct split *split, struct totals *totals,
                   const struct guarded *guarded, struct buf *out, enum issue_code *stop)
{
    struct report report = {run, split, totals, out, *stop};
    struct buf advice = {0};
    empty_entity_lines(&report);
    for (int f = 0; f < SDS_FILES; f++)
        too_many_removed_line(&report, guarded, (enum sds_file)f);
    /* What --treat makes an error of it is counted, though it stands behind. */
    report.out = &advice;
    for (int f = 0; f < SDS_FILES; f++)
        advice_lines(&report, (enum sds_file)f);
    report.out = out;
    too_many_errors_line(&report);
    buf_put_slice(out, buf_slice(&advice));
    bool ok = !out->oom && !advice.oom;
    buf_release(&advice);
    *stop = report.stop;
    return ok;
}
