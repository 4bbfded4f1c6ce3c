/* The value rules of formats/README.md, the first step that every scalar goes through, and the
 * UTF-8 functions below them. */
#include "converter/values.h"

#include "formats/base/text.h"
#include "formats/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal) {(literal), sizeof(literal) - 1}

/* A copy of exactly the slice's size, so that a sanitizer sees reads beyond it. */
static char *exact(struct slice text)
{
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

/* The cell and the code that a value gets. */
static void check_judgement(enum value_kind kind, bool subjects_as_text, struct slice value,
                            struct slice cell, enum issue_code issue)
{
    struct arena arena = {0};
    char *copy = exact(value);
    struct judgement j =
        value_judge(kind, slice_of(copy, value.len), subjects_as_text, &arena);
    if (j.issue != issue || !slice_equal(j.cell, cell) || !j.cell.ptr)
        fail_msg("kind %d, '%.*s': cell '%.*s', issue %d; should be '%.*s', %d", (int)kind,
                 (int)value.len, value.ptr, (int)j.cell.len, j.cell.ptr ? j.cell.ptr : "(absent)",
                 (int)j.issue, (int)cell.len, cell.ptr, (int)issue);
    free(copy);
    arena_release(&arena);
}

/* ---- grades and subjects ---- */

struct translation_case {
    const char *value;
    const char *cell; /* NULL: unknown, the cell is blank */
};

static void check_letters(enum value_kind kind, const char *value, const char *cell,
                          enum issue_code otherwise)
{
    char lower[64];
    char upper[64];
    size_t len = strlen(value);
    assert_in_range(len, 1, sizeof lower);
    for (size_t i = 0; i < len; i++) {
        char c = ascii_lower(value[i]);
        lower[i] = c;
        upper[i] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    }
    struct slice wanted = slice_from(cell ? cell : "");
    enum issue_code issue = cell ? ISSUE_NONE : otherwise;
    check_judgement(kind, false, slice_of(value, len), wanted, issue);
    check_judgement(kind, false, slice_of(lower, len), wanted, issue);
    check_judgement(kind, false, slice_of(upper, len), wanted, issue);
}

static void test_grades(void **state)
{
    static const struct translation_case cases[] = {
        {"InfantToddler", "IT"}, {"Preschool", "PR"}, {"PreKindergarten", "PK"},
        {"TransitionalKindergarten", "TK"}, {"Kindergarten", "KG"}, {"PostGraduate", "PS"},
        {"Ungraded", "UG"}, {"Other", "Other"},
        {"1", "01"}, {"2", "02"}, {"3", "03"}, {"4", "04"}, {"5", "05"}, {"6", "06"},
        {"7", "07"}, {"8", "08"}, {"9", "09"}, {"10", "10"}, {"11", "11"}, {"12", "12"},
        {"13", "13"}, {"01", "01"}, {"02", "02"}, {"03", "03"}, {"04", "04"}, {"05", "05"},
        {"06", "06"}, {"07", "07"}, {"08", "08"}, {"09", "09"},
        {"IT", "IT"}, {"PR", "PR"}, {"PK", "PK"}, {"TK", "TK"}, {"KG", "KG"}, {"PS", "PS"},
        {"UG", "UG"}, {"PS1", "PS1"}, {"PS2", "PS2"}, {"PS3", "PS3"}, {"PS4", "PS4"},
        {"undergraduate", "undergraduate"}, {"graduate", "graduate"}, {"alumni", "alumni"},
        {"adultEducation", "adultEducation"},
        {"K", "KG"}, {"KF", "KG"}, {"KH", "KG"}, {"0", "KG"}, {"00", "KG"},
        {"PREK", "PK"}, {"PRE-K", "PK"}, {"3K", "PK"}, {"4K", "PK"}, {"PG", "PS"},
        /* Close to one and yet none. */
        {"14", NULL}, {"010", NULL}, {"001", NULL}, {"000", NULL}, {"013", NULL}, {"-1", NULL},
        {"1.0", NULL}, {"1st", NULL}, {"Grade 1", NULL}, {"1 ", NULL}, {" 1", NULL},
        {"PS5", NULL}, {"PS0", NULL}, {"5K", NULL}, {"2K", NULL}, {"K1", NULL}, {"KK", NULL},
        {"PRE K", NULL}, {"Pre-Kindergarten", NULL}, {"Infant Toddler", NULL},
        {"Post Graduate", NULL}, {"Kindergarte", NULL}, {"Kindergartens", NULL}, {"I", NULL},
        {"Adult Education", NULL}, {"unknown", NULL}, {"?", NULL},
        {"\xEF\xBC\x91", NULL}, /* a full-width 1 */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_letters(VALUE_GRADE, cases[i].value, cases[i].cell, ISSUE_unknown_grade);
}

static void test_subjects(void **state)
{
    static const struct translation_case cases[] = {
        {"english/language arts", "01"}, {"math", "02"}, {"science", "03"},
        {"social studies", "04"}, {"arts and music", "05"}, {"PE and health", "08"},
        {"technology and engineering", "21"}, {"language", "24"}, {"homeroom/advisory", "22"},
        {"interventions/online learning", "22"}, {"other", "22"},
        {"maths", NULL}, {"english", NULL}, {"english / language arts", NULL},
        {"language arts", NULL}, {"homeroom", NULL}, {"01", NULL}, {"22", NULL},
        {"social-studies", NULL}, {"math ", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice value = slice_from(cases[i].value);
        check_letters(VALUE_SUBJECT, cases[i].value, cases[i].cell, ISSUE_unknown_subject);
        check_judgement(VALUE_SUBJECT, true, value, value, ISSUE_NONE);
    }
}

/* ---- dates ---- */

static const struct translation_case dates[] = {
    {"2010-05-17", "2010-05-17"},
    {"2010-05-17T00:00:00.000Z", "2010-05-17"},
    {"2010-05-17T23:59:59-11:00", "2010-05-17"}, /* no time zone shift */
    {"2010-05-17T", "2010-05-17"},
    {"2010-05-17 00:00:00", "2010-05-17"},
    {"2010-05-17 anything", "2010-05-17"},
    {"0001-01-01", "0001-01-01"},
    {"9999-12-31", "9999-12-31"},
    {"0000-01-01", NULL},
    {"2010-01-31", "2010-01-31"},
    {"2010-01-32", NULL},
    {"2010-02-28", "2010-02-28"},
    {"2010-02-29", NULL},
    {"2012-02-29", "2012-02-29"},
    {"2012-02-30", NULL},
    {"1900-02-29", NULL},
    {"2000-02-29", "2000-02-29"},
    {"2100-02-29", NULL},
    {"2400-02-29", "2400-02-29"},
    {"0004-02-29", "0004-02-29"},
    {"0100-02-29", NULL},
    {"2010-03-31", "2010-03-31"},
    {"2010-04-30", "2010-04-30"},
    {"2010-04-31", NULL},
    {"2010-05-31", "2010-05-31"},
    {"2010-06-30", "2010-06-30"},
    {"2010-06-31", NULL},
    {"2010-07-31", "2010-07-31"},
    {"2010-08-31", "2010-08-31"},
    {"2010-09-30", "2010-09-30"},
    {"2010-09-31", NULL},
    {"2010-10-31", "2010-10-31"},
    {"2010-11-30", "2010-11-30"},
    {"2010-11-31", NULL},
    {"2010-12-31", "2010-12-31"},
    {"2010-12-32", NULL},
    {"2010-00-10", NULL},
    {"2010-13-10", NULL},
    {"2010-10-00", NULL},
    {"2010-99-99", NULL},
    {"2010-5-17", NULL},
    {"2010-05-7", NULL},
    {"2010-05-170", NULL},
    {"2010-005-17", NULL},
    {"10-05-17", NULL},
    {"210-05-17", NULL},
    {"12010-05-17", NULL},
    {"2010-05", NULL},
    {"2010-05-", NULL},
    {"2010", NULL},
    {"20100517", NULL},
    {"2010/05/17", NULL},
    {"2010.05.17", NULL},
    {"2010-05/17", NULL},
    {"2010-05-17Z", NULL},
    {"2010-05-17t00:00", NULL},
    {"2010-05-17+01:00", NULL},
    {"2010-05-17,", NULL},
    {"-2010-05-17", NULL},
    {"+010-05-17", NULL},
    {"2010--5-17", NULL},
    {"5/17/2010", "2010-05-17"},
    {"05/17/2010", "2010-05-17"},
    {"5/7/2010", "2010-05-07"},
    {"12/31/9999", "9999-12-31"},
    {"1/1/0001", "0001-01-01"},
    {"1/1/0000", NULL},
    {"2/29/2012", "2012-02-29"},
    {"2/29/2011", NULL},
    {"2/29/1900", NULL},
    {"17/5/2010", NULL}, /* day first is not guessed at */
    {"0/5/2010", NULL},
    {"5/0/2010", NULL},
    {"13/1/2010", NULL},
    {"4/31/2010", NULL},
    {"1/1/00", "2000-01-01"},
    {"1/1/01", "2001-01-01"},
    {"12/31/39", "2039-12-31"},
    {"1/1/40", "1940-01-01"},
    {"1/1/99", "1999-01-01"},
    {"2/29/00", "2000-02-29"},
    {"2/29/04", "2004-02-29"},
    {"2/29/03", NULL},
    {"2/29/96", "1996-02-29"},
    {"1/1/1", NULL},
    {"1/1/999", NULL},
    {"1/1/20100", NULL},
    {"1/1/", NULL},
    {"1/1", NULL},
    {"1//2010", NULL},
    {"/1/2010", NULL},
    {"001/1/2010", NULL},
    {"1/001/2010", NULL},
    {"5/17/2010 00:00", NULL},
    {"5/17/10T00:00", NULL},
    {"5/17/10 ", NULL},
    {"5/17/2010T", NULL},
    {"5-17-2010", NULL},
    {"5.17.2010", NULL},
    {" 5/17/2010", NULL},
    {"5 /17/2010", NULL},
    {"-5/17/2010", NULL},
    {"5/-7/2010", NULL},
    {"May 17, 2010", NULL},
    {"today", NULL},
    {"1274054400", NULL},
    {"99999999999999999999-01-01", NULL},
    {"99999999999999999999/1/2010", NULL},
    {"\xEF\xBC\x92" "010-05-17", NULL},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(dates); i++) {
        const char *cell = dates[i].cell;
        struct slice value = slice_from(dates[i].value);
        char out[10] = "unchanged";
        bool good = value_date(value, out);
        if (good != (cell != NULL) || (good && memcmp(out, cell, sizeof out) != 0))
            fail_msg("%s is %s", dates[i].value, good ? "taken" : "refused");
        check_judgement(VALUE_DATE, false, value, slice_from(cell ? cell : ""),
                        cell ? ISSUE_NONE : ISSUE_invalid_date);
    }
}

/* Every prefix of a date: none is read beyond its end, and only complete ones are dates. */
static void test_cut_dates(void **state)
{
    static const struct {
        const char *date;
        size_t first; /* the shortest prefix that is a date */
        size_t hole;  /* a longer one that is none, or 0 */
    } cases[] = {
        {"2010-05-17T10", 10, 0},
        {"11/12/1301", 8, 9}, /* year 13, then 130, then 1301 */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t len = 0; len <= strlen(cases[i].date); len++) {
            char out[10];
            char *copy = exact(slice_of(cases[i].date, len));
            bool wanted = len >= cases[i].first && len != cases[i].hole;
            assert_int_equal(value_date(slice_of(copy, len), out), wanted);
            free(copy);
        }
    }
}

/* ---- e-mail, usernames, ids ---- */

struct kept_case {
    struct slice value;
    bool good;
};

static void check_kept(enum value_kind kind, enum issue_code issue, const struct kept_case *cases,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_judgement(kind, false, cases[i].value, cases[i].value,
                        cases[i].good ? ISSUE_NONE : issue);
}

static void test_emails(void **state)
{
    static const struct kept_case cases[] = {
        {TEXT("a@b"), true},
        {TEXT("ada@contoso.edu"), true},
        {TEXT("a.b+c@x"), true},
        {TEXT("\xC3\xA9@\xC3\xA9"), true},
        {TEXT("a"), false},
        {TEXT("@"), false},
        {TEXT("@b"), false},
        {TEXT("a@"), false},
        {TEXT("a@@b"), false},
        {TEXT("a@b@c"), false},
        {TEXT("a@b@"), false},
        {TEXT("a b@c"), false},
        {TEXT("a@b c"), false},
        {TEXT("a @b"), false},
        {TEXT("a@ b"), false},
    };
    (void)state;
    check_kept(VALUE_EMAIL, ISSUE_invalid_email, cases, COUNT(cases));
}

static void test_usernames(void **state)
{
    static const struct kept_case cases[] = {
        {TEXT("ada"), true},
        {TEXT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), true},
        {TEXT("'.-_!#^~"), true},
        {TEXT("ada@contoso.edu"), true},
        {TEXT("ada@any thing, else@\xC3\xA9"), true}, /* only before the first @ */
        {TEXT("a b"), false},
        {TEXT("a b@contoso.edu"), false},
        {TEXT("ad\xC3\xA1"), false},
        {TEXT("ad\xC3\xA1@contoso.edu"), false},
        {TEXT("a+b"), false},
        {TEXT("a,b"), false},
        {TEXT("a/b@x"), false},
        {TEXT("a\0b"), false},
    };
    (void)state;
    check_kept(VALUE_USERNAME, ISSUE_username_characters, cases, COUNT(cases));
}

/* All bytes, where a table would only have the likely ones. An @ ends what is looked at. */
static void test_each_ascii_character(void **state)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (void)state;
    for (int c = 1; c < 128; c++) {
        char value[] = {'a', (char)c, 'b'};
        struct slice s = slice_of(value, sizeof value);
        bool letter = strchr(letters, c) != NULL;
        bool username = letter || strchr("'.-_!#^~@", c);
        bool section = letter || strchr(".-", c);
        check_judgement(VALUE_USERNAME, false, s, s,
                        username ? ISSUE_NONE : ISSUE_username_characters);
        check_judgement(VALUE_SECTION_ID, false, s, s, section ? ISSUE_NONE : ISSUE_id_characters);
        assert_int_equal(value_special_name(s), strchr("~#%&*{}\\:<>?/+|\"", c) != NULL);
    }
}

static void test_section_ids(void **state)
{
    static const struct kept_case cases[] = {
        {TEXT("5e8b-AZ.az09"), true},
        {TEXT("a_b"), false},
        {TEXT("a b"), false},
        {TEXT("\xC3\xA9"), false},
        {TEXT("12345678901234567890123456789012345678901234567890123456"), true},
        {TEXT("123456789012345678901234567890123456789012345678901234567"), false},
    };
    (void)state;
    check_kept(VALUE_SECTION_ID, ISSUE_id_characters, cases, COUNT(cases));
}

/* ---- lengths and names ---- */

/* Characters are code points: 64 of them may have 256 bytes. */
static void test_lengths(void **state)
{
    static const struct {
        enum value_kind kind;
        size_t longest; /* 0: no limit */
    } kinds[] = {{VALUE_PERSON_NAME, 64}, {VALUE_THING_NAME, 256}, {VALUE_TEXT, 0}};
    static const char *const characters[] = {"x", "\xC3\xA9", "\xE2\x82\xAC",
                                             "\xF0\x9F\x98\x80"};
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t c = 0; c < COUNT(characters); c++) {
            struct buf value = {0};
            for (size_t n = 1; n <= 258; n++) {
                buf_put_text(&value, characters[c]);
                bool long_one = kinds[k].longest && n > kinds[k].longest;
                check_judgement(kinds[k].kind, false, buf_slice(&value), buf_slice(&value),
                                long_one ? ISSUE_too_long : ISSUE_NONE);
            }
            buf_release(&value);
        }
    }
}

static void test_special_names(void **state)
{
    static const struct kept_case cases[] = {
        {TEXT("Algebra 1 - Period 2 (B), Ms. Hopper's"), false},
        {TEXT("\xC3\x84" "gypten"), false},
        {TEXT(""), false},
        {TEXT("Arts & Music"), true},
        {TEXT("/"), true},
        {TEXT("a\\"), true},
        {TEXT("a\0b"), false}, /* the list's own terminator is not on it */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(value_special_name(cases[i].value), cases[i].good);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct arena arena = {.limit = 1};
    struct judgement j = value_judge(VALUE_DATE, SLICE_LITERAL("2010-05-17"), false, &arena);
    assert_null(j.cell.ptr);
    assert_true(arena.oom);
    arena_release(&arena);
}

/* ---- the first step of every scalar ---- */

static const struct {
    struct slice raw;
    struct slice value;
    bool control;
} scalars[] = {
    {TEXT(""), TEXT(""), false},
    {TEXT("a"), TEXT("a"), false},
    {TEXT("a b"), TEXT("a b"), false},
    {TEXT("a  b"), TEXT("a  b"), false},
    {TEXT("  a "), TEXT("a"), false},
    {TEXT("   "), TEXT(""), false},
    {TEXT("\xC2\xA0" "a\xC2\xA0"), TEXT("a"), false},
    {TEXT("\xEF\xBB\xBF" "a\xEF\xBB\xBF"), TEXT("a"), false},
    {TEXT(" \xC2\xA0\xEF\xBB\xBF a \xEF\xBB\xBF\xC2\xA0 "), TEXT("a"), false},
    {TEXT("\xEF\xBB\xBF\xC2\xA0 "), TEXT(""), false},
    {TEXT("a\xC2\xA0" "b\xEF\xBB\xBF" "c"), TEXT("a\xC2\xA0" "b\xEF\xBB\xBF" "c"), false},
    {TEXT("\xE2\x80\x83" "a\xE3\x80\x80"), TEXT("\xE2\x80\x83" "a\xE3\x80\x80"), false},
    {TEXT("a\nb"), TEXT("a b"), true},
    {TEXT("a\0b"), TEXT("a b"), true},
    {TEXT("a\x01\x1F\x7F" "b"), TEXT("a b"), true},
    {TEXT("a\r\n\tb\nc"), TEXT("a b c"), true},
    {TEXT("a\xC2\x80" "b"), TEXT("a b"), true},
    {TEXT("a\xC2\x9F" "b"), TEXT("a b"), true},
    {TEXT("a\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\n" "b"), TEXT("a b"), true},
    {TEXT("a \n b"), TEXT("a   b"), true},
    {TEXT("a\n \nb"), TEXT("a   b"), true},
    {TEXT("\na"), TEXT("a"), false},
    {TEXT("a\n"), TEXT("a"), false},
    {TEXT("\x00"), TEXT(""), false},
    {TEXT("\n \t \xC2\xA0\r"), TEXT(""), false},
    {TEXT(" \n a \n "), TEXT("a"), false},
    {TEXT("\xC2\xA0\n" "a"), TEXT("a"), false},
    {TEXT("a\n\xC2\xA0"), TEXT("a"), false},
    {TEXT("a\n\xEF\xBB\xBF\n"), TEXT("a"), false},
    {TEXT("\n" "a\nb\n"), TEXT("a b"), true},
    {TEXT("\xE2\x80\xA8" "a\xE2\x80\xA9"), TEXT("a"), false},
    /* Neighbours of the control characters, with the same first bytes. */
    {TEXT("a\xC2\xA1" "b"), TEXT("a\xC2\xA1" "b"), false},
    {TEXT("a\xE2\x80\xA7" "b"), TEXT("a\xE2\x80\xA7" "b"), false},
    {TEXT("a\xE2\x80\xAA" "b"), TEXT("a\xE2\x80\xAA" "b"), false},
    {TEXT("\xE2\x82\xAC\n\xF0\x9F\x98\x80"), TEXT("\xE2\x82\xAC \xF0\x9F\x98\x80"), true},
};

static void test_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        struct arena arena = {0};
        char *raw = exact(scalars[i].raw);
        struct clean_text clean = text_clean(slice_of(raw, scalars[i].raw.len), &arena);
        if (!slice_equal(clean.value, scalars[i].value) || !clean.value.ptr)
            fail_msg("case %zu: '%.*s'", i, (int)clean.value.len, clean.value.ptr);
        if (clean.control != scalars[i].control)
            fail_msg("case %zu: control %d", i, clean.control);
        /* The input is not written to. */
        assert_memory_equal(raw, scalars[i].raw.ptr, scalars[i].raw.len);
        free(raw);
        arena_release(&arena);
    }
}

static void test_each_control_character(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x3000; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        bool control = code <= 0x1F || (code >= 0x7F && code <= 0x9F) || code == 0x2028 ||
                       code == 0x2029;
        struct arena arena = {0};
        char raw[6] = {'a'};
        size_t len = 1 + utf8_encode(code, raw + 1);
        raw[len++] = 'b';
        struct clean_text clean = text_clean(slice_of(raw, len), &arena);
        assert_int_equal(utf8_is_control(code), control);
        assert_int_equal(clean.control, control);
        assert_true(slice_equal(clean.value, control ? SLICE_LITERAL("a b") : slice_of(raw, len)));
        arena_release(&arena);
    }
}

static void test_clean_absent_and_memory(void **state)
{
    (void)state;
    struct arena arena = {.limit = 1};
    assert_null(text_clean(SLICE_ABSENT, &arena).value.ptr);
    assert_false(arena.oom);
    /* What need not be changed needs no memory. */
    assert_true(slice_is(text_clean(SLICE_LITERAL(" a "), &arena).value, "a"));
    assert_false(arena.oom);
    assert_null(text_clean(SLICE_LITERAL("a\nb"), &arena).value.ptr);
    assert_true(arena.oom);
    arena_release(&arena);
}

static void test_trim(void **state)
{
    static const struct {
        struct slice text;
        struct slice trimmed;
    } cases[] = {
        {TEXT(""), TEXT("")},
        {TEXT(" "), TEXT("")},
        {TEXT("a"), TEXT("a")},
        {TEXT(" \xC2\xA0 a b \xEF\xBB\xBF"), TEXT("a b")},
        {TEXT("\ta\n"), TEXT("\ta\n")},
        {TEXT("\xC2\xA0"), TEXT("")},
        {TEXT("\xEF\xBB\xBF"), TEXT("")},
        {TEXT("\xC3\xA0"), TEXT("\xC3\xA0")},
        {TEXT("\xEF\xBB\xBE"), TEXT("\xEF\xBB\xBE")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *copy = exact(cases[i].text);
        assert_true(slice_equal(text_trim(slice_of(copy, cases[i].text.len)), cases[i].trimmed));
        free(copy);
    }
}

/* ---- UTF-8 ---- */

/* An independent description: the bytes of a code point, by arithmetic. */
static size_t expected_bytes(uint32_t code, unsigned char *out)
{
    if (code < 0x80) {
        out[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (unsigned char)(192 + code / 64);
        out[1] = (unsigned char)(128 + code % 64);
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (unsigned char)(224 + code / 4096);
        out[1] = (unsigned char)(128 + code / 64 % 64);
        out[2] = (unsigned char)(128 + code % 64);
        return 3;
    }
    out[0] = (unsigned char)(240 + code / 262144);
    out[1] = (unsigned char)(128 + code / 4096 % 64);
    out[2] = (unsigned char)(128 + code / 64 % 64);
    out[3] = (unsigned char)(128 + code % 64);
    return 4;
}

static void test_each_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        unsigned char wanted[4];
        char bytes[4];
        size_t len = expected_bytes(code, wanted);
        if (utf8_encode(code, bytes) != len || memcmp(bytes, wanted, len) != 0)
            fail_msg("U+%04X is not encoded right", code);
        if (utf8_sequence(bytes, len) != len || utf8_decode(bytes, len) != code)
            fail_msg("U+%04X is not decoded right", code);
        for (size_t part = 1; part < len; part++)
            if (utf8_sequence(bytes, part) != 0)
                fail_msg("U+%04X cut off to %zu bytes is accepted", code, part);
    }
}

/* All sequences of two bytes, all of three, and those of four that stand at a boundary: as many
 * are well-formed as there are code points of that length, so no other ones are. */
static void test_each_sequence(void **state)
{
    static const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                          0xA0, 0xBF, 0xC0, 0xFF};
    size_t counts[5] = {0};
    unsigned char bytes[4];
    (void)state;
    for (unsigned i = 0; i < 1U << 24; i++) {
        bytes[0] = (unsigned char)(i >> 16);
        bytes[1] = (unsigned char)(i >> 8);
        bytes[2] = (unsigned char)i;
        counts[utf8_sequence((const char *)bytes, 3)]++;
    }
    assert_int_equal(counts[1], 128U * 65536U);
    assert_int_equal(counts[2], 1920U * 256U);
    assert_int_equal(counts[3], 65536U - 2048U - 2048U);
    assert_int_equal(counts[4], 0);
    size_t good = 0;
    for (unsigned first = 0xE0; first <= 0xFF; first++) {
        for (size_t i = 0; i < COUNT(edges) * COUNT(edges) * COUNT(edges); i++) {
            bytes[0] = (unsigned char)first;
            bytes[1] = edges[i % COUNT(edges)];
            bytes[2] = edges[i / COUNT(edges) % COUNT(edges)];
            bytes[3] = edges[i / COUNT(edges) / COUNT(edges)];
            good += utf8_sequence((const char *)bytes, 4) == 4;
        }
    }
    /* Six edges are continuations: F0 takes four of them, F1-F3 six, F4 two. */
    assert_int_equal(good, (4 + 3 * 6 + 2) * 36);
}

static void test_length_and_clip(void **state)
{
    static const struct slice text = TEXT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t ends[] = {0, 1, 3, 6, 10, 11, 11};
    (void)state;
    assert_int_equal(utf8_length(text), 5);
    assert_int_equal(utf8_length(SLICE_LITERAL("")), 0);
    for (size_t count = 0; count < COUNT(ends); count++) {
        assert_int_equal(utf8_clip(text, count).len, ends[count]);
        assert_ptr_equal(utf8_clip(text, count).ptr, text.ptr);
    }
}

#define SHOWN "\xEF\xBF\xBD"

static void test_visible(void **state)
{
    static const struct {
        struct slice text;
        size_t limit;
        const char *shown;
    } cases[] = {
        {TEXT(""), 10, ""},
        {TEXT("abc"), 10, "abc"},
        {TEXT("abc"), 2, "ab"},
        {TEXT("abc"), 0, ""},
        {TEXT("a\nb"), 10, "a" SHOWN "b"},
        {TEXT("a\0b\x7F"), 10, "a" SHOWN "b" SHOWN},
        {TEXT("\xC2\x85\xE2\x80\xA8"), 10, SHOWN SHOWN},
        {TEXT("\xFF\xC3"), 10, SHOWN SHOWN},
        {TEXT("\xE2\x82"), 10, SHOWN SHOWN},
        {TEXT("\xC3\xA9\xC3\xA9\xC3\xA9"), 2, "\xC3\xA9\xC3\xA9"},
        {TEXT("\n\n\n"), 2, SHOWN SHOWN},
        {TEXT("\xF0\x9F\x98\x80\xC2\xA0"), 2, "\xF0\x9F\x98\x80\xC2\xA0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};
        char *copy = exact(cases[i].text);
        utf8_put_visible(&out, slice_of(copy, cases[i].text.len), cases[i].limit);
        assert_string_equal(buf_text(&out), cases[i].shown);
        free(copy);
        buf_release(&out);
    }
}

static void test_mask(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"abc", "abc"},
        {"a\nb\x1B[2Jc\x7F", "a?b?[2Jc?"},
        {"\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC"},
        {"\xC2\x9B" "x", "??x"},
        {"\xE2\x80\xA8", "???"},
        {"\xFF\xFE" "x", "??x"},
        {"x\xC3", "x?"},
        {"x\xF0\x9F\x98", "x???"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *copy = exact(slice_of(cases[i][0], strlen(cases[i][0]) + 1));
        utf8_mask(copy);
        assert_string_equal(copy, cases[i][1]);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grades),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_cut_dates),
        cmocka_unit_test(test_emails),
        cmocka_unit_test(test_usernames),
        cmocka_unit_test(test_each_ascii_character),
        cmocka_unit_test(test_section_ids),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_special_names),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_each_control_character),
        cmocka_unit_test(test_clean_absent_and_memory),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_each_code_point),
        cmocka_unit_test(test_each_sequence),
        cmocka_unit_test(test_length_and_clip),
        cmocka_unit_test(test_visible),
        cmocka_unit_test(test_mask),
    };
    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
