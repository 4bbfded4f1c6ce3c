#include "converter/options.h"

#include "converter/profile.h"
#include "formats/base/utf8.h"
#include "formats/clever/csv_schema.h"
#include "formats/clever/entity.h"
#include "formats/clever/schema.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 256, MAX_WAIT = 7 * 24 * 60 * 60 };

static const uint64_t DEFAULT_MAX_REMOVED = 2000; /* 20% */
static const uint64_t DEFAULT_MAX_BYTES = (uint64_t)64 << 30;

struct spec;

/* Takes the value of one option; the failure names it. */
typedef bool parse_fn(struct options *options, const struct spec *spec, const char *value,
                      struct failure *failure);
/* Writes the value in force, nothing for none. */
typedef void show_fn(const struct options *options, const struct spec *spec, struct buf *out);

struct spec {
    const char *name;
    char letter;
    const char *value;          /* how --help calls it; NULL: a flag */
    const char *const *choices; /* words of the value; ends with NULL, ordered like the enum */
    size_t offset;              /* of the field: int for choices, bool for flags */
    int constant;               /* what an action sets */
    parse_fn *parse;
    show_fn *show;
    const char *help;
    unsigned traits;
};

enum {
    REPEATS = 1,  /* stands for a list; none of its values has a comma */
    NUMBER = 2,   /* a number in a profile */
    UNTOLD = 4    /* has no influence on the result and does not stand in the summary */
};

static const char *const sync_words[] = {"existing", "new", NULL};
static const char *const match_words[] = {"username", "secondary-email", "number", NULL};
static const char *const username_words[] = {"username", "email",  "email-local", "number",
                                             "sis-id",   "state-id", NULL};
static const char *const id_words[] = {"clever", "sis", NULL};
static const char *const teacher_id_words[] = {"current", "legacy", NULL};
static const char *const multi_school_words[] = {"primary", "rows", NULL};
static const char *const column_set_words[] = {"required", "standard", "all", NULL};
static const char *const subject_words[] = {"code", "text", NULL};
static const char *const encoding_words[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};
static const char *const severity_words[] = {"error", "warning", "info", NULL};
static const char *const empty_words[] = {
    "schools", "sections", "teachers", "students", "teacher-roster", "student-enrollment", NULL};

static void *field(struct options *options, const struct spec *spec)
{
    return (char *)options + spec->offset;
}

static const void *field_of(const struct options *options, const struct spec *spec)
{
    return (const char *)options + spec->offset;
}

static int index_of(const char *const *words, struct slice word)
{
    for (int i = 0; words[i]; i++)
        if (slice_is(word, words[i]))
            return i;
    return -1;
}

/* "a, b or c" */
static void put_words(struct buf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (i > 0)
            buf_put_text(out, words[i + 1] ? ", " : " or ");
        buf_put_text(out, words[i]);
    }
}

static bool bad_value(const struct spec *spec, const char *value, const char *allowed,
                      struct failure *failure)
{
    return failure_set(failure, FAILURE_USAGE, "--%s: '%.60s' is not allowed; give %s",
                       spec->name, value, allowed);
}

static bool bad_choice(const struct spec *spec, const char *value, struct failure *failure)
{
    struct buf allowed = {0};
    put_words(&allowed, spec->choices);
    const char *text = buf_text(&allowed);
    bad_value(spec, value, text ? text : "another one", failure);
    buf_release(&allowed);
    return false;
}

static bool parse_flag(struct options *options, const struct spec *spec, const char *value,
                       struct failure *failure)
{
    (void)value;
    (void)failure;
    *(bool *)field(options, spec) = true;
    return true;
}

static bool parse_action(struct options *options, const struct spec *spec, const char *value,
                         struct failure *failure)
{
    (void)value;
    (void)failure;
    if (options->action == ACTION_CONVERT)
        options->action = spec->constant;
    return true;
}

static bool parse_choice(struct options *options, const struct spec *spec, const char *value,
                         struct failure *failure)
{
    int index = index_of(spec->choices, slice_from(value));
    if (index < 0)
        return bad_choice(spec, value, failure);
    *(int *)field(options, spec) = index;
    return true;
}

static bool parse_output(struct options *options, const struct spec *spec, const char *value,
                         struct failure *failure)
{
    if (!*value)
        return bad_value(spec, value, "the name of a folder", failure);
    options->output = value;
    return true;
}

static bool parse_profile(struct options *options, const struct spec *spec, const char *value,
                          struct failure *failure)
{
    if (!*value)
        return bad_value(spec, value, "the name of a file", failure);
    if (options->profile)
        return failure_set(failure, FAILURE_USAGE, "--profile: there can be one only");
    options->profile = value;
    return true;
}

static bool parse_domain(struct options *options, const struct spec *spec, const char *value,
                         struct failure *failure)
{
    const char *domain = *value == '@' ? value + 1 : value;
    size_t len = strlen(domain);
    if (len == 0 || strcspn(domain, "@ \t\r\n,\"") != len)
        return bad_value(spec, value, "a domain such as contoso.edu", failure);
    *(const char **)field(options, spec) = domain;
    return true;
}

/* FILE.COLUMN, exactly as --list-columns shows it. */
static bool find_column(struct slice name, enum sds_file *file, size_t *column)
{
    size_t dot = slice_find(name, '.');
    if (dot == name.len)
        return false;
    struct slice header = slice_of(name.ptr + dot + 1, name.len - dot - 1);
    for (int f = 0; f < SDS_FILES; f++) {
        if (!slice_is(slice_of(name.ptr, dot), sds_formats[f].name))
            continue;
        for (size_t c = 0; c < sds_formats[f].column_count; c++) {
            if (!slice_is(header, sds_formats[f].columns[c].header))
                continue;
            *file = (enum sds_file)f;
            *column = c;
            return true;
        }
    }
    return false;
}

static bool parse_column(struct options *options, const struct spec *spec, const char *value,
                         struct failure *failure)
{
    enum sds_file file;
    size_t column;
    if (!find_column(slice_from(value), &file, &column))
        return bad_value(spec, value,
                         "FILE.COLUMN such as Student.Birthdate; --list-columns shows all",
                         failure);
    options->column_choice[file][column] = (signed char)spec->constant;
    return true;
}

static bool parse_treat(struct options *options, const struct spec *spec, const char *value,
                        struct failure *failure)
{
    struct slice text = slice_from(value);
    size_t equals = slice_find(text, '=');
    enum issue_code code = issue_named(slice_of(text.ptr, equals));
    if (equals == text.len || code == ISSUE_NONE)
        return bad_value(spec, value, "CODE=SEVERITY; --list-codes shows the codes", failure);
    int severity =
        index_of(spec->choices, slice_of(text.ptr + equals + 1, text.len - equals - 1));
    if (severity < 0)
        return bad_choice(spec, value, failure);
    if (issue_kinds[code].group == GROUP_RUN)
        return bad_value(spec, value,
                         "another code: this one stops the run and cannot be treated", failure);
    options->severity[code] = (enum severity)severity;
    options->treated[code] = true;
    return true;
}

static bool parse_allow_empty(struct options *options, const struct spec *spec,
                              const char *value, struct failure *failure)
{
    int file = index_of(spec->choices, slice_from(value));
    if (file < 0)
        return bad_choice(spec, value, failure);
    options->allow_empty[file] = true;
    return true;
}

/* Digits; false for anything else or more than 64 bits hold. */
static bool whole_number(struct slice text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_digit(text.ptr[i]) || *number > (UINT64_MAX - 9) / 10)
            return false;
        *number = *number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0;
}

/* "12", "0.5" or "0.25" percent in hundredths. */
static bool percent(struct slice text, uint64_t *hundredths)
{
    uint64_t whole;
    uint64_t part = 0;
    size_t dot = slice_find(text, '.');
    if (!whole_number(slice_of(text.ptr, dot), &whole) || whole > 100)
        return false;
    if (dot < text.len) {
        struct slice decimals = slice_of(text.ptr + dot + 1, text.len - dot - 1);
        if (decimals.len > 2 || !whole_number(decimals, &part))
            return false;
        part *= decimals.len == 1 ? 10 : 1;
    }
    *hundredths = whole * 100 + part;
    return *hundredths <= 10000;
}

static bool parse_max_errors(struct options *options, const struct spec *spec, const char *value,
                             struct failure *failure)
{
    struct slice text = slice_from(value);
    bool ok;
    if (text.len && text.ptr[text.len - 1] == '%') {
        options->error_limit = ERRORS_PERCENT;
        ok = percent(slice_of(text.ptr, text.len - 1), &options->max_errors);
    } else {
        options->error_limit = ERRORS_COUNT;
        ok = whole_number(text, &options->max_errors);
    }
    return ok || bad_value(spec, value, "a number, or a percentage such as 5%", failure);
}

static bool parse_max_removed(struct options *options, const struct spec *spec,
                              const char *value, struct failure *failure)
{
    struct slice text = slice_from(value);
    if (text.len && text.ptr[text.len - 1] == '%' &&
        percent(slice_of(text.ptr, text.len - 1), &options->max_removed))
        return true;
    return bad_value(spec, value, "a percentage such as 20%", failure);
}

static bool parse_max_bytes(struct options *options, const struct spec *spec, const char *value,
                            struct failure *failure)
{
    static const char units[] = "KMGT";
    struct slice text = slice_from(value);
    unsigned shift = 0;
    const char *unit = text.len ? memchr(units, text.ptr[text.len - 1], 4) : NULL;
    if (unit) {
        shift = (unsigned)(unit - units + 1) * 10;
        text.len--;
    }
    uint64_t number;
    if (!whole_number(text, &number) || number == 0 || number > UINT64_MAX >> shift)
        return bad_value(spec, value, "a number of bytes, perhaps with K, M, G or T", failure);
    options->max_bytes = number << shift;
    return true;
}

static bool parse_wait(struct options *options, const struct spec *spec, const char *value,
                       struct failure *failure)
{
    if (!whole_number(slice_from(value), &options->wait) || options->wait > MAX_WAIT)
        return bad_value(spec, value, "a number of seconds, at most 604800 (a week)", failure);
    return true;
}

static bool parse_split(struct options *options, const struct spec *spec, const char *value,
                        struct failure *failure)
{
    return (whole_number(slice_from(value), &options->split) && options->split > 0) ||
           bad_value(spec, value, "a number of rows such as 500000", failure);
}

static bool parse_threads(struct options *options, const struct spec *spec, const char *value,
                          struct failure *failure)
{
    uint64_t number;
    if (!whole_number(slice_from(value), &number) || number < 1 || number > MAX_THREADS)
        return bad_value(spec, value, "a number from 1 to 256", failure);
    options->threads_asked = (int)number;
    return true;
}

static void show_choice(const struct options *options, const struct spec *spec, struct buf *out)
{
    int index = *(const int *)field_of(options, spec);
    for (int i = 0; spec->choices[i]; i++)
        if (i == index)
            buf_put_text(out, spec->choices[i]);
}

static void show_flag(const struct options *options, const struct spec *spec, struct buf *out)
{
    if (*(const bool *)field_of(options, spec))
        buf_put_text(out, "yes");
}

static void show_text(const struct options *options, const struct spec *spec, struct buf *out)
{
    const char *text = *(const char *const *)field_of(options, spec);
    if (text)
        buf_put_text(out, text);
}

static void show_columns(const struct options *options, const struct spec *spec, struct buf *out)
{
    for (int f = 0; f < SDS_FILES; f++)
        for (size_t c = 0; c < sds_formats[f].column_count; c++)
            if (options->column_choice[f][c] == spec->constant)
                buf_printf(out, "%s%s.%s", out->len ? ", " : "", sds_formats[f].name,
                           sds_formats[f].columns[c].header);
}

static void show_treat(const struct options *options, const struct spec *spec, struct buf *out)
{
    (void)spec;
    for (int i = 0; i < ISSUE_COUNT; i++)
        if (options->treated[i])
            buf_printf(out, "%s%s=%s", out->len ? ", " : "", issue_kinds[i].code,
                       severity_names[options->severity[i]]);
}

static void show_allow_empty(const struct options *options, const struct spec *spec,
                             struct buf *out)
{
    (void)spec;
    for (int f = 0; f < SDS_FILES; f++)
        if (options->allow_empty[f])
            buf_printf(out, "%s%s", out->len ? ", " : "", empty_words[f]);
}

static void show_max_errors(const struct options *options, const struct spec *spec,
                            struct buf *out)
{
    (void)spec;
    if (options->error_limit == ERRORS_COUNT)
        buf_put_number(out, options->max_errors);
    else if (options->error_limit == ERRORS_PERCENT)
        buf_printf(out, "%g%%", (double)options->max_errors / 100);
}

static void show_split(const struct options *options, const struct spec *spec, struct buf *out)
{
    (void)spec;
    if (options->split)
        buf_put_number(out, options->split);
}

static void show_max_removed(const struct options *options, const struct spec *spec,
                             struct buf *out)
{
    (void)spec;
    buf_printf(out, "%g%%", (double)options->max_removed / 100);
}

static void show_max_bytes(const struct options *options, const struct spec *spec,
                           struct buf *out)
{
    (void)spec;
    buf_put_number(out, options->max_bytes);
}

static void show_threads(const struct options *options, const struct spec *spec,
                         struct buf *out)
{
    (void)spec;
    if (options->threads_asked)
        buf_put_number(out, (uint64_t)options->threads_asked);
}

static void show_wait(const struct options *options, const struct spec *spec, struct buf *out)
{
    (void)spec;
    buf_put_number(out, options->wait);
}

/* clang-format off */
#define AT(member) offsetof(struct options, member)
#define CHOICE(name, value, words, member, help) \
    {name, 0, value, words, AT(member), 0, parse_choice, show_choice, help, 0}
#define FLAG(name, member, help) {name, 0, NULL, NULL, AT(member), 0, parse_flag, show_flag, help, 0}
#define DOMAIN(name, member, help) \
    {name, 0, "D", NULL, AT(member), 0, parse_domain, show_text, help, 0}
#define ACTION(name, letter, action, help) \
    {name, letter, NULL, NULL, 0, action, parse_action, NULL, help, 0}

static const struct spec specs[] = {
    {"output", 'o', "DIR", NULL, AT(output), 0, parse_output, show_text, "folder for the result (default: sds)", UNTOLD},
    CHOICE("sync", "existing|new", sync_words, sync, "match existing users, or create new ones"),
    CHOICE("match", "username|secondary-email|number", match_words, match_all, "what existing users are matched by"),
    CHOICE("match-students", "...", match_words, match_role[ROLE_STUDENT], "the same for students; wins over --match"),
    CHOICE("match-teachers", "...", match_words, match_role[ROLE_TEACHER], "the same for teachers; wins over --match"),
    CHOICE("username-from", "username|email|email-local|number|sis-id|state-id", username_words, username_from, "what becomes the Username"),
    DOMAIN("domain", domain_all, "append @D to usernames without @"),
    DOMAIN("student-domain", domain_role[ROLE_STUDENT], "the same for students; wins over --domain"),
    DOMAIN("teacher-domain", domain_role[ROLE_TEACHER], "the same for teachers; wins over --domain"),
    FLAG("strip-domain", strip_domain, "cut usernames at their first @"),
    CHOICE("id", "clever|sis", id_words, id, "which ids SDS gets (JSON: clever, CSV: sis)"),
    CHOICE("teacher-id", "current|legacy", teacher_id_words, teacher_id, "API v3: new ids of teachers, or those of v1 and v2"),
    CHOICE("multi-school", "primary|rows", multi_school_words, multi_school, "people at several schools: main one, or a row each"),
    CHOICE("columns", "required|standard|all", column_set_words, columns, "column set (default: standard)"),
    {"with", 0, "FILE.COLUMN", NULL, 0, 1, parse_column, show_columns, "add a column (Student.Birthdate); repeatable", REPEATS},
    {"without", 0, "FILE.COLUMN", NULL, 0, -1, parse_column, show_columns, "leave a column out; repeatable", REPEATS},
    CHOICE("subjects", "code|text", subject_words, subjects, "subjects as SDS codes, or as Clever's words"),
    {"treat", 0, "CODE=error|warning|info", severity_words, 0, 0, parse_treat, show_treat, "another severity for a code; repeatable", REPEATS},
    FLAG("users-only", users_only, "only School, Student and Teacher"),
    {"split", 0, "ROWS", NULL, 0, 0, parse_split, show_split, "divide by schools (DIR/1 ...) when a file would have more rows", NUMBER},
    {"allow-empty", 0, "WHAT", empty_words, 0, 0, parse_allow_empty, show_allow_empty, "one of the files may be empty: schools, students ...; repeatable", REPEATS},
    FLAG("allow-incomplete", allow_incomplete, "go on although pages are missing"),
    {"max-errors", 0, "N|P%", NULL, 0, 0, parse_max_errors, show_max_errors, "more error lines: publish nothing", NUMBER},
    {"max-removed", 0, "P%", NULL, 0, 0, parse_max_removed, show_max_removed, "more rows of the last result gone: publish nothing (default: 20%)", 0},
    FLAG("guard-sections", guard_sections, "let --max-removed watch Section.csv, too"),
    {"max-bytes", 0, "SIZE", NULL, 0, 0, parse_max_bytes, show_max_bytes, "most bytes to read, unpacked (default: 64G)", NUMBER},
    CHOICE("encoding", "utf-8|windows-1252|iso-8859-1", encoding_words, encoding, "of CSV input"),
    FLAG("check", check, "validate and report, publish nothing"),
    FLAG("lowercase-names", lowercase_names, "school.csv instead of School.csv"),
    FLAG("bom", bom, "start each CSV with a UTF-8 byte order mark"),
    FLAG("no-values", no_values, "no values (student data) in the error file and the page"),
    {"no-report", 0, NULL, NULL, AT(no_report), 0, parse_flag, show_flag, "do not write the page review/report.html", UNTOLD},
    {"wait", 0, "SECONDS", NULL, 0, 0, parse_wait, show_wait, "let another run into the same folder end first", NUMBER | UNTOLD},
    {"threads", 'j', "N", NULL, 0, 0, parse_threads, show_threads, "workers (default: all processors)", NUMBER | UNTOLD},
    {"quiet", 'q', NULL, NULL, AT(quiet), 0, parse_flag, show_flag, "print nothing on success", UNTOLD},
    {"verbose", 'v', NULL, NULL, AT(verbose), 0, parse_flag, show_flag, "tell more: sources, options, sandbox", UNTOLD},
    {"no-sandbox", 0, NULL, NULL, AT(no_sandbox), 0, parse_flag, show_flag, "keep all rights; where giving them up does harm", UNTOLD},
    {"profile", 0, "FILE", NULL, 0, 0, parse_profile, NULL, "options from a JSON file; those given here win", 0},
    ACTION("print-profile", 0, ACTION_PRINT_PROFILE, "the options in force as such a file"),
    ACTION("help", 'h', ACTION_HELP, "the options"),
    ACTION("version", 0, ACTION_VERSION, "the version"),
    ACTION("list-codes", 0, ACTION_LIST_CODES, "the codes of the error file"),
    ACTION("list-columns", 0, ACTION_LIST_COLUMNS, "the columns of the output files"),
    ACTION("list-options", 0, ACTION_LIST_OPTIONS, NULL),
    ACTION("list-fields", 0, ACTION_LIST_FIELDS, NULL),
    ACTION("list-csv-fields", 0, ACTION_LIST_CSV_FIELDS, NULL),
};
/* clang-format on */

enum { SPECS = sizeof specs / sizeof *specs };

static void set_defaults(struct options *options)
{
    *options = (struct options){.output = "sds",
                                .match_all = MATCH_USERNAME,
                                .id = ID_BY_INPUT,
                                .columns = SET_STANDARD,
                                .max_removed = DEFAULT_MAX_REMOVED,
                                .max_bytes = DEFAULT_MAX_BYTES};
    for (int r = 0; r < ROLES; r++)
        options->match_role[r] = MATCH_UNSET;
    for (int i = 0; i < ISSUE_COUNT; i++)
        options->severity[i] = issue_kinds[i].severity;
}

static int choose_threads(const struct options *options)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads_asked)
        return options->threads_asked;
    return online < 1 ? 1 : online > MAX_THREADS ? MAX_THREADS : (int)online;
}

enum match options_match(const struct options *options, enum role role)
{
    int match = options->match_role[role];
    return (enum match)(match == MATCH_UNSET ? options->match_all : match);
}

struct slice options_domain(const struct options *options, enum role role)
{
    const char *own = options->domain_role[role];
    return slice_from(own ? own : options->domain_all);
}

bool options_make(const struct options *options, enum sds_file file)
{
    return !options->users_only || file == SDS_SCHOOL || file == SDS_TEACHER ||
           file == SDS_STUDENT;
}

const char *options_empty_word(enum sds_file file)
{
    return empty_words[file];
}

/* Which attributes SDS requires: converter/README.md. */
static bool column_required(const struct options *options, enum sds_file file,
                            const struct sds_column *column)
{
    bool new_users = options->sync == SYNC_NEW;
    enum role role = file == SDS_TEACHER ? ROLE_TEACHER : ROLE_STUDENT;
    enum match match = options_match(options, role);
    switch (column->required) {
    case REQUIRED_ALWAYS: return true;
    case REQUIRED_NEW: return new_users;
    case REQUIRED_USERNAME: return new_users || match == MATCH_USERNAME;
    case REQUIRED_EMAIL: return !new_users && match == MATCH_EMAIL;
    case REQUIRED_NUMBER: return !new_users && match == MATCH_NUMBER;
    case REQUIRED_NEVER: break;
    }
    return false;
}

static bool derive_columns(struct options *options, struct failure *failure)
{
    for (int f = 0; f < SDS_FILES; f++) {
        for (size_t c = 0; c < sds_formats[f].column_count; c++) {
            const struct sds_column *column = &sds_formats[f].columns[c];
            bool required = column_required(options, (enum sds_file)f, column);
            bool must = required || column->set == SET_REQUIRED;
            signed char choice = options->column_choice[f][c];
            if (must && choice < 0)
                return failure_set(failure, FAILURE_USAGE,
                                   "--without: %s.%s cannot be left out, SDS requires it",
                                   sds_formats[f].name, column->header);
            options->required[f][c] = required;
            options->written[f][c] =
                must || choice > 0 || (choice == 0 && (int)column->set <= options->columns);
        }
    }
    return true;
}

static bool has_domain(const struct options *options)
{
    return options->domain_all || options->domain_role[ROLE_TEACHER] ||
           options->domain_role[ROLE_STUDENT];
}

static bool check_excluding(const struct options *options, struct failure *failure)
{
    if (options->strip_domain && has_domain(options))
        return failure_set(failure, FAILURE_USAGE,
                           "--strip-domain cannot stand together with --domain, "
                           "--student-domain or --teacher-domain; leave one out");
    if (options->quiet && options->verbose)
        return failure_set(failure, FAILURE_USAGE,
                           "--quiet and --verbose cannot stand together; leave one out");
    return true;
}

static bool check_together(struct options *options, struct failure *failure)
{
    if (!check_excluding(options, failure))
        return false;
    if (options->guard_sections && options->users_only)
        return failure_set(failure, FAILURE_USAGE,
                           "--guard-sections cannot stand together with --users-only, which "
                           "writes no sections; leave one out");
    if (options->export_count == 0 && options->action == ACTION_CONVERT)
        return failure_set(failure, FAILURE_USAGE,
                           "no EXPORT is named; give a folder, a .zip, a file or - "
                           "(try clever2sds --help)");
    options->threads = choose_threads(options);
    return derive_columns(options, failure);
}

static const struct spec *spec_named(struct slice name)
{
    for (size_t i = 0; i < SPECS; i++)
        if (slice_is(name, specs[i].name))
            return &specs[i];
    return NULL;
}

static const struct spec *spec_lettered(char letter)
{
    for (size_t i = 0; i < SPECS; i++)
        if (specs[i].letter && specs[i].letter == letter)
            return &specs[i];
    return NULL;
}

struct arguments {
    char **argv;
    int argc;
    int at;
};

static bool apply(struct options *options, const struct spec *spec, const char *attached,
                  struct arguments *args, struct failure *failure)
{
    if (!spec->value) {
        if (attached)
            return failure_set(failure, FAILURE_USAGE, "--%s takes no value", spec->name);
        return spec->parse(options, spec, NULL, failure);
    }
    const char *value = attached;
    if (!value) {
        if (args->at == args->argc)
            return failure_set(failure, FAILURE_USAGE, "--%s needs a value: %s", spec->name,
                               spec->value);
        value = args->argv[args->at++];
    }
    return spec->parse(options, spec, value, failure);
}

static bool parse_long(struct options *options, const char *text, struct arguments *args,
                       struct failure *failure)
{
    struct slice whole = slice_from(text);
    struct slice name = slice_of(text, slice_find(whole, '='));
    const struct spec *spec = spec_named(name);
    if (!spec)
        return failure_set(failure, FAILURE_USAGE,
                           "--%.*s is not an option; clever2sds --help shows all",
                           (int)(name.len < 60 ? name.len : 60), name.ptr);
    const char *attached = name.len < whole.len ? text + name.len + 1 : NULL;
    return apply(options, spec, attached, args, failure);
}

/* "-qj2": flags, and at the end perhaps one that takes the rest. */
static bool parse_short(struct options *options, const char *letters, struct arguments *args,
                        struct failure *failure)
{
    while (*letters) {
        const struct spec *spec = spec_lettered(*letters);
        if (!spec)
            return failure_set(failure, FAILURE_USAGE,
                               "-%c is not an option; clever2sds --help shows all", *letters);
        letters++;
        if (spec->value)
            return apply(options, spec, *letters ? letters : NULL, args, failure);
        if (!apply(options, spec, NULL, args, failure))
            return false;
    }
    return true;
}

void options_release(struct options *options)
{
    arena_release(&options->kept);
    options->exports = NULL;
    options->export_count = 0;
}

/* Options may stand before and behind EXPORTs. */
static bool take_arguments(struct options *options, int argc, char **argv,
                           struct failure *failure)
{
    const char **exports = arena_alloc(&options->kept, ((size_t)argc + 1) * sizeof *exports);
    size_t count = 0;
    if (!exports)
        return failure_no_memory(failure);
    struct arguments args = {argv, argc, 1};
    bool only_exports = false;
    while (args.at < argc) {
        char *text = argv[args.at++];
        bool ok = true;
        if (only_exports || text[0] != '-' || text[1] == '\0')
            exports[count++] = text;
        else if (strcmp(text, "--") == 0)
            only_exports = true;
        else if (text[1] == '-')
            ok = parse_long(options, text + 2, &args, failure);
        else
            ok = parse_short(options, text + 1, &args, failure);
        if (!ok)
            return false;
    }
    if (count > 0) {
        options->exports = exports;
        options->export_count = count;
    }
    return true;
}

/* ---- profiles ---- */

static const char EXPORT_KEY[] = "export";

struct profile_target {
    struct options *options;
    bool seen[SPECS + 1]; /* the last one is for EXPORT_KEY */
};

static bool wrong_kind(const struct setting *setting, const char *allowed,
                       struct failure *failure)
{
    return failure_set(failure, FAILURE_USAGE, "\"%s\" has a value of a wrong kind; give %s",
                       setting->name, allowed);
}

static bool take_exports(struct options *options, const struct setting *setting,
                         struct failure *failure)
{
    if (setting->kind != SETTING_LIST && setting->kind != SETTING_TEXT)
        return wrong_kind(setting, "a string or a list of strings", failure);
    options->exports = setting->texts;
    options->export_count = setting->count;
    return true;
}

static bool take_texts(struct options *options, const struct spec *spec,
                       const struct setting *setting, struct failure *failure)
{
    for (size_t i = 0; i < setting->count; i++)
        if (!spec->parse(options, spec, setting->texts[i], failure))
            return false;
    return true;
}

/* What a profile says for an option, of the kind that the option has. */
static bool take_value(struct options *options, const struct spec *spec,
                       const struct setting *setting, struct failure *failure)
{
    enum setting_kind kind = setting->kind;
    if (!spec->value) {
        if (kind != SETTING_SWITCH)
            return wrong_kind(setting, "true or false", failure);
        *(bool *)field(options, spec) = setting->on;
        return true;
    }
    if (spec->traits & REPEATS) {
        if (kind != SETTING_LIST)
            return wrong_kind(setting, "a list of strings", failure);
    } else if (kind != SETTING_TEXT && !(kind == SETTING_NUMBER && spec->traits & NUMBER)) {
        return wrong_kind(setting, spec->traits & NUMBER ? "a number or a string" : "a string",
                          failure);
    }
    return take_texts(options, spec, setting, failure);
}

static bool take_setting(void *context, const struct setting *setting, struct failure *failure)
{
    struct profile_target *target = context;
    bool export = strcmp(setting->name, EXPORT_KEY) == 0;
    const struct spec *spec = spec_named(slice_from(setting->name));
    if (!export && (!spec || !spec->help))
        return failure_set(failure, FAILURE_USAGE,
                           "\"%.60s\" is not an option; clever2sds --help shows all",
                           setting->name);
    if (!export && !spec->show)
        return failure_set(failure, FAILURE_USAGE, "\"%s\" cannot stand in a profile",
                           setting->name);
    size_t number = export ? (size_t)SPECS : (size_t)(spec - specs);
    if (target->seen[number])
        return failure_set(failure, FAILURE_USAGE, "\"%s\" stands there twice; leave one out",
                           setting->name);
    target->seen[number] = true;
    return export ? take_exports(target->options, setting, failure)
                  : take_value(target->options, spec, setting, failure);
}

/* Of two things that exclude each other the command line's counts. */
static void give_way(struct options *profile, const struct options *given)
{
    if (given->strip_domain)
        profile->domain_all = profile->domain_role[ROLE_TEACHER] =
            profile->domain_role[ROLE_STUDENT] = NULL;
    if (has_domain(given))
        profile->strip_domain = false;
    if (given->quiet)
        profile->verbose = false;
    if (given->verbose)
        profile->quiet = false;
}

/* Begins anew with the profile; what is said in argv then comes on top of it. */
static bool begin_with_profile(struct options *options, struct failure *failure)
{
    const struct options given = *options;
    struct profile_target target = {options, {false}};
    set_defaults(options);
    options->kept = given.kept;
    if (!profile_read(given.profile, &options->kept, take_setting, &target, failure))
        return false;
    struct failure clash = {.kind = FAILURE_NONE};
    if (!check_excluding(options, &clash))
        return failure_set(failure, FAILURE_USAGE, "%s: %s", given.profile, clash.text);
    give_way(options, &given);
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    set_defaults(options);
    if (!take_arguments(options, argc, argv, failure))
        return false;
    if (options->action != ACTION_CONVERT && options->action != ACTION_PRINT_PROFILE)
        return true;
    if (options->profile &&
        !(begin_with_profile(options, failure) && take_arguments(options, argc, argv, failure)))
        return false;
    return check_together(options, failure);
}

/* Parts "a, b" into texts of the arena. */
static bool part_list(struct arena *arena, const struct buf *value, struct setting *setting)
{
    struct slice rest = buf_slice(value);
    setting->texts = arena_alloc(arena, (rest.len / 2 + 1) * sizeof *setting->texts);
    while (setting->texts && rest.len) {
        size_t len = slice_find(rest, ',');
        char *text = arena_bytes(arena, len + 1);
        if (!text)
            return false;
        memcpy(text, rest.ptr, len);
        text[len] = '\0';
        setting->texts[setting->count++] = text;
        size_t used = len + 2 < rest.len ? len + 2 : rest.len;
        rest = slice_of(rest.ptr + used, rest.len - used);
    }
    return setting->texts != NULL;
}

/* Makes the setting of an option that has a value in force. */
static bool make_setting(struct arena *arena, const struct spec *spec, struct buf *value,
                         struct setting *setting)
{
    uint64_t number;
    *setting = (struct setting){.name = spec->name, .kind = SETTING_SWITCH, .on = true};
    if (!spec->value)
        return true;
    if (spec->traits & REPEATS) {
        setting->kind = SETTING_LIST;
        return part_list(arena, value, setting);
    }
    bool digits = spec->traits & NUMBER && whole_number(buf_slice(value), &number);
    setting->kind = digits ? SETTING_NUMBER : SETTING_TEXT;
    char *text = arena_bytes(arena, value->len + 1);
    setting->texts = arena_alloc(arena, sizeof *setting->texts);
    if (!text || !setting->texts)
        return false;
    memcpy(text, value->data, value->len);
    text[value->len] = '\0';
    setting->texts[setting->count++] = text;
    return true;
}

static bool all_utf8(const struct setting *setting, struct failure *failure)
{
    for (size_t i = 0; i < setting->count; i++) {
        const char *text = setting->texts[i];
        while (*text) {
            size_t len = utf8_sequence(text, strlen(text));
            if (len == 0)
                return failure_set(failure, FAILURE_USAGE,
                                   "--print-profile: the name '%.60s' is not UTF-8 and cannot "
                                   "stand in a profile; use another name",
                                   setting->texts[i]);
            text += len;
        }
    }
    return true;
}

bool options_put_profile(const struct options *options, struct buf *out, struct failure *failure)
{
    struct arena arena = {0};
    struct setting settings[SPECS + 1];
    struct setting exports = {.name = EXPORT_KEY,
                              .kind = SETTING_LIST,
                              .texts = options->exports,
                              .count = options->export_count};
    size_t count = options->export_count ? 1 : 0;
    bool ok = true;
    settings[0] = exports;
    for (size_t i = 0; ok && i < SPECS; i++) {
        struct buf value = {0};
        if (specs[i].show)
            specs[i].show(options, &specs[i], &value);
        ok = !value.oom &&
             (!value.len || make_setting(&arena, &specs[i], &value, &settings[count++]));
        buf_release(&value);
    }
    ok = ok || failure_no_memory(failure);
    for (size_t i = 0; ok && i < count; i++)
        ok = all_utf8(&settings[i], failure);
    ok = ok && (profile_put(out, settings, count) || failure_no_memory(failure));
    arena_release(&arena);
    return ok;
}

/* ---- what is shown ---- */

static void put_padded(struct buf *out, const char *text, size_t width)
{
    buf_put_text(out, text);
    for (size_t len = strlen(text); len < width; len++)
        buf_put_byte(out, ' ');
}

void options_put_help(struct buf *out)
{
    buf_put_text(out, "usage: clever2sds [OPTION]... EXPORT...\n\n"
                      "Turns a Clever data export (folder, .zip, .gz, file or - for standard input) "
                      "into\nthe six CSV files of Microsoft School Data Sync and an error file.\n\n");
    for (size_t i = 0; i < SPECS; i++) {
        const struct spec *spec = &specs[i];
        if (!spec->help)
            continue;
        struct buf left = {0};
        if (spec->letter)
            buf_printf(&left, "-%c, ", spec->letter);
        buf_printf(&left, "--%s", spec->name);
        if (spec->value)
            buf_printf(&left, " %s", spec->value);
        buf_put_text(out, "  ");
        const char *text = buf_text(&left);
        if (text && left.len <= 30) {
            put_padded(out, text, 31);
        } else if (text) {
            buf_put_text(out, text);
            buf_put_text(out, "  ");
        }
        buf_put_text(out, spec->help);
        buf_put_byte(out, '\n');
        out->oom = out->oom || left.oom;
        buf_release(&left);
    }
    buf_put_text(out,
                 "\nexamples:\n"
                 "  clever2sds export.zip                     convert into the folder sds\n"
                 "  clever2sds --check -o /srv/sds exports/   only look for problems\n"
                 "  clever2sds --sync new --domain contoso.edu -o /srv/sds exports/\n\n"
                 "status: 0 published; 1 published, some records left out (review/errors.csv);\n"
                 "2 wrong usage; 3 bad input; 4 cannot write; 5 not published, see errors.csv\n");
}

void options_put_codes(struct buf *out)
{
    for (int i = 0; i < ISSUE_COUNT; i++) {
        put_padded(out, issue_kinds[i].code, 25);
        put_padded(out, severity_names[issue_kinds[i].severity], 9);
        buf_put_text(out, issue_kinds[i].sentence);
        buf_put_byte(out, '\n');
    }
}

void options_put_columns(struct buf *out)
{
    for (int f = 0; f < SDS_FILES; f++) {
        for (size_t c = 0; c < sds_formats[f].column_count; c++) {
            const struct sds_column *column = &sds_formats[f].columns[c];
            struct buf name = {0};
            buf_printf(&name, "%s.%s", sds_formats[f].name, column->header);
            const char *text = buf_text(&name);
            if (text)
                put_padded(out, text, 35);
            out->oom = out->oom || name.oom;
            buf_put_text(out, column_set_words[column->set]);
            buf_put_byte(out, '\n');
            buf_release(&name);
        }
    }
}

void options_put_table(struct buf *out)
{
    for (size_t i = 0; i < SPECS; i++) {
        const struct spec *spec = &specs[i];
        if (!spec->help)
            continue;
        if (spec->letter)
            buf_put_byte(out, spec->letter);
        buf_printf(out, "\t%s\t%s\t", spec->name, spec->value ? spec->value : "");
        for (size_t w = 0; spec->choices && spec->choices[w]; w++)
            buf_printf(out, "%s%s", w ? " " : "", spec->choices[w]);
        buf_printf(out, "\t%s\n", spec->help);
    }
}

void options_put_fields(struct buf *out)
{
    for (size_t i = 0; i < clever_field_count; i++) {
        const struct clever_field *field = &clever_fields[i];
        buf_printf(out, "%s\t%s\t%s\t%s\n", clever_shape_names[field->shape],
                   field->list ? roster_list_names[field->attribute]
                               : roster_attribute_names[field->attribute],
                   field->path, field->versions);
    }
}

void options_put_csv_fields(struct buf *out)
{
    for (size_t i = 0; i < clever_csv_field_count; i++) {
        const struct clever_csv_field *field = &clever_csv_fields[i];
        buf_printf(out, "%s.csv\t%s\t%s\t%s\n", entity_plural(field->entity), field->header,
                   field->list ? roster_list_names[field->attribute]
                               : roster_attribute_names[field->attribute],
                   field->required ? "required" : "");
    }
}

bool options_each(const struct options *options,
                  void (*each)(void *context, const char *name, const char *value),
                  void *context)
{
    bool ok = true;
    for (size_t i = 0; i < SPECS; i++) {
        if (!specs[i].show || specs[i].traits & UNTOLD)
            continue;
        struct buf value = {0};
        specs[i].show(options, &specs[i], &value);
        each(context, specs[i].name, value.len ? buf_text(&value) : NULL);
        ok = ok && !value.oom;
        buf_release(&value);
    }
    return ok;
}
