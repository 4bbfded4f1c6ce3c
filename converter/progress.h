/* One line on standard error that says how far a run is, for somebody who waits for it:
 *
 *   students  43%  1,234,567 records  210,000/s  0:12 left
 *
 * Only on a terminal, and only while the run is in its foreground. The line is written from the
 * left edge, over the one before and without any escape sequence, so it is right for every
 * terminal and needs no NO_COLOR; it is gone at the end. It is drawn on the way by whoever reads
 * the export, at most ten times a second, and holds counts, never data.
 */
#ifndef CONVERTER_PROGRESS_H
#define CONVERTER_PROGRESS_H

#include "formats/base/buf.h"

#include <stdatomic.h>

struct progress {
    bool on;
    char stage[64];
    uint64_t total;  /* bytes of the plan; 0: not known */
    uint64_t before; /* bytes of the inputs that are done */
    uint64_t size;   /* of the input being read; 0: not known */
    uint64_t here;   /* of it, as far as it is read */
    _Atomic uint64_t records;
    uint64_t begun; /* the plan; all times are those of clock_ms */
    uint64_t drawn;
    size_t shown; /* columns that the line takes now */
};

/* All but progress_records are called by one thread at a time. NULL is a progress nobody sees. */

/* Shows something from here on if there is somebody to look at it. */
void progress_begin(struct progress *progress, bool quiet);

/* What the run is at; copied. */
void progress_stage(struct progress *progress, const char *stage);

/* `total` bytes are to be read from here on; 0 when that is not known. Rate and time left are
 * counted from here. */
void progress_plan(struct progress *progress, uint64_t total);

/* The next input of the plan, of `size` bytes (0: not known), begins. */
void progress_next(struct progress *progress, uint64_t size);

/* The input is read as far as `position`. */
void progress_read(struct progress *progress, uint64_t position);

/* `records` are read in all. Any thread. */
void progress_records(struct progress *progress, uint64_t records);

/* Takes the line away. */
void progress_end(struct progress *progress);

/* The line at the time `now`: as many of its parts as fit into `width` columns. */
void progress_put_line(struct buf *out, const struct progress *progress, uint64_t now,
                       size_t width);

#endif
