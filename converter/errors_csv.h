/* The lines of review/errors.csv (converter/README.md). */
#ifndef CONVERTER_ERRORS_CSV_H
#define CONVERTER_ERRORS_CSV_H

#include "converter/options.h"
#include "formats/base/buf.h"

/* What a line is about. */
struct subject {
    const char *entity; /* the Entity column */
    struct slice id;
    struct slice sis_id;
    const char *source; /* NULL: the export as a whole */
    uint64_t line;      /* 0: blank */
};

struct issue {
    enum issue_code code;
    enum sds_file file; /* SDS_NO_FILE: blank */
    int column;         /* of that file: the attribute at fault; NO_COLUMN: blank */
    struct slice value;
    uint64_t rows;
    struct slice cause;
    const char *sentence; /* instead of the code's own, or NULL */
    const char *more;     /* a further one, or NULL */
};

enum { NO_COLUMN = -1 };

/* The header, with a BOM if asked for. */
void errors_put_header(struct buf *out, const struct options *options);

/* Appends one line, its severity as --treat says. */
void errors_put_line(struct buf *out, const struct options *options,
                     const struct subject *subject, const struct issue *issue);

/* The same with another severity, for lines that an --allow option lowers. */
void errors_put_line_as(struct buf *out, const struct options *options, enum severity severity,
                        const struct subject *subject, const struct issue *issue);

/* The place of a line among those of its record: lines without a column, then by column, then
 * those about TeacherRoster and StudentEnrollment. Lines of one place are ordered by code. */
uint32_t line_rank(enum sds_file file, int column);

/* A cell with text from the input: nothing invisible in it, and no formula. */
void errors_put_foreign(struct buf *out, struct slice text);

/* "School.csv", or "school.csv" if asked for. */
void put_file_name(struct buf *out, const struct options *options, enum sds_file file);

#endif
