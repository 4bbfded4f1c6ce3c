/* Linked into what `make check-msan` builds: tells MemorySanitizer what these calls have written, of
 * which that of clang 14 knows nothing. The linker's --wrap leads calls of the program here. */
#include <dirent.h>
#include <sanitizer/msan_interface.h>
#include <sys/stat.h>
#include <sys/types.h>

int __real_stat64(const char *path, struct stat *info);
int __wrap_stat64(const char *path, struct stat *info);
int __real_fstat64(int fd, struct stat *info);
int __wrap_fstat64(int fd, struct stat *info);
int __real_fstatat64(int folder, const char *path, struct stat *info, int flags);
int __wrap_fstatat64(int folder, const char *path, struct stat *info, int flags);
ssize_t __real_getdents64(int folder, void *room, size_t size);
ssize_t __wrap_getdents64(int folder, void *room, size_t size);

static int known(int result, const struct stat *info)
{
    if (result == 0)
        __msan_unpoison(info, sizeof *info);
    return result;
}

int __wrap_stat64(const char *path, struct stat *info)
{
    return known(__real_stat64(path, info), info);
}

int __wrap_fstat64(int fd, struct stat *info)
{
    return known(__real_fstat64(fd, info), info);
}

int __wrap_fstatat64(int folder, const char *path, struct stat *info, int flags)
{
    return known(__real_fstatat64(folder, path, info, flags), info);
}

ssize_t __wrap_getdents64(int folder, void *room, size_t size)
{
    ssize_t len = __real_getdents64(folder, room, size);
    if (len > 0)
        __msan_unpoison(room, (size_t)len);
    return len;
}
