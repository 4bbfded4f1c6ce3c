/* What people and monitors are told of a run: review/summary.json and the table on standard
 * output (converter/README.md). Neither holds student data. */
#ifndef CONVERTER_SUMMARY_H
#define CONVERTER_SUMMARY_H

#include "converter/committer.h"
#include "converter/run.h"

#include <time.h>

/* The names of this program's files that stand in DIR. */
struct result_files {
    bool named[2 * SDS_FILES]; /* sds_file, and from SDS_FILES on in lower case */
};

struct summary {
    const struct run *run;
    struct totals totals;
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

/* Appends the table for people. */
void summary_put_text(struct buf *out, const struct summary *summary);

/* The files of the result that an earlier summary.json tells of; none when it is no such document.
 * False: out of memory. */
bool summary_old_files(struct slice json, struct result_files *files);

/* Whether `name` is one of the files. */
bool result_has(const struct result_files *files, struct slice name);

#endif
