#include "converter/lock.h"

#include "converter/clock.h"
#include "converter/interrupt.h"
#include "formats/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_MS = 1000,   /* within which a run has written its name into its lock */
    SHORT_NAP_MS = 5, /* between two looks at a lock that is held, first ... */
    LONG_NAP_MS = 250 /* ... and last */
};

enum {
    HOLDER_BYTES = 48
};

/* Who holds a lock, as it is written in the file: "1234 2026-11-23T02:30:00Z". */
struct holder {
    char text[HOLDER_BYTES];
    long pid; /* 0: not known */
    const char *since;
};

enum look { LOOK_TAKEN, LOOK_HELD, LOOK_AGAIN, LOOK_PARENT_GONE, LOOK_FAILED };

static enum look look_failed(const struct lock_request *request, struct failure *failure)
{
    if (errno == EACCES || errno == EPERM)
        failure_set(failure, FAILURE_OUTPUT,
                    "%s: the lock beside it, .%s.clever2sds-lock, cannot be opened (%s); choose an "
                    "output folder whose parent you may write, and run as one user only",
                    request->shown, request->base, strerror(errno));
    else
        failure_set(failure, FAILURE_OUTPUT,
                    "%s: nothing can be created beside it (%s); choose an output folder whose "
                    "parent you may write",
                    request->shown, strerror(errno));
    return LOOK_FAILED;
}

static void read_holder(int fd, struct holder *holder)
{
    *holder = (struct holder){.pid = 0};
    ssize_t got = pread(fd, holder->text, sizeof holder->text - 1, 0);
    if (got <= 0 || holder->text[got - 1] != '\n')
        return;
    holder->text[got - 1] = '\0';
    char *end;
    long pid = strtol(holder->text, &end, 10);
    if (pid <= 0 || *end != ' ')
        return;
    holder->pid = pid;
    holder->since = end + 1;
}

static bool write_holder(int fd)
{
    char text[HOLDER_BYTES];
    char since[24];
    struct tm parts;
    time_t now = time(NULL);
    if (!gmtime_r(&now, &parts) || !strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return false;
    int len = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), since);
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len;
}

/* Whether the locked file is still the one that has the name. */
static bool still_named(const struct lock *lock, int fd)
{
    struct stat named;
    struct stat locked;
    return fstatat(lock->parent, lock->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(fd, &locked) == 0 && named.st_dev == locked.st_dev &&
           named.st_ino == locked.st_ino;
}

static enum look look(struct lock *lock, const struct lock_request *request,
                      struct holder *holder, struct failure *failure)
{
    int fd = openat(lock->parent, lock->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOENT ? LOOK_PARENT_GONE : look_failed(request, failure);
    enum look result = LOOK_TAKEN;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        result = errno == EWOULDBLOCK ? LOOK_HELD : look_failed(request, failure);
        if (result == LOOK_HELD)
            read_holder(fd, holder);
    } else if (!still_named(lock, fd)) {
        result = LOOK_AGAIN;
    } else if (!write_holder(fd)) {
        result = look_failed(request, failure);
        (void)unlinkat(lock->parent, lock->name, 0);
    }
    if (result == LOOK_TAKEN)
        lock->fd = fd;
    else
        (void)close(fd);
    return result;
}

/* Always false. */
static bool still_held(const struct lock_request *request, const struct holder *holder,
                       struct failure *failure)
{
    struct buf who = {0};
    buf_put_text(&who, "another run");
    if (holder->pid)
        buf_printf(&who, " (process %ld, since %s)", holder->pid, holder->since);
    const char *text = buf_text(&who);
    if (!text)
        failure_no_memory(failure);
    else if (request->wait)
        failure_set(failure, FAILURE_OUTPUT,
                    "%s: %s is still writing there after %llu s; see what keeps it, or give "
                    "--wait more time",
                    request->shown, text, (unsigned long long)request->wait);
    else
        failure_set(failure, FAILURE_OUTPUT,
                    "%s: %s is writing there; run again after its end, or use --wait SECONDS",
                    request->shown, text);
    buf_release(&who);
    return false;
}

/* Waits a little for a lock that is held; false when there is nothing more to wait for. */
static bool wait_on(const struct lock_request *request, const struct holder *holder,
                    uint64_t start, struct failure *failure)
{
    uint64_t waited = clock_ms() - start;
    uint64_t patience = request->wait * 1000;
    char text[64];
    if (!request->wait && !holder->pid)
        patience = NAME_MS;
    if (waited >= patience)
        return still_held(request, holder, failure);
    (void)snprintf(text, sizeof text, "waiting for the end of process %ld", holder->pid);
    progress_stage(request->progress, holder->pid ? text : "waiting for another run");
    uint64_t nap = waited / 8 + SHORT_NAP_MS;
    if (nap > LONG_NAP_MS)
        nap = LONG_NAP_MS;
    clock_nap(patience - waited < nap ? patience - waited : nap);
    return !interrupted() ||
           failure_set(failure, FAILURE_OUTPUT, "interrupted; nothing was published");
}

enum lock_result lock_take(struct lock *lock, const struct lock_request *request,
                           struct failure *failure)
{
    struct buf name = {0};
    buf_printf(&name, ".%s.clever2sds-lock", request->base);
    const char *text = buf_text(&name);
    *lock = (struct lock){.parent = request->parent, .fd = -1, .name = text ? strdup(text) : NULL};
    buf_release(&name);
    if (!lock->name) {
        failure_no_memory(failure);
        return LOCK_FAILED;
    }
    uint64_t start = clock_ms();
    for (;;) {
        struct holder holder = {.pid = 0};
        switch (look(lock, request, &holder, failure)) {
        case LOOK_TAKEN: return LOCK_TAKEN;
        case LOOK_PARENT_GONE: return LOCK_PARENT_GONE;
        case LOOK_FAILED: return LOCK_FAILED;
        case LOOK_AGAIN: break;
        case LOOK_HELD:
            if (!wait_on(request, &holder, start, failure))
                return LOCK_FAILED;
            break;
        }
    }
}

void lock_release(struct lock *lock)
{
    if (lock->fd >= 0) {
        (void)unlinkat(lock->parent, lock->name, 0);
        (void)close(lock->fd);
    }
    free(lock->name);
    *lock = (struct lock){.fd = -1};
}
