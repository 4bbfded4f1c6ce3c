#include "formats/base/utf8.h"

#include "formats/base/bytes.h"

static bool continuation(const unsigned char *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((at[i] & 0xC0) != 0x80)
            return false;
    return true;
}

/* What the first byte of a sequence promises: its length, and the range of the second byte, which
 * keeps out overlong forms, surrogates and what lies above U+10FFFF (RFC 3629, section 4). */
struct lead {
    unsigned char first;
    unsigned char last;
    unsigned char len;
    unsigned char low;
    unsigned char high;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

size_t utf8_sequence(const char *at, size_t len)
{
    const unsigned char *u = (const unsigned char *)at;
    if (u[0] < 0x80)
        return 1;
    const struct lead *lead = leads;
    const struct lead *end = leads + sizeof leads / sizeof *leads;
    while (lead < end && (u[0] < lead->first || u[0] > lead->last))
        lead++;
    if (lead == end || len < lead->len || u[1] < lead->low || u[1] > lead->high)
        return 0;
    return continuation(u + 2, lead->len - 2U) ? lead->len : 0;
}

uint32_t utf8_decode(const char *at, size_t len)
{
    const unsigned char *u = (const unsigned char *)at;
    if (len == 1)
        return u[0];
    uint32_t code = u[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (u[i] & 0x3F);
    return code;
}

size_t utf8_encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00U >> len & 0xFF) | code);
    return len;
}

size_t utf8_length(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

struct slice utf8_clip(struct slice text, size_t count)
{
    size_t i = 0;
    while (i < text.len) {
        if (((unsigned char)text.ptr[i] & 0xC0) != 0x80 && count-- == 0)
            break;
        i++;
    }
    return slice_of(text.ptr, i);
}

bool utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029;
}

void utf8_put_visible(struct buf *out, struct slice text, size_t limit)
{
    size_t most = text.len < limit ? text.len : limit;
    size_t at = 0;
    if (bytes_printable(text.ptr, most)) { /* as nearly all is */
        buf_put(out, text.ptr, most);
        return;
    }
    for (size_t count = 0; at < text.len && count < limit; count++) {
        size_t len = utf8_sequence(text.ptr + at, text.len - at);
        if (len == 0 || utf8_is_control(utf8_decode(text.ptr + at, len)))
            buf_put_text(out, "\xEF\xBF\xBD");
        else
            buf_put(out, text.ptr + at, len);
        at += len ? len : 1;
    }
}

void utf8_mask(char *text)
{
    size_t rest = strlen(text);
    while (rest > 0) {
        size_t len = utf8_sequence(text, rest);
        size_t step = len ? len : 1;
        if (len == 0 || utf8_is_control(utf8_decode(text, len)))
            memset(text, '?', step);
        text += step;
        rest -= step;
    }
}
