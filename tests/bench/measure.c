/*
 * measure - runs a command and says what it took.
 *
 *   measure OUTPUT COMMAND [ARGUMENT]...
 *
 * The command's standard output goes to the file OUTPUT. On our own: seconds of wall time, seconds
 * of processor time, peak memory in KiB, exit status. A small program does this because a child
 * starts with the memory of who made it, and Python's would cover that of a small command.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int complain(const char *what)
{
    (void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    return 127;
}

static int run(const char *output, char **command)
{
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        return complain(output);
    (void)close(fd);
    (void)execvp(command[0], command);
    return complain(command[0]);
}

int main(int argc, char **argv)
{
    int status;
    struct rusage used;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: measure OUTPUT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0)
        _exit(run(argv[1], argv + 2));
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return complain(argv[2]);
    double wall = now() - start;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    (void)printf("%.6f %.6f %ld %d\n", wall, seconds(used.ru_utime) + seconds(used.ru_stime),
                 used.ru_maxrss, code);
    return 0;
}
