/* Options in, exit status out. */
#include "converter/convert.h"
#include "converter/interrupt.h"
#include "converter/sandbox.h"
#include "formats/base/hash.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>

static int fail(const struct failure *failure)
{
    (void)fprintf(stderr, "clever2sds: %s\n", failure->text);
    return (int)failure->kind;
}

/* Standard output may be a full disk or a closed pipe. A result that was published stands, so its
 * status does too; but somebody should know that they were not told. */
static int print(const struct buf *text, int status, bool only_text)
{
    size_t done = fwrite(text->data ? text->data : "", 1, text->len, stdout);
    if (done == text->len && fflush(stdout) == 0 && !text->oom)
        return status;
    (void)fprintf(stderr, "clever2sds: standard output cannot be written%s\n",
                  only_text ? "" : "; the result itself is complete, see its review folder");
    return only_text ? (int)FAILURE_OUTPUT : status;
}

static void show(const struct options *options, struct buf *out, struct failure *failure)
{
    switch ((enum action)options->action) {
    case ACTION_PRINT_PROFILE: (void)options_put_profile(options, out, failure); break;
    case ACTION_HELP: options_put_help(out); break;
    case ACTION_VERSION: buf_put_text(out, "clever2sds " VERSION "\n"); break;
    case ACTION_LIST_CODES: options_put_codes(out); break;
    case ACTION_LIST_COLUMNS: options_put_columns(out); break;
    case ACTION_LIST_OPTIONS: options_put_table(out); break;
    case ACTION_LIST_FIELDS: options_put_fields(out); break;
    case ACTION_LIST_CSV_FIELDS: options_put_csv_fields(out); break;
    case ACTION_CONVERT: break;
    }
}

/* Whoever runs the program can read what it writes, whatever the umask; what others can do is for
 * the umask and for those who create files to say. */
static void keep_own_rights(void)
{
    mode_t mask = umask(S_IRWXG | S_IRWXO);
    (void)umask(mask & (S_IRWXG | S_IRWXO));
}

/* Memory that was freed is kept for what comes next: giving it back to the system and getting it
 * again, page by page, took a tenth of the time of a run. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    enum { LARGEST = 32 * 1024 * 1024, AT_ONCE = 4 * 1024 * 1024, SPARE = 512 * 1024 * 1024 };
    (void)mallopt(M_MMAP_THRESHOLD, LARGEST);
    (void)mallopt(M_TRIM_THRESHOLD, SPARE);
    (void)mallopt(M_TOP_PAD, AT_ONCE);
#endif
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure = {.kind = FAILURE_NONE};
    struct buf told = {0};
    int status = 0;
    sandbox_forbid_core();
    keep_own_rights();
    keep_memory();
    hash_seed();
    interrupt_catch();
    if (!options_parse(&options, argc, argv, &failure)) {
        options_release(&options);
        return fail(&failure);
    }
    if (options.action == ACTION_CONVERT)
        status = convert(&options, &told, &failure);
    else
        show(&options, &told, &failure);
    if (failure.kind != FAILURE_NONE)
        status = fail(&failure);
    else if (options.action == ACTION_CONVERT && options.quiet)
        (void)fwrite(told.data ? told.data : "", 1, told.len, stderr);
    else
        status = print(&told, status, options.action != ACTION_CONVERT);
    buf_release(&told);
    options_release(&options);
    if (failure.kind != FAILURE_NONE)
        interrupt_raise();
    return status;
}
