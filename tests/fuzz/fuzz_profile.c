/* A profile. It is refused with one line, or holds options that print as a profile of the same
 * options. */
#include "converter/options.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[64];

/* A file without a name, by the name that it has all the same. */
static void put_file(const void *bytes, size_t size)
{
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("profile", MFD_CLOEXEC);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
}

/* Reads the file; when it is a profile, what it prints is put into `printed`. */
static bool read_file(struct buf *printed)
{
    static char program[] = "clever2sds";
    static char profile[] = "--profile";
    static char export[] = "in";
    char *argv[] = {program, profile, path, export, NULL};
    struct options options;
    struct failure failure = {.kind = FAILURE_NONE};
    bool good = options_parse(&options, 4, argv, &failure);
    MUST(good == (failure.kind == FAILURE_NONE) && !strchr(failure.text, '\n'));
    MUST(good || failure.kind == FAILURE_USAGE);
    MUST(!good || options_put_profile(&options, printed, &failure));
    options_release(&options);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = {0};
    struct buf twice = {0};
    put_file(data, size);
    if (read_file(&once)) {
        put_file(once.data, once.len);
        MUST(read_file(&twice));
        MUST(strcmp(buf_text(&once), buf_text(&twice)) == 0);
    }
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
