#include "converter/outdir.h"

#include "converter/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STAGE_MARK[] = ".clever2sds-";
static const char DIGITS[] = "0123456789";
static const char REVIEW[] = "review";
static const char SUMMARY[] = "review/summary.json";
/* The folder of a set is called so in the stage until it is published: a name that nobody else
 * uses, so that it can be cleared away whatever happens. */
static const char SET_MARK[] = ".clever2sds-set-";
/* Two empty folders that are exchanged to see whether that works. */
static const char PROBE_A[] = ".clever2sds-probe-a";
static const char PROBE_B[] = ".clever2sds-probe-b";

/* Everything this program ever puts into a result. */
static const char *const result_names[] = {
    "School.csv",        "Section.csv",           "Teacher.csv",       "Student.csv",
    "TeacherRoster.csv", "StudentEnrollment.csv", "school.csv",        "section.csv",
    "teacher.csv",       "student.csv",           "teacherroster.csv", "studentenrollment.csv"};
static const char *const review_names[] = {"errors.csv", "changes.csv", "summary.json", "report.html"};

/* How often folders are made that another run, which has made them too, takes away at its end. */
enum { TRIES = 100 };
#define RESULT_NAMES result_names, sizeof result_names / sizeof *result_names
#define REVIEW_NAMES review_names, sizeof review_names / sizeof *review_names

enum { MAX_SUMMARY = 256 * 1024 * 1024, ENTRIES_BYTES = 16 * 1024 };

struct outdir {
    char *shown; /* DIR as given, for messages */
    char *base;  /* its last part */
    char *above; /* path of the parent */
    size_t made; /* how many folders of that path were made for this run */
    char *stage; /* name of the stage in the parent; NULL once it is gone */
    int parent;
    int old;    /* DIR, -1 when it does not exist */
    int staged; /* the stage */
    int review; /* the stage's review, -1 when there is none */
    struct lock lock;
    uint32_t sets;     /* how many were made */
    uint32_t old_sets; /* how many the result in DIR has */
    bool (*sets_told)(const char *summary, uint32_t *sets);
};

static bool output_failure(struct failure *failure, const char *what, const char *doing)
{
    return failure_set(failure, FAILURE_OUTPUT, "%s: %s: %s", what, doing, strerror(errno));
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

static bool one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Calls `each` for every entry of a folder until it returns false. False when it did, or when
 * the folder cannot be read. Takes neither memory nor a descriptor, so that a stage can be cleared
 * away when these have run out; not to be nested on one descriptor. */
static bool each_entry(int folder, bool (*each)(void *context, const char *name), void *context)
{
    _Alignas(struct dirent64) char bytes[ENTRIES_BYTES];
    ssize_t got = lseek(folder, 0, SEEK_SET) == 0 ? 1 : -1;
    while (got > 0) {
        got = getdents64(folder, bytes, sizeof bytes);
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const void *)(bytes + at);
            if (!dots(entry->d_name) && !each(context, entry->d_name))
                return false;
            at += entry->d_reclen;
        }
    }
    return got == 0;
}

/* The number in the name of a set's folder, 0 for any other name. */
static uint32_t set_number(const char *name)
{
    uint32_t number = 0;
    for (const char *c = name; *c; c++) {
        if (*c < (c == name ? '1' : '0') || *c > '9' || number > UINT32_MAX / 10 - 1)
            return 0;
        number = number * 10 + (uint32_t)(*c - '0');
    }
    return number;
}

/* The bytes of an open file, fewer than `size` when it has become shorter. */
static bool read_bytes(int fd, size_t size, struct buf *text)
{
    if (!buf_reserve(text, size + 1)) /* and what buf_text puts behind them */
        return false;
    while (size > 0) {
        ssize_t got = read(fd, text->data + text->len, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        text->len += (size_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* Appends the bytes of a file of at most `limit` bytes, nothing when there is none. False, with
 * errno or text->oom, when there is one that cannot be read. */
static bool read_text(int folder, const char *name, size_t limit, struct buf *text)
{
    struct stat info;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR;
    bool ok = fstat(fd, &info) == 0;
    if (ok && S_ISREG(info.st_mode) && (size_t)info.st_size <= limit)
        ok = read_bytes(fd, (size_t)info.st_size, text);
    int error = errno;
    close_fd(fd);
    errno = error;
    return ok;
}

/* ---- clearing a stage away ---- */

/* A stage is a new result that was not finished, or an old one that has been replaced. */
struct clearing {
    int from; /* the folder to empty */
    int home; /* DIR, or the same folder in it: where a stranger's file belongs, -1 for none */
    const char *const *ours;
    size_t ours_count;
    const char *below; /* what is cleared by itself; NULL for none */
    uint32_t sets;     /* folders that may have ours and a stranger's in them */
};

static bool same_file(int a, int b, const char *name)
{
    struct stat x;
    struct stat y;
    return fstatat(a, name, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(b, name, &y, AT_SYMLINK_NOFOLLOW) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

static bool clear_entry(void *context, const char *name);

/* Empties an open folder in c->from in which ours and somebody else's stand. */
static void clear_shared(const struct clearing *c, const char *name, int from,
                         const char *const *ours, size_t ours_count)
{
    int home = c->home < 0 ? -1 : open_folder(c->home, name);
    struct clearing inner = {from, home, ours, ours_count, NULL, 0};
    (void)each_entry(from, clear_entry, &inner);
    close_fd(home);
}

/* Whether it is the folder of a set, under the name it has before it is published or the one it
 * has then. It is cleared; what cannot be looked at stays where it is. */
static bool clear_set(const struct clearing *c, const char *name)
{
    struct stat info;
    bool hidden = strncmp(name, SET_MARK, sizeof SET_MARK - 1) == 0;
    uint32_t number = set_number(name);
    if (!c->below || (!hidden && (number == 0 || number > c->sets)))
        return false;
    if (fstatat(c->from, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    if (!S_ISDIR(info.st_mode))
        return false;
    int from = open_folder(c->from, name);
    if (from >= 0)
        clear_shared(c, name, from, RESULT_NAMES);
    close_fd(from);
    (void)unlinkat(c->from, name, AT_REMOVEDIR);
    return true;
}

/* Removes what is ours and links to what is safe at home; moves the rest home. What cannot be
 * moved stays, and with it the stage: nothing of somebody else's is ever lost. */
static bool clear_entry(void *context, const char *name)
{
    const struct clearing *c = context;
    bool probe = strcmp(name, PROBE_A) == 0 || strcmp(name, PROBE_B) == 0;
    if (probe)
        (void)unlinkat(c->from, name, AT_REMOVEDIR);
    else if (one_of(name, c->ours, c->ours_count) ||
             (c->home >= 0 && same_file(c->from, c->home, name)))
        (void)unlinkat(c->from, name, 0);
    else if (!clear_set(c, name) && c->home >= 0 && !(c->below && strcmp(name, c->below) == 0))
        (void)renameat2(c->from, name, c->home, name, RENAME_NOREPLACE);
    return true;
}

static bool is_review(void *context, const char *name)
{
    (void)context;
    return strcmp(name, REVIEW) == 0;
}

/* `review` is that of the folder, -1 when there is nothing in it; `sets` how many either result may
 * have. It goes last: while anything else is there, its summary says what belongs to sets. */
static void clear_stage(const struct outdir *outdir, const char *stage, int folder, int review,
                        int home, uint32_t sets)
{
    struct clearing outer = {folder, home, RESULT_NAMES, REVIEW, sets};
    (void)each_entry(folder, clear_entry, &outer);
    if (!each_entry(folder, is_review, NULL))
        return;
    if (review >= 0)
        clear_shared(&outer, REVIEW, review, REVIEW_NAMES);
    (void)unlinkat(folder, REVIEW, AT_REMOVEDIR);
    (void)unlinkat(outdir->parent, stage, AT_REMOVEDIR);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* How many sets there are in the result in a folder, as its summary tells. */
static bool sets_in(const struct outdir *outdir, int folder, uint32_t *sets)
{
    struct buf summary = {0};
    bool ok = read_text(folder, SUMMARY, MAX_SUMMARY, &summary) &&
              outdir->sets_told(summary.len ? buf_text(&summary) : NULL, sets);
    buf_release(&summary);
    return ok;
}

/* Whether an entry of the parent is called like a stage of DIR: .DIR.clever2sds-PID-N */
static bool stage_name(const struct outdir *outdir, const char *name)
{
    size_t base = strlen(outdir->base);
    if (name[0] != '.' || strncmp(name + 1, outdir->base, base) != 0 ||
        strncmp(name + 1 + base, STAGE_MARK, sizeof STAGE_MARK - 1) != 0)
        return false;
    const char *rest = name + 1 + base + sizeof STAGE_MARK - 1;
    size_t pid = strspn(rest, DIGITS);
    if (pid == 0 || rest[pid] != '-')
        return false;
    size_t number = strspn(rest + pid + 1, DIGITS);
    return number > 0 && rest[pid + 1 + number] == '\0';
}

/* DIR's lock is held, so a stage that is there is one that nobody works at any more. One whose sets
 * cannot be found out waits for the next run: they could be taken for somebody else's. */
static bool clear_stale(void *context, const char *name)
{
    const struct outdir *outdir = context;
    uint32_t sets = 0;
    int folder = stage_name(outdir, name) ? open_folder(outdir->parent, name) : -1;
    if (folder >= 0 && sets_in(outdir, folder, &sets)) {
        int review = open_folder(folder, REVIEW);
        clear_stage(outdir, name, folder, review, outdir->old, larger(sets, outdir->old_sets));
        close_fd(review);
    }
    close_fd(folder);
    return true;
}

/* ---- opening ---- */

/* Makes the missing folders of `path`, which is changed on the way but as it was at the end. */
static bool make_parents(struct outdir *outdir, char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        int result = mkdir(path, 0777);
        int error = errno;
        if (slash)
            *slash = '/';
        outdir->made += result == 0;
        errno = error;
        if (result != 0 && error != EEXIST)
            return false;
        if (!slash)
            return true;
    }
}

/* The folder above those that were made. */
static bool allow_parents(const struct outdir *outdir, struct sandbox *sandbox,
                          struct failure *failure)
{
    char *path = strdup(outdir->above);
    if (!path)
        return failure_no_memory(failure);
    char *slash = path;
    for (size_t i = 0; slash && i < outdir->made; i++) {
        slash = strrchr(path, '/');
        if (slash)
            *slash = '\0';
    }
    const char *above = slash == path ? "/" : path;
    bool ok = sandbox_allow(sandbox, slash ? above : ".", SANDBOX_REPLACE, failure);
    free(path);
    return ok;
}

static void remove_parents(struct outdir *outdir)
{
    for (; outdir->made > 0; outdir->made--) {
        if (rmdir(outdir->above) != 0)
            return;
        char *slash = strrchr(outdir->above, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

/* Undoes find_parent. */
static void forget_parent(struct outdir *outdir)
{
    close_fd(outdir->parent);
    outdir->parent = -1;
    if (outdir->above)
        remove_parents(outdir);
    free(outdir->above);
    free(outdir->base);
    outdir->above = outdir->base = NULL;
}

/* Splits the path of DIR, which is cut for that, into the path of the parent and the name. */
static bool split_path(struct outdir *outdir, char *path, struct failure *failure)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    const char *slash = strrchr(path, '/');
    size_t above = slash ? (size_t)(slash - path) : 0;
    outdir->base = strdup(slash ? slash + 1 : path);
    if (!slash)
        outdir->above = strdup(".");
    else
        outdir->above = above ? strndup(path, above) : strdup("/");
    if (!outdir->base || !outdir->above)
        return failure_no_memory(failure);
    if (*outdir->base != '\0' && !dots(outdir->base))
        return true;
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: cannot be the output folder; give a folder inside another one",
                       outdir->shown);
}

static bool find_parent(struct outdir *outdir, struct failure *failure)
{
    char *real = realpath(outdir->shown, NULL);
    char *path = real ? real : strdup(outdir->shown);
    bool ok = path ? split_path(outdir, path, failure) : failure_no_memory(failure);
    free(path);
    if (!ok)
        return false;
    outdir->parent = open(outdir->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < TRIES && outdir->parent < 0 && errno == ENOENT; i++)
        if (make_parents(outdir, outdir->above) || errno == ENOENT)
            outdir->parent = open(outdir->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (outdir->parent >= 0)
        return true;
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: the folder above it cannot be opened or made (%s); choose another one",
                       outdir->shown, strerror(errno));
}

static bool open_old(struct outdir *outdir, struct failure *failure)
{
    struct stat mine;
    struct stat above;
    outdir->old = open_folder(outdir->parent, outdir->base);
    if (outdir->old < 0 && errno == ENOENT)
        return true;
    if (outdir->old < 0)
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: is no folder that can be opened (%s); choose another name",
                           outdir->shown, strerror(errno));
    if (fstat(outdir->old, &mine) != 0 || fstat(outdir->parent, &above) != 0)
        return output_failure(failure, outdir->shown, "cannot be examined");
    struct stat review;
    bool reviewed = fstatat(outdir->old, REVIEW, &review, AT_SYMLINK_NOFOLLOW) == 0;
    if (!reviewed && errno != ENOENT)
        return output_failure(failure, outdir->shown, "its review cannot be examined");
    if (reviewed && !S_ISDIR(review.st_mode))
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: holds something called review that is no folder; move it away",
                           outdir->shown);
    if (mine.st_dev != above.st_dev)
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: is a mount point, which cannot be replaced in one step; use a "
                           "folder inside it",
                           outdir->shown);
    return true;
}

static bool make_stage(struct outdir *outdir, struct failure *failure)
{
    char name[NAME_MAX + 1];
    for (unsigned i = 0; i < 1000; i++) {
        int len = snprintf(name, sizeof name, ".%s%s%lu-%u", outdir->base, STAGE_MARK,
                           (unsigned long)getpid(), i);
        if (len < 0 || (size_t)len >= sizeof name)
            return failure_set(failure, FAILURE_OUTPUT, "%s: the name is too long", outdir->shown);
        if (mkdirat(outdir->parent, name, 0700) == 0) {
            outdir->stage = strdup(name);
            if (!outdir->stage) {
                (void)unlinkat(outdir->parent, name, AT_REMOVEDIR);
                return failure_no_memory(failure);
            }
            return true;
        }
        if (errno != EEXIST)
            break;
    }
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: nothing can be created beside it (%s); choose an output folder whose "
                       "parent you may write",
                       outdir->shown, strerror(errno));
}

/* The new folder takes over who may read the old one. */
static bool take_over_mode(const struct outdir *outdir, int old, int fresh, struct failure *failure)
{
    struct stat info;
    struct stat mine;
    if (old < 0)
        return true;
    if (fstat(old, &info) != 0 || fstat(fresh, &mine) != 0)
        return output_failure(failure, outdir->shown, "cannot be examined");
    bool other = info.st_uid != mine.st_uid || info.st_gid != mine.st_gid;
    if (other && fchown(fresh, info.st_uid, info.st_gid) != 0 && errno != EPERM)
        return output_failure(failure, outdir->shown, "its owner cannot be kept");
    if (fchmod(fresh, info.st_mode & 07777) != 0)
        return output_failure(failure, outdir->shown, "its mode cannot be kept");
    return true;
}

/* Whether the file system can exchange two folders: better known before an hour's work. */
static bool probe_exchange(const struct outdir *outdir, struct failure *failure)
{
    if (mkdirat(outdir->staged, PROBE_A, 0700) != 0 || mkdirat(outdir->staged, PROBE_B, 0700) != 0)
        return output_failure(failure, outdir->shown, "nothing can be created beside it");
    int result = renameat2(outdir->staged, PROBE_A, outdir->staged, PROBE_B, RENAME_EXCHANGE);
    int error = errno;
    if (unlinkat(outdir->staged, PROBE_A, AT_REMOVEDIR) != 0 ||
        unlinkat(outdir->staged, PROBE_B, AT_REMOVEDIR) != 0)
        return output_failure(failure, outdir->shown, "nothing can be removed beside it");
    if (result == 0)
        return true;
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: its file system cannot exchange two folders in one step (%s); use a "
                       "folder on a local disk",
                       outdir->shown, strerror(error));
}

static bool open_stage(struct outdir *outdir, struct failure *failure)
{
    if (!make_stage(outdir, failure))
        return false;
    outdir->staged = open_folder(outdir->parent, outdir->stage);
    if (outdir->staged < 0 || mkdirat(outdir->staged, REVIEW, 0700) != 0)
        return output_failure(failure, outdir->shown, "nothing can be created beside it");
    outdir->review = open_folder(outdir->staged, REVIEW);
    if (outdir->review < 0)
        return output_failure(failure, outdir->shown, "nothing can be created beside it");
    return outdir->old < 0 || probe_exchange(outdir, failure);
}

/* Finds the parent and locks DIR in it. */
static bool lock_dir(struct outdir *outdir, uint64_t wait, struct progress *progress,
                     struct failure *failure)
{
    for (int i = 0; i < TRIES; i++) {
        if (!find_parent(outdir, failure))
            return false;
        struct lock_request request = {outdir->parent, outdir->base, outdir->shown, wait, progress};
        enum lock_result result = lock_take(&outdir->lock, &request, failure);
        if (result != LOCK_PARENT_GONE)
            return result == LOCK_TAKEN;
        lock_release(&outdir->lock);
        forget_parent(outdir);
    }
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: the folder above it does not stay; choose another one", outdir->shown);
}

/* How many sets the result in DIR has is known from here on, whatever happens. */
static bool count_old_sets(struct outdir *outdir, struct failure *failure)
{
    struct buf summary = {0};
    bool ok = outdir_old_file(outdir, SUMMARY, MAX_SUMMARY, &summary, failure) &&
              (outdir->sets_told(summary.len ? buf_text(&summary) : NULL, &outdir->old_sets) ||
               failure_no_memory(failure));
    buf_release(&summary);
    return ok;
}

struct outdir *outdir_open(const char *dir, bool (*sets_told)(const char *summary, uint32_t *sets),
                           uint64_t wait, struct progress *progress, struct failure *failure)
{
    struct outdir *outdir = calloc(1, sizeof *outdir);
    if (!outdir) {
        failure_no_memory(failure);
        return NULL;
    }
    outdir->parent = outdir->old = outdir->staged = outdir->review = outdir->lock.fd = -1;
    outdir->sets_told = sets_told;
    outdir->shown = strdup(dir);
    bool ok = outdir->shown || failure_no_memory(failure);
    ok = ok && lock_dir(outdir, wait, progress, failure) && open_old(outdir, failure) &&
         count_old_sets(outdir, failure);
    if (ok)
        (void)each_entry(outdir->parent, clear_stale, outdir);
    if (!ok || !open_stage(outdir, failure)) {
        outdir_free(outdir);
        return NULL;
    }
    return outdir;
}

bool outdir_allow(const struct outdir *outdir, struct sandbox *sandbox, struct failure *failure)
{
    return sandbox_allow_open(sandbox, outdir->staged, SANDBOX_WRITE, failure) &&
           sandbox_allow_open(sandbox, outdir->old, SANDBOX_WRITE, failure) &&
           sandbox_allow_open(sandbox, outdir->parent, SANDBOX_REPLACE, failure) &&
           (outdir->made == 0 || allow_parents(outdir, sandbox, failure));
}

void outdir_free(struct outdir *outdir)
{
    if (!outdir)
        return;
    if (outdir->stage && outdir->staged >= 0)
        clear_stage(outdir, outdir->stage, outdir->staged, outdir->review, outdir->old,
                    larger(outdir->sets, outdir->old_sets));
    else if (outdir->stage)
        (void)unlinkat(outdir->parent, outdir->stage, AT_REMOVEDIR);
    close_fd(outdir->review);
    close_fd(outdir->staged);
    close_fd(outdir->old);
    lock_release(&outdir->lock);
    forget_parent(outdir);
    free(outdir->stage);
    free(outdir->shown);
    free(outdir);
}

/* ---- files ---- */

int outdir_create(struct outdir *outdir, const char *name, struct failure *failure)
{
    int fd = openat(outdir->staged, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        output_failure(failure, name, "cannot be created in the output folder");
    return fd;
}

int outdir_temporary(struct outdir *outdir, struct failure *failure)
{
    static const char name[] = "review/errors.csv"; /* one that is cleared away after a crash */
    int fd = openat(outdir->staged, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    fd = outdir_create(outdir, name, failure); /* not every file system has O_TMPFILE */
    if (fd >= 0 && !outdir_remove(outdir, name, failure)) {
        close_fd(fd);
        return -1;
    }
    return fd;
}

bool outdir_remove(struct outdir *outdir, const char *name, struct failure *failure)
{
    if (unlinkat(outdir->staged, name, 0) != 0)
        return output_failure(failure, name, "cannot be removed");
    return true;
}

static bool put_set_name(char *out, size_t room, uint32_t set, const char *file)
{
    int len = snprintf(out, room, "%s%u%s%s", SET_MARK, set, *file ? "/" : "", file);
    return len > 0 && (size_t)len < room;
}

bool outdir_make_set(struct outdir *outdir, uint32_t set, struct failure *failure)
{
    char name[NAME_MAX + 1];
    char shown[NAME_MAX + 1];
    struct stat info;
    (void)snprintf(shown, sizeof shown, "%u", set);
    if (outdir->old >= 0 && fstatat(outdir->old, shown, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISDIR(info.st_mode))
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: holds something called %s that is no folder; move it away",
                           outdir->shown, shown);
    if (!put_set_name(name, sizeof name, set, "") || mkdirat(outdir->staged, name, 0700) != 0)
        return output_failure(failure, shown, "cannot be created in the output folder");
    outdir->sets = set;
    return true;
}

int outdir_create_in_set(struct outdir *outdir, uint32_t set, const char *name,
                         struct failure *failure)
{
    char path[NAME_MAX + 1];
    if (put_set_name(path, sizeof path, set, name))
        return outdir_create(outdir, path, failure);
    failure_set(failure, FAILURE_OUTPUT, "%s: the name is too long", name);
    return -1;
}

int outdir_open_old(const struct outdir *outdir, const char *name)
{
    struct stat info;
    errno = ENOENT;
    if (outdir->old < 0)
        return -1;
    int fd = openat(outdir->old, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    bool known = fstat(fd, &info) == 0;
    if (known && S_ISREG(info.st_mode))
        return fd;
    int error = known ? EINVAL : errno;
    close_fd(fd);
    errno = error;
    return -1;
}

bool outdir_old_file(const struct outdir *outdir, const char *name, size_t limit, struct buf *text,
                     struct failure *failure)
{
    if (outdir->old < 0 || read_text(outdir->old, name, limit, text))
        return true;
    if (text->oom)
        return failure_no_memory(failure);
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: the old result's %s cannot be read (%s); see to its rights, or choose "
                       "another output folder",
                       outdir->shown, name, strerror(errno));
}

/* ---- publishing ---- */

static bool sync_folder(const struct outdir *outdir, int folder, struct failure *failure)
{
    return fsync(folder) == 0 || output_failure(failure, outdir->shown, "cannot be made durable");
}

struct carrying {
    const struct outdir *outdir;
    int from;
    int to; /* -1: not made yet */
    bool (*owned)(const void *context, struct slice name);
    const void *context;
    bool move; /* after the exchange: what could not be linked */
    struct failure *failure;
    bool strangers; /* something of somebody else's was seen */
};

static bool review_owned(const void *context, struct slice name)
{
    (void)context;
    for (size_t i = 0; i < sizeof review_names / sizeof *review_names; i++)
        if (slice_is(name, review_names[i]))
            return true;
    return false;
}

/* What is asked about the folder of a set, asked about the whole. */
struct in_set {
    const struct carrying *whole;
    const char *set;
};

static bool set_owned(const void *context, struct slice name)
{
    const struct in_set *in = context;
    char path[NAME_MAX + 16];
    int len = snprintf(path, sizeof path, "%s/%.*s", in->set, (int)name.len, name.ptr);
    return len > 0 && (size_t)len < sizeof path &&
           in->whole->owned(in->whole->context, slice_of(path, (size_t)len));
}

static bool entry_owned(void *context, const char *name)
{
    const struct carrying *c = context;
    return c->owned(c->context, slice_from(name));
}

/* Takes somebody else's entry along. A folder cannot be linked and is moved later, a file that was
 * linked need not be moved: so either may fail. */
static void carry(const struct carrying *c, const char *name)
{
    int result = c->move ? renameat2(c->from, name, c->to, name, RENAME_NOREPLACE)
                         : linkat(c->from, name, c->to, name, 0);
    (void)result;
}

static bool note_stranger(void *context, const char *name)
{
    struct carrying *c = context;
    c->strangers = c->strangers || !entry_owned(context, name);
    return true;
}

static bool carry_entry(void *context, const char *name)
{
    if (!entry_owned(context, name))
        carry(context, name);
    return true;
}

/* What the new folder of a set gets from the old one: strangers, and who may read it. */
static bool fill_set(struct carrying *c)
{
    return (each_entry(c->from, carry_entry, c) ||
            output_failure(c->failure, c->outdir->shown, "the folder of a set cannot be listed")) &&
           take_over_mode(c->outdir, c->from, c->to, c->failure) &&
           sync_folder(c->outdir, c->to, c->failure);
}

/* Takes along what stands in the folder of a set beside this program's files. The new result gets
 * that folder, too, if there is anything to put into it. */
static bool carry_set(const struct carrying *c, const char *name)
{
    struct in_set in = {c, name};
    struct carrying inner = {
        c->outdir, open_folder(c->from, name), -1, set_owned, &in, c->move, c->failure, false};
    if (inner.from < 0)
        return output_failure(c->failure, c->outdir->shown, "the folder of a set cannot be read");
    bool ok = each_entry(inner.from, note_stranger, &inner) ||
              output_failure(c->failure, c->outdir->shown, "the folder of a set cannot be listed");
    if (ok && inner.strangers && mkdirat(c->to, name, 0700) != 0 && errno != EEXIST)
        ok = output_failure(c->failure, c->outdir->shown, "a folder in it cannot be kept");
    inner.to = ok ? open_folder(c->to, name) : -1;
    if (inner.to >= 0)
        ok = fill_set(&inner);
    else if (ok && (inner.strangers || errno != ENOENT))
        ok = output_failure(c->failure, c->outdir->shown, "the folder of a set cannot be read");
    close_fd(inner.to);
    close_fd(inner.from);
    return ok;
}

static bool carry_top_entry(void *context, const char *name)
{
    const struct carrying *c = context;
    struct stat info;
    bool ours = entry_owned(context, name);
    bool set = ours && set_number(name) > 0;
    if (set && fstatat(c->from, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return output_failure(c->failure, c->outdir->shown,
                              "the folder of a set cannot be examined");
    if (set && S_ISDIR(info.st_mode))
        return carry_set(c, name);
    if (!ours || set)
        carry(c, name);
    return true;
}

/* A name in an open folder. */
struct place {
    int folder;
    const char *name;
};

/* Whether DIR is still the folder that was opened at the start. */
static bool unchanged(const struct outdir *outdir)
{
    struct stat now;
    struct stat then;
    return outdir->old < 0 ||
           (fstatat(outdir->parent, outdir->base, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
            fstat(outdir->old, &then) == 0 && now.st_dev == then.st_dev &&
            now.st_ino == then.st_ino);
}

/* Exchanges two folders, or moves the first one when the second does not exist. */
static bool swap(const struct outdir *outdir, struct place from, struct place to, bool exists,
                 struct failure *failure)
{
    unsigned flags = exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (exists && !unchanged(outdir))
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: somebody has replaced it during the run; run again", outdir->shown);
    if (renameat2(from.folder, from.name, to.folder, to.name, flags) == 0)
        return true;
    return failure_set(failure, FAILURE_OUTPUT, "%s: cannot be replaced (%s); see who else uses it",
                       outdir->shown, strerror(errno));
}

/* Takes along what stands in DIR's review beside this program's files. */
static bool carry_review(const struct outdir *outdir, int old_review, bool move)
{
    struct carrying c = {outdir, old_review, outdir->review, review_owned, NULL, move, NULL, false};
    return old_review < 0 || each_entry(old_review, carry_entry, &c);
}

/* The same for all of DIR. What cannot even be listed is not replaced. */
static bool carry_all(struct carrying *c, int old_review)
{
    return c->from < 0 ||
           (carry_review(c->outdir, old_review, false) &&
            each_entry(c->from, carry_top_entry, c)) ||
           output_failure(c->failure, c->outdir->shown, "cannot be listed");
}

/* The stage has become DIR: nothing of this run is to be taken back. */
static void forget_stage(struct outdir *outdir)
{
    free(outdir->stage);
    outdir->stage = NULL;
    outdir->made = 0;
}

/* Gives the folders of sets their names. */
static bool name_sets(const struct outdir *outdir, struct failure *failure)
{
    char name[NAME_MAX + 1];
    char shown[NAME_MAX + 1];
    for (uint32_t set = 1; set <= outdir->sets; set++) {
        (void)snprintf(shown, sizeof shown, "%u", set);
        int folder =
            put_set_name(name, sizeof name, set, "") ? open_folder(outdir->staged, name) : -1;
        bool ok = folder >= 0 && sync_folder(outdir, folder, failure) &&
                  renameat2(outdir->staged, name, outdir->staged, shown, RENAME_NOREPLACE) == 0;
        close_fd(folder);
        if (!ok)
            return output_failure(failure, outdir->shown, "the folder of a set cannot be named");
    }
    return true;
}

/* DIR's review, for what somebody else has put there; -1 in *review when there is none. */
static bool open_old_review(const struct outdir *outdir, int *review, struct failure *failure)
{
    *review = outdir->old < 0 ? -1 : open_folder(outdir->old, REVIEW);
    return outdir->old < 0 || *review >= 0 || errno == ENOENT ||
           output_failure(failure, outdir->shown, "its review cannot be opened");
}

/* The new result stands: brings home what could not be linked, and removes the old result. */
static void leave_old(const struct outdir *outdir, const struct carrying *before, int old_review)
{
    struct failure late = {.kind = FAILURE_NONE}; /* nothing is gained by failing now */
    struct carrying c = *before;
    c.move = true;
    c.failure = &late;
    (void)carry_review(outdir, old_review, true);
    (void)each_entry(outdir->old, carry_top_entry, &c);
    clear_stage(outdir, outdir->stage, outdir->old, old_review, outdir->staged,
                larger(outdir->sets, outdir->old_sets));
}

bool outdir_publish(struct outdir *outdir, bool (*owned)(const void *context, struct slice name),
                    const void *context, struct failure *failure)
{
    bool exists = outdir->old >= 0;
    struct place stage = {outdir->parent, outdir->stage};
    struct place home = {outdir->parent, outdir->base};
    int old_review;
    if (!open_old_review(outdir, &old_review, failure))
        return false;
    struct carrying c = {outdir,  outdir->old, outdir->staged, owned,
                         context, false,       failure,        false};
    bool ok = name_sets(outdir, failure) && carry_all(&c, old_review) &&
              take_over_mode(outdir, outdir->old, outdir->staged, failure) &&
              take_over_mode(outdir, old_review, outdir->review, failure) &&
              sync_folder(outdir, outdir->review, failure) &&
              sync_folder(outdir, outdir->staged, failure) &&
              swap(outdir, stage, home, exists, failure);
    if (ok) {
        (void)fsync(outdir->parent); /* the new result stands already */
        if (exists)
            leave_old(outdir, &c, old_review);
        forget_stage(outdir);
    }
    close_fd(old_review);
    return ok;
}

bool outdir_publish_review(struct outdir *outdir, struct failure *failure)
{
    struct place stage = {outdir->parent, outdir->stage};
    struct place home = {outdir->parent, outdir->base};
    struct place staged_review = {outdir->staged, REVIEW};
    struct place review = {outdir->old, REVIEW};
    if (outdir->old < 0) {
        bool made = sync_folder(outdir, outdir->review, failure) &&
                    sync_folder(outdir, outdir->staged, failure) &&
                    swap(outdir, stage, home, false, failure);
        if (made)
            forget_stage(outdir);
        return made;
    }
    int old_review;
    if (!open_old_review(outdir, &old_review, failure))
        return false;
    bool ok = (carry_review(outdir, old_review, false) ||
               output_failure(failure, outdir->shown, "its review cannot be listed")) &&
              take_over_mode(outdir, old_review, outdir->review, failure) &&
              sync_folder(outdir, outdir->review, failure) &&
              swap(outdir, staged_review, review, old_review >= 0, failure);
    if (ok) {
        (void)fsync(outdir->old);
        (void)carry_review(outdir, old_review, true);
        /* The two have changed places: what is in the stage, and will be cleared, is the old one.
         */
        int published = outdir->review;
        outdir->review = old_review;
        old_review = published;
    }
    close_fd(old_review);
    return ok;
}
