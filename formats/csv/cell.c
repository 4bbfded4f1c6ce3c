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
    char *to = out->data + out->len;
    if (slice_find(cell, '"') < cell.len) {
        out->len += csv_write2(to, out->cap - out->len, cell.ptr, cell.len, '"');
        return;
    }
    to[0] = to[cell.len + 1] = '"'; /* nothing to double */
    if (cell.len)
        memcpy(to + 1, cell.ptr, cell.len);
    out->len += cell.len + 2;
}

void csv_put_row(struct buf *out, const struct slice *cells, const uint8_t *order, size_t count)
{
    size_t rest = count + 1; /* the commas and the end of the row */
    for (size_t i = 0; i < count; i++)
        rest += cells[order[i]].len;
    if (!buf_reserve(out, rest))
        return;
    for (size_t i = 0; i < count; i++) {
        struct slice cell = cells[order[i]];
        rest -= cell.len + 1;
        if (bytes_copy_find4(out->data + out->len, cell.ptr, cell.len, ",\"\r\n")) {
            csv_put_quoted(out, cell);
            if (!buf_reserve(out, rest + 1))
                return;
        } else {
            out->len += cell.len;
        }
        out->data[out->len++] = ',';
    }
    out->len--;
    csv_end_row(out);
}
