#include "converter/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STAGE_MARK[] = ".clever2sds-";
static const char REVIEW[] = "review";
/* Two empty folders that are exchanged to see whether that works. */
static const char PROBE_A[] = ".clever2sds-probe-a";
static const char PROBE_B[] = ".clever2sds-probe-b";

/* Everything this program ever puts into a result. */
static const char *const result_names[] = {
    "School.csv",         "Section.csv",           "Teacher.csv",
    "Student.csv",        "TeacherRoster.csv",     "StudentEnrollment.csv",
    "school.csv",         "section.csv",           "teacher.csv",
    "student.csv",        "teacherroster.csv",     "studentenrollment.csv"};
static const char *const probe_names[] = {PROBE_A, PROBE_B};
static const char *const review_names[] = {"errors.csv", "summary.json"};

struct outdir {
    char *shown;  /* DIR as given, for messages */
    char *base;   /* its last part */
    char *above;  /* path of the parent */
    size_t made;  /* how many folders of that path were made for this run */
    char *stage;  /* name of the stage in the parent; NULL once it is gone */
    int parent;
    int old;      /* DIR, -1 when it does not exist */
    int staged;   /* the stage; locked */
    int review;   /* the stage's review, -1 when there is none */
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

#define ONE_OF(name, names) one_of((name), (names), sizeof(names) / sizeof *(names))

static bool dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Calls `each` for every entry of a folder until it returns false. False when it did, or when
 * the folder cannot be read. */
static bool each_entry(int folder, bool (*each)(void *context, const char *name), void *context)
{
    int copy = open_folder(folder, ".");
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        close_fd(copy);
        return false;
    }
    bool ok = true;
    while (ok) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            ok = errno == 0;
            break;
        }
        if (!dots(entry->d_name))
            ok = each(context, entry->d_name);
    }
    (void)closedir(dir);
    return ok;
}

/* ---- clearing a stage away ---- */

struct clearing {
    int from; /* the folder to empty */
    int home; /* DIR or its review: where a stranger's file belongs, -1 for none */
    bool review;
};

static bool same_file(int a, int b, const char *name)
{
    struct stat x;
    struct stat y;
    return fstatat(a, name, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(b, name, &y, AT_SYMLINK_NOFOLLOW) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Removes what is ours and links to what is safe at home; moves the rest home. What cannot be
 * moved stays, and with it the stage: nothing of somebody else's is ever lost. */
static bool clear_entry(void *context, const char *name)
{
    const struct clearing *c = context;
    bool ours = c->review ? ONE_OF(name, review_names)
                          : ONE_OF(name, result_names) || ONE_OF(name, probe_names);
    if (ours || (c->home >= 0 && same_file(c->from, c->home, name)))
        (void)unlinkat(c->from, name, 0);
    else if (c->home >= 0 && (c->review || strcmp(name, REVIEW) != 0))
        (void)renameat2(c->from, name, c->home, name, RENAME_NOREPLACE);
    return true;
}

/* Removes what is ours by its name, without a walk: that also works where memory or descriptors
 * have run out. */
static void remove_ours(int folder, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)unlinkat(folder, names[i], 0);
}

static void clear_review(int folder, int review, int home)
{
    remove_ours(review, review_names, sizeof review_names / sizeof *review_names);
    if (unlinkat(folder, REVIEW, AT_REMOVEDIR) == 0)
        return;
    int home_review = home < 0 ? -1 : open_folder(home, REVIEW);
    struct clearing clearing = {review, home_review, true};
    (void)each_entry(review, clear_entry, &clearing);
    close_fd(home_review);
    (void)unlinkat(folder, REVIEW, AT_REMOVEDIR);
}

/* `review` may be -1: then there is nothing in it. */
static void clear_stage(int parent, const char *stage, int folder, int review, int home)
{
    if (review >= 0)
        clear_review(folder, review, home);
    else
        (void)unlinkat(folder, REVIEW, AT_REMOVEDIR);
    remove_ours(folder, result_names, sizeof result_names / sizeof *result_names);
    (void)unlinkat(folder, PROBE_A, AT_REMOVEDIR);
    (void)unlinkat(folder, PROBE_B, AT_REMOVEDIR);
    if (unlinkat(parent, stage, AT_REMOVEDIR) == 0)
        return;
    struct clearing clearing = {folder, home, false};
    (void)each_entry(folder, clear_entry, &clearing);
    (void)unlinkat(parent, stage, AT_REMOVEDIR);
}

static bool clear_stale(void *context, const char *name)
{
    const struct outdir *outdir = context;
    size_t base = strlen(outdir->base);
    bool stage = name[0] == '.' && strncmp(name + 1, outdir->base, base) == 0 &&
                 strncmp(name + 1 + base, STAGE_MARK, sizeof STAGE_MARK - 1) == 0;
    int folder = stage ? open_folder(outdir->parent, name) : -1;
    if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0) {
        int review = open_folder(folder, REVIEW);
        clear_stage(outdir->parent, name, folder, review, outdir->old);
        close_fd(review);
    }
    close_fd(folder);
    return true;
}

/* ---- opening ---- */

/* Makes the missing folders of `path`, which is changed on the way but as it was at the end. */
static bool make_parents(struct outdir *outdir, char *path)
{
    for (char *slash = strchr(path + 1, '/'); ; slash = strchr(slash + 1, '/')) {
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
    if (outdir->parent < 0 && errno == ENOENT && make_parents(outdir, outdir->above))
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
    if (flock(outdir->old, LOCK_EX | LOCK_NB) != 0)
        return failure_set(failure, FAILURE_OUTPUT,
                           "%s: another run is writing there; wait for its end", outdir->shown);
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
            return failure_set(failure, FAILURE_OUTPUT, "%s: the name is too long",
                               outdir->shown);
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
static bool take_over_mode(const struct outdir *outdir, int old, int fresh,
                           struct failure *failure)
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
    if (mkdirat(outdir->staged, PROBE_A, 0700) != 0 ||
        mkdirat(outdir->staged, PROBE_B, 0700) != 0)
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
    if (outdir->staged < 0 || flock(outdir->staged, LOCK_EX | LOCK_NB) != 0 ||
        mkdirat(outdir->staged, REVIEW, 0700) != 0)
        return output_failure(failure, outdir->shown, "nothing can be created beside it");
    outdir->review = open_folder(outdir->staged, REVIEW);
    if (outdir->review < 0)
        return output_failure(failure, outdir->shown, "nothing can be created beside it");
    return outdir->old < 0 || probe_exchange(outdir, failure);
}

struct outdir *outdir_open(const char *dir, struct failure *failure)
{
    struct outdir *outdir = calloc(1, sizeof *outdir);
    if (!outdir) {
        failure_no_memory(failure);
        return NULL;
    }
    outdir->parent = outdir->old = outdir->staged = outdir->review = -1;
    outdir->shown = strdup(dir);
    bool ok = outdir->shown || failure_no_memory(failure);
    ok = ok && find_parent(outdir, failure) && open_old(outdir, failure);
    if (ok)
        (void)each_entry(outdir->parent, clear_stale, outdir);
    if (!ok || !open_stage(outdir, failure)) {
        outdir_free(outdir);
        return NULL;
    }
    return outdir;
}

void outdir_free(struct outdir *outdir)
{
    if (!outdir)
        return;
    if (outdir->stage && outdir->staged >= 0)
        clear_stage(outdir->parent, outdir->stage, outdir->staged, outdir->review, outdir->old);
    else if (outdir->stage)
        (void)unlinkat(outdir->parent, outdir->stage, AT_REMOVEDIR);
    close_fd(outdir->review);
    close_fd(outdir->staged);
    close_fd(outdir->old);
    close_fd(outdir->parent);
    if (outdir->above)
        remove_parents(outdir);
    free(outdir->above);
    free(outdir->stage);
    free(outdir->base);
    free(outdir->shown);
    free(outdir);
}

/* ---- files ---- */

int outdir_create(struct outdir *outdir, const char *name, struct failure *failure)
{
    int fd = openat(outdir->staged, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                    0600);
    if (fd < 0)
        output_failure(failure, name, "cannot be created in the output folder");
    return fd;
}

bool outdir_remove(struct outdir *outdir, const char *name, struct failure *failure)
{
    if (unlinkat(outdir->staged, name, 0) != 0)
        return output_failure(failure, name, "cannot be removed");
    return true;
}

/* The bytes of an open file, fewer than `size` when it has become shorter. */
static bool read_file(int fd, size_t size, struct buf *text, struct failure *failure)
{
    if (!buf_reserve(text, size))
        return failure_no_memory(failure);
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

bool outdir_old_file(const struct outdir *outdir, const char *name, size_t limit,
                     struct buf *text, struct failure *failure)
{
    struct stat info;
    if (outdir->old < 0)
        return true;
    int fd = openat(outdir->old, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    bool ok = fd >= 0 && fstat(fd, &info) == 0;
    if (ok && S_ISREG(info.st_mode) && (size_t)info.st_size <= limit)
        ok = read_file(fd, (size_t)info.st_size, text, failure);
    if (!ok)
        failure_set(failure, FAILURE_OUTPUT,
                    "%s: the old result's %s cannot be read (%s); see to its rights, or choose "
                    "another output folder",
                    outdir->shown, name, strerror(errno));
    close_fd(fd);
    return ok;
}

/* ---- publishing ---- */

struct carrying {
    int from;
    int to;
    bool (*owned)(const void *context, struct slice name);
    const void *context;
    bool move; /* after the exchange: what could not be linked */
};

static bool review_owned(const void *context, struct slice name)
{
    (void)context;
    for (size_t i = 0; i < sizeof review_names / sizeof *review_names; i++)
        if (slice_is(name, review_names[i]))
            return true;
    return false;
}

/* Takes somebody else's entry along. */
static bool carry_entry(void *context, const char *name)
{
    const struct carrying *c = context;
    if (c->owned(c->context, slice_from(name)))
        return true;
    int result = c->move ? renameat2(c->from, name, c->to, name, RENAME_NOREPLACE)
                         : linkat(c->from, name, c->to, name, 0);
    /* A folder cannot be linked and is moved later, a file that was linked need not be moved. */
    (void)result;
    return true;
}

static bool sync_folder(const struct outdir *outdir, int folder, struct failure *failure)
{
    return fsync(folder) == 0 ||
           output_failure(failure, outdir->shown, "cannot be made durable");
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
                           "%s: somebody has replaced it during the run; run again",
                           outdir->shown);
    if (renameat2(from.folder, from.name, to.folder, to.name, flags) == 0)
        return true;
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: cannot be replaced (%s); see who else uses it", outdir->shown,
                       strerror(errno));
}

/* Takes along what stands in DIR's review beside this program's files. */
static bool carry_review(const struct outdir *outdir, int old_review, bool move)
{
    struct carrying c = {old_review, outdir->review, review_owned, NULL, move};
    return old_review < 0 || each_entry(old_review, carry_entry, &c);
}

/* The same for DIR itself. What cannot even be listed is not replaced. */
static bool carry_all(const struct outdir *outdir, const struct carrying *c, int old_review,
                      struct failure *failure)
{
    struct carrying carrying = *c;
    return outdir->old < 0 ||
           (carry_review(outdir, old_review, false) &&
            each_entry(outdir->old, carry_entry, &carrying)) ||
           output_failure(failure, outdir->shown, "cannot be listed");
}

/* The stage has become DIR: nothing of this run is to be taken back. */
static void forget_stage(struct outdir *outdir)
{
    free(outdir->stage);
    outdir->stage = NULL;
    outdir->made = 0;
}

/* DIR's review, for what somebody else has put there; -1 in *review when there is none. */
static bool open_old_review(const struct outdir *outdir, int *review, struct failure *failure)
{
    *review = outdir->old < 0 ? -1 : open_folder(outdir->old, REVIEW);
    return outdir->old < 0 || *review >= 0 || errno == ENOENT ||
           output_failure(failure, outdir->shown, "its review cannot be opened");
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
    struct carrying c = {outdir->old, outdir->staged, owned, context, false};
    bool ok = carry_all(outdir, &c, old_review, failure) &&
              take_over_mode(outdir, outdir->old, outdir->staged, failure) &&
              take_over_mode(outdir, old_review, outdir->review, failure) &&
              sync_folder(outdir, outdir->review, failure) &&
              sync_folder(outdir, outdir->staged, failure) &&
              swap(outdir, stage, home, exists, failure);
    if (!ok) {
        close_fd(old_review);
        return false;
    }
    (void)fsync(outdir->parent); /* the new result stands already; nothing is gained by failing */
    if (exists) {
        (void)carry_review(outdir, old_review, true);
        c.move = true;
        (void)each_entry(outdir->old, carry_entry, &c);
        clear_stage(outdir->parent, outdir->stage, outdir->old, old_review, outdir->staged);
    }
    close_fd(old_review);
    forget_stage(outdir);
    return true;
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
        /* The two have changed places: what is in the stage, and will be cleared, is the old one. */
        int published = outdir->review;
        outdir->review = old_review;
        old_review = published;
    }
    close_fd(old_review);
    return ok;
}
