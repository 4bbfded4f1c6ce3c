/* A file of SDS that is read back: which columns of its format it has, and its rows, one after the
 * other or from a place that is known.
 *
 * Files of this program are meant, but anything may stand in one by now: what is not a CSV table
 * of the format's columns, with all of the required set, is SDS_TABLE_ODD. The file is only read (pread), so several tables may
 * share a descriptor. One thread at a time. */
#ifndef FORMATS_SDS_TABLE_H
#define FORMATS_SDS_TABLE_H

#include "formats/base/arena.h"
#include "formats/sds/files.h"

enum sds_table_result {
    SDS_TABLE_ROW,
    SDS_TABLE_END,
    SDS_TABLE_ODD,   /* not what this program writes */
    SDS_TABLE_FAILED /* cannot be read, see errno */
};

/* Text and cells are in the table's window, or its arena: valid until the next call with it. */
struct sds_table_row {
    uint64_t place;    /* of its first byte in the file */
    struct slice text; /* with its line end */
    /* By the columns of the format; absent where the file has no such column. */
    struct slice cells[SDS_MAX_COLUMNS];
};

struct sds_table {
    const struct sds_format *format;
    uint32_t columns;   /* which it has: bit i for the format's column i */
    size_t field_count; /* fields of a row */
    unsigned char column_of[SDS_MAX_COLUMNS]; /* by field */
    /* private: the window bytes[0 .. len) of the file, from `base` on */
    int fd;
    char *bytes;
    size_t room;
    size_t len;
    size_t at;
    uint64_t base;
    bool ended;
    struct arena arena;
};

/* Starts with the header of the file `fd`, which stays the caller's. `window`: bytes to read at a
 * time. SDS_TABLE_ROW when there is one, and rows can be asked for; to be released in any case. */
enum sds_table_result sds_table_open(struct sds_table *table, int fd,
                                     const struct sds_format *format, size_t window);
void sds_table_release(struct sds_table *table);

/* The row at the current place, without moving on. Blank rows before it are skipped. */
enum sds_table_result sds_table_peek(struct sds_table *table, struct sds_table_row *row);

/* The bytes from the current place on, as many as are at hand; empty only at the end of the file
 * or when it cannot be read. */
struct slice sds_table_ahead(struct sds_table *table);

/* Moves on by bytes of the window. */
void sds_table_skip(struct sds_table *table, size_t bytes);

/* Moves to the start of a row that sds_table_peek has given. */
void sds_table_seek(struct sds_table *table, uint64_t place);

#endif
