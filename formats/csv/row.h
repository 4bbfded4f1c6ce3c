/* The fields of one CSV row that the framer has found. */
#ifndef FORMATS_CSV_ROW_H
#define FORMATS_CSV_ROW_H

#include "formats/base/arena.h"
#include "formats/csv/framer.h"

struct csv_fields {
    struct slice *items;
    size_t count;
};

/* Splits a row that is not bad. Fields live in the row's text or in `arena`. Rows without quotes
 * are cut at their commas; all others go through libcsv, strictly but for stray quotes, which it
 * would refuse there. False: out of memory. Any thread. */
bool csv_split(const struct csv_frame *row, struct arena *arena, struct csv_fields *fields);

#endif
