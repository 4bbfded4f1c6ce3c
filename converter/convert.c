/* The run:
 *
 *   names of files -> output folder -> sandbox -> inventory -> survey
 *   -> a stage for each entity, in reading order -> report -> summary -> publish
 *
 * When a stage finds that a file was taken for what it is not, everything since the survey is
 * thrown away and done again with all files surveyed to their ends. It is also done again when a
 * section turns out to own pairs of enrollments.csv that a rejected one has been blamed for. */
#include "converter/convert.h"

#include "converter/changes.h"
#include "converter/committer.h"
#include "converter/errors_csv.h"
#include "converter/guard.h"
#include "converter/interrupt.h"
#include "converter/notes.h"
#include "converter/outdir.h"
#include "converter/page.h"
#include "converter/pipeline.h"
#include "converter/report.h"
#include "converter/sandbox.h"
#include "converter/summary.h"
#include "converter/survey.h"
#include "converter/worker.h"
#include "formats/clever/entity.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_SUMMARY = 256 * 1024 * 1024 };

/* Enrollments are read twice: before the sections, whose lines speak of all their members, and
 * behind them for their own lines and rows. */
static const enum entity stages[] = {ENTITY_SCHOOL,     ENTITY_COURSE,  ENTITY_TERM,
                                     ENTITY_TEACHER,    ENTITY_STUDENT, ENTITY_USER,
                                     ENTITY_ENROLLMENT, ENTITY_SECTION, ENTITY_ENROLLMENT};

enum { STAGES = sizeof stages / sizeof *stages };

static const char errors_name[] = "review/errors.csv";

struct conversion {
    struct run run;
    struct clever_schema *schema; /* the run only reads it */
    struct outdir *outdir;
    struct sandbox sandbox;
    struct sink sinks[SDS_FILES]; /* fd -1: not written */
    char *names[SDS_FILES];
    struct sink lines; /* errors.csv, while records are read without the lines about files */
    off_t first_line;  /* where in it these go */
    struct committer *committer;
    struct worker **workers;
    struct pipeline *pipeline;
    struct progress progress;
    struct split *split; /* NULL: the result is not divided */
    struct result past; /* what stands in DIR */
    struct result now;
    struct changes *changes;
    struct buf reason; /* why nothing is published */
    /* the stage being run */
    enum entity stage;
    size_t next_input;
    bool unsure;       /* the reader's: an input may hold combined objects */
    bool survey_again; /* the committer's */
};

/* ---- the steps of the pipeline ---- */

/* Whether a stage reads the input. */
static bool in_stage(const struct input *input, enum entity stage)
{
    return !input->ignored && (input->entities & entity_bit(stage));
}

static bool open_next(struct conversion *c, bool *found, struct failure *failure)
{
    struct inventory *inventory = &c->run.inventory;
    *found = false;
    while (c->next_input < inventory->count) {
        size_t index = c->next_input++;
        const struct input *input = &inventory->inputs[index];
        if (!in_stage(input, c->stage))
            continue;
        *found = true;
        progress_next(c->run.progress, input->size);
        return reader_open(&c->run.reader, index, input->combined_known ? JSON_KNOWN : JSON_AUTO,
                           failure);
    }
    return true;
}

static bool read_batch(void *context, struct batch *batch, bool *more, struct failure *failure)
{
    struct conversion *c = context;
    struct reader *reader = &c->run.reader;
    batch->stage = c->stage;
    *more = true;
    while (batch->text.len < BATCH_BYTES) {
        if (interrupted())
            return failure_set(failure, FAILURE_OUTPUT, "interrupted; nothing was published");
        if (!reader->input) {
            if (!open_next(c, more, failure))
                return false;
            if (!*more)
                break;
        }
        enum reader_result result = reader_fill(reader, batch, failure);
        if (result == READER_FULL)
            break;
        if (result == READER_END)
            continue;
        c->unsure = result == READER_UNSURE;
        return false;
    }
    return true;
}

static void work_batch(void *context, int worker, struct batch *batch)
{
    struct conversion *c = context;
    worker_process(c->workers[worker], batch);
}

static bool commit_batch(void *context, struct batch *batch, struct failure *failure)
{
    struct conversion *c = context;
    if (batch->survey_again) {
        c->survey_again = true;
        return false;
    }
    bool ok = committer_take(c->committer, batch, failure);
    progress_records(c->run.progress, c->run.read);
    return ok;
}

/* ---- setting up and tearing down ---- */

/* Whether the file is made in the stage. --check writes what there is an earlier file of, to compare
 * the two, and all when the result is to be divided, to see whether that can be done; it throws
 * them away. */
static bool file_written(const struct conversion *c, int file)
{
    const struct options *options = c->run.options;
    return options_make(options, (enum sds_file)file) &&
           (!options->check || options->split || changes_expected(c->changes, (enum sds_file)file));
}

static bool put_header(struct sink *sink, const struct options *options, int file,
                       struct failure *failure)
{
    struct buf header = {0};
    if (options->bom)
        buf_put_text(&header, "\xEF\xBB\xBF");
    bool first = true;
    for (size_t i = 0; i < sds_formats[file].column_count; i++) {
        if (!options->written[file][i])
            continue;
        if (!first)
            buf_put_byte(&header, ',');
        first = false;
        buf_put_text(&header, sds_formats[file].columns[i].header);
    }
    buf_put_text(&header, "\r\n");
    bool ok = header.oom ? failure_no_memory(failure) : sink_put(sink, buf_slice(&header), failure);
    buf_release(&header);
    return ok;
}

static bool open_sink(struct conversion *c, int file, struct failure *failure)
{
    struct buf name = {0};
    put_file_name(&name, c->run.options, (enum sds_file)file);
    c->names[file] = buf_text(&name) ? strdup(name.data) : NULL;
    buf_release(&name);
    if (!c->names[file])
        return failure_no_memory(failure);
    int fd = -1;
    if (file_written(c, file)) {
        fd = outdir_create(c->outdir, c->names[file], failure);
        if (fd < 0)
            return false;
    }
    sink_init(&c->sinks[file], fd, c->names[file]);
    return put_header(&c->sinks[file], c->run.options, file, failure);
}

static bool open_lines(struct conversion *c, struct failure *failure)
{
    struct buf header = {0};
    int fd = outdir_create(c->outdir, errors_name, failure);
    if (fd < 0)
        return false;
    sink_init(&c->lines, fd, errors_name);
    errors_put_header(&header, c->run.options);
    c->first_line = (off_t)header.len;
    bool ok = header.oom ? failure_no_memory(failure)
                         : sink_put(&c->lines, buf_slice(&header), failure);
    buf_release(&header);
    return ok;
}

static bool open_sinks(struct conversion *c, struct failure *failure)
{
    for (int f = 0; f < SDS_FILES; f++)
        if (!open_sink(c, f, failure))
            return false;
    return open_lines(c, failure);
}

/* Everything that goes to the sinks from here on is noted for the page. */
static bool watch_sinks(struct conversion *c, struct failure *failure)
{
    if (c->run.options->no_report)
        return true;
    c->run.notes = notes_new(c->run.options);
    if (!c->run.notes)
        return failure_no_memory(failure);
    for (int f = 0; f < SDS_FILES; f++)
        c->sinks[f].watcher = notes_watch_rows(c->run.notes, (enum sds_file)f);
    c->lines.watcher = notes_watch_lines(c->run.notes);
    return true;
}

static void close_sinks(struct conversion *c)
{
    for (int f = 0; f < SDS_FILES; f++) {
        sink_abandon(&c->sinks[f]);
        free(c->names[f]);
        c->names[f] = NULL;
        c->sinks[f] = (struct sink){.fd = -1};
    }
    sink_abandon(&c->lines);
    c->lines = (struct sink){.fd = -1};
    notes_free(c->run.notes);
    c->run.notes = NULL;
}

/* What only reading records needs. */
static void release_memory(struct conversion *c)
{
    int threads = c->run.options->threads;
    for (int i = 0; c->workers && i < threads; i++)
        worker_free(c->workers[i]);
    free(c->workers);
    c->workers = NULL;
    committer_free(c->committer);
    c->committer = NULL;
    enrollments_free(c->run.enrollments);
    c->run.enrollments = NULL;
    for (int e = 0; e < ENTITY_COUNT; e++) {
        index_free(c->run.indexes[e]);
        c->run.indexes[e] = NULL;
    }
}

static void forget_attempt(struct conversion *c)
{
    release_memory(c);
    for (int e = 0; e < ENTITY_COUNT; e++)
        c->run.any[e] = false;
    c->run.read = 0;
    for (size_t i = 0; i < c->run.inventory.count; i++) {
        struct input *input = &c->run.inventory.inputs[i];
        memset(input->records, 0, sizeof input->records);
        memset(input->duplicates, 0, sizeof input->duplicates);
    }
    close_sinks(c);
}

/* Makes room for another attempt. */
static bool discard_files(struct conversion *c, struct failure *failure)
{
    bool ok = true;
    for (int f = 0; f < SDS_FILES; f++)
        if (c->sinks[f].fd >= 0)
            ok = outdir_remove(c->outdir, c->names[f], failure) && ok;
    ok = outdir_remove(c->outdir, errors_name, failure) && ok;
    forget_attempt(c);
    return ok;
}

static bool begin_attempt(struct conversion *c, struct failure *failure)
{
    int threads = c->run.options->threads;
    c->unsure = c->survey_again = c->run.contest = false;
    if (!open_sinks(c, failure) || !watch_sinks(c, failure))
        return false;
    for (int e = 0; e < ENTITY_COUNT; e++) {
        c->run.indexes[e] = index_new();
        if (!c->run.indexes[e])
            return failure_no_memory(failure);
    }
    c->run.enrollments = enrollments_new();
    if (!c->run.enrollments)
        return failure_no_memory(failure);
    c->committer = committer_new(&c->run, c->sinks, &c->lines);
    c->workers = calloc((size_t)threads, sizeof *c->workers);
    for (int i = 0; c->workers && i < threads; i++) {
        c->workers[i] = worker_new(&c->run);
        if (!c->workers[i])
            return failure_no_memory(failure);
    }
    return (c->committer && c->workers) || failure_no_memory(failure);
}

/* What all stages together have to read. */
static uint64_t bytes_to_read(const struct conversion *c)
{
    uint64_t bytes = 0;
    for (size_t s = 0; s < STAGES; s++)
        for (size_t i = 0; i < c->run.inventory.count; i++)
            if (entity_used(c->run.options, stages[s]) &&
                in_stage(&c->run.inventory.inputs[i], stages[s]))
                bytes += c->run.inventory.inputs[i].size;
    return bytes;
}

static bool run_stages(struct conversion *c, struct failure *failure)
{
    static const struct pipeline_steps steps = {read_batch, work_batch, commit_batch};
    progress_plan(c->run.progress, bytes_to_read(c));
    for (size_t i = 0; i < STAGES; i++) {
        if (!entity_used(c->run.options, stages[i]))
            continue;
        c->stage = stages[i];
        progress_stage(c->run.progress, entity_plural(c->stage));
        c->run.gathering = c->stage == ENTITY_ENROLLMENT && i + 1 < STAGES;
        c->next_input = 0;
        bool ok = pipeline_run(c->pipeline, &steps, c, failure);
        reader_close(&c->run.reader);
        c->survey_again = c->survey_again || c->unsure;
        if (!ok || c->survey_again)
            return false;
    }
    return true;
}

/* What --id comes to. CSV has no Clever IDs, and what is JSON and CSV together can only meet in
 * SIS ids. Bad input is told before bad usage, so it is looked for first. */
static bool choose_id(struct conversion *c, struct failure *failure)
{
    struct run *run = &c->run;
    bool csv = false;
    bool json = false;
    for (size_t i = 0; i < run->inventory.count; i++) {
        csv = csv || run->inventory.inputs[i].csv_records;
        json = json || has_json_records(&run->inventory.inputs[i]);
    }
    int id = run->options->id;
    bool refused = csv && (id == ID_CLEVER || (json && id != ID_SIS));
    run->id = id == ID_BY_INPUT ? (csv ? ID_SIS : ID_CLEVER) : (enum id_choice)id;
    if (!refused)
        return true;
    if (!survey_inputs(run, true, failure))
        return false;
    if (id == ID_CLEVER)
        return failure_set(failure, FAILURE_USAGE,
                           "--id clever: CSV input has no Clever IDs; use --id sis");
    return failure_set(failure, FAILURE_USAGE,
                       "--id: the input is JSON and CSV together, which needs --id sis");
}

/* Everything from the survey to the last record. */
static bool attempt(struct conversion *c, bool complete, struct failure *failure)
{
    if (!survey_inputs(&c->run, complete, failure) || !choose_id(c, failure))
        return false;
    return begin_attempt(c, failure) && run_stages(c, failure);
}

/* ---- finishing ---- */

/* `files` and `export` are the lines that are not about records; whether there are any about files
 * is known last, though they come first. The page notes both by itself. */
static bool finish_errors(struct conversion *c, const struct buf *files, const struct buf *export,
                          struct failure *failure)
{
    c->lines.watcher = (struct sink_watcher){0};
    return sink_put(&c->lines, buf_slice(export), failure) &&
           sink_insert(&c->lines, c->first_line, buf_slice(files), failure) &&
           sink_finish(&c->lines, failure);
}

/* A whole file of the review folder. */
static bool write_review(struct conversion *c, const char *name, struct slice text,
                         struct failure *failure)
{
    struct sink sink = {.fd = -1};
    int fd = outdir_create(c->outdir, name, failure);
    if (fd < 0)
        return false;
    sink_init(&sink, fd, name);
    bool ok = sink_put(&sink, text, failure) && sink_finish(&sink, failure);
    sink_abandon(&sink);
    return ok;
}

static bool write_summary(struct conversion *c, const struct summary *summary,
                          struct failure *failure)
{
    struct buf json = {0};
    bool ok = summary_put_json(&json, summary) || failure_no_memory(failure);
    ok = ok && write_review(c, "review/summary.json", buf_slice(&json), failure);
    buf_release(&json);
    return ok;
}

/* `files` and `export` are the lines that did not come by a sink. */
static bool write_page(struct conversion *c, const struct summary *summary,
                       const struct buf *files, const struct buf *export,
                       struct failure *failure)
{
    struct page page = {summary, c->run.notes};
    struct buf html = {0};
    if (!c->run.notes)
        return true;
    notes_lines(c->run.notes, buf_slice(files));
    notes_lines(c->run.notes, buf_slice(export));
    bool ok = page_put(&html, &page) || failure_no_memory(failure);
    ok = ok && write_review(c, "review/report.html", buf_slice(&html), failure);
    buf_release(&html);
    return ok;
}

/* Decides how the result is divided, if it has to be. */
static bool plan_split(struct conversion *c, const struct totals *totals, struct failure *failure)
{
    uint64_t limit = c->run.options->split;
    uint64_t rows[SDS_FILES];
    bool wanted = false;
    for (int f = 0; f < SDS_FILES; f++) {
        rows[f] = totals->file[f].rows;
        wanted = wanted || (limit && c->sinks[f].fd >= 0 && rows[f] > limit);
    }
    if (!wanted)
        return true;
    c->split = split_new(c->sinks, rows, limit, failure);
    return c->split;
}

/* Makes the CSV files durable, or takes them away when they are not to be published. */
static bool finish_files(struct conversion *c, bool publish, struct failure *failure)
{
    if (publish && c->split) {
        progress_stage(c->run.progress, "dividing the result");
        return split_write(c->split, c->outdir, failure);
    }
    for (int f = 0; f < SDS_FILES; f++) {
        struct sink *sink = &c->sinks[f];
        progress_stage(c->run.progress, "making the result durable");
        if (sink->fd < 0)
            continue;
        if (publish) {
            if (!sink_finish(sink, failure))
                return false;
        } else {
            sink_abandon(sink);
            if (!outdir_remove(c->outdir, c->names[f], failure))
                return false;
        }
    }
    return true;
}

struct ownership {
    struct result_files old;
    struct result_files fresh;
};

static bool owned(const void *context, struct slice name)
{
    const struct ownership *ownership = context;
    return slice_is(name, "review") || result_has(&ownership->old, name) ||
           result_has(&ownership->fresh, name);
}

static struct result_files fresh_files(const struct conversion *c)
{
    struct result_files files = {.sets = c->split ? split_sets(c->split) : 0};
    for (int f = 0; f < SDS_FILES; f++)
        if (file_written(c, f))
            files.named[f + (c->run.options->lowercase_names ? SDS_FILES : 0)] = true;
    return files;
}

static bool publish(struct conversion *c, const struct summary *summary, struct failure *failure)
{
    if (interrupted())
        return failure_set(failure, FAILURE_OUTPUT, "interrupted; nothing was published");
    if (!summary->published)
        return outdir_publish_review(c->outdir, failure);
    struct ownership ownership = {c->past.files, c->now.files};
    return outdir_publish(c->outdir, owned, &ownership, failure);
}

/* Compares what was written with the last result, whether or not it will be published. */
static bool compare(struct conversion *c, const struct totals *totals, struct failure *failure)
{
    for (int f = 0; f < SDS_FILES; f++) {
        struct sink *sink = &c->sinks[f];
        if (sink->fd < 0 || !changes_expected(c->changes, (enum sds_file)f))
            continue;
        if (interrupted())
            return failure_set(failure, FAILURE_OUTPUT, "interrupted; nothing was published");
        if (!sink_flush(sink, failure) ||
            !changes_compare(c->changes, (enum sds_file)f, sink->fd, totals->file[f].rows,
                             failure))
            return false;
    }
    return true;
}

static bool write_changes(struct conversion *c, struct failure *failure)
{
    static const char name[] = "review/changes.csv";
    if (!changes_any(c->changes))
        return true;
    struct sink sink = {.fd = -1};
    int fd = outdir_create(c->outdir, name, failure);
    if (fd < 0)
        return false;
    sink_init(&sink, fd, name);
    bool ok = changes_write(c->changes, &sink, failure) && sink_finish(&sink, failure);
    sink_abandon(&sink);
    return ok;
}

/* Why nothing is published, `stop` being what stops it; nothing when all is well. */
static void put_reason(struct buf *out, const struct options *options, enum issue_code stop,
                       const struct guarded *guarded)
{
    if (stop == ISSUE_missing_page)
        buf_put_text(out, "pages are missing, so the export is not complete; fetch all pages "
                          "again, or go on with --allow-incomplete");
    else if (stop == ISSUE_empty_entity)
        buf_put_text(out, "a file would be empty, and SDS would take everybody missing for gone");
    else if (stop == ISSUE_too_many_removed)
        guard_put_reason(out, options, guarded);
    else if (stop == ISSUE_too_many_errors)
        buf_put_text(out, "there are more errors than --max-errors allows");
    else if (stop == ISSUE_row_limit)
        buf_put_text(out,
                     "a school has more rows than --split allows, and a school is never divided");
    else if (options->check)
        buf_put_text(out, "--check only looks");
}

/* The lines that are not about records, and with them whether there is something to publish. */
static bool judge(struct conversion *c, struct summary *summary, struct buf *files,
                  struct buf *export, struct failure *failure)
{
    const struct options *options = c->run.options;
    struct totals *totals = &summary->totals;
    enum issue_code stop = ISSUE_NONE;
    struct guarded guarded = {changes_files(c->changes), &c->past, &c->now};
    if (!report_files(&c->run, totals, files, &stop) ||
        !report_export(&c->run, c->split, totals, &guarded, export, &stop))
        return failure_no_memory(failure);
    put_reason(&c->reason, options, stop, &guarded);
    summary->reason = c->reason.len ? buf_text(&c->reason) : NULL;
    summary->status = stop != ISSUE_NONE ? STATUS_REFUSED : totals->severity[SEVERITY_ERROR] > 0;
    summary->published = stop == ISSUE_NONE && !options->check;
    summary->split = summary->published ? c->split : NULL;
    summary->result = summary->published ? &c->now : &c->past;
    return !c->reason.oom || failure_no_memory(failure);
}

static bool finish(struct conversion *c, struct summary *summary, struct failure *failure)
{
    struct buf files = {0};
    struct buf export = {0};
    summary->run = &c->run;
    summary->totals = *committer_totals(c->committer);
    summary->changes = changes_files(c->changes);
    bool ok = compare(c, &summary->totals, failure);
    release_memory(c);
    ok = ok && plan_split(c, &summary->totals, failure);
    summary->finished = summary_time();
    ok = ok && (result_make(&c->now, c->run.options, c->run.id, summary->finished) ||
                failure_no_memory(failure));
    c->now.files = fresh_files(c);
    /* The changes are read from the new files, so they come first. */
    ok = ok && inventory_unchanged(&c->run.inventory, failure) &&
         judge(c, summary, &files, &export, failure) && write_changes(c, failure) &&
         finish_files(c, summary->published, failure) &&
         finish_errors(c, &files, &export, failure) && write_summary(c, summary, failure) &&
         write_page(c, summary, &files, &export, failure) && publish(c, summary, failure);
    buf_release(&files);
    buf_release(&export);
    return ok;
}

/* Gives up all rights that are not needed from here on. */
static bool confine(struct conversion *c, struct failure *failure)
{
    const struct options *options = c->run.options;
    struct sandbox *sandbox = &c->sandbox;
    bool ok = sandbox_init(sandbox, !options->no_sandbox, SANDBOX_LANDLOCK, failure) &&
              inventory_allow(&c->run.inventory, options, sandbox, failure) &&
              outdir_allow(c->outdir, sandbox, failure) && sandbox_enter(sandbox, failure);
    sandbox_release(sandbox);
    return ok;
}

static bool prepare(struct conversion *c, struct failure *failure)
{
    const struct options *options = c->run.options;
    progress_begin(&c->progress, options->quiet);
    c->run.progress = &c->progress;
    c->run.budget.limit = options->max_bytes;
    reader_init(&c->run.reader, &c->run.inventory, &c->run.budget, &c->progress);
    c->schema = clever_schema_new();
    c->run.schema = c->schema;
    c->pipeline = pipeline_new(options->threads);
    c->run.contested = index_new();
    if (!c->run.schema || !c->pipeline || !c->run.contested)
        return failure_no_memory(failure);
    /* Before anything is read: what another run is still waiting for may be there after it. */
    c->outdir =
        outdir_open(options->output, result_old_sets, options->wait, &c->progress, failure);
    if (!c->outdir || !inventory_find(&c->run.inventory, options, &c->progress, failure) ||
        !confine(c, failure) ||
        !inventory_open(&c->run.inventory, options, c->outdir, &c->progress, failure))
        return false;
    struct buf json = {0};
    bool ok = outdir_old_file(c->outdir, "review/summary.json", MAX_SUMMARY, &json, failure) &&
              (result_read(&c->past, json.len ? buf_text(&json) : NULL) ||
               failure_no_memory(failure));
    buf_release(&json);
    c->changes = ok ? changes_new(options, c->outdir, &c->past.files) : NULL;
    return c->changes || (ok && failure_no_memory(failure));
}

int convert(const struct options *options, struct buf *told, struct failure *failure)
{
    struct conversion c = {.run = {.options = options}};
    struct summary summary = {.started = summary_time()};
    for (int f = 0; f < SDS_FILES; f++)
        c.sinks[f].fd = -1;
    c.lines.fd = -1;
    bool ok = prepare(&c, failure);
    bool again = ok;
    for (bool complete = false; again;) {
        ok = attempt(&c, complete, failure);
        bool guessed_wrong = !ok && c.survey_again && failure->kind == FAILURE_NONE;
        again = (guessed_wrong && !complete) || (ok && c.run.contest);
        complete = complete || guessed_wrong;
        again = again && discard_files(&c, failure);
    }
    ok = ok && failure->kind == FAILURE_NONE && finish(&c, &summary, failure);
    if (!ok && failure->kind == FAILURE_NONE)
        failure_set(
            failure, FAILURE_INPUT,
            "the export was changed while it was being read; run again when it is complete");
    if (ok && options->verbose)
        sandbox_put_text(told, &c.sandbox);
    if (ok)
        summary_put_text(told, &summary);
    split_free(c.split);
    forget_attempt(&c);
    progress_end(&c.progress);
    changes_free(c.changes);
    result_release(&c.past);
    result_release(&c.now);
    buf_release(&c.reason);
    outdir_free(c.outdir);
    pipeline_free(c.pipeline);
    reader_release(&c.run.reader);
    inventory_release(&c.run.inventory);
    index_free(c.run.contested);
    clever_schema_free(c.schema);
    return ok ? summary.status : (int)failure->kind;
}
