/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef FORMATS_BASE_UTF8_H
#define FORMATS_BASE_UTF8_H

#include "formats/base/buf.h"
#include "formats/base/slice.h"

#include <stdint.h>

/* The length in bytes (1 to 4) of the well-formed sequence at `at`, which has `len` >= 1 bytes;
 * 0 when it is not well-formed. */
size_t utf8_sequence(const char *at, size_t len);

/* Decodes a sequence that utf8_sequence found to have `len` bytes. */
uint32_t utf8_decode(const char *at, size_t len);

/* Writes the UTF-8 form of a code point (not a surrogate) to `out`, which has room for 4 bytes;
 * the number of bytes. */
size_t utf8_encode(uint32_t code, char *out);

/* Code points in valid UTF-8. */
size_t utf8_length(struct slice text);

/* The first `count` code points of valid UTF-8. */
struct slice utf8_clip(struct slice text, size_t count);

/* Control characters in the sense of formats/README.md: U+0000-001F, U+007F-009F, U+2028,
 * U+2029. */
bool utf8_is_control(uint32_t code);

/* Appends `text` with every control character and every byte that is not valid UTF-8 shown as
 * U+FFFD, at most `limit` code points of it. */
void utf8_put_visible(struct buf *out, struct slice text, size_t limit);

/* The same in place, for a terminal: each byte of a control character or of invalid UTF-8
 * becomes `?`. A sequence cut off at the end counts as invalid. */
void utf8_mask(char *text);

#endif
