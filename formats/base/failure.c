#include "formats/base/failure.h"

#include "formats/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

bool failure_set(struct failure *f, enum failure_kind kind, const char *format, ...)
{
    if (f->kind != FAILURE_NONE)
        return false;
    f->kind = kind;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    utf8_mask(f->text);
    return false;
}

void failure_note_no_memory(struct failure *f)
{
    failure_set(f, FAILURE_INPUT,
                "out of memory; close other programs or use a machine with more memory");
}

bool failure_take(struct failure *f, const struct failure *from)
{
    if (f->kind == FAILURE_NONE && from->kind != FAILURE_NONE)
        *f = *from;
    return false;
}
