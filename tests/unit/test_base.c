/* What everything stands on: growing bytes, the bump allocator, failures, the cells of CSV, and
 * the counting of lines. */
#include "converter/batch.h"

#include "formats/base/arena.h"
#include "formats/base/buf.h"
#include "formats/base/failure.h"
#include "formats/csv/cell.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal) {(literal), sizeof(literal) - 1}

/* ---- buf ---- */

static void check_buf(const struct buf *b)
{
    assert_in_range(b->len, 0, b->cap);
    assert_int_equal(b->data == NULL, b->cap == 0);
}

static void test_buf_puts(void **state)
{
    (void)state;
    struct buf b = {0};
    check_buf(&b);
    buf_put(&b, "ab", 2);
    buf_put_byte(&b, '\0');
    buf_put_text(&b, "cd");
    buf_put_slice(&b, SLICE_LITERAL("ef"));
    buf_put_slice(&b, SLICE_ABSENT);
    buf_put(&b, NULL, 0);
    check_buf(&b);
    assert_true(slice_equal(buf_slice(&b), SLICE_LITERAL("ab\0cdef")));
    buf_reset(&b);
    assert_int_equal(b.len, 0);
    buf_put_text(&b, "x");
    assert_string_equal(buf_text(&b), "x");
    buf_release(&b);
    assert_null(b.data);
    check_buf(&b);
}

static void test_buf_numbers(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {{0, "0"}, {7, "7"}, {10, "10"}, {1234567890, "1234567890"},
                 {UINT64_MAX, "18446744073709551615"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};
        buf_put_number(&b, cases[i].number);
        assert_string_equal(buf_text(&b), cases[i].text);
        buf_release(&b);
    }
}

/* The terminator does not count, so what is put next stands right behind. */
static void test_buf_text(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    for (size_t i = 1; i <= 2000; i++) {
        buf_put_byte(&b, 'a');
        assert_int_equal(strlen(buf_text(&b)), i);
        assert_int_equal(b.len, i);
        check_buf(&b);
    }
    buf_release(&b);
}

static void test_buf_printf(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_printf(&b, "%s", "");
    assert_int_equal(b.len, 0);
    buf_printf(&b, "%d-%s", 5, "x");
    buf_printf(&b, "%c", '!');
    assert_string_equal(buf_text(&b), "5-x!");
    buf_printf(&b, "%5000d", 1);
    assert_int_equal(b.len, 5004);
    assert_int_equal(b.data[5003], '1');
    check_buf(&b);
    buf_release(&b);
}

static void test_buf_grows(void **state)
{
    (void)state;
    struct buf b = {0};
    for (size_t i = 0; i < 300000; i++)
        buf_put_byte(&b, (char)(i % 251));
    for (size_t i = 0; i < 300000; i++)
        if (b.data[i] != (char)(i % 251))
            fail_msg("byte %zu", i);
    assert_true(buf_reserve(&b, 1000000));
    assert_in_range(b.cap - b.len, 1000000, SIZE_MAX);
    assert_int_equal(b.len, 300000);
    check_buf(&b);
    buf_release(&b);
}

/* Once out of memory it stays so, and what was there stays too. */
static void test_buf_out_of_memory(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_put_text(&b, "abc");
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_true(b.oom);
    assert_false(buf_reserve(&b, 1));
    buf_put_text(&b, "d");
    buf_put_byte(&b, 'e');
    buf_put_number(&b, 5);
    buf_printf(&b, "%s", "f");
    assert_null(buf_text(&b));
    assert_true(slice_is(buf_slice(&b), "abc"));
    check_buf(&b);
    buf_release(&b);
    assert_false(b.oom);
    assert_false(buf_reserve(&b, SIZE_MAX - 1));
    assert_true(b.oom);
    buf_release(&b);
}

/* ---- arena ---- */

static void test_arena_alignment(void **state)
{
    (void)state;
    struct arena a = {0};
    for (size_t size = 0; size < 200; size++) {
        char *bytes = arena_bytes(&a, size % 7);
        assert_non_null(bytes);
        memset(bytes, 1, size % 7);
        void *object = arena_alloc(&a, size);
        assert_non_null(object);
        assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
        memset(object, 2, size);
    }
    arena_release(&a);
}

/* What is handed out is nobody else's: each piece keeps its own bytes, small and big ones in
 * turn. */
static void test_arena_pieces_do_not_overlap(void **state)
{
    enum { PIECES = 400 };
    static const size_t sizes[] = {1, 15, 16, 17, 1000, 65535, 65536, 65537, 70000, 1000000};
    (void)state;
    struct arena a = {0};
    for (int round = 0; round < 3; round++) {
        unsigned char *pieces[PIECES];
        for (size_t i = 0; i < PIECES; i++) {
            size_t size = sizes[i * 7 % COUNT(sizes)] % (i % 50 ? 70000 : 2000000);
            pieces[i] = i % 2 ? arena_alloc(&a, size) : (void *)arena_bytes(&a, size);
            assert_non_null(pieces[i]);
            memset(pieces[i], (int)(i % 251), size);
        }
        for (size_t i = 0; i < PIECES; i++) {
            size_t size = sizes[i * 7 % COUNT(sizes)] % (i % 50 ? 70000 : 2000000);
            for (size_t at = 0; at < size; at++)
                if (pieces[i][at] != i % 251)
                    fail_msg("round %d: byte %zu of piece %zu", round, at, i);
        }
        arena_reset(&a);
    }
    arena_release(&a);
}

/* After a reset the same work needs no more memory. */
static void test_arena_reset_keeps_blocks(void **state)
{
    (void)state;
    struct arena a = {0};
    size_t held = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(arena_alloc(&a, 500));
        assert_non_null(arena_alloc(&a, 300000));
        if (round > 0)
            assert_int_equal(a.total, held);
        held = a.total;
        arena_reset(&a);
    }
    assert_in_range(held, 800000, SIZE_MAX);
    arena_release(&a);
    assert_int_equal(a.total, 0);
    assert_null(a.first);
}

static void test_arena_limit(void **state)
{
    (void)state;
    enum { LIMIT = 1024 * 1024 };
    struct arena a = {.limit = LIMIT};
    for (int round = 0; round < 3; round++) {
        size_t got = 0;
        while (arena_alloc(&a, 1000))
            got += 1000;
        assert_true(a.oom);
        assert_in_range(got, LIMIT / 2, LIMIT);
        assert_in_range(a.total, 0, LIMIT);
        arena_reset(&a);
        assert_false(a.oom);
    }
    arena_release(&a);
    assert_int_equal(a.limit, LIMIT);
    assert_non_null(arena_alloc(&a, LIMIT));
    assert_false(a.oom);
    arena_reset(&a);
    assert_null(arena_alloc(&a, LIMIT + 1));
    assert_true(a.oom);
    arena_release(&a);
}

static void test_arena_impossible_sizes(void **state)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct arena a = {0};
        char *before = arena_bytes(&a, 3);
        assert_non_null(before);
        assert_null(arena_alloc(&a, sizes[i]));
        assert_true(a.oom);
        assert_null(arena_bytes(&a, sizes[i]));
        /* It stays set until the next reset, although small pieces may still be had. */
        (void)arena_bytes(&a, 1);
        assert_true(a.oom);
        arena_reset(&a);
        assert_false(a.oom);
        assert_non_null(arena_bytes(&a, 1));
        arena_release(&a);
    }
}

static void test_arena_copy(void **state)
{
    (void)state;
    struct arena a = {0};
    char text[] = "ab\0c";
    struct slice copy = arena_copy(&a, slice_of(text, 4));
    memset(text, 'x', sizeof text);
    assert_true(slice_equal(copy, SLICE_LITERAL("ab\0c")));
    assert_null(arena_copy(&a, SLICE_ABSENT).ptr);
    struct slice empty = arena_copy(&a, SLICE_LITERAL(""));
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
    assert_null(arena_copy(&a, slice_of(text, SIZE_MAX)).ptr);
    assert_true(a.oom);
    arena_release(&a);
}

static void test_arena_release_nothing(void **state)
{
    (void)state;
    struct arena a = {0};
    arena_reset(&a);
    arena_release(&a);
    assert_int_equal(a.total, 0);
}

/* ---- failures ---- */

static void test_first_failure_wins(void **state)
{
    (void)state;
    struct failure f = {.kind = FAILURE_NONE};
    struct failure other = {.kind = FAILURE_NONE};
    assert_false(failure_take(&f, &other));
    assert_int_equal(f.kind, FAILURE_NONE);
    assert_false(failure_set(&f, FAILURE_INPUT, "%s:%d", "a", 1));
    assert_false(failure_set(&f, FAILURE_USAGE, "b"));
    assert_false(failure_no_memory(&f));
    assert_int_equal(f.kind, FAILURE_INPUT);
    assert_string_equal(f.text, "a:1");
    assert_false(failure_take(&other, &f));
    assert_string_equal(other.text, "a:1");
    assert_int_equal(other.kind, FAILURE_INPUT);
    struct failure third = {.kind = FAILURE_NONE};
    assert_false(failure_no_memory(&third));
    assert_false(failure_take(&f, &third));
    assert_string_equal(f.text, "a:1");
}

/* One line that a terminal can take, whatever is in a file name. */
static void test_failure_text_is_printable(void **state)
{
    (void)state;
    struct failure f = {.kind = FAILURE_NONE};
    failure_set(&f, FAILURE_INPUT, "%s", "a\nb\x1B\xFF\xC3\xA9");
    assert_string_equal(f.text, "a?b??\xC3\xA9");
    struct failure cut = {.kind = FAILURE_NONE};
    char name[3000];
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = (char)(i % 2 ? 0xA9 : 0xC3);
    name[sizeof name - 1] = '\0';
    failure_set(&cut, FAILURE_INPUT, "%s", name);
    assert_int_equal(strlen(cut.text), sizeof cut.text - 1);
    assert_int_equal(cut.text[sizeof cut.text - 2], '?'); /* half a character was cut off */
}

/* ---- CSV cells ---- */

static void test_cells(void **state)
{
    static const struct {
        struct slice cell;
        struct slice written;
    } cases[] = {
        {TEXT(""), TEXT("")},
        {{NULL, 0}, TEXT("")},
        {TEXT("a"), TEXT("a")},
        {TEXT(" a b "), TEXT(" a b ")},
        {TEXT("'a'"), TEXT("'a'")},
        {TEXT("a;b\tc"), TEXT("a;b\tc")},
        {TEXT("=1+1"), TEXT("=1+1")},
        {TEXT("\xC3\xA9\xE2\x80\xA8"), TEXT("\xC3\xA9\xE2\x80\xA8")},
        {TEXT("a\0b"), TEXT("a\0b")},
        {TEXT(","), TEXT("\",\"")},
        {TEXT("a,b"), TEXT("\"a,b\"")},
        {TEXT("a,"), TEXT("\"a,\"")},
        {TEXT("a\rb"), TEXT("\"a\rb\"")},
        {TEXT("a\nb"), TEXT("\"a\nb\"")},
        {TEXT("\r\n"), TEXT("\"\r\n\"")},
        {TEXT("\""), TEXT("\"\"\"\"")},
        {TEXT("\"\""), TEXT("\"\"\"\"\"\"")},
        {TEXT("a\"b"), TEXT("\"a\"\"b\"")},
        {TEXT("\"a\""), TEXT("\"\"\"a\"\"\"")},
        {TEXT("a\",\"b"), TEXT("\"a\"\",\"\"b\"")},
        {TEXT("a\0,"), TEXT("\"a\0,\"")},
    };
    (void)state;
    struct buf row = {0};
    struct buf wanted = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        csv_put_cell(&out, cases[i].cell);
        if (!slice_equal(buf_slice(&out), cases[i].written))
            fail_msg("case %zu: %.*s", i, (int)out.len, out.data);
        buf_release(&out);
        csv_put_cell(&row, cases[i].cell);
        csv_put_comma(&row);
        buf_put_slice(&wanted, cases[i].written);
        buf_put_byte(&wanted, ',');
    }
    csv_end_row(&row);
    buf_put_text(&wanted, "\r\n");
    assert_true(slice_equal(buf_slice(&row), buf_slice(&wanted)));
    buf_release(&row);
    buf_release(&wanted);
}

static void test_cells_without_memory(void **state)
{
    (void)state;
    struct buf out = {0};
    csv_put_cell(&out, SLICE_LITERAL("a"));
    (void)buf_reserve(&out, SIZE_MAX);
    csv_put_cell(&out, SLICE_LITERAL("b,"));
    csv_put_cell(&out, SLICE_LITERAL("c"));
    csv_put_comma(&out);
    csv_end_row(&out);
    assert_true(out.oom);
    assert_true(slice_is(buf_slice(&out), "a"));
    buf_release(&out);
}

/* ---- lines ---- */

static const struct line_case {
    struct slice text;
    uint64_t ends; /* LF, CRLF and CR count one each */
} line_cases[] = {
    {TEXT(""), 0},
    {TEXT("abc"), 0},
    {TEXT("\n"), 1},
    {TEXT("\r"), 1},
    {TEXT("\r\n"), 1},
    {TEXT("\n\r"), 2},
    {TEXT("\n\n"), 2},
    {TEXT("\r\r"), 2},
    {TEXT("\r\r\n"), 2},
    {TEXT("\r\n\n"), 2},
    {TEXT("\r\n\r\n"), 2},
    {TEXT("\r\n\r"), 2},
    {TEXT("\n\r\n"), 2},
    {TEXT("a\nb\rc\r\nd"), 3},
    {TEXT("a\r\n\r\r\n\n\rb"), 5},
    {TEXT("\0\n\0\r\0"), 2},
    {TEXT("a\v\fb\xC2\x85\xE2\x80\xA8"), 0},
};

/* In one piece and in any two or three, an empty one between them too: a CRLF counts once
 * wherever it is cut. */
static void test_lines_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(line_cases); i++) {
        const struct line_case *c = &line_cases[i];
        for (size_t first = 0; first <= c->text.len; first++) {
            for (size_t second = first; second <= c->text.len; second++) {
                uint64_t line = 1;
                bool after_cr = false;
                count_lines(slice_of(c->text.ptr, first), &line, &after_cr);
                count_lines(slice_of(c->text.ptr + first, second - first), &line, &after_cr);
                count_lines(slice_of(c->text.ptr + second, c->text.len - second), &line,
                            &after_cr);
                if (line != 1 + c->ends)
                    fail_msg("case %zu cut at %zu and %zu: line %llu", i, first, second,
                             (unsigned long long)line);
                bool cr = c->text.len && c->text.ptr[c->text.len - 1] == '\r';
                assert_int_equal(after_cr, cr);
            }
        }
    }
}

static void test_lines_behind_a_cr(void **state)
{
    static const struct {
        struct slice text;
        uint64_t line;
        bool after_cr;
    } cases[] = {
        {TEXT(""), 1, true},    {TEXT("a"), 1, false},     {TEXT("\n"), 1, false},
        {TEXT("\n\n"), 2, false}, {TEXT("\r\n"), 2, false}, {TEXT("\n\r"), 2, true},
        {TEXT("a\n"), 2, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t line = 1;
        bool after_cr = true;
        count_lines(cases[i].text, &line, &after_cr);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(after_cr, cases[i].after_cr);
    }
}

/* What count_lines is measured by: byte for byte. */
static uint64_t plain_line(const char *text, size_t start, size_t at, uint64_t line,
                           bool after_cr)
{
    for (size_t i = start; i < at; i++) {
        bool cr = i > start ? text[i - 1] == '\r' : after_cr;
        line += text[i] == '\r' || (text[i] == '\n' && !cr);
    }
    return line;
}

/* Two segments, the second of which goes on behind a CR; asked in every order of two. */
static void test_batch_line(void **state)
{
    static const char text[] = "a\nb\r\nc\rd\n" "\n\ne\r\n\rf\r\n\n";
    enum { SECOND = 9 };
    (void)state;
    struct batch batch = {.element_count = 0};
    batch_reset(&batch);
    buf_put(&batch.text, text, sizeof text - 1);
    *batch_add_segment(&batch) = (struct segment){.input = 0, .start = 0, .line = 1};
    *batch_add_segment(&batch) =
        (struct segment){.input = 1, .start = SECOND, .line = 100, .after_cr = true};
    for (size_t first = 0; first < sizeof text; first++) {
        for (size_t second = 0; second < sizeof text; second++) {
            size_t places[] = {first, second};
            for (size_t i = 0; i < COUNT(places); i++) {
                bool in_second = places[i] >= SECOND;
                uint64_t wanted = in_second
                                      ? plain_line(text, SECOND, places[i], 100, true)
                                      : plain_line(text, 0, places[i], 1, false);
                assert_int_equal(batch_line(&batch, in_second, places[i]), wanted);
            }
        }
    }
    batch_release(&batch);
}

/* A batch is used again and again: nothing of the last round may be left in the next. */
static void test_batch_reset(void **state)
{
    (void)state;
    struct batch batch = {.element_count = 0};
    for (int round = 0; round < 3; round++) {
        batch_reset(&batch);
        assert_int_equal(batch.segment_count, 0);
        assert_int_equal(batch.element_count, 0);
        assert_int_equal(batch.outcome_count, 0);
        assert_int_equal(batch.line_count, 0);
        assert_int_equal(batch.text.len, 0);
        buf_put_text(&batch.text, round == 1 ? "\n\n\n" : "xyz");
        struct segment *segment = batch_add_segment(&batch);
        *segment = (struct segment){.line = 5};
        assert_int_equal(batch_line(&batch, 0, 3), round == 1 ? 8 : 5);
        for (size_t i = 0; i < 1000; i++) {
            struct outcome *outcome = batch_add_outcome(&batch);
            assert_non_null(outcome);
            assert_null(outcome->id.ptr);
            assert_int_equal(outcome->line_count, 0);
            outcome->id = SLICE_LITERAL("x");
            outcome->line_count = 7;
            struct element *element = batch_add_element(&batch);
            assert_int_equal(element->start, 0);
            element->start = 9;
            struct issue_line *line = batch_add_line(&batch);
            assert_int_equal(line->len, 0);
            line->len = 9;
        }
        assert_int_equal(batch.outcome_count, 1000);
        assert_false(batch_out_of_memory(&batch));
    }
    batch.lines.oom = true;
    assert_true(batch_out_of_memory(&batch));
    batch_release(&batch);
}

/* ---- slices ---- */

static void test_slices(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE_ABSENT, SLICE_LITERAL("")));
    assert_true(slice_is(SLICE_LITERAL("a"), "a"));
    assert_false(slice_is(SLICE_LITERAL("a"), "A"));
    assert_false(slice_is(SLICE_LITERAL("a\0b"), "a"));
    assert_null(slice_from(NULL).ptr);
    assert_true(slice_starts(SLICE_LITERAL("abc"), SLICE_LITERAL("ab")));
    assert_false(slice_starts(SLICE_LITERAL("a"), SLICE_LITERAL("ab")));
    assert_true(slice_same_letters(SLICE_LITERAL("aZ@[`{"), SLICE_LITERAL("Az@[`{")));
    assert_false(slice_same_letters(SLICE_LITERAL("@"), SLICE_LITERAL("`")));
    assert_false(slice_same_letters(SLICE_LITERAL("a"), SLICE_LITERAL("ab")));
    assert_int_equal(slice_find(SLICE_LITERAL("abca"), 'a'), 0);
    assert_int_equal(slice_find(SLICE_LITERAL("abca"), 'c'), 2);
    assert_int_equal(slice_find(SLICE_LITERAL("abca"), 'x'), 4);
    assert_int_equal(slice_find(SLICE_ABSENT, 'x'), 0);
    for (int c = CHAR_MIN; c <= CHAR_MAX; c++)
        assert_int_equal(ascii_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_puts),
        cmocka_unit_test(test_buf_numbers),
        cmocka_unit_test(test_buf_text),
        cmocka_unit_test(test_buf_printf),
        cmocka_unit_test(test_buf_grows),
        cmocka_unit_test(test_buf_out_of_memory),
        cmocka_unit_test(test_arena_alignment),
        cmocka_unit_test(test_arena_pieces_do_not_overlap),
        cmocka_unit_test(test_arena_reset_keeps_blocks),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_arena_impossible_sizes),
        cmocka_unit_test(test_arena_copy),
        cmocka_unit_test(test_arena_release_nothing),
        cmocka_unit_test(test_first_failure_wins),
        cmocka_unit_test(test_failure_text_is_printable),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_cells_without_memory),
        cmocka_unit_test(test_lines_in_pieces),
        cmocka_unit_test(test_lines_behind_a_cr),
        cmocka_unit_test(test_batch_line),
        cmocka_unit_test(test_batch_reset),
        cmocka_unit_test(test_slices),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
