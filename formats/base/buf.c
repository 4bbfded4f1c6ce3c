#include "formats/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

/* Up to here a buffer grows in great steps, so that little is copied. */
enum { QUICK_BYTES = 64 * 1024 };

bool buf_grow(struct buf *b, size_t extra)
{
    if (b->oom)
        return false;
    if (extra > SIZE_MAX / 2 || b->len > SIZE_MAX / 2 - extra) {
        b->oom = true;
        return false;
    }
    size_t want = b->len + extra;
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap < want)
        cap += cap < QUICK_BYTES ? cap * 3 : cap / 2;
    char *data = realloc(b->data, cap);
    if (!data) {
        b->oom = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_put_number(struct buf *b, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    buf_put(b, digits + at, sizeof digits - at);
}

void buf_put_grouped(struct buf *b, uint64_t number)
{
    char text[27];
    size_t at = sizeof text;
    for (unsigned digits = 0; number || digits == 0; digits++) {
        if (digits && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    }
    buf_put(b, text + at, sizeof text - at);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0 || !buf_reserve(b, (size_t)need + 1))
        return;
    va_start(args, format);
    (void)vsnprintf(b->data + b->len, (size_t)need + 1, format, args);
    va_end(args);
    b->len += (size_t)need;
}

const char *buf_text(struct buf *b)
{
    if (!buf_reserve(b, 1))
        return NULL;
    b->data[b->len] = '\0';
    return b->data;
}
