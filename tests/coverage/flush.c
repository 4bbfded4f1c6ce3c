/* Linked into what `make coverage` builds: lets gcov write its counts where it could not. It does so
 * when a program returns from main, which is in the sandbox, and not at all when it ends otherwise. */
#include <fcntl.h>
#include <gcov.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARGUMENTS = 5 };

/* The linker's --wrap leads calls of the program, not those of libraries, here. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_raise(int number);
int __wrap_raise(int number);

/* Of tests/faults/shim.c. */
__attribute__((weak)) void fault_end(void);

static void allow_counts(int rules)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
                                                                LANDLOCK_ACCESS_FS_WRITE_FILE |
                                                                LANDLOCK_ACCESS_FS_MAKE_REG,
                                              .parent_fd = open(COUNTS, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0 || __real_syscall(SYS_landlock_add_rule, rules,
                                             LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        abort();
    (void)close(rule.parent_fd);
}

long __wrap_syscall(long number, ...)
{
    long argument[ARGUMENTS];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < ARGUMENTS; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_restrict_self && argument[0] >= 0)
        allow_counts((int)argument[0]);
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4]);
}

/* Runs before gcov writes, whose destructor is of the first priority. What lets calls fail, when it is
 * there, leaves gcov's alone. And gcov has nothing to say on standard error: not even that somebody
 * else, as whom a test runs the program, may not write the counts. */
__attribute__((destructor)) static void leave_to_gcov(void)
{
    if (fault_end)
        fault_end();
    (void)close(STDERR_FILENO);
}

void __wrap__exit(int status)
{
    leave_to_gcov();
    __gcov_dump();
    __real__exit(status);
}

int __wrap_raise(int number)
{
    leave_to_gcov();
    __gcov_dump();
    return __real_raise(number);
}
