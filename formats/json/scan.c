/* One loop over the tokens of a value, with an explicit stack of the open containers: depth is
 * bounded by JSON_MAX_DEPTH and never by the C stack.
 *
 *   text -> token -> [ frame: which container, where in the schema, where its value goes ]
 *
 * Records of one export have the same names in the same order, so the scanner learns what stands
 * between two values, and what came behind it:
 *
 *   {"name":{"first":"Ada","last":"King"}}
 *   ^^^^^^^^                                 learned: literal, node, slot, child, next
 *           ^^^^^^^^^     ^^^^^^^^
 *
 * A literal starts with the brace or comma before a name and goes up to the value. It has been
 * checked in full when it was learned; where the same bytes stand in an object of the same node,
 * comparing them is all there is to do. Everything else takes the long way, with the same result.
 */
#include "formats/json/scan.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"
#include "formats/json/escape.h"
#include "formats/json/wanted.h"

#include <stdlib.h>

/* A list among the nodes: nothing learned belongs to it. LEARNED bounds what an export of ever
 * new names can cost. */
enum { LIST = -2, LEARNED = 1024, LITERAL = 32, BUCKETS = 256, MAX_NAME = 64 };

/* Values are cleared by the group, those that the last text has filled. */
enum { GROUP = 16, GROUPS = 64 };

struct learned {
    char literal[LITERAL];
    unsigned char behind[LITERAL]; /* 0 for the literal's bytes, 0xFF for the rest */
    uint16_t len;
    int16_t node; /* of the object it stands in */
    int16_t slot;
    int16_t child;
    uint64_t group;          /* of the slot, as a bit of `filled` */
    uint16_t chain;          /* the next one in the same bucket */
    struct learned *next[2]; /* what came behind it; number 0: nothing yet */
};

struct frame {
    const char *start; /* its opening bracket */
    int16_t node;      /* of the schema, JSON_NONE: nothing below is wanted, or LIST */
    int16_t slot;      /* where the finished container goes, or JSON_NONE */
};

struct json_scanner {
    const struct json_schema *schema;
    struct json_value *values; /* whole groups */
    uint64_t filled;           /* bit i: group i may have values */
    struct learned *learned; /* number 0 stands for the start of a text; NULL: none */
    uint16_t learned_count;
    uint16_t bucket[BUCKETS];
    /* the text at hand */
    const char *text;
    const char *end;
    const char *limit; /* up to here may be read */
    struct json_error *error;
    size_t depth;
    int slot;            /* where the value that comes next goes */
    int child;           /* its node, should it be an object */
    struct learned *last;
    struct frame frames[JSON_MAX_DEPTH];
};

struct json_scanner *json_scanner_new(const struct json_schema *schema)
{
    struct json_scanner *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->schema = schema;
    size_t groups = json_schema_slots(schema) / GROUP + 1;
    s->values = groups <= GROUPS ? calloc(groups * GROUP, sizeof *s->values) : NULL;
    s->learned = calloc(LEARNED, sizeof *s->learned);
    if (!s->values || !s->learned) {
        json_scanner_free(s);
        return NULL;
    }
    s->learned[0] = (struct learned){.node = LIST, .next = {s->learned, s->learned}};
    s->learned_count = 1;
    return s;
}

void json_scanner_free(struct json_scanner *s)
{
    if (!s)
        return;
    free(s->learned);
    free(s->values);
    free(s);
}

const struct json_value *json_scanner_values(const struct json_scanner *s)
{
    return s->values;
}

static inline uint64_t group_of(int slot)
{
    return slot == JSON_NONE ? 0 : (uint64_t)1 << ((unsigned)slot / GROUP);
}

static inline void put_value(struct json_scanner *s, int slot, struct json_value value)
{
    s->values[slot] = value;
    s->filled |= group_of(slot);
}

static void clear_values(struct json_scanner *s)
{
    for (; s->filled; s->filled &= s->filled - 1)
        memset(s->values + (size_t)__builtin_ctzll(s->filled) * GROUP, 0,
               GROUP * sizeof *s->values);
}

/* The cursor `p` travels through the functions as an argument and a result, so that it stays in a
 * register; NULL says that the text is bad, which s->error then explains. */

static const char *bad(struct json_scanner *s, const char *p, const char *reason)
{
    s->error->reason = reason;
    s->error->at = (size_t)(p - s->text);
    return NULL;
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p <= ' ' && json_space(*p))
        p++;
    return p;
}

static inline bool is(const struct json_scanner *s, const char *p, char c)
{
    return p < s->end && *p == c;
}

/* `p` stands on the u of an escape; behind it, and behind the second half of a pair. */
static const char *scan_unicode_escape(struct json_scanner *s, const char *p)
{
    int32_t unit = json_unit_at(p + 1, (size_t)(s->end - p) - 1);
    if (unit < 0)
        return bad(s, p, "has a \\u that is not followed by four hexadecimal digits");
    p += 5;
    if (json_low_surrogate(unit))
        return bad(s, p, "has half a surrogate pair");
    if (!json_high_surrogate(unit))
        return p;
    size_t rest = (size_t)(s->end - p);
    bool escape = rest >= 6 && p[0] == '\\' && p[1] == 'u';
    if (!escape || !json_low_surrogate(json_unit_at(p + 2, rest - 2)))
        return bad(s, p, "has half a surrogate pair");
    return p + 6;
}

static const char *scan_escape(struct json_scanner *s, const char *p)
{
    p++;
    if (p == s->end)
        return bad(s, p, "ends inside a string");
    if (*p == 'u')
        return scan_unicode_escape(s, p);
    if (!memchr("\"\\/bfnrt", *p, 8))
        return bad(s, p, "has an escape that JSON does not know");
    return p + 1;
}

/* What is not plain in a string: an escape or a character beyond ASCII, which is passed; anything
 * else is bad. */
static const char *scan_unplain(struct json_scanner *s, const char *p, struct json_value *value)
{
    if (p == s->end)
        return bad(s, p, "ends inside a string");
    unsigned char c = (unsigned char)*p;
    if (c < 0x20)
        return bad(s, p, "has a control character inside a string");
    value->plain = false;
    if (c == '\\') {
        value->escaped = true;
        return scan_escape(s, p);
    }
    size_t len = utf8_sequence(p, (size_t)(s->end - p));
    return len ? p + len : bad(s, p, "has bytes that are not UTF-8");
}

/* The rest of a string that is not plain, from the first byte that is not. */
static const char *scan_string_on(struct json_scanner *s, const char *p,
                                  struct json_value *value)
{
    while (!is(s, p, '"')) {
        p = scan_unplain(s, p, value);
        if (!p)
            return NULL;
        p = bytes_plain_end(p, s->end);
    }
    value->len = (uint32_t)(p - value->ptr);
    return p + 1;
}

/* `p` stands on the opening quote; behind the closing one. */
static inline const char *scan_string(struct json_scanner *s, const char *p,
                                      struct json_value *value)
{
    const char *start = p + 1;
    p = bytes_plain_end(start, s->limit);
    *value = (struct json_value){
        .ptr = start, .len = (uint32_t)(p - start), .type = JSON_STRING, .plain = true};
    if (is(s, p, '"'))
        return p + 1;
    return scan_string_on(s, p < s->end ? p : s->end, value);
}

static const char *skip_digits(const struct json_scanner *s, const char *p)
{
    while (p < s->end && ascii_digit(*p))
        p++;
    return p;
}

/* At least one digit; NULL for none. */
static const char *scan_digits(struct json_scanner *s, const char *p)
{
    const char *end = skip_digits(s, p);
    return end > p ? end : bad(s, p, "has a number that JSON does not allow");
}

static const char *scan_number(struct json_scanner *s, const char *p)
{
    if (*p == '-')
        p++;
    bool zero = is(s, p, '0');
    const char *digits = p;
    p = scan_digits(s, p);
    if (p && zero && p - digits > 1)
        return bad(s, p, "has a number that JSON does not allow");
    if (p && is(s, p, '.'))
        p = scan_digits(s, p + 1);
    if (p && (is(s, p, 'e') || is(s, p, 'E'))) {
        p++;
        if (is(s, p, '+') || is(s, p, '-'))
            p++;
        p = scan_digits(s, p);
    }
    return p;
}

static const char *scan_word(struct json_scanner *s, const char *p, struct slice word)
{
    if ((size_t)(s->end - p) < word.len || memcmp(p, word.ptr, word.len) != 0)
        return bad(s, p, "has a word that JSON does not know");
    return p + word.len;
}

/* A number or a word. */
static const char *scan_other(struct json_scanner *s, const char *p, struct json_value *value)
{
    const char *start = p;
    *value = (struct json_value){.ptr = start, .type = JSON_BOOL};
    switch (*p) {
    case 't': p = scan_word(s, p, SLICE_LITERAL("true")); break;
    case 'f': p = scan_word(s, p, SLICE_LITERAL("false")); break;
    case 'n':
        value->type = JSON_NULL;
        p = scan_word(s, p, SLICE_LITERAL("null"));
        break;
    default:
        if (*p != '-' && !ascii_digit(*p))
            return bad(s, p, "has something that is no JSON value");
        value->type = JSON_NUMBER;
        p = scan_number(s, p);
    }
    value->len = p ? (uint32_t)(p - start) : 0;
    return p;
}

/* What the schema says of a name, NULL for nothing. */
static const struct json_member *member_of(const struct json_scanner *s, int node,
                                           const struct json_value *key)
{
    if (node == JSON_NONE)
        return NULL;
    if (!key->escaped)
        return wanted_member(s->schema, node, key->ptr, key->len);
    char name[MAX_NAME];
    size_t len = json_short_name(slice_of(key->ptr, key->len), name, sizeof name);
    return len ? wanted_member(s->schema, node, name, len) : NULL;
}

/* Prepares for the value behind a name. What an earlier one of the same name left below is
 * cleared. */
static inline void enter_member(struct json_scanner *s, int slot, int child)
{
    s->slot = slot;
    s->child = child;
    if (child == JSON_NONE || (slot != JSON_NONE && s->values[slot].type == JSON_ABSENT))
        return;
    wanted_clear(s->schema, child, s->values);
}

/* ---- what has been learned ---- */

static inline bool same_literal(const struct learned *l, const char *p, int node)
{
    return l->node == node && bytes_same32(p, l->literal, l->behind);
}

/* Which of the two literals expected behind `last` stands at `p`, NULL for neither. */
static inline struct learned *next_literal(const struct learned *last, const char *p, int node)
{
    struct learned *l = last->next[0];
    if (same_literal(l, p, node))
        return l;
    l = last->next[1];
    return same_literal(l, p, node) ? l : NULL;
}

/* The place for a literal that has been checked, found or new; NULL when there is no room. */
static struct learned *learn(struct json_scanner *s, struct slice literal, int node)
{
    if (literal.len > LITERAL)
        return NULL;
    char padded[LITERAL] = {0};
    memcpy(padded, literal.ptr, literal.len);
    unsigned hash = (unsigned)literal.len * 31U + (unsigned)node;
    for (size_t i = 0; i < literal.len; i++)
        hash = hash * 31U + (unsigned char)literal.ptr[i];
    uint16_t *bucket = &s->bucket[hash % BUCKETS];
    for (uint16_t n = *bucket; n; n = s->learned[n].chain) {
        struct learned *l = &s->learned[n];
        if (l->len == literal.len && same_literal(l, padded, node))
            return l;
    }
    if (s->learned_count == LEARNED)
        return NULL;
    struct learned *l = &s->learned[s->learned_count];
    *l = (struct learned){.len = (uint16_t)literal.len,
                          .node = (int16_t)node,
                          .slot = (int16_t)s->slot,
                          .child = (int16_t)s->child,
                          .group = group_of(s->slot),
                          .chain = *bucket,
                          .next = {s->learned, s->learned}};
    memcpy(l->literal, padded, sizeof padded);
    memset(l->behind + literal.len, 0xFF, LITERAL - literal.len);
    *bucket = s->learned_count++;
    return l;
}

/* Notes the literal from `start` up to the value at `p`, and that it came behind the last one. */
static void note(struct json_scanner *s, const char *start, const char *p, int node)
{
    if (!s->last)
        return;
    struct learned *l = learn(s, slice_of(start, (size_t)(p - start)), node);
    if (!l)
        return;
    s->last->next[s->last->next[0] != s->learned] = l;
    s->last = l;
}

/* ---- containers ---- */

/* The name of a member and its colon, up to its value; `p` stands behind the brace or comma at
 * `start`. */
static const char *scan_key(struct json_scanner *s, const char *start, const char *p, int node)
{
    struct json_value key;
    p = skip_space(p, s->end);
    if (!is(s, p, '"'))
        return bad(s, p, "has no name where the name of a member belongs");
    p = scan_string(s, p, &key);
    if (!p)
        return NULL;
    p = skip_space(p, s->end);
    if (!is(s, p, ':'))
        return bad(s, p, "has no colon behind the name of a member");
    p = skip_space(p + 1, s->end);
    const struct json_member *member = member_of(s, node, &key);
    enter_member(s, member ? member->slot : JSON_NONE, member ? member->child : JSON_NONE);
    note(s, start, p, node);
    return p;
}

static const char *pop(struct json_scanner *s, const char *p)
{
    const struct frame *top = &s->frames[--s->depth];
    p++;
    if (top->slot != JSON_NONE)
        put_value(s, top->slot,
                  (struct json_value){.ptr = top->start,
                                      .len = (uint32_t)(p - top->start),
                                      .type = top->node == LIST ? JSON_ARRAY : JSON_OBJECT});
    return p;
}

/* Whether what the name of `l` found before has to be cleared first. */
static inline bool repeated(const struct json_scanner *s, const struct learned *l)
{
    return l->child != JSON_NONE &&
           (l->slot == JSON_NONE || s->values[l->slot].type != JSON_ABSENT);
}

/* Whether the value of `l`, at `value`, is an object that begins with the name expected and a
 * string: then that is opened, and its name returned. NULL otherwise, with nothing done. */
static struct learned *open_expected(struct json_scanner *s, const struct learned *l,
                                     const char *value)
{
    if (*value != '{' || s->depth == JSON_MAX_DEPTH)
        return NULL;
    struct learned *first = next_literal(l, value, l->child);
    if (!first || repeated(s, first) || first->len >= s->end - value ||
        value[first->len] != '"')
        return NULL;
    s->frames[s->depth++] = (struct frame){.start = value, .node = l->child, .slot = l->slot};
    s->last = first;
    return first;
}

/* Closes objects from `p` on, as long as they stand in others. */
static const char *close_objects(struct json_scanner *s, const char *p)
{
    while (s->depth > 1 && is(s, p, '}') && s->frames[s->depth - 1].node != LIST)
        p = pop(s, p);
    return p;
}

/* Leaves the value of `l`, whose literal stands at `p`, to the long way; where the text ends before
 * that value, the name, too. */
static const char *value_of(struct json_scanner *s, struct learned *last, const struct learned *l,
                            const char *p, bool *pending)
{
    if (l->len >= s->end - p) {
        s->last = last;
        return p;
    }
    s->slot = l->slot;
    s->child = l->child;
    *pending = true;
    return skip_space(p + l->len, s->end);
}

/* From where on there may be too little left to look at two literals and a string in blocks. */
static inline const char *too_late(const struct json_scanner *s)
{
    enum { NEEDED = 2 * LITERAL };
    return s->limit - s->text > NEEDED ? s->limit - NEEDED : s->text;
}

/* Runs over what was expected: members that are plain strings, and objects of such. `p` stands on
 * the comma or brace before a name. Where it ends up nothing has been looked at yet: `*pending`
 * says that a value belongs there, which is the one of the last name; else it is behind a value.
 * `p` itself when not even the first name is the one expected. */
static const char *run(struct json_scanner *s, const char *p, bool *pending)
{
    const char *const late = too_late(s);
    const char *const before_end = s->end - 1;
    int node = s->frames[s->depth - 1].node;
    *pending = false;
    while (p < late) {
        struct learned *last = s->last;
        struct learned *l = next_literal(last, p, node);
        if (!l || repeated(s, l))
            break;
        s->last = l;
        const char *value = p + l->len;
        if (*value != '"') {
            struct learned *first = value < late ? open_expected(s, l, value) : NULL;
            if (!first)
                return value_of(s, last, l, p, pending);
            node = l->child;
            last = l;
            l = first;
            p = value;
            value += l->len;
        }
        const char *start = value + 1;
        const char *quote = bytes_plain_end16(start, s->limit);
        if (quote >= before_end || *quote != '"')
            return value_of(s, last, l, p, pending);
        if (l->slot != JSON_NONE)
            s->values[l->slot] = (struct json_value){.ptr = start,
                                                     .len = (uint32_t)(quote - start),
                                                     .type = JSON_STRING,
                                                     .plain = true};
        s->filled |= l->group;
        p = quote + 1;
        if (*p == ',')
            continue;
        p = close_objects(s, p);
        node = s->frames[s->depth - 1].node;
        if (!is(s, p, ',') || node == LIST)
            break;
    }
    return p;
}

/* An opening bracket: up to the first element, or behind an empty container. */
static inline const char *scan_open(struct json_scanner *s, const char *p, bool *opened)
{
    bool list = *p == '[';
    int node = list ? LIST : s->child;
    if (s->depth == JSON_MAX_DEPTH)
        return bad(s, p, "is nested deeper than 512 levels");
    s->frames[s->depth++] =
        (struct frame){.start = p, .node = (int16_t)node, .slot = (int16_t)s->slot};
    const char *first = list || !s->last ? p : run(s, p, opened);
    if (first != p)
        return first;
    *opened = true;
    first = skip_space(p + 1, s->end);
    if (is(s, first, list ? ']' : '}')) {
        *opened = false;
        return pop(s, first);
    }
    s->slot = s->child = JSON_NONE;
    return list ? first : scan_key(s, p, p + 1, node);
}

/* One value up to its end, or, for a container with something in it, up to its first element. */
static inline const char *scan_value(struct json_scanner *s, const char *p, bool *opened)
{
    struct json_value value;
    *opened = false;
    if (p == s->end)
        return bad(s, p, "ends where a value belongs");
    if (*p == '"')
        p = scan_string(s, p, &value);
    else if (*p == '{' || *p == '[')
        return scan_open(s, p, opened);
    else
        p = scan_other(s, p, &value);
    if (p && s->slot != JSON_NONE)
        put_value(s, s->slot, value);
    return p;
}

/* Passes elements that are plain strings, from the comma at `p` to the one before an element that
 * is not, or that is the last. */
static inline const char *run_list(const struct json_scanner *s, const char *p)
{
    while (s->limit - p > 2 && p[1] == '"') {
        const char *start = p + 2;
        const char *quote = bytes_plain_end(start, s->limit);
        if (s->end - quote <= 1 || quote[0] != '"' || quote[1] != ',')
            break;
        p = quote + 1;
    }
    return p;
}

/* Behind a value: a comma and the next element, or closing brackets. `done` at the end of the
 * outermost value. */
static inline const char *scan_after(struct json_scanner *s, const char *p, bool *done)
{
    bool pending = false;
    while (s->depth > 0) {
        int node = s->frames[s->depth - 1].node;
        p = skip_space(p, s->end);
        if (is(s, p, ',')) {
            s->slot = s->child = JSON_NONE;
            if (node == LIST)
                return skip_space(run_list(s, p) + 1, s->end);
            const char *next = s->last ? run(s, p, &pending) : p;
            if (next == p)
                return scan_key(s, p, p + 1, node);
            p = next;
            if (pending)
                return p;
            continue;
        }
        if (!is(s, p, node == LIST ? ']' : '}'))
            return bad(s, p, node == LIST ? "has neither a comma nor a ] behind an element"
                                          : "has neither a comma nor a } behind a member");
        p = pop(s, p);
    }
    *done = true;
    return p;
}

static bool scan(struct json_scanner *s, struct slice text, const char *limit,
                 struct json_error *error)
{
    s->text = text.ptr;
    s->end = text.ptr + text.len;
    s->limit = limit;
    s->error = error;
    s->depth = 0;
    s->slot = JSON_NONE;
    s->child = s->schema ? JSON_ROOT : JSON_NONE;
    s->last = s->learned;
    const char *p = skip_space(text.ptr, s->end);
    bool done = false;
    while (!done) {
        bool opened;
        p = scan_value(s, p, &opened);
        if (p && !opened)
            p = scan_after(s, p, &done);
        if (!p)
            return false;
    }
    p = skip_space(p, s->end);
    return p == s->end || bad(s, p, "has something behind its end");
}

bool json_scan(struct json_scanner *s, struct slice text, const char *limit,
               struct json_error *error)
{
    clear_values(s);
    return scan(s, text, limit, error);
}

bool json_check(struct slice text, struct json_error *error)
{
    struct json_scanner s;
    s.schema = NULL;
    s.values = NULL;
    s.learned = NULL;
    return scan(&s, text, text.ptr + text.len, error);
}
