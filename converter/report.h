/* The lines of the error file that are not about records: about files, and about the export as a
 * whole (converter/README.md). */
#ifndef CONVERTER_REPORT_H
#define CONVERTER_REPORT_H

#include "converter/committer.h"
#include "converter/guard.h"
#include "converter/run.h"
#include "converter/split.h"

/* Appends the lines about files, in input order, and counts them. `stop` becomes the code of the
 * first one that keeps the result from being published, unless it has one. False: out of memory. */
bool report_files(const struct run *run, struct totals *totals, struct buf *out,
                  enum issue_code *stop);

/* Appends the lines about the export. To be called last: it looks at all other counts. `split`
 * says how the result is to be divided; NULL: not at all. */
bool report_export(const struct run *run, const struct split *split, struct totals *totals,
                   const struct guarded *guarded, struct buf *out, enum issue_code *stop);

#endif
