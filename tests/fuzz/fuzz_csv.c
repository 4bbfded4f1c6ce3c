/* The CSV framer and the fields of its rows: fed whole and in pieces it finds the same rows; and
 * fields, written as we write them, are read back as what they were. */
#include "formats/csv/cell.h"
#include "formats/csv/row.h"
#include "tests/fuzz/fuzz.h"

static void put_fields(struct buf *out, const struct csv_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (i)
            csv_put_comma(out);
        csv_put_cell(out, fields->items[i]);
    }
    csv_end_row(out);
}

static void read_back(const struct csv_fields *fields)
{
    struct buf written = {0};
    struct arena arena = {0};
    struct csv_fields again;
    struct csv_framer framer = {.at = 0};
    put_fields(&written, fields);
    struct csv_frame row = csv_framer_next(&framer, written.data, written.len, true);
    MUST(row.kind == CSV_ROW && !row.bad && !row.stray);
    MUST(row.text.len + 2 == written.len);
    MUST(csv_split(&row, &arena, &again));
    MUST(again.count == fields->count);
    for (size_t i = 0; i < again.count; i++)
        MUST(slice_equal(again.items[i], fields->items[i]));
    arena_release(&arena);
    buf_release(&written);
}

/* A row by itself, as text. */
static bool note(struct buf *log, const struct csv_frame *frame)
{
    struct arena arena = {0};
    struct csv_fields fields = {NULL, 0};
    buf_printf(log, "%d %d%d%d ", (int)frame->kind, frame->quoted, frame->stray, frame->bad);
    if (frame->kind == CSV_ROW) {
        buf_put_slice(log, frame->text);
        if (!frame->bad) {
            MUST(csv_split(frame, &arena, &fields));
            MUST(fields.count > 0);
        }
        if (fields.count && !frame->stray) /* a stray quote is written as a proper one */
            read_back(&fields);
    }
    arena_release(&arena);
    buf_put_byte(log, '\n');
    return frame->kind == CSV_END || frame->kind == CSV_UNCLOSED || frame->kind == CSV_TOO_LONG;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = {0};
    struct buf pieces = {0};
    struct csv_framer framer = {.at = 0};
    char *window = exact_copy(data, size);
    for (bool over = false; !over;) {
        struct csv_frame frame = csv_framer_next(&framer, window, size, true);
        MUST(frame.kind != CSV_MORE);
        over = note(&whole, &frame);
    }
    uint64_t state = chance_from(data, size);
    size_t from = 0;
    size_t to = 0;
    framer = (struct csv_framer){.at = 0};
    for (bool over = false; !over;) {
        struct csv_frame frame = csv_framer_next(&framer, window, to - from, to == size);
        if (frame.kind != CSV_MORE) {
            over = note(&pieces, &frame);
            continue;
        }
        MUST(to < size);
        size_t keep = csv_framer_keep(&framer);
        MUST(keep <= to - from);
        csv_framer_drop(&framer, keep);
        from += keep;
        to += 1 + chance(&state, chance(&state, 4) ? 3 : size - to);
        to = to < size ? to : size;
        free(window);
        window = exact_copy(data + from, to - from);
    }
    MUST(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
    free(window);
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}
