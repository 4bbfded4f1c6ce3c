/* The mapping of Clever's CSV files to the roster (formats/README.md). No logic here. */
#include "formats/clever/csv_schema.h"

/* clang-format off */
#define VALUE(entity, attribute, header)    {entity, attribute, false, false, header}
#define REQUIRED(entity, attribute, header) {entity, attribute, false, true, header}
#define TEACHER(header)                     {ENTITY_SECTION, LIST_TEACHERS, true, false, header}

const struct clever_csv_field clever_csv_fields[] = {
    REQUIRED(ENTITY_SCHOOL, ATTR_SIS_ID,      "School_id"),
    REQUIRED(ENTITY_SCHOOL, ATTR_NAME,        "School_name"),
    VALUE(ENTITY_SCHOOL, ATTR_NUMBER,          "School_number"),
    VALUE(ENTITY_SCHOOL, ATTR_STATE_ID,        "State_id"),
    VALUE(ENTITY_SCHOOL, ATTR_NCES_ID,         "Nces_id"),
    VALUE(ENTITY_SCHOOL, ATTR_LOW_GRADE,       "Low_grade"),
    VALUE(ENTITY_SCHOOL, ATTR_HIGH_GRADE,      "High_grade"),
    VALUE(ENTITY_SCHOOL, ATTR_PRINCIPAL_NAME,  "Principal"),
    VALUE(ENTITY_SCHOOL, ATTR_PRINCIPAL_EMAIL, "Principal_email"),
    VALUE(ENTITY_SCHOOL, ATTR_ADDRESS,         "School_address"),
    VALUE(ENTITY_SCHOOL, ATTR_CITY,            "School_city"),
    VALUE(ENTITY_SCHOOL, ATTR_STATE,           "School_state"),
    VALUE(ENTITY_SCHOOL, ATTR_ZIP,             "School_zip"),
    VALUE(ENTITY_SCHOOL, ATTR_PHONE,           "School_phone"),

    REQUIRED(ENTITY_TEACHER, ATTR_SCHOOL,   "School_id"),
    REQUIRED(ENTITY_TEACHER, ATTR_SIS_ID,   "Teacher_id"),
    VALUE(ENTITY_TEACHER, ATTR_NUMBER,      "Teacher_number"),
    VALUE(ENTITY_TEACHER, ATTR_STATE_ID,    "State_teacher_id"),
    VALUE(ENTITY_TEACHER, ATTR_EMAIL,       "Teacher_email"),
    VALUE(ENTITY_TEACHER, ATTR_FIRST_NAME,  "First_name"),
    VALUE(ENTITY_TEACHER, ATTR_MIDDLE_NAME, "Middle_name"),
    VALUE(ENTITY_TEACHER, ATTR_LAST_NAME,   "Last_name"),
    VALUE(ENTITY_TEACHER, ATTR_TITLE,       "Title"),
    VALUE(ENTITY_TEACHER, ATTR_USERNAME,    "Username"),

    REQUIRED(ENTITY_STUDENT, ATTR_SCHOOL,       "School_id"),
    REQUIRED(ENTITY_STUDENT, ATTR_SIS_ID,       "Student_id"),
    VALUE(ENTITY_STUDENT, ATTR_NUMBER,          "Student_number"),
    VALUE(ENTITY_STUDENT, ATTR_STATE_ID,        "State_id"),
    VALUE(ENTITY_STUDENT, ATTR_LAST_NAME,       "Last_name"),
    VALUE(ENTITY_STUDENT, ATTR_MIDDLE_NAME,     "Middle_name"),
    VALUE(ENTITY_STUDENT, ATTR_FIRST_NAME,      "First_name"),
    VALUE(ENTITY_STUDENT, ATTR_GRADE,           "Grade"),
    VALUE(ENTITY_STUDENT, ATTR_GRADUATION_YEAR, "Graduation_year"),
    VALUE(ENTITY_STUDENT, ATTR_BIRTH_DATE,      "DOB"),
    VALUE(ENTITY_STUDENT, ATTR_EMAIL,           "Student_email"),
    VALUE(ENTITY_STUDENT, ATTR_USERNAME,        "Username"),

    REQUIRED(ENTITY_SECTION, ATTR_SCHOOL,          "School_id"),
    REQUIRED(ENTITY_SECTION, ATTR_SIS_ID,          "Section_id"),
    REQUIRED(ENTITY_SECTION, ATTR_TEACHER,         "Teacher_id"),
    TEACHER("Teacher_2_id"),
    TEACHER("Teacher_3_id"),
    TEACHER("Teacher_4_id"),
    TEACHER("Teacher_5_id"),
    TEACHER("Teacher_6_id"),
    TEACHER("Teacher_7_id"),
    TEACHER("Teacher_8_id"),
    TEACHER("Teacher_9_id"),
    TEACHER("Teacher_10_id"),
    VALUE(ENTITY_SECTION, ATTR_NAME,               "Name"),
    VALUE(ENTITY_SECTION, ATTR_NUMBER,             "Section_number"),
    VALUE(ENTITY_SECTION, ATTR_COURSE_NAME,        "Course_name"),
    VALUE(ENTITY_SECTION, ATTR_COURSE_NUMBER,      "Course_number"),
    VALUE(ENTITY_SECTION, ATTR_COURSE_DESCRIPTION, "Course_description"),
    VALUE(ENTITY_SECTION, ATTR_PERIOD,             "Period"),
    VALUE(ENTITY_SECTION, ATTR_SUBJECT,            "Subject"),
    VALUE(ENTITY_SECTION, ATTR_TERM_NAME,          "Term_name"),
    VALUE(ENTITY_SECTION, ATTR_TERM_START,         "Term_start"),
    VALUE(ENTITY_SECTION, ATTR_TERM_END,           "Term_end"),

    REQUIRED(ENTITY_ENROLLMENT, ATTR_SECTION, "Section_id"),
    REQUIRED(ENTITY_ENROLLMENT, ATTR_STUDENT, "Student_id"),
};
/* clang-format on */

const size_t clever_csv_field_count = sizeof clever_csv_fields / sizeof *clever_csv_fields;
