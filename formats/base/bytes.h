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
#include <string.h>

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

#if BYTES_SSE2
/* Which of 16 bytes are not plain: bit i for byte i. */
static inline unsigned bytes_unplain16(const char *text)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)text);
    /* One more than DEL, and everything above it, is negative: so is what is not printable
     * ASCII smaller than one more than the space. */
    __m128i other = _mm_cmpgt_epi8(_mm_set1_epi8(0x21), _mm_add_epi8(block, _mm_set1_epi8(1)));
    __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(other, ends));
}
#endif

/* The first byte from `at` on that is not plain; `end` when there is none. */
static inline const char *bytes_plain_end(const char *at, const char *end)
{
#if BYTES_SSE2
    for (; end - at >= 16; at += 16) {
        unsigned mask = bytes_unplain16(at);
        if (mask)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (at < end && byte_plain(*at))
        at++;
    return at;
}

/* The same where at least 16 bytes may be read. */
static inline const char *bytes_plain_end16(const char *at, const char *end)
{
#if BYTES_SSE2
    unsigned mask = bytes_unplain16(at);
    if (mask)
        return at + (unsigned)__builtin_ctz(mask);
    at += 16;
#endif
    return bytes_plain_end(at, end);
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

/* The first place of a byte; len when there is none. memchr without the call, for what is near. */
static inline size_t bytes_find_near(const char *text, size_t len, char byte)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i wanted = _mm_set1_epi8(byte);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted));
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < len && text[at] != byte)
        at++;
    return at;
}

/* The first place of a or b; len when there is none. */
static inline size_t bytes_find2(const char *text, size_t len, char a, char b)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i va = _mm_set1_epi8(a);
    const __m128i vb = _mm_set1_epi8(b);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(block, va), _mm_cmpeq_epi8(block, vb));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < len && text[at] != a && text[at] != b)
        at++;
    return at;
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

/* Copies with ASCII letters in lower case; the two do not overlap. */
static inline void bytes_lower(char *out, const char *text, size_t len)
{
    size_t at = 0;
#if BYTES_SSE2
    const __m128i before = _mm_set1_epi8('A' - 1);
    const __m128i after = _mm_set1_epi8('Z' + 1);
    const __m128i bit = _mm_set1_epi8(0x20);
    for (; len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(block, before), _mm_cmplt_epi8(block, after));
        _mm_storeu_si128((__m128i *)(void *)(out + at),
                         _mm_or_si128(block, _mm_and_si128(upper, bit)));
    }
#endif
    for (; at < len; at++)
        out[at] = (char)(text[at] >= 'A' && text[at] <= 'Z' ? text[at] + 0x20 : text[at]);
}

/* memcpy without the call, for the short texts that most are; the two do not overlap. */
static inline void bytes_copy_short(char *out, const char *text, size_t len)
{
    if (len >= 8 && len <= 32) {
        size_t half = len >= 16 ? 16 : 8;
        memcpy(out, text, 8);
        memcpy(out + half - 8, text + half - 8, 8);
        memcpy(out + len - half, text + len - half, 8);
        memcpy(out + len - 8, text + len - 8, 8);
    } else {
        memcpy(out, text, len);
    }
}

#if BYTES_SSE2
/* Where one of four bytes stands in a block: 0xFF. */
static inline __m128i bytes_equal_any(__m128i block, const char any[4])
{
    return _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(any[0])),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8(any[1]))),
                        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(any[2])),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8(any[3]))));
}

static inline __m128i bytes_copy16(char *out, const char *text)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)text);
    _mm_storeu_si128((__m128i *)(void *)out, block);
    return block;
}
#endif

/* Copies, and tells whether one of four is among the bytes; the two do not overlap. */
static inline bool bytes_copy_find4(char *out, const char *text, size_t len, const char any[4])
{
#if BYTES_SSE2
    if (len >= 16) {
        /* The last block may overlap the one before it. */
        __m128i last = bytes_copy16(out + len - 16, text + len - 16);
        __m128i hit = bytes_equal_any(last, any);
        for (size_t at = 0; at + 16 < len; at += 16)
            hit = _mm_or_si128(hit, bytes_equal_any(bytes_copy16(out + at, text + at), any));
        return _mm_movemask_epi8(hit) != 0;
    }
    if (len >= 8) {
        __m128i low = _mm_loadl_epi64((const __m128i *)(const void *)text);
        __m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(text + len - 8));
        _mm_storel_epi64((__m128i *)(void *)out, low);
        _mm_storel_epi64((__m128i *)(void *)(out + len - 8), high);
        __m128i hit = bytes_equal_any(_mm_unpacklo_epi64(low, high), any);
        return _mm_movemask_epi8(hit) != 0;
    }
    if (len >= 4) {
        int low;
        int high;
        memcpy(&low, text, 4);
        memcpy(&high, text + len - 4, 4);
        memcpy(out, &low, 4);
        memcpy(out + len - 4, &high, 4);
        __m128i both = _mm_unpacklo_epi32(_mm_cvtsi32_si128(low), _mm_cvtsi32_si128(high));
        return (_mm_movemask_epi8(bytes_equal_any(both, any)) & 0xFF) != 0;
    }
#endif
    bool found = false;
    for (size_t at = 0; at < len; at++) {
        char byte = text[at];
        out[at] = byte;
        found = found || byte == any[0] || byte == any[1] || byte == any[2] || byte == any[3];
    }
    return found;
}

/* Whether the first 32 bytes of two texts are equal where `ignored` has 0 and not 0xFF. */
static inline bool bytes_same32(const char *a, const char *b, const unsigned char *ignored)
{
#if BYTES_SSE2
    const __m128i *x = (const __m128i *)(const void *)a;
    const __m128i *y = (const __m128i *)(const void *)b;
    const __m128i *z = (const __m128i *)(const void *)ignored;
    __m128i low = _mm_or_si128(_mm_cmpeq_epi8(_mm_loadu_si128(x), _mm_loadu_si128(y)),
                               _mm_loadu_si128(z));
    __m128i high = _mm_or_si128(_mm_cmpeq_epi8(_mm_loadu_si128(x + 1), _mm_loadu_si128(y + 1)),
                                _mm_loadu_si128(z + 1));
    return _mm_movemask_epi8(_mm_and_si128(low, high)) == 0xFFFF;
#else
    bool same = true;
    for (unsigned i = 0; i < 32; i++)
        same = same && (a[i] == b[i] || ignored[i]);
    return same;
#endif
}

/* What stands where in a block of 64 bytes: bit i for byte i. */
struct byte_masks {
    uint64_t quotes;
    uint64_t special; /* { } [ ] and \ |, which one comparison finds together */
};

enum { BYTE_BLOCK = 64 };

#if BYTES_SSE2
/* The masks of 16 bytes, added at bit `shift`. */
static inline void bytes_masks16(const char *text, unsigned shift, struct byte_masks *masks)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)text);
    /* With 0x20 set these six are the three bytes from { to }. */
    __m128i folded = _mm_or_si128(block, _mm_set1_epi8(0x20));
    __m128i above = _mm_sub_epi8(folded, _mm_set1_epi8('{'));
    __m128i special = _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(2)), above);
    __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    masks->quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(quote) << shift;
    masks->special |= (uint64_t)(unsigned)_mm_movemask_epi8(special) << shift;
}
#endif

static inline struct byte_masks bytes_masks(const char *text)
{
    struct byte_masks masks = {0, 0};
#if BYTES_SSE2
    bytes_masks16(text, 0, &masks);
    bytes_masks16(text + 16, 16, &masks);
    bytes_masks16(text + 32, 32, &masks);
    bytes_masks16(text + 48, 48, &masks);
#else
    for (unsigned i = 0; i < BYTE_BLOCK; i++) {
        char folded = (char)(text[i] | 0x20);
        masks.quotes |= (uint64_t)(text[i] == '"') << i;
        masks.special |= (uint64_t)(folded >= '{' && folded <= '}') << i;
    }
#endif
    return masks;
}

/* Bit i: whether an odd number of bits stands at or below i. Of quotes: the insides of strings,
 * their opening quotes included. */
static inline uint64_t bits_parity(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    return bits;
}

#endif
