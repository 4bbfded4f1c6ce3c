/* What one conversion has in common: set up by convert.c, then only read by workers, but for the
 * indexes of the entity that is just being read, which belong to the committer. */
#ifndef CONVERTER_RUN_H
#define CONVERTER_RUN_H

#include "converter/enrollments.h"
#include "converter/index.h"
#include "converter/inventory.h"
#include "converter/options.h"
#include "converter/reader.h"
#include "formats/clever/schema.h"

struct run {
    const struct options *options;
    const struct clever_schema *schema;
    struct inventory inventory;
    struct byte_budget budget;
    struct progress *progress;
    struct reader reader;
    struct id_index *indexes[ENTITY_COUNT]; /* of schools, courses, terms, teachers, students,
                                               sections */
    struct enrollments *enrollments; /* NULL without enrollments.csv */
    /* SIS ids of sections that are accepted although one with the same id was rejected before: the
     * pairs of enrollments.csv are theirs. Found in one reading, used in the next. */
    struct id_index *contested;
    bool contest; /* one more was found: read again */
    bool gathering; /* enrollments are being gathered; their lines and rows come later */
    bool any[ENTITY_COUNT]; /* the export has records of the entity, accepted or not */
    enum id_choice id;      /* what --id comes to for this input */
    uint64_t read;          /* records read */
};

#endif
