/* What a process can still do once it is in the sandbox: every try runs in a child, which enters it
 * first. The export, the output folder and its stage, and a folder outside stand in a scratch
 * folder of their own. */
#include "converter/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef WITHOUT_SANDBOX
enum { BUILT = false };
#else
enum { BUILT = true };
#endif

/* The exit status of a child is the errno of what it tried, 0 when that worked; above are those
 * of the frame around it. */
enum { CHILD_FAILED = 200 };

static int home; /* the scratch folder, which is the working folder */

static void put_file(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "text\n", 5), 5);
    assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
    static char folder[] = "/tmp/clever2sds-sandbox-XXXXXX";
    (void)state;
    static const char *const folders[] = {"export",     "export/below",      "parent",
                                          "parent/dir", "parent/dir/theirs", "parent/stage",
                                          "outside"};
    static const char *const files[] = {"export/file", "export/below/file", "parent/file",
                                        "parent/lock", "parent/dir/old",    "outside/file",
                                        "single"};
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(folders[i], 0700) != 0)
            return -1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_file(files[i]);
    return home < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char remove[] = "rm -rf \"$PWD\"";
    return system(remove); /* NOLINT(cert-env33-c): our own folder */
}

static void enter(int newest)
{
    struct sandbox sandbox;
    struct failure failure = {.kind = FAILURE_NONE};
    int stage = open("parent/stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = sandbox_init(&sandbox, true, newest, &failure) &&
              sandbox_allow(&sandbox, "export", SANDBOX_READ, &failure) &&
              sandbox_allow(&sandbox, "single", SANDBOX_READ, &failure) &&
              sandbox_allow(&sandbox, "not there", SANDBOX_READ, &failure) &&
              sandbox_allow(&sandbox, "single/not a folder", SANDBOX_READ, &failure) &&
              sandbox_allow_open(&sandbox, stage, SANDBOX_WRITE, &failure) &&
              sandbox_allow(&sandbox, "parent/dir", SANDBOX_WRITE, &failure) &&
              sandbox_allow(&sandbox, "parent", SANDBOX_REPLACE, &failure) &&
              sandbox_enter(&sandbox, &failure);
    sandbox_release(&sandbox);
    if (!ok || failure.kind != FAILURE_NONE)
        _exit(CHILD_FAILED);
}

/* What `attempt` comes to in the sandbox: 0 or an errno. */
static int in_sandbox(int newest, int (*attempt)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enter(newest);
        errno = 0;
        int result = attempt();
        _exit(result < 0 ? errno : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), CHILD_FAILED);
    return WEXITSTATUS(status);
}

static int opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : close(fd);
}

/* ---- what a run does ---- */

static int read_export(void)
{
    return opened("export/file", O_RDONLY) + opened("export/below/file", O_RDONLY) +
           opened("single", O_RDONLY);
}

static int write_stage(void)
{
    if (opened("parent/stage/new", O_RDWR | O_CREAT | O_EXCL) != 0 ||
        mkdir("parent/stage/review", 0700) != -1) /* the program uses mkdirat */
        return -1;
    return mkdirat(AT_FDCWD, "parent/stage/review", 0700) +
           linkat(AT_FDCWD, "parent/dir/old", AT_FDCWD, "parent/stage/old", 0) +
           renameat2(AT_FDCWD, "parent/dir/theirs", AT_FDCWD, "parent/stage/theirs",
                     RENAME_NOREPLACE) +
           renameat2(AT_FDCWD, "parent/stage/theirs", AT_FDCWD, "parent/dir/theirs",
                     RENAME_NOREPLACE) +
           unlinkat(AT_FDCWD, "parent/stage/old", 0) + unlinkat(AT_FDCWD, "parent/stage/new", 0) +
           unlinkat(AT_FDCWD, "parent/stage/review", AT_REMOVEDIR);
}

static int exchange(void)
{
    int stage = open("parent/stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int there = renameat2(AT_FDCWD, "parent/stage", AT_FDCWD, "parent/dir", RENAME_EXCHANGE);
    int made = openat(stage, "made", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int gone = unlinkat(stage, "made", 0);
    int back = renameat2(AT_FDCWD, "parent/stage", AT_FDCWD, "parent/dir", RENAME_EXCHANGE);
    return stage < 0 || made < 0 ? -1 : there + gone + back;
}

static int keep_temporary(void)
{
    int fd = open("parent/stage", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 || write(fd, "x", 1) != 1 ? -1 : ftruncate(fd, 0);
}

static void *nothing(void *argument)
{
    return argument;
}

static int start_thread(void)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, nothing, NULL);
    return errno ? -1 : pthread_join(thread, NULL);
}

static int take_memory(void)
{
    const size_t size = 64 * 1024 * 1024;
    char *bytes = malloc(size);
    if (!bytes)
        return -1;
    memset(bytes, 1, size);
    free(bytes);
    return 0;
}

/* ---- what it does not do ---- */

static int net_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}
static int net_socket6(void)
{
    return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}
static int local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int run_program(void)
{
    static char path[] = "/bin/true";
    char *const arguments[] = {path, NULL};
    return execve(path, arguments, arguments + 1);
}

static int run_open_program(void)
{
    static char empty[] = "";
    char *const arguments[] = {empty, NULL};
    return (int)syscall(SYS_execveat, home, empty, arguments, arguments + 1, AT_EMPTY_PATH);
}

static int new_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child;
}

static int trace(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static int signal_parent(void)
{
    return kill(getppid(), 0);
}
static int signal_first(void)
{
    return (int)syscall(SYS_tgkill, 1, 1, 0);
}
static int new_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}
static int turn_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static int new_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}
static int mode_by_name(void)
{
    return chmod("parent/stage", 0777);
}
static int other_folder(void)
{
    return chdir("/");
}
static int type_ahead(void)
{
    char byte = 'x';
    return (int)syscall(SYS_ioctl, STDIN_FILENO, 0x5412 /* TIOCSTI */, &byte);
}

static int read_outside(void)
{
    return opened("outside/file", O_RDONLY);
}
static int read_passwd(void)
{
    return opened("/etc/passwd", O_RDONLY);
}
static int read_memory(void)
{
    return opened("/proc/self/mem", O_RDWR);
}
static int list_outside(void)
{
    return opened("outside", O_RDONLY | O_DIRECTORY);
}
static int write_export(void)
{
    return opened("export/file", O_WRONLY);
}
static int write_single(void)
{
    return opened("single", O_RDWR);
}
static int make_in_export(void)
{
    return opened("export/new", O_WRONLY | O_CREAT);
}
static int remove_export_at(void)
{
    return unlinkat(AT_FDCWD, "export/file", 0);
}
static int empty_export(void)
{
    return truncate("export/file", 0);
}
static int rename_export(void)
{
    return renameat2(AT_FDCWD, "export/file", AT_FDCWD, "parent/stage/file", RENAME_NOREPLACE);
}
static int link_export(void)
{
    return linkat(AT_FDCWD, "export/file", AT_FDCWD, "parent/stage/file", 0);
}
static int read_beside_dir(void)
{
    return opened("parent/file", O_RDONLY);
}
static int make_beside_dir(void)
{
    return opened("parent/new", O_WRONLY | O_CREAT);
}
static int remove_lock(void)
{
    return unlinkat(AT_FDCWD, "parent/lock", 0);
}
static int list_beside_dir(void)
{
    return opened("parent", O_RDONLY | O_DIRECTORY);
}
static int make_in_tmp(void)
{
    return opened("/tmp", O_TMPFILE | O_WRONLY);
}

struct attempt {
    const char *name;
    int (*run)(void);
};

#define ATTEMPT(function)                                                                          \
    {                                                                                              \
#function, function                                                                        \
    }

static const struct attempt useful[] = {ATTEMPT(read_export),  ATTEMPT(write_stage),
                                        ATTEMPT(exchange),     ATTEMPT(keep_temporary),
                                        ATTEMPT(start_thread), ATTEMPT(take_memory)};

/* Useful, too, but only the first time. */
static const struct attempt removals[] = {ATTEMPT(remove_lock)};

/* What seccomp refuses. */
static const struct attempt calls[] = {
    ATTEMPT(net_socket),   ATTEMPT(net_socket6),      ATTEMPT(local_socket),
    ATTEMPT(run_program),  ATTEMPT(run_open_program), ATTEMPT(new_process),
    ATTEMPT(trace),        ATTEMPT(signal_parent),    ATTEMPT(signal_first),
    ATTEMPT(new_code),     ATTEMPT(turn_into_code),   ATTEMPT(new_namespace),
    ATTEMPT(mode_by_name), ATTEMPT(other_folder),     ATTEMPT(type_ahead),
    ATTEMPT(empty_export)};

/* What Landlock refuses. */
static const struct attempt files[] = {
    ATTEMPT(read_outside),    ATTEMPT(read_passwd),      ATTEMPT(read_memory),
    ATTEMPT(list_outside),    ATTEMPT(write_export),     ATTEMPT(write_single),
    ATTEMPT(make_in_export),  ATTEMPT(remove_export_at), ATTEMPT(rename_export),
    ATTEMPT(link_export),     ATTEMPT(read_beside_dir),  ATTEMPT(make_beside_dir),
    ATTEMPT(list_beside_dir), ATTEMPT(make_in_tmp)};

/* What the kernel has is asked without the code under test: that may be what fails to. */
static int landlock_of_kernel(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return BUILT && version > 0 ? (int)version : 0;
}

static bool kernel_filters(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
              prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void expect(int newest, const struct attempt *attempts, size_t count, int first, int second)
{
    for (size_t i = 0; i < count; i++) {
        int got = in_sandbox(newest, attempts[i].run);
        if (got != first && got != second)
            fail_msg("Landlock %d: %s: %s", newest, attempts[i].name, strerror(got));
    }
}

#define EXPECT(newest, attempts, first, second)                                                    \
    expect((newest), (attempts), sizeof(attempts) / sizeof *(attempts), (first), (second))

/* Whether this build on this kernel has to filter system calls. */
static bool filtered(void)
{
    bool yes = BUILT && kernel_filters();
    if (BUILT && !yes)
        print_message("# this kernel has no seccomp: nothing was tried\n");
    return yes;
}

/* With every version of Landlock up to that of this kernel, and with none. */
static void test_useful(void **state)
{
    (void)state;
    int offered = landlock_of_kernel();
    for (int newest = 0; newest <= offered && newest <= SANDBOX_LANDLOCK; newest++)
        EXPECT(newest, useful, 0, 0);
    EXPECT(SANDBOX_LANDLOCK, removals, 0, 0);
}

static void test_system_calls(void **state)
{
    (void)state;
    if (filtered())
        EXPECT(SANDBOX_LANDLOCK, calls, ENOSYS, ENOSYS);
}

static void test_files(void **state)
{
    (void)state;
    int offered = landlock_of_kernel();
    for (int newest = 2; newest <= offered && newest <= SANDBOX_LANDLOCK; newest++)
        EXPECT(newest, files, EACCES, EXDEV);
    if (BUILT && offered == 0)
        print_message("# this kernel has no Landlock: nothing was tried\n");
}

/* The attempts would succeed outside, so their failing says something. */
static void test_outside(void **state)
{
    (void)state;
    static const struct attempt some[] = {ATTEMPT(local_socket),    ATTEMPT(run_program),
                                          ATTEMPT(new_process),     ATTEMPT(signal_parent),
                                          ATTEMPT(new_code),        ATTEMPT(read_outside),
                                          ATTEMPT(list_outside),    ATTEMPT(write_export),
                                          ATTEMPT(read_beside_dir), ATTEMPT(list_beside_dir)};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(some[i].run() < 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("%s fails without a sandbox, too", some[i].name);
    }
}

/* prctl is among the calls that are gone, so the parent looks. */
static void test_no_new_rights(void **state)
{
    (void)state;
    int told[2];
    int hold[2];
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(hold), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte = 'x';
        enter(SANDBOX_LANDLOCK);
        (void)close(hold[1]);
        _exit(write(told[1], &byte, 1) != 1 || read(hold[0], &byte, 1) != 0);
    }
    char byte;
    assert_int_equal(close(told[1]), 0); /* else a child that fails is waited for */
    assert_int_equal(read(told[0], &byte, 1), 1);
    char name[64];
    (void)snprintf(name, sizeof name, "/proc/%ld/status", (long)child);
    FILE *file = fopen(name, "re");
    assert_non_null(file);
    char line[256];
    int seen = 0;
    while (fgets(line, sizeof line, file))
        seen += strcmp(line, "NoNewPrivs:\t1\n") == 0 || strcmp(line, "Seccomp:\t2\n") == 0;
    assert_int_equal(fclose(file), 0);
    assert_int_equal(close(hold[1]), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(seen, BUILT + filtered());
}

/* ---- kernels that have neither ---- */

/* Answers Landlock's and seccomp's own calls like a kernel that does not have them. */
static void pretend_old_kernel(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    const struct scmp_arg_cmp set_filter = SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0);
    if (!filter ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) ||
        seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, &set_filter) ||
        seccomp_load(filter))
        _exit(CHILD_FAILED);
    seccomp_release(filter);
}

static void expect_text(const struct sandbox *sandbox, const char *expected)
{
    struct buf text = {0};
    sandbox_put_text(&text, sandbox);
    if (strcmp(buf_text(&text), expected) != 0) {
        (void)fprintf(stderr, "# %s", buf_text(&text));
        _exit(1);
    }
    buf_release(&text);
}

static void old_kernel(void)
{
    struct sandbox sandbox;
    struct failure failure = {.kind = FAILURE_NONE};
    pretend_old_kernel();
    if (!sandbox_init(&sandbox, true, SANDBOX_LANDLOCK, &failure) ||
        !sandbox_allow(&sandbox, "export", SANDBOX_READ, &failure) ||
        !sandbox_enter(&sandbox, &failure) || failure.kind != FAILURE_NONE)
        _exit(CHILD_FAILED);
    expect_text(&sandbox, "Landlock: not in force, the kernel does not have it\n"
                          "seccomp: not in force, the kernel does not have it\n");
    _exit(opened("outside/file", O_RDONLY) == 0 ? 0 : 2);
}

static void run_child(void (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_old_kernel(void **state)
{
    (void)state;
    if (filtered())
        run_child(old_kernel);
}

static void test_text(void **state)
{
    (void)state;
    struct sandbox sandbox = {.wanted = true, .landlock = 3, .offered = 4, .seccomp = true};
    expect_text(&sandbox, "Landlock: in force, version 3\nseccomp: in force\n");
    sandbox = (struct sandbox){.wanted = true, .offered = 1};
    expect_text(&sandbox, "Landlock: not in force, the kernel has only its first version\n"
                          "seccomp: not in force, the kernel does not have it\n");
    sandbox.wanted = false;
    expect_text(&sandbox, BUILT ? "Sandbox: switched off by --no-sandbox\n"
                                : "Sandbox: left out of this build\n");
}

/* ---- switched off, core dumps ---- */

static void switched_off(void)
{
    struct sandbox sandbox;
    struct failure failure = {.kind = FAILURE_NONE};
    if (!sandbox_init(&sandbox, false, SANDBOX_LANDLOCK, &failure) ||
        !sandbox_allow(&sandbox, "export", SANDBOX_READ, &failure) ||
        !sandbox_enter(&sandbox, &failure))
        _exit(CHILD_FAILED);
    sandbox_release(&sandbox);
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0 || opened("outside/file", O_RDONLY) != 0 ||
        net_socket() < 0)
        _exit(1);
}

static void test_switched_off(void **state)
{
    (void)state;
    run_child(switched_off);
}

static void crash(void)
{
    const struct rlimit most = {RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_CORE, &most); /* where one may */
    sandbox_forbid_core();
    struct rlimit now;
    if (getrlimit(RLIMIT_CORE, &now) != 0 || now.rlim_cur != 0 || now.rlim_max != 0 ||
        prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        _exit(1);
    (void)signal(SIGQUIT, SIG_DFL); /* a shell's background jobs ignore it */
    (void)raise(SIGQUIT);
    _exit(2);
}

static void test_no_core(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        crash();
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_false(WCOREDUMP(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside),       cmocka_unit_test(test_useful),
        cmocka_unit_test(test_system_calls),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_no_new_rights), cmocka_unit_test(test_old_kernel),
        cmocka_unit_test(test_text),          cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_no_core)};
    return cmocka_run_group_tests_name("sandbox", tests, set_up, tear_down);
}
