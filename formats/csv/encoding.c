#include "formats/csv/encoding.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"

#include <iconv.h>
#include <stdlib.h>

struct csv_decoder {
    enum csv_encoding encoding;
    iconv_t iconv; /* unless UTF-8 */
};

/* What iconv_open says when it has none; the analyser of gcc 12 takes that for an allocation, too. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
#define NO_ICONV ((iconv_t)-1)

struct csv_decoder *csv_decoder_new(enum csv_encoding encoding)
{
    static const char *const names[] = {
        [CSV_UTF_8] = NULL, [CSV_WINDOWS_1252] = "CP1252", [CSV_ISO_8859_1] = "ISO-8859-1"};
    iconv_t conversion = NO_ICONV;
    if (names[encoding]) {
        conversion = iconv_open("UTF-8", names[encoding]);
        if (conversion == NO_ICONV)
            return NULL;
    }
    struct csv_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder) {
        decoder->encoding = encoding;
        decoder->iconv = conversion;
    } else if (conversion != NO_ICONV) {
        (void)iconv_close(conversion);
    }
    return decoder;
}

void csv_decoder_free(struct csv_decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->encoding != CSV_UTF_8)
        (void)iconv_close(decoder->iconv);
    free(decoder);
}

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

bool csv_decode(struct csv_decoder *decoder, struct slice text, struct arena *arena,
                struct slice *utf8)
{
    size_t plain = bytes_ascii(text.ptr, text.len);
    *utf8 = text;
    if (plain == text.len)
        return true;
    if (decoder->encoding == CSV_UTF_8)
        return valid_utf8(slice_of(text.ptr + plain, text.len - plain));
    /* No character of a one-byte encoding takes more than three bytes of UTF-8. */
    size_t room = text.len * 3;
    char *out = arena_bytes(arena, room);
    if (!out)
        return false;
    char *from; /* iconv does not write there */
    memcpy(&from, &text.ptr, sizeof from);
    char *to = out;
    size_t rest = text.len;
    (void)iconv(decoder->iconv, NULL, NULL, NULL, NULL);
    if (iconv(decoder->iconv, &from, &rest, &to, &room) == (size_t)-1)
        return false;
    *utf8 = slice_of(out, (size_t)(to - out));
    return true;
}
