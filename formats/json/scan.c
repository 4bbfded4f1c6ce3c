/* One loop over the tokens of a value, with an explicit stack of the open containers: depth is
 * bounded by JSON_MAX_DEPTH and never by the C stack.
 *
 *   text -> token -> [ frame: which container, where in the schema, where its value goes ]
 *
 * A schema is a tree of nodes; a node knows the names of its members by a table of 64 buckets.
 * Slots are given out so that all slots below a container follow its own: when a key comes a
 * second time, what the first one had found below is cleared with one memset.
 */
#include "formats/json/scan.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"

#include <stdlib.h>

enum { BUCKETS = 64, NONE = -1, MAX_NAME = 64, MAX_BELOW = 192 };

struct member {
    char *name;
    size_t len;
    int slot;  /* NONE when only something below is wanted */
    int child; /* node, or NONE */
    int next;  /* next member in the same bucket, or NONE */
};

struct node {
    int bucket[BUCKETS];
    int slots[MAX_BELOW]; /* the slots anywhere below, to clear for a repeated key */
    int slot_count;
};

struct json_schema {
    struct node *nodes;
    size_t node_count;
    struct member *members;
    size_t member_count;
    size_t slot_count;
};

static unsigned bucket_of(const char *name, size_t len)
{
    if (len == 0)
        return 0;
    unsigned first = (unsigned char)name[0];
    unsigned last = (unsigned char)name[len - 1];
    return (unsigned)(first * 7U + last * 3U + (unsigned)len * 11U) % BUCKETS;
}

static int node_new(struct json_schema *schema)
{
    struct node *nodes = realloc(schema->nodes, (schema->node_count + 1) * sizeof *nodes);
    if (!nodes)
        return NONE;
    schema->nodes = nodes;
    struct node *node = &nodes[schema->node_count];
    *node = (struct node){.slot_count = 0};
    for (size_t i = 0; i < BUCKETS; i++)
        node->bucket[i] = NONE;
    return (int)schema->node_count++;
}

struct json_schema *json_schema_new(void)
{
    struct json_schema *schema = calloc(1, sizeof *schema);
    if (schema && node_new(schema) == NONE) {
        json_schema_free(schema);
        return NULL;
    }
    return schema;
}

void json_schema_free(struct json_schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->member_count; i++)
        free(schema->members[i].name);
    free(schema->members);
    free(schema->nodes);
    free(schema);
}

size_t json_schema_slots(const struct json_schema *schema)
{
    return schema->slot_count;
}

/* Whether two names of the same length are equal: by two loads that overlap instead of a call. */
static inline bool same_name(const char *a, const char *b, size_t len)
{
    uint64_t x[2];
    uint64_t y[2];
    uint32_t v[2];
    uint32_t w[2];
    if (len > 16 || len < 4)
        return memcmp(a, b, len) == 0;
    if (len >= 8) {
        memcpy(&x[0], a, 8);
        memcpy(&y[0], b, 8);
        memcpy(&x[1], a + len - 8, 8);
        memcpy(&y[1], b + len - 8, 8);
        return x[0] == y[0] && x[1] == y[1];
    }
    memcpy(&v[0], a, 4);
    memcpy(&w[0], b, 4);
    memcpy(&v[1], a + len - 4, 4);
    memcpy(&w[1], b + len - 4, 4);
    return v[0] == w[0] && v[1] == w[1];
}

static int find_member(const struct json_schema *schema, int node, const char *name, size_t len)
{
    int m = schema->nodes[node].bucket[bucket_of(name, len)];
    while (m != NONE) {
        const struct member *member = &schema->members[m];
        if (member->len == len && same_name(member->name, name, len))
            return m;
        m = member->next;
    }
    return NONE;
}

static int add_member(struct json_schema *schema, int node, const char *name, size_t len)
{
    struct member *members =
        realloc(schema->members, (schema->member_count + 1) * sizeof *members);
    if (!members)
        return NONE;
    schema->members = members;
    char *copy = malloc(len + 1);
    if (!copy)
        return NONE;
    memcpy(copy, name, len);
    copy[len] = '\0';
    int *bucket = &schema->nodes[node].bucket[bucket_of(name, len)];
    members[schema->member_count] =
        (struct member){.name = copy, .len = len, .slot = NONE, .child = NONE, .next = *bucket};
    *bucket = (int)schema->member_count;
    return (int)schema->member_count++;
}

/* The member `name` of `node`, made when missing. */
static int want_member(struct json_schema *schema, int node, const char *name, size_t len)
{
    int m = find_member(schema, node, name, len);
    return m == NONE ? add_member(schema, node, name, len) : m;
}

static int want_child(struct json_schema *schema, int m)
{
    if (schema->members[m].child == NONE)
        schema->members[m].child = node_new(schema);
    return schema->members[m].child;
}

int json_schema_want(struct json_schema *schema, const char *path)
{
    int above[8]; /* the nodes below which the new slot will stand */
    int depth = 0;
    int node = 0;
    for (;;) {
        size_t len = strcspn(path, ".");
        int m = want_member(schema, node, path, len);
        if (m == NONE)
            return NONE;
        if (path[len] == '\0') {
            if (schema->members[m].slot != NONE)
                return schema->members[m].slot;
            schema->members[m].slot = (int)schema->slot_count;
            break;
        }
        node = want_child(schema, m);
        if (node == NONE || depth == 8)
            return NONE;
        above[depth++] = node;
        path += len + 1;
    }
    for (int i = 0; i < depth; i++) {
        struct node *n = &schema->nodes[above[i]];
        if (n->slot_count == MAX_BELOW)
            return NONE;
        n->slots[n->slot_count++] = (int)schema->slot_count;
    }
    return (int)schema->slot_count++;
}

/* ---- scanning ---- */

/* The cursor `p` travels through the functions as an argument and a result, so that it stays in a
 * register; NULL says that the text is bad, which s->error then explains. */

struct frame {
    bool array;
    int node;          /* of the schema, or NONE: nothing below is wanted */
    int slot;          /* where the finished container goes, or NONE */
    const char *start; /* its opening bracket */
};

struct scan {
    const struct json_schema *schema;
    struct json_value *values;
    const char *text;
    const char *end;
    struct json_error *error;
    size_t depth;
    int slot;  /* where the value that comes next goes */
    int child; /* its node, should it be an object */
    struct frame frames[JSON_MAX_DEPTH];
};

static const char *bad(struct scan *s, const char *p, const char *reason)
{
    s->error->reason = reason;
    s->error->at = (size_t)(p - s->text);
    return NULL;
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && json_space(*p))
        p++;
    return p;
}

static inline bool is(const struct scan *s, const char *p, char c)
{
    return p < s->end && *p == c;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = ascii_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The four digits behind `\u`; -1 when they are not there. */
static int32_t unit_at(const char *at, size_t rest)
{
    if (rest < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* `p` stands on the u of an escape; behind it, and behind the second half of a pair. */
static const char *scan_unicode_escape(struct scan *s, const char *p)
{
    int32_t unit = unit_at(p + 1, (size_t)(s->end - p) - 1);
    if (unit < 0)
        return bad(s, p, "has a \\u that is not followed by four hexadecimal digits");
    p += 5;
    if (low_surrogate(unit))
        return bad(s, p, "has half a surrogate pair");
    if (!high_surrogate(unit))
        return p;
    size_t rest = (size_t)(s->end - p);
    bool escape = rest >= 6 && p[0] == '\\' && p[1] == 'u';
    if (!escape || !low_surrogate(unit_at(p + 2, rest - 2)))
        return bad(s, p, "has half a surrogate pair");
    return p + 6;
}

static const char *scan_escape(struct scan *s, const char *p)
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
static const char *scan_unplain(struct scan *s, const char *p, struct json_value *value)
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

/* `p` stands on the opening quote; behind the closing one. */
static inline const char *scan_string(struct scan *s, const char *p, struct json_value *value)
{
    const char *start = p + 1;
    p = start + bytes_plain(start, (size_t)(s->end - start));
    value->type = JSON_STRING;
    value->plain = true;
    value->escaped = false;
    while (!is(s, p, '"')) {
        p = scan_unplain(s, p, value);
        if (!p)
            return NULL;
        p += bytes_plain(p, (size_t)(s->end - p));
    }
    value->ptr = start;
    value->len = (uint32_t)(p - start);
    return p + 1;
}

static const char *skip_digits(const struct scan *s, const char *p)
{
    while (p < s->end && ascii_digit(*p))
        p++;
    return p;
}

/* At least one digit; NULL for none. */
static const char *scan_digits(struct scan *s, const char *p)
{
    const char *end = skip_digits(s, p);
    return end > p ? end : bad(s, p, "has a number that JSON does not allow");
}

static const char *scan_number(struct scan *s, const char *p)
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

static const char *scan_word(struct scan *s, const char *p, struct slice word)
{
    if ((size_t)(s->end - p) < word.len || memcmp(p, word.ptr, word.len) != 0)
        return bad(s, p, "has a word that JSON does not know");
    return p + word.len;
}

/* A number or a word. */
static const char *scan_other(struct scan *s, const char *p, struct json_value *value)
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

size_t json_short_name(struct slice raw, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '\\') {
            i++;
            c = (char)(i < raw.len ? raw.ptr[i] : '\0');
            if (c == 'u') {
                int32_t unit = unit_at(raw.ptr + i + 1, raw.len - i - 1);
                if (unit <= 0 || unit > 0x7E)
                    return 0;
                c = (char)(unsigned char)unit;
                i += 4;
            } else if (c != '/' && c != '"' && c != '\\') {
                return 0;
            }
        }
        if (len == size)
            return 0;
        out[len++] = c;
    }
    return len;
}

/* Which member of the schema the key names, NONE for none. */
static int member_of(const struct scan *s, int node, const struct json_value *key)
{
    if (!key->escaped)
        return find_member(s->schema, node, key->ptr, key->len);
    char name[MAX_NAME];
    size_t len = json_short_name(slice_of(key->ptr, key->len), name, sizeof name);
    return len ? find_member(s->schema, node, name, len) : NONE;
}

/* Prepares `slot` and `child` for the value behind a key. What an earlier key of the same name
 * left below is cleared. */
static inline void enter_member(struct scan *s, int node, const struct json_value *key)
{
    s->slot = s->child = NONE;
    if (node == NONE)
        return;
    int m = member_of(s, node, key);
    if (m == NONE)
        return;
    const struct member *member = &s->schema->members[m];
    s->slot = member->slot;
    s->child = member->child;
    bool first = s->slot != NONE && s->values[s->slot].type == JSON_ABSENT;
    if (s->child == NONE || first)
        return;
    const struct node *below = &s->schema->nodes[s->child];
    for (int i = 0; i < below->slot_count; i++)
        s->values[below->slots[i]].type = JSON_ABSENT;
}

/* The name of a member and its colon; `p` stands where the name belongs. */
static inline const char *scan_key(struct scan *s, const char *p)
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
    enter_member(s, s->frames[s->depth - 1].node, &key);
    return p + 1;
}

static const char *pop(struct scan *s, const char *p)
{
    const struct frame *top = &s->frames[--s->depth];
    p++;
    if (top->slot != NONE)
        s->values[top->slot] = (struct json_value){.ptr = top->start,
                                                   .len = (uint32_t)(p - top->start),
                                                   .type = top->array ? JSON_ARRAY : JSON_OBJECT};
    return p;
}

/* An opening bracket: up to the first element, or behind an empty container. */
static const char *scan_open(struct scan *s, const char *p, bool *opened)
{
    bool array = *p == '[';
    if (s->depth == JSON_MAX_DEPTH)
        return bad(s, p, "is nested deeper than 512 levels");
    s->frames[s->depth++] = (struct frame){
        .array = array, .node = array ? NONE : s->child, .slot = s->slot, .start = p};
    p = skip_space(p + 1, s->end);
    if (is(s, p, array ? ']' : '}'))
        return pop(s, p);
    *opened = true;
    s->slot = s->child = NONE;
    return array ? p : scan_key(s, p);
}

/* One value up to its end, or, for a container with something in it, up to its first element. */
static inline const char *scan_value(struct scan *s, const char *p, bool *opened)
{
    struct json_value value;
    *opened = false;
    p = skip_space(p, s->end);
    if (p == s->end)
        return bad(s, p, "ends where a value belongs");
    if (*p == '{' || *p == '[')
        return scan_open(s, p, opened);
    p = *p == '"' ? scan_string(s, p, &value) : scan_other(s, p, &value);
    if (p && s->slot != NONE)
        s->values[s->slot] = value;
    return p;
}

/* Behind a value: a comma and the next element, or closing brackets. `done` at the end of the
 * outermost value. */
static inline const char *scan_after(struct scan *s, const char *p, bool *done)
{
    while (s->depth > 0) {
        bool array = s->frames[s->depth - 1].array;
        p = skip_space(p, s->end);
        if (is(s, p, ',')) {
            s->slot = s->child = NONE;
            return array ? p + 1 : scan_key(s, p + 1);
        }
        if (!is(s, p, array ? ']' : '}'))
            return bad(s, p, array ? "has neither a comma nor a ] behind an element"
                                   : "has neither a comma nor a } behind a member");
        p = pop(s, p);
    }
    *done = true;
    return p;
}

bool json_scan(const struct json_schema *schema, struct slice text, struct json_value *values,
               struct json_error *error)
{
    struct scan s;
    s.schema = schema;
    s.values = values;
    s.text = text.ptr;
    s.end = text.ptr + text.len;
    s.error = error;
    s.depth = 0;
    s.slot = NONE;
    s.child = schema ? 0 : NONE;
    for (size_t i = 0; schema && i < schema->slot_count; i++)
        values[i].type = JSON_ABSENT;
    const char *p = text.ptr;
    bool done = false;
    while (!done) {
        bool opened;
        p = scan_value(&s, p, &opened);
        if (p && !opened)
            p = scan_after(&s, p, &done);
        if (!p)
            return false;
    }
    p = skip_space(p, s.end);
    return p == s.end || bad(&s, p, "has something behind its end");
}

/* ---- reading what was found ---- */

/* Behind the value at `at` in text that is known to be valid. */
static size_t skip_valid(const char *text, size_t at)
{
    size_t depth = 0;
    do {
        char c = text[at++];
        if (c == '"') {
            while (text[at] != '"')
                at += text[at] == '\\' ? 2 : 1;
            at++;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    } while (depth > 0);
    return at;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static enum json_type type_at(char c)
{
    switch (c) {
    case '"': return JSON_STRING;
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case 'n': return JSON_NULL;
    case 't':
    case 'f': return JSON_BOOL;
    default: return JSON_NUMBER;
    }
}

static size_t skip_between(const char *text, size_t at)
{
    while (text[at] == ',' || text[at] == ':' || text[at] == ' ' || text[at] == '\n' ||
           text[at] == '\r' || text[at] == '\t')
        at++;
    return at;
}

/* The value at `at`, which is moved behind it. */
static struct json_value value_at(const char *text, size_t *at)
{
    size_t start = *at;
    enum json_type type = type_at(text[start]);
    bool string = type == JSON_STRING;
    size_t end = start;
    if (string || type == JSON_OBJECT || type == JSON_ARRAY) {
        end = skip_valid(text, start);
    } else {
        while (!ends_scalar(text[end]))
            end++;
    }
    *at = end;
    size_t len = end - start - (string ? 2 : 0);
    const char *ptr = text + start + (string ? 1 : 0);
    return (struct json_value){.ptr = ptr,
                               .len = (uint32_t)len,
                               .type = (uint8_t)type,
                               .escaped = string && memchr(ptr, '\\', len)};
}

bool json_list_next(const struct json_value *list, size_t *at, struct json_value *element)
{
    *at = skip_between(list->ptr, *at ? *at : 1);
    if (list->ptr[*at] == ']')
        return false;
    *element = value_at(list->ptr, at);
    return true;
}

bool json_member_next(const struct json_value *object, size_t *at, struct json_value *name,
                      struct json_value *value)
{
    *at = skip_between(object->ptr, *at ? *at : 1);
    if (object->ptr[*at] == '}')
        return false;
    *name = value_at(object->ptr, at);
    *at = skip_between(object->ptr, *at);
    *value = value_at(object->ptr, at);
    return true;
}

/* Decodes the escape at `at` (on the backslash) to `out`; the bytes read, `*written` those
 * written. An escape is always longer than its UTF-8 form, so out never overtakes. */
static size_t decode_escape(const char *at, size_t rest, char *out, size_t *written)
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    *written = 1;
    if (at[1] != 'u') {
        const char *name = strchr(names, at[1]);
        out[0] = (char)(name ? bytes[name - names] : at[1]);
        return 2;
    }
    int32_t unit = unit_at(at + 2, rest - 2);
    if (!high_surrogate(unit)) {
        *written = utf8_encode((uint32_t)unit, out);
        return 6;
    }
    int32_t low = unit_at(at + 8, rest - 8);
    uint32_t code = 0x10000U + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    *written = utf8_encode(code, out);
    return 12;
}

struct slice json_decode(const struct json_value *value, char *out)
{
    size_t to = 0;
    size_t at = 0;
    while (at < value->len) {
        if (value->ptr[at] != '\\') {
            out[to++] = value->ptr[at++];
            continue;
        }
        size_t written;
        at += decode_escape(value->ptr + at, value->len - at, out + to, &written);
        to += written;
    }
    return slice_of(out, to);
}

static struct slice decode_string(const struct json_value *value, struct arena *arena)
{
    char *out = arena_bytes(arena, value->len);
    return out ? json_decode(value, out) : SLICE_ABSENT;
}

struct slice json_scalar(const struct json_value *value, struct arena *arena)
{
    switch ((enum json_type)value->type) {
    case JSON_STRING:
        return value->escaped ? decode_string(value, arena) : slice_of(value->ptr, value->len);
    case JSON_NUMBER:
    case JSON_BOOL: return slice_of(value->ptr, value->len);
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    return SLICE_ABSENT;
}
