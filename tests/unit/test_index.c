/* The tables of ids and of usernames, and the hash functions they stand on. */
#include "converter/index.h"

#include "converter/usernames.h"
#include "formats/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TEXT(literal) {(literal), sizeof(literal) - 1}

static const enum id_space spaces[] = {SPACE_CLEVER, SPACE_SIS, SPACE_LEGACY, SPACE_REPEAT,
                                       SPACE_REPEAT_SIS};

/* ---- ids ---- */

static int setup_index(void **state)
{
    *state = index_new();
    return *state ? 0 : -1;
}

static int teardown_index(void **state)
{
    index_free(*state);
    return 0;
}

static const struct id_entry *add(struct id_index *index, bool accepted, const char *text)
{
    const struct id_entry *entry = index_add(index, accepted, slice_from(text), NULL, 0);
    assert_non_null(entry);
    return entry;
}

static const struct id_entry *refer(const struct id_index *index, struct slice id)
{
    return index_refer(index, id, hash_of(id));
}

static const struct id_entry *refer_sis(const struct id_index *index, struct slice id)
{
    return index_refer_sis(index, id, hash_of(id));
}

static void name(struct id_index *index, enum id_space space, const char *id,
                 const struct id_entry *entry)
{
    assert_true(index_name(index, space, slice_from(id), entry));
}

static void test_empty_index(void **state)
{
    const struct id_index *index = *state;
    for (size_t i = 0; i < COUNT(spaces); i++) {
        assert_null(index_find(index, spaces[i], SLICE_LITERAL("a")));
        assert_null(index_find(index, spaces[i], SLICE_LITERAL("")));
        assert_null(index_find(index, spaces[i], SLICE_ABSENT));
    }
    assert_null(refer(index, SLICE_LITERAL("a")));
    assert_null(refer(index, SLICE_ABSENT));
    assert_null(refer_sis(index, SLICE_LITERAL("a")));
    assert_int_equal(index_count(index), 0);
}

/* The index keeps copies: what it was given may go away. */
static void test_entries_are_copies(void **state)
{
    struct id_index *index = *state;
    char text[] = "sis1";
    char id[] = "id1";
    char value[] = "Algebra";
    struct slice extra[] = {slice_from(value), SLICE_LITERAL(""), SLICE_ABSENT};
    const struct id_entry *entry = index_add(index, true, slice_from(text), extra, COUNT(extra));
    assert_non_null(entry);
    name(index, SPACE_CLEVER, id, entry);
    memset(text, 'x', sizeof text);
    memset(id, 'x', sizeof id);
    memset(value, 'x', sizeof value);
    memset(extra, 0, sizeof extra);
    const struct id_entry *found = index_find(index, SPACE_CLEVER, SLICE_LITERAL("id1"));
    assert_ptr_equal(found, entry);
    assert_true(found->accepted);
    assert_true(slice_is(slice_of(found->text, found->len), "sis1"));
    assert_true(slice_is(found->extra[0], "Algebra"));
    assert_int_equal(found->extra[1].len, 0);
    assert_null(found->extra[2].ptr);
    assert_null(index_find(index, SPACE_CLEVER, SLICE_LITERAL("xxx")));
}

/* An entry's id may be the text it is written as; then too it is a copy. */
static void test_id_equal_to_text(void **state)
{
    struct id_index *index = *state;
    char id[] = "same";
    const struct id_entry *entry = index_add(index, true, slice_from(id), NULL, 0);
    assert_non_null(entry);
    name(index, SPACE_CLEVER, id, entry);
    memset(id, 'x', sizeof id - 1);
    assert_ptr_equal(index_find(index, SPACE_CLEVER, SLICE_LITERAL("same")), entry);
}

static void test_numbers_ascend(void **state)
{
    struct id_index *index = *state;
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(add(index, i % 2 == 0, "t")->number, i);
    assert_int_equal(index_count(index), 3000);
}

/* The same text leads to different records in different spaces. */
static void test_spaces_are_apart(void **state)
{
    struct id_index *index = *state;
    const struct id_entry *entries[COUNT(spaces)];
    for (size_t i = 0; i < COUNT(spaces); i++) {
        assert_null(index_find(index, spaces[i], SLICE_LITERAL("x")));
        entries[i] = add(index, true, "written");
        name(index, spaces[i], "x", entries[i]);
    }
    for (size_t i = 0; i < COUNT(spaces); i++)
        assert_ptr_equal(index_find(index, spaces[i], SLICE_LITERAL("x")), entries[i]);
}

static void test_ids_are_bytes(void **state)
{
    static const struct slice ids[] = {TEXT("a"), TEXT("A"), TEXT("a\0"), TEXT("a\0b"), TEXT("aa"),
                                       TEXT(" a"), TEXT("\xC3\xA9"), TEXT("e\xCC\x81")};
    struct id_index *index = *state;
    const struct id_entry *entries[COUNT(ids)];
    for (size_t i = 0; i < COUNT(ids); i++) {
        entries[i] = add(index, true, "t");
        assert_true(index_name(index, SPACE_SIS, ids[i], entries[i]));
    }
    for (size_t i = 0; i < COUNT(ids); i++)
        assert_ptr_equal(index_find(index, SPACE_SIS, ids[i]), entries[i]);
}

static void test_blank_id_is_left_alone(void **state)
{
    struct id_index *index = *state;
    const struct id_entry *entry = add(index, true, "t");
    assert_true(index_name(index, SPACE_CLEVER, SLICE_LITERAL(""), entry));
    assert_true(index_name(index, SPACE_CLEVER, SLICE_ABSENT, entry));
    assert_null(index_find(index, SPACE_CLEVER, SLICE_LITERAL("")));
    assert_null(refer(index, SLICE_LITERAL("")));
}

/* Who an id leads to when two records have it: first, second -> which one stays. */
static void test_accepted_beats_rejected(void **state)
{
    static const struct {
        bool accepted[2];
        size_t stays;
    } cases[] = {
        {{true, true}, 0}, {{true, false}, 0}, {{false, true}, 1}, {{false, false}, 0}};
    struct id_index *index = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t s = 0; s < COUNT(spaces); s++) {
            char id[32];
            (void)snprintf(id, sizeof id, "%zu", i);
            const struct id_entry *entries[2];
            for (size_t n = 0; n < 2; n++) {
                entries[n] = add(index, cases[i].accepted[n], "t");
                name(index, spaces[s], id, entries[n]);
            }
            assert_ptr_equal(index_find(index, spaces[s], slice_from(id)),
                             entries[cases[i].stays]);
        }
    }
}

struct reference_case {
    const char *marks; /* in the spaces; a: accepted, r: rejected, -: none */
    int means;         /* which of them; -1: nobody */
};

/* Each case in an id of its own, and asked by it. */
static void check_references(struct id_index *index, const struct reference_case *cases,
                             size_t count, const enum id_space *order,
                             const struct id_entry *(*find)(const struct id_index *,
                                                            struct slice))
{
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%zu", i);
        const struct id_entry *entries[3] = {NULL};
        for (size_t n = 0; cases[i].marks[n]; n++) {
            if (cases[i].marks[n] == '-')
                continue;
            entries[n] = add(index, cases[i].marks[n] == 'a', "t");
            name(index, order[n], id, entries[n]);
        }
        const struct id_entry *wanted = cases[i].means < 0 ? NULL : entries[cases[i].means];
        if (find(index, slice_from(id)) != wanted)
            fail_msg("%s", cases[i].marks);
    }
}

/* `id`, then legacy_id, then an ignored repeat's id; an accepted record in any of them before a
 * rejected one. */
static void test_references(void **state)
{
    static const struct reference_case cases[] = {
        {"---", -1}, {"a--", 0}, {"-a-", 1}, {"--a", 2}, {"aaa", 0}, {"-aa", 1}, {"raa", 1},
        {"r-a", 2},  {"rra", 2}, {"ra-", 1}, {"rar", 1}, {"arr", 0}, {"r--", 0}, {"-r-", 1},
        {"--r", 2},  {"rrr", 0}, {"-rr", 1}, {"a-r", 0}, {"-ra", 2},
    };
    static const enum id_space order[] = {SPACE_CLEVER, SPACE_LEGACY, SPACE_REPEAT};
    check_references(*state, cases, COUNT(cases), order, refer);
}

static void test_references_by_sis_id(void **state)
{
    static const struct reference_case cases[] = {
        {"--", -1}, {"a-", 0}, {"-a", 1}, {"aa", 0}, {"ra", 1},
        {"ar", 0},  {"r-", 0}, {"-r", 1}, {"rr", 0},
    };
    static const enum id_space order[] = {SPACE_SIS, SPACE_REPEAT_SIS};
    check_references(*state, cases, COUNT(cases), order, refer_sis);
}

/* JSON references find records by their Clever IDs only, CSV references by SIS ids only. */
static void test_references_do_not_mix(void **state)
{
    struct id_index *index = *state;
    name(index, SPACE_SIS, "sis", add(index, true, "t"));
    name(index, SPACE_REPEAT_SIS, "repeated sis", add(index, true, "t"));
    name(index, SPACE_CLEVER, "id", add(index, true, "t"));
    name(index, SPACE_LEGACY, "legacy", add(index, true, "t"));
    name(index, SPACE_REPEAT, "repeated", add(index, true, "t"));
    assert_null(refer(index, SLICE_LITERAL("sis")));
    assert_null(refer(index, SLICE_LITERAL("repeated sis")));
    assert_null(refer_sis(index, SLICE_LITERAL("id")));
    assert_null(refer_sis(index, SLICE_LITERAL("legacy")));
    assert_null(refer_sis(index, SLICE_LITERAL("repeated")));
}

static struct slice numbered(char *out, size_t size, size_t number)
{
    int len = snprintf(out, size, "id-%zu", number);
    return slice_of(out, (size_t)len);
}

/* Entries stay where they are while the index grows: workers keep pointers to them. */
static void test_growth(void **state)
{
    enum { MANY = 100000 };
    struct id_index *index = *state;
    const struct id_entry **entries = calloc(MANY, sizeof *entries);
    assert_non_null(entries);
    char id[32];
    for (size_t i = 0; i < MANY; i++) {
        struct slice text = numbered(id, sizeof id, i);
        entries[i] = index_add(index, i % 3 != 0, text, NULL, 0);
        assert_non_null(entries[i]);
        assert_true(index_name(index, SPACE_CLEVER, text, entries[i]));
        if (i % 5 == 0)
            assert_true(index_name(index, SPACE_SIS, text, entries[i / 5]));
    }
    assert_int_equal(index_count(index), MANY);
    for (size_t i = 0; i < MANY; i++) {
        struct slice text = numbered(id, sizeof id, i);
        assert_ptr_equal(index_find(index, SPACE_CLEVER, text), entries[i]);
        assert_ptr_equal(index_find(index, SPACE_SIS, text), i % 5 ? NULL : entries[i / 5]);
        assert_null(index_find(index, SPACE_LEGACY, text));
        assert_int_equal(entries[i]->number, i);
        assert_ptr_equal(index_entry(index, (uint32_t)i), entries[i]);
        assert_int_equal(entries[i]->accepted, i % 3 != 0);
        assert_true(slice_equal(slice_of(entries[i]->text, entries[i]->len), text));
    }
    for (size_t i = MANY; i < MANY + 1000; i++)
        assert_null(index_find(index, SPACE_CLEVER, numbered(id, sizeof id, i)));
    /* Hints change nothing, whoever they are about. */
    uint64_t hashes[INDEX_EXPECTED];
    for (size_t i = 0; i < MANY + MANY / 2; i += INDEX_EXPECTED) {
        for (size_t k = 0; k < INDEX_EXPECTED; k++)
            hashes[k] = hash_of(numbered(id, sizeof id, i + k));
        index_expect(index, SPACE_CLEVER, hashes, INDEX_EXPECTED);
        index_expect(index, SPACE_LEGACY, hashes, i / INDEX_EXPECTED % INDEX_EXPECTED);
        const struct id_entry *found = index_find(index, SPACE_CLEVER, numbered(id, sizeof id, i));
        assert_ptr_equal(found, i < MANY ? entries[i] : NULL);
    }
    free(entries);
}

static void test_long_ids(void **state)
{
    struct id_index *index = *state;
    enum { LONG = 200000 };
    char *id = malloc(LONG);
    assert_non_null(id);
    memset(id, 'x', LONG);
    const struct id_entry *entry = add(index, true, "t");
    assert_true(index_name(index, SPACE_CLEVER, slice_of(id, LONG), entry));
    assert_ptr_equal(index_find(index, SPACE_CLEVER, slice_of(id, LONG)), entry);
    assert_null(index_find(index, SPACE_CLEVER, slice_of(id, LONG - 1)));
    id[LONG - 1] = 'y';
    assert_null(index_find(index, SPACE_CLEVER, slice_of(id, LONG)));
    free(id);
}

static struct hash128 content(size_t number)
{
    char text[32];
    return hash_add(hash_begin(), numbered(text, sizeof text, number));
}

static void test_rejected_contents(void **state)
{
    enum { MANY = 5000 };
    struct id_index *index = *state;
    assert_false(index_has_rejected(index, content(0)));
    for (size_t i = 0; i < MANY; i++) {
        assert_true(index_add_rejected(index, content(i)));
        assert_true(index_add_rejected(index, content(i / 2)));
        assert_true(index_has_rejected(index, content(i)));
        assert_false(index_has_rejected(index, content(i + 1)));
    }
    for (size_t i = 0; i < 2 * (size_t)MANY; i++)
        assert_int_equal(index_has_rejected(index, content(i)), i < MANY);
    /* They are no entries. */
    assert_int_equal(index_count(index), 0);
}

/* Contents that differ in one half only, and start their search at the same place. */
static void test_rejected_contents_that_collide(void **state)
{
    struct id_index *index = *state;
    for (uint64_t i = 1; i <= 200; i++)
        assert_true(index_add_rejected(index, (struct hash128){7, i}));
    for (uint64_t i = 1; i <= 400; i++)
        assert_int_equal(index_has_rejected(index, (struct hash128){7, i}), i <= 200);
    assert_false(index_has_rejected(index, (struct hash128){8, 1}));
}

static void test_free_nothing(void **state)
{
    (void)state;
    index_free(NULL);
    usernames_free(NULL);
}

/* ---- usernames ---- */

static int setup_usernames(void **state)
{
    *state = usernames_new();
    return *state ? 0 : -1;
}

static int teardown_usernames(void **state)
{
    usernames_free(*state);
    return 0;
}

struct row {
    const char *username;
    const char *sis_id;
    uint64_t owner;
};

static bool taken(const struct usernames *usernames, struct row row)
{
    return usernames_taken(usernames, hash_same_letters(slice_from(row.username)),
                           slice_from(row.sis_id), row.owner);
}

static void note(struct usernames *usernames, struct row row)
{
    assert_true(usernames_add(usernames, hash_same_letters(slice_from(row.username)),
                              slice_from(row.sis_id), row.owner));
}

enum { MOST_ROWS = 5 };

/* The same Username with another SIS ID in any earlier row (converter/README.md), but not in the
 * other role of the same person. */
static void test_usernames(void **state)
{
    static const struct {
        struct row earlier[MOST_ROWS]; /* up to one without a username */
        struct row asking;
        bool taken;
    } cases[] = {
        {{{NULL, NULL, 0}}, {"ada", "1", 1}, false},
        {{{"ada", "1", 1}}, {"ada", "2", 2}, true},
        {{{"ada", "1", 1}}, {"ADA", "2", 2}, true},
        {{{"Ada@Contoso.EDU", "1", 1}}, {"aDA@contoso.edu", "2", 2}, true},
        {{{"ada", "1", 1}}, {"ada2", "2", 2}, false},
        {{{"ada", "1", 1}}, {"ada", "1", 2}, false},
        {{{"ada", "1", 1}}, {"ada", "2", 1}, false},
        /* SIS IDs keep their letter case. */
        {{{"ada", "a", 1}}, {"ada", "A", 2}, true},
        /* A SIS ID of one's own among the earlier rows does not hide another one. */
        {{{"ada", "1", 1}, {"ada", "2", 2}}, {"ada", "1", 3}, true},
        {{{"ada", "1", 1}, {"ada", "2", 2}}, {"ada", "2", 3}, true},
        {{{"ada", "1", 1}, {"ada", "2", 2}}, {"ada", "3", 3}, true},
        {{{"ada", "1", 1}, {"ada", "1", 2}}, {"ada", "1", 3}, false},
        /* The other role is no other person, a third owner is. */
        {{{"ada", "1", 5}, {"ada", "2", 6}}, {"ada", "3", 5}, true},
        {{{"ada", "1", 5}, {"ada", "2", 5}}, {"ada", "3", 6}, true},
        {{{"ada", "1", 5}, {"ada", "1", 6}}, {"ada", "2", 5}, true},
        {{{"ada", "1", 5}, {"ada", "1", 6}}, {"ada", "2", 6}, true},
        {{{"ada", "1", 5}, {"ada", "1", 5}}, {"ada", "2", 5}, false},
        /* Three holders settle every question; what they do not is their own. */
        {{{"ada", "1", 1}, {"ada", "2", 2}, {"ada", "3", 3}}, {"ada", "1", 2}, true},
        {{{"ada", "1", 1}, {"ada", "2", 2}, {"ada", "3", 3}, {"ada", "4", 4}},
         {"ada", "4", 1}, true},
        {{{"ada", "1", 1}, {"bob", "2", 2}}, {"bob", "2", 3}, false},
        {{{"ada", "1", 1}, {"bob", "2", 2}}, {"ada", "1", 3}, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct usernames *usernames = usernames_new();
        assert_non_null(usernames);
        for (size_t r = 0; r < MOST_ROWS && cases[i].earlier[r].username; r++)
            note(usernames, cases[i].earlier[r]);
        if (taken(usernames, cases[i].asking) != cases[i].taken)
            fail_msg("case %zu", i);
        usernames_free(usernames);
    }
}

/* Against the plainest possible implementation, with few names, ids and owners, so that they
 * meet in every way. An owner has at most two rows, as a user has at most two roles. */
static void test_usernames_like_a_list(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 300; round++) {
        struct usernames *usernames = usernames_new();
        assert_non_null(usernames);
        struct row rows[24];
        static const char *const ids[] = {"1", "2", "3", "4", "5"};
        static const char *const users[] = {"ada", "Ada", "bob"};
        for (size_t n = 0; n < COUNT(rows); n++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            size_t random = (size_t)(seed >> 33);
            rows[n] = (struct row){users[random % 3], ids[random / 3 % 5], n / 2};
            bool wanted = false;
            for (size_t m = 0; m < n; m++)
                wanted = wanted || (slice_same_letters(slice_from(rows[m].username),
                                                       slice_from(rows[n].username)) &&
                                    strcmp(rows[m].sis_id, rows[n].sis_id) != 0 &&
                                    rows[m].owner != rows[n].owner);
            assert_int_equal(taken(usernames, rows[n]), wanted);
            note(usernames, rows[n]);
        }
        usernames_free(usernames);
    }
}

static void test_many_usernames(void **state)
{
    enum { MANY = 50000 };
    struct usernames *usernames = *state;
    char id[32];
    for (uint64_t i = 1; i <= MANY; i++)
        assert_true(usernames_add(usernames, i * 2, numbered(id, sizeof id, i), i));
    for (uint64_t i = 1; i <= MANY; i++) {
        struct slice own = numbered(id, sizeof id, i);
        assert_false(usernames_taken(usernames, i * 2, own, 0));
        assert_true(usernames_taken(usernames, i * 2, SLICE_LITERAL("other"), 0));
        assert_false(usernames_taken(usernames, i * 2 + 1, SLICE_LITERAL("other"), 0));
    }
    /* 0, which marks a free place of the table, is a hash like any other. */
    assert_false(usernames_taken(usernames, 0, SLICE_LITERAL("other"), 0));
    assert_true(usernames_add(usernames, 0, SLICE_LITERAL("own"), 1));
    assert_true(usernames_taken(usernames, 0, SLICE_LITERAL("other"), 0));
}

/* ---- hashes ---- */

static struct hash128 chain(const struct slice *values, size_t count)
{
    struct hash128 h = hash_begin();
    for (size_t i = 0; i < count; i++)
        h = hash_add(h, values[i]);
    return h;
}

/* Chains that run together to the same bytes, or nearly so, are all different. */
static void test_chains(void **state)
{
    static const struct {
        struct slice values[4];
        size_t count;
    } chains[] = {
        {{{NULL, 0}}, 0},
        {{TEXT("")}, 1},
        {{TEXT(""), TEXT("")}, 2},
        {{TEXT(""), TEXT(""), TEXT("")}, 3},
        {{TEXT("abc")}, 1},
        {{TEXT("ab"), TEXT("c")}, 2},
        {{TEXT("a"), TEXT("bc")}, 2},
        {{TEXT("abc"), TEXT("")}, 2},
        {{TEXT(""), TEXT("abc")}, 2},
        {{TEXT("a"), TEXT("b"), TEXT("c")}, 3},
        {{TEXT("c"), TEXT("ab")}, 2},
        {{TEXT("\0")}, 1},
        {{TEXT("\0\0")}, 1},
        {{TEXT("\0"), TEXT("\0")}, 2},
        {{TEXT("0123456789abcdef")}, 1},
        {{TEXT("0123456789abcdef\0")}, 1},
        {{TEXT("0123456789abcdef"), TEXT("")}, 2},
        {{TEXT("0123456789abcde"), TEXT("f")}, 2},
        {{TEXT("01234567"), TEXT("89abcdef")}, 2},
        {{TEXT("0123456789abcdef0123456789abcdef")}, 1},
        {{TEXT("0123456789abcdef"), TEXT("0123456789abcdef")}, 2},
        {{TEXT("89abcdef01234567")}, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(chains); i++) {
        for (size_t j = 0; j < COUNT(chains); j++) {
            struct hash128 x = chain(chains[i].values, chains[i].count);
            struct hash128 y = chain(chains[j].values, chains[j].count);
            if (hash_equal(x, y) != (i == j) || (hash_short(x) == hash_short(y)) != (i == j))
                fail_msg("chains %zu and %zu", i, j);
        }
    }
}

static void test_absent_is_empty(void **state)
{
    (void)state;
    struct hash128 absent = hash_add(hash_begin(), SLICE_ABSENT);
    struct hash128 empty = hash_add(hash_begin(), SLICE_LITERAL(""));
    assert_true(hash_equal(absent, empty));
    assert_int_equal(hash_of(SLICE_ABSENT), hash_of(SLICE_LITERAL("")));
}

/* Every bit of every length counts. Blocks of exactly the length show reads beyond it. */
static void test_every_bit_counts(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 70; len++) {
        char *bytes = calloc(1, len);
        assert_non_null(bytes);
        struct hash128 zeros = hash_add(hash_begin(), slice_of(bytes, len));
        uint64_t short_zeros = hash_of(slice_of(bytes, len));
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] = (char)(1U << bit % 8);
            struct hash128 other = hash_add(hash_begin(), slice_of(bytes, len));
            assert_false(hash_equal(zeros, other));
            assert_false(hash_short(zeros) == hash_short(other));
            assert_false(hash_of(slice_of(bytes, len)) == short_zeros);
            bytes[bit / 8] = 0;
        }
        assert_true(hash_equal(zeros, hash_add(hash_begin(), slice_of(bytes, len))));
        free(bytes);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_distinct(uint64_t *hashes, size_t count)
{
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    for (size_t i = 1; i < count; i++)
        assert_false(hashes[i] == hashes[i - 1]);
}

/* Names with numbers, as districts give them out, and one letter repeated: where the words that
 * go in overlap, a length must not make up for a byte. */
static void test_like_texts(void **state)
{
    enum { COUNT_NUMBERS = 300000 };
    static const struct {
        const char *before;
        const char *behind;
    } formats[] = {{"", ""}, {"u", ""}, {"", "@contoso.edu"}, {"58da8c6301e75601", ""}};
    uint64_t *hashes = calloc(COUNT_NUMBERS, sizeof *hashes);
    uint64_t *chained = calloc(COUNT_NUMBERS, sizeof *chained);
    (void)state;
    assert_non_null(hashes);
    assert_non_null(chained);
    for (size_t f = 0; f < COUNT(formats); f++) {
        for (size_t i = 0; i < COUNT_NUMBERS; i++) {
            char text[64];
            int len = snprintf(text, sizeof text, "%s%zu%s", formats[f].before, i,
                               formats[f].behind);
            struct slice value = slice_of(text, (size_t)len);
            hashes[i] = hash_of(value);
            chained[i] = hash_short(hash_add(hash_begin(), value));
        }
        check_distinct(hashes, COUNT_NUMBERS);
        check_distinct(chained, COUNT_NUMBERS);
    }
    for (size_t i = 0; i < 256 * 80; i++) {
        char text[80];
        memset(text, (int)(i % 256), sizeof text);
        hashes[i] = hash_of(slice_of(text, i / 256 + 1));
        chained[i] = hash_short(hash_add_named(hash_begin(), (unsigned)i % 3,
                                               slice_of(text, i / 256 + 1)));
    }
    check_distinct(hashes, 256 * 80);
    check_distinct(chained, 256 * 80);
    free(hashes);
    free(chained);
}

static void test_same_letters(void **state)
{
    static const struct {
        struct slice a;
        struct slice b;
        bool same;
    } cases[] = {
        {TEXT("ada"), TEXT("ADA"), true},
        {TEXT("Ada@Contoso.EDU"), TEXT("aDA@cONTOSO.edu"), true},
        {TEXT(""), TEXT(""), true},
        {TEXT("az"), TEXT("AZ"), true},
        {TEXT("\xC3\xA9"), TEXT("\xC3\x89"), false}, /* ASCII letters only */
        {TEXT("@"), TEXT("`"), false},
        {TEXT("["), TEXT("{"), false},
        {TEXT("a"), TEXT("b"), false},
        {TEXT("a"), TEXT("a "), false},
        {TEXT(""), TEXT("a"), false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(hash_same_letters(cases[i].a) == hash_same_letters(cases[i].b),
                         cases[i].same);
}

/* Long values go through in parts: around their borders letters count too, and only in their
 * case they do not. */
static void test_same_letters_of_long_values(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 200; len++) {
        char *lower = malloc(len);
        char *mixed = malloc(len);
        assert_non_null(lower);
        assert_non_null(mixed);
        for (size_t i = 0; i < len; i++) {
            lower[i] = (char)('a' + i % 26);
            mixed[i] = (char)((i % 3 ? 'a' : 'A') + i % 26);
        }
        uint64_t hash = hash_same_letters(slice_of(lower, len));
        assert_true(hash == hash_same_letters(slice_of(mixed, len)));
        mixed[len - 1] = '1';
        assert_false(hash == hash_same_letters(slice_of(mixed, len)));
        assert_false(hash == hash_same_letters(slice_of(lower, len - 1)));
        free(lower);
        free(mixed);
    }
}

int main(void)
{
#define WITH_INDEX(test) cmocka_unit_test_setup_teardown(test, setup_index, teardown_index)
    const struct CMUnitTest tests[] = {
        WITH_INDEX(test_empty_index),
        WITH_INDEX(test_entries_are_copies),
        WITH_INDEX(test_id_equal_to_text),
        WITH_INDEX(test_numbers_ascend),
        WITH_INDEX(test_spaces_are_apart),
        WITH_INDEX(test_ids_are_bytes),
        WITH_INDEX(test_blank_id_is_left_alone),
        WITH_INDEX(test_accepted_beats_rejected),
        WITH_INDEX(test_references),
        WITH_INDEX(test_references_by_sis_id),
        WITH_INDEX(test_references_do_not_mix),
        WITH_INDEX(test_growth),
        WITH_INDEX(test_long_ids),
        WITH_INDEX(test_rejected_contents),
        WITH_INDEX(test_rejected_contents_that_collide),
        cmocka_unit_test(test_free_nothing),
        cmocka_unit_test(test_usernames),
        cmocka_unit_test(test_usernames_like_a_list),
        cmocka_unit_test_setup_teardown(test_many_usernames, setup_usernames,
                                        teardown_usernames),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_absent_is_empty),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_like_texts),
        cmocka_unit_test(test_same_letters),
        cmocka_unit_test(test_same_letters_of_long_values),
    };
    /* As in the program: with a key of this run, so that no result depends on one. */
    hash_seed();
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
