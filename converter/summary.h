/* What people and monitors are told of a run: review/summary.json and the table on standard
 * output (converter/README.md). Neither holds student data. */
#ifndef CONVERTER_SUMMARY_H
#define CONVERTER_SUMMARY_H

#include "converter/committer.h"
#include "converter/run.h"
#include "converter/split.h"

#include <time.h>

/* The exit status of a run that has found a reason in the export not to publish. */
enum { STATUS_REFUSED = 5 };

/* The names of this program's files that stand in DIR, or in each of DIR/1, DIR/2 ... */
struct result_files {
    bool named[2 * SDS_FILES]; /* sds_file, and from SDS_FILES on in lower case */
    uint32_t sets;             /* how many such folders; 0: the files stand in DIR */
};

struct summary {
    const struct run *run;
    struct totals totals;
    const struct split *split; /* how the result was divided, or NULL */
    int status;
    bool published;
    const char *reason;        /* why not published, one sentence; NULL */
    struct result_files files; /* after the run */
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

/* The files of the result that an earlier summary.json (terminated text, or NULL) tells of; none
 * when it is no such document. False: out of memory. */
bool summary_old_files(const char *json, struct result_files *files);

/* How many sets there are in it; likewise. */
bool summary_old_sets(const char *json, uint32_t *sets);

/* Whether a path below DIR is one of the files, or the folder of a set. */
bool result_has(const struct result_files *files, struct slice path);

#endif
