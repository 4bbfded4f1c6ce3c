/* The line that says how far a run is, at any time and in any width. */
#include "converter/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WIDE = 200 };

static void expect(const struct progress *progress, uint64_t now, size_t width, const char *line)
{
    struct buf out = {0};
    progress_put_line(&out, progress, now, width);
    assert_string_equal(buf_text(&out), line);
    buf_release(&out);
}

static struct progress at(const char *stage, uint64_t total, uint64_t done, uint64_t records)
{
    struct progress progress = {.total = total, .before = done, .begun = 5000};
    snprintf(progress.stage, sizeof progress.stage, "%s", stage);
    atomic_store(&progress.records, records);
    return progress;
}

static void all_parts(void **state)
{
    (void)state;
    struct progress p = at("students", 1000, 430, 1234567);
    p.here = 20;
    expect(&p, 5000 + 10000, WIDE, "students  45%  1,234,567 records  123,456/s  0:12 left");
}

static void what_is_not_known_is_not_shown(void **state)
{
    (void)state;
    struct progress p = at("finding the files", 0, 0, 0);
    expect(&p, 9000, WIDE, "finding the files");
    p = at("looking at the files", 1000, 0, 0);
    expect(&p, 9000, WIDE, "looking at the files  0%");
    p = at("taking in the stream", 0, 123456, 0);
    expect(&p, 9000, WIDE, "taking in the stream  123 kB");
    p = at("taking in the stream", 0, 1234567890, 0);
    expect(&p, 9000, WIDE, "taking in the stream  1,234 MB");
}

static void a_guess_needs_a_second(void **state)
{
    (void)state;
    struct progress p = at("users", 1000, 500, 700);
    expect(&p, 5999, WIDE, "users  50%  700 records");
    expect(&p, 6000, WIDE, "users  50%  700 records  700/s  0:01 left");
}

static void times(void **state)
{
    (void)state;
    struct progress p = at("users", 1000, 100, 0);
    expect(&p, 5000 + 60000, WIDE, "users  10%  9:00 left");
    expect(&p, 5000 + 399000, WIDE, "users  10%  59:51 left");
    expect(&p, 5000 + 400000, WIDE, "users  10%  1:00:00 left");
    expect(&p, 5000 + 40000000, WIDE, "users  10%  100:00:00 left");
}

static void never_more_than_all(void **state)
{
    (void)state;
    struct progress p = at("users", 1000, 1200, 0);
    expect(&p, 9000, WIDE, "users  100%  0:00 left");
    p = at("users", 1000, 999, 0);
    expect(&p, 5000, WIDE, "users  99%");
    p = at("users", UINT64_MAX, UINT64_MAX / 2 + 2, 0);
    expect(&p, 5000, WIDE, "users  50%");
}

static void only_what_fits(void **state)
{
    (void)state;
    static const char whole[] = "students  45%  1,234,567 records  123,456/s  0:12 left";
    static const size_t ends[] = {8, 13, 32, 43, 54};
    struct progress p = at("students", 1000, 450, 1234567);
    for (size_t width = 0; width < 60; width++) {
        struct buf out = {0};
        progress_put_line(&out, &p, 5000 + 10000, width);
        assert_in_range(out.len, 0, width);
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
            struct slice part = slice_of(whole, ends[i]);
            if (width == ends[i])
                assert_true(slice_equal(buf_slice(&out), part));
        }
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts),
        cmocka_unit_test(what_is_not_known_is_not_shown),
        cmocka_unit_test(a_guess_needs_a_second),
        cmocka_unit_test(times),
        cmocka_unit_test(never_more_than_all),
        cmocka_unit_test(only_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
