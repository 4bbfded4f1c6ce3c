/* --split: divides a result that is too large for SDS into sets of the six files
 * (converter/README.md).
 *
 *   School, Section, Teacher, Student, TeacherRoster, StudentEnrollment, as written in the stage
 *     -> split_new     reads the ids in them and decides (school_sets.h)
 *     -> split_write   reads each once more, puts its rows into the sets, removes it
 *
 * Only the first two cells of a row are looked at. Equal cells are equal bytes here, because one
 * function has written them all; so ids are compared as they stand. One thread. 22 bytes for an
 * id, and what school_sets.h takes.
 */
#ifndef CONVERTER_SPLIT_H
#define CONVERTER_SPLIT_H

#include "converter/outdir.h"
#include "converter/school_sets.h"
#include "converter/sink.h"

struct split;

/* Decides on sets of at most `limit` rows. `sinks`, borrowed, has a sink for each file, fd -1 for
 * those that are not written, and `rows` says how many rows were put into each. Flushes the sinks.
 * NULL with a failure. */
struct split *split_new(struct sink *sinks, const uint64_t *rows, uint64_t limit,
                        struct failure *failure);
void split_free(struct split *split);

/* A school that has too many rows for any set; `rows` are those that a set of it alone would have,
 * and where these are not above the limit the file is not to blame. */
struct unsplittable {
    struct slice id; /* as in School.csv */
    const uint64_t *rows;
};

/* The schools that do not fit, in order; while there is one, split_write must not be called. NULL
 * when there are not that many. */
const struct unsplittable *split_unsplittable(const struct split *split, size_t index);

/* How many sets there are, and the rows in a file of one, from 1. */
uint32_t split_sets(const struct split *split);
uint64_t split_rows(const struct split *split, uint32_t set, enum sds_file file);

/* Makes the sets in the stage, durable, in place of the files that the sinks have written; the
 * sinks are closed, their names removed. False with a failure; anything may be in the stage then.
 */
bool split_write(struct split *split, struct outdir *outdir, struct failure *failure);

#endif
