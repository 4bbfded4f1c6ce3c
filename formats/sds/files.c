#include "formats/sds/files.h"

/* clang-format off */
#define BLANK(header)                   {header, FROM_NOTHING, ATTR_COUNT, VALUE_TEXT, SET_ALL, REQUIRED_NEVER}
#define TEXT(header, attribute)         {header, FROM_ATTRIBUTE, attribute, VALUE_TEXT, SET_STANDARD, REQUIRED_NEVER}
#define PRIVATE(header, attribute, kind) {header, FROM_ATTRIBUTE, attribute, kind, SET_ALL, REQUIRED_NEVER}
#define KIND(header, attribute, kind)   {header, FROM_ATTRIBUTE, attribute, kind, SET_STANDARD, REQUIRED_NEVER}
#define ID(kind)                        {"SIS ID", FROM_SIS_ID, ATTR_ID, kind, SET_REQUIRED, REQUIRED_ALWAYS}
#define SCHOOL                          {"School SIS ID", FROM_SCHOOL, ATTR_SCHOOL, VALUE_TEXT, SET_REQUIRED, REQUIRED_ALWAYS}
#define STATUS                          {"Status", FROM_STATUS, ATTR_COUNT, VALUE_TEXT, SET_ALL, REQUIRED_NEVER}
#define USERNAME                        {"Username", FROM_USERNAME, ATTR_USERNAME, VALUE_USERNAME, SET_REQUIRED, REQUIRED_USERNAME}
#define FIRST_NAME                      {"First Name", FROM_ATTRIBUTE, ATTR_FIRST_NAME, VALUE_PERSON_NAME, SET_STANDARD, REQUIRED_NEW}
#define LAST_NAME                       {"Last Name", FROM_ATTRIBUTE, ATTR_LAST_NAME, VALUE_PERSON_NAME, SET_STANDARD, REQUIRED_NEW}
#define EMAIL                           {"Secondary Email", FROM_ATTRIBUTE, ATTR_EMAIL, VALUE_EMAIL, SET_STANDARD, REQUIRED_EMAIL}
#define NUMBER(header)                  {header, FROM_ATTRIBUTE, ATTR_NUMBER, VALUE_TEXT, SET_STANDARD, REQUIRED_NUMBER}
#define COURSE(header, attribute)       {header, FROM_COURSE, attribute, VALUE_TEXT, SET_STANDARD, REQUIRED_NEVER}
#define TERM(header, attribute, kind)   {header, FROM_TERM, attribute, kind, SET_STANDARD, REQUIRED_NEVER}

static const struct sds_column school_columns[] = {
    ID(VALUE_TEXT),
    {"Name", FROM_ATTRIBUTE, ATTR_NAME, VALUE_THING_NAME, SET_REQUIRED, REQUIRED_ALWAYS},
    TEXT("School Number", ATTR_NUMBER),
    TEXT("School NCES_ID", ATTR_NCES_ID),
    TEXT("State ID", ATTR_STATE_ID),
    KIND("Grade Low", ATTR_LOW_GRADE, VALUE_GRADE),
    KIND("Grade High", ATTR_HIGH_GRADE, VALUE_GRADE),
    BLANK("Principal SIS ID"),
    TEXT("Principal Name", ATTR_PRINCIPAL_NAME),
    KIND("Principal Secondary Email", ATTR_PRINCIPAL_EMAIL, VALUE_EMAIL),
    TEXT("Address", ATTR_ADDRESS),
    TEXT("City", ATTR_CITY),
    TEXT("State", ATTR_STATE),
    BLANK("Country"),
    TEXT("Zip", ATTR_ZIP),
    TEXT("Phone", ATTR_PHONE),
    BLANK("Zone"),
};

static const struct sds_column section_columns[] = {
    ID(VALUE_SECTION_ID),
    SCHOOL,
    {"Section Name", FROM_ATTRIBUTE, ATTR_NAME, VALUE_THING_NAME, SET_REQUIRED, REQUIRED_ALWAYS},
    TEXT("Section Number", ATTR_NUMBER),
    TERM("Term SIS ID", ATTR_TERM, VALUE_TEXT),
    TERM("Term Name", ATTR_TERM_NAME, VALUE_TEXT),
    TERM("Term StartDate", ATTR_TERM_START, VALUE_DATE),
    TERM("Term EndDate", ATTR_TERM_END, VALUE_DATE),
    COURSE("Course SIS ID", ATTR_COURSE),
    COURSE("Course Name", ATTR_COURSE_NAME),
    COURSE("Course Number", ATTR_COURSE_NUMBER),
    TEXT("Course Description", ATTR_COURSE_DESCRIPTION),
    KIND("Course Subject", ATTR_SUBJECT, VALUE_SUBJECT),
    TEXT("Periods", ATTR_PERIOD),
    STATUS,
};

static const struct sds_column teacher_columns[] = {
    ID(VALUE_TEXT),
    SCHOOL,
    FIRST_NAME,
    LAST_NAME,
    USERNAME,
    BLANK("Password"),
    PRIVATE("State ID", ATTR_STATE_ID, VALUE_TEXT),
    NUMBER("Teacher Number"),
    STATUS,
    TEXT("Middle Name", ATTR_MIDDLE_NAME),
    EMAIL,
    TEXT("Title", ATTR_TITLE),
    BLANK("Qualification"),
};

static const struct sds_column student_columns[] = {
    ID(VALUE_TEXT),
    SCHOOL,
    FIRST_NAME,
    LAST_NAME,
    USERNAME,
    BLANK("Password"),
    PRIVATE("State ID", ATTR_STATE_ID, VALUE_TEXT),
    EMAIL,
    NUMBER("Student Number"),
    TEXT("Middle Name", ATTR_MIDDLE_NAME),
    KIND("Grade", ATTR_GRADE, VALUE_GRADE),
    STATUS,
    PRIVATE("Birthdate", ATTR_BIRTH_DATE, VALUE_DATE),
    TEXT("Graduation Year", ATTR_GRADUATION_YEAR),
};

/* The cells of these two come from a section and its members, not from one record. */
static const struct sds_column roster_columns[] = {
    {"Section SIS ID", FROM_NOTHING, ATTR_COUNT, VALUE_TEXT, SET_REQUIRED, REQUIRED_ALWAYS},
    {"SIS ID", FROM_SIS_ID, ATTR_COUNT, VALUE_TEXT, SET_REQUIRED, REQUIRED_ALWAYS},
};

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

const struct sds_format sds_formats[SDS_FILES] = {
    [SDS_SCHOOL]             = {"School", ENTITY_SCHOOL, COLUMNS(school_columns)},
    [SDS_SECTION]            = {"Section", ENTITY_SECTION, COLUMNS(section_columns)},
    [SDS_TEACHER]            = {"Teacher", ENTITY_TEACHER, COLUMNS(teacher_columns)},
    [SDS_STUDENT]            = {"Student", ENTITY_STUDENT, COLUMNS(student_columns)},
    [SDS_TEACHER_ROSTER]     = {"TeacherRoster", ENTITY_NONE, COLUMNS(roster_columns)},
    [SDS_STUDENT_ENROLLMENT] = {"StudentEnrollment", ENTITY_NONE, COLUMNS(roster_columns)},
};
/* clang-format on */

int sds_column_from(enum sds_file file, enum sds_from from)
{
    for (size_t i = 0; i < sds_formats[file].column_count; i++)
        if (sds_formats[file].columns[i].from == from)
            return (int)i;
    return -1;
}

int sds_column_of(enum sds_file file, enum attribute attribute)
{
    for (size_t i = 0; i < sds_formats[file].column_count; i++)
        if (sds_formats[file].columns[i].attribute == attribute)
            return (int)i;
    return -1;
}

enum sds_file sds_file_of(enum entity entity)
{
    switch (entity) {
    case ENTITY_SCHOOL: return SDS_SCHOOL;
    case ENTITY_TEACHER: return SDS_TEACHER;
    case ENTITY_STUDENT: return SDS_STUDENT;
    case ENTITY_COURSE:
    case ENTITY_TERM:
    case ENTITY_SECTION: return SDS_SECTION;
    case ENTITY_ENROLLMENT: return SDS_STUDENT_ENROLLMENT;
    case ENTITY_USER:
    case ENTITY_OTHER:
    case ENTITY_NONE: break;
    }
    return SDS_NO_FILE;
}
