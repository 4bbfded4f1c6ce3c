/*            "              "                 other
 *   START ------> QUOTED <------> CLOSED ----------> SPOILT (to the line end)
 *     |  other        (a doubled quote comes back)
 *     '------> TEXT
 *
 * A comma leads back to START from everywhere but QUOTED and SPOILT; a line end ends the row. */
#include "formats/csv/framer.h"

#include "formats/base/bytes.h"

enum state { START, TEXT, QUOTED, CLOSED, SPOILT };

size_t csv_framer_keep(const struct csv_framer *f)
{
    return f->in_row ? f->mark : f->at;
}

void csv_framer_drop(struct csv_framer *f, size_t count)
{
    f->at -= count;
    f->mark -= f->in_row ? count : 0;
    f->opened -= f->opened >= count ? count : 0;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* Moves over bytes that change nothing in the current state. */
static void skip_plain(struct csv_framer *f, const char *window, size_t len)
{
    if (f->state == QUOTED) {
        const char *quote = memchr(window + f->at, '"', len - f->at);
        f->at = quote ? (size_t)(quote - window) : len;
        return;
    }
    f->at += bytes_find4(window + f->at, len - f->at, ',', '"', '\r', '\n');
}

/* What a byte does that is no line end, or stands in quotes. */
static void take_byte(struct csv_framer *f, char c)
{
    switch ((enum state)f->state) {
    case START:
        f->state = c == '"' ? QUOTED : c == ',' ? START : TEXT;
        f->quoted = f->quoted || c == '"';
        f->opened = c == '"' ? f->at : f->opened;
        break;
    case TEXT:
        f->stray = f->stray || c == '"';
        f->quoted = f->quoted || c == '"';
        f->state = c == ',' ? START : TEXT;
        break;
    case QUOTED: f->state = c == '"' ? CLOSED : QUOTED; break;
    case CLOSED:
        f->state = c == '"' ? QUOTED : c == ',' ? START : SPOILT;
        f->bad = f->bad || f->state == SPOILT;
        break;
    case SPOILT: break;
    }
    f->at++;
}

static struct csv_frame end_row(struct csv_framer *f, const char *window, size_t end)
{
    struct csv_frame frame = {.kind = CSV_ROW,
                              .text = slice_of(window + f->mark, end - f->mark),
                              .quoted = f->quoted,
                              .stray = f->stray,
                              .bad = f->bad};
    f->in_row = f->quoted = f->stray = f->bad = false;
    f->state = START;
    if (frame.text.len > CSV_MAX_RECORD)
        frame.kind = CSV_TOO_LONG;
    return frame;
}

/* The window is used up. */
static struct csv_frame at_end(struct csv_framer *f, const char *window, size_t len, bool end)
{
    if (!end) {
        bool long_row = f->in_row && len - f->mark > CSV_MAX_RECORD;
        return (struct csv_frame){.kind = long_row ? CSV_TOO_LONG : CSV_MORE};
    }
    if (!f->in_row)
        return (struct csv_frame){.kind = CSV_END};
    if (f->state == QUOTED)
        return (struct csv_frame){.kind = CSV_UNCLOSED, .opened = f->opened};
    return end_row(f, window, len);
}

struct csv_frame csv_framer_next(struct csv_framer *f, const char *window, size_t len, bool end)
{
    for (;;) {
        if (!f->in_row && f->at < len) {
            f->mark = f->at;
            f->in_row = true;
        }
        if (f->state != START && f->state != CLOSED)
            skip_plain(f, window, len);
        if (f->at == len)
            return at_end(f, window, len, end);
        char c = window[f->at];
        if (!ends_line(c) || f->state == QUOTED) {
            take_byte(f, c);
            continue;
        }
        /* CR LF is one line end: whether an LF follows must be known first. */
        if (c == '\r' && f->at + 1 == len && !end)
            return (struct csv_frame){.kind = CSV_MORE};
        size_t row_end = f->at;
        f->at += c == '\r' && f->at + 1 < len && window[f->at + 1] == '\n' ? 2 : 1;
        return end_row(f, window, row_end);
    }
}
