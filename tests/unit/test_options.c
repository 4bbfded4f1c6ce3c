/* The command line: every option and each of its values, what wins over what, and every way to
 * get it wrong. */
#include "converter/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { MOST_WORDS = 12 };

/* A command line; words are parted by |, so that they may hold spaces and be empty. */
struct parsed {
    struct options options;
    struct failure failure;
    bool ok;
    char *words;
    char *argv[MOST_WORDS + 2];
};

static void parse(struct parsed *p, const char *line)
{
    static char program[] = "clever2sds";
    int argc = 0;
    *p = (struct parsed){.ok = false};
    p->words = malloc(strlen(line) + 1);
    assert_non_null(p->words);
    strcpy(p->words, line);
    p->argv[argc++] = program;
    char *word = p->words;
    while (word && *line) {
        char *bar = strchr(word, '|');
        if (bar)
            *bar = '\0';
        assert_in_range(argc, 0, MOST_WORDS);
        p->argv[argc++] = word;
        word = bar ? bar + 1 : NULL;
    }
    p->ok = options_parse(&p->options, argc, p->argv, &p->failure);
    if (p->ok)
        assert_int_equal(p->failure.kind, FAILURE_NONE);
}

static void parse_good(struct parsed *p, const char *line)
{
    parse(p, line);
    if (!p->ok)
        fail_msg("%s: %s", line, p->failure.text);
}

static void release(struct parsed *p)
{
    options_release(&p->options);
    free(p->words);
}

/* ---- defaults ---- */

static void test_defaults(void **state)
{
    (void)state;
    struct parsed p;
    parse_good(&p, "in");
    const struct options *o = &p.options;
    assert_int_equal(o->action, ACTION_CONVERT);
    assert_string_equal(o->output, "sds");
    assert_int_equal(o->sync, SYNC_EXISTING);
    assert_int_equal(options_match(o, ROLE_STUDENT), MATCH_USERNAME);
    assert_int_equal(options_match(o, ROLE_TEACHER), MATCH_USERNAME);
    assert_int_equal(o->username_from, USERNAME_FROM_USERNAME);
    assert_null(options_domain(o, ROLE_STUDENT).ptr);
    assert_null(options_domain(o, ROLE_TEACHER).ptr);
    assert_int_equal(o->id, ID_BY_INPUT);
    assert_int_equal(o->teacher_id, TEACHER_ID_CURRENT);
    assert_int_equal(o->multi_school, MULTI_SCHOOL_PRIMARY);
    assert_int_equal(o->columns, SET_STANDARD);
    assert_int_equal(o->subjects, SUBJECTS_CODE);
    assert_int_equal(o->error_limit, ERRORS_UNLIMITED);
    assert_true(o->max_bytes == (uint64_t)64 << 30);
    assert_int_equal(o->encoding, ENCODING_UTF_8);
    assert_in_range(o->threads, 1, 256);
    assert_false(o->strip_domain || o->users_only || o->allow_incomplete || o->check ||
                 o->lowercase_names || o->bom || o->no_values || o->quiet || o->verbose ||
                 o->no_sandbox);
    for (int f = 0; f < SDS_FILES; f++)
        assert_false(o->allow_empty[f]);
    for (int i = 0; i < ISSUE_COUNT; i++) {
        assert_false(o->treated[i]);
        assert_int_equal(o->severity[i], issue_kinds[i].severity);
    }
    release(&p);
}

/* ---- values ---- */

/* What an option with a choice of words makes of each. */
static const struct choice_case {
    const char *name;
    const char *word;
    size_t offset; /* of the int */
    int value;
} choices[] = {
#define AT(member) offsetof(struct options, member)
    {"sync", "existing", AT(sync), SYNC_EXISTING},
    {"sync", "new", AT(sync), SYNC_NEW},
    {"match", "username", AT(match_all), MATCH_USERNAME},
    {"match", "secondary-email", AT(match_all), MATCH_EMAIL},
    {"match", "number", AT(match_all), MATCH_NUMBER},
    {"match-students", "username", AT(match_role[ROLE_STUDENT]), MATCH_USERNAME},
    {"match-students", "secondary-email", AT(match_role[ROLE_STUDENT]), MATCH_EMAIL},
    {"match-students", "number", AT(match_role[ROLE_STUDENT]), MATCH_NUMBER},
    {"match-teachers", "username", AT(match_role[ROLE_TEACHER]), MATCH_USERNAME},
    {"match-teachers", "secondary-email", AT(match_role[ROLE_TEACHER]), MATCH_EMAIL},
    {"match-teachers", "number", AT(match_role[ROLE_TEACHER]), MATCH_NUMBER},
    {"username-from", "username", AT(username_from), USERNAME_FROM_USERNAME},
    {"username-from", "email", AT(username_from), USERNAME_FROM_EMAIL},
    {"username-from", "email-local", AT(username_from), USERNAME_FROM_EMAIL_LOCAL},
    {"username-from", "number", AT(username_from), USERNAME_FROM_NUMBER},
    {"username-from", "sis-id", AT(username_from), USERNAME_FROM_SIS_ID},
    {"username-from", "state-id", AT(username_from), USERNAME_FROM_STATE_ID},
    {"id", "clever", AT(id), ID_CLEVER},
    {"id", "sis", AT(id), ID_SIS},
    {"teacher-id", "current", AT(teacher_id), TEACHER_ID_CURRENT},
    {"teacher-id", "legacy", AT(teacher_id), TEACHER_ID_LEGACY},
    {"multi-school", "primary", AT(multi_school), MULTI_SCHOOL_PRIMARY},
    {"multi-school", "rows", AT(multi_school), MULTI_SCHOOL_ROWS},
    {"columns", "required", AT(columns), SET_REQUIRED},
    {"columns", "standard", AT(columns), SET_STANDARD},
    {"columns", "all", AT(columns), SET_ALL},
    {"subjects", "code", AT(subjects), SUBJECTS_CODE},
    {"subjects", "text", AT(subjects), SUBJECTS_TEXT},
    {"encoding", "utf-8", AT(encoding), ENCODING_UTF_8},
    {"encoding", "windows-1252", AT(encoding), ENCODING_WINDOWS_1252},
    {"encoding", "iso-8859-1", AT(encoding), ENCODING_ISO_8859_1},
};

static int number_at(const struct options *options, size_t offset)
{
    int number;
    memcpy(&number, (const char *)options + offset, sizeof number);
    return number;
}

static void check_choice(const struct choice_case *c, const char *line)
{
    struct parsed p;
    parse_good(&p, line);
    assert_int_equal(number_at(&p.options, c->offset), c->value);
    release(&p);
}

/* In each way to write it, and behind each other word of the option, since the last counts. */
static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(choices); i++) {
        const struct choice_case *c = &choices[i];
        char line[256];
        (void)snprintf(line, sizeof line, "--%s|%s|in", c->name, c->word);
        check_choice(c, line);
        (void)snprintf(line, sizeof line, "in|--%s=%s", c->name, c->word);
        check_choice(c, line);
        for (size_t j = 0; j < COUNT(choices); j++) {
            if (strcmp(choices[j].name, c->name) != 0)
                continue;
            (void)snprintf(line, sizeof line, "--%s=%s|in|--%s=%s", c->name, choices[j].word,
                           c->name, c->word);
            check_choice(c, line);
        }
    }
}

/* Words are matched exactly, and the message names the word and all that are allowed. */
static void test_wrong_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(choices); i++) {
        const struct choice_case *c = &choices[i];
        char wrong[5][64];
        (void)snprintf(wrong[0], sizeof wrong[0], "%sx", c->word);
        (void)snprintf(wrong[1], sizeof wrong[1], "%c%s", c->word[0] - 32, c->word + 1);
        (void)snprintf(wrong[2], sizeof wrong[2], "%.*s", (int)strlen(c->word) - 1, c->word);
        (void)snprintf(wrong[3], sizeof wrong[3], " %s", c->word);
        wrong[4][0] = '\0';
        for (size_t w = 0; w < COUNT(wrong); w++) {
            char line[512];
            struct parsed p;
            (void)snprintf(line, sizeof line, "--%s=%s|in", c->name, wrong[w]);
            parse(&p, line);
            if (p.ok || p.failure.kind != FAILURE_USAGE || !strstr(p.failure.text, c->name) ||
                !strstr(p.failure.text, wrong[w]) || !strstr(p.failure.text, c->word))
                fail_msg("%s: %s", line, p.failure.text);
            release(&p);
        }
    }
}

static void test_flags(void **state)
{
    static const struct {
        const char *word;
        size_t offset;
    } flags[] = {
        {"--strip-domain", AT(strip_domain)},
        {"--users-only", AT(users_only)},
        {"--allow-incomplete", AT(allow_incomplete)},
        {"--check", AT(check)},
        {"--lowercase-names", AT(lowercase_names)},
        {"--bom", AT(bom)},
        {"--no-values", AT(no_values)},
        {"--quiet", AT(quiet)},
        {"-q", AT(quiet)},
        {"--verbose", AT(verbose)},
        {"-v", AT(verbose)},
        {"--no-sandbox", AT(no_sandbox)},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(flags); i++) {
        char line[64];
        struct parsed p;
        (void)snprintf(line, sizeof line, "in|%s|%s", flags[i].word, flags[i].word);
        parse_good(&p, line);
        for (size_t j = 0; j < COUNT(flags); j++) {
            bool set;
            memcpy(&set, (const char *)&p.options + flags[j].offset, sizeof set);
            assert_int_equal(set, flags[j].offset == flags[i].offset);
        }
        assert_int_equal(p.options.export_count, 1);
        release(&p);
    }
}

/* An action needs no EXPORT; the first one is done. */
static void test_actions(void **state)
{
    static const struct {
        const char *line;
        int action;
    } cases[] = {
        {"--help", ACTION_HELP},
        {"-h", ACTION_HELP},
        {"--version", ACTION_VERSION},
        {"--list-codes", ACTION_LIST_CODES},
        {"--list-columns", ACTION_LIST_COLUMNS},
        {"--version|--help", ACTION_VERSION},
        {"--help|--version|in", ACTION_HELP},
        {"in|-qh", ACTION_HELP},
        /* What would not fit together does not matter then. */
        {"--list-codes|-q|-v", ACTION_LIST_CODES},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i].line);
        assert_int_equal(p.options.action, cases[i].action);
        release(&p);
    }
}

static void test_output(void **state)
{
    static const char *const cases[][2] = {
        {"-o|x|in", "x"},           {"-ox|in", "x"},       {"--output|x y|in", "x y"},
        {"--output=x=y|in", "x=y"}, {"-o|-x|in", "-x"},    {"in|-qo|x", "x"},
        {"-o|a|--output|b|in", "b"}, {"-o=x|in", "=x"},    {"--output|--check|in", "--check"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i][0]);
        assert_string_equal(p.options.output, cases[i][1]);
        assert_int_equal(p.options.export_count, 1);
        release(&p);
    }
}

static void test_threads(void **state)
{
    static const struct {
        const char *line;
        int threads;
    } cases[] = {
        {"-j|1|in", 1},         {"-j2|in", 2},          {"-qj2|in", 2},  {"-qj|2|in", 2},
        {"--threads|8|in", 8},  {"--threads=256|in", 256}, {"-j1|-j3|in", 3}, {"-j007|in", 7},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i].line);
        assert_int_equal(p.options.threads, cases[i].threads);
        assert_int_equal(p.options.quiet, strstr(cases[i].line, "-q") != NULL);
        release(&p);
    }
}

static void test_max_bytes(void **state)
{
    static const struct {
        const char *size;
        uint64_t bytes;
    } cases[] = {
        {"1", 1},
        {"1000", 1000},
        {"1K", 1024},
        {"5M", 5U << 20},
        {"64G", (uint64_t)64 << 30},
        {"2T", (uint64_t)2 << 40},
        {"16777215T", (uint64_t)16777215 << 40},
        {"18446744073709551606", UINT64_MAX - 9},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[64];
        struct parsed p;
        (void)snprintf(line, sizeof line, "in|--max-bytes|%s", cases[i].size);
        parse_good(&p, line);
        assert_true(p.options.max_bytes == cases[i].bytes);
        release(&p);
    }
}

static void test_max_errors(void **state)
{
    static const struct {
        const char *value;
        enum error_limit limit;
        uint64_t number; /* lines, or hundredths of a percent */
    } cases[] = {
        {"0", ERRORS_COUNT, 0},          {"25", ERRORS_COUNT, 25},
        {"1000000", ERRORS_COUNT, 1000000}, {"0%", ERRORS_PERCENT, 0},
        {"5%", ERRORS_PERCENT, 500},     {"100%", ERRORS_PERCENT, 10000},
        {"0.5%", ERRORS_PERCENT, 50},    {"0.05%", ERRORS_PERCENT, 5},
        {"12.34%", ERRORS_PERCENT, 1234}, {"100.00%", ERRORS_PERCENT, 10000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[64];
        struct parsed p;
        (void)snprintf(line, sizeof line, "in|--max-errors=%s", cases[i].value);
        parse_good(&p, line);
        assert_int_equal(p.options.error_limit, cases[i].limit);
        assert_true(p.options.max_errors == cases[i].number);
        release(&p);
    }
}

static void test_allow_empty(void **state)
{
    static const char *const words[SDS_FILES] = {
        [SDS_SCHOOL] = "schools",
        [SDS_SECTION] = "sections",
        [SDS_TEACHER] = "teachers",
        [SDS_STUDENT] = "students",
        [SDS_TEACHER_ROSTER] = "teacher-roster",
        [SDS_STUDENT_ENROLLMENT] = "student-enrollment",
    };
    (void)state;
    for (int f = 0; f < SDS_FILES; f++) {
        char line[64];
        struct parsed p;
        assert_string_equal(options_empty_word((enum sds_file)f), words[f]);
        (void)snprintf(line, sizeof line, "in|--allow-empty|%s", words[f]);
        parse_good(&p, line);
        for (int g = 0; g < SDS_FILES; g++)
            assert_int_equal(p.options.allow_empty[g], f == g);
        release(&p);
    }
    struct parsed both;
    parse_good(&both, "in|--allow-empty|schools|--allow-empty=sections");
    assert_true(both.options.allow_empty[SDS_SCHOOL] && both.options.allow_empty[SDS_SECTION]);
    release(&both);
}

/* Every code with every severity, but those that stop the run, which cannot be treated. */
static void test_treat(void **state)
{
    (void)state;
    for (int i = 0; i < ISSUE_COUNT; i++) {
        for (int s = 0; s < SEVERITIES; s++) {
            char line[96];
            struct parsed p;
            (void)snprintf(line, sizeof line, "in|--treat|%s=%s", issue_kinds[i].code,
                           severity_names[s]);
            parse(&p, line);
            bool run = issue_kinds[i].group == GROUP_RUN;
            assert_int_equal(p.ok, !run);
            if (run)
                assert_non_null(strstr(p.failure.text, issue_kinds[i].code));
            for (int other = 0; p.ok && other < ISSUE_COUNT; other++) {
                assert_int_equal(p.options.treated[other], other == i);
                assert_int_equal(p.options.severity[other],
                                 other == i ? (enum severity)s : issue_kinds[other].severity);
            }
            release(&p);
        }
    }
    struct parsed twice;
    parse_good(&twice, "in|--treat|too_long=error|--treat=too_long=info");
    assert_int_equal(twice.options.severity[ISSUE_too_long], SEVERITY_INFO);
    release(&twice);
}

/* The codes that stop the run are these and no others (converter/README.md, --treat). */
static void test_codes_that_stop_the_run(void **state)
{
    (void)state;
    for (int i = 0; i < ISSUE_COUNT; i++) {
        bool stops = i == ISSUE_empty_entity || i == ISSUE_missing_page ||
                     i == ISSUE_too_many_errors || i == ISSUE_too_many_removed;
        assert_int_equal(issue_kinds[i].group == GROUP_RUN, stops);
        assert_int_equal(issue_named(slice_from(issue_kinds[i].code)), i);
    }
    assert_int_equal(issue_named(SLICE_LITERAL("no_such_code")), ISSUE_NONE);
    assert_int_equal(issue_named(SLICE_LITERAL("")), ISSUE_NONE);
}

/* ---- what wins ---- */

static void test_match_of_a_role_wins(void **state)
{
    static const struct {
        const char *line;
        enum match student;
        enum match teacher;
    } cases[] = {
        {"in|--match|number", MATCH_NUMBER, MATCH_NUMBER},
        {"in|--match-students|number", MATCH_NUMBER, MATCH_USERNAME},
        {"in|--match-teachers|number", MATCH_USERNAME, MATCH_NUMBER},
        {"in|--match|number|--match-students|secondary-email", MATCH_EMAIL, MATCH_NUMBER},
        {"in|--match-students|secondary-email|--match|number", MATCH_EMAIL, MATCH_NUMBER},
        {"in|--match-teachers|username|--match|number", MATCH_NUMBER, MATCH_USERNAME},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i].line);
        assert_int_equal(options_match(&p.options, ROLE_STUDENT), cases[i].student);
        assert_int_equal(options_match(&p.options, ROLE_TEACHER), cases[i].teacher);
        release(&p);
    }
}

static void test_domains(void **state)
{
    static const struct {
        const char *line;
        const char *student;
        const char *teacher;
    } cases[] = {
        {"in|--domain|x.edu", "x.edu", "x.edu"},
        {"in|--domain|@x.edu", "x.edu", "x.edu"},
        {"in|--domain=a|--domain=b", "b", "b"},
        {"in|--student-domain|s.edu", "s.edu", NULL},
        {"in|--teacher-domain=@t.edu", NULL, "t.edu"},
        {"in|--domain|x|--student-domain|s", "s", "x"},
        {"in|--student-domain|s|--domain|x", "s", "x"},
        {"in|--teacher-domain|t|--domain|x|--student-domain|s", "s", "t"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i].line);
        struct slice student = options_domain(&p.options, ROLE_STUDENT);
        struct slice teacher = options_domain(&p.options, ROLE_TEACHER);
        assert_true(slice_equal(student, slice_from(cases[i].student)));
        assert_true(slice_equal(teacher, slice_from(cases[i].teacher)));
        assert_int_equal(student.ptr == NULL, cases[i].student == NULL);
        assert_int_equal(teacher.ptr == NULL, cases[i].teacher == NULL);
        release(&p);
    }
}

/* ---- columns ---- */

struct column_case {
    const char *line;
    enum sds_file file;
    const char *columns; /* the headers written, CAPITALS as they stand, joined by a comma */
};

static void check_columns(const struct column_case *cases, size_t count, bool required)
{
    for (size_t i = 0; i < count; i++) {
        const struct sds_format *format = &sds_formats[cases[i].file];
        struct parsed p;
        struct buf shown = {0};
        parse_good(&p, cases[i].line);
        for (size_t c = 0; c < format->column_count; c++)
            if (required ? p.options.required[cases[i].file][c]
                         : p.options.written[cases[i].file][c])
                buf_printf(&shown, "%s%s", shown.len ? "," : "", format->columns[c].header);
        if (strcmp(buf_text(&shown), cases[i].columns) != 0)
            fail_msg("%s, %s: %s", cases[i].line, format->name, buf_text(&shown));
        buf_release(&shown);
        release(&p);
    }
}

#define STUDENT_STANDARD \
    "SIS ID,School SIS ID,First Name,Last Name,Username,Secondary Email,Student Number," \
    "Middle Name,Grade,Graduation Year"
#define STUDENT_ALL \
    "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email," \
    "Student Number,Middle Name,Grade,Status,Birthdate,Graduation Year"

static void test_column_sets(void **state)
{
    static const struct column_case cases[] = {
        {"in", SDS_STUDENT, STUDENT_STANDARD},
        {"in|--columns|standard", SDS_STUDENT, STUDENT_STANDARD},
        {"in|--columns|all", SDS_STUDENT, STUDENT_ALL},
        {"in|--columns|required", SDS_STUDENT, "SIS ID,School SIS ID,Username"},
        {"in", SDS_SCHOOL,
         "SIS ID,Name,School Number,School NCES_ID,State ID,Grade Low,Grade High,Principal Name,"
         "Principal Secondary Email,Address,City,State,Zip,Phone"},
        {"in|--columns|all", SDS_SCHOOL,
         "SIS ID,Name,School Number,School NCES_ID,State ID,Grade Low,Grade High,"
         "Principal SIS ID,Principal Name,Principal Secondary Email,Address,City,State,Country,"
         "Zip,Phone,Zone"},
        {"in|--columns|required", SDS_SCHOOL, "SIS ID,Name"},
        {"in", SDS_SECTION,
         "SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,"
         "Term EndDate,Course SIS ID,Course Name,Course Number,Course Description,"
         "Course Subject,Periods"},
        {"in|--columns|all", SDS_SECTION,
         "SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,"
         "Term EndDate,Course SIS ID,Course Name,Course Number,Course Description,"
         "Course Subject,Periods,Status"},
        {"in|--columns|required", SDS_SECTION, "SIS ID,School SIS ID,Section Name"},
        {"in", SDS_TEACHER,
         "SIS ID,School SIS ID,First Name,Last Name,Username,Teacher Number,Middle Name,"
         "Secondary Email,Title"},
        {"in|--columns|all", SDS_TEACHER,
         "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Teacher Number,"
         "Status,Middle Name,Secondary Email,Title,Qualification"},
        {"in|--columns|required", SDS_TEACHER, "SIS ID,School SIS ID,Username"},
        {"in", SDS_TEACHER_ROSTER, "Section SIS ID,SIS ID"},
        {"in|--columns|required", SDS_STUDENT_ENROLLMENT, "Section SIS ID,SIS ID"},
    };
    (void)state;
    check_columns(cases, COUNT(cases), false);
}

/* The `required` set has the match attribute too, and with new users their names. */
static void test_column_set_by_match(void **state)
{
    static const struct column_case cases[] = {
        {"in|--columns|required|--match|number", SDS_STUDENT,
         "SIS ID,School SIS ID,Username,Student Number"},
        {"in|--columns|required|--match|number", SDS_TEACHER,
         "SIS ID,School SIS ID,Username,Teacher Number"},
        {"in|--columns|required|--match-students|secondary-email", SDS_STUDENT,
         "SIS ID,School SIS ID,Username,Secondary Email"},
        {"in|--columns|required|--match-students|secondary-email", SDS_TEACHER,
         "SIS ID,School SIS ID,Username"},
        {"in|--columns|required|--match-teachers|secondary-email", SDS_TEACHER,
         "SIS ID,School SIS ID,Username,Secondary Email"},
        {"in|--columns|required|--sync|new", SDS_STUDENT,
         "SIS ID,School SIS ID,First Name,Last Name,Username"},
        {"in|--columns|required|--sync|new|--match|number", SDS_TEACHER,
         "SIS ID,School SIS ID,First Name,Last Name,Username"},
    };
    (void)state;
    check_columns(cases, COUNT(cases), false);
}

/* The last word on a column counts, whatever stands between and wherever --columns stands. */
static void test_with_and_without(void **state)
{
    static const struct column_case cases[] = {
        {"in|--columns|required|--with|Student.Birthdate", SDS_STUDENT,
         "SIS ID,School SIS ID,Username,Birthdate"},
        {"in|--with=Student.Grade|--columns=required", SDS_STUDENT,
         "SIS ID,School SIS ID,Username,Grade"},
        {"in|--columns|required|--with|Teacher.Title|--with|Student.Grade", SDS_TEACHER,
         "SIS ID,School SIS ID,Username,Title"},
        {"in|--columns|required|--with|Student.Grade|--without|Student.Grade", SDS_STUDENT,
         "SIS ID,School SIS ID,Username"},
        {"in|--columns|required|--without|Student.Grade|--with|Student.Grade", SDS_STUDENT,
         "SIS ID,School SIS ID,Username,Grade"},
        {"in|--without|Section.Periods|--without|Section.Course Subject", SDS_SECTION,
         "SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,"
         "Term EndDate,Course SIS ID,Course Name,Course Number,Course Description"},
        {"in|--columns|required|--with|School.Principal Secondary Email", SDS_SCHOOL,
         "SIS ID,Name,Principal Secondary Email"},
        {"in|--columns|required|--with|School.School NCES_ID", SDS_SCHOOL,
         "SIS ID,Name,School NCES_ID"},
        {"in|--without|Teacher.State ID", SDS_STUDENT, STUDENT_STANDARD},
        /* A column of the required set may be asked for as well. */
        {"in|--columns|required|--with|Student.Username", SDS_STUDENT,
         "SIS ID,School SIS ID,Username"},
        {"in|--without|Student.SIS ID|--with|Student.SIS ID", SDS_STUDENT, STUDENT_STANDARD},
    };
    (void)state;
    check_columns(cases, COUNT(cases), false);
}

/* Which blanks cost a record its row. */
static void test_required_attributes(void **state)
{
    static const struct column_case cases[] = {
        {"in", SDS_SCHOOL, "SIS ID,Name"},
        {"in", SDS_SECTION, "SIS ID,School SIS ID,Section Name"},
        {"in", SDS_TEACHER, "SIS ID,School SIS ID,Username"},
        {"in", SDS_STUDENT, "SIS ID,School SIS ID,Username"},
        {"in|--match|secondary-email", SDS_TEACHER, "SIS ID,School SIS ID,Secondary Email"},
        {"in|--match|secondary-email", SDS_STUDENT, "SIS ID,School SIS ID,Secondary Email"},
        {"in|--match|number", SDS_TEACHER, "SIS ID,School SIS ID,Teacher Number"},
        {"in|--match|number", SDS_STUDENT, "SIS ID,School SIS ID,Student Number"},
        {"in|--match-students|number", SDS_TEACHER, "SIS ID,School SIS ID,Username"},
        {"in|--match-teachers|number", SDS_STUDENT, "SIS ID,School SIS ID,Username"},
        {"in|--sync|new", SDS_TEACHER, "SIS ID,School SIS ID,First Name,Last Name,Username"},
        {"in|--sync|new", SDS_STUDENT, "SIS ID,School SIS ID,First Name,Last Name,Username"},
        /* --match is without effect on new users. */
        {"in|--sync|new|--match|number", SDS_STUDENT,
         "SIS ID,School SIS ID,First Name,Last Name,Username"},
        {"in|--sync|new", SDS_SCHOOL, "SIS ID,Name"},
        {"in|--columns|all", SDS_STUDENT, "SIS ID,School SIS ID,Username"},
        {"in", SDS_TEACHER_ROSTER, "Section SIS ID,SIS ID"},
        {"in", SDS_STUDENT_ENROLLMENT, "Section SIS ID,SIS ID"},
    };
    (void)state;
    check_columns(cases, COUNT(cases), true);
}

/* ---- exports ---- */

static void test_exports(void **state)
{
    static const struct {
        const char *line;
        const char *exports[4];
    } cases[] = {
        {"a", {"a"}},
        {"b|a|c", {"b", "a", "c"}},
        {"b|-q|a|--bom|c", {"b", "a", "c"}},
        {"a|a", {"a", "a"}},
        {"-", {"-"}},
        {"a|-|b", {"a", "-", "b"}},
        {"--|a", {"a"}},
        {"--|-q", {"-q"}},
        {"a|--|--check|--|-", {"a", "--check", "--", "-"}},
        {"-o|--|a", {"a"}},
        {"a|", {"a", ""}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        parse_good(&p, cases[i].line);
        size_t count = 0;
        while (count < 4 && cases[i].exports[count])
            count++;
        assert_int_equal(p.options.export_count, count);
        for (size_t e = 0; e < count; e++)
            assert_string_equal(p.options.exports[e], cases[i].exports[e]);
        assert_false(p.options.check); /* behind -- it is no option */
        release(&p);
    }
}

/* ---- what is wrong ---- */

static const struct {
    const char *line;
    const char *names[3];
} wrong_lines[] = {
    {"", {"EXPORT"}},
    {"-q", {"EXPORT"}},
    {"--", {"EXPORT"}},
    {"--nonsense|in", {"--nonsense", "--help"}},
    {"--nonsense=5|in", {"--nonsense", "--help"}},
    {"--outpu|x|in", {"--outpu", "--help"}},
    {"--Check|in", {"--Check", "--help"}},
    {"--check |in", {"--check ", "--help"}},
    {"---check|in", {"---check", "--help"}},
    {"--=x|in", {"--", "--help"}},
    {"-x|in", {"-x", "--help"}},
    {"-qx|in", {"-x", "--help"}},
    {"-check|in", {"-c", "--help"}},
    {"-j2q|in", {"threads", "2q", "256"}},
    {"--check=yes|in", {"--check"}},
    {"--check=|in", {"--check"}},
    {"--help=1", {"--help"}},
    {"in|--output", {"--output", "DIR"}},
    {"in|-o", {"--output", "DIR"}},
    {"in|-j", {"--threads", "N"}},
    {"in|--sync", {"--sync", "existing", "new"}},
    {"in|--treat", {"--treat", "CODE"}},
    {"--output=|in", {"--output"}},
    {"-o||in", {"--output"}},
    {"--match|email|in", {"--match", "'email'", "username, secondary-email or number"}},
    {"--sync|both|in", {"--sync", "'both'", "existing or new"}},
    {"--domain||in", {"--domain"}},
    {"--domain|@|in", {"--domain", "'@'"}},
    {"--domain|a@b|in", {"--domain", "a@b"}},
    {"--domain|@@x|in", {"--domain", "@@x"}},
    {"--domain|a b|in", {"--domain", "a b"}},
    {"--student-domain|a,b|in", {"--student-domain", "a,b"}},
    {"--teacher-domain|a\"b|in", {"--teacher-domain", "a\"b"}},
    {"--strip-domain|--domain|x|in", {"--strip-domain", "--domain"}},
    {"--student-domain|x|--strip-domain|in", {"--strip-domain", "--student-domain"}},
    {"--teacher-domain|x|--strip-domain|in", {"--strip-domain", "--teacher-domain"}},
    {"-qv|in", {"--quiet", "--verbose"}},
    {"--with|Birthdate|in", {"--with", "'Birthdate'", "--list-columns"}},
    {"--with|Student|in", {"--with", "'Student'", "--list-columns"}},
    {"--with|Student.|in", {"--with", "'Student.'", "--list-columns"}},
    {"--with|.Grade|in", {"--with", "'.Grade'", "--list-columns"}},
    {"--with|student.grade|in", {"--with", "'student.grade'", "--list-columns"}},
    {"--with|Student.Grad|in", {"--with", "'Student.Grad'", "--list-columns"}},
    {"--with|Teacher.Grade|in", {"--with", "'Teacher.Grade'", "--list-columns"}},
    {"--without|Student.csv.Grade|in", {"--without", "Student.csv.Grade", "--list-columns"}},
    {"--without|Student.SIS ID|in", {"--without", "Student.SIS ID"}},
    {"--without|Section.Section Name|in", {"--without", "Section.Section Name"}},
    {"--without|Student.Username|--match|number|in", {"--without", "Student.Username"}},
    {"--without|Teacher.Teacher Number|--match|number|in", {"Teacher.Teacher Number"}},
    {"--without|Student.Secondary Email|--match-students|secondary-email|in",
     {"--without", "Student.Secondary Email"}},
    {"--sync|new|--without|Teacher.Last Name|in", {"--without", "Teacher.Last Name"}},
    {"--without|TeacherRoster.SIS ID|in", {"--without", "TeacherRoster.SIS ID"}},
    {"--treat|too_long|in", {"--treat", "'too_long'", "--list-codes"}},
    {"--treat|nonsense=error|in", {"--treat", "'nonsense=error'", "--list-codes"}},
    {"--treat|=error|in", {"--treat", "'=error'", "--list-codes"}},
    {"--treat|too_long=fatal|in", {"--treat", "too_long=fatal", "error, warning or info"}},
    {"--treat|too_long=|in", {"--treat", "too_long=", "error, warning or info"}},
    {"--treat|TOO_LONG=error|in", {"--treat", "TOO_LONG=error", "--list-codes"}},
    {"--treat|empty_entity=warning|in", {"--treat", "empty_entity=warning"}},
    {"--allow-empty|courses|in", {"--allow-empty", "'courses'", "student-enrollment"}},
    {"--allow-empty|Schools|in", {"--allow-empty", "'Schools'", "schools"}},
    {"--max-errors||in", {"--max-errors"}},
    {"--max-errors|%|in", {"--max-errors", "'%'"}},
    {"--max-errors|-1|in", {"--max-errors", "'-1'"}},
    {"--max-errors|1.5|in", {"--max-errors", "'1.5'"}},
    {"--max-errors|101%|in", {"--max-errors", "'101%'"}},
    {"--max-errors|100.01%|in", {"--max-errors", "'100.01%'"}},
    {"--max-errors|1.234%|in", {"--max-errors", "'1.234%'"}},
    {"--max-errors|1.%|in", {"--max-errors", "'1.%'"}},
    {"--max-errors|.5%|in", {"--max-errors", "'.5%'"}},
    {"--max-errors|5 %|in", {"--max-errors", "'5 %'"}},
    {"--max-errors|many|in", {"--max-errors", "'many'"}},
    {"--max-errors|99999999999999999999|in", {"--max-errors", "'99999999999999999999'"}},
    {"--max-removed||in", {"--max-removed", "20%"}},
    {"--max-removed|%|in", {"--max-removed", "'%'", "20%"}},
    {"--max-removed|20|in", {"--max-removed", "'20'", "20%"}},
    {"--max-removed|-1%|in", {"--max-removed", "'-1%'", "20%"}},
    {"--max-removed|100.01%|in", {"--max-removed", "'100.01%'", "20%"}},
    {"--max-removed|1.234%|in", {"--max-removed", "'1.234%'", "20%"}},
    {"--guard-sections|--users-only|in", {"--guard-sections", "--users-only"}},
    {"--max-bytes|0|in", {"--max-bytes", "'0'"}},
    {"--max-bytes||in", {"--max-bytes"}},
    {"--max-bytes|G|in", {"--max-bytes", "'G'"}},
    {"--max-bytes|5g|in", {"--max-bytes", "'5g'"}},
    {"--max-bytes|5GB|in", {"--max-bytes", "'5GB'"}},
    {"--max-bytes|1.5G|in", {"--max-bytes", "'1.5G'"}},
    {"--max-bytes|-5|in", {"--max-bytes", "'-5'"}},
    {"--max-bytes|16777216T|in", {"--max-bytes", "'16777216T'"}},
    {"--max-bytes|99999999999999999999|in", {"--max-bytes", "'99999999999999999999'"}},
    {"-j0|in", {"--threads", "'0'", "256"}},
    {"-j257|in", {"--threads", "'257'", "256"}},
    {"-j-1|in", {"--threads", "'-1'", "256"}},
    {"--threads=two|in", {"--threads", "'two'", "256"}},
    {"--threads=|in", {"--threads", "256"}},
    {"-j4294967297|in", {"--threads", "'4294967297'"}},
    {"--encoding|latin1|in", {"--encoding", "'latin1'", "iso-8859-1"}},
};

/* The failure is one of usage, one line, and names what is wrong and what to do about it. */
static void test_usage_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_lines); i++) {
        struct parsed p;
        parse(&p, wrong_lines[i].line);
        if (p.ok || p.failure.kind != FAILURE_USAGE || strchr(p.failure.text, '\n'))
            fail_msg("%s: %s", wrong_lines[i].line, p.ok ? "accepted" : p.failure.text);
        for (size_t n = 0; n < COUNT(wrong_lines[i].names) && wrong_lines[i].names[n]; n++)
            if (!strstr(p.failure.text, wrong_lines[i].names[n]))
                fail_msg("%s: %s does not name %s", wrong_lines[i].line, p.failure.text,
                         wrong_lines[i].names[n]);
        release(&p);
    }
}

/* A hostile word must neither break the line nor the terminal. */
static void test_usage_errors_are_printable(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "--match|a\nb\x1B[2J\xFF|in");
    assert_false(p.ok);
    for (const char *c = p.failure.text; *c; c++)
        assert_in_range((unsigned char)*c, 0x20, 0x7E);
    release(&p);
    char line[5000] = "in|--";
    memset(line + 5, 'x', sizeof line - 6);
    parse(&p, line);
    assert_false(p.ok);
    assert_int_equal(p.failure.kind, FAILURE_USAGE);
    assert_in_range(strlen(p.failure.text), 1, 200);
    release(&p);
}

/* ---- what is shown ---- */

/* A name that is the start of another one must not pass for it. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if (strchr(" ,\n`=", at[len]) && (at == text || strchr(" \n`", at[-1])))
            return true;
    return false;
}

/* A line of the table begins with the letter and the name, without their hyphens. */
static bool in_table(const char *table, const char *option)
{
    char field[40];
    bool is_long = option[1] == '-';
    (void)snprintf(field, sizeof field, is_long ? "\t%s\t" : "\n%s\t",
                   option + (is_long ? 2 : 1));
    return strstr(table, field) || (!is_long && strncmp(table, field + 1, 2) == 0);
}

static void test_help_names_every_option(void **state)
{
    static const char *const options[] = {
        "-o", "--output", "--sync", "--match", "--match-students", "--match-teachers",
        "--username-from", "--domain", "--student-domain", "--teacher-domain", "--strip-domain",
        "--id", "--teacher-id", "--multi-school", "--columns", "--with", "--without",
        "--subjects", "--treat", "--users-only", "--allow-empty", "--allow-incomplete",
        "--max-errors", "--max-removed", "--guard-sections", "--max-bytes", "--encoding", "--check", "--lowercase-names", "--bom",
        "--no-values", "-j", "--threads", "-q", "--quiet", "-v", "--verbose", "--no-sandbox", "-h", "--help",
        "--version", "--list-codes", "--list-columns"};
    (void)state;
    struct buf help = {0};
    struct buf table = {0};
    options_put_help(&help);
    options_put_table(&table);
    for (size_t i = 0; i < COUNT(options); i++)
        if (!has_word(buf_text(&help), options[i]) || !in_table(buf_text(&table), options[i]))
            fail_msg("%s", options[i]);
    assert_false(has_word(buf_text(&help), "--list-options"));
    buf_release(&help);
    buf_release(&table);
}

static void test_lists_are_complete(void **state)
{
    (void)state;
    struct buf codes = {0};
    struct buf columns = {0};
    options_put_codes(&codes);
    options_put_columns(&columns);
    for (int i = 0; i < ISSUE_COUNT; i++)
        assert_true(has_word(buf_text(&codes), issue_kinds[i].code));
    for (int f = 0; f < SDS_FILES; f++) {
        for (size_t c = 0; c < sds_formats[f].column_count; c++) {
            char name[64];
            (void)snprintf(name, sizeof name, "%s.%s", sds_formats[f].name,
                           sds_formats[f].columns[c].header);
            assert_true(has_word(buf_text(&columns), name));
        }
    }
    buf_release(&codes);
    buf_release(&columns);
}

static void collect(void *context, const char *name, const char *value)
{
    if (value)
        buf_printf(context, "%s=%s;", name, value);
}

static void test_options_in_force(void **state)
{
    static const char *const cases[][2] = {
        {"in", "sync=existing;match=username;username-from=username;teacher-id=current;"
               "multi-school=primary;columns=standard;subjects=code;max-removed=20%;"
               "max-bytes=68719476736;encoding=utf-8;"},
        {"in|--sync=new|--match-students=number|--domain=@x|--id=sis|--check|--max-bytes=1K|"
         "--max-errors=0.5%|--with=Student.Grade|--with=Student.Birthdate",
         "sync=new;match=username;match-students=number;username-from=username;domain=x;id=sis;"
         "teacher-id=current;multi-school=primary;columns=standard;"
         "with=Student.Grade, Student.Birthdate;subjects=code;max-errors=0.5%;max-removed=20%;"
         "max-bytes=1024;encoding=utf-8;check=yes;"},
        {"in|--without=Student.Grade|--treat=too_long=error|--treat=id_shared=info|"
         "--allow-empty=sections|--allow-empty=schools|--max-errors=7|--max-removed=0.25%|"
         "--guard-sections",
         "sync=existing;match=username;username-from=username;teacher-id=current;"
         "multi-school=primary;columns=standard;without=Student.Grade;subjects=code;"
         "treat=id_shared=info, too_long=error;allow-empty=schools, sections;max-errors=7;"
         "max-removed=0.25%;guard-sections=yes;max-bytes=68719476736;encoding=utf-8;"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct parsed p;
        struct buf shown = {0};
        parse_good(&p, cases[i][0]);
        options_each(&p.options, collect, &shown);
        assert_string_equal(buf_text(&shown), cases[i][1]);
        buf_release(&shown);
        release(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_wrong_choices),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_max_bytes),
        cmocka_unit_test(test_max_errors),
        cmocka_unit_test(test_allow_empty),
        cmocka_unit_test(test_treat),
        cmocka_unit_test(test_codes_that_stop_the_run),
        cmocka_unit_test(test_match_of_a_role_wins),
        cmocka_unit_test(test_domains),
        cmocka_unit_test(test_column_sets),
        cmocka_unit_test(test_column_set_by_match),
        cmocka_unit_test(test_with_and_without),
        cmocka_unit_test(test_required_attributes),
        cmocka_unit_test(test_exports),
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_usage_errors_are_printable),
        cmocka_unit_test(test_help_names_every_option),
        cmocka_unit_test(test_lists_are_complete),
        cmocka_unit_test(test_options_in_force),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
