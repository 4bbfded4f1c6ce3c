/* What a hostile export might make of the program: a library, loaded by LD_PRELOAD, that takes the
 * place of read and pread. When the program reads for the first time, it tries to break out and
 * tells on standard error what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *what, long result)
{
    (void)dprintf(STDERR_FILENO, "planted %s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static void break_out(void)
{
    char path[] = "/bin/true";
    char *arguments[] = {path, NULL};
    tell("socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    tell("ptrace", syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL));
    tell("passwd", open("/etc/passwd", O_RDONLY));
    tell("home", open("planted", O_WRONLY | O_CREAT, 0600));
    tell("exec", syscall(SYS_execve, path, arguments, arguments + 1));
}

static void once(void)
{
    static int tried;
    if (tried)
        return;
    tried = 1;
    break_out();
}

ssize_t read(int fd, void *bytes, size_t size)
{
    once();
    return syscall(SYS_read, fd, bytes, size);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t place)
{
    once();
    return syscall(SYS_pread64, fd, bytes, size, place);
}
