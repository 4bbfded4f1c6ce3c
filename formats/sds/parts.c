#include "formats/sds/parts.h"

#include <string.h>
#include <unistd.h>

/* Bits for the place in a part: no file is so large. What is left are more parts than anybody
 * has. */
enum { PART_SHIFT = 40 };

static const uint64_t IN_PART = ((uint64_t)1 << PART_SHIFT) - 1;
static const uint32_t MOST_PARTS = (uint32_t)1 << (SDS_PLACE_BITS - PART_SHIFT);

static void close_part(struct sds_part *part)
{
    if (part->fd < 0)
        return;
    sds_table_release(&part->table);
    (void)close(part->fd);
    part->fd = -1;
}

static bool same_header(const struct sds_parts *parts, const struct sds_table *table)
{
    return table->field_count == parts->field_count &&
           memcmp(table->column_of, parts->column_of, table->field_count) == 0;
}

/* Makes a part the current one; opened anew, it is at its first row. */
static enum sds_table_result go_to(struct sds_parts *parts, uint32_t number)
{
    struct sds_part *part = &parts->open[number % SDS_OPEN_PARTS];
    parts->current = part;
    if (part->fd >= 0 && part->number == number)
        return SDS_TABLE_ROW;
    close_part(part);
    part->number = number;
    part->fd = parts->source->open(parts->source->context, number);
    if (part->fd < 0)
        return SDS_TABLE_FAILED;
    return sds_table_open(&part->table, part->fd, parts->format, parts->window);
}

enum sds_table_result sds_parts_open(struct sds_parts *parts, const struct sds_source *source,
                                     const struct sds_format *format, size_t window)
{
    *parts = (struct sds_parts){.source = source, .format = format, .window = window};
    for (size_t i = 0; i < SDS_OPEN_PARTS; i++)
        parts->open[i].fd = -1;
    enum sds_table_result result =
        source->count <= MOST_PARTS ? go_to(parts, 0) : SDS_TABLE_ODD;
    if (result != SDS_TABLE_ROW)
        return result;
    const struct sds_table *table = &parts->current->table;
    parts->columns = table->columns;
    parts->field_count = table->field_count;
    memcpy(parts->column_of, table->column_of, sizeof parts->column_of);
    return SDS_TABLE_ROW;
}

void sds_parts_release(struct sds_parts *parts)
{
    for (size_t i = 0; parts->source && i < SDS_OPEN_PARTS; i++)
        close_part(&parts->open[i]);
    parts->source = NULL;
}

/* A part is left for good when it is read to its end: its window is given back. */
static enum sds_table_result next_part(struct sds_parts *parts)
{
    uint32_t next = parts->current->number + 1;
    close_part(parts->current);
    enum sds_table_result result = go_to(parts, next);
    if (result == SDS_TABLE_ROW && !same_header(parts, &parts->current->table))
        result = SDS_TABLE_ODD;
    return result;
}

enum sds_table_result sds_parts_peek(struct sds_parts *parts, struct sds_table_row *row)
{
    enum sds_table_result result = sds_table_peek(&parts->current->table, row);
    while (result == SDS_TABLE_END && parts->current->number + 1 < parts->source->count) {
        result = next_part(parts);
        if (result == SDS_TABLE_ROW)
            result = sds_table_peek(&parts->current->table, row);
    }
    if (result != SDS_TABLE_ROW)
        return result;
    if (row->place > IN_PART)
        return SDS_TABLE_ODD;
    row->place |= (uint64_t)parts->current->number << PART_SHIFT;
    return result;
}

enum sds_table_result sds_parts_seek(struct sds_parts *parts, uint64_t place,
                                     struct sds_table_row *row)
{
    enum sds_table_result result = go_to(parts, (uint32_t)(place >> PART_SHIFT));
    if (result != SDS_TABLE_ROW)
        return result;
    sds_table_seek(&parts->current->table, place & IN_PART);
    return sds_parts_peek(parts, row);
}
