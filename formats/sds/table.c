#include "formats/sds/table.h"

#include "formats/csv/row.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Less than this at hand: read on. More than a row has, usually. */
enum { LOW_WATER = 16 * 1024 };

/* Reads on, after moving what is at hand to the front of the window; a window that is full then is
 * made larger. False: errno. */
static bool fill(struct sds_table *t)
{
    if (t->at > 0) {
        memmove(t->bytes, t->bytes + t->at, t->len - t->at);
        t->base += t->at;
        t->len -= t->at;
        t->at = 0;
    }
    if (t->len == t->room) {
        char *bytes = realloc(t->bytes, t->room * 2);
        if (!bytes)
            return false;
        t->bytes = bytes;
        t->room *= 2;
    }
    ssize_t got;
    do
        got = pread(t->fd, t->bytes + t->len, t->room - t->len, (off_t)(t->base + t->len));
    while (got < 0 && errno == EINTR);
    t->ended = got == 0;
    t->len += got > 0 ? (size_t)got : 0;
    return got >= 0;
}

struct slice sds_table_ahead(struct sds_table *t)
{
    if (t->len - t->at < LOW_WATER && !t->ended && !fill(t))
        return slice_of(t->bytes, 0);
    return slice_of(t->bytes + t->at, t->len - t->at);
}

void sds_table_skip(struct sds_table *t, size_t bytes)
{
    t->at += bytes;
}

void sds_table_seek(struct sds_table *t, uint64_t place)
{
    if (place < t->base || place > t->base + t->len) {
        t->base = place;
        t->len = 0;
        t->ended = false;
    }
    t->at = (size_t)(place - t->base);
}

/* The next row that is not blank; `end` is where it ends in the window. */
static enum sds_table_result frame_row(struct sds_table *t, struct csv_frame *frame, size_t *end)
{
    for (;;) {
        struct csv_framer framer = {0};
        *frame = csv_framer_next(&framer, t->bytes + t->at, t->len - t->at, t->ended);
        if (frame->kind == CSV_END)
            return SDS_TABLE_END;
        if (frame->kind == CSV_MORE) {
            if (!fill(t))
                return SDS_TABLE_FAILED;
            continue;
        }
        if (frame->kind != CSV_ROW || frame->bad || frame->stray)
            return SDS_TABLE_ODD;
        *end = t->at + framer.at;
        if (frame->text.len)
            return SDS_TABLE_ROW;
        t->at = *end;
    }
}

static enum sds_table_result split_row(struct sds_table *t, const struct csv_frame *frame,
                                       struct csv_fields *fields)
{
    arena_reset(&t->arena);
    if (csv_split(frame, &t->arena, fields))
        return SDS_TABLE_ROW;
    errno = ENOMEM;
    return SDS_TABLE_FAILED;
}

enum sds_table_result sds_table_peek(struct sds_table *t, struct sds_table_row *row)
{
    struct csv_frame frame;
    struct csv_fields fields = {NULL, 0};
    size_t end = 0;
    enum sds_table_result result = frame_row(t, &frame, &end);
    if (result == SDS_TABLE_ROW)
        result = split_row(t, &frame, &fields);
    if (result != SDS_TABLE_ROW)
        return result;
    if (fields.count != t->field_count)
        return SDS_TABLE_ODD;
    *row = (struct sds_table_row){.place = t->base + t->at,
                                  .text = slice_of(t->bytes + t->at, end - t->at)};
    for (size_t i = 0; i < fields.count; i++)
        row->cells[t->column_of[i]] = fields.items[i];
    return SDS_TABLE_ROW;
}

/* Finds the format's columns in the header: each name is one of them, none comes twice, and those
 * of the required set, which every file has, are among them. */
static bool know_columns(struct sds_table *t, const struct csv_fields *header)
{
    if (header->count > t->format->column_count)
        return false;
    for (size_t i = 0; i < header->count; i++) {
        size_t column = 0;
        while (column < t->format->column_count &&
               !slice_is(header->items[i], t->format->columns[column].header))
            column++;
        if (column == t->format->column_count || t->columns & 1U << column)
            return false;
        t->columns |= 1U << column;
        t->column_of[i] = (unsigned char)column;
    }
    t->field_count = header->count;
    for (size_t i = 0; i < t->format->column_count; i++)
        if (t->format->columns[i].set == SET_REQUIRED && !(t->columns & 1U << i))
            return false;
    return true;
}

enum sds_table_result sds_table_open(struct sds_table *t, int fd, const struct sds_format *format,
                                     size_t window)
{
    const struct slice bom = SLICE_LITERAL("\xEF\xBB\xBF");
    *t = (struct sds_table){
        .format = format, .fd = fd, .bytes = malloc(window), .room = window};
    if (!t->bytes) {
        errno = ENOMEM;
        return SDS_TABLE_FAILED;
    }
    if (!fill(t))
        return SDS_TABLE_FAILED;
    if (slice_starts(slice_of(t->bytes, t->len), bom))
        t->at = bom.len;
    struct csv_frame frame;
    struct csv_fields header = {NULL, 0};
    size_t end = 0;
    enum sds_table_result result = frame_row(t, &frame, &end);
    if (result == SDS_TABLE_ROW)
        result = split_row(t, &frame, &header);
    if (result != SDS_TABLE_ROW)
        return result == SDS_TABLE_END ? SDS_TABLE_ODD : result;
    t->at = end;
    return know_columns(t, &header) ? SDS_TABLE_ROW : SDS_TABLE_ODD;
}

void sds_table_release(struct sds_table *t)
{
    free(t->bytes);
    arena_release(&t->arena);
    *t = (struct sds_table){.fd = -1};
}
