/* Searching for one of several bytes, 16 at a time where the processor can.
 *
 * Every function looks at exactly the `len` bytes it is given. With SSE2 (every x86-64) blocks of
 * 16 are compared at once; elsewhere, and for what is left over, bytes are taken one by one.
 */
#ifndef FORMATS_BASE_BYTES_H
#define FORMATS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define BYTES_SSE2 1
#else
#define BYTES_SSE2 0
#endif

/* Printable ASCII but for the quote and the backslash: what a JSON string may hold as it is. */
static inline bool byte_plain(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
}

/* How many bytes at the start are plain. */
static inline size_t bytes_plain(const char *text, size_t len)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    const __m128i del = _mm_set1_epi8(0x7F);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        /* As signed bytes everything above ASCII is below the space, too. */
        __m128i other = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
            _mm_or_si128(_mm_cmplt_epi8(block, space), _mm_cmpeq_epi8(block, del)));
        unsigned mask = (unsigned)_mm_movemask_epi8(other);
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < len && byte_plain(text[at]))
        at++;
    return at;
}

/* Whether all bytes are printable ASCII; quotes and backslashes are. */
static inline bool bytes_printable(const char *text, size_t len)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i space = _mm_set1_epi8(0x20);
    const __m128i del = _mm_set1_epi8(0x7F);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i other = _mm_or_si128(_mm_cmplt_epi8(block, space), _mm_cmpeq_epi8(block, del));
        if (_mm_movemask_epi8(other))
            return false;
    }
#endif
    for (; at < len; at++)
        if ((signed char)text[at] < 0x20 || text[at] == 0x7F)
            return false;
    return true;
}

/* How many bytes at the start are ASCII. */
static inline size_t bytes_ascii(const char *text, size_t len)
{
    size_t at = 0;
#if BYTES_SSE2
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        unsigned mask = (unsigned)_mm_movemask_epi8(block);
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < len && (unsigned char)text[at] < 0x80)
        at++;
    return at;
}

/* How often a byte occurs. */
static inline size_t bytes_count(const char *text, size_t len, char byte)
{
    size_t count = 0;
    size_t at = 0;
#if BYTES_SSE2
    const __m128i wanted = _mm_set1_epi8(byte);
    const __m128i zero = _mm_setzero_si128();
    while (len - at >= 16) {
        /* 16 counters of one byte each: added up before one of them can run over. */
        __m128i counters = zero;
        for (unsigned i = 0; i < 255 && len - at >= 16; i++, at += 16) {
            __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
            counters = _mm_sub_epi8(counters, _mm_cmpeq_epi8(block, wanted));
        }
        __m128i sums = _mm_sad_epu8(counters, zero);
        count += (size_t)_mm_extract_epi16(sums, 0) + (size_t)_mm_extract_epi16(sums, 4);
    }
#endif
    for (; at < len; at++)
        count += text[at] == byte;
    return count;
}

/* The first place of a, b, c or d; len when there is none. */
static inline size_t bytes_find4(const char *text, size_t len, char a, char b, char c, char d)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i va = _mm_set1_epi8(a);
    const __m128i vb = _mm_set1_epi8(b);
    const __m128i vc = _mm_set1_epi8(c);
    const __m128i vd = _mm_set1_epi8(d);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i hit =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, va), _mm_cmpeq_epi8(block, vb)),
                         _mm_or_si128(_mm_cmpeq_epi8(block, vc), _mm_cmpeq_epi8(block, vd)));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < len && text[at] != a && text[at] != b && text[at] != c && text[at] != d)
        at++;
    return at;
}

/* What stands where in a block of 64 bytes: bit i for byte i. */
struct byte_masks {
    uint64_t quotes;
    uint64_t backslashes;
    uint64_t brackets; /* { } [ ] */
};

enum { BYTE_BLOCK = 64 };

static inline struct byte_masks bytes_masks(const char *text)
{
    struct byte_masks masks = {0, 0, 0};
#if BYTES_SSE2
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i fold = _mm_set1_epi8(0x20);
    const __m128i open = _mm_set1_epi8('{'); /* [ is { without 0x20, ] is } */
    const __m128i close = _mm_set1_epi8('}');
    for (unsigned i = 0; i < BYTE_BLOCK; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i folded = _mm_or_si128(block, fold);
        __m128i bracket =
            _mm_or_si128(_mm_cmpeq_epi8(folded, open), _mm_cmpeq_epi8(folded, close));
        masks.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, quote)) << i;
        masks.backslashes |=
            (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)) << i;
        masks.brackets |= (uint64_t)(unsigned)_mm_movemask_epi8(bracket) << i;
    }
#else
    for (unsigned i = 0; i < BYTE_BLOCK; i++) {
        char c = text[i];
        char folded = (char)(c | 0x20);
        masks.quotes |= (uint64_t)(c == '"') << i;
        masks.backslashes |= (uint64_t)(c == '\\') << i;
        masks.brackets |= (uint64_t)(folded == '{' || folded == '}') << i;
    }
#endif
    return masks;
}

/* Bit i: whether an odd number of bits stands at or below i. Of quotes: the insides of strings,
 * their opening quotes included. */
static inline uint64_t bits_parity(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

#endif
