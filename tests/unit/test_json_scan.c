/* json_scan against RFC 8259 and RFC 3629, production by production, and against cJSON.
 *
 * In the tables ' stands for " and ` for ', so that JSON can be read. Every text is scanned in a
 * block of exactly its size: a sanitizer sees each byte read beyond it.
 */
#include "formats/json/scan.h"

#include "formats/base/buf.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const char *const wanted[] = {"id",         "name",
                                     "name.first", "name.last",
                                     "list",       "roles.student.sis_id",
                                     "x.y",        "roles.student.school"};

enum { WANTED = COUNT(wanted) };

struct fixture {
    struct json_schema *schema;
    struct json_scanner *old;         /* has learned from everything that was scanned before */
    struct json_value values[WANTED]; /* of the last text */
    struct json_error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->schema = json_schema_new();
    for (size_t i = 0; f->schema && i < WANTED; i++)
        if (json_schema_want(f->schema, wanted[i]) != (int)i)
            return -1;
    f->old = f->schema ? json_scanner_new(f->schema) : NULL;
    *state = f;
    return f->old ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_scanner_free(f->old);
    json_schema_free(f->schema);
    free(f);
    return 0;
}

/* An exact copy of `text`, with the tables' quotes replaced where `translate`. */
static char *exact(struct slice text, bool translate)
{
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        copy[i] = !translate ? c : (char)(c == '\'' ? '"' : c == '`' ? '\'' : c);
    }
    return copy;
}

/* Scans with a scanner that has learned much, in the midst of other bytes: the verdict, the error
 * and the values are those of one that has learned nothing and sees nothing else. */
static void check_old_scanner(struct fixture *f, struct slice text, const char *behind,
                              bool accepted)
{
    struct buf all = {0};
    struct json_error error = {NULL, SIZE_MAX};
    buf_put_slice(&all, text);
    buf_put_text(&all, behind);
    assert_false(all.oom);
    struct slice copy = slice_of(all.data, text.len);
    assert_int_equal(json_scan(f->old, copy, all.data + all.len, &error), accepted);
    const struct json_value *values = json_scanner_values(f->old);
    if (!accepted) {
        assert_string_equal(error.reason, f->error.reason);
        assert_int_equal(error.at, f->error.at);
    }
    for (size_t i = 0; i < WANTED && accepted; i++) {
        assert_int_equal(values[i].type, f->values[i].type);
        if (values[i].type == JSON_ABSENT)
            continue;
        assert_int_equal(values[i].ptr - copy.ptr, f->values[i].ptr - text.ptr);
        assert_int_equal(values[i].len, f->values[i].len);
        assert_int_equal(values[i].escaped, f->values[i].escaped);
        assert_int_equal(values[i].plain, f->values[i].plain);
    }
    buf_release(&all);
}

/* Scans a text with a new scanner; f->values and f->error are what it says. */
static bool scan(struct fixture *f, struct slice text)
{
    static const char *const behind[] = {
        "",
        "\"",
        "}",
        ",",
        "a\":\"b\",\"c\":\"d\"}",
        ",\"name\":{\"first\":\"b\",\"last\":\"c\"},\"id\":\"x\",\"list\":[1,2,3],\"more\":\"y\"}",
        "                                                                                 "};
    struct json_scanner *fresh = json_scanner_new(f->schema);
    assert_non_null(fresh);
    f->error = (struct json_error){NULL, SIZE_MAX};
    bool accepted = json_scan(fresh, text, text.ptr + text.len, &f->error);
    memcpy(f->values, json_scanner_values(fresh), sizeof f->values);
    json_scanner_free(fresh);
    for (size_t i = 0; i < COUNT(behind); i++)
        check_old_scanner(f, text, behind[i], accepted);
    return accepted;
}

/* The verdict on a text, which must be the same with and without a schema. */
static bool accepts(struct fixture *f, struct slice text, bool translate)
{
    char *copy = exact(text, translate);
    struct json_error plain = {NULL, SIZE_MAX};
    bool with = scan(f, slice_of(copy, text.len));
    bool without = json_check(slice_of(copy, text.len), &plain);
    assert_int_equal(with, without);
    if (!with) {
        assert_non_null(f->error.reason);
        assert_in_range(f->error.at, 0, text.len);
        assert_int_equal(f->error.at, plain.at);
        assert_string_equal(f->error.reason, plain.reason);
    }
    free(copy);
    return with;
}

/* ---- every production ---- */

/* Where a value is put: alone, and into a record that is good but for it. */
static const struct {
    const char *before;
    const char *behind;
} places[] = {
    {"", ""},
    {"{'id':'a','unknown':", ",'name':{'first':'b'}}"},
    {"{'id':", ",'name':{'first':'b'}}"},
    {"{'name':{'first':", ",'last':null},'id':'a'}"},
    {"{'list':[1,", ",'z'],'id':'a'}"},
    {"{'unknown':{'deep':[null,", "]}}"},
    {"[", "]"},
};

/* Puts each value of a table into each place. The empty text alone is a value nowhere but in
 * an empty list, so tables do not have it. */
static void check_values(struct fixture *f, const struct slice *table, size_t count,
                         bool acceptable)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t p = 0; p < COUNT(places); p++) {
            struct buf text = {0};
            buf_put_text(&text, places[p].before);
            buf_put_slice(&text, table[i]);
            buf_put_text(&text, places[p].behind);
            bool verdict = accepts(f, buf_slice(&text), true);
            if (verdict != acceptable)
                fail_msg("case %zu in place %zu is %s: %s", i, p, verdict ? "accepted" : "refused",
                         buf_text(&text));
            buf_release(&text);
        }
    }
}

/* clang-format off */
static const struct slice good_scalars[] = {
    TEXT("true"), TEXT("false"), TEXT("null"), TEXT("0"), TEXT("-0"), TEXT("1"), TEXT("-1"),
    TEXT("10"), TEXT("9"), TEXT("1234567890"), TEXT("9007199254740993"),
    TEXT("123456789012345678901234567890123456789012345678901234567890123456789"),
    TEXT("0.0"), TEXT("0.5"), TEXT("-0.5"), TEXT("1.0"), TEXT("1.50"), TEXT("10.01"),
    TEXT("1e5"), TEXT("1E5"), TEXT("1e+5"), TEXT("1e-5"), TEXT("1E+05"), TEXT("1E-005"),
    TEXT("0e0"), TEXT("0E-00"), TEXT("-0e+0"), TEXT("1.5e10"), TEXT("-1.25E-3"), TEXT("1e999"),
    TEXT("1e-999"), TEXT("0.0000000000000000000000000000000000000000000000000000000000001"),
};

static const struct slice bad_numbers[] = {
    TEXT("00"), TEXT("01"), TEXT("00123"), TEXT("-00"), TEXT("-01"), TEXT("00.5"), TEXT("01.5"),
    TEXT("1."), TEXT("-1."), TEXT("0."), TEXT(".5"), TEXT("-.5"), TEXT("."), TEXT("-"),
    TEXT("+"), TEXT("+1"), TEXT("+0"), TEXT("-+1"), TEXT("+-1"), TEXT("--1"), TEXT("1-"),
    TEXT("1+1"), TEXT("1e"), TEXT("1E"), TEXT("1e+"), TEXT("1e-"), TEXT("1e+-5"), TEXT("1ee5"),
    TEXT("1e5e5"), TEXT("1.e5"), TEXT(".e5"), TEXT("e5"), TEXT("-e5"), TEXT("1e5.5"),
    TEXT("1e.5"), TEXT("1.5."), TEXT("1..5"), TEXT("1.5.5"), TEXT("1.-5"), TEXT("1.+5"),
    TEXT("0x1"), TEXT("0X1F"), TEXT("0b1"), TEXT("0o7"), TEXT("1_000"), TEXT("1,000"),
    TEXT("1`000"), TEXT("1f"), TEXT("1L"), TEXT("1u"), TEXT("1%"), TEXT("$1"), TEXT("NaN"),
    TEXT("nan"), TEXT("-NaN"), TEXT("Infinity"), TEXT("-Infinity"), TEXT("+Infinity"),
    TEXT("inf"), TEXT("-inf"), TEXT("1 2"), TEXT("- 1"), TEXT("-\n1"), TEXT("1 .5"),
    TEXT("1. 5"), TEXT("1 e5"), TEXT("1e 5"), TEXT("0 0"), TEXT("1\0"), TEXT("1\0" "2"),
    TEXT("\xD9\xA3"), TEXT("\xEF\xBC\x91"), TEXT("\xE2\x88\x92" "1"), TEXT("1\xC2\xA0"),
};

static const struct slice bad_words[] = {
    TEXT("t"), TEXT("tr"), TEXT("tru"), TEXT("truee"), TEXT("true1"), TEXT("True"),
    TEXT("TRUE"), TEXT("tRue"), TEXT("trux"), TEXT("true_"), TEXT("true."), TEXT("-true"),
    TEXT("true false"), TEXT("truefalse"), TEXT("t rue"), TEXT("f"), TEXT("fals"),
    TEXT("falsee"), TEXT("False"), TEXT("FALSE"), TEXT("falsx"), TEXT("n"), TEXT("nul"),
    TEXT("nulll"), TEXT("null0"), TEXT("Null"), TEXT("NULL"), TEXT("nulx"), TEXT("null'a'"),
    TEXT("null\0"), TEXT("nu\0ll"), TEXT("nil"), TEXT("none"), TEXT("None"), TEXT("undefined"),
    TEXT("yes"), TEXT("no"), TEXT("on"), TEXT("id"), TEXT("a"), TEXT("_"), TEXT("$"),
    TEXT("\\"), TEXT("\\u0031"), TEXT("tru\\u0065"), TEXT("!"), TEXT("~"), TEXT("@"),
    TEXT("\xC3\xA9"), TEXT("\x7F"), TEXT("\xFF"),
};

static const struct slice good_strings[] = {
    TEXT("''"), TEXT("' '"), TEXT("'a'"), TEXT("'\x7F'"), TEXT("'`'"), TEXT("'/'"),
    TEXT("'//'"), TEXT("'/* */'"), TEXT("'[{,:}]'"), TEXT("'null'"),
    TEXT("'\\''"), TEXT("'\\\\'"), TEXT("'\\/'"), TEXT("'\\b'"), TEXT("'\\f'"), TEXT("'\\n'"),
    TEXT("'\\r'"), TEXT("'\\t'"), TEXT("'\\'\\\\\\/\\b\\f\\n\\r\\t'"), TEXT("'\\\\\\''"),
    TEXT("'\\u0000'"), TEXT("'\\u0041'"), TEXT("'\\u00e9'"), TEXT("'\\uAbCd'"),
    TEXT("'\\uaBcD'"), TEXT("'\\u001F'"), TEXT("'\\u0022'"), TEXT("'\\uD7FF'"),
    TEXT("'\\uE000'"), TEXT("'\\uFFFE'"), TEXT("'\\uFFFF'"), TEXT("'\\u00410'"),
    TEXT("'\\uD800\\uDC00'"), TEXT("'\\uDBFF\\uDFFF'"), TEXT("'\\ud83d\\ude00'"),
    TEXT("'a\\uD83D\\uDE00b'"), TEXT("'\\uD83D\\uDE00\\uD83D\\uDE00'"), TEXT("'\\\\uD800'"),
    TEXT("'\\\\u12'"), TEXT("'\xC2\x80'"), TEXT("'\xC2\xA0'"), TEXT("'\xDF\xBF'"),
    TEXT("'\xE0\xA0\x80'"), TEXT("'\xED\x9F\xBF'"), TEXT("'\xEE\x80\x80'"),
    TEXT("'\xE2\x80\xA8\xE2\x80\xA9'"), TEXT("'\xEF\xBB\xBF'"), TEXT("'\xEF\xBF\xBD'"),
    TEXT("'\xEF\xBF\xBE\xEF\xBF\xBF'"), TEXT("'\xF0\x90\x80\x80'"), TEXT("'\xF0\x9F\x98\x80'"),
    TEXT("'\xF4\x8F\xBF\xBF'"), TEXT("'e\xCC\x81'"),
};

static const struct slice bad_strings[] = {
    TEXT("'"), TEXT("'a"), TEXT("a'"), TEXT("'\\'"), TEXT("'\\\\\\'"), TEXT("`a`"), TEXT("``"),
    TEXT("'a`"), TEXT("`a'"), TEXT("'a''"), TEXT("'a''b'"), TEXT("'a' 'b'"), TEXT("'a'b"),
    TEXT("'\\"), TEXT("\xE2\x80\x9C" "a\xE2\x80\x9D"), TEXT("'\\`'"), TEXT("'\\a'"),
    TEXT("'\\v'"), TEXT("'\\0'"), TEXT("'\\x41'"), TEXT("'\\U0041'"), TEXT("'\\B'"),
    TEXT("'\\N'"), TEXT("'\\ '"), TEXT("'\\\n'"), TEXT("'\\\0'"), TEXT("'\\e'"),
    TEXT("'\\101'"), TEXT("'\\\xC3\xA9'"), TEXT("'\\u'"), TEXT("'\\u0'"), TEXT("'\\u00'"),
    TEXT("'\\u004'"), TEXT("'\\u004g'"), TEXT("'\\u004G'"), TEXT("'\\ug041'"), TEXT("'\\u0`41'"),
    TEXT("'\\u 041'"), TEXT("'\\u+041'"), TEXT("'\\u-041'"), TEXT("'\\u0x41'"),
    TEXT("'\\u{41}'"), TEXT("'\\u00\\u0041'"), TEXT("'\\u004:'"), TEXT("'\\u004@'"),
    TEXT("'\\u004/'"), TEXT("'\\u00\0" "1'"),
    TEXT("'\\uD800'"), TEXT("'\\uDBFF'"), TEXT("'\\uD83Dx'"), TEXT("'\\uD83D\\n'"),
    TEXT("'\\uD83D\\\\'"), TEXT("'\\uD83D\\u'"), TEXT("'\\uD83D\\u0041'"),
    TEXT("'\\uD83D\\uD83D'"), TEXT("'\\uD83D\\uDBFF\\uDC00'"), TEXT("'\\uD83D\\uE000'"),
    TEXT("'\\uD83D\\uDE0'"), TEXT("'\\uD83D\\uDE0g'"), TEXT("'\\uD83D \\uDE00'"),
    TEXT("'\\uD83DuDE00'"), TEXT("'\\uD83D\\UDE00'"), TEXT("'\\uD83D\\\\uDE00'"),
    TEXT("'\\uD83D\xF0\x9F\x98\x80'"), TEXT("'\\uDC00'"), TEXT("'\\uDFFF'"), TEXT("'\\ude00'"),
    TEXT("'\\uDE00\\uD83D'"), TEXT("'\\uD83D\\uDE00\\uDE00'"), TEXT("'a\\uDE00b'"),
};

static const struct slice bad_utf8[] = {
    TEXT("'\x80'"), TEXT("'\xBF'"), TEXT("'a\x80" "b'"), TEXT("'\xC3\xA9\xA9'"),
    TEXT("'\xC0\x80'"), TEXT("'\xC0\xAF'"), TEXT("'\xC1\x81'"), TEXT("'\xC1\xBF'"),
    TEXT("'\xE0\x80\x80'"), TEXT("'\xE0\x80\xAF'"), TEXT("'\xE0\x9F\xBF'"),
    TEXT("'\xF0\x80\x80\x80'"), TEXT("'\xF0\x80\x80\xAF'"), TEXT("'\xF0\x8F\xBF\xBF'"),
    TEXT("'\xED\xA0\x80'"), TEXT("'\xED\xAF\xBF'"), TEXT("'\xED\xB0\x80'"),
    TEXT("'\xED\xBF\xBF'"), TEXT("'\xED\xA0\xBD\xED\xB8\x80'"), TEXT("'\xF4\x90\x80\x80'"),
    TEXT("'\xF4\xBF\xBF\xBF'"), TEXT("'\xF5\x80\x80\x80'"), TEXT("'\xF7\xBF\xBF\xBF'"),
    TEXT("'\xF8\x88\x80\x80\x80'"), TEXT("'\xFB\xBF\xBF\xBF\xBF'"),
    TEXT("'\xFC\x84\x80\x80\x80\x80'"), TEXT("'\xFE'"), TEXT("'\xFF'"), TEXT("'\xFE\xFF'"),
    TEXT("'\xC3'"), TEXT("'\xC3 '"), TEXT("'\xC3\xC3\xA9'"), TEXT("'\xE2'"), TEXT("'\xE2\x82'"),
    TEXT("'\xE2\x82 '"), TEXT("'\xE2 \xAC'"), TEXT("'\xE2\x82\xC3\xA9'"), TEXT("'\xF0'"),
    TEXT("'\xF0\x9F'"), TEXT("'\xF0\x9F\x98'"), TEXT("'\xF0\x9F\x98 '"),
    TEXT("'\xF0\x9F \x80'"), TEXT("'\xF0 \x98\x80'"), TEXT("'\xE9'"), TEXT("'M\xFCller'"),
    TEXT("'\xC3\\u00A9'"),
};

static const struct slice good_containers[] = {
    TEXT("[]"), TEXT("[ ]"), TEXT("[\t\r\n]"), TEXT("[1]"), TEXT("[1,2]"), TEXT("[ 1 , 2 ]"),
    TEXT("[[]]"), TEXT("[[],[]]"), TEXT("[{}]"), TEXT("[{},{}]"), TEXT("[null]"), TEXT("[''] "),
    TEXT("[1,[2,{'a':[3]}],'4']"), TEXT("{}"), TEXT("{ }"), TEXT("{\n}"), TEXT("{'a':1}"),
    TEXT("{'':1}"), TEXT("{'a':{}}"), TEXT("{'a':[]}"), TEXT("{'a':1,'b':2}"),
    TEXT("{'a':1,'a':2}"), TEXT("\t{ 'a' : 1 ,\r\n 'b' : 2 } "), TEXT("{'\\u0061':1}"),
    TEXT("{'\xC3\xA9':1}"), TEXT("{'\\uD83D\\uDE00':1}"), TEXT("{'a.b':1}"),
    TEXT("{'a':{'b':{'c':[{'d':null}]}}}"), TEXT("{'true':true,'1':1,'[':'{'}"),
};

static const struct slice bad_lists[] = {
    TEXT("["), TEXT("]"), TEXT("[1"), TEXT("1]"), TEXT("[1,"), TEXT("[,]"), TEXT("[,1]"),
    TEXT("[1,]"), TEXT("[1, ]"), TEXT("[1,,2]"), TEXT("[1 2]"), TEXT("[1:2]"), TEXT("['a':1]"),
    TEXT("[1;2]"), TEXT("[1.2,3.]"), TEXT("(1)"), TEXT("<1>"), TEXT("[}"), TEXT("[1}"),
    TEXT("{]"), TEXT("[[1]"), TEXT("[1]]"), TEXT("[1][2]"), TEXT("[1]2"), TEXT("[1] x"),
    TEXT("['a]"), TEXT("[{]}"), TEXT("[[}]"), TEXT("[1,\0" "2]"), TEXT("[x]"), TEXT("[...]"),
    TEXT("[1..2]"), TEXT("[\xEF\xBB\xBF" "1]"), TEXT("[\xC2\xA0" "1]"), TEXT("[1\f]"),
};

static const struct slice bad_objects[] = {
    TEXT("{"), TEXT("}"), TEXT("{'a'"), TEXT("{'a':"), TEXT("{'a':1"), TEXT("{'a':1,"),
    TEXT("{'a'}"), TEXT("{'a':}"), TEXT("{'a' 1}"), TEXT("{'a'1}"), TEXT("{a:1}"),
    TEXT("{`a`:1}"), TEXT("{1:1}"), TEXT("{null:1}"), TEXT("{[]:1}"), TEXT("{{}:1}"),
    TEXT("{{}}"), TEXT("{[1]}"), TEXT("{1}"), TEXT("{'a':1,}"), TEXT("{'a':1, }"),
    TEXT("{,'a':1}"), TEXT("{,}"), TEXT("{'a':1,,'b':2}"), TEXT("{'a':1 'b':2}"),
    TEXT("{'a':1'b':2}"), TEXT("{'a':1;'b':2}"), TEXT("{'a'='1'}"), TEXT("{'a'=>1}"),
    TEXT("{'a':1:2}"), TEXT("{'a'::1}"), TEXT("{'a',1}"), TEXT("{:1}"), TEXT("{:}"),
    TEXT("{'a':1]"), TEXT("{'a':[1}"), TEXT("{'a':[1}]"), TEXT("{'a':1}}"), TEXT("{'a':1}{}"),
    TEXT("{'a':1}x"), TEXT("{'a':1,'b'}"), TEXT("{'a':1,'b':}"), TEXT("{'a':1,b:2}"),
    TEXT("{'\\x':1}"), TEXT("{'\\ud800':1}"), TEXT("{'a\x01':1}"), TEXT("{'\xFF':1}"),
    TEXT("{'a:1}"), TEXT("{\xEF\xBB\xBF'a':1}"), TEXT("{'a'\0:1}"), TEXT("{'a':\0" "1}"),
};

static const struct slice bad_around[] = {
    TEXT("//x\n1"), TEXT("1//x\n"), TEXT("/*x*/1"), TEXT("1/*x*/"), TEXT("[1/**/]"),
    TEXT("#x\n1"), TEXT("<!--x-->1"), TEXT("--x\n1"), TEXT("{'a':1/**/}"),
    TEXT("\xEF\xBB\xBF" "1"), TEXT("1\xEF\xBB\xBF"), TEXT("\0" "1"), TEXT("1\0"), TEXT("\0"),
    TEXT("\v1"), TEXT("\f1"), TEXT("1\v"), TEXT("1\f"), TEXT("\b1"), TEXT("\x1F" "1"),
    TEXT("\xC2\xA0" "1"), TEXT("\xC2\x85" "1"), TEXT("\xE2\x80\xA8" "1"),
    TEXT("\xE2\x80\x83" "1"), TEXT("\xE3\x80\x80" "1"), TEXT("1 x"), TEXT("1 ]"), TEXT("1 }"),
    TEXT("1 :"), TEXT(":1"), TEXT(",1"), TEXT("1,"), TEXT("1,,"), TEXT("1;"), TEXT("="),
    TEXT("callback(1)"), TEXT("\\n1"), TEXT("1\\n"), TEXT("\x1A"), TEXT("1\x1A"),
};
/* clang-format on */

static void test_scalars(void **state)
{
    check_values(*state, good_scalars, COUNT(good_scalars), true);
    check_values(*state, bad_numbers, COUNT(bad_numbers), false);
    check_values(*state, bad_words, COUNT(bad_words), false);
}

static void test_strings(void **state)
{
    check_values(*state, good_strings, COUNT(good_strings), true);
    check_values(*state, bad_strings, COUNT(bad_strings), false);
}

static void test_utf8_in_strings(void **state)
{
    check_values(*state, bad_utf8, COUNT(bad_utf8), false);
}

static void test_containers(void **state)
{
    check_values(*state, good_containers, COUNT(good_containers), true);
    check_values(*state, bad_lists, COUNT(bad_lists), false);
    check_values(*state, bad_objects, COUNT(bad_objects), false);
}

static void test_what_is_no_white_space(void **state)
{
    check_values(*state, bad_around, COUNT(bad_around), false);
}

static void test_nothing_is_no_value(void **state)
{
    struct fixture *f = *state;
    static const struct slice texts[] = {TEXT(""), TEXT(" "), TEXT("\n"), TEXT(" \t\r\n ")};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(accepts(f, texts[i], true));
}

/* Every byte there is, in every kind of gap: {gap, the bytes that may stand there}. Digits
 * lengthen the number beside the gap. */
static void test_every_byte_in_every_gap(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *before;
        const char *behind;
        const char *allowed;
    } gaps[] = {
        {"", "[1]", " \t\r\n"},           {"[", "1]", " \t\r\n-123456789"},
        {"[1", "]", " \t\r\n0123456789"}, {"[1,", "'a']", " \t\r\n"},
        {"[1]", "", " \t\r\n"},           {"{", "'a':1}", " \t\r\n"},
        {"{'a'", ":1}", " \t\r\n"},       {"{'a':", "null}", " \t\r\n"},
        {"{'a':null", "}", " \t\r\n"},    {"{'a':null,", "'b':1}", " \t\r\n"},
        {"[1", "1]", ",.eE0123456789"},   {"{'a'", "1}", ":"},
        {"'\\", "'", "\"\\/bfnrt"},       {"'\\u00", "1'", "0123456789abcdefABCDEF"},
    };
    for (size_t g = 0; g < COUNT(gaps); g++) {
        for (int byte = 0; byte < 256; byte++) {
            struct buf text = {0};
            buf_put_text(&text, gaps[g].before);
            buf_put_byte(&text, (char)byte);
            buf_put_text(&text, gaps[g].behind);
            /* The apostrophe would be translated to a quote, so translation is done before. */
            for (size_t i = 0; i < text.len; i++)
                if (text.data[i] == '\'' && i != strlen(gaps[g].before))
                    text.data[i] = '"';
            bool allowed = byte && strchr(gaps[g].allowed, byte);
            if (accepts(f, buf_slice(&text), false) != allowed)
                fail_msg("gap %zu, byte %02X: should be %s", g, (unsigned)byte,
                         allowed ? "accepted" : "refused");
            buf_release(&text);
        }
    }
}

static void test_every_raw_byte_in_a_string(void **state)
{
    struct fixture *f = *state;
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {'"', 'a', (char)byte, 'b', '"'};
        bool allowed = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        if (byte == '\\')
            allowed = true; /* \b */
        if (accepts(f, slice_of(text, sizeof text), false) != allowed)
            fail_msg("byte %02X: should be %s", (unsigned)byte, allowed ? "accepted" : "refused");
    }
}

/* ---- nesting ---- */

static void put_times(struct buf *out, const char *text, size_t times)
{
    while (times-- > 0)
        buf_put_text(out, text);
}

static void test_nesting(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *before;
        const char *open;
        const char *innermost;
        const char *close;
        const char *behind;
        size_t around; /* levels that before and behind make */
    } shapes[] = {
        {"", "[", "", "]", "", 0},
        {"", "[", "1", "]", "", 0},
        {"", "[1,", "2", ",3]", "", 0},
        {"", "{'a':", "1", "}", "", 0},
        {"", "{'name':", "1", "}", "", 0},
        {"{'id':", "[", "", "]", "}", 1},
        {"{'unknown':", "{'a':", "{}", "}", "}", 2},
        {"{'list':[[],{},", "[", "null", "]", "]}", 2},
    };
    for (size_t i = 0; i < COUNT(shapes); i++) {
        static const size_t depths[] = {1, 511, 512, 513, 514, 100000};
        for (size_t d = 0; d < COUNT(depths); d++) {
            size_t levels = depths[d] > shapes[i].around ? depths[d] - shapes[i].around : 0;
            struct buf text = {0};
            buf_put_text(&text, shapes[i].before);
            put_times(&text, shapes[i].open, levels);
            buf_put_text(&text, shapes[i].innermost);
            put_times(&text, shapes[i].close, levels);
            buf_put_text(&text, shapes[i].behind);
            bool verdict = text.len == 0 || accepts(f, buf_slice(&text), true);
            if (levels && verdict != (depths[d] <= JSON_MAX_DEPTH))
                fail_msg("shape %zu, depth %zu", i, depths[d]);
            buf_release(&text);
        }
    }
}

/* Depth is what is open at once, not what has been opened. */
static void test_siblings_are_not_nested(void **state)
{
    struct buf text = {0};
    buf_put_text(&text, "[0");
    put_times(&text, ",[],{},[[{}]],{'a':{'b':[]}}", 2000);
    buf_put_text(&text, "]");
    assert_true(accepts(*state, buf_slice(&text), true));
    buf_release(&text);
}

/* ---- cut off, lengthened, and where it is wrong ---- */

static const char rich[] =
    " { 'id' : 'a\\u00e9\\uD83D\\uDE00\xC3\xA9' , 'name':{'first':'b','last':null}, "
    "'list':[1,-2.5e+3,true,[],{},{'x':[false]}],'roles':{'student':{'sis_id':0}} }";

static void test_every_prefix_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_true(accepts(f, SLICE_LITERAL(rich), true));
    for (size_t len = 0; len < sizeof rich - 1; len++)
        if (accepts(f, slice_of(rich, len), true))
            fail_msg("the first %zu bytes are accepted", len);
}

static void test_nothing_may_follow(void **state)
{
    struct fixture *f = *state;
    for (int byte = 0; byte < 256; byte++) {
        struct buf text = {0};
        buf_put_text(&text, rich);
        buf_put_byte(&text, (char)byte);
        bool space = byte && strchr(" \t\r\n", byte);
        assert_int_equal(accepts(f, buf_slice(&text), true), space);
        buf_release(&text);
    }
}

static void test_error_places(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct slice text;
        size_t at;
    } cases[] = {
        {TEXT("x"), 0},         {TEXT("  x"), 2},         {TEXT("[1,2,x]"), 5},
        {TEXT("{'a':1} x"), 8}, {TEXT("['a\x01']"), 3},   {TEXT("['ab\xFF']"), 4},
        {TEXT("{'a' 1}"), 5},   {TEXT("{'a':1 'b'}"), 7}, {TEXT("[1 2]"), 3},
        {TEXT("{'a':1,}"), 7},  {TEXT("[1,]"), 3},        {TEXT(""), 0},
        {TEXT("[1"), 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(accepts(f, cases[i].text, true));
        if (f->error.at != cases[i].at)
            fail_msg("case %zu: at %zu, should be %zu", i, f->error.at, cases[i].at);
    }
}

/* ---- what is found ---- */

/* "s:text" for a string, decoded; a letter and the bytes as written for anything else. */
static void put_value(struct buf *out, const struct json_value *value)
{
    static const char letters[] = "-znbsao";
    static const enum json_type types[] = {JSON_ABSENT, JSON_NULL,  JSON_NUMBER, JSON_BOOL,
                                           JSON_STRING, JSON_ARRAY, JSON_OBJECT};
    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i] == (enum json_type)value->type)
            buf_put_byte(out, letters[i]);
    if (value->type == JSON_ABSENT || value->type == JSON_NULL)
        return;
    struct arena arena = {0};
    buf_put_byte(out, ':');
    if (json_is_container(value))
        buf_put(out, value->ptr, value->len);
    else
        buf_put_slice(out, json_scalar(value, &arena));
    arena_release(&arena);
}

static void check_value(const struct json_value *value, const char *expected)
{
    struct buf shown = {0};
    put_value(&shown, value);
    char *translated = exact(slice_of(expected, strlen(expected) + 1), true);
    assert_string_equal(buf_text(&shown), translated);
    free(translated);
    buf_release(&shown);
}

struct found_case {
    const char *text;
    const char *path;
    const char *expected;
};

static void check_found(struct fixture *f, const struct found_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(cases[i].text);
        char *text = exact(slice_of(cases[i].text, len), true);
        int slot = json_schema_want(f->schema, cases[i].path);
        assert_in_range(slot, 0, WANTED - 1);
        if (!scan(f, slice_of(text, len)))
            fail_msg("case %zu: %s", i, f->error.reason);
        check_value(&f->values[slot], cases[i].expected);
        free(text);
    }
}

static void test_values_by_path(void **state)
{
    static const struct found_case cases[] = {
        {"{'id':'a'}", "id", "s:a"},
        {" { \n 'id' \t : \r 'a' } ", "id", "s:a"},
        {"{'id':''}", "id", "s:"},
        {"{'id':' a '}", "id", "s: a "},
        {"{'id':true}", "id", "b:true"},
        {"{'id':false}", "id", "b:false"},
        {"{'id':null}", "id", "z"},
        {"{'id':[ 1 , {'id':2} ]}", "id", "a:[ 1 , {'id':2} ]"},
        {"{'id':{ 'id':2 } }", "id", "o:{ 'id':2 }"},
        {"{'id':[]}", "id", "a:[]"},
        {"{'id':{}}", "id", "o:{}"},
        {"{}", "id", "-"},
        {"{'other':'a'}", "id", "-"},
        {"[]", "id", "-"},
        {"'id'", "id", "-"},
        {"[{'id':1}]", "id", "-"},
        {"{'x':{'id':1}}", "id", "-"},
        {"{'name':{'id':1}}", "id", "-"},
        {"{'name':{'first':'b'},'id':1}", "id", "n:1"},
        {"{'name':{'first':'b','last':'c'}}", "name.first", "s:b"},
        {"{'name':{'first':'b','last':'c'}}", "name.last", "s:c"},
        {"{'name':{'first':'b'}}", "name.last", "-"},
        {"{'name':{'first':'b'}}", "name", "o:{'first':'b'}"},
        {"{'name':[{'first':'b'}]}", "name.first", "-"},
        {"{'name':'first'}", "name.first", "-"},
        {"{'first':'b'}", "name.first", "-"},
        {"{'name.first':'b'}", "name.first", "-"},
        {"{'name':{'name':{'first':'b'}}}", "name.first", "-"},
        {"{'x':{'name':{'first':'b'}}}", "name.first", "-"},
        {"{'list':[{'id':1,'name':{'first':2}}]}", "name.first", "-"},
        {"{'roles':{'student':{'sis_id':7}}}", "roles.student.sis_id", "n:7"},
        {"{'roles':{'teacher':{'sis_id':7}}}", "roles.student.sis_id", "-"},
        {"{'roles':{'sis_id':7}}", "roles.student.sis_id", "-"},
        {"{'roles':{'student':{'x':{'sis_id':7}}}}", "roles.student.sis_id", "-"},
        {"{'unknown':{'id':9,'unknown':[{'id':8}]},'id':1}", "id", "n:1"},
        {"{'id':1,'unknown':{'id':9}}", "id", "n:1"},
    };
    check_found(*state, cases, COUNT(cases));
}

static void test_keys(void **state)
{
    static const struct found_case cases[] = {
        {"{'\\u0069d':'a'}", "id", "s:a"},
        {"{'\\u0069\\u0064':'a'}", "id", "s:a"},
        {"{'n\\u0061me':{'firs\\u0074':'b'}}", "name.first", "s:b"},
        {"{'na\\u006De':{'first':'b'}}", "name.first", "s:b"},
        {"{'na\\u006de':1}", "name", "n:1"},
        {"{'ID':1}", "id", "-"},
        {"{'Id':1}", "id", "-"},
        {"{'\\u0049d':1}", "id", "-"},
        {"{'i':1}", "id", "-"},
        {"{'idd':1}", "id", "-"},
        {"{' id':1}", "id", "-"},
        {"{'id ':1}", "id", "-"},
        {"{'':1}", "id", "-"},
        {"{'id\\u0000':1}", "id", "-"},
        {"{'\\\\u0069d':1}", "id", "-"},
        {"{'\\u0069\\u0064\\u0064':1}", "id", "-"},
        {"{'i\\nd':1}", "id", "-"},
        {"{'id\\/':1}", "id", "-"},
        {"{'id\\uD83D\\uDE00':1}", "id", "-"},
        {"{'Name':{'first':1}}", "name.first", "-"},
        {"{'name':{'FIRST':1}}", "name.first", "-"},
    };
    check_found(*state, cases, COUNT(cases));
}

/* Of duplicate keys in a record the last counts (formats/README.md). */
static void test_duplicate_keys(void **state)
{
    static const struct found_case cases[] = {
        {"{'id':1,'id':2}", "id", "n:2"},
        {"{'id':1,'id':2,'id':3}", "id", "n:3"},
        {"{'id':1,'x':0,'id':null}", "id", "z"},
        {"{'id':null,'id':1}", "id", "n:1"},
        {"{'id':1,'\\u0069d':2}", "id", "n:2"},
        {"{'\\u0069d':1,'id':2}", "id", "n:2"},
        {"{'id':1,'ID':2}", "id", "n:1"},
        {"{'id':'a','id':[1]}", "id", "a:[1]"},
        {"{'name':{'first':1,'first':2}}", "name.first", "n:2"},
        {"{'name':{'first':1},'name':{'first':2}}", "name.first", "n:2"},
        {"{'name':{'first':1},'name':{'last':2}}", "name.first", "-"},
        {"{'name':{'first':1},'name':{'last':2}}", "name.last", "n:2"},
        {"{'name':{'first':1},'name':{}}", "name.first", "-"},
        {"{'name':{'first':1},'name':{}}", "name", "o:{}"},
        {"{'name':{'first':1},'name':null}", "name.first", "-"},
        {"{'name':{'first':1},'name':'x'}", "name.first", "-"},
        {"{'name':{'first':1},'name':[{'first':2}]}", "name.first", "-"},
        {"{'name':{'first':1},'n\\u0061me':{}}", "name.first", "-"},
        {"{'name':'x','name':{'first':1}}", "name.first", "n:1"},
        {"{'name':{'first':1},'id':2,'name':{}}", "id", "n:2"},
        {"{'roles':{'student':{'sis_id':1}},'roles':{}}", "roles.student.sis_id", "-"},
        {"{'roles':{'student':{'sis_id':1}},'roles':{'student':{'school':2}}}",
         "roles.student.sis_id", "-"},
        {"{'roles':{'student':{'sis_id':1}},'roles':{'student':{'school':2}}}",
         "roles.student.school", "n:2"},
        {"{'roles':{'student':{'sis_id':1},'student':{}}}", "roles.student.sis_id", "-"},
        {"{'roles':{'student':{'sis_id':1},'teacher':{}}}", "roles.student.sis_id", "n:1"},
        {"{'roles':{'student':{'sis_id':1}},'name':{},'x':{}}", "roles.student.sis_id", "n:1"},
    };
    check_found(*state, cases, COUNT(cases));
}

static void test_numbers_keep_their_lexeme(void **state)
{
    static const struct found_case cases[] = {
        {"{'id':9007199254740993}", "id", "n:9007199254740993"},
        {"{'id':123456789012345678901234567890}", "id", "n:123456789012345678901234567890"},
        {"{'id':1.50}", "id", "n:1.50"},
        {"{'id':-0}", "id", "n:-0"},
        {"{'id':1E+02}", "id", "n:1E+02"},
        {"{'id': 0.10 }", "id", "n:0.10"},
        {"{'id':1e999,'x':0}", "id", "n:1e999"},
    };
    check_found(*state, cases, COUNT(cases));
}

static void test_same_path_same_slot(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < WANTED; i++)
        assert_int_equal(json_schema_want(f->schema, wanted[i]), i);
    assert_int_equal(json_schema_slots(f->schema), WANTED);
}

/* ---- lists and members ---- */

struct walk_case {
    const char *text;
    const char *expected; /* values joined by | */
};

static void test_lists(void **state)
{
    static const struct walk_case cases[] = {
        {"[]", ""},
        {"[ \n ]", ""},
        {"[1]", "n:1"},
        {"[ 1 ,\t2\r,\n3 ]", "n:1|n:2|n:3"},
        {"['a','b']", "s:a|s:b"},
        {"['']", "s:"},
        {"['a,b',']','[']", "s:a,b|s:]|s:["},
        {"['\\'','\\\\','\\\\\\'']", "s:'|s:\\|s:\\'"},
        {"['\\u005d\\u005D']", "s:]]"},
        {"[true,false,null]", "b:true|b:false|z"},
        {"[[],[1,[2]],{}]", "a:[]|a:[1,[2]]|o:{}"},
        {"[{'a':'}'},{'b':']'},1]", "o:{'a':'}'}|o:{'b':']'}|n:1"},
        {"[-1.5e+3]", "n:-1.5e+3"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        char *text = exact(slice_of(cases[i].text, len), true);
        struct json_value list = {.ptr = text, .len = (uint32_t)len, .type = JSON_ARRAY};
        struct json_value element;
        struct buf shown = {0};
        for (size_t at = 0; json_list_next(&list, &at, &element);) {
            if (shown.len)
                buf_put_byte(&shown, '|');
            put_value(&shown, &element);
        }
        char *expected = exact(slice_of(cases[i].expected, strlen(cases[i].expected) + 1), true);
        assert_string_equal(buf_text(&shown), expected);
        free(expected);
        free(text);
        buf_release(&shown);
    }
}

static void test_members(void **state)
{
    static const struct walk_case cases[] = {
        {"{}", ""},
        {"{ }", ""},
        {"{'a':1}", "s:a n:1"},
        {"{ 'a' : 1 , 'b' : [2] }", "s:a n:1|s:b a:[2]"},
        {"{'a':1,'a':2}", "s:a n:1|s:a n:2"},
        {"{'':null}", "s: z"},
        {"{'a:b':'c,d','e}':{'f':']'}}", "s:a:b s:c,d|s:e} o:{'f':']'}"},
        {"{'\\u0061':'\\'}'}", "s:a s:'}"},
        {"{'a':true\n,'b':false\t}", "s:a b:true|s:b b:false"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        char *text = exact(slice_of(cases[i].text, len), true);
        struct json_value object = {.ptr = text, .len = (uint32_t)len, .type = JSON_OBJECT};
        struct json_value name;
        struct json_value value;
        struct buf shown = {0};
        for (size_t at = 0; json_member_next(&object, &at, &name, &value);) {
            assert_int_equal(name.type, JSON_STRING);
            if (shown.len)
                buf_put_byte(&shown, '|');
            put_value(&shown, &name);
            buf_put_byte(&shown, ' ');
            put_value(&shown, &value);
        }
        char *expected = exact(slice_of(cases[i].expected, strlen(cases[i].expected) + 1), true);
        assert_string_equal(buf_text(&shown), expected);
        free(expected);
        free(text);
        buf_release(&shown);
    }
}

/* ---- decoding ---- */

static void test_strings_are_decoded(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text; /* between the quotes */
        struct slice bytes;
        bool escaped;
        bool plain;
    } cases[] = {
        {"", TEXT(""), false, true},
        {"abc", TEXT("abc"), false, true},
        {"\x7F", TEXT("\x7F"), false, false},
        {"\xC3\xA9", TEXT("\xC3\xA9"), false, false},
        {"\\'", TEXT("\""), true, false},
        {"\\\\\\/", TEXT("\\/"), true, false},
        {"\\b\\f\\n\\r\\t", TEXT("\b\f\n\r\t"), true, false},
        {"a\\u0000b", TEXT("a\0b"), true, false},
        {"\\u0000", TEXT("\0"), true, false},
        {"\\u0041\\u007f", TEXT("A\x7F"), true, false},
        {"\\u0080\\u00e9\\u07FF", TEXT("\xC2\x80\xC3\xA9\xDF\xBF"), true, false},
        {"\\u0800\\uD7FF\\uE000\\uFFFF", TEXT("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"),
         true, false},
        {"\\uD83D\\uDE00", TEXT("\xF0\x9F\x98\x80"), true, false},
        {"\\ud800\\udc00\\uDBFF\\uDFFF", TEXT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true, false},
        {"x\\uD83D\\uDE00y\\nz", TEXT("x\xF0\x9F\x98\x80y\nz"), true, false},
        {"\\\\n\\\\u0041", TEXT("\\n\\u0041"), true, false},
        {"\xF0\x9F\x98\x80\\t\xE2\x82\xAC", TEXT("\xF0\x9F\x98\x80\t\xE2\x82\xAC"), true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf record = {0};
        struct arena arena = {0};
        buf_printf(&record, "{\"id\":\"%s\"}", cases[i].text);
        char *text = exact(buf_slice(&record), true);
        assert_true(scan(f, slice_of(text, record.len)));
        struct slice bytes = json_scalar(&f->values[0], &arena);
        assert_int_equal(bytes.len, cases[i].bytes.len);
        assert_memory_equal(bytes.ptr, cases[i].bytes.ptr, bytes.len);
        assert_int_equal(f->values[0].escaped, cases[i].escaped);
        assert_int_equal(f->values[0].plain, cases[i].plain);
        arena_release(&arena);
        buf_release(&record);
        free(text);
    }
}

static void test_what_is_no_scalar(void **state)
{
    (void)state;
    static const enum json_type types[] = {JSON_ABSENT, JSON_NULL, JSON_ARRAY, JSON_OBJECT};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT(types); i++) {
        struct json_value value = {.ptr = "[]", .len = 2, .type = (uint8_t)types[i]};
        assert_null(json_scalar(&value, &arena).ptr);
    }
    assert_false(arena.oom);
    arena_release(&arena);
}

/* A blank string is there, an absent one is not: the header tells them apart by the pointer. */
static void test_empty_string_is_present(void **state)
{
    struct fixture *f = *state;
    struct slice text = SLICE_LITERAL("{\"id\":\"\"}");
    struct arena arena = {0};
    assert_true(scan(f, text));
    assert_non_null(json_scalar(&f->values[0], &arena).ptr);
    arena_release(&arena);
}

static void test_out_of_memory_is_absent(void **state)
{
    (void)state;
    struct arena arena = {.limit = 1};
    struct json_value value = {.ptr = "\\n", .len = 2, .type = JSON_STRING, .escaped = true};
    assert_null(json_scalar(&value, &arena).ptr);
    assert_true(arena.oom);
    arena_release(&arena);
}

static void test_short_names(void **state)
{
    (void)state;
    static const struct {
        struct slice raw;
        struct slice name; /* empty: 0 is returned */
    } cases[] = {
        {TEXT("id"), TEXT("id")},
        {TEXT("\\u0069d"), TEXT("id")},
        {TEXT("i\\u0064"), TEXT("id")},
        {TEXT("a\\/b"), TEXT("a/b")},
        {TEXT("a\\\\b"), TEXT("a\\b")},
        {TEXT("a\\\"b"), TEXT("a\"b")},
        {TEXT("12345678"), TEXT("12345678")},
        {TEXT("123456789"), TEXT("")},
        {TEXT("1234567\\u0038"), TEXT("12345678")},
        {TEXT("12345678\\u0039"), TEXT("")},
        {TEXT(""), TEXT("")},
        {TEXT("\\u0000"), TEXT("")},
        {TEXT("a\\u00e9"), TEXT("")},
        {TEXT("\\u0169"), TEXT("")},
        {TEXT("\\n"), TEXT("")},
        {TEXT("a\\"), TEXT("")},
        {TEXT("a\\u"), TEXT("")},
        {TEXT("a\\u006"), TEXT("")},
        {TEXT("a\\u00g4"), TEXT("")},
        {TEXT("a\\x"), TEXT("")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[8];
        char *raw = exact(cases[i].raw, false);
        size_t len = json_short_name(slice_of(raw, cases[i].raw.len), out, sizeof out);
        if (!slice_equal(slice_of(out, len), cases[i].name))
            fail_msg("case %zu: '%.*s'", i, (int)len, out);
        free(raw);
    }
}

/* ---- against cJSON ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static size_t pick(uint64_t *seed, size_t count)
{
    return (size_t)(next_random(seed) % count);
}

static void put_any(struct buf *out, uint64_t *seed, const char *const *from, size_t count)
{
    buf_put_text(out, from[pick(seed, count)]);
}

static void put_random_space(struct buf *out, uint64_t *seed)
{
    static const char *const spaces[] = {"", "", "", "", " ", "\n", "\t", "\r\n", "  "};
    put_any(out, seed, spaces, COUNT(spaces));
}

static void put_random_string(struct buf *out, uint64_t *seed)
{
    static const char *const pieces[] = {"a",
                                         "Bc",
                                         " ",
                                         "/",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "'",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\b",
                                         "\\f",
                                         "\\n",
                                         "\\r",
                                         "\\t",
                                         "\\u0041",
                                         "\\u00e9",
                                         "\\uAbCd",
                                         "\\uFFFF",
                                         "\\u0001",
                                         "\\uD83D\\uDE00",
                                         "\\udbff\\udfff",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "\x7F"};
    buf_put_byte(out, '"');
    for (size_t n = pick(seed, 8); n > 0; n--)
        put_any(out, seed, pieces, COUNT(pieces));
    buf_put_byte(out, '"');
}

static void put_random_value(struct buf *out, uint64_t *seed, int depth)
{
    static const char *const scalars[] = {"true", "false", "null", "0",     "-0",   "7",
                                          "-12",  "1.5",   "2e3",  "1E-02", "0.25", "123456789"};
    static const char *const keys[] = {
        "\"id\"",         "\"name\"",   "\"first\"",  "\"last\"",     "\"list\"",    "\"roles\"",
        "\"student\"",    "\"sis_id\"", "\"school\"", "\"x\"",        "\"y\"",       "\"\\u0069d\"",
        "\"n\\u0061me\"", "\"ID\"",     "\"\"",       "\"\xC3\xA9\"", "\"\\u00e9\"", "\"other\""};
    size_t what = depth == 0 ? 2 : pick(seed, depth < 5 ? 4 : 2);
    put_random_space(out, seed);
    if (what == 0) {
        put_any(out, seed, scalars, COUNT(scalars));
    } else if (what == 1) {
        put_random_string(out, seed);
    } else {
        bool object = what == 2;
        buf_put_byte(out, object ? '{' : '[');
        put_random_space(out, seed);
        for (size_t n = pick(seed, 7), i = 0; i < n; i++) {
            buf_put_text(out, i ? "," : "");
            put_random_space(out, seed);
            if (object) {
                put_any(out, seed, keys, COUNT(keys));
                put_random_space(out, seed);
                buf_put_byte(out, ':');
            }
            put_random_value(out, seed, depth + 1);
        }
        buf_put_byte(out, object ? '}' : ']');
    }
    put_random_space(out, seed);
}

/* Of members with one name the last counts, which cJSON leaves to its caller. */
static const cJSON *last_member(const cJSON *object, struct slice name)
{
    const cJSON *found = NULL;
    if (cJSON_IsObject(object))
        for (const cJSON *child = object->child; child; child = child->next)
            if (slice_equal(slice_from(child->string), name))
                found = child;
    return found;
}

static const cJSON *by_path(const cJSON *root, const char *path)
{
    struct slice rest = slice_from(path);
    while (root && rest.len) {
        size_t len = slice_find(rest, '.');
        root = last_member(root, slice_of(rest.ptr, len));
        len += len < rest.len;
        rest = slice_of(rest.ptr + len, rest.len - len);
    }
    return root;
}

static bool same_scalar(const struct json_value *value, const cJSON *other)
{
    struct arena arena = {0};
    struct slice text = json_scalar(value, &arena);
    bool same = false;
    if (value->type == JSON_STRING)
        same = cJSON_IsString(other) && slice_equal(text, slice_from(other->valuestring));
    else if (value->type == JSON_NUMBER)
        same = cJSON_IsNumber(other) && strtod(text.ptr, NULL) >= other->valuedouble &&
               strtod(text.ptr, NULL) <= other->valuedouble;
    else if (value->type == JSON_BOOL)
        same = cJSON_IsBool(other) && slice_is(text, cJSON_IsTrue(other) ? "true" : "false");
    else if (value->type == JSON_NULL)
        same = cJSON_IsNull(other);
    arena_release(&arena);
    return same;
}

/* NOLINTNEXTLINE(misc-no-recursion): the generated records are at most six levels deep. */
static bool same_value(const struct json_value *value, const cJSON *other)
{
    struct json_value name;
    struct json_value element;
    size_t at = 0;
    if (!json_is_container(value))
        return same_scalar(value, other);
    bool object = value->type == JSON_OBJECT;
    if (object ? !cJSON_IsObject(other) : !cJSON_IsArray(other))
        return false;
    const cJSON *child = other->child;
    while (object ? json_member_next(value, &at, &name, &element)
                  : json_list_next(value, &at, &element)) {
        if (!child || !same_value(&element, child))
            return false;
        if (object) {
            struct arena arena = {0};
            bool same = slice_equal(json_scalar(&name, &arena), slice_from(child->string));
            arena_release(&arena);
            if (!same)
                return false;
        }
        child = child->next;
    }
    return child == NULL;
}

/* Records as an export has them, one like the other but for what a seed changes: a name left out,
 * repeated or of another type, white space, an escape, a broken byte. */
static void put_like_record(struct buf *text, uint64_t *seed)
{
    static const char *const members[] = {
        "\"id\":\"58da8c6301e7560105042aeb\"",
        "\"created\":\"2025-07-09T01:24:56.504Z\"",
        "\"name\":{\"first\":\"Ada\",\"last\":\"King\",\"middle\":\"B\"}",
        "\"ext\":{\"a_name_that_is_longer_than_what_is_learned\":\"1\",\"b\":\"2\"}",
        "\"roles\":{\"student\":{\"sis_id\":\"77\",\"school\":\"5\",\"more\":{\"x\":\"y\"}}}",
        "\"list\":[\"a\",\"b\",\"c\",7,\"d\"]",
        "\"x\":{\"y\":\"z\"}",
        "\"n\":12.5",
        "\"name\":\"one string\"",
        "\"ext\":{}",
        "\"i\\u0064\":\"escaped\"",
        "\"tail\":\"caf\xC3\xA9\"",
        " \"id\" : \"spaced\" ",
        "\"x\":[{\"y\":\"not this\"}]",
        "\"list\":[{\"a\":\"b\"}}",
        "\"list\":[{\"a\":\"b\"}]",
    };
    enum { USUAL = 8 };
    buf_put_byte(text, '{');
    for (size_t i = 0; i < USUAL; i++) {
        size_t chosen = pick(seed, 24) ? i : pick(seed, COUNT(members));
        if (i)
            buf_put_byte(text, ',');
        buf_put_text(text, members[chosen]);
    }
    buf_put_byte(text, '}');
    if (pick(seed, 12) == 0)
        text->data[pick(seed, text->len)] = "\"{}[],:x\\ \n\x80"[pick(seed, 12)];
    if (pick(seed, 40) == 0)
        text->len = pick(seed, text->len);
}

static void test_learning_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 7;
    size_t accepted = 0;
    for (int round = 0; round < 6000; round++) {
        struct buf text = {0};
        put_like_record(&text, &seed);
        assert_false(text.oom);
        accepted += scan(f, buf_slice(&text));
        buf_release(&text);
    }
    assert_in_range(accepted, 3000, 5900);
}

/* What stands behind a text that is cut off may be the very thing that was expected. */
static void test_cut_before_the_expected(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 9;
    for (int round = 0; round < 40; round++) {
        struct buf text = {0};
        put_like_record(&text, &seed);
        assert_non_null(buf_text(&text));
        (void)scan(f, buf_slice(&text));
        for (size_t len = 0; len < text.len; len++) {
            struct slice whole = buf_slice(&text);
            struct json_scanner *fresh = json_scanner_new(f->schema);
            assert_non_null(fresh);
            struct slice part = slice_of(whole.ptr, len);
            bool ok = json_scan(fresh, part, part.ptr + len, &f->error);
            memcpy(f->values, json_scanner_values(fresh), sizeof f->values);
            json_scanner_free(fresh);
            check_old_scanner(f, part, whole.ptr + len, ok);
        }
        buf_release(&text);
    }
}

/* More names than are learned: those behind take the long way. */
static void test_many_names(void **state)
{
    struct fixture *f = *state;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 3000; i += 3) {
            struct buf text = {0};
            buf_printf(&text, "{\"key%d\":\"a\",\"id\":\"%d\",\"key%d\":{\"key%d\":\"b\"}}", i, i,
                       i + 1, i + 2);
            assert_true(scan(f, buf_slice(&text)));
            assert_int_equal(f->values[0].type, JSON_STRING);
            buf_release(&text);
        }
    }
}

static void test_values_are_those_of_cjson(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 20240601;
    size_t found = 0;
    size_t strings = 0;
    for (int round = 0; round < 600; round++) {
        struct buf text = {0};
        put_random_value(&text, &seed, 0);
        cJSON *root = cJSON_ParseWithOpts(buf_text(&text), NULL, 1);
        assert_non_null(root);
        if (!scan(f, buf_slice(&text)))
            fail_msg("%s at %zu: %s", f->error.reason, f->error.at, buf_text(&text));
        for (size_t i = 0; i < WANTED; i++) {
            const cJSON *other = by_path(root, wanted[i]);
            bool same = other ? same_value(&f->values[i], other) : f->values[i].type == JSON_ABSENT;
            if (!same)
                fail_msg("%s differs: %s", wanted[i], buf_text(&text));
            found += other != NULL;
            strings += f->values[i].type == JSON_STRING;
        }
        cJSON_Delete(root);
        buf_release(&text);
    }
    /* The generator must not have become useless. */
    assert_in_range(found, 300, SIZE_MAX);
    assert_in_range(strings, 80, SIZE_MAX);
}

/* One byte of a valid record taken out, replaced or put in. */
static void mutate(struct buf *out, struct slice text, uint64_t *seed)
{
    static const char bytes[] = "\"\\{}[],:0123456789eE+-.tfnu \n\x01\x1F\x7F\xC3\xA9\xFFx";
    size_t at = pick(seed, text.len);
    size_t kind = pick(seed, 3);
    buf_reset(out);
    buf_put(out, text.ptr, at);
    if (kind > 0)
        buf_put_byte(out, bytes[pick(seed, sizeof bytes - 1)]);
    at += kind < 2;
    buf_put(out, text.ptr + at, text.len - at);
}

static void test_what_is_accepted_cjson_accepts(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 77;
    size_t accepted = 0;
    size_t refused = 0;
    struct buf changed = {0};
    for (int round = 0; round < 400; round++) {
        struct buf text = {0};
        put_random_value(&text, &seed, 0);
        for (int i = 0; i < 25; i++) {
            mutate(&changed, buf_slice(&text), &seed);
            if (!accepts(f, buf_slice(&changed), false)) {
                refused++;
                continue;
            }
            accepted++;
            cJSON *root = cJSON_ParseWithOpts(buf_text(&changed), NULL, 1);
            if (!root)
                fail_msg("accepted: %s", buf_text(&changed));
            cJSON_Delete(root);
        }
        buf_release(&text);
    }
    buf_release(&changed);
    assert_in_range(accepted, 1000, SIZE_MAX);
    assert_in_range(refused, 1000, SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_utf8_in_strings),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_what_is_no_white_space),
        cmocka_unit_test(test_nothing_is_no_value),
        cmocka_unit_test(test_every_byte_in_every_gap),
        cmocka_unit_test(test_every_raw_byte_in_a_string),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_siblings_are_not_nested),
        cmocka_unit_test(test_every_prefix_is_refused),
        cmocka_unit_test(test_nothing_may_follow),
        cmocka_unit_test(test_error_places),
        cmocka_unit_test(test_values_by_path),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_numbers_keep_their_lexeme),
        cmocka_unit_test(test_same_path_same_slot),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_strings_are_decoded),
        cmocka_unit_test(test_what_is_no_scalar),
        cmocka_unit_test(test_empty_string_is_present),
        cmocka_unit_test(test_out_of_memory_is_absent),
        cmocka_unit_test(test_short_names),
        cmocka_unit_test(test_values_are_those_of_cjson),
        cmocka_unit_test(test_learning_changes_nothing),
        cmocka_unit_test(test_cut_before_the_expected),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_what_is_accepted_cjson_accepts),
    };
    return cmocka_run_group_tests_name("json_scan", tests, setup, teardown);
}
