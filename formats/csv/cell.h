/* Cells of the files this program writes (formats/README.md: RFC 4180, quoted only when
 * needed, rows end in CRLF). */
#ifndef FORMATS_CSV_CELL_H
#define FORMATS_CSV_CELL_H

#include "formats/base/buf.h"
#include "formats/base/bytes.h"

/* Whether a cell is written as it is. */
bool csv_plain(struct slice cell);

/* For csv_put_cell: a cell that needs quotes. */
void csv_put_quoted(struct buf *out, struct slice cell);

/* Appends one cell, quoted when it has a comma, a quote, CR or LF. */
static inline void csv_put_cell(struct buf *out, struct slice cell)
{
    if (cell.len == 0 || !buf_reserve(out, cell.len))
        return;
    if (bytes_copy_find4(out->data + out->len, cell.ptr, cell.len, ",\"\r\n"))
        csv_put_quoted(out, cell);
    else
        out->len += cell.len;
}

/* Appends a row: the cells with the numbers in order[0 .. count), count > 0. */
void csv_put_row(struct buf *out, const struct slice *cells, const uint8_t *order, size_t count);

static inline void csv_put_comma(struct buf *out)
{
    buf_put_byte(out, ',');
}

static inline void csv_end_row(struct buf *out)
{
    buf_put(out, "\r\n", 2);
}

#endif
