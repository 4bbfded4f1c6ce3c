/* Compares two files of SDS of one kind, row by row, by key.
 *
 * Each row of one file is paired with at most one row of the other that has the same key. What is
 * left of the old one was removed, what is left of the new one was added, and a pair whose cells
 * differ, in the columns that both files have, was changed. */
#ifndef CONVERTER_COMPARE_H
#define CONVERTER_COMPARE_H

#include "formats/base/failure.h"
#include "formats/sds/parts.h"

struct comparison;

enum compared {
    COMPARED,
    COMPARE_ODD,   /* a file is not what this program writes, or cannot be read */
    COMPARE_FAILED /* with a failure */
};

enum row_change { ROW_ADDED, ROW_REMOVED, ROW_CHANGED };

struct row_counts {
    uint64_t added;
    uint64_t removed;
    uint64_t changed;
};

/* An old file in several parts may have a row in more than one of them: of those with one key only
 * the first counts. The new one is to be in one part. What the sources borrow must stay as long as
 * the comparison. `key`: bit i for the format's column i, all
 * of them of the required set. NULL: out of memory. */
struct comparison *comparison_new(const struct sds_source *old, const struct sds_source *new,
                                  const struct sds_format *format, uint32_t key);
void comparison_free(struct comparison *comparison);

/* Finds all differences. It keeps at most 32 bytes for each row that is not the same and at the
 * same place in both files, an old file in parts having nothing at the same place. To be called once; any thread. */
enum compared comparison_run(struct comparison *comparison, struct failure *failure);

/* How many rows came, went and changed; and the columns that only one of the files has. */
struct row_counts comparison_counts(const struct comparison *comparison);
uint32_t comparison_new_columns(const struct comparison *comparison);
uint32_t comparison_gone_columns(const struct comparison *comparison);

/* Is told of each difference; `columns` are those that differ, for ROW_CHANGED. */
struct comparison_teller {
    bool (*each)(void *context, enum row_change change, uint32_t columns,
                 const struct sds_table_row *row, struct failure *failure);
    void *context;
};

/* Tells all differences: added and changed rows in the new order, then the removed ones in the
 * old one. The rows are read again. After COMPARED only. False with a failure, perhaps of
 * `each`. */
bool comparison_tell(struct comparison *comparison, const struct comparison_teller *teller,
                     struct failure *failure);

#endif
