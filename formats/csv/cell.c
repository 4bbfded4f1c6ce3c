#include "formats/csv/cell.h"

#include "formats/base/bytes.h"

#include <csv.h>

static bool needs_quotes(struct slice cell)
{
    return bytes_find4(cell.ptr, cell.len, ',', '"', '\r', '\n') < cell.len;
}

void csv_put_cell(struct buf *out, struct slice cell)
{
    if (!needs_quotes(cell)) {
        buf_put_slice(out, cell);
        return;
    }
    /* Every byte a doubled quote, and the two around it: csv_write2 cannot need more. */
    if (cell.len > (SIZE_MAX - 2) / 2 || !buf_reserve(out, cell.len * 2 + 2)) {
        out->oom = true;
        return;
    }
    out->len += csv_write2(out->data + out->len, out->cap - out->len, cell.ptr, cell.len, '"');
}

void csv_put_comma(struct buf *out)
{
    buf_put_byte(out, ',');
}

void csv_end_row(struct buf *out)
{
    buf_put(out, "\r\n", 2);
}
