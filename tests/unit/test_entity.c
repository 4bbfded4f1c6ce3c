/* How the name of a file, a link or a key tells the entity, the order of paths, and the links of
 * Clever's answers (formats/README.md). In the tables of links ' stands for ". */
#include "converter/inventory.h"

#include "formats/clever/entity.h"
#include "formats/clever/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct name_case {
    const char *text;
    enum entity entity;
};

/* A copy of exactly the text's size, so that a sanitizer sees reads beyond it; ' becomes " where
 * `translate`. */
static struct slice exact(const char *text, bool translate)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)(translate && text[i] == '\'' ? '"' : text[i]);
    return slice_of(copy, len);
}

static void check_names(enum entity (*ask)(struct slice), const struct name_case *cases,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice copy = exact(cases[i].text, false);
        enum entity got = ask(copy);
        if (got != cases[i].entity)
            fail_msg("'%s': %d, should be %d", cases[i].text, (int)got, (int)cases[i].entity);
        free((char *)(uintptr_t)copy.ptr);
    }
}

/* ---- names ---- */

static void test_named(void **state)
{
    static const struct name_case cases[] = {
        {"school", ENTITY_SCHOOL}, {"schools", ENTITY_SCHOOL},
        {"course", ENTITY_COURSE}, {"courses", ENTITY_COURSE},
        {"term", ENTITY_TERM}, {"terms", ENTITY_TERM},
        {"teacher", ENTITY_TEACHER}, {"teachers", ENTITY_TEACHER},
        {"student", ENTITY_STUDENT}, {"students", ENTITY_STUDENT},
        {"user", ENTITY_USER}, {"users", ENTITY_USER},
        {"section", ENTITY_SECTION}, {"sections", ENTITY_SECTION},
        {"enrollment", ENTITY_ENROLLMENT}, {"enrollments", ENTITY_ENROLLMENT},
        {"district", ENTITY_OTHER}, {"districts", ENTITY_OTHER},
        {"contact", ENTITY_OTHER}, {"contacts", ENTITY_OTHER},
        {"studentcontact", ENTITY_OTHER}, {"studentcontacts", ENTITY_OTHER},
        {"schooladmin", ENTITY_OTHER}, {"schooladmins", ENTITY_OTHER},
        {"districtadmin", ENTITY_OTHER}, {"districtadmins", ENTITY_OTHER},
        {"admin", ENTITY_OTHER}, {"admins", ENTITY_OTHER},
        {"staff", ENTITY_OTHER}, {"event", ENTITY_OTHER}, {"events", ENTITY_OTHER},
        {"resource", ENTITY_OTHER}, {"resources", ENTITY_OTHER},
        {"attendance", ENTITY_OTHER}, {"me", ENTITY_OTHER},
        {"Students", ENTITY_STUDENT}, {"STUDENTS", ENTITY_STUDENT},
        {"School_Admins", ENTITY_OTHER}, {"school admins", ENTITY_OTHER},
        {"student-contacts", ENTITY_OTHER}, {"-s_t u-dents ", ENTITY_STUDENT},
        {"", ENTITY_NONE}, {"-_ ", ENTITY_NONE}, {"studentss", ENTITY_NONE},
        {"student1", ENTITY_NONE}, {"mystudents", ENTITY_NONE}, {"pupils", ENTITY_NONE},
        {"s", ENTITY_NONE}, {"data", ENTITY_NONE}, {"stude.nts", ENTITY_NONE},
        {"students/", ENTITY_NONE}, {"sch\xC3\xB6ols", ENTITY_NONE},
        {"studentsstudentsstudentsstudentsstudents", ENTITY_NONE},
        {"--------------------------------------------students", ENTITY_STUDENT},
    };
    (void)state;
    check_names(entity_named, cases, COUNT(cases));
}

/* Rule 3: as it stands, in lower case, and only what a combined object may hold. */
static void test_keys(void **state)
{
    static const struct name_case cases[] = {
        {"schools", ENTITY_SCHOOL},   {"courses", ENTITY_COURSE}, {"terms", ENTITY_TERM},
        {"teachers", ENTITY_TEACHER}, {"users", ENTITY_USER},     {"students", ENTITY_STUDENT},
        {"sections", ENTITY_SECTION}, {"Schools", ENTITY_NONE},   {"SCHOOLS", ENTITY_NONE},
        {"sch-ools", ENTITY_NONE},    {" schools", ENTITY_NONE},  {"schools ", ENTITY_NONE},
        {"districts", ENTITY_NONE},   {"events", ENTITY_NONE},    {"enrollments", ENTITY_NONE},
        {"data", ENTITY_NONE},        {"", ENTITY_NONE},          {"students2", ENTITY_NONE},
    };
    (void)state;
    check_names(entity_of_key, cases, COUNT(cases));
}

static void test_uris(void **state)
{
    static const struct name_case cases[] = {
        {"/v3.0/sections", ENTITY_SECTION},
        {"/v3.0/sections/5e8b", ENTITY_SECTION},
        {"/v2.1/sections/5e8b/students", ENTITY_STUDENT},
        {"/v2.1/schools/5e8b/sections?limit=10", ENTITY_SECTION},
        {"https://api.clever.com/v3.0/users?limit=100&role=student", ENTITY_USER},
        {"https://api.clever.com/v1.1/teachers/5e8b?x=/students", ENTITY_TEACHER},
        {"/v3.0/sections/count", ENTITY_SECTION},
        {"/v2.1/school_admins/5e8b", ENTITY_OTHER},
        {"/v2.1/School-Admins", ENTITY_OTHER},
        {"/V3.0/Sections/5E", ENTITY_SECTION},
        {"/v3.0/me", ENTITY_OTHER},
        {"/v3.0/events/5e8b", ENTITY_OTHER},
        {"/v3.0/events?school=5e", ENTITY_OTHER},
        {"/v2.0/districts/5e8b", ENTITY_OTHER},
        {"students", ENTITY_STUDENT},
        {"students/5e", ENTITY_STUDENT},
        /* Only the last two segments are looked at. */
        {"/v3.0/sections/5e/x", ENTITY_NONE},
        {"/students/v3.0/x", ENTITY_NONE},
        {"/v3.0/5e8b", ENTITY_NONE},
        {"/v3.0/studentsx/5e8b", ENTITY_NONE},
        {"/v3.0/x?y=students", ENTITY_NONE},
        {"", ENTITY_NONE},
        {"/", ENTITY_NONE},
        {"?students", ENTITY_NONE},
    };
    (void)state;
    check_names(entity_of_uri, cases, COUNT(cases));
    assert_int_equal(entity_of_uri(SLICE_ABSENT), ENTITY_NONE);
}

static void test_paths(void **state)
{
    static const struct name_case cases[] = {
        {"students.json", ENTITY_STUDENT},
        {"students", ENTITY_STUDENT},
        {"a/b/students.json.gz", ENTITY_STUDENT},
        {"sections/students.json", ENTITY_STUDENT},
        {"Students.JSON", ENTITY_STUDENT},
        {"student.csv", ENTITY_STUDENT},
        {"students.page2.json", ENTITY_STUDENT},
        {"enrollments.csv", ENTITY_ENROLLMENT},
        {"studentspage2.json", ENTITY_STUDENT},
        {"students_page_2.json", ENTITY_STUDENT},
        {"students-page-10.json", ENTITY_STUDENT},
        {"Students Page 02.json", ENTITY_STUDENT},
        {"students_p2.json", ENTITY_STUDENT},
        {"students-part-003.json", ENTITY_STUDENT},
        {"students2.json", ENTITY_STUDENT},
        {"students-2.json", ENTITY_STUDENT},
        {"students (2).json", ENTITY_STUDENT},
        {"students(12)", ENTITY_STUDENT},
        {"student1", ENTITY_STUDENT},
        {"sections_page1.json", ENTITY_SECTION},
        {"school_admins_page3.json", ENTITY_OTHER},
        {"attendance.csv", ENTITY_OTHER},
        {"student contacts.csv", ENTITY_OTHER},
        {"students()", ENTITY_NONE},
        {"students(2", ENTITY_NONE},
        {"students2)", ENTITY_NONE},
        {"students(2)3", ENTITY_NONE},
        {"students(page2)", ENTITY_NONE},
        {"studentspage", ENTITY_NONE},
        {"students_p", ENTITY_NONE},
        {"students2page", ENTITY_NONE},
        {"studentspagepage2", ENTITY_NONE},
        {"students_chapter_2", ENTITY_NONE},
        {"page2students.json", ENTITY_NONE},
        {"page2.json", ENTITY_NONE},
        {"2.json", ENTITY_NONE},
        {"p1", ENTITY_NONE},
        {"(2)", ENTITY_NONE},
        {"export-students.json", ENTITY_NONE},
        {"students/page2.json", ENTITY_NONE},
        {"mystudents", ENTITY_NONE},
        {".students", ENTITY_NONE},
        {"", ENTITY_NONE},
        {"-", ENTITY_NONE},
        {"schools_and_a_very_long_name_that_does_not_fit.json", ENTITY_NONE},
    };
    (void)state;
    check_names(entity_of_path, cases, COUNT(cases));
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(entity_plural(ENTITY_SCHOOL), "schools");
    assert_string_equal(entity_plural(ENTITY_ENROLLMENT), "enrollments");
    assert_string_equal(entity_word(ENTITY_SECTION), "section");
    assert_string_equal(entity_word(ENTITY_USER), "user");
    for (int e = 0; e < ENTITY_COUNT; e++) {
        assert_int_equal(entity_named(slice_from(entity_plural((enum entity)e))), e);
        assert_int_equal(entity_named(slice_from(entity_word((enum entity)e))), e);
    }
}

/* ---- the order of paths ---- */

/* Each comes before all that follow it. */
static const char *const sorted[] = {
    "",
    "-1",
    "2",
    "10",
    "A",
    "a",
    "a.",
    "a/b",
    "a1",
    "a2",
    "a2/z",
    "a9",
    "a10",
    "a10b",
    "a11",
    "a18446744073709551615",
    "a18446744073709551616",
    "a99999999999999999999999999999999",
    "a100000000000000000000000000000000",
    "aa",
    "b2/c9",
    "b2/c10",
    "b10/c1",
    "p007",
    "p8",
    "p0010",
    "page01a",
    "page1b",
    "page02a",
    "students.page2.json",
    "students.page10.json",
    "z0",
    "z1",
    "\xC3\xA9",
    "\xFF",
};

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void test_path_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            struct slice a = exact(sorted[i], false);
            struct slice b = exact(sorted[j], false);
            if (sign(path_compare(a, b)) != (i > j) - (i < j))
                fail_msg("'%s' against '%s'", sorted[i], sorted[j]);
            free((char *)(uintptr_t)a.ptr);
            free((char *)(uintptr_t)b.ptr);
        }
    }
}

/* Different paths are never equal, or the order would be that of the directory. */
static void test_path_ties(void **state)
{
    static const char *const same_numbers[] = {"page1", "page01", "page001", "a0", "a00", "a000"};
    (void)state;
    for (size_t i = 0; i < COUNT(same_numbers); i++) {
        for (size_t j = 0; j < COUNT(same_numbers); j++) {
            struct slice a = slice_from(same_numbers[i]);
            struct slice b = slice_from(same_numbers[j]);
            assert_int_equal(path_compare(a, b) == 0, i == j);
            assert_int_equal(sign(path_compare(a, b)), -sign(path_compare(b, a)));
        }
    }
}

/* ---- links ---- */

static void test_canonical_links(void **state)
{
    static const char *const cases[][2] = {
        {"/v3.0/sections", "/v3.0/sections"},
        {"https://api.clever.com/v3.0/sections", "/v3.0/sections"},
        {"http://127.0.0.1:8080/v3.0/sections?a=1", "/v3.0/sections?a=1"},
        {"/v3.0/sections?a=1&b=2", "/v3.0/sections?a=1&b=2"},
        {"/v3.0/sections?b=2&a=1", "/v3.0/sections?a=1&b=2"},
        {"https://x/v3.0/sections?starting_after=5e&limit=100&count=true",
         "/v3.0/sections?count=true&limit=100&starting_after=5e"},
        {"/s?c&b&a", "/s?a&b&c"},
        {"/s?a=2&a=10&a=1", "/s?a=1&a=10&a=2"},
        {"/s?a=1&b=2&a=1", "/s?a=1&a=1&b=2"},
        {"/s?ab=1&a=2&abc=3", "/s?a=2&ab=1&abc=3"},
        {"/s?x=\xC3\xA9&y=z", "/s?x=\xC3\xA9&y=z"},
        {"/s?", "/s"},
        {"", ""},
        {"https://x", ""},
        {"/s?a=1?b", "/s?a=1?b"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct slice uri = exact(cases[i][0], false);
        struct slice link = clever_canonical_link(uri, &arena);
        if (!slice_is(link, cases[i][1]))
            fail_msg("%s: %.*s", cases[i][0], (int)link.len, link.ptr);
        free((char *)(uintptr_t)uri.ptr);
        arena_release(&arena);
    }
}

static void test_canonical_link_without_memory(void **state)
{
    (void)state;
    struct arena arena = {.limit = 1};
    assert_null(clever_canonical_link(SLICE_LITERAL("/s?a=1"), &arena).ptr);
    assert_true(arena.oom);
    arena_release(&arena);
}

/* NULL: no such link. */
struct around_case {
    const char *members;
    const char *self;
    const char *next;
    bool has_links;
    bool last_page;
    bool second_data;
};

static bool is_link(struct slice link, const char *wanted)
{
    return wanted ? link.ptr && slice_is(link, wanted) : link.ptr == NULL;
}

static void check_around(const struct around_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct around_case *c = &cases[i];
        struct arena arena = {0};
        struct clever_around around;
        struct json_error error = {NULL, 0};
        struct slice members = exact(c->members, true);
        assert_true(clever_around(members, &arena, &around, &error));
        if (!is_link(around.links.self, c->self) || !is_link(around.links.next, c->next) ||
            around.has_links != c->has_links || around.last_page != c->last_page ||
            around.second_data != c->second_data)
            fail_msg("%s", c->members);
        free((char *)(uintptr_t)members.ptr);
        arena_release(&arena);
    }
}

static void test_links(void **state)
{
    static const struct around_case cases[] = {
        {"'links':[{'rel':'self','uri':'/s'}]", "/s", NULL, true, false, false},
        {"'links':[{'rel':'next','uri':'/n'},{'uri':'/s','rel':'self'}]", "/s", "/n", true, false,
         false},
        {"'a':1 , 'links' : [ { 'rel' : 'next' , 'uri' : '/n' } ]", NULL, "/n", true, false,
         false},
        {"'links':[{'rel':'self','uri':'/1'},{'rel':'self','uri':'/2'}]", "/2", NULL, true, false,
         false},
        {"'links':[{'rel':'self','uri':'/1'}],'links':[{'rel':'next','uri':'/n'}]", NULL, "/n",
         true, false, false},
        {"'links':[{'rel':'s\\u0065lf','ur\\u0069':'\\/s\\u003fa'}]", "/s?a", NULL, true, false,
         false},
        {"'links':[{'rel':'prev','uri':'/p'},{'rel':'SELF','uri':'/s'}]", NULL, NULL, true, false,
         false},
        {"'links':[{'rel':'self'},{'uri':'/s'},{'rel':1,'uri':'/s'},{'rel':'self','uri':2}]", NULL,
         NULL, true, false, false},
        {"'links':[null,1,'self',[]]", NULL, NULL, true, false, false},
        {"'links':{'rel':'self','uri':'/s'}", NULL, NULL, true, false, false},
        {"'links':[]", NULL, NULL, true, false, false},
        {"'x':{'links':[{'rel':'self','uri':'/s'}]}", NULL, NULL, false, false, false},
        {"'Links':[{'rel':'self','uri':'/s'}]", NULL, NULL, false, false, false},
        {"'data':[1]", NULL, NULL, false, false, true},
        {"'d\\u0061ta':1", NULL, NULL, false, false, true},
    };
    (void)state;
    check_around(cases, COUNT(cases));
}

/* The last page is one whose `current` is not below `total`; digits in strings count as numbers,
 * anything else is no paging. */
static void test_paging(void **state)
{
    static const struct {
        const char *paging;
        bool last;
    } cases[] = {
        {"{'current':1,'total':1,'count':5}", true},
        {"{'current':2,'total':1}", true},
        {"{'total':10,'current':10}", true},
        {"{'current':1,'total':2}", false},
        {"{'current':9,'total':10}", false},
        {"{'current':'3','total':'3'}", true},
        {"{'current':'3','total':4}", false},
        {"{'current':0,'total':0}", true},
        {"{'current':'','total':''}", false},
        {"{'current':' 3','total':3}", false},
        {"{'current':3.0,'total':3}", false},
        {"{'current':3e0,'total':3}", false},
        {"{'current':-1,'total':-1}", false},
        {"{'current':null,'total':null}", false},
        {"{'current':true,'total':true}", false},
        {"{'current':[3],'total':[3]}", false},
        {"{'current':3}", false},
        {"{'total':3}", false},
        {"{}", false},
        {"[1,1]", false},
        {"'last'", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf members = {0};
        buf_printf(&members, "'paging':%s", cases[i].paging);
        struct around_case c = {buf_text(&members), NULL, NULL, false, cases[i].last, false};
        check_around(&c, 1);
        buf_release(&members);
    }
}

static void test_broken_around(void **state)
{
    static const char *const cases[] = {"'links'",      "'links':[}",  "'a':1,,'b':2", ",",
                                        "'a':1,",       "'a':'\\ud800'", "1",          "'a':\xFF",
                                        "'a':1}{'b':2", "'a':1}"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct clever_around around;
        struct json_error error = {NULL, 0};
        struct slice members = exact(cases[i], true);
        assert_false(clever_around(members, &arena, &around, &error));
        assert_non_null(error.reason);
        free((char *)(uintptr_t)members.ptr);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_uris),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_path_order),
        cmocka_unit_test(test_path_ties),
        cmocka_unit_test(test_canonical_links),
        cmocka_unit_test(test_canonical_link_without_memory),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_paging),
        cmocka_unit_test(test_broken_around),
    };
    return cmocka_run_group_tests_name("entity", tests, NULL, NULL);
}
