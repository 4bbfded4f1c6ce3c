/* What happens to every scalar before anything looks at it (formats/README.md). */
#ifndef FORMATS_BASE_TEXT_H
#define FORMATS_BASE_TEXT_H

#include "formats/base/arena.h"
#include "formats/base/slice.h"

struct clean_text {
    struct slice value; /* what is left; empty for a blank */
    bool control;       /* a run of control characters inside the value became a space */
};

/* Each run of control characters becomes one space; then spaces, U+00A0 and U+FEFF are cut at
 * both ends. `raw` is valid UTF-8. The result borrows `raw`, or lives in `arena` where bytes had
 * to change; value.ptr is NULL only when the arena ran out (or raw was absent). */
struct clean_text text_clean(struct slice raw, struct arena *arena);

/* For text_trim: where something may have to be cut. */
struct slice text_trim_more(struct slice text);

/* Printable ASCII but for the space: no blank begins or ends so. */
static inline bool text_solid(char c)
{
    return c > ' ' && c < 0x7F;
}

/* Cuts spaces, U+00A0 and U+FEFF at both ends. */
static inline struct slice text_trim(struct slice text)
{
    if (text.len && text_solid(text.ptr[0]) && text_solid(text.ptr[text.len - 1]))
        return text;
    return text_trim_more(text);
}

#endif
