#include "converter/changes.h"

#include "converter/errors_csv.h"
#include "formats/csv/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { GATHER_BYTES = 64 * 1024 };

/* A file of the last result. It stands in DIR, or, when that was divided, in the folder of each
 * set. */
struct old_file {
    const struct outdir *outdir;
    bool there;
    int place;     /* its name's in result_files */
    uint32_t sets; /* 0: it is in DIR */
};

struct changes {
    const struct options *options;
    int fds[SDS_FILES]; /* of the new files */
    struct old_file old[SDS_FILES];
    struct comparison *comparisons[SDS_FILES];
    struct file_changes files[SDS_FILES];
};

static bool is_pairs(enum sds_file file)
{
    return file == SDS_TEACHER_ROSTER || file == SDS_STUDENT_ENROLLMENT;
}

/* The column of the key beside SIS ID, -1 for none: a person's with a row for each school, and the
 * section's of a pair. */
static int other_column(const struct options *options, enum sds_file file)
{
    bool person = file == SDS_TEACHER || file == SDS_STUDENT;
    if (person && options->multi_school == MULTI_SCHOOL_ROWS)
        return sds_column_from(file, FROM_SCHOOL);
    return is_pairs(file) ? 0 : -1;
}

static uint32_t key_columns(const struct options *options, enum sds_file file)
{
    int other = other_column(options, file);
    return 1U << sds_column_from(file, FROM_SIS_ID) | (other < 0 ? 0 : 1U << other);
}

/* Opens the file in a set (0: in DIR) as outdir_open_old does. */
static int open_in_set(const struct old_file *old, uint32_t set)
{
    struct buf path = {0};
    result_put_path(&path, set, old->place);
    const char *text = buf_text(&path);
    errno = ENOMEM;
    int fd = text ? outdir_open_old(old->outdir, text) : -1;
    int error = errno;
    buf_release(&path);
    errno = error;
    return fd;
}

static int open_old(const void *context, uint32_t part)
{
    const struct old_file *old = context;
    return open_in_set(old, old->sets ? part + 1 : 0);
}

static int open_new(const void *context, uint32_t part)
{
    (void)part;
    return fcntl(*(const int *)context, F_DUPFD_CLOEXEC, 0);
}

/* The last result's file is the one that its summary names, in whatever letter case; else what
 * stands where the new one will. It is there when any set has it. False: out
 * of memory. */
static bool find_old(struct changes *changes, enum sds_file file, const struct outdir *outdir,
                     const struct result_files *past)
{
    int now = (int)file + (changes->options->lowercase_names ? SDS_FILES : 0);
    int other = (int)file + (changes->options->lowercase_names ? 0 : SDS_FILES);
    struct old_file *old = &changes->old[file];
    old->outdir = outdir;
    old->place = past->named[other] && !past->named[now] ? other : now;
    old->sets = past->sets;
    uint32_t set = past->sets ? 1 : 0;
    do {
        int fd = open_in_set(old, set);
        old->there = fd >= 0 || errno != ENOENT;
        if (fd < 0 && errno == ENOMEM)
            return false;
        if (fd >= 0)
            (void)close(fd);
    } while (!old->there && set++ < past->sets);
    return true;
}

struct changes *changes_new(const struct options *options, const struct outdir *outdir,
                            const struct result_files *past)
{
    struct changes *changes = calloc(1, sizeof *changes);
    if (!changes)
        return NULL;
    changes->options = options;
    for (int f = 0; f < SDS_FILES; f++)
        if (options_make(options, (enum sds_file)f) &&
            !find_old(changes, (enum sds_file)f, outdir, past)) {
            changes_free(changes);
            return NULL;
        }
    return changes;
}

void changes_free(struct changes *changes)
{
    if (!changes)
        return;
    for (int f = 0; f < SDS_FILES; f++)
        comparison_free(changes->comparisons[f]);
    free(changes);
}

bool changes_expected(const struct changes *changes, enum sds_file file)
{
    return changes->old[file].there;
}

static void take_counts(struct file_changes *file, const struct comparison *comparison,
                        uint64_t rows)
{
    file->state = CHANGES_COMPARED;
    file->rows = comparison_counts(comparison);
    /* All other rows are pairs, so there were as many as there are; repeated ones not counted. */
    file->before = rows + file->rows.removed - file->rows.added;
    file->new_columns = comparison_new_columns(comparison);
    file->gone_columns = comparison_gone_columns(comparison);
}

bool changes_compare(struct changes *changes, enum sds_file file, int fd, uint64_t rows,
                     struct failure *failure)
{
    const struct old_file *old = &changes->old[file];
    if (!old->there)
        return true;
    changes->files[file].state = CHANGES_UNREADABLE;
    changes->fds[file] = fd;
    const struct sds_source was = {old->sets ? old->sets : 1, open_old, old};
    const struct sds_source is = {1, open_new, &changes->fds[file]};
    struct comparison *comparison =
        comparison_new(&was, &is, &sds_formats[file], key_columns(changes->options, file));
    if (!comparison)
        return failure_no_memory(failure);
    changes->comparisons[file] = comparison;
    enum compared compared = comparison_run(comparison, failure);
    if (compared == COMPARED)
        take_counts(&changes->files[file], comparison, rows);
    return compared != COMPARE_FAILED;
}

const struct file_changes *changes_files(const struct changes *changes)
{
    return changes->files;
}

bool changes_any(const struct changes *changes)
{
    for (int f = 0; f < SDS_FILES; f++)
        if (changes->files[f].state == CHANGES_COMPARED)
            return true;
    return false;
}

/* ---- changes.csv ---- */

struct writing {
    const struct options *options;
    enum sds_file file;
    int id_column;
    int other_column;
    struct buf lines; /* gathered */
    struct sink *sink;
};

static bool flush_lines(struct writing *w, struct failure *failure)
{
    bool ok = w->lines.oom ? failure_no_memory(failure)
                           : sink_put(w->sink, buf_slice(&w->lines), failure);
    buf_reset(&w->lines);
    return ok;
}

static void put_columns(struct buf *out, enum sds_file file, uint32_t columns)
{
    bool first = true;
    for (unsigned i = 0; i < sds_formats[file].column_count; i++) {
        if (!(columns & 1U << i))
            continue;
        if (!first)
            buf_put_byte(out, ' ');
        first = false;
        buf_put_text(out, sds_formats[file].columns[i].header);
    }
}

static bool put_line(void *context, enum row_change change, uint32_t columns,
                     const struct sds_table_row *row, struct failure *failure)
{
    static const char *const words[] = {
        [ROW_ADDED] = "added", [ROW_REMOVED] = "removed", [ROW_CHANGED] = "changed"};
    struct writing *w = context;
    struct buf *out = &w->lines;
    put_file_name(out, w->options, w->file);
    csv_put_comma(out);
    buf_put_text(out, words[change]);
    csv_put_comma(out);
    errors_put_foreign(out, row->cells[w->id_column]);
    csv_put_comma(out);
    if (w->other_column >= 0)
        errors_put_foreign(out, row->cells[w->other_column]);
    csv_put_comma(out);
    put_columns(out, w->file, columns);
    csv_end_row(out);
    return out->len < GATHER_BYTES || flush_lines(w, failure);
}

bool changes_write(struct changes *changes, struct sink *sink, struct failure *failure)
{
    struct writing w = {.options = changes->options, .sink = sink};
    struct comparison_teller teller = {put_line, &w};
    if (changes->options->bom)
        buf_put_text(&w.lines, "\xEF\xBB\xBF");
    buf_put_text(&w.lines, "File,Change,SIS ID,Other ID,Columns\r\n");
    bool ok = true;
    for (int f = 0; ok && f < SDS_FILES; f++) {
        if (changes->files[f].state != CHANGES_COMPARED)
            continue;
        w.file = (enum sds_file)f;
        w.id_column = sds_column_from(w.file, FROM_SIS_ID);
        w.other_column = other_column(changes->options, w.file);
        ok = comparison_tell(changes->comparisons[f], &teller, failure);
    }
    ok = ok && flush_lines(&w, failure);
    buf_release(&w.lines);
    return ok;
}
