/* What people and monitors are told of a run: review/summary.json and the table on standard
 * output (converter/README.md). Neither holds student data. */
#ifndef CONVERTER_SUMMARY_H
#define CONVERTER_SUMMARY_H

#include "converter/changes.h"
#include "converter/committer.h"
#include "converter/run.h"
#include "converter/split.h"

#include <time.h>

/* The exit status of a run that has found a reason in the export not to publish. */
enum { STATUS_REFUSED = 5 };

struct summary {
    const struct run *run;
    struct totals totals;
    const struct split *split; /* how the result was divided, or NULL */
    int status;
    bool published;
    const char *reason; /* why not published, one sentence; NULL */
    const struct result *result; /* what stands in DIR after the run */
    const struct file_changes *changes; /* by file */
    time_t started;
    time_t finished;
};

/* The time now, or SOURCE_DATE_EPOCH. */
time_t summary_time(void);

/* Appends the JSON document. False: out of memory. */
bool summary_put_json(struct buf *out, const struct summary *summary);

/* Appends the table for people; with --quiet one line if nothing was published for a reason found
 * in the export, else nothing. */
void summary_put_text(struct buf *out, const struct summary *summary);
#endif
