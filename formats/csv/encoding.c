#include "formats/csv/encoding.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"

#include <stdlib.h>

/* What the C library's iconv could do too; but a program without shared libraries would look for
 * that one's tables in files that another system does not have. */
enum { HIGH = 0x80, LATIN = 0xA0, NOT_VALID = 0 };

/* windows-1252 from 0x80 to 0x9F; everything else is as in ISO-8859-1: the code point itself. */
static const uint16_t windows_1252[LATIN - HIGH] = {
    0x20AC,    NOT_VALID, 0x201A, 0x0192, 0x201E, 0x2026,    0x2020, 0x2021,
    0x02C6,    0x2030,    0x0160, 0x2039, 0x0152, NOT_VALID, 0x017D, NOT_VALID,
    NOT_VALID, 0x2018,    0x2019, 0x201C, 0x201D, 0x2022,    0x2013, 0x2014,
    0x02DC,    0x2122,    0x0161, 0x203A, 0x0153, NOT_VALID, 0x017E, 0x0178};

static bool valid_utf8(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = utf8_sequence(text.ptr + at, text.len - at);
        if (len == 0)
            return false;
        at += len;
        at += bytes_ascii(text.ptr + at, text.len - at);
    }
    return true;
}

bool csv_decode(enum csv_encoding encoding, struct slice text, struct arena *arena,
                struct slice *utf8)
{
    size_t plain = bytes_ascii(text.ptr, text.len);
    *utf8 = text;
    if (plain == text.len)
        return true;
    if (encoding == CSV_UTF_8)
        return valid_utf8(slice_of(text.ptr + plain, text.len - plain));
    /* No character of a one-byte encoding takes more than three bytes of UTF-8. */
    char *out = arena_bytes(arena, text.len * 3);
    if (!out)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        uint32_t code = byte;
        if (encoding == CSV_WINDOWS_1252 && byte >= HIGH && byte < LATIN) {
            code = windows_1252[byte - HIGH];
            if (code == NOT_VALID)
                return false;
        }
        len += utf8_encode(code, out + len);
    }
    *utf8 = slice_of(out, len);
    return true;
}
