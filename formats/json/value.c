/* Reading values of text that json_scan has accepted. */
#include "formats/json/scan.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"
#include "formats/json/escape.h"

size_t json_short_name(struct slice raw, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '\\') {
            i++;
            c = (char)(i < raw.len ? raw.ptr[i] : '\0');
            if (c == 'u') {
                int32_t unit = json_unit_at(raw.ptr + i + 1, raw.len - i - 1);
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

/* Behind the string at `at`, on its opening quote. */
static size_t skip_string(const char *text, size_t at, size_t len)
{
    at++;
    for (;;) {
        at += bytes_find2(text + at, len - at, '"', '\\');
        if (text[at] == '"')
            return at + 1;
        at += 2;
    }
}

/* Behind the value at `at` in text that is known to be valid. */
static size_t skip_valid(const char *text, size_t at, size_t len)
{
    size_t depth = 0;
    do {
        char c = text[at];
        if (c == '"') {
            at = skip_string(text, at, len);
            continue;
        }
        at++;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
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

/* The value at `at` of a container's text, which is moved behind it. */
static struct json_value value_at(const struct json_value *container, size_t *at)
{
    const char *text = container->ptr;
    size_t start = *at;
    enum json_type type = type_at(text[start]);
    bool string = type == JSON_STRING;
    size_t end = start;
    if (string || type == JSON_OBJECT || type == JSON_ARRAY) {
        end = skip_valid(text, start, container->len);
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
    *element = value_at(list, at);
    return true;
}

size_t json_list_plain(const struct json_value *list, size_t *at, struct slice *strings,
                       size_t room)
{
    size_t count = 0;
    size_t next = skip_between(list->ptr, *at ? *at : 1);
    while (count < room && list->ptr[next] == '"') {
        const char *text = list->ptr + next + 1;
        size_t len = (size_t)(bytes_plain_end(text, list->ptr + list->len) - text);
        if (text[len] != '"')
            break;
        strings[count++] = slice_of(text, len);
        next += len + 2;
        if (list->ptr[next] == ',')
            next++;
        if (list->ptr[next] != '"')
            next = skip_between(list->ptr, next);
    }
    *at = next;
    return count;
}

bool json_member_next(const struct json_value *object, size_t *at, struct json_value *name,
                      struct json_value *value)
{
    *at = skip_between(object->ptr, *at ? *at : 1);
    if (object->ptr[*at] == '}')
        return false;
    *name = value_at(object, at);
    *at = skip_between(object->ptr, *at);
    *value = value_at(object, at);
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
    int32_t unit = json_unit_at(at + 2, rest - 2);
    if (!json_high_surrogate(unit)) {
        *written = utf8_encode((uint32_t)unit, out);
        return 6;
    }
    int32_t low = json_unit_at(at + 8, rest - 8);
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
