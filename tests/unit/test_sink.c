/* A file being written, and what is put in front of it in the end. */
#include "converter/sink.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOVED_AT_ONCE = 256 * 1024 }; /* by sink_insert */

/* No two of its parts are alike, whatever size they are moved in. */
static char *bytes_of(size_t size, uint32_t seed)
{
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 24);
    }
    return bytes;
}

static void expect_file(int fd, struct slice expected)
{
    char *bytes = malloc(expected.len + 1);
    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, expected.len + 1, 0), expected.len);
    assert_memory_equal(bytes, expected.ptr, expected.len);
    free(bytes);
}

static int new_file(int flags)
{
    char name[] = "/tmp/test_sink-XXXXXX";
    int made = mkstemp(name);
    assert_true(made >= 0);
    int fd = open(name, flags);
    assert_true(fd >= 0);
    assert_int_equal(close(made), 0);
    assert_int_equal(unlink(name), 0);
    return fd;
}

static void check_insert(size_t before, size_t behind, size_t inserted)
{
    struct failure failure = {0};
    struct sink sink;
    int fd = new_file(O_RDWR);
    int looking = dup(fd);
    char *text = bytes_of(before + behind, 1);
    char *more = bytes_of(inserted, 2);
    struct buf expected = {0};
    buf_put_slice(&expected, slice_of(text, before));
    buf_put_slice(&expected, slice_of(more, inserted));
    buf_put_slice(&expected, slice_of(text + before, behind));
    assert_false(expected.oom);
    sink_init(&sink, fd, "file");
    assert_true(sink_put(&sink, slice_of(text, before), &failure));
    assert_true(sink_put(&sink, slice_of(text + before, behind), &failure));
    assert_true(sink_insert(&sink, (off_t)before, slice_of(more, inserted), &failure));
    assert_true(sink_finish(&sink, &failure));
    expect_file(looking, buf_slice(&expected));
    assert_int_equal(close(looking), 0);
    buf_release(&expected);
    free(text);
    free(more);
}

static void inserted_wherever_and_however_much(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 1, 137, MOVED_AT_ONCE - 1, MOVED_AT_ONCE, MOVED_AT_ONCE + 1, 3 * MOVED_AT_ONCE + 17};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    for (size_t before = 0; before < 3; before++)
        for (size_t behind = 0; behind < SIZES; behind++)
            for (size_t inserted = 0; inserted < SIZES; inserted++)
                check_insert(sizes[before], sizes[behind], sizes[inserted]);
}

static void expect_failure(int flags, off_t cut, const char *message)
{
    struct failure failure = {0};
    struct sink sink;
    int fd = new_file(flags);
    sink_init(&sink, fd, "some.csv");
    bool ok =
        sink_put(&sink, slice_from("header\nline\n"), &failure) && sink_flush(&sink, &failure);
    if (ok && cut >= 0)
        assert_int_equal(ftruncate(fd, cut), 0);
    assert_false(ok && sink_insert(&sink, 7, slice_from("first\n"), &failure));
    assert_int_equal(failure.kind, FAILURE_OUTPUT);
    assert_non_null(strstr(failure.text, message));
    sink_abandon(&sink);
}

static void what_cannot_be_done_is_told(void **state)
{
    (void)state;
    expect_failure(O_RDONLY, -1, "some.csv: cannot be written: ");
    expect_failure(O_WRONLY, -1, "some.csv: cannot be read back: ");
    expect_failure(O_RDWR, 9, "some.csv: cannot be read back: it is shorter");
}

static void see(void *context, struct slice rows, struct slice about)
{
    (void)about;
    buf_put_slice(context, rows);
}

static void watched_in_order_even_without_a_file(void **state)
{
    (void)state;
    struct failure failure = {0};
    struct buf seen = {0};
    struct sink sink;
    sink_init(&sink, -1, "none");
    sink.watcher = (struct sink_watcher){see, &seen};
    assert_true(sink_put(&sink, slice_from("one,"), &failure));
    assert_true(sink_put(&sink, slice_from("two"), &failure));
    assert_string_equal(buf_text(&seen), "one,two");
    sink_abandon(&sink);
    buf_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserted_wherever_and_however_much),
        cmocka_unit_test(what_cannot_be_done_is_told),
        cmocka_unit_test(watched_in_order_even_without_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
