/* The pairs of enrollments.csv, by section: gathered before the sections are read, because a
 * section's lines speak of all its members.
 *
 * Written by the committer in a stage of its own, then read by all workers while sections are
 * read, but for the marks (enrollments_mark), which are the committer's again. 12 bytes a pair
 * and about 90 a section.
 */
#ifndef CONVERTER_ENROLLMENTS_H
#define CONVERTER_ENROLLMENTS_H

#include "converter/index.h"

struct enrollments;

struct enrollments *enrollments_new(void);
void enrollments_free(struct enrollments *enrollments);

/* Adds the next pair, in the order of the rows; neither id is blank. `student` is the entry that
 * the id leads to, NULL for nobody. False: out of memory. */
bool enrollments_add(struct enrollments *enrollments, struct slice section_id,
                     struct slice student_id, const struct id_entry *student);

/* A walk over the pairs of one section. */
struct enrolled {
    uint32_t pair;                 /* its number, from 0 */
    struct slice student_id;       /* as in the row; for an accepted student its written id */
    const struct id_entry *student;
    uint32_t next; /* private */
};

/* The first pair of the section with this SIS id, and the following ones; false at the end. */
bool enrollments_first(const struct enrollments *enrollments, const struct id_index *students,
                       struct slice section_id, struct enrolled *enrolled);
bool enrollments_next(const struct enrollments *enrollments, const struct id_index *students,
                      struct enrolled *enrolled);

/* Notes that a rejected section claims the pairs of its SIS id: true for the first one to do so. */
bool enrollments_claim(struct enrollments *enrollments, struct slice section_id);
bool enrollments_claimed(const struct enrollments *enrollments, struct slice section_id);

/* Notes that a pair becomes a row; whose row it becomes, NULL for none. */
void enrollments_mark(struct enrollments *enrollments, uint32_t pair);
const struct id_entry *enrollments_marked(const struct enrollments *enrollments,
                                          const struct id_index *students, uint64_t pair);

#endif
