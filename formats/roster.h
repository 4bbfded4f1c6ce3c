/* The canonical roster: what stands between every input format and every output format.
 *
 * A record is one row of meaning: a school, a section, a teacher, a student, a course or a term,
 * whatever file and API version it came from (formats/README.md).
 */
#ifndef FORMATS_ROSTER_H
#define FORMATS_ROSTER_H

#include "formats/base/slice.h"

#include <stdint.h>

/* In the order in which an export is read (formats/README.md). ENTITY_OTHER is data Clever has
 * and this program does not use. */
enum entity {
    ENTITY_SCHOOL,
    ENTITY_COURSE,
    ENTITY_TERM,
    ENTITY_TEACHER,
    ENTITY_STUDENT,
    ENTITY_USER,
    ENTITY_SECTION,
    ENTITY_ENROLLMENT,
    ENTITY_OTHER,
    ENTITY_NONE, /* not known */
    ENTITY_COUNT = ENTITY_OTHER
};

typedef uint16_t entity_set;

static inline entity_set entity_bit(enum entity entity)
{
    return (entity_set)(1U << (unsigned)entity);
}

/* Scalars of records. */
enum attribute {
    ATTR_ID,
    ATTR_LEGACY_ID,
    ATTR_SIS_ID,
    ATTR_SCHOOL,
    ATTR_NAME,
    ATTR_FIRST_NAME,
    ATTR_MIDDLE_NAME,
    ATTR_LAST_NAME,
    ATTR_USERNAME,
    ATTR_EMAIL,
    ATTR_NUMBER,
    ATTR_STATE_ID,
    ATTR_NCES_ID,
    ATTR_LOW_GRADE,
    ATTR_HIGH_GRADE,
    ATTR_PRINCIPAL_NAME,
    ATTR_PRINCIPAL_EMAIL,
    ATTR_ADDRESS,
    ATTR_CITY,
    ATTR_STATE,
    ATTR_ZIP,
    ATTR_PHONE,
    ATTR_PERIOD,
    ATTR_SUBJECT,
    ATTR_COURSE,
    ATTR_COURSE_NAME,
    ATTR_COURSE_NUMBER,
    ATTR_COURSE_DESCRIPTION,
    ATTR_TERM,
    ATTR_TERM_NAME,
    ATTR_TERM_START,
    ATTR_TERM_END,
    ATTR_TITLE,
    ATTR_GRADE,
    ATTR_BIRTH_DATE,
    ATTR_GRADUATION_YEAR,
    ATTR_TEACHER,
    ATTR_SECTION, /* of an enrollment */
    ATTR_STUDENT,
    ATTR_COUNT
};

/* Lists of references. */
enum reference_list { LIST_SCHOOLS, LIST_TEACHERS, LIST_STUDENTS, LIST_COUNT };

/* For people: "birth date". */
extern const char *const roster_attribute_names[ATTR_COUNT];
extern const char *const roster_list_names[LIST_COUNT];

struct attribute_value {
    struct slice raw;   /* as read: decoded, not trimmed; absent when there is none */
    struct slice value; /* after text_clean; empty for a blank */
    bool control;       /* a run of control characters inside became a space */
    bool wrong_type;    /* something was there that is no scalar */
};

struct reference_values {
    const struct slice *ids; /* not blank, after text_clean, in order */
    size_t count;
    size_t wrong_elements;   /* elements that are no scalars */
    bool wrong_type;         /* something was there that is no list */
};

struct record {
    enum entity entity;
    int filled; /* for those who fill records: which attributes may not be zero; 0: any */
    struct attribute_value attr[ATTR_COUNT];
    struct reference_values list[LIST_COUNT];
};

#endif
