/* The framer is a machine over bytes; what it is looking at is one of
 *
 *   TOP          between top-level values
 *   TOP_STRING, TOP_SCALAR   a top-level value that is neither object nor list
 *   KEY, KEY_STRING, COLON, VALUE, SKIP, AFTER, CLOSE   the members of an object one by one
 *   LIST_OPEN, ELEMENT, LIST_CLOSE                      the elements of a list
 *   TAIL         an envelope behind its list
 *
 *   {"links":[..],"data":[ {..} , {..} ],"paging":{..}}
 *    ^KEY..SKIP   ^VALUE   ^ELEMENT     ^TAIL         ^CLOSE
 *
 * The object is the top-level one, or (`nested`) a member of one that is treated as combined;
 * deeper ones are never looked into. Brackets inside a text are balanced by `skip`, which knows
 * strings. A step either moves on (STEP) or ends the call with a frame.
 */
#include "formats/json/framer.h"

#include "formats/base/bytes.h"
#include "formats/json/scan.h"

enum state {
    TOP,
    TOP_STRING,
    TOP_SCALAR,
    KEY,
    KEY_STRING,
    COLON,
    VALUE,
    SKIP,
    AFTER,
    CLOSE,
    LIST_OPEN,
    ELEMENT,
    LIST_CLOSE,
    BARE_CLOSE,
    TAIL,
    TAIL_MEMBERS
};

/* Not a frame the caller sees: the machine moved on. */
enum { STEP = -1 };

struct window {
    const char *bytes;
    size_t len;
    bool end;
};

static const char CUT_OFF[] = "cut off";
static const char WRONG_BRACKET[] = "a closing bracket of the wrong kind";
static const char BETWEEN[] = "something between values that is not JSON";
static const char BROKEN_ENVELOPE[] = "a broken envelope around a list";

void framer_init(struct json_framer *f, const struct framer_names *names, enum framer_mode mode)
{
    *f = (struct json_framer){.names = names, .mode = mode, .state = TOP};
}

void framer_release(struct json_framer *f)
{
    buf_release(&f->nest);
}

size_t framer_keep(const struct json_framer *f)
{
    return f->marked ? f->mark : f->at;
}

void framer_drop(struct json_framer *f, size_t count)
{
    f->at -= count;
    f->mark -= f->marked ? count : 0;
    f->brace -= f->brace >= count ? count : 0;
    f->key_at -= f->key_at >= count ? count : 0;
}

static struct frame step(void)
{
    return (struct frame){.kind = (enum frame_kind)STEP};
}

static struct frame broken(const char *reason)
{
    return (struct frame){.kind = FRAME_BROKEN, .reason = reason};
}

/* The window is used up. */
static struct frame more(const struct json_framer *f, const struct window *w)
{
    if (w->end)
        return broken(CUT_OFF);
    if (f->marked && f->at - f->mark > JSON_MAX_RECORD)
        return (struct frame){.kind = FRAME_TOO_LONG};
    return (struct frame){.kind = FRAME_MORE};
}

/* Moves to the next byte that is no white space; false at the end of the window. */
static bool next_byte(struct json_framer *f, const struct window *w, char *byte)
{
    while (f->at < w->len && json_space(w->bytes[f->at]))
        f->at++;
    if (f->at == w->len)
        return false;
    *byte = w->bytes[f->at];
    return true;
}

static struct slice cut(const struct window *w, size_t from, size_t to)
{
    while (from < to && json_space(w->bytes[from]))
        from++;
    while (from < to && json_space(w->bytes[to - 1]))
        to--;
    return slice_of(w->bytes + from, to - from);
}

static void mark_here(struct json_framer *f)
{
    f->mark = f->at;
    f->marked = true;
}

/* Moves to the closing quote of a string whose opening quote has been passed; false at the end
 * of the window. */
static bool skip_string(struct json_framer *f, const struct window *w)
{
    while (f->at < w->len) {
        if (f->escaped) {
            f->escaped = false;
            f->at++;
            continue;
        }
        f->at += bytes_find2(w->bytes + f->at, w->len - f->at, '"', '\\');
        if (f->at == w->len)
            return false;
        if (w->bytes[f->at] == '"')
            return true;
        f->escaped = true;
        f->at++;
    }
    return false;
}

enum skipped { SKIP_MORE, SKIP_STOP, SKIP_WRONG, SKIP_NO_MEMORY };

/* What a byte outside a string means to `skip`: 0 for nothing. */
static const unsigned char meaning[256] = {
    ['"'] = 1, [','] = 2, ['{'] = 3, ['['] = 3, ['}'] = 4, [']'] = 4};

static enum skipped skip_bracket(struct json_framer *f, char c)
{
    if (meaning[(unsigned char)c] == 3) {
        buf_put_byte(&f->nest, c);
        return f->nest.oom ? SKIP_NO_MEMORY : SKIP_MORE;
    }
    char open = f->nest.data[--f->nest.len]; /* inside an element, so there is one */
    return (open == '{') == (c == '}') ? SKIP_MORE : SKIP_WRONG;
}

/* Takes the brackets among the bytes of a block that `special` says, up to the one that closes the
 * outermost; `*bit` is the last one taken. There is room for all of them. */
static enum skipped skip_brackets(struct json_framer *f, const char *bytes, uint64_t special,
                                  size_t *bit)
{
    char *top = f->nest.data + f->nest.len;
    for (; special; special &= special - 1) {
        *bit = (size_t)__builtin_ctzll(special);
        char c = bytes[*bit];
        if (c == '{' || c == '[') {
            *top++ = c;
        } else if (c == '}' || c == ']') {
            top--;
            bool same = (*top == '{') == (c == '}');
            if (!same || top == f->nest.data) {
                f->nest.len = (size_t)(top - f->nest.data);
                return same ? SKIP_MORE : SKIP_WRONG;
            }
        }
    }
    f->nest.len = (size_t)(top - f->nest.data);
    return SKIP_MORE;
}

/* Inside brackets only brackets count, so whole blocks of 64 bytes are passed by their masks. Stops
 * behind the bracket that closes the outermost one, before a block in which a string may have a
 * backslash (which needs a look at every byte), and where less than a block is left. */
static enum skipped skip_blocks(struct json_framer *f, const struct window *w)
{
    uint64_t in_string = f->in_string ? UINT64_MAX : 0;
    enum skipped result = SKIP_MORE;
    while (f->nest.len > 0 && w->len - f->at >= BYTE_BLOCK) {
        struct byte_masks masks = bytes_masks(w->bytes + f->at);
        if (!masks.special) {
            in_string ^= __builtin_parityll(masks.quotes) ? UINT64_MAX : 0;
            f->at += BYTE_BLOCK;
            continue;
        }
        uint64_t inside = bits_parity(masks.quotes) ^ in_string;
        size_t bit = 0;
        if (masks.special & inside)
            break;
        if (!buf_reserve(&f->nest, BYTE_BLOCK))
            return SKIP_NO_MEMORY;
        result = skip_brackets(f, w->bytes + f->at, masks.special, &bit);
        if (result != SKIP_MORE || f->nest.len == 0) {
            f->at += bit + 1;
            in_string = 0;
            break;
        }
        in_string = inside >> 63 ? UINT64_MAX : 0;
        f->at += BYTE_BLOCK;
    }
    f->in_string = in_string;
    return result;
}

/* The next byte outside strings that means something; SKIP_STOP when it ends the text. */
static enum skipped skip_bytes(struct json_framer *f, const struct window *w)
{
    while (f->at < w->len && !meaning[(unsigned char)w->bytes[f->at]])
        f->at++;
    if (f->at == w->len)
        return SKIP_MORE;
    char c = w->bytes[f->at];
    unsigned char what = meaning[(unsigned char)c];
    if (f->nest.len == 0 && (what == 2 || what == 4))
        return SKIP_STOP;
    f->at++;
    f->in_string = what == 1;
    return what >= 3 ? skip_bracket(f, c) : SKIP_MORE;
}

/* Moves over balanced brackets and strings to the next `,` `]` or `}` outside them. */
static enum skipped skip(struct json_framer *f, const struct window *w)
{
    enum skipped result = SKIP_MORE;
    while (result == SKIP_MORE && f->at < w->len) {
        if (f->nest.len > 0 && !f->escaped) {
            result = skip_blocks(f, w);
            if (result != SKIP_MORE)
                break;
        }
        if (f->in_string) {
            if (!skip_string(f, w))
                break;
            f->in_string = false;
            f->at++;
        }
        result = skip_bytes(f, w);
    }
    return result;
}

/* The frame for a skip that did not stop. */
static struct frame skip_failed(struct json_framer *f, const struct window *w, enum skipped why)
{
    if (why == SKIP_MORE)
        return more(f, w);
    return why == SKIP_WRONG ? broken(WRONG_BRACKET) : (struct frame){.kind = FRAME_TOO_LONG};
}

static struct frame text_frame(const struct json_framer *f, enum frame_kind kind,
                               struct slice text)
{
    if (text.len > JSON_MAX_RECORD)
        return (struct frame){.kind = FRAME_TOO_LONG};
    return (struct frame){.kind = kind,
                          .text = text,
                          .value = f->value,
                          .list = f->list,
                          .envelope = f->envelope};
}

/* ---- top level ---- */

static void begin_object(struct json_framer *f)
{
    f->as_combined = f->mode == JSON_ASSUME_COMBINED;
    if (f->mode == JSON_KNOWN && f->combined_next < f->combined_count &&
        f->combined[f->combined_next] == f->value) {
        f->as_combined = true;
        f->combined_next++;
    }
    mark_here(f);
    f->brace = f->at;
    f->marked = !f->as_combined;
    f->nested = f->unclean = f->taken = f->after_comma = f->envelope = f->bare = false;
    f->key_len = 0;
    f->at++;
    f->state = KEY;
}

static struct frame end_value(struct json_framer *f)
{
    struct frame frame = {
        .kind = FRAME_VALUE_END, .value = f->value, .clean = !f->unclean, .list = f->list};
    f->marked = false;
    f->value++;
    f->state = TOP;
    return frame;
}

static struct frame at_top(struct json_framer *f, const struct window *w)
{
    char c;
    f->marked = false;
    if (!next_byte(f, w, &c))
        return (struct frame){.kind = w->end ? FRAME_END : FRAME_MORE};
    if (c == '{') {
        begin_object(f);
    } else if (c == '[') {
        f->envelope = f->nested = f->unclean = f->as_combined = false;
        f->bare = true;
        f->key_len = 0;
        f->state = LIST_OPEN;
    } else if (c == '"') {
        mark_here(f);
        f->at++;
        f->state = TOP_STRING;
    } else if (c == '}' || c == ']') {
        return broken(WRONG_BRACKET);
    } else {
        mark_here(f);
        f->state = TOP_SCALAR;
    }
    return step();
}

/* A top-level value that has ended before `at` and is an element of its own. */
static struct frame top_element(struct json_framer *f, const struct window *w)
{
    uint32_t lists = f->list;
    f->list = 0;
    struct frame frame = text_frame(f, FRAME_ELEMENT, cut(w, f->mark, f->at));
    f->list = lists;
    f->value++;
    f->marked = false;
    f->state = TOP;
    return frame;
}

static struct frame in_top_string(struct json_framer *f, const struct window *w)
{
    if (!skip_string(f, w))
        return more(f, w);
    f->at++;
    return top_element(f, w);
}

/* A number or a word; whoever takes the element finds out whether it is one. */
static struct frame in_top_scalar(struct json_framer *f, const struct window *w)
{
    while (f->at < w->len && !json_space(w->bytes[f->at]) &&
           !memchr("{}[],:\"", w->bytes[f->at], 7))
        f->at++;
    if (f->at == w->len && !w->end)
        return more(f, w);
    return f->at > f->mark ? top_element(f, w) : broken(BETWEEN);
}

/* ---- members of an object ---- */

/* A member is not "key": value. An envelope of which that is said is broken, see `commit`; any
 * other object is one unreadable element. */
static void not_clean(struct json_framer *f)
{
    if (f->nested)
        f->nested_unclean = true;
    else
        f->unclean = true;
}

static struct frame at_key(struct json_framer *f, const struct window *w)
{
    char c;
    if (!next_byte(f, w, &c))
        return more(f, w);
    if (f->as_combined && !f->nested)
        mark_here(f);
    f->is_data = false;
    if (!f->nested)
        f->key_len = 0;
    f->key_at = f->at;
    if (c == '"') {
        f->at++;
        f->state = KEY_STRING;
    } else if (c == '}') {
        if (f->after_comma)
            not_clean(f);
        f->marked = f->marked && !(f->as_combined && !f->nested);
        f->state = CLOSE;
    } else {
        not_clean(f);
        f->state = SKIP;
    }
    return step();
}

bool framer_not_combined(struct slice key)
{
    static const char *const keys[] = {"id", "sis_id", "name", "school", "data"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

static struct frame in_key(struct json_framer *f, const struct window *w)
{
    if (!skip_string(f, w))
        return more(f, w);
    struct slice raw = slice_of(w->bytes + f->key_at + 1, f->at - f->key_at - 1);
    char name[sizeof f->key];
    size_t len = json_short_name(raw, name, sizeof name);
    f->is_data = slice_is(slice_of(name, len), "data");
    f->at++;
    f->state = COLON;
    if (f->nested)
        return step();
    memcpy(f->key, name, len);
    f->key_len = len;
    f->taken = f->taken || framer_not_combined(slice_of(name, len));
    if (f->mode != JSON_ASSUME_COMBINED)
        return step();
    return text_frame(f, FRAME_KEY, slice_of(f->key, len));
}

static struct frame at_colon(struct json_framer *f, const struct window *w)
{
    char c;
    if (!next_byte(f, w, &c))
        return more(f, w);
    if (c == ':') {
        f->at++;
        f->state = VALUE;
    } else {
        not_clean(f);
        f->state = SKIP;
    }
    return step();
}

/* The list of an envelope begins at `at`; what stood before it comes first. */
static struct frame commit(struct json_framer *f, const struct window *w)
{
    if (f->nested ? f->nested_unclean : f->unclean)
        return broken(BROKEN_ENVELOPE);
    bool kept = f->marked && (f->nested || !f->as_combined);
    struct slice before = kept ? cut(w, f->brace + 1, f->key_at) : SLICE_ABSENT;
    if (before.len && before.ptr[before.len - 1] == ',')
        before = cut(w, f->brace + 1, (size_t)(before.ptr - w->bytes) + before.len - 1);
    f->envelope = true;
    f->bare = false;
    f->state = LIST_OPEN;
    if (before.len == 0)
        return step();
    struct frame frame = text_frame(f, FRAME_AROUND, before);
    frame.list = f->list + 1;
    return frame;
}

static struct frame at_combined_value(struct json_framer *f, char c)
{
    if (c == '[') {
        f->envelope = f->bare = false;
        f->state = LIST_OPEN;
    } else if (c == '{') {
        f->nested = true;
        f->nested_unclean = f->after_comma = false;
        f->brace = f->at;
        f->at++;
        f->state = KEY;
    } else {
        f->state = SKIP;
    }
    return step();
}

static struct frame at_value(struct json_framer *f, const struct window *w)
{
    char c;
    if (!next_byte(f, w, &c))
        return more(f, w);
    if (c == '[' && f->is_data)
        return commit(f, w);
    if (c == ',' || c == '}')
        not_clean(f);
    else if (f->as_combined && !f->nested)
        return at_combined_value(f, c);
    bool maybe_combined = f->mode == JSON_AUTO && !f->taken && (c == '[' || c == '{') &&
                          f->names->used_entity(slice_of(f->key, f->key_len));
    if (maybe_combined)
        return (struct frame){.kind = FRAME_UNSURE};
    f->state = SKIP;
    return step();
}

/* To the end of a member; those beside the lists of a combined object are shown. */
static struct frame in_member(struct json_framer *f, const struct window *w)
{
    enum skipped result = skip(f, w);
    if (result != SKIP_STOP)
        return skip_failed(f, w, result);
    char c = w->bytes[f->at];
    if (c == ']')
        return broken(WRONG_BRACKET);
    f->state = AFTER;
    if (!f->as_combined || f->nested || !f->marked)
        return step();
    uint32_t lists = f->list;
    f->list = 0;
    struct frame frame = text_frame(f, FRAME_AROUND, cut(w, f->mark, f->at));
    f->list = lists;
    f->marked = false;
    return frame.text.len || frame.kind == FRAME_TOO_LONG ? frame : step();
}

static struct frame at_after(struct json_framer *f, const struct window *w)
{
    char c;
    if (!next_byte(f, w, &c))
        return more(f, w);
    if (c == ',') {
        f->at++;
        f->after_comma = true;
        f->state = KEY;
    } else if (c == '}') {
        f->state = CLOSE;
    } else {
        not_clean(f);
        f->state = SKIP;
    }
    return step();
}

static struct frame at_close(struct json_framer *f, const struct window *w)
{
    f->at++;
    if (f->nested) {
        f->nested = false;
        f->state = f->envelope ? AFTER : SKIP;
        f->envelope = false;
        return step();
    }
    if (f->envelope || f->as_combined) {
        f->envelope = false;
        return end_value(f);
    }
    return top_element(f, w);
}

/* ---- lists ---- */

static struct frame at_list(struct json_framer *f)
{
    f->at++;
    f->count = 0;
    f->list++;
    f->marked = false;
    f->state = ELEMENT;
    struct frame frame = {.kind = FRAME_LIST,
                          .text = slice_of(f->key, f->key_len),
                          .value = f->value,
                          .list = f->list,
                          .nested = f->nested,
                          .envelope = f->envelope};
    if (!f->as_combined)
        frame.text = SLICE_ABSENT;
    return frame;
}

static struct frame in_element(struct json_framer *f, const struct window *w)
{
    char c;
    if (!f->marked) {
        if (!next_byte(f, w, &c))
            return more(f, w);
        mark_here(f);
    }
    enum skipped result = skip(f, w);
    if (result != SKIP_STOP)
        return skip_failed(f, w, result);
    c = w->bytes[f->at];
    if (c == '}')
        return broken(WRONG_BRACKET);
    struct slice text = cut(w, f->mark, f->at);
    f->marked = false;
    if (c == ']')
        f->state = LIST_CLOSE;
    if (text.len == 0 && c == ']' && f->count == 0)
        return step();
    f->count++;
    struct frame frame = text.len
                             ? text_frame(f, FRAME_ELEMENT, text)
                             : text_frame(f, FRAME_EMPTY, slice_of(w->bytes + f->at, 1));
    f->at += c == ',';
    return frame;
}

static struct frame at_list_close(struct json_framer *f)
{
    f->at++;
    struct frame frame = {.kind = FRAME_LIST_END,
                          .value = f->value,
                          .list = f->list,
                          .count = f->count,
                          .nested = f->nested,
                          .envelope = f->envelope};
    if (f->envelope)
        f->state = TAIL;
    else if (f->bare)
        f->state = BARE_CLOSE;
    else
        f->state = AFTER;
    return frame;
}

/* Behind the list of an envelope: `}`, or a comma and members. */
static struct frame at_tail(struct json_framer *f, const struct window *w)
{
    char c;
    if (!next_byte(f, w, &c))
        return more(f, w);
    if (c == '}') {
        f->state = CLOSE;
    } else if (c == ',') {
        f->at++;
        mark_here(f);
        f->state = TAIL_MEMBERS;
    } else {
        return broken(BROKEN_ENVELOPE);
    }
    return step();
}

static struct frame in_tail(struct json_framer *f, const struct window *w)
{
    for (;;) {
        enum skipped result = skip(f, w);
        if (result != SKIP_STOP)
            return skip_failed(f, w, result);
        char c = w->bytes[f->at];
        if (c == ']')
            return broken(WRONG_BRACKET);
        if (c == '}')
            break;
        f->at++;
    }
    struct slice text = cut(w, f->mark, f->at);
    f->marked = false;
    f->state = CLOSE;
    return text.len ? text_frame(f, FRAME_AROUND, text) : broken(BROKEN_ENVELOPE);
}

static struct frame advance(struct json_framer *f, const struct window *w)
{
    switch ((enum state)f->state) {
    case TOP: return at_top(f, w);
    case TOP_STRING: return in_top_string(f, w);
    case TOP_SCALAR: return in_top_scalar(f, w);
    case KEY: return at_key(f, w);
    case KEY_STRING: return in_key(f, w);
    case COLON: return at_colon(f, w);
    case VALUE: return at_value(f, w);
    case SKIP: return in_member(f, w);
    case AFTER: return at_after(f, w);
    case CLOSE: return at_close(f, w);
    case BARE_CLOSE: return end_value(f);
    case LIST_OPEN: return at_list(f);
    case ELEMENT: return in_element(f, w);
    case LIST_CLOSE: return at_list_close(f);
    case TAIL: return at_tail(f, w);
    case TAIL_MEMBERS: return in_tail(f, w);
    }
    return broken(BETWEEN);
}

struct frame framer_next(struct json_framer *f, const char *window, size_t len, bool end)
{
    struct window w = {window, len, end};
    struct frame frame;
    do
        frame = advance(f, &w);
    while ((int)frame.kind == STEP);
    return frame;
}
