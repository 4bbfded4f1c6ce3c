/* Rows and problems by school, and students by grade: counted from the rows as they are written.
 *
 * Of a school's SIS ID a hash of 64 bits is kept: with ten thousand schools one run in 10^11 has a
 * wrong count, and these are counts for people to look at. One thread at a time.
 */
#ifndef CONVERTER_TALLY_H
#define CONVERTER_TALLY_H

#include "converter/options.h"
#include "formats/base/buf.h"

enum { TALLY_NAME = 80 }; /* characters of a school's name that are kept */

#define NO_SCHOOL UINT32_MAX

struct school_tally {
    bool written; /* it has a row; else only lines about it have come so far */
    size_t name;  /* where its id and its name stand in tally.names, each with a NUL behind */
    uint64_t students; /* rows */
    uint64_t teachers; /* rows */
    uint64_t sections;
    uint64_t members; /* rows of both roster files, by the school of their section */
    uint64_t lines[SEVERITIES];
};

/* Clever's grades as SDS writes them, in the order of school life. */
struct grade {
    const char *code;
    const char *label;
};

enum { GRADES = 26 };

extern const struct grade grades[GRADES];

struct tally_slot {
    uint64_t key; /* 0: free */
    uint32_t value;
};

struct tally_table {
    struct tally_slot *slots;
    size_t mask;
    size_t count;
};

/* The cell before, which the next one is often equal to. */
struct tally_memo {
    char cell[48];
    size_t len;
    uint32_t school;
};

struct tally {
    struct school_tally *schools;
    size_t school_count;
    size_t school_room;
    struct buf names;
    uint64_t elsewhere[SEVERITIES]; /* lines of no school */
    uint64_t grade[GRADES];
    uint64_t no_grade;
    bool grades_written;
    bool oom;
    /* private */
    int id_cell;
    int school_cell[SDS_FILES];
    int name_cell;
    int grade_cell;
    struct tally_table by_school;
    struct tally_memo school_memo;
    struct buf scratch;
};

/* Makes an empty tally; nothing can fail. */
void tally_init(struct tally *tally, const struct options *options);
void tally_release(struct tally *tally);

/* Counts one row of a school, a section or a person. Schools must come first. Out of memory:
 * tally->oom. */
void tally_row(struct tally *tally, enum sds_file file, struct slice row);

/* Counts rows of the two roster files, of a section of this school. */
void tally_members(struct tally *tally, struct slice school, uint64_t rows);

/* Counts one line of the error file; `school` is the school's SIS ID, absent for none. Its row may
 * come later. The number of the school in tally->schools, NO_SCHOOL for none. */
uint32_t tally_line(struct tally *tally, enum severity severity, struct slice school);

/* The id of a school that is written, and its name, both clipped. */
const char *tally_school_id(const struct tally *tally, const struct school_tally *school);
const char *tally_school_name(const struct tally *tally, const struct school_tally *school);

/* The school with this SIS ID, NULL for none. */
const struct school_tally *tally_school(struct tally *tally, struct slice id);

#endif
