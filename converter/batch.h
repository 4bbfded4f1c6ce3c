/* A batch: a piece of the input that fits the caches, the elements found in it, and what becomes of them.
 *
 *   reader fills text, segments, elements  ->  a worker adds outcomes, rows, lines
 *   ->  the committer takes them in the order of the input and resets the batch
 *
 * A batch belongs to one thread at a time; pipeline.c moves it on. Slices of an outcome point
 * into the batch (text or arena) and die with its reset.
 */
#ifndef CONVERTER_BATCH_H
#define CONVERTER_BATCH_H

#include "converter/index.h"
#include "converter/issue.h"
#include "formats/base/arena.h"
#include "formats/base/buf.h"
#include "formats/base/failure.h"
#include "formats/base/hash.h"
#include "formats/roster.h"
#include "formats/sds/files.h"

/* A piece of one input in the text. */
struct segment {
    uint32_t input;  /* index in the inventory */
    size_t start;    /* in the text */
    uint64_t line;   /* 1-based, of the byte at `start` */
    bool after_cr;   /* the byte before it was CR: an LF there counts no further line */
    uint64_t read;   /* elements of the stage's entity in it, set by the worker */
};

enum row_flag { ROW_QUOTED = 1, ROW_STRAY = 2, ROW_BAD = 4 };

struct element {
    uint32_t start; /* in the text */
    uint32_t len;
    uint32_t segment;
    uint32_t list;    /* of the input, from 1; 0: a top-level value */
    uint8_t self;     /* enum entity: rule 2, as far as known */
    uint8_t key;      /* rule 3 */
    bool links_open;  /* rule 2 is not settled: the envelope's links may stand behind the list */
    bool unused;      /* in a list nobody asked for: never looked at */
    uint8_t row;      /* of a CSV row: enum row_flag */
};

/* One line of the error file, already rendered. */
struct issue_line {
    uint32_t rank; /* place among the lines of its record */
    uint8_t code;
    uint8_t severity;
    size_t start; /* in batch.lines */
    size_t len;
};

/* A piece of rendered rows. */
struct row_span {
    size_t start;
    size_t len;
    uint32_t count;
};

enum verdict {
    VERDICT_NO_RECORD, /* lines only: an unreadable element, a wrong `roles` */
    VERDICT_PAIR,      /* an enrollment row with both ids: section in `id`, student in `sis_id` */
    VERDICT_ACCEPTED,
    VERDICT_REJECTED
};

enum { OUTCOME_EXTRAS = 3 };

/* What a worker made of one record. */
struct outcome {
    uint8_t entity; /* enum entity */
    uint8_t verdict;
    uint32_t element;
    struct slice id;     /* `id`, empty for none */
    struct slice legacy; /* a v3 teacher's legacy_id */
    struct slice sis_id;
    struct slice written;  /* its SIS ID in the output */
    uint64_t id_hash;      /* hash_of(id) */
    uint64_t written_hash; /* hash_of(written) */
    struct slice school;   /* its (first) school's SIS ID in the output; absent for none */
    struct slice root;     /* rejected: the id of the record whose own fault it was */
    struct slice username; /* as written; empty for none */
    uint64_t username_hash; /* without letter case; of people */
    struct slice extra[OUTCOME_EXTRAS]; /* a course's or term's values, for sections */
    struct hash128 content;
    bool user;       /* a role of a v3 user: known by its id, whatever element it stands in */
    bool several_schools;
    bool special_name;
    bool has_domain; /* there is an @ in the username */
    const struct id_entry *other; /* of a pair: the student at the first reading, the section at the
                                     second; NULL for nobody */
    const uint32_t *enrolled; /* a section's pairs of enrollments.csv that become rows */
    size_t enrolled_count;
    uint32_t dropped_own; /* a rejected section's students, without and with enrollments.csv; */
    uint32_t dropped_all; /* 0: there are none in enrollments.csv */
    struct row_span rows[SDS_FILES];
    size_t first_line; /* of the batch's issue lines */
    size_t line_count;
};

struct batch {
    /* filled by the reader */
    struct buf text;
    struct segment *segments;
    size_t segment_count;
    size_t segment_room;
    struct element *elements;
    size_t element_count;
    size_t element_room;
    enum entity stage;

    /* filled by a worker */
    struct arena arena;
    struct outcome *outcomes;
    size_t outcome_count;
    size_t outcome_room;
    struct issue_line *issue_lines;
    size_t line_count;
    size_t line_room;
    struct buf lines;
    struct buf rows[SDS_FILES];
    bool survey_again; /* an element is not of the entity that its file was taken for */
    struct failure failure;

    /* where the line of an element is counted on from */
    size_t line_segment;
    size_t line_at;
    uint64_t line;
    bool line_after_cr;
};

/* Empties a batch; its memory is kept. */
void batch_reset(struct batch *batch);
void batch_release(struct batch *batch);

/* New entries, cleared; NULL when out of memory. */
struct segment *batch_add_segment(struct batch *batch);
struct element *batch_add_element(struct batch *batch);
struct outcome *batch_add_outcome(struct batch *batch);
struct issue_line *batch_add_line(struct batch *batch);

/* Whether any of the batch's buffers ran out of memory. */
bool batch_out_of_memory(const struct batch *batch);

static inline struct slice element_text(const struct batch *batch, const struct element *element)
{
    return slice_of(batch->text.data + element->start, element->len);
}

/* The 1-based line of a place in a segment. Cheap when asked in ascending order. */
uint64_t batch_line(struct batch *batch, uint32_t segment, size_t at);

/* Adds the line ends in `text` to *line: LF, CRLF and CR count one each. `after_cr` says whether
 * a CR stood just before, and is moved on. */
void count_lines(struct slice text, uint64_t *line, bool *after_cr);

#endif
