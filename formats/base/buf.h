/* Owned, growing bytes.
 *
 * Invariant: `len <= cap`, `data` is NULL only when cap is 0. Running out of memory is sticky:
 * `oom` stays set, later puts do nothing, and the caller asks once at the end. One thread at a
 * time.
 */
#ifndef FORMATS_BASE_BUF_H
#define FORMATS_BASE_BUF_H

#include "formats/base/slice.h"

#include <stdint.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool oom;
};

void buf_release(struct buf *b);

/* For buf_reserve: when there is not enough room. */
bool buf_grow(struct buf *b, size_t extra);

/* Makes room for `extra` more bytes; false (and `oom`) when there is none. */
static inline bool buf_reserve(struct buf *b, size_t extra)
{
    return (!b->oom && b->cap - b->len >= extra) || buf_grow(b, extra);
}

static inline void buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0 || !buf_reserve(b, len))
        return;
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

static inline void buf_put_byte(struct buf *b, char byte)
{
    if (buf_reserve(b, 1))
        b->data[b->len++] = byte;
}

void buf_put_number(struct buf *b, uint64_t number);
/* With commas for people: 9,112,334. */
void buf_put_grouped(struct buf *b, uint64_t number);

/* printf into the buffer, for messages and documents; not for cells. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_put_slice(struct buf *b, struct slice s)
{
    buf_put(b, s.ptr, s.len);
}

static inline void buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

static inline void buf_reset(struct buf *b)
{
    b->len = 0;
}

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->data, b->len);
}

/* The content as a terminated string; the terminator does not count into `len`. NULL when out
 * of memory. Valid until the next put. */
const char *buf_text(struct buf *b);

#endif
