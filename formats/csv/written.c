#include "formats/csv/written.h"

#include "formats/base/bytes.h"

/* Where the quoted cell at the start ends: behind the quote that is not doubled. */
static size_t quoted_end(struct slice row)
{
    size_t at = 1;
    while (at < row.len) {
        if (row.ptr[at++] != '"')
            continue;
        if (at == row.len || row.ptr[at] != '"')
            break;
        at++;
    }
    return at;
}

struct slice written_cell(struct slice *row)
{
    if (row->len == 0)
        return SLICE_LITERAL("");
    size_t end = row->ptr[0] == '"' ? quoted_end(*row) : bytes_find_near(row->ptr, row->len, ',');
    struct slice cell = slice_of(row->ptr, end);
    size_t taken = end < row->len ? end + 1 : end;
    *row = slice_of(row->ptr + taken, row->len - taken);
    return cell;
}

void written_value(struct buf *out, struct slice cell)
{
    if (cell.len < 2 || cell.ptr[0] != '"') {
        buf_put_slice(out, cell);
        return;
    }
    struct slice rest = slice_of(cell.ptr + 1, cell.len - 2);
    while (rest.len) {
        size_t quote = slice_find(rest, '"');
        size_t part = quote < rest.len ? quote + 1 : quote;
        size_t taken = quote < rest.len && part < rest.len ? part + 1 : part;
        buf_put(out, rest.ptr, part);
        rest = slice_of(rest.ptr + taken, rest.len - taken);
    }
}
