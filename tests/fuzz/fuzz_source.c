/* Gzip and zip: any bytes are read to an end or refused with one line, and a member never gives
 * more than the directory says. */
#include "formats/source/source.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 1 << 20, ROOM = 4096, MEMBERS = 64 };

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static void check_line(const struct failure *failure)
{
    MUST(failure->kind == FAILURE_INPUT);
    MUST(*failure->text && !strchr(failure->text, '\n'));
}

/* Reads `source` (taken; NULL: it was refused), at most MOST bytes of it. */
static uint64_t drain(struct source *source, const struct failure *failure,
                      struct failure *writable)
{
    char bytes[ROOM];
    uint64_t total = 0;
    ssize_t got = source ? 1 : -1;
    while (got > 0 && total < MOST) {
        got = source_read(source, bytes, sizeof bytes, writable);
        MUST(got <= (ssize_t)sizeof bytes);
        total += got > 0 ? (uint64_t)got : 0;
    }
    if (got < 0)
        check_line(failure);
    source_free(source);
    return total;
}

struct members {
    struct zip_member items[MEMBERS];
    size_t count;
};

static bool note_member(void *context, const struct zip_member *member)
{
    struct members *members = context;
    MUST(member->name);
    if (members->count < MEMBERS)
        members->items[members->count++] = *member;
    return true;
}

static void read_zip(const uint8_t *data, size_t size)
{
    struct failure failure = {.kind = FAILURE_NONE};
    struct members members = {.count = 0};
    struct zip_archive *zip = zip_open(file_of(data, size), "fuzz", &failure);
    if (!zip || !zip_list(zip, note_member, &members, &failure)) {
        check_line(&failure);
        zip_free(zip);
        return;
    }
    for (size_t i = 0; i < members.count; i++) {
        struct failure own = {.kind = FAILURE_NONE};
        struct source *source = source_from_zip(zip, members.items[i].place, "member", &own);
        MUST(drain(source, &own, &own) <= members.items[i].size);
    }
    zip_free(zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct failure failure = {.kind = FAILURE_NONE};
    struct source *source = source_from_fd(file_of(data, size), "fuzz", &failure);
    (void)drain(source_sniffed(source, &failure), &failure, &failure);
    read_zip(data, size);
    return 0;
}
