/* Where the elements of a JSON export begin and end, without reading what is in them.
 *
 * The caller owns the bytes and hands in a window of them; the framer keeps the state and says
 * what comes next. It tells brackets and commas outside strings, nothing more: whether an element
 * is valid JSON is json_scan's business. What it does not follow is broken as a whole
 * (formats/README.md): a bracket of the wrong kind, an end inside a value, anything between
 * values.
 *
 * A top-level value is
 *   a list                       its elements are framed one by one
 *   an object with "data":[...]  an envelope: likewise, and what stands around the list is given
 *                                as FRAME_AROUND
 *   a combined object            each member that is a list, or an envelope, is framed likewise
 *   anything else                one element
 * Whether an object is combined can only be known at its end, so it is a matter of two passes: a
 * first one with JSON_ASSUME_COMBINED reports keys and ends of values, a second one is told which
 * values are combined.
 */
#ifndef FORMATS_JSON_FRAMER_H
#define FORMATS_JSON_FRAMER_H

#include "formats/base/buf.h"
#include "formats/base/slice.h"

#include <stdint.h>

/* A record longer than this is refused (formats/README.md). */
enum { JSON_MAX_RECORD = 64 * 1024 * 1024 };

enum frame_kind {
    FRAME_MORE,      /* the window is used up; give more bytes, or say that there are none */
    FRAME_ELEMENT,   /* text: an element, white space around it cut */
    FRAME_EMPTY,     /* a blank element; text: the byte that ends it */
    FRAME_LIST,      /* a list begins; text: its key when it stands in a combined object */
    FRAME_LIST_END,  /* ... and ends; `count`: elements in it, empty ones included */
    FRAME_AROUND,    /* text: members of an envelope beside its list, without braces and commas
                        at their ends. Never blank */
    FRAME_KEY,       /* assuming: a key at the top level of an object; text: the key, decoded, in
                        the framer */
    FRAME_VALUE_END, /* a top-level value ends; `clean`, see below */
    FRAME_UNSURE,    /* this file needs the first pass; see JSON_AUTO */
    FRAME_BROKEN,    /* cannot be followed; `reason` */
    FRAME_TOO_LONG,  /* a record over JSON_MAX_RECORD */
    FRAME_END        /* the end of the file, between values */
};

enum framer_mode {
    JSON_AUTO,            /* FRAME_UNSURE as soon as an object might be a combined one */
    JSON_ASSUME_COMBINED, /* every object without "data":[ is treated as combined */
    JSON_KNOWN            /* `combined` tells */
};

struct frame {
    enum frame_kind kind;
    struct slice text; /* in the window; valid until the window changes */
    uint64_t value;    /* which top-level value of the file, from 0 */
    uint32_t list;     /* which list of the file, from 1; 0: a top-level element */
    uint64_t count;
    bool nested;       /* FRAME_LIST: of an envelope inside a combined object */
    bool envelope;     /* FRAME_LIST, FRAME_ELEMENT: the list is an envelope's */
    bool clean;        /* FRAME_VALUE_END: an object whose members were all "key": value */
    const char *reason;
};

/* Asked by the framer, answered by those who know entities. */
struct framer_names {
    /* Whether the key is the name of a used entity: it may hold a list of a combined object. */
    bool (*used_entity)(struct slice key);
};

struct json_framer {
    const struct framer_names *names;
    enum framer_mode mode;
    const uint64_t *combined; /* JSON_KNOWN: ascending numbers of the combined values */
    size_t combined_count;
    /* private; places are offsets in the window */
    int state;
    size_t at;           /* the next byte to look at */
    size_t mark;         /* start of what is being framed */
    bool marked;         /* bytes from `mark` on are still needed */
    size_t brace;        /* the { of the envelope being read */
    size_t key_at;       /* the opening quote of the current key */
    char key[32];        /* the top-level key, decoded */
    size_t key_len;      /* 0: none, or too long to be of interest */
    bool is_data;        /* the current key is `data` */
    struct buf nest;     /* the brackets open inside the current text */
    bool in_string;
    bool escaped;        /* the next byte of the string stands behind a backslash */
    bool as_combined;    /* the current top-level object is treated as combined */
    bool nested;         /* inside an object that is a member of it */
    bool envelope;       /* the list being read is an envelope's */
    bool bare;           /* ... or a top-level value itself */
    bool after_comma;
    bool unclean;        /* of the current top-level object */
    bool nested_unclean;
    bool taken;          /* the object has a key that no combined object has */
    uint64_t value;
    uint32_t list;
    uint64_t count;
    size_t combined_next;
};

/* Whether an object with this key at its top level is no combined object (formats/README.md). */
bool framer_not_combined(struct slice key);

void framer_init(struct json_framer *f, const struct framer_names *names, enum framer_mode mode);
void framer_release(struct json_framer *f);

/* The next frame in window[0 .. len). `end`: no bytes follow the window. Between calls the window
 * may grow at its end; see framer_keep for its start. Out of memory: FRAME_TOO_LONG with
 * nest.oom. After FRAME_BROKEN, FRAME_TOO_LONG, FRAME_UNSURE and FRAME_END it must not be called
 * again. */
struct frame framer_next(struct json_framer *f, const char *window, size_t len, bool end);

/* The bytes of the window before this place are not needed any more. */
size_t framer_keep(const struct json_framer *f);

/* The caller has dropped the first `count` bytes of the window; count <= framer_keep. */
void framer_drop(struct json_framer *f, size_t count);

#endif
