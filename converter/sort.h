/* Which entity an element is (formats/README.md), from what it says itself and
 * what is known of the place where it stands. */
#ifndef CONVERTER_SORT_H
#define CONVERTER_SORT_H

#include "converter/batch.h"
#include "converter/run.h"

struct sorted {
    struct clever_element element;
    enum entity entity; /* ENTITY_NONE: nothing tells */
    bool told;          /* by rules 1 to 5: may stand for others by rule 6 */
    bool readable;
    bool open;   /* depends on links that have not been read yet */
    bool failed; /* a failed download among the top-level values */
    struct json_error error; /* unless readable */
};

/* `sorted` is good until the scanner, which is of the run's schema, scans again. */
void sort_element(const struct run *run, const struct batch *batch,
                  const struct element *element, struct clever_scanner *scanner,
                  struct arena *arena, struct sorted *sorted);

/* The failure for a failed download where one is (formats/README.md). */
bool failed_download(const struct input *input, struct failure *failure);

#endif
