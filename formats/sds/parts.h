/* A file of SDS that stands in one part or in several, each a file with a header, which are read as
 * one table.
 *
 * The headers must have the same columns in the same order. A place is that in a part, and above
 * it the number of the part. One thread at a time. */
#ifndef FORMATS_SDS_PARTS_H
#define FORMATS_SDS_PARTS_H

#include "formats/sds/table.h"

/* Bits that a place has at most. */
enum { SDS_PLACE_BITS = 62 };

struct sds_source {
    uint32_t count; /* of parts, at least 1 */
    /* Opens a part, from 0: a descriptor that becomes the caller's, or -1 with errno. It may be
     * asked for any of them again. */
    int (*open)(const void *context, uint32_t part);
    const void *context;
};

/* One part that is open. */
struct sds_part {
    uint32_t number;
    int fd; /* -1: none */
    struct sds_table table;
};

/* Going back and forth between so many parts does not open any of them twice. */
enum { SDS_OPEN_PARTS = 16 };

struct sds_parts {
    const struct sds_source *source;
    struct sds_part *current;
    /* private */
    const struct sds_format *format;
    size_t window;
    uint32_t columns; /* the header of all parts, as in sds_table */
    size_t field_count;
    unsigned char column_of[SDS_MAX_COLUMNS];
    struct sds_part open[SDS_OPEN_PARTS]; /* by number */
};

/* Like sds_table_open; the source stays the caller's. Here and below, a part that cannot be opened
 * is SDS_TABLE_FAILED, and one with another header SDS_TABLE_ODD. */
enum sds_table_result sds_parts_open(struct sds_parts *parts, const struct sds_source *source,
                                     const struct sds_format *format, size_t window);
void sds_parts_release(struct sds_parts *parts);

/* Like sds_table_peek; behind the last row of a part comes the first one of the next. */
enum sds_table_result sds_parts_peek(struct sds_parts *parts, struct sds_table_row *row);

/* Gives the row at a place that sds_parts_peek has given. */
enum sds_table_result sds_parts_seek(struct sds_parts *parts, uint64_t place,
                                     struct sds_table_row *row);

#endif
