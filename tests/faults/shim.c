/* Lets the n-th call of one function fail: LD_PRELOAD this beside the program.
 *
 *   FAULT_CALL    which function, as in the table below; open64 counts as open, and so on
 *   FAULT_ERROR   errno that it leaves, or "short": it moves fewer bytes than it was asked to
 *   FAULT_AT      the number of the call, from 1
 *   FAULT_ALWAYS  when set: all calls from that one on
 *   FAULT_REPORT  a descriptor that gets a line for the first fault, saying who called, and one at
 *                 the end of the program for each descriptor that is still open
 *
 * Calls that the C library makes inside itself do not come by here, but for those of malloc and
 * its sisters. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum { FIRST_FREE = 3, LAST_LOOKED_AT = 256, OWN_FRAMES = 2, CALLERS = 7 };

static const char *target; /* NULL until the program starts */
static unsigned long at;
static bool always;
static bool shorter;
static int error;
static int report = -1;
static atomic_ulong calls;

/* Without the C library's own output, which allocates. */
static void tell(const char *what, const char *detail, unsigned long number)
{
    char line[512];
    const char *slash = strrchr(detail, '/');
    int len = snprintf(line, sizeof line, "%s %s+0x%lx\n", what, slash ? slash + 1 : detail,
                       number);
    if (report >= 0 && len > 0)
        (void)syscall(SYS_write, report, line, (size_t)len);
}

/* One frame of the stack; the first ones are the shim's own. */
static _Unwind_Reason_Code tell_caller(struct _Unwind_Context *frame, void *context)
{
    int *depth = context;
    unsigned long place = _Unwind_GetIP(frame);
    Dl_info info;
    if (++*depth > OWN_FRAMES && dladdr((void *)place, &info) && info.dli_fname)
        tell(*depth == OWN_FRAMES + 1 ? "fault" : "  in", info.dli_fname,
             place - (unsigned long)info.dli_fbase);
    return *depth < OWN_FRAMES + CALLERS ? _URC_NO_REASON : _URC_END_OF_STACK;
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("FAULT_REPORT");
    report = text ? atoi(text) : -1;
    text = getenv("FAULT_AT");
    at = text ? strtoul(text, NULL, 10) : 0;
    text = getenv("FAULT_ERROR");
    shorter = text && strcmp(text, "short") == 0;
    error = text ? atoi(text) : 0;
    always = getenv("FAULT_ALWAYS") != NULL;
    target = getenv("FAULT_CALL");
}

/* No more faults: also for the program, whose own end may be no part of what is tested. */
void fault_end(void);
void fault_end(void)
{
    target = NULL;
}

__attribute__((destructor)) static void end(void)
{
    fault_end();
    for (int fd = FIRST_FREE; fd < LAST_LOOKED_AT; fd++)
        if (fd != report && syscall(SYS_fcntl, fd, F_GETFD) >= 0)
            tell("open", "descriptor", (unsigned long)fd);
}

static bool fails(const char *call)
{
    if (!target || strcmp(call, target) != 0)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (number != at && !(always && number > at))
        return false;
    int depth = 0;
    if (number == at)
        (void)_Unwind_Backtrace(tell_caller, &depth);
    errno = error;
    return true;
}

static void *next(atomic_uintptr_t *known, const char *name)
{
    uintptr_t found = atomic_load(known);
    if (!found) {
        found = (uintptr_t)dlsym(RTLD_NEXT, name);
        atomic_store(known, found);
    }
    return (void *)found;
}

/* TYPE NAME(PARAMETERS): counts as CALL; returns FAILED, or what the real one says to ARGUMENTS. */
#define WRAP(type, name, call, failed, parameters, arguments) \
    type name parameters; \
    type name parameters \
    { \
        static atomic_uintptr_t known; \
        if (fails(call)) \
            return failed; \
        return ((type(*) parameters)next(&known, #name))arguments; \
    }

/* The same for what may move fewer bytes than it was asked to. */
#define WRAP_MOVE(name, call, parameters, arguments) \
    ssize_t name parameters; \
    ssize_t name parameters \
    { \
        static atomic_uintptr_t known; \
        if (fails(call)) { \
            if (!shorter) \
                return -1; \
            size = size > 1 ? size / 2 : size; \
        } \
        return ((ssize_t(*) parameters)next(&known, #name))arguments; \
    }

/* The same for a last parameter that is only there when a file may be made. */
#define WRAP_OPEN(name, call, parameters, last, arguments) \
    int name(parameters, ...); \
    int name(parameters, ...) \
    { \
        static atomic_uintptr_t known; \
        va_list list; \
        va_start(list, last); \
        int mode = va_arg(list, int); \
        va_end(list); \
        if (fails(call)) \
            return -1; \
        return ((int (*)(parameters, ...))next(&known, #name))arguments; \
    }

#define COMMA ,

/* clang-format off */
WRAP_OPEN(open, "open", const char *path COMMA int flags, flags, (path, flags, mode))
WRAP_OPEN(open64, "open", const char *path COMMA int flags, flags, (path, flags, mode))
WRAP_OPEN(openat, "openat", int folder COMMA const char *path COMMA int flags, flags, (folder, path, flags, mode))
WRAP_OPEN(openat64, "openat", int folder COMMA const char *path COMMA int flags, flags, (folder, path, flags, mode))
WRAP_MOVE(read, "read", (int fd, void *bytes, size_t size), (fd, bytes, size))
WRAP_MOVE(__read_chk, "read", (int fd, void *bytes, size_t size, size_t room), (fd, bytes, size, room))
WRAP_MOVE(pread, "pread", (int fd, void *bytes, size_t size, off_t place), (fd, bytes, size, place))
WRAP_MOVE(pread64, "pread", (int fd, void *bytes, size_t size, off_t place), (fd, bytes, size, place))
WRAP_MOVE(__pread64_chk, "pread", (int fd, void *bytes, size_t size, off_t place, size_t room), (fd, bytes, size, place, room))
WRAP_MOVE(write, "write", (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRAP_MOVE(pwrite64, "pwrite", (int fd, const void *bytes, size_t size, off_t place), (fd, bytes, size, place))
WRAP(int, fsync, "fsync", -1, (int fd), (fd))
WRAP(int, fdatasync, "fsync", -1, (int fd), (fd))
WRAP(int, sync_file_range, "sync_file_range", -1, (int fd, off_t from, off_t len, unsigned flags), (fd, from, len, flags))
WRAP(int, ftruncate, "ftruncate", -1, (int fd, off_t len), (fd, len))
WRAP(int, ftruncate64, "ftruncate", -1, (int fd, off_t len), (fd, len))
WRAP(int, fallocate64, "fallocate", -1, (int fd, int mode, off_t from, off_t len), (fd, mode, from, len))
WRAP(off_t, lseek, "lseek", -1, (int fd, off_t place, int whence), (fd, place, whence))
WRAP(off_t, lseek64, "lseek", -1, (int fd, off_t place, int whence), (fd, place, whence))
WRAP(int, rename, "rename", -1, (const char *a, const char *b), (a, b))
WRAP(int, renameat, "rename", -1, (int x, const char *a, int y, const char *b), (x, a, y, b))
WRAP(int, renameat2, "renameat2", -1, (int x, const char *a, int y, const char *b, unsigned flags), (x, a, y, b, flags))
WRAP(int, linkat, "linkat", -1, (int x, const char *a, int y, const char *b, int flags), (x, a, y, b, flags))
WRAP(int, unlink, "unlink", -1, (const char *path), (path))
WRAP(int, unlinkat, "unlinkat", -1, (int folder, const char *path, int flags), (folder, path, flags))
WRAP(int, rmdir, "rmdir", -1, (const char *path), (path))
WRAP(int, mkdir, "mkdir", -1, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdirat, "mkdirat", -1, (int folder, const char *path, mode_t mode), (folder, path, mode))
WRAP(int, fchmod, "fchmod", -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchown, "fchown", -1, (int fd, uid_t user, gid_t group), (fd, user, group))
WRAP(int, flock, "flock", -1, (int fd, int how), (fd, how))
WRAP(int, stat, "stat", -1, (const char *path, struct stat *info), (path, info))
WRAP(int, stat64, "stat", -1, (const char *path, struct stat64 *info), (path, info))
WRAP(int, fstat, "fstat", -1, (int fd, struct stat *info), (fd, info))
WRAP(int, fstat64, "fstat", -1, (int fd, struct stat64 *info), (fd, info))
WRAP(int, fstatat, "fstatat", -1, (int folder, const char *path, struct stat *info, int flags), (folder, path, info, flags))
WRAP(int, fstatat64, "fstatat", -1, (int folder, const char *path, struct stat64 *info, int flags), (folder, path, info, flags))
WRAP(DIR *, opendir, "opendir", NULL, (const char *path), (path))
WRAP(DIR *, fdopendir, "opendir", NULL, (int fd), (fd))
WRAP(struct dirent *, readdir, "readdir", NULL, (DIR *dir), (dir))
WRAP(struct dirent64 *, readdir64, "readdir", NULL, (DIR *dir), (dir))
WRAP(ssize_t, getdents64, "getdents64", -1, (int folder, void *room, size_t size), (folder, room, size))
WRAP(char *, realpath, "realpath", NULL, (const char *path, char *room), (path, room))
WRAP(ssize_t, getrandom, "getrandom", -1, (void *bytes, size_t size, unsigned flags), (bytes, size, flags))
WRAP(void *, mmap, "mmap", MAP_FAILED, (void *wanted, size_t size, int protection, int flags, int fd, off_t place), (wanted, size, protection, flags, fd, place))
WRAP(void *, mmap64, "mmap", MAP_FAILED, (void *wanted, size_t size, int protection, int flags, int fd, off_t place), (wanted, size, protection, flags, fd, place))
WRAP(void *, malloc, "malloc", NULL, (size_t size), (size))
WRAP(void *, calloc, "calloc", NULL, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, "realloc", NULL, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, "malloc", NULL, (size_t align, size_t size), (align, size))
WRAP(int, posix_memalign, "malloc", ENOMEM, (void **made, size_t align, size_t size), (made, align, size))
WRAP(char *, strdup, "strdup", NULL, (const char *text), (text))
WRAP(char *, strndup, "strdup", NULL, (const char *text, size_t size), (text, size))
WRAP(int, pthread_mutex_init, "pthread_mutex_init", error, (pthread_mutex_t *mutex, const pthread_mutexattr_t *how), (mutex, how))
WRAP(int, pthread_cond_init, "pthread_cond_init", error, (pthread_cond_t *cond, const pthread_condattr_t *how), (cond, how))
WRAP(int, pthread_create, "pthread_create", error, (pthread_t *made, const pthread_attr_t *how, void *(*run)(void *), void *argument), (made, how, run, argument))
/* clang-format on */

int fcntl64(int fd, int what, ...)
{
    static atomic_uintptr_t known;
    va_list list;
    va_start(list, what);
    long argument = va_arg(list, long);
    va_end(list);
    if (fails("fcntl"))
        return -1;
    return ((int (*)(int, int, ...))next(&known, "fcntl64"))(fd, what, argument);
}

/* Linux closes the file whatever it says. */
int close(int fd)
{
    static atomic_uintptr_t known;
    int result = ((int (*)(int))next(&known, "close"))(fd);
    return fails("close") ? -1 : result;
}
