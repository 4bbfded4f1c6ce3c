/* The command line (README.md). One table drives parsing, --help, the manual page, completions and
 * the documents. */
#ifndef CONVERTER_OPTIONS_H
#define CONVERTER_OPTIONS_H

#include "converter/issue.h"
#include "formats/base/arena.h"
#include "formats/base/buf.h"
#include "formats/base/failure.h"
#include "formats/sds/files.h"

#include <stdint.h>

enum sync { SYNC_EXISTING, SYNC_NEW };
enum match { MATCH_USERNAME, MATCH_EMAIL, MATCH_NUMBER, MATCH_UNSET };
enum username_from {
    USERNAME_FROM_USERNAME,
    USERNAME_FROM_EMAIL,
    USERNAME_FROM_EMAIL_LOCAL,
    USERNAME_FROM_NUMBER,
    USERNAME_FROM_SIS_ID,
    USERNAME_FROM_STATE_ID
};
enum id_choice { ID_CLEVER, ID_SIS, ID_BY_INPUT };
enum teacher_id { TEACHER_ID_CURRENT, TEACHER_ID_LEGACY };
enum multi_school { MULTI_SCHOOL_PRIMARY, MULTI_SCHOOL_ROWS };
enum subjects { SUBJECTS_CODE, SUBJECTS_TEXT };
enum encoding { ENCODING_UTF_8, ENCODING_WINDOWS_1252, ENCODING_ISO_8859_1 };
enum error_limit { ERRORS_UNLIMITED, ERRORS_COUNT, ERRORS_PERCENT };

/* What the program is asked to do. */
enum action {
    ACTION_CONVERT,
    ACTION_PRINT_PROFILE,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_CODES,
    ACTION_LIST_COLUMNS,
    ACTION_LIST_OPTIONS, /* the last three are for what is made from them, not in --help */
    ACTION_LIST_FIELDS,
    ACTION_LIST_CSV_FIELDS
};

/* Roles with settings of their own. */
enum role { ROLE_TEACHER, ROLE_STUDENT, ROLES };

struct options {
    int action;
    const char *output;
    int sync;
    int match_all;
    int match_role[ROLES]; /* MATCH_UNSET: match_all */
    int username_from;
    const char *domain_all;
    const char *domain_role[ROLES];
    bool strip_domain;
    int id;
    int teacher_id;
    int multi_school;
    int columns;
    signed char column_choice[SDS_FILES][SDS_MAX_COLUMNS]; /* +1 --with, -1 --without */
    int subjects;
    enum severity severity[ISSUE_COUNT];
    bool treated[ISSUE_COUNT];
    bool users_only;
    uint64_t split; /* rows; 0: never */
    bool allow_empty[SDS_FILES];
    bool allow_incomplete;
    enum error_limit error_limit;
    uint64_t max_errors; /* lines, or hundredths of a percent */
    uint64_t max_removed; /* hundredths of a percent */
    bool guard_sections;
    uint64_t max_bytes;
    uint64_t wait; /* seconds */
    int encoding;
    bool check;
    bool lowercase_names;
    bool bom;
    bool no_values;
    bool no_report;
    int threads;
    int threads_asked; /* 0: as many as there are processors */
    bool quiet;
    bool verbose;
    bool no_sandbox;
    const char *profile;
    const char **exports;
    size_t export_count;
    struct arena kept; /* owns the list of EXPORTs and what the profile says */

    /* derived once all is read */
    bool written[SDS_FILES][SDS_MAX_COLUMNS];
    bool required[SDS_FILES][SDS_MAX_COLUMNS];
};

/* Fills `options` from argv, which must outlive it, and from the profile that it names; what stands
 * in argv wins. False with FAILURE_USAGE naming what is wrong and what is allowed. argv is not
 * changed. options_release is due in any case. */
bool options_parse(struct options *options, int argc, char **argv, struct failure *failure);
void options_release(struct options *options);

/* The match attribute and the domain in force for a role; the domain is absent for none. */
enum match options_match(const struct options *options, enum role role);
struct slice options_domain(const struct options *options, enum role role);

/* Whether a run with these options makes the file: --users-only makes three of them. */
bool options_make(const struct options *options, enum sds_file file);

/* The word of --allow-empty for a file: "student-enrollment". */
const char *options_empty_word(enum sds_file file);

void options_put_help(struct buf *out);
/* The options in force as a profile. False with a failure: a file name is not valid UTF-8 and
 * cannot stand in one; memory ran out. */
bool options_put_profile(const struct options *options, struct buf *out,
                         struct failure *failure);
void options_put_codes(struct buf *out);
void options_put_columns(struct buf *out);
/* Clever's fields: entity, attribute, path and versions, a tab between. */
void options_put_fields(struct buf *out);
/* The columns of Clever's CSV files: file, header, attribute, "required" or nothing. */
void options_put_csv_fields(struct buf *out);
/* The options: letter, name, value, the words it may have with blanks between, meaning; a tab
 * between. */
void options_put_table(struct buf *out);

/* Calls `each` with the name and the value in force of every option that a conversion has, in
 * the order of --help; `value` is absent for none, "yes" for a flag. For the summary.
 * False: out of memory, and a value was not told. */
bool options_each(const struct options *options,
                  void (*each)(void *context, const char *name, const char *value),
                  void *context);

#endif
