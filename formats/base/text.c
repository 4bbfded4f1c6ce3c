#include "formats/base/text.h"

#include "formats/base/bytes.h"
#include "formats/base/utf8.h"

/* Bytes at the start of `s` that are one blank to trim: space, U+00A0, U+FEFF; 0 for none. */
static size_t blank_at_start(struct slice s)
{
    if (s.len >= 1 && s.ptr[0] == ' ')
        return 1;
    if (s.len >= 2 && memcmp(s.ptr, "\xC2\xA0", 2) == 0)
        return 2;
    if (s.len >= 3 && memcmp(s.ptr, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    return 0;
}

static size_t blank_at_end(struct slice s)
{
    if (s.len >= 1 && s.ptr[s.len - 1] == ' ')
        return 1;
    if (s.len >= 2 && memcmp(s.ptr + s.len - 2, "\xC2\xA0", 2) == 0)
        return 2;
    if (s.len >= 3 && memcmp(s.ptr + s.len - 3, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    return 0;
}

struct slice text_trim_more(struct slice text)
{
    size_t cut;
    while ((cut = blank_at_start(text)) > 0) {
        text.ptr += cut;
        text.len -= cut;
    }
    while ((cut = blank_at_end(text)) > 0)
        text.len -= cut;
    return text;
}

/* Length of the control character at `at`, 0 when there is another one. Every control character
 * starts with one of these bytes, so most bytes are settled by the first comparison. */
static size_t control_at(struct slice s, size_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    if (c >= 0x20 && c != 0x7F && c != 0xC2 && c != 0xE2)
        return 0;
    size_t len = utf8_sequence(s.ptr + at, s.len - at);
    return len && utf8_is_control(utf8_decode(s.ptr + at, len)) ? len : 0;
}

static size_t first_control(struct slice s)
{
    size_t at = 0;
    while (at < s.len && !control_at(s, at))
        at++;
    return at;
}

/* Writes `raw` to `out` (room for raw.len bytes; a space is never longer than its run) with each
 * run as one space. `inside` is set when a run has something other than blanks on both sides. */
static size_t replace_runs(struct slice raw, char *out, bool *inside)
{
    size_t to = 0;
    size_t at = 0;
    bool something_before = false;
    bool pending = false; /* a run stands behind something; what follows decides */
    while (at < raw.len) {
        size_t run = control_at(raw, at);
        if (run) {
            while (at < raw.len && (run = control_at(raw, at)) > 0)
                at += run;
            out[to++] = ' ';
            pending = pending || something_before;
            continue;
        }
        size_t blank = blank_at_start(slice_of(raw.ptr + at, raw.len - at));
        size_t len = blank ? blank : 1;
        if (!blank) {
            *inside = *inside || pending;
            something_before = true;
        }
        memcpy(out + to, raw.ptr + at, len);
        to += len;
        at += len;
    }
    return to;
}

struct clean_text text_clean(struct slice raw, struct arena *arena)
{
    if (!raw.ptr || bytes_printable(raw.ptr, raw.len) || first_control(raw) == raw.len)
        return (struct clean_text){text_trim(raw), false};
    char *copy = arena_bytes(arena, raw.len);
    if (!copy)
        return (struct clean_text){SLICE_ABSENT, false};
    bool inside = false;
    size_t len = replace_runs(raw, copy, &inside);
    return (struct clean_text){text_trim(slice_of(copy, len)), inside};
}
