/* The mapping of Clever's API to the roster (formats/README.md). No logic here. */
#include "formats/clever/schema.h"

/* clang-format off */
#define ALL  "1.1 1.2 2.0 2.1 3.0 3.1"
#define V1   "1.1 1.2"
#define V12  "1.1 1.2 2.0 2.1"
#define V1_2 "1.2 2.0 2.1"
#define V2   "2.0 2.1 3.0 3.1"
#define V3   "3.0 3.1"

#define VALUE(shape, attribute, path, versions) {shape, attribute, false, path, versions}
#define LIST(shape, list, path, versions)       {shape, list, true, path, versions}

#define ROLE(shape, role)                                                           \
    VALUE(shape, ATTR_ID,          "id",                                       V3), \
    VALUE(shape, ATTR_SIS_ID,      "roles." role ".sis_id",                    V3), \
    VALUE(shape, ATTR_SCHOOL,      "roles." role ".school",                    V3), \
    LIST (shape, LIST_SCHOOLS,     "roles." role ".schools",                   V3), \
    VALUE(shape, ATTR_FIRST_NAME,  "name.first",                               V3), \
    VALUE(shape, ATTR_MIDDLE_NAME, "name.middle",                              V3), \
    VALUE(shape, ATTR_LAST_NAME,   "name.last",                                V3), \
    VALUE(shape, ATTR_USERNAME,    "roles." role ".credentials.district_username", V3), \
    VALUE(shape, ATTR_EMAIL,       "email",                                    V3), \
    VALUE(shape, ATTR_EMAIL,       "roles." role ".email",                     V3), \
    VALUE(shape, ATTR_NUMBER,      "roles." role "." role "_number",           V3), \
    VALUE(shape, ATTR_STATE_ID,    "roles." role ".state_id",                  V3)

#define PERSON(shape, number)                                              \
    VALUE(shape, ATTR_ID,          "id",                            V12),  \
    VALUE(shape, ATTR_SIS_ID,      "sis_id",                        V12),  \
    VALUE(shape, ATTR_SCHOOL,      "school",                        V12),  \
    LIST (shape, LIST_SCHOOLS,     "schools",                       V1_2), \
    VALUE(shape, ATTR_FIRST_NAME,  "name.first",                    V12),  \
    VALUE(shape, ATTR_MIDDLE_NAME, "name.middle",                   V12),  \
    VALUE(shape, ATTR_LAST_NAME,   "name.last",                     V12),  \
    VALUE(shape, ATTR_USERNAME,    "credentials.district_username", V12),  \
    VALUE(shape, ATTR_EMAIL,       "email",                         V12),  \
    VALUE(shape, ATTR_NUMBER,      number,                          V12),  \
    VALUE(shape, ATTR_STATE_ID,    "state_id",                      V12)

const struct clever_field clever_fields[] = {
    VALUE(SHAPE_SCHOOL, ATTR_ID,              "id",               ALL),
    VALUE(SHAPE_SCHOOL, ATTR_SIS_ID,          "sis_id",           ALL),
    VALUE(SHAPE_SCHOOL, ATTR_NAME,            "name",             ALL),
    VALUE(SHAPE_SCHOOL, ATTR_NUMBER,          "school_number",    ALL),
    VALUE(SHAPE_SCHOOL, ATTR_NCES_ID,         "nces_id",          ALL),
    VALUE(SHAPE_SCHOOL, ATTR_STATE_ID,        "state_id",         ALL),
    VALUE(SHAPE_SCHOOL, ATTR_LOW_GRADE,       "low_grade",        ALL),
    VALUE(SHAPE_SCHOOL, ATTR_HIGH_GRADE,      "high_grade",       ALL),
    VALUE(SHAPE_SCHOOL, ATTR_PRINCIPAL_NAME,  "principal.name",   ALL),
    VALUE(SHAPE_SCHOOL, ATTR_PRINCIPAL_EMAIL, "principal.email",  ALL),
    VALUE(SHAPE_SCHOOL, ATTR_ADDRESS,         "location.address", ALL),
    VALUE(SHAPE_SCHOOL, ATTR_CITY,            "location.city",    ALL),
    VALUE(SHAPE_SCHOOL, ATTR_STATE,           "location.state",   ALL),
    VALUE(SHAPE_SCHOOL, ATTR_ZIP,             "location.zip",     ALL),
    VALUE(SHAPE_SCHOOL, ATTR_PHONE,           "phone",            ALL),

    VALUE(SHAPE_COURSE, ATTR_ID,            "id",     V2),
    VALUE(SHAPE_COURSE, ATTR_COURSE_NAME,   "name",   V2),
    VALUE(SHAPE_COURSE, ATTR_COURSE_NUMBER, "number", V2),

    VALUE(SHAPE_TERM, ATTR_ID,         "id",         V2),
    VALUE(SHAPE_TERM, ATTR_TERM_NAME,  "name",       V2),
    VALUE(SHAPE_TERM, ATTR_TERM_START, "start_date", V2),
    VALUE(SHAPE_TERM, ATTR_TERM_END,   "end_date",   V2),

    PERSON(SHAPE_TEACHER, "teacher_number"),
    VALUE(SHAPE_TEACHER, ATTR_TITLE, "title", V12),

    PERSON(SHAPE_STUDENT, "student_number"),
    VALUE(SHAPE_STUDENT, ATTR_GRADE,           "grade",           V12),
    VALUE(SHAPE_STUDENT, ATTR_BIRTH_DATE,      "dob",             V12),
    VALUE(SHAPE_STUDENT, ATTR_GRADUATION_YEAR, "graduation_year", V1_2),

    ROLE(SHAPE_USER_TEACHER, "teacher"),
    VALUE(SHAPE_USER_TEACHER, ATTR_LEGACY_ID, "roles.teacher.legacy_id", V3),
    VALUE(SHAPE_USER_TEACHER, ATTR_TITLE,     "roles.teacher.title",     V3),

    ROLE(SHAPE_USER_STUDENT, "student"),
    VALUE(SHAPE_USER_STUDENT, ATTR_GRADE,           "roles.student.grade",           V3),
    VALUE(SHAPE_USER_STUDENT, ATTR_BIRTH_DATE,      "roles.student.dob",             V3),
    VALUE(SHAPE_USER_STUDENT, ATTR_GRADUATION_YEAR, "roles.student.graduation_year", V3),

    VALUE(SHAPE_SECTION, ATTR_ID,                 "id",                 ALL),
    VALUE(SHAPE_SECTION, ATTR_SIS_ID,             "sis_id",             ALL),
    VALUE(SHAPE_SECTION, ATTR_SCHOOL,             "school",             ALL),
    VALUE(SHAPE_SECTION, ATTR_NAME,               "name",               ALL),
    VALUE(SHAPE_SECTION, ATTR_NUMBER,             "section_number",     ALL),
    VALUE(SHAPE_SECTION, ATTR_PERIOD,             "period",             ALL),
    VALUE(SHAPE_SECTION, ATTR_SUBJECT,            "subject",            ALL),
    VALUE(SHAPE_SECTION, ATTR_COURSE,             "course",             V2),
    VALUE(SHAPE_SECTION, ATTR_COURSE_NAME,        "course_name",        V1),
    VALUE(SHAPE_SECTION, ATTR_COURSE_NUMBER,      "course_number",      V1),
    VALUE(SHAPE_SECTION, ATTR_COURSE_DESCRIPTION, "course_description", V1),
    VALUE(SHAPE_SECTION, ATTR_TERM,               "term_id",            V2),
    VALUE(SHAPE_SECTION, ATTR_TERM_NAME,          "term.name",          V1),
    VALUE(SHAPE_SECTION, ATTR_TERM_START,         "term.start_date",    V1),
    VALUE(SHAPE_SECTION, ATTR_TERM_END,           "term.end_date",      V1),
    VALUE(SHAPE_SECTION, ATTR_TEACHER,            "teacher",            ALL),
    LIST (SHAPE_SECTION, LIST_TEACHERS,           "teachers",           ALL),
    LIST (SHAPE_SECTION, LIST_STUDENTS,           "students",           ALL),
};
/* clang-format on */

const size_t clever_field_count = sizeof clever_fields / sizeof *clever_fields;

const char *const clever_shape_names[SHAPE_COUNT] = {
    [SHAPE_SCHOOL] = "school",
    [SHAPE_COURSE] = "course",
    [SHAPE_TERM] = "term",
    [SHAPE_TEACHER] = "teacher",
    [SHAPE_STUDENT] = "student",
    [SHAPE_USER_TEACHER] = "user, as teacher",
    [SHAPE_USER_STUDENT] = "user, as student",
    [SHAPE_SECTION] = "section",
};
