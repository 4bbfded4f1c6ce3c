/* Which school goes into which set when a result is divided (converter/README.md), by numbers
 * alone: what the rows are and where they stand is the caller's business (split.h).
 *
 *   schools, in the order of School.csv     1 1 1 | 2 2 | 3 3 3 3      one set after the other
 *   a guest                                 a member of a section of a set none of whose schools
 *                                           is theirs: their row and their school's are added
 *
 * First everything is added in the order of its file, then school_sets_decide is called once, then
 * the rest may be asked. One thread. 8 bytes for the row of a person, 4 for one of a section, about
 * 100 for a school; up to 32 for a member who belongs to another school than the section.
 */
#ifndef CONVERTER_SCHOOL_SETS_H
#define CONVERTER_SCHOOL_SETS_H

#include "formats/sds/files.h"

#include <stdint.h>

struct school_sets;

/* Sets of at most `limit` rows in a file. NULL: out of memory. */
struct school_sets *school_sets_new(uint64_t limit);
void school_sets_free(struct school_sets *sets);

/* Adds the next school; they are numbered from 0. These functions return false when out of memory
 * (2^31 of a kind count as that). */
bool school_sets_add_school(struct school_sets *sets);

/* Adds the next section; they are numbered from 0. */
bool school_sets_add_section(struct school_sets *sets, uint32_t school);

/* Adds the next row of Teacher.csv, and after all of those of Student.csv; the rows of both files
 * are numbered together, from 0. A person with several rows has them next to each other, `again`
 * is true from the second one on, and is called by the number of the first. */
bool school_sets_add_person(struct school_sets *sets, enum sds_file file, uint32_t school,
                            bool again);

/* Adds a row of TeacherRoster.csv or StudentEnrollment.csv. */
bool school_sets_add_member(struct school_sets *sets, enum sds_file file, uint32_t section,
                            uint32_t person);

/* A school that alone has more rows than a set may have, with its guests. */
struct misfit {
    uint32_t school;
    uint64_t rows[SDS_FILES];
};

/* Decides. Unless every school fits, only school_sets_misfits may be asked then. */
bool school_sets_decide(struct school_sets *sets);

/* The schools that do not fit, in their order; NULL for none. */
const struct misfit *school_sets_misfits(const struct school_sets *sets, size_t *count);

/* How many sets there are, and the rows in a file of one; sets are numbered from 0. */
uint32_t school_sets_count(const struct school_sets *sets);
uint64_t school_sets_rows(const struct school_sets *sets, uint32_t set, enum sds_file file);

/* The set of a school, of a section, of the school of a person's row. */
uint32_t school_sets_of_school(const struct school_sets *sets, uint32_t school);
uint32_t school_sets_of_section(const struct school_sets *sets, uint32_t section);
uint32_t school_sets_of_person(const struct school_sets *sets, uint32_t row);

/* The further sets of a row of School.csv, or of a person's: all of them between two places of a
 * list in which those of the first row come first. Starting at 0, calls with growing rows find
 * each. True while there is another one for the row. */
bool school_sets_guest_school(const struct school_sets *sets, size_t *place, uint32_t school,
                              uint32_t *set);
bool school_sets_guest_person(const struct school_sets *sets, size_t *place, uint32_t row,
                              uint32_t *set);

/* How many rows of people were added so far. */
uint32_t school_sets_people(const struct school_sets *sets);

/* The number of the first row of Student.csv. */
uint32_t school_sets_first_student(const struct school_sets *sets);

#endif
