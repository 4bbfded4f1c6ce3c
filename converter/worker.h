/* From the elements of a batch to outcomes: the strict check, the record, the rules
 * (converter/README.md) and the rendered rows and lines.
 *
 * A worker is a pure function of its batch, the constant tables and the frozen indexes: it knows
 * nothing of other records. What depends on them (repeats, usernames) is the committer's.
 */
#ifndef CONVERTER_WORKER_H
#define CONVERTER_WORKER_H

#include "converter/batch.h"
#include "converter/run.h"

struct worker;

/* One for each thread; NULL when out of memory. `run` outlives it. */
struct worker *worker_new(const struct run *run);
void worker_free(struct worker *worker);

/* Fills the batch's outcomes, rows and lines. Failures stand in batch->failure. */
void worker_process(struct worker *worker, struct batch *batch);

#endif
