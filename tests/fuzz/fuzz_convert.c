/* A whole run, with options that the input chooses. The input: CHOICES bytes, then the files of an
 * export, each a byte that chooses its name, its bytes and an RS (0x1E). */
#include "converter/convert.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHOICES = 8, OPTIONS_TAKEN = 4, LONGEST_OPTION = 64, MAX_FILES = 12, SEPARATOR = 0x1E };

static const char *const file_names[] = {
    "schools.json", "students.json", "teachers.json", "sections.json",
    "users.json",   "courses.json",  "terms.json",    "export.json",
    "schools.csv",  "students.csv",  "teachers.csv",  "sections.csv",
    "enrollments.csv", "export.zip", "export.json.gz", "events.json"};

static const char *const choices[] = {
    "--sync=new", "--match=number", "--match=secondary-email", "--username-from=email-local",
    "--username-from=sis-id", "--domain=d.example", "--strip-domain", "--id=sis", "--id=clever",
    "--teacher-id=legacy", "--multi-school=rows", "--columns=all", "--columns=required",
    "--with=Student.Birthdate", "--without=Student.Grade", "--subjects=text",
    "--treat=unknown_grade=error", "--treat=duplicate_id=error", "--treat=unexpected_type=error",
    "--treat=missing_required=warning", "--users-only", "--allow-empty=schools",
    "--allow-empty=sections", "--allow-empty=students", "--allow-empty=teachers",
    "--allow-empty=teacher-roster", "--allow-empty=student-enrollment", "--allow-incomplete",
    "--max-errors=1", "--max-errors=50%", "--max-bytes=64K", "--encoding=windows-1252",
    "--encoding=iso-8859-1", "--check", "--lowercase-names", "--bom", "--no-values", "--split=2",
    "--split=20", "-v", "-q"};

static char folder[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void clear(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void clear_all(void)
{
    if (chdir("/") == 0)
        clear(folder);
}

/* A folder in memory of this process's own, the working folder from then on. */
static void settle(void)
{
    if (*folder)
        return;
    (void)snprintf(folder, sizeof folder, "/dev/shm/clever2sds-fuzz-%ld", (long)getpid());
    MUST(mkdir(folder, 0700) == 0 && chdir(folder) == 0);
    MUST(setenv("SOURCE_DATE_EPOCH", "1600000000", 1) == 0);
    MUST(atexit(clear_all) == 0);
}

static void put_file(const uint8_t *data, size_t size)
{
    char path[64];
    size_t count = sizeof file_names / sizeof *file_names;
    (void)snprintf(path, sizeof path, "in/%s", file_names[data[0] % count]);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    MUST(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1) && close(fd) == 0);
}

static void put_files(const uint8_t *data, size_t size)
{
    for (int i = 0; i < MAX_FILES && size > 0; i++) {
        const uint8_t *end = memchr(data, SEPARATOR, size);
        size_t len = end ? (size_t)(end - data) : size;
        if (len)
            put_file(data, len);
        size_t used = end ? len + 1 : len;
        data += used;
        size -= used;
    }
}

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static void run(char **argv, int argc)
{
    struct options options;
    struct failure failure = {.kind = FAILURE_NONE};
    struct buf told = {0};
    if (options_parse(&options, argc, argv, &failure)) {
        int status = convert(&options, &told, &failure);
        MUST(status >= 0 && status <= 5);
        MUST((status >= 2 && status <= 4) == (failure.kind != FAILURE_NONE));
        MUST(exists("out/review/summary.json") == (failure.kind == FAILURE_NONE));
        MUST(exists("out/review/errors.csv") == (failure.kind == FAILURE_NONE));
        bool csv = exists("out/School.csv") || exists("out/school.csv") ||
                   exists("out/1/School.csv") || exists("out/1/school.csv");
        MUST(csv == (status <= 1 && !options.check));
    } else {
        MUST(failure.kind == FAILURE_USAGE);
    }
    MUST(!strchr(failure.text, '\n'));
    buf_release(&told);
    options_release(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "clever2sds";
    static char output[] = "--output=out";
    static char unconfined[] = "--no-sandbox";
    static char export[] = "in";
    char threads[] = "-j1";
    char taken[OPTIONS_TAKEN][LONGEST_OPTION];
    /* The sandbox would be that of all inputs to come. */
    char *argv[OPTIONS_TAKEN + 6] = {program, output, threads, unconfined};
    int argc = 4;
    if (size < CHOICES)
        return 0;
    settle();
    clear("in");
    clear("out");
    MUST(mkdir("in", 0700) == 0);
    put_files(data + CHOICES, size - CHOICES);
    /* A choice beyond the table is none. */
    for (int i = 0; i < OPTIONS_TAKEN; i++)
        if (data[i] < sizeof choices / sizeof *choices)
            argv[argc++] = strcpy(taken[i], choices[data[i]]);
    if (data[OPTIONS_TAKEN] & 1)
        threads[2] = '2';
    argv[argc++] = export;
    run(argv, argc);
    return 0;
}
