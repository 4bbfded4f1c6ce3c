/* The comparison with the last result: which of its files are compared with which new ones, what
 * differs, and review/changes.csv (converter/README.md). */
#ifndef CONVERTER_CHANGES_H
#define CONVERTER_CHANGES_H

#include "converter/compare.h"
#include "converter/options.h"
#include "converter/outdir.h"
#include "converter/result.h"
#include "converter/sink.h"

enum change_state {
    CHANGES_FIRST_RUN, /* the last result has no such file */
    CHANGES_COMPARED,
    CHANGES_UNREADABLE /* it has one that is not what this program writes */
};

struct file_changes {
    enum change_state state; /* the rest is for CHANGES_COMPARED */
    uint64_t before;         /* rows of the last result */
    struct row_counts rows;
    uint32_t new_columns;    /* bit i for the format's column i */
    uint32_t gone_columns;
};

struct changes;

/* Finds the files of the last result that this run's files are to be compared with. Borrows the
 * options and DIR. NULL: out of memory. */
struct changes *changes_new(const struct options *options, const struct outdir *outdir,
                            const struct result_files *past);
void changes_free(struct changes *changes);

/* Whether the last result has such a file. */
bool changes_expected(const struct changes *changes, enum sds_file file);

/* Compares one file, `fd` being all of the new one with `rows` rows, which must stay open until
 * changes_write is done. False with a failure. */
bool changes_compare(struct changes *changes, enum sds_file file, int fd, uint64_t rows,
                     struct failure *failure);

/* What has come out so far, by file. */
const struct file_changes *changes_files(const struct changes *changes);

/* Whether a file was compared: then there is a changes.csv. */
bool changes_any(const struct changes *changes);

/* Writes changes.csv. False with a failure. */
bool changes_write(struct changes *changes, struct sink *sink, struct failure *failure);

#endif
