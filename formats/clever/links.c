#include "formats/clever/links.h"

/* The few members of interest of an object that json_scan has accepted: small enough to walk. */
static struct json_value member(const struct json_value *object, const char *name)
{
    struct json_value found = {.type = JSON_ABSENT};
    if (object->type != JSON_OBJECT)
        return found;
    struct json_value key;
    struct json_value value;
    size_t at = 0;
    while (json_member_next(object, &at, &key, &value)) {
        char text[16];
        size_t len = json_short_name(slice_of(key.ptr, key.len), text, sizeof text);
        if (slice_is(slice_of(text, len), name))
            found = value;
    }
    return found;
}

struct clever_links clever_links_of(const struct json_value *links, struct arena *arena)
{
    struct clever_links found = {SLICE_ABSENT, SLICE_ABSENT};
    if (links->type != JSON_ARRAY)
        return found;
    struct json_value link;
    size_t at = 0;
    while (json_list_next(links, &at, &link)) {
        struct json_value rel = member(&link, "rel");
        struct json_value uri = member(&link, "uri");
        if (rel.type != JSON_STRING || uri.type != JSON_STRING)
            continue;
        char name[16];
        struct slice kind = slice_of(
            name, json_short_name(slice_of(rel.ptr, rel.len), name, sizeof name));
        if (slice_is(kind, "self"))
            found.self = json_scalar(&uri, arena);
        else if (slice_is(kind, "next"))
            found.next = json_scalar(&uri, arena);
    }
    return found;
}

/* A whole number in a number or a string; -1 for anything else. */
static int64_t number_of(const struct json_value *value)
{
    int64_t number = 0;
    if ((value->type != JSON_NUMBER && value->type != JSON_STRING) || value->len == 0 ||
        value->len > 15)
        return -1;
    for (size_t i = 0; i < value->len; i++) {
        if (!ascii_digit(value->ptr[i]))
            return -1;
        number = number * 10 + (value->ptr[i] - '0');
    }
    return number;
}

static bool last_page(const struct json_value *paging)
{
    struct json_value current = member(paging, "current");
    struct json_value total = member(paging, "total");
    int64_t at = number_of(&current);
    int64_t of = number_of(&total);
    return at >= 0 && of >= 0 && at >= of;
}

bool clever_around(struct slice members, struct arena *arena, struct clever_around *around,
                   struct json_error *error)
{
    *around = (struct clever_around){.has_links = false};
    char *text = arena_bytes(arena, members.len + 2);
    if (!text) {
        *error = (struct json_error){"is too large for the memory", 0};
        return false;
    }
    text[0] = '{';
    memcpy(text + 1, members.ptr, members.len);
    text[members.len + 1] = '}';
    struct slice object = slice_of(text, members.len + 2);
    if (!json_check(object, error))
        return false;
    struct json_value all = {.ptr = object.ptr, .len = (uint32_t)object.len, .type = JSON_OBJECT};
    struct json_value links = member(&all, "links");
    struct json_value paging = member(&all, "paging");
    around->has_links = links.type != JSON_ABSENT;
    around->links = clever_links_of(&links, arena);
    around->last_page = last_page(&paging);
    around->second_data = member(&all, "data").type != JSON_ABSENT;
    return true;
}

static struct slice without_host(struct slice uri)
{
    size_t first = slice_find(uri, '/'); /* the one of "https://", or the path's */
    for (size_t i = 0; i < first && i + 2 < uri.len; i++) {
        if (memcmp(uri.ptr + i, "://", 3) != 0)
            continue;
        struct slice rest = slice_of(uri.ptr + i + 3, uri.len - i - 3);
        size_t path = slice_find(rest, '/');
        return slice_of(rest.ptr + path, rest.len - path);
    }
    return uri;
}

const char *const clever_versions[CLEVER_VERSIONS] = {"1.1", "1.2", "2.0", "2.1", "3.0", "3.1"};

unsigned clever_version_of(struct slice uri)
{
    struct slice path = without_host(uri);
    if (!slice_starts(path, SLICE_LITERAL("/v")))
        return 0;
    struct slice rest = slice_of(path.ptr + 2, path.len - 2);
    struct slice version = slice_of(rest.ptr, slice_find(rest, '/'));
    for (unsigned i = 0; i < CLEVER_VERSIONS; i++)
        if (slice_is(version, clever_versions[i]))
            return 1U << i;
    return 0;
}

static int compare_bytes(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Takes the first parameter off a query. */
static struct slice next_parameter(struct slice *query)
{
    size_t len = slice_find(*query, '&');
    struct slice parameter = slice_of(query->ptr, len);
    size_t used = len < query->len ? len + 1 : len;
    query->ptr += used;
    query->len -= used;
    return parameter;
}

/* The smallest parameter that comes after `last` in sorted order; equal ones are told apart by
 * where they stand. Queries have a handful of parameters, so sorting is selecting. */
static struct slice following(struct slice query, struct slice last)
{
    struct slice best = SLICE_ABSENT;
    while (query.len) {
        struct slice p = next_parameter(&query);
        int order = last.ptr ? compare_bytes(p, last) : 1;
        bool after = order > 0 || (order == 0 && p.ptr > last.ptr);
        if (after && (!best.ptr || compare_bytes(p, best) < 0))
            best = p;
    }
    return best;
}

struct slice clever_canonical_link(struct slice uri, struct arena *arena)
{
    struct slice path = without_host(uri);
    size_t mark = slice_find(path, '?');
    if (mark == path.len)
        return arena_copy(arena, path);
    struct slice query = slice_of(path.ptr + mark + 1, path.len - mark - 1);
    char *out = arena_bytes(arena, path.len + 1);
    if (!out)
        return SLICE_ABSENT;
    memcpy(out, path.ptr, mark);
    size_t len = mark;
    struct slice p = following(query, SLICE_ABSENT);
    while (p.ptr) {
        out[len] = len == mark ? '?' : '&';
        memcpy(out + len + 1, p.ptr, p.len);
        len += p.len + 1;
        p = following(query, p);
    }
    return slice_of(out, len);
}
