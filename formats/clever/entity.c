#include "formats/clever/entity.h"

#include "formats/base/bytes.h"

/* A name of Clever's with the number of a page is not longer. */
enum { MAX_FOLDED = 32, LONGEST_NAME = 15 };

#define NAME(word, plural, entity)                                                          \
    {{word, sizeof(word) - 1}, {plural, sizeof(plural) - 1}, entity}

/* `word`: singular, lower case, without separators. */
static const struct {
    struct slice word;
    struct slice plural;
    enum entity entity;
} names[] = {
    NAME("school", "schools", ENTITY_SCHOOL),
    NAME("course", "courses", ENTITY_COURSE),
    NAME("term", "terms", ENTITY_TERM),
    NAME("teacher", "teachers", ENTITY_TEACHER),
    NAME("student", "students", ENTITY_STUDENT),
    NAME("user", "users", ENTITY_USER),
    NAME("section", "sections", ENTITY_SECTION),
    NAME("enrollment", "enrollments", ENTITY_ENROLLMENT),
    NAME("district", "districts", ENTITY_OTHER),
    NAME("contact", "contacts", ENTITY_OTHER),
    NAME("studentcontact", "studentcontacts", ENTITY_OTHER),
    NAME("schooladmin", "schooladmins", ENTITY_OTHER),
    NAME("districtadmin", "districtadmins", ENTITY_OTHER),
    NAME("admin", "admins", ENTITY_OTHER),
    NAME("staff", "staff", ENTITY_OTHER),
    NAME("event", "events", ENTITY_OTHER),
    NAME("resource", "resources", ENTITY_OTHER),
    NAME("attendance", "attendances", ENTITY_OTHER),
    NAME("me", "me", ENTITY_OTHER),
};

enum { NAMES = sizeof names / sizeof *names };

const char *entity_plural(enum entity entity)
{
    return entity < ENTITY_OTHER ? names[entity].plural.ptr : "other";
}

const char *entity_word(enum entity entity)
{
    return entity < ENTITY_OTHER ? names[entity].word.ptr : "other";
}

/* Lower case without separators; 0 when it does not fit (then it is no name). */
static size_t fold(struct slice name, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '-' || c == '_' || c == ' ')
            continue;
        if (len == MAX_FOLDED)
            return 0;
        out[len++] = ascii_lower(c);
    }
    return len;
}

static enum entity folded_name(struct slice folded)
{
    if (folded.len == 0 || folded.len > LONGEST_NAME)
        return ENTITY_NONE;
    for (size_t i = 0; i < NAMES; i++)
        if (*names[i].word.ptr == *folded.ptr &&
            (slice_equal(folded, names[i].word) || slice_equal(folded, names[i].plural)))
            return names[i].entity;
    return ENTITY_NONE;
}

enum entity entity_named(struct slice name)
{
    char folded[MAX_FOLDED];
    /* Mostly an id, which a look at its ends tells: no name has a digit. */
    if (name.len && (ascii_digit(name.ptr[0]) || ascii_digit(name.ptr[name.len - 1])))
        return ENTITY_NONE;
    return folded_name(slice_of(folded, fold(name, folded)));
}

enum entity entity_of_key(struct slice key)
{
    enum entity entity = folded_name(key);
    return entity < ENTITY_ENROLLMENT ? entity : ENTITY_NONE;
}

/* Takes the last segment off a path; absent when there is none. */
static struct slice last_segment(struct slice *path)
{
    while (path->len && path->ptr[path->len - 1] == '/')
        path->len--;
    const char *slash = path->len ? memrchr(path->ptr, '/', path->len) : NULL;
    size_t start = slash ? (size_t)(slash - path->ptr) + 1 : 0;
    struct slice segment = slice_of(path->ptr + start, path->len - start);
    path->len = start;
    return segment;
}

enum entity entity_of_uri(struct slice uri)
{
    if (!uri.ptr)
        return ENTITY_NONE;
    struct slice path = slice_of(uri.ptr, slice_find(uri, '?'));
    enum entity entity = entity_named(last_segment(&path));
    if (entity == ENTITY_NONE)
        entity = entity_named(last_segment(&path));
    return entity;
}

enum entity entity_of_uri_like(struct entity_memo *memo, struct slice uri)
{
    /* With a digit at its start the end is no name, whatever follows. */
    size_t rest = uri.len - memo->len;
    if (memo->len && uri.len > memo->len && ascii_digit(uri.ptr[memo->len]) &&
        memcmp(uri.ptr, memo->start, memo->len) == 0 &&
        bytes_find2(uri.ptr + memo->len, rest, '/', '?') == rest)
        return memo->entity;
    enum entity entity = entity_of_uri(uri);
    const char *slash = uri.ptr ? memrchr(uri.ptr, '/', uri.len) : NULL;
    memo->len = slash ? (size_t)(slash - uri.ptr) + 1 : 0;
    bool plain = memo->len && memo->len <= sizeof memo->start && memo->len < uri.len &&
                 ascii_digit(slash[1]) && slice_find(uri, '?') == uri.len;
    if (plain)
        memcpy(memo->start, uri.ptr, memo->len);
    else
        memo->len = 0;
    memo->entity = entity;
    return entity;
}

/* The name without the number of a page at its end: `(2)`, or digits with or without one of
 * page, p, part before them. */
static struct slice without_page(struct slice name)
{
    static const char *const words[] = {"page", "part", "p"};
    bool bracket = name.len > 2 && name.ptr[name.len - 1] == ')';
    size_t end = name.len - bracket;
    size_t at = end;
    while (at && ascii_digit(name.ptr[at - 1]))
        at--;
    if (at == end)
        return name;
    if (bracket)
        return at && name.ptr[at - 1] == '(' ? slice_of(name.ptr, at - 1) : name;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if (at > len && memcmp(name.ptr + at - len, words[i], len) == 0)
            return slice_of(name.ptr, at - len);
    }
    return slice_of(name.ptr, at);
}

enum entity entity_of_path(struct slice path)
{
    char folded[MAX_FOLDED];
    struct slice name = last_segment(&path);
    name.len = slice_find(name, '.');
    return folded_name(without_page(slice_of(folded, fold(name, folded))));
}
