/* The files of School Data Sync, as tables (formats/README.md). */
#ifndef FORMATS_SDS_FILES_H
#define FORMATS_SDS_FILES_H

#include "formats/roster.h"

enum sds_file {
    SDS_SCHOOL,
    SDS_SECTION,
    SDS_TEACHER,
    SDS_STUDENT,
    SDS_TEACHER_ROSTER,
    SDS_STUDENT_ENROLLMENT,
    SDS_FILES,
    SDS_NO_FILE = SDS_FILES
};

/* Where a cell comes from. */
enum sds_from {
    FROM_NOTHING,   /* Clever has no source, or it is private: blank */
    FROM_ATTRIBUTE, /* the record's attribute */
    FROM_SIS_ID,    /* the id the run was asked to use */
    FROM_SCHOOL,    /* the written id of the record's school */
    FROM_USERNAME,  /* the username after source and domain rules */
    FROM_COURSE,    /* the attribute, else that of the course record */
    FROM_TERM,      /* the attribute, else that of the term record */
    FROM_STATUS     /* always "Active" */
};

/* The kinds of values that have rules of their own. */
enum value_kind {
    VALUE_TEXT,
    VALUE_PERSON_NAME,
    VALUE_THING_NAME,
    VALUE_GRADE,
    VALUE_SUBJECT,
    VALUE_DATE,
    VALUE_EMAIL,
    VALUE_USERNAME,
    VALUE_SECTION_ID
};

enum column_set { SET_REQUIRED, SET_STANDARD, SET_ALL };

/* When a blank cell costs the record (converter/README.md). */
enum required_when {
    REQUIRED_NEVER,
    REQUIRED_ALWAYS,
    REQUIRED_NEW,      /* with --sync new */
    REQUIRED_USERNAME, /* with --sync new, or as the match attribute */
    REQUIRED_EMAIL,    /* as the match attribute */
    REQUIRED_NUMBER    /* as the match attribute */
};

struct sds_column {
    const char *header;
    enum sds_from from;
    enum attribute attribute;
    enum value_kind kind;
    enum column_set set; /* the smallest column set that has it */
    enum required_when required;
};

enum { SDS_MAX_COLUMNS = 17 };

struct sds_format {
    const char *name; /* "School": also the FILE of --with and --without */
    enum entity entity;
    const struct sds_column *columns;
    size_t column_count;
};

/* In the order of enum sds_file; columns in the order of Microsoft's sample headers. */
extern const struct sds_format sds_formats[SDS_FILES];

/* The column that holds FROM_... of a file, -1 when there is none. */
int sds_column_from(enum sds_file file, enum sds_from from);

/* The column of an attribute, -1 when the file has none. */
int sds_column_of(enum sds_file file, enum attribute attribute);

/* The file in which records of an entity become rows; courses and terms are parts of
 * Section.csv. SDS_NO_FILE for users. */
enum sds_file sds_file_of(enum entity entity);

#endif
