/* What the review page needs of rows and lines, noted while they are written: counts by school
 * (tally.h), the first rows of each file, the first lines of each code. Bounded but for the
 * schools that tally.h counts. One thread at a time.
 */
#ifndef CONVERTER_NOTES_H
#define CONVERTER_NOTES_H

#include "converter/sink.h"
#include "converter/tally.h"

enum {
    NOTED_ROWS = 20,   /* of a file */
    NOTED_LINES = 200, /* of a code */
    NOTED_CELL = 120   /* characters of a cell that are kept */
};

/* The columns of the error file, and behind them the number of the school in the tally, blank for
 * none: its name may not be known yet. */
enum line_cell {
    LINE_SEVERITY,
    LINE_CODE,
    LINE_ENTITY,
    LINE_CLEVER_ID,
    LINE_SIS_ID,
    LINE_ATTRIBUTE,
    LINE_VALUE,
    LINE_MESSAGE,
    LINE_SOURCE,
    LINE_LINE,
    LINE_FILE,
    LINE_ROWS,
    LINE_CAUSE,
    LINE_SCHOOL,
    LINE_CELLS
};

/* Cells one after the other, a NUL behind each. */
struct noted_cells {
    struct buf cells;
    size_t rows;
};

struct notes {
    struct tally tally;
    struct noted_cells rows[SDS_FILES];
    struct noted_cells lines[ISSUE_COUNT];
    uint64_t count[ISSUE_COUNT][SEVERITIES]; /* of lines */
    struct buf scratch;
    /* private: what the watchers of the sinks point to */
    struct noted_file {
        struct notes *notes;
        enum sds_file file;
    } files[SDS_FILES];
};

/* NULL: out of memory. */
struct notes *notes_new(const struct options *options);
void notes_free(struct notes *notes);

/* Watchers for the sinks of an output file, header written, and of the lines about records. */
struct sink_watcher notes_watch_rows(struct notes *notes, enum sds_file file);
struct sink_watcher notes_watch_lines(struct notes *notes);

/* Notes that a section of a school (by its SIS ID) has members: rows of both roster files. */
void notes_members(struct notes *notes, struct slice school, uint64_t rows);

/* Notes lines that do not come by a sink: those of no school. */
void notes_lines(struct notes *notes, struct slice lines);

/* Whether memory ran out on the way. */
bool notes_failed(const struct notes *notes);

/* Takes the next cell off noted cells. */
const char *notes_cell(const char **cells);

#endif
