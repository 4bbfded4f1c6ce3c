/* Borrowed bytes.
 *
 * A slice never owns what it points to: it lives as long as the buffer, arena or table it was
 * taken from. A NULL `ptr` means that the thing is absent; an empty slice with a pointer means
 * that it is there and empty. Bytes, not characters; not terminated.
 */
#ifndef FORMATS_BASE_SLICE_H
#define FORMATS_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE_ABSENT ((struct slice){NULL, 0})
/* A slice of a string literal or a character array with a terminating NUL. */
#define SLICE_LITERAL(text) ((struct slice){(text), sizeof(text) - 1})

static inline struct slice slice_of(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

/* The bytes of a terminated string; absent for NULL. */
static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_from(text));
}

static inline bool slice_starts(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && memcmp(a.ptr, prefix.ptr, prefix.len) == 0;
}

/* ASCII lower case; every other byte is left as it is, whatever the locale. */
static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Equal when the letter case of ASCII letters is ignored. */
static inline bool slice_same_letters(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    return true;
}

/* The first place of `byte`, or a.len when it does not occur. */
static inline size_t slice_find(struct slice a, char byte)
{
    const char *hit = a.len ? memchr(a.ptr, byte, a.len) : NULL;
    return hit ? (size_t)(hit - a.ptr) : a.len;
}

#endif
