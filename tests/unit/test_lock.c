/* The moments between opening a lock and holding it, which a test with real runs seldom meets:
 * flock() is replaced, and does first what another run might do just then. */
#include "converter/lock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static const char name[] = ".dir.clever2sds-lock";

static struct {
    int parent;
    int other; /* locked by "another run", -1 */
    void (*before)(void); /* done once, before the lock is taken */
} scene;

int flock(int fd, int operation)
{
    void (*before)(void) = scene.before;
    scene.before = NULL;
    if (before)
        before();
    return (int)syscall(SYS_flock, fd, operation);
}

static void set_up(char *folder)
{
    assert_non_null(mkdtemp(folder));
    scene.parent = open(folder, O_RDONLY | O_DIRECTORY);
    scene.other = -1;
    scene.before = NULL;
    assert_true(scene.parent >= 0);
}

static void tear_down(const char *folder)
{
    close(scene.parent);
    assert_int_equal(rmdir(folder), 0);
}

static enum lock_result take(struct lock *lock, struct failure *failure)
{
    struct lock_request request = {.parent = scene.parent, .base = "dir", .shown = "dir"};
    *failure = (struct failure){.kind = FAILURE_NONE};
    return lock_take(lock, &request, failure);
}

static bool holds_the_name(const struct lock *lock)
{
    struct stat held;
    struct stat named;
    return fstat(lock->fd, &held) == 0 && fstatat(scene.parent, name, &named, 0) == 0 &&
           held.st_ino == named.st_ino;
}

/* The run that held the lock has just ended. */
static void other_ends(void)
{
    assert_int_equal(unlinkat(scene.parent, name, 0), 0);
}

/* ... and a third one has begun. */
static void other_ends_third_begins(void)
{
    other_ends();
    scene.other = openat(scene.parent, name, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_int_equal(syscall(SYS_flock, scene.other, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(write(scene.other, "77 2026-01-02T03:04:05Z\n", 24), 24);
}

static void takes_and_releases(void **state)
{
    (void)state;
    char folder[] = "/tmp/clever2sds-test-XXXXXX";
    struct lock lock;
    struct failure failure;
    set_up(folder);
    assert_int_equal(take(&lock, &failure), LOCK_TAKEN);
    assert_true(holds_the_name(&lock));
    struct lock second;
    assert_int_equal(take(&second, &failure), LOCK_FAILED);
    assert_int_equal(failure.kind, FAILURE_OUTPUT);
    lock_release(&second);
    assert_true(holds_the_name(&lock));
    lock_release(&lock);
    tear_down(folder);
}

static void a_lock_without_its_name_is_none(void **state)
{
    (void)state;
    char folder[] = "/tmp/clever2sds-test-XXXXXX";
    struct lock lock;
    struct failure failure;
    set_up(folder);
    scene.before = other_ends;
    assert_int_equal(take(&lock, &failure), LOCK_TAKEN);
    assert_true(holds_the_name(&lock));
    lock_release(&lock);
    tear_down(folder);
}

static void the_third_run_has_it(void **state)
{
    (void)state;
    char folder[] = "/tmp/clever2sds-test-XXXXXX";
    struct lock lock;
    struct failure failure;
    set_up(folder);
    scene.before = other_ends_third_begins;
    assert_int_equal(take(&lock, &failure), LOCK_FAILED);
    assert_non_null(strstr(failure.text, "process 77, since 2026-01-02T03:04:05Z"));
    lock_release(&lock);
    close(scene.other);
    other_ends();
    tear_down(folder);
}

static void the_folder_is_gone(void **state)
{
    (void)state;
    char folder[] = "/tmp/clever2sds-test-XXXXXX";
    struct lock lock;
    struct failure failure;
    set_up(folder);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(take(&lock, &failure), LOCK_PARENT_GONE);
    assert_int_equal(failure.kind, FAILURE_NONE);
    lock_release(&lock);
    close(scene.parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_and_releases),
        cmocka_unit_test(a_lock_without_its_name_is_none),
        cmocka_unit_test(the_third_run_has_it),
        cmocka_unit_test(the_folder_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
