/* Cells of the files this program writes (formats/README.md: RFC 4180, quoted only when
 * needed, rows end in CRLF). */
#ifndef FORMATS_CSV_CELL_H
#define FORMATS_CSV_CELL_H

#include "formats/base/buf.h"

/* Whether a cell is written as it is. */
bool csv_plain(struct slice cell);

/* Appends one cell, quoted when it has a comma, a quote, CR or LF. */
void csv_put_cell(struct buf *out, struct slice cell);

static inline void csv_put_comma(struct buf *out)
{
    buf_put_byte(out, ',');
}

static inline void csv_end_row(struct buf *out)
{
    buf_put(out, "\r\n", 2);
}

#endif
