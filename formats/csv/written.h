/* Reading rows that cell.h has written: no row end stands inside a cell, since the values have
 * none, and a value is quoted always or never. */
#ifndef FORMATS_CSV_WRITTEN_H
#define FORMATS_CSV_WRITTEN_H

#include "formats/base/buf.h"

/* Takes the next row off `rows`, without its end. False when there is none. */
static inline bool written_row(struct slice *rows, struct slice *row)
{
    size_t end = slice_find(*rows, '\n');
    if (rows->len == 0)
        return false;
    *row = slice_of(rows->ptr, end && rows->ptr[end - 1] == '\r' ? end - 1 : end);
    size_t taken = end < rows->len ? end + 1 : end;
    *rows = slice_of(rows->ptr + taken, rows->len - taken);
    return true;
}

/* Takes the next cell off `row`, as it stands there: with its quotes. Of a row that is used up,
 * an empty one. Equal values are equal cells. */
struct slice written_cell(struct slice *row);

/* Appends the value of a cell. */
void written_value(struct buf *out, struct slice cell);

#endif
