#include "converter/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WITHOUT_SANDBOX /* sanitizers and coverage need what is given up here */
enum { SANDBOX_BUILT = false };
#else
enum { SANDBOX_BUILT = true };
#endif

void sandbox_forbid_core(void)
{
    /* The limit alone does not bind a kernel that pipes its dumps to a program. */
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* ---- Landlock: files ---- */

/* As linux/landlock.h has them today; the one that is installed may be older. */
struct landlock_rules {
    uint64_t files;
    uint64_t tcp;
    uint64_t scopes;
};

static const uint64_t TRUNCATE = 1ULL << 14;
static const uint64_t DEVICE_IOCTL = 1ULL << 15;
static const uint64_t TCP_ALL = 3;    /* bind, connect */
static const uint64_t SCOPES_ALL = 3; /* abstract sockets, signals */

enum {
    FIRST_LANDLOCK = 2, /* version 1 forbids every rename between folders */
    WITH_TRUNCATE = 3,
    WITH_TCP = 4,
    WITH_DEVICE_IOCTL = 5,
    WITH_SCOPES = 6
};

static const uint64_t FILE_RIGHTS = LANDLOCK_ACCESS_FS_READ_FILE |
                                    LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE;

static uint64_t all_rights(int landlock)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
    if (landlock >= WITH_TRUNCATE)
        rights |= TRUNCATE;
    if (landlock >= WITH_DEVICE_IOCTL)
        rights |= DEVICE_IOCTL;
    return rights;
}

static uint64_t rights_of(enum sandbox_right right)
{
    /* The one file that is removed there is the lock. */
    static const uint64_t replace = LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE;
    switch (right) {
    case SANDBOX_READ: return LANDLOCK_ACCESS_FS_READ_FILE;
    case SANDBOX_REPLACE: return replace;
    case SANDBOX_WRITE: break;
    }
    return ~(LANDLOCK_ACCESS_FS_EXECUTE | DEVICE_IOCTL);
}

static bool cannot_confine(struct failure *failure, const char *what)
{
    if (errno == ENOMEM)
        return failure_no_memory(failure);
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: rights cannot be given up (%s); use --no-sandbox if that stays so",
                       what, strerror(errno));
}

bool sandbox_init(struct sandbox *sandbox, bool wanted, int newest, struct failure *failure)
{
    *sandbox = (struct sandbox){.wanted = wanted && SANDBOX_BUILT, .rules = -1};
    if (!sandbox->wanted)
        return true;
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    sandbox->offered = version > 0 ? (int)version : 0;
    int landlock = sandbox->offered < newest ? sandbox->offered : newest;
    if (landlock < FIRST_LANDLOCK)
        return true;
    const struct landlock_rules rules = {.files = all_rights(landlock),
                                         .tcp = landlock >= WITH_TCP ? TCP_ALL : 0,
                                         .scopes = landlock >= WITH_SCOPES ? SCOPES_ALL : 0};
    /* A kernel that knows fewer members only asks that the others are zero. */
    sandbox->rules = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (sandbox->rules < 0)
        return cannot_confine(failure, "Landlock");
    sandbox->landlock = landlock;
    return true;
}

bool sandbox_allow_open(struct sandbox *sandbox, int fd, enum sandbox_right right,
                        struct failure *failure)
{
    struct stat info;
    if (sandbox->rules < 0 || fd < 0)
        return true;
    if (fstat(fd, &info) != 0)
        return cannot_confine(failure, "Landlock");
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights_of(right) & all_rights(sandbox->landlock), .parent_fd = fd};
    if (!S_ISDIR(info.st_mode))
        rule.allowed_access &= FILE_RIGHTS;
    /* EBADFD: a pipe or the like, which stands in no file system and needs no rule. */
    if (syscall(SYS_landlock_add_rule, sandbox->rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
        errno == EBADFD)
        return true;
    return cannot_confine(failure, "Landlock");
}

bool sandbox_allow(struct sandbox *sandbox, const char *path, enum sandbox_right right,
                   struct failure *failure)
{
    if (sandbox->rules < 0)
        return true;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        bool there = errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ELOOP;
        return !there || cannot_confine(failure, path);
    }
    bool ok = sandbox_allow_open(sandbox, fd, right, failure);
    (void)close(fd);
    return ok;
}

/* ---- seccomp: system calls ---- */

/* What a run needs, and what the C library needs for it. A call that an architecture does not have
 * is passed over by libseccomp. */
static const int needed_calls[] = {
    /* open files */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(lseek), SCMP_SYS(_llseek),
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(sync_file_range2),
    SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64), SCMP_SYS(arm_fadvise64_64), SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64), SCMP_SYS(flock), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(fchown32),
    SCMP_SYS(getdents64), SCMP_SYS(close),
    /* names; Landlock says which */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(lstat),
    SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
    SCMP_SYS(mkdirat), SCMP_SYS(linkat), SCMP_SYS(renameat2), SCMP_SYS(unlinkat), SCMP_SYS(rmdir),
    /* memory; mmap and mprotect stand below */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    /* threads, which clone (below) starts */
    SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getpgrp), SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* signals */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn), SCMP_SYS(restart_syscall),
    /* clock, chance, and how much memory qsort may take */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(sysinfo)};

static int allow_narrowly(scmp_filter_ctx filter)
{
    const struct {
        int call;
        struct scmp_arg_cmp argument;
    } narrow[] = {
        /* Threads, but no processes. clone3 keeps its flags where no filter can look, so it is not
         * there, and the C library falls back on clone. */
        {SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)},
        /* Memory, but no new code. */
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(mmap2), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        /* abort and raise, but no signals to others. */
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)},
        /* Whether there is a terminal, how wide it is, and whether the run is in front on it. */
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TCGETS, 0)},
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCGPGRP, 0)},
        {SCMP_SYS(getpgid), SCMP_A0(SCMP_CMP_EQ, 0, 0)},
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ, 0)}};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof narrow / sizeof *narrow; i++)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, narrow[i].call, 1,
                                        &narrow[i].argument);
    return result;
}

static int fill(scmp_filter_ctx filter)
{
    /* Some kernels slow filtered processes down against foreign code that runs in them, of which
     * there is none here. Where that cannot be switched off, it is left on. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    /* So that a lack of memory is told from a lack of filters. */
    int result = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    for (size_t i = 0; result == 0 && i < sizeof needed_calls / sizeof *needed_calls; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, needed_calls[i], 0);
    return result == 0 ? allow_narrowly(filter) : result;
}

/* What is not allowed is answered like a call that the kernel does not have: a C library that
 * tries new calls first then tries the old ones. To be killed would be no safer, and would leave
 * the stage behind. */
static bool filter_calls(struct sandbox *sandbox, struct failure *failure)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return failure_no_memory(failure);
    int result = fill(filter);
    if (result == 0) {
        result = seccomp_load(filter);
        sandbox->seccomp = result == 0;
        /* Else not in this kernel, or not for those in this container. */
        if (result != -ENOMEM)
            result = 0;
    }
    seccomp_release(filter);
    errno = -result;
    return result == 0 || cannot_confine(failure, "seccomp");
}

bool sandbox_enter(struct sandbox *sandbox, struct failure *failure)
{
    if (!sandbox->wanted)
        return true;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cannot_confine(failure, "no_new_privs");
    if (sandbox->rules >= 0 && syscall(SYS_landlock_restrict_self, sandbox->rules, 0) != 0)
        return cannot_confine(failure, "Landlock");
    sandbox_release(sandbox);
    return filter_calls(sandbox, failure);
}

void sandbox_release(struct sandbox *sandbox)
{
    if (sandbox->rules >= 0)
        (void)close(sandbox->rules);
    sandbox->rules = -1;
}

/* ---- what is told ---- */

void sandbox_put_text(struct buf *out, const struct sandbox *sandbox)
{
    if (!sandbox->wanted) {
        buf_put_text(out, SANDBOX_BUILT ? "Sandbox: switched off by --no-sandbox\n"
                                        : "Sandbox: left out of this build\n");
        return;
    }
    if (sandbox->landlock)
        buf_printf(out, "Landlock: in force, version %d\n", sandbox->landlock);
    else
        buf_printf(out, "Landlock: not in force, the kernel %s\n",
                   sandbox->offered ? "has only its first version" : "does not have it");
    buf_printf(out, "seccomp: %s\n",
               sandbox->seccomp ? "in force" : "not in force, the kernel does not have it");
}
