/* Reading CSV: where rows end, their fields, their encoding, and Clever's columns.
 *
 * In the tables ' stands for ". Frames are shown one after another:
 *   7(text)     a row that begins at byte 7 of the file; the text is without its line end
 *   7q(text)    with a field in quotes, or a quote in the text of one;  7qs: the latter
 *   7qb(text)   something stands behind a closing quote
 *   !7          the quote at byte 7 is never closed
 *   #  $        too long;  the end
 * Fields are shown as [one][two].
 */
#include "formats/clever/csv_schema.h"
#include "formats/csv/encoding.h"
#include "formats/csv/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A copy of exactly the text's size, so that a sanitizer sees reads beyond it; ' becomes ". */
static struct slice exact(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    return slice_of(copy, len);
}

static void release(struct slice copy)
{
    free((char *)(uintptr_t)copy.ptr);
}

/* With " instead of '. */
static void put_translated(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_put_byte(out, *text == '\'' ? '"' : *text);
}

/* ---- feeding ---- */

enum feeding { FEED_WHOLE, FEED_BYTES, FEED_BYTES_DROPPING, FEED_PIECES, FEEDINGS };

/* A window that is a block of its own for every state of it. */
struct feed {
    enum feeding how;
    uint64_t seed;
    struct slice rest; /* not yet given */
    char *window;
    size_t len;
    size_t dropped; /* bytes of the file before the window */
    bool end;
};

static size_t pick(struct feed *feed, size_t count)
{
    feed->seed = feed->seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(feed->seed >> 33) % count;
}

static void feed_more(struct feed *feed)
{
    size_t take = feed->how == FEED_WHOLE ? feed->rest.len : 1;
    if (feed->how == FEED_PIECES)
        take = 1 + pick(feed, 9);
    take = take < feed->rest.len ? take : feed->rest.len;
    /* The end is told with the last bytes or behind them. */
    feed->end = take == 0 || (take == feed->rest.len && pick(feed, 2) == 0);
    char *window = malloc(feed->len + take ? feed->len + take : 1);
    assert_non_null(window);
    if (feed->len)
        memcpy(window, feed->window, feed->len);
    if (take)
        memcpy(window + feed->len, feed->rest.ptr, take);
    free(feed->window);
    feed->window = window;
    feed->len += take;
    feed->rest.ptr += take;
    feed->rest.len -= take;
}

static void feed_drop(struct feed *feed, struct csv_framer *framer)
{
    size_t keep = csv_framer_keep(framer);
    assert_in_range(keep, 0, feed->len);
    if (feed->how == FEED_PIECES)
        keep = pick(feed, keep + 1);
    csv_framer_drop(framer, keep);
    memmove(feed->window, feed->window + keep, feed->len - keep);
    feed->len -= keep;
    feed->dropped += keep;
}

typedef void put_frame_fn(struct buf *out, const struct csv_frame *frame, const struct feed *feed);

/* Everything in `text`, one frame after another. */
static void frames_of(struct slice text, struct feed feed, put_frame_fn *put, struct buf *out)
{
    struct csv_framer framer = {0};
    struct csv_frame frame = {.kind = CSV_MORE};
    feed.rest = text;
    buf_reset(out);
    feed_more(&feed);
    while (frame.kind == CSV_MORE || frame.kind == CSV_ROW) {
        frame = csv_framer_next(&framer, feed.window, feed.len, feed.end);
        if (frame.kind != CSV_MORE)
            put(out, &frame, &feed);
        bool dropping = feed.how == FEED_BYTES_DROPPING || feed.how == FEED_PIECES;
        if (dropping && (frame.kind == CSV_MORE || frame.kind == CSV_ROW))
            feed_drop(&feed, &framer);
        if (frame.kind == CSV_MORE) {
            assert_false(feed.end);
            feed_more(&feed);
        }
    }
    free(feed.window);
}

struct csv_case {
    const char *text;
    const char *expected;
};

static void check(const struct csv_case *cases, size_t count, put_frame_fn *put)
{
    struct buf out = {0};
    struct buf expected = {0};
    for (size_t i = 0; i < count; i++) {
        struct slice text = exact(cases[i].text);
        buf_reset(&expected);
        put_translated(&expected, cases[i].expected);
        for (int how = 0; how < FEEDINGS; how++) {
            uint64_t rounds = how == FEED_PIECES ? 30 : 2;
            for (uint64_t round = 0; round < rounds; round++) {
                struct feed feed = {.how = (enum feeding)how, .seed = round * 7919 + i};
                frames_of(text, feed, put, &out);
                if (strcmp(buf_text(&out), buf_text(&expected)) != 0)
                    fail_msg("case %zu: %s\n  feeding %d gives %s\n  and not        %s", i,
                             cases[i].text, how, buf_text(&out), buf_text(&expected));
            }
        }
        release(text);
    }
    buf_release(&out);
    buf_release(&expected);
}

/* ---- rows ---- */

static void put_frame(struct buf *out, const struct csv_frame *frame, const struct feed *feed)
{
    if (out->len)
        buf_put_byte(out, ' ');
    switch (frame->kind) {
    case CSV_ROW:
        buf_put_number(out, feed->dropped + (size_t)(frame->text.ptr - feed->window));
        buf_put_text(out, frame->quoted ? "q" : "");
        buf_put_text(out, frame->stray ? "s" : "");
        buf_put_text(out, frame->bad ? "b" : "");
        buf_put_byte(out, '(');
        buf_put_slice(out, frame->text);
        buf_put_byte(out, ')');
        break;
    case CSV_UNCLOSED:
        buf_put_byte(out, '!');
        buf_put_number(out, feed->dropped + frame->opened);
        break;
    case CSV_TOO_LONG: buf_put_byte(out, '#'); break;
    case CSV_END: buf_put_byte(out, '$'); break;
    case CSV_MORE: break;
    }
}

static void test_line_ends(void **state)
{
    static const struct csv_case cases[] = {
        {"", "$"},
        {"a", "0(a) $"},
        {"a,b", "0(a,b) $"},
        {"a\n", "0(a) $"},
        {"a\r", "0(a) $"},
        {"a\r\n", "0(a) $"},
        {"a\nb\nc", "0(a) 2(b) 4(c) $"},
        {"a\rb\rc\r", "0(a) 2(b) 4(c) $"},
        {"a\r\nb\r\nc\r\n", "0(a) 3(b) 6(c) $"},
        {"a\rb\nc\r\nd", "0(a) 2(b) 4(c) 7(d) $"},
        {"\n", "0() $"},
        {"\r\n", "0() $"},
        {"\r", "0() $"},
        {"\n\n", "0() 1() $"},
        {"\r\r", "0() 1() $"},
        {"\n\r", "0() 1() $"},
        {"\r\r\n", "0() 1() $"},
        {"\r\n\r\n", "0() 2() $"},
        {"a\n\nb", "0(a) 2() 3(b) $"},
        {"a\n\rb", "0(a) 2() 3(b) $"},
        {",\n,", "0(,) 2(,) $"},
        {",,\r,,\r", "0(,,) 3(,,) $"},
        {" \n\t", "0( ) 2(\t) $"},
        {"\xEF\xBB\xBF" "a\n", "0(\xEF\xBB\xBF" "a) $"},
        /* No line ends of CSV. */
        {"a\vb\fc", "0(a\vb\fc) $"},
        {"a\xC2\x85" "b\xE2\x80\xA8" "c", "0(a\xC2\x85" "b\xE2\x80\xA8" "c) $"},
    };
    (void)state;
    check(cases, COUNT(cases), put_frame);
}

static void test_quoted_rows(void **state)
{
    static const struct csv_case cases[] = {
        {"'a'", "0q('a') $"},
        {"''", "0q('') $"},
        {"'a'\n'b'\r'c'\r\n", "0q('a') 4q('b') 8q('c') $"},
        {"'a',b\nc", "0q('a',b) 6(c) $"},
        {"a,'b'\nc", "0q(a,'b') 6(c) $"},
        {"'a,b',c", "0q('a,b',c) $"},
        {"'a\nb'\nc", "0q('a\nb') 6(c) $"},
        {"'a\rb'\rc", "0q('a\rb') 6(c) $"},
        {"'a\r\nb'\r\nc", "0q('a\r\nb') 8(c) $"},
        {"'\r\n'", "0q('\r\n') $"},
        {"'a''b'\nc", "0q('a''b') 7(c) $"},
        {"''''\nc", "0q('''') 5(c) $"},
        {"''''''\nc", "0q('''''') 7(c) $"},
        {"'''\n'''\nc", "0q('''\n''') 8(c) $"},
        {"'',''\n", "0q('','') $"},
        {"'a''\n''b'\nc", "0q('a''\n''b') 10(c) $"},
        {",'\n',\nc", "0q(,'\n',) 6(c) $"},
    };
    (void)state;
    check(cases, COUNT(cases), put_frame);
}

static void test_stray_quotes(void **state)
{
    static const struct csv_case cases[] = {
        {"a'", "0qs(a') $"},
        {"a'b\nc", "0qs(a'b) 4(c) $"},
        {"a''b\nc", "0qs(a''b) 5(c) $"},
        {"a'b,c'd\ne", "0qs(a'b,c'd) 8(e) $"},
        {"a'\nb'\nc", "0qs(a') 3qs(b') 6(c) $"},
        {" 'a'\nb", "0qs( 'a') 5(b) $"},
        {"a,5'4'\nb", "0qs(a,5'4') 7(b) $"},
        {"a'b,'c\nd'\ne", "0qs(a'b,'c\nd') 10(e) $"},
        {"'a',b'c\nd", "0qs('a',b'c) 8(d) $"},
    };
    (void)state;
    check(cases, COUNT(cases), put_frame);
}

static void test_bad_rows(void **state)
{
    static const struct csv_case cases[] = {
        {"'a'b", "0qb('a'b) $"},
        {"'a'b\nc", "0qb('a'b) 5(c) $"},
        {"'a' \r\nc", "0qb('a' ) 6(c) $"},
        {"'a' ,b\nc", "0qb('a' ,b) 7(c) $"},
        {"''a'\nc", "0qb(''a') 5(c) $"},
        /* Such a row ends at the next line end, whatever quotes follow. */
        {"'a'b,'c\nd'\ne", "0qb('a'b,'c) 8qs(d') 11(e) $"},
        {"'a'b'\nc", "0qb('a'b') 6(c) $"},
        {"'a\nb'c\nd", "0qb('a\nb'c) 7(d) $"},
        {"x,'a'b\r'c'\r", "0qb(x,'a'b) 7q('c') $"},
        {"x'y,'a'b\nc", "0qsb(x'y,'a'b) 9(c) $"},
    };
    (void)state;
    check(cases, COUNT(cases), put_frame);
}

static void test_unclosed_quotes(void **state)
{
    static const struct csv_case cases[] = {
        {"'", "!0"},
        {"'a", "!0"},
        {"a,'", "!2"},
        {"a\n'b\nc,d\n", "0(a) !2"},
        {"'a','b\nc", "!4"},
        {"'a''", "!0"},
        {"'a'''b", "0qb('a'''b) $"},
        {"'a'','b", "0qb('a'','b) $"},
        {"'a''','b", "!6"},
        {"a'b,'c", "!4"},
        {"'''", "!0"},
        {"a\r\n'b'\r\n'c\r\n", "0(a) 3q('b') !8"},
    };
    (void)state;
    check(cases, COUNT(cases), put_frame);
}

/* Any text made of the bytes that matter gives the same in pieces as whole. */
static void test_pieces_of_anything(void **state)
{
    struct buf whole = {0};
    struct buf pieces = {0};
    (void)state;
    for (uint64_t round = 0; round < 4000; round++) {
        static const char bytes[] = "\"\"\"\n\r,a ";
        char text[24];
        struct feed dice = {.seed = round};
        size_t len = pick(&dice, sizeof text);
        for (size_t i = 0; i < len; i++)
            text[i] = bytes[pick(&dice, sizeof bytes - 1)];
        frames_of(slice_of(text, len), (struct feed){.how = FEED_WHOLE}, put_frame, &whole);
        for (int how = FEED_BYTES; how < FEEDINGS; how++) {
            struct feed feed = {.how = (enum feeding)how, .seed = round};
            frames_of(slice_of(text, len), feed, put_frame, &pieces);
            assert_string_equal(buf_text(&pieces), buf_text(&whole));
        }
    }
    buf_release(&whole);
    buf_release(&pieces);
}

static enum csv_frame_kind first_frame(char first, size_t len, bool line_end, bool end)
{
    char *window = malloc(len + 1);
    assert_non_null(window);
    memset(window, 'a', len);
    window[0] = first;
    window[len] = '\n';
    struct csv_framer framer = {0};
    enum csv_frame_kind kind = csv_framer_next(&framer, window, line_end ? len + 1 : len, end).kind;
    free(window);
    return kind;
}

static void test_long_rows(void **state)
{
    (void)state;
    size_t longest = CSV_MAX_RECORD;
    assert_int_equal(first_frame('a', longest, true, false), CSV_ROW);
    assert_int_equal(first_frame('a', longest, false, false), CSV_MORE);
    assert_int_equal(first_frame('a', longest, false, true), CSV_ROW);
    assert_int_equal(first_frame('a', longest + 1, true, false), CSV_TOO_LONG);
    assert_int_equal(first_frame('a', longest + 1, false, false), CSV_TOO_LONG);
    assert_int_equal(first_frame('a', longest + 1, false, true), CSV_TOO_LONG);
    /* Told before the end is read. */
    assert_int_equal(first_frame('"', longest + 1, false, false), CSV_TOO_LONG);
}

/* ---- fields ---- */

static void put_fields(struct buf *out, const struct csv_frame *frame, const struct feed *feed)
{
    struct arena arena = {0};
    struct csv_fields fields;
    if (frame->kind != CSV_ROW || frame->bad) {
        put_frame(out, frame, feed);
        return;
    }
    if (out->len)
        buf_put_byte(out, ' ');
    assert_true(csv_split(frame, &arena, &fields));
    for (size_t i = 0; i < fields.count; i++) {
        buf_put_byte(out, '[');
        buf_put_slice(out, fields.items[i]);
        buf_put_byte(out, ']');
    }
    arena_release(&arena);
}

static void test_fields(void **state)
{
    static const struct csv_case cases[] = {
        /* simple */
        {"a,b,c\n1,2,3\n", "[a][b][c] [1][2][3] $"},
        {"a,b,c\r\n1,2,3", "[a][b][c] [1][2][3] $"},
        {"a,b,c\r1,2,3\r", "[a][b][c] [1][2][3] $"},
        {"a\n1\n", "[a] [1] $"},
        /* a comma in quotes */
        {"first,last,address\nJohn,Doe,'120 any st., Anytown'\n",
         "[first][last][address] [John][Doe][120 any st., Anytown] $"},
        {"',',',,'\n", "[,][,,] $"},
        /* empty */
        {"a,b,c\n1,'',''\n2,3,4\n", "[a][b][c] [1][][] [2][3][4] $"},
        {"a,b,c\r\n1,'',''\r\n2,3,4\r\n", "[a][b][c] [1][][] [2][3][4] $"},
        {"a,b,c\n1,,\n,,3\n,,\n", "[a][b][c] [1][][] [][][3] [][][] $"},
        {"\n,\n''\n'',\n,''\n", "[] [][] [] [][] [][] $"},
        {"a,\n'a',\n,a\n,'a'", "[a][] [a][] [][a] [][a] $"},
        /* doubled quotes */
        {"a,b\n1,'ha ''ha'' ha'\n3,4\n", "[a][b] [1][ha 'ha' ha] [3][4] $"},
        {"'''',''''''\n'''a''',b\n", "['][''] ['a'][b] $"},
        /* JSON in quotes */
        {"key,val\n1,'{''type'': ''Point'', ''coordinates'': [102.0, 0.5]}'\n",
         "[key][val] [1][{'type': 'Point', 'coordinates': [102.0, 0.5]}] $"},
        {"'[{''a'':''\\''''}]',x\n", "[[{'a':'\\''}]][x] $"},
        /* line ends in quotes */
        {"a,b,c\n1,2,3\n'Once upon \na time',5,6\n7,8,9\n",
         "[a][b][c] [1][2][3] [Once upon \na time][5][6] [7][8][9] $"},
        {"a,b\r\n'Once\r\nupon',5\r\n7,8\r\n", "[a][b] [Once\r\nupon][5] [7][8] $"},
        {"a,b\r'Once\rupon',5\r7,8", "[a][b] [Once\rupon][5] [7][8] $"},
        {"'\n'\n'\r'\r'\r\n'\r\n", "[\n] [\r] [\r\n] $"},
        /* quotes and line ends */
        {"a,b\n1,'ha \n''ha'' \nha'\n3,4\n", "[a][b] [1][ha \n'ha' \nha] [3][4] $"},
        {"'''\n''','\r''\r'\n", "['\n'][\r'\r] $"},
        /* UTF-8 */
        {"a,b,c\n1,2,3\n4,5,\xCA\xA4\n", "[a][b][c] [1][2][3] [4][5][\xCA\xA4] $"},
        {"'Zo\xC3\xAB','\xE7\x8E\x8B,\xF0\x9F\x8E\x93'\n",
         "[Zo\xC3\xAB][\xE7\x8E\x8B,\xF0\x9F\x8E\x93] $"},
        /* spaces and tabs belong to the field */
        {" a , b\t,'  c  ',\t\n", "[ a ][ b\t][  c  ][\t] $"},
        {"' ',' ' '\n", "0qb(' ',' ' ') $"},
        /* a quote in the text of a field */
        {"5'4',a'b'c,d''e\n", "[5'4'][a'b'c][d''e] $"},
        {"a'b,'c,''d'''\n", "[a'b][c,'d'] $"},
        {" 'a,b',c\n", "[ 'a][b'][c] $"},
        {"'a\nb',c'd,''\n", "[a\nb][c'd][] $"},
        {"a'\n,b'\n", "[a'] [][b'] $"},
        {"\xFF\x80,'\xC3'\n", "[\xFF\x80][\xC3] $"},
    };
    (void)state;
    check(cases, COUNT(cases), put_fields);
}

static void test_many_fields(void **state)
{
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        struct buf row = {0};
        struct arena arena = {0};
        struct csv_fields fields;
        for (uint64_t i = 0; i < 1000; i++) {
            buf_put_text(&row, i ? "," : "");
            buf_put_text(&row, quoted ? "\"" : "");
            buf_put_number(&row, i);
            buf_put_text(&row, quoted ? "\"" : "");
        }
        struct csv_frame frame = {.kind = CSV_ROW, .text = buf_slice(&row), .quoted = quoted};
        assert_true(csv_split(&frame, &arena, &fields));
        assert_int_equal(fields.count, 1000);
        assert_true(slice_is(fields.items[0], "0"));
        assert_true(slice_is(fields.items[47], "47"));
        assert_true(slice_is(fields.items[48], "48"));
        assert_true(slice_is(fields.items[999], "999"));
        buf_release(&row);
        arena_release(&arena);
    }
}

/* A NUL is a byte like any other. */
static void test_nul(void **state)
{
    static const char text[] = "a\0b,\"c\0d\",e\"\0\n\0";
    struct csv_framer framer = {0};
    struct arena arena = {0};
    struct csv_fields fields;
    (void)state;
    struct csv_frame frame = csv_framer_next(&framer, text, sizeof text - 1, true);
    assert_int_equal(frame.kind, CSV_ROW);
    assert_true(csv_split(&frame, &arena, &fields));
    assert_int_equal(fields.count, 3);
    assert_true(slice_equal(fields.items[0], SLICE_LITERAL("a\0b")));
    assert_true(slice_equal(fields.items[1], SLICE_LITERAL("c\0d")));
    assert_true(slice_equal(fields.items[2], SLICE_LITERAL("e\"\0")));
    frame = csv_framer_next(&framer, text, sizeof text - 1, true);
    assert_int_equal(frame.kind, CSV_ROW);
    assert_true(slice_equal(frame.text, SLICE_LITERAL("\0")));
    arena_release(&arena);
}

static void test_split_without_memory(void **state)
{
    const struct csv_frame rows[] = {
        {.kind = CSV_ROW, .text = SLICE_LITERAL("a,b")},
        {.kind = CSV_ROW, .text = SLICE_LITERAL("\"a\",b"), .quoted = true},
        {.kind = CSV_ROW, .text = SLICE_LITERAL("a\"b"), .quoted = true, .stray = true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {.limit = 1};
        struct csv_fields fields;
        assert_false(csv_split(&rows[i], &arena, &fields));
        assert_true(arena.oom);
        arena_release(&arena);
    }
}

/* ---- encodings ---- */

/* What windows-1252 has at 80 to 9F; 0 for nothing. */
static const uint32_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | (c >> 12));
    out[1] = (char)(0x80 | ((c >> 6) & 0x3F));
    out[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

/* `text` alone, and between plain letters. */
static void check_decoded(enum csv_encoding encoding, struct slice text, bool valid,
                          struct slice expected)
{
    static const size_t around[][2] = {{0, 0}, {1, 0}, {0, 1}, {20, 20}};
    for (size_t i = 0; i < COUNT(around); i++) {
        size_t before = around[i][0];
        size_t len = before + text.len + around[i][1];
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memset(copy, 'x', len);
        memcpy(copy + before, text.ptr, text.len);
        struct arena arena = {0};
        struct slice utf8;
        assert_int_equal(csv_decode(encoding, slice_of(copy, len), &arena, &utf8), valid);
        assert_false(arena.oom);
        if (valid) {
            assert_int_equal(utf8.len, len - text.len + expected.len);
            assert_memory_equal(utf8.ptr + before, expected.ptr, expected.len);
            if (before)
                assert_int_equal(utf8.ptr[0], 'x');
            if (around[i][1])
                assert_int_equal(utf8.ptr[utf8.len - 1], 'x');
        }
        arena_release(&arena);
        free(copy);
    }
}

static void test_every_byte(void **state)
{
    static const enum csv_encoding encodings[] = {CSV_UTF_8, CSV_WINDOWS_1252, CSV_ISO_8859_1};
    (void)state;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            char text = (char)byte;
            char expected[4];
            uint32_t c = byte;
            bool valid = byte < 0x80 || encodings[i] != CSV_UTF_8;
            if (encodings[i] == CSV_WINDOWS_1252 && byte >= 0x80 && byte < 0xA0) {
                c = windows_1252[byte - 0x80];
                valid = c != 0;
            }
            size_t len = put_utf8(expected, c);
            check_decoded(encodings[i], slice_of(&text, 1), valid, slice_of(expected, len));
        }
    }
}

static void test_all_bytes_together(void **state)
{
    static const enum csv_encoding encodings[] = {CSV_WINDOWS_1252, CSV_ISO_8859_1};
    (void)state;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        char text[256];
        char expected[3 * 256];
        size_t len = 0;
        size_t expected_len = 0;
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t c = byte;
            if (encodings[i] == CSV_WINDOWS_1252 && byte >= 0x80 && byte < 0xA0)
                c = windows_1252[byte - 0x80];
            if (byte && !c)
                continue;
            text[len++] = (char)byte;
            expected_len += put_utf8(expected + expected_len, c);
        }
        check_decoded(encodings[i], slice_of(text, len), true, slice_of(expected, expected_len));
    }
}

static void test_utf8(void **state)
{
    static const char *const good[] = {
        "\xC2\x80",     "\xC3\xAB",         "\xDF\xBF",         "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80",     "\xEF\xBB\xBF",     "\xEF\xBF\xBF",
        "\xE2\x82\xAC", "\xF0\x90\x80\x80", "\xF0\x9F\x8E\x93", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {
        "\x80",             "\xBF",         "\xC0\x80",         "\xC1\xBF",     "\xC3",
        "\xC3\xC3",         "\xC3,",        "\xE0\x9F\xBF",     "\xE2\x82",     "\xE2\x82,",
        "\xED\xA0\x80",     "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x8E", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE",         "\xFF",             "\xC3\xAB\xEB", "\xC3\xAB\xAB"};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        check_decoded(CSV_UTF_8, slice_from(good[i]), true, slice_from(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        check_decoded(CSV_UTF_8, slice_from(bad[i]), false, SLICE_ABSENT);
}

/* Plain text is not copied, whatever its encoding; a failure is not remembered. */
static void test_decoding_again(void **state)
{
    static const enum csv_encoding encodings[] = {CSV_UTF_8, CSV_WINDOWS_1252, CSV_ISO_8859_1};
    (void)state;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        struct arena arena = {0};
        struct slice plain = SLICE_LITERAL("\"S1\",\tP1\n\x01\x7F");
        struct slice utf8;
        assert_true(csv_decode(encodings[i], plain, &arena, &utf8));
        assert_ptr_equal(utf8.ptr, plain.ptr);
        assert_int_equal(utf8.len, plain.len);
        assert_true(csv_decode(encodings[i], SLICE_LITERAL(""), &arena, &utf8));
        assert_int_equal(utf8.len, 0);
        if (encodings[i] != CSV_ISO_8859_1)
            assert_false(csv_decode(encodings[i], SLICE_LITERAL("a\x81"), &arena, &utf8));
        if (encodings[i] != CSV_UTF_8) {
            assert_true(csv_decode(encodings[i], SLICE_LITERAL("Zo\xEB"), &arena, &utf8));
            assert_true(slice_is(utf8, "Zo\xC3\xAB"));
            struct arena none = {.limit = 1};
            assert_false(csv_decode(encodings[i], SLICE_LITERAL("Zo\xEB"), &none, &utf8));
            assert_true(none.oom);
            arena_release(&none);
        }
        arena_release(&arena);
    }
}

/* ---- Clever's columns ---- */

/* The fields of a row as it stands in a file. */
struct row {
    struct slice text;
    struct arena arena;
    struct csv_fields fields;
};

static void row_read(struct row *row, const char *text)
{
    struct csv_framer framer = {0};
    *row = (struct row){.text = exact(text)};
    struct csv_frame frame = csv_framer_next(&framer, row->text.ptr, row->text.len, true);
    assert_int_equal(frame.kind, CSV_ROW);
    assert_false(frame.bad);
    assert_true(csv_split(&frame, &row->arena, &row->fields));
}

static void row_release(struct row *row)
{
    arena_release(&row->arena);
    release(row->text);
}

static void test_entity_by_header(void **state)
{
    static const struct {
        const char *header;
        enum entity entity;
    } cases[] = {
        {"School_id,School_name", ENTITY_SCHOOL},
        {"School_name", ENTITY_SCHOOL},
        {"School_id,Teacher_id", ENTITY_TEACHER},
        {"School_id,Student_id", ENTITY_STUDENT},
        {"School_id,Section_id,Teacher_id", ENTITY_SECTION},
        {"Section_id,Student_id", ENTITY_ENROLLMENT},
        {"School_id,Student_id,Section_id,Teacher_id", ENTITY_ENROLLMENT},
        {"Student_id,Teacher_id", ENTITY_STUDENT},
        {"Attendance_date,Section_id,Student_id", ENTITY_OTHER},
        {"Student_id,School_name,Contact_id", ENTITY_OTHER},
        {"Section_id,Student_id,School_name", ENTITY_SCHOOL},
        {"School_id", ENTITY_NONE},
        {"School_id,Staff_id", ENTITY_NONE},
        {"sis_id,ext.shirt", ENTITY_NONE},
        {"", ENTITY_NONE},
        {",,", ENTITY_NONE},
        {"'School_id','Student_id'", ENTITY_STUDENT},
        {"schoolid,studentid", ENTITY_STUDENT},
        {"SCHOOL ID, STUDENT-ID ", ENTITY_STUDENT},
        {"schoolId,teacherId", ENTITY_TEACHER},
        {"__section - id__", ENTITY_SECTION},
        {"\xC2\xA0Teacher_id", ENTITY_TEACHER},
        {"Student_id_", ENTITY_STUDENT},
        {"Student.id", ENTITY_NONE},
        {"Student_ids", ENTITY_NONE},
        {"Student\tid", ENTITY_NONE},
        {"xStudent_id", ENTITY_NONE},
        {"Student_id;School_id", ENTITY_NONE},
        {"Student_id________________________________", ENTITY_STUDENT},
        {"Student_id_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ENTITY_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row header;
        if (cases[i].header[0])
            row_read(&header, cases[i].header);
        else
            header = (struct row){.text = exact("")};
        enum entity entity = clever_csv_entity(&header.fields);
        if (entity != cases[i].entity)
            fail_msg("%s: %d", cases[i].header, (int)entity);
        row_release(&header);
    }
}

static void test_missing_columns(void **state)
{
    static const struct {
        enum entity entity;
        const char *header;
        const char *missing; /* NULL: none */
    } cases[] = {
        {ENTITY_SCHOOL, "School_id,School_name", NULL},
        {ENTITY_SCHOOL, "school name,SCHOOLID", NULL},
        {ENTITY_SCHOOL, "School_id,Name", "School_name"},
        {ENTITY_SCHOOL, "School_name", "School_id"},
        {ENTITY_TEACHER, "Teacher_id,School_id", NULL},
        {ENTITY_TEACHER, "Teacher_id,First_name", "School_id"},
        {ENTITY_TEACHER, "School_id,Teacher_number", "Teacher_id"},
        {ENTITY_STUDENT, "'Student_id','School_id'", NULL},
        {ENTITY_STUDENT, "Student_id", "School_id"},
        {ENTITY_STUDENT, "School_id,Student_number", "Student_id"},
        {ENTITY_SECTION, "School_id,Section_id,Teacher_id", NULL},
        {ENTITY_SECTION, "Section_id,Teacher_id", "School_id"},
        {ENTITY_SECTION, "School_id,Teacher_id", "Section_id"},
        {ENTITY_SECTION, "School_id,Section_id,Teacher_2_id", "Teacher_id"},
        {ENTITY_ENROLLMENT, "Section_id,Student_id", NULL},
        {ENTITY_ENROLLMENT, "School_id,Student_id", "Section_id"},
        {ENTITY_ENROLLMENT, "School_id,Section_id", "Student_id"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row header;
        struct clever_csv_header columns;
        const char *missing = NULL;
        row_read(&header, cases[i].header);
        bool found = clever_csv_columns(&header.fields, cases[i].entity, &columns, &missing);
        assert_int_equal(found, !cases[i].missing);
        if (cases[i].missing)
            assert_string_equal(missing, cases[i].missing);
        row_release(&header);
    }
}

static int column_of(const struct clever_csv_header *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(clever_csv_fields[columns->first + i].header, name) == 0)
            return columns->column[i];
    fail_msg("no column %s", name);
    return -1;
}

static void test_column_places(void **state)
{
    struct row header;
    struct clever_csv_header columns;
    const char *missing = NULL;
    (void)state;
    row_read(&header, "Race,DOB,student id,School_id,STUDENT_ID,d-o-b,userName,,Student_number");
    assert_true(clever_csv_columns(&header.fields, ENTITY_STUDENT, &columns, &missing));
    assert_int_equal(columns.entity, ENTITY_STUDENT);
    assert_int_equal(columns.columns, 9);
    assert_int_equal(column_of(&columns, "School_id"), 3);
    assert_int_equal(column_of(&columns, "Student_id"), 2); /* the first of two */
    assert_int_equal(column_of(&columns, "DOB"), 1);
    assert_int_equal(column_of(&columns, "Username"), 6);
    assert_int_equal(column_of(&columns, "Student_number"), 8);
    assert_int_equal(column_of(&columns, "Grade"), -1);
    row_release(&header);
}

/* The lines of an entity stand together, and there is room for them. */
static void test_schema(void **state)
{
    (void)state;
    for (int entity = 0; entity < ENTITY_COUNT; entity++) {
        size_t count = 0;
        size_t runs = 0;
        for (size_t i = 0; i < clever_csv_field_count; i++) {
            if ((int)clever_csv_fields[i].entity != entity)
                continue;
            count++;
            runs += i == 0 || (int)clever_csv_fields[i - 1].entity != entity;
        }
        assert_in_range(count, 0, CLEVER_CSV_MAX_FIELDS);
        assert_in_range(runs, 0, 1);
    }
}

static const char student_header[] =
    "School_id,Student_id,First_name,Last_name,Username,Grade,Password";

static void read_record(const char *header_text, enum entity entity, struct row *row,
                        struct record *record)
{
    struct row header;
    struct clever_csv_header columns;
    const char *missing = NULL;
    row_read(&header, header_text);
    assert_true(clever_csv_columns(&header.fields, entity, &columns, &missing));
    row_release(&header);
    memset(record, 0xFF, sizeof *record);
    clever_csv_record(&columns, &row->fields, record, &row->arena);
    assert_int_equal(record->entity, entity);
}

static void test_record(void **state)
{
    struct row row;
    struct record student;
    (void)state;
    row_read(&row, " S1 ,P1,'Li\nam',\xC2\xA0Haddad\xEF\xBB\xBF,'''',,fabricated");
    read_record(student_header, ENTITY_STUDENT, &row, &student);
    const struct attribute_value *attr = student.attr;
    assert_true(slice_is(attr[ATTR_SCHOOL].value, "S1"));
    assert_true(slice_is(attr[ATTR_SCHOOL].raw, " S1 "));
    assert_true(slice_is(attr[ATTR_SIS_ID].value, "P1"));
    assert_true(slice_is(attr[ATTR_FIRST_NAME].value, "Li am"));
    assert_true(slice_is(attr[ATTR_FIRST_NAME].raw, "Li\nam"));
    assert_true(attr[ATTR_FIRST_NAME].control);
    assert_true(slice_is(attr[ATTR_LAST_NAME].value, "Haddad"));
    assert_false(attr[ATTR_LAST_NAME].control);
    assert_true(slice_is(attr[ATTR_USERNAME].value, "\""));
    assert_int_equal(attr[ATTR_GRADE].value.len, 0);
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        assert_false(attr[i].wrong_type);
        assert_false(slice_is(attr[i].value, "fabricated"));
    }
    assert_null(attr[ATTR_ID].raw.ptr);
    assert_null(attr[ATTR_BIRTH_DATE].raw.ptr);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        assert_int_equal(student.list[i].count, 0);
        assert_false(student.list[i].wrong_type);
    }
    row_release(&row);
}

static void test_short_record(void **state)
{
    struct row row;
    struct record student;
    (void)state;
    row_read(&row, "S1,P1,\t");
    read_record(student_header, ENTITY_STUDENT, &row, &student);
    assert_true(slice_is(student.attr[ATTR_SIS_ID].value, "P1"));
    assert_int_equal(student.attr[ATTR_FIRST_NAME].value.len, 0);
    assert_false(student.attr[ATTR_FIRST_NAME].control);
    assert_int_equal(student.attr[ATTR_USERNAME].value.len, 0);
    assert_int_equal(student.attr[ATTR_GRADE].value.len, 0);
    row_release(&row);
}

static void test_co_teachers(void **state)
{
    struct row row;
    struct record section;
    (void)state;
    row_read(&row, "T10,C1,T1,S1,T3,,Algebra,T2, \x01 ,'T\t9'");
    read_record("Teacher_10_id,Section_id,Teacher_id,School_id,Teacher_3_id,Teacher_4_id,Name,"
                "Teacher_2_id,Teacher_5_id,Teacher_9_id",
                ENTITY_SECTION, &row, &section);
    const struct reference_values *teachers = &section.list[LIST_TEACHERS];
    assert_true(slice_is(section.attr[ATTR_TEACHER].value, "T1"));
    assert_true(slice_is(section.attr[ATTR_NAME].value, "Algebra"));
    assert_int_equal(teachers->count, 4);
    assert_true(slice_is(teachers->ids[0], "T2"));
    assert_true(slice_is(teachers->ids[1], "T3"));
    assert_true(slice_is(teachers->ids[2], "T 9"));
    assert_true(slice_is(teachers->ids[3], "T10"));
    assert_int_equal(section.list[LIST_STUDENTS].count, 0);
    row_release(&row);
}

static void test_enrollment(void **state)
{
    struct row row;
    struct record enrollment;
    (void)state;
    row_read(&row, "S1,P1,C1");
    read_record("School_id,Student_id,Section_id", ENTITY_ENROLLMENT, &row, &enrollment);
    assert_true(slice_is(enrollment.attr[ATTR_SECTION].value, "C1"));
    assert_true(slice_is(enrollment.attr[ATTR_STUDENT].value, "P1"));
    assert_int_equal(enrollment.attr[ATTR_SCHOOL].value.len, 0); /* not looked at */
    row_release(&row);
}

static void test_blank(void **state)
{
    static const struct {
        const char *text;
        bool blank;
    } cases[] = {
        {" ", true},
        {",,,", true},
        {" ,\t, \xC2\xA0,\xEF\xBB\xBF", true},
        {"'','\n',' '''", false},
        {"'','\n',' '", true},
        {"\x01,\x7F,\xC2\x85,\xE2\x80\xA8", true},
        {",,0", false},
        {"-", false},
        {"''''", false},
        {",\xC2\xA1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct row row;
        row_read(&row, cases[i].text);
        if (clever_csv_blank(&row.fields, &row.arena) != cases[i].blank)
            fail_msg("case %zu: %s", i, cases[i].text);
        row_release(&row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_quoted_rows),
        cmocka_unit_test(test_stray_quotes),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_unclosed_quotes),
        cmocka_unit_test(test_pieces_of_anything),
        cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_many_fields),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_split_without_memory),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_all_bytes_together),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_decoding_again),
        cmocka_unit_test(test_entity_by_header),
        cmocka_unit_test(test_missing_columns),
        cmocka_unit_test(test_column_places),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_short_record),
        cmocka_unit_test(test_co_teachers),
        cmocka_unit_test(test_enrollment),
        cmocka_unit_test(test_blank),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
