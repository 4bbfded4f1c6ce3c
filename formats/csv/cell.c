#include "formats/csv/cell.h"

#include <csv.h>

bool csv_plain(struct slice cell)
{
    return bytes_find4(cell.ptr, cell.len, ',', '"', '\r', '\n') == cell.len;
}

void csv_put_quoted(struct buf *out, struct slice cell)
{
    /* Every byte a doubled quote, and the two around it: csv_write2 cannot need more. */
    if (cell.len > (SIZE_MAX - 2) / 2 || !buf_reserve(out, cell.len * 2 + 2)) {
        out->oom = true;
        return;
    }
    out->len += csv_write2(out->data + out->len, out->cap - out->len, cell.ptr, cell.len, '"');
}
