#include "converter/guard.h"

#include "converter/errors_csv.h"

bool above_percent(uint64_t part, uint64_t of, uint64_t hundredths)
{
    return (double)part * 10000.0 > (double)of * (double)hundredths;
}

/* Sections change wholesale in summer; a row that is missing from the others deactivates. */
static bool guards(const struct options *options, enum sds_file file)
{
    return file == SDS_SCHOOL || file == SDS_TEACHER || file == SDS_STUDENT ||
           (file == SDS_SECTION && options->guard_sections);
}

bool guard_stops(const struct options *options, const struct guarded *guarded, enum sds_file file)
{
    const struct file_changes *changes = &guarded->files[file];
    return guards(options, file) && changes->state == CHANGES_COMPARED &&
           above_percent(changes->rows.removed, changes->before, options->max_removed);
}

/* What else differs from the last time and may be why. Nothing when nothing is known. */
static void put_cause(struct buf *out, const struct guarded *guarded, enum sds_file file)
{
    const struct file_changes *changes = &guarded->files[file];
    size_t start = out->len;
    result_put_differences(out, guarded->past, guarded->now);
    if (out->len == start && (changes->new_columns || changes->gone_columns))
        buf_printf(out, "the columns of %s are others than last time", sds_formats[file].name);
}

void guard_put_more(struct buf *out, const struct guarded *guarded, enum sds_file file)
{
    struct buf cause = {0};
    put_cause(&cause, guarded, file);
    buf_put_text(out, "The last result had ");
    buf_put_grouped(out, guarded->files[file].before);
    buf_put_text(out, " rows.");
    if (cause.len) {
        buf_put_text(out, " The likely cause: ");
        buf_put_slice(out, buf_slice(&cause));
        buf_put_byte(out, '.');
    }
    out->oom = out->oom || cause.oom;
    buf_release(&cause);
}

static void put_share(struct buf *out, const struct options *options, enum sds_file file,
                      const struct file_changes *changes)
{
    buf_put_grouped(out, changes->rows.removed);
    buf_put_text(out, " of the ");
    buf_put_grouped(out, changes->before);
    buf_put_text(out, " rows of the last ");
    put_file_name(out, options, file);
    buf_printf(out, " (%.3g%%)",
               100.0 * (double)changes->rows.removed / (double)changes->before);
}

void guard_put_reason(struct buf *out, const struct options *options,
                      const struct guarded *guarded)
{
    struct buf cause = {0};
    size_t start = out->len;
    int last = SDS_FILES - 1;
    while (last > 0 && !guard_stops(options, guarded, (enum sds_file)last))
        last--;
    for (int f = 0; f <= last; f++) {
        if (!guard_stops(options, guarded, (enum sds_file)f))
            continue;
        if (out->len > start)
            buf_put_text(out, f == last ? " and " : ", ");
        put_share(out, options, (enum sds_file)f, &guarded->files[f]);
        if (cause.len == 0)
            put_cause(&cause, guarded, (enum sds_file)f);
    }
    buf_printf(out, " are missing, more than --max-removed allows (%g%%); ",
               (double)options->max_removed / 100);
    if (cause.len) {
        buf_put_text(out, "the likely cause: ");
        buf_put_slice(out, buf_slice(&cause));
    } else {
        buf_put_text(out, "see whether the export is complete, or, if they are to go, allow it once "
                          "with --max-removed 100%");
    }
    out->oom = out->oom || cause.oom;
    buf_release(&cause);
}
