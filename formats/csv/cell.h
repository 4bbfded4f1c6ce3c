/* Cells of the files this program writes (formats/README.md: RFC 4180, quoted only when
 * needed, rows end in CRLF). */
#ifndef FORMATS_CSV_CELL_H
#define FORMATS_CSV_CELL_H

#include "formats/base/buf.h"

/* Appends one cell, quoted when it has a comma, a quote, CR or LF. */
void csv_put_cell(struct buf *out, struct slice cell);

void csv_put_comma(struct buf *out);
void csv_end_row(struct buf *out);

#endif
