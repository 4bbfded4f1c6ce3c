/* The guard against a half-empty export: how many rows of the last result may go
 * (converter/README.md). */
#ifndef CONVERTER_GUARD_H
#define CONVERTER_GUARD_H

#include "converter/changes.h"

/* What the guard has to judge; all borrowed. */
struct guarded {
    const struct file_changes *files; /* by file */
    const struct result *past;
    const struct result *now;
};

/* More than `hundredths` of a percent of `of`, without rounding. */
bool above_percent(uint64_t part, uint64_t of, uint64_t hundredths);

/* Whether more rows of a file would go than --max-removed allows. */
bool guard_stops(const struct options *options, const struct guarded *guarded,
                 enum sds_file file);

/* Appends the rest of the message about such a file: how many rows it had, the likely cause. */
void guard_put_more(struct buf *out, const struct guarded *guarded, enum sds_file file);

/* Appends one sentence about all such files, without a full stop. */
void guard_put_reason(struct buf *out, const struct options *options,
                      const struct guarded *guarded);

#endif
