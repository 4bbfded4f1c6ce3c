/* A reader, workers and a committer around a ring of batches.
 *
 *        read (one at a time, in order)
 *          v
 *   ring [ b0 b1 b2 ... ]    work (any number at once)
 *          v
 *        commit (one at a time, in the order of reading)
 *
 * Every thread does whatever is due: it reads when no batch waits for each of the threads, else
 * commits the oldest batch when that is ready, else works. So the output does not depend on how many
 * threads there are, none is idle while another one reads, and with one thread there is no other.
 */
#ifndef CONVERTER_PIPELINE_H
#define CONVERTER_PIPELINE_H

#include "converter/batch.h"

struct pipeline_steps {
    /* Fills an empty batch. *more: whether to be called again. */
    bool (*read)(void *context, struct batch *batch, bool *more, struct failure *failure);
    /* Called by several threads at once; `worker` is a number below the number of threads. */
    void (*work)(void *context, int worker, struct batch *batch);
    bool (*commit)(void *context, struct batch *batch, struct failure *failure);
};

/* The ring, kept from one stage to the next. */
struct pipeline;

/* NULL: out of memory. */
struct pipeline *pipeline_new(int threads);
void pipeline_free(struct pipeline *pipeline);

/* Runs one stage to its end. False with the first failure in the order of the input: a failure
 * to read counts after all batches read before it. */
bool pipeline_run(struct pipeline *pipeline, const struct pipeline_steps *steps, void *context,
                  struct failure *failure);

#endif
