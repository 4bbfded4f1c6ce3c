/* Where the rows of a CSV file begin and end (RFC 4180, with CR, LF and CRLF as line ends).
 *
 * The caller owns the bytes and hands in a window of them, as with the JSON framer. A quote counts
 * at the start of a field only; elsewhere it is text. What stands in a row is csv_split's business.
 */
#ifndef FORMATS_CSV_FRAMER_H
#define FORMATS_CSV_FRAMER_H

#include "formats/base/slice.h"

#include <stdint.h>

/* A row longer than this is refused (formats/README.md). */
enum { CSV_MAX_RECORD = 64 * 1024 * 1024 };

enum csv_frame_kind {
    CSV_MORE,     /* the window is used up; give more bytes, or say that there are none */
    CSV_ROW,      /* text: a row without its line end */
    CSV_UNCLOSED, /* the file ends inside quotes; `opened` */
    CSV_TOO_LONG, /* a row over CSV_MAX_RECORD */
    CSV_END
};

struct csv_frame {
    enum csv_frame_kind kind;
    struct slice text; /* in the window; valid until the window changes */
    bool quoted;       /* a field in quotes, or a quote in the text of one */
    bool stray;        /* a quote in the text of a field without quotes */
    bool bad;          /* something stands behind a closing quote */
    size_t opened;     /* place of the quote that is never closed, in the window */
};

struct csv_framer {
    /* private; places are offsets in the window */
    int state;
    size_t at;
    size_t mark;   /* start of the row */
    size_t opened; /* the last opening quote */
    bool in_row;
    bool quoted;
    bool stray;
    bool bad;
};

/* The next frame in window[0 .. len). `end`: no bytes follow. Starts from a cleared framer. */
struct csv_frame csv_framer_next(struct csv_framer *f, const char *window, size_t len, bool end);

/* The bytes of the window before this place are not needed any more. */
size_t csv_framer_keep(const struct csv_framer *f);

/* The caller has dropped the first `count` bytes of the window. */
void csv_framer_drop(struct csv_framer *f, size_t count);

#endif
