/* Takes batches in the order of the input and decides what depends on the records before: repeats,
 * usernames, shared ids. The only part that knows more than one record; one thread at a time. */
#ifndef CONVERTER_COMMITTER_H
#define CONVERTER_COMMITTER_H

#include "converter/batch.h"
#include "converter/run.h"
#include "converter/sink.h"

/* What is known of an output file at the end. */
struct file_totals {
    uint64_t read;     /* records of its entity */
    uint64_t accepted;
    uint64_t rejected;
    uint64_t rows;
    uint64_t with_domain; /* rows whose username has an @ */
    uint64_t without_domain;
    uint64_t several_schools;
    uint64_t special_names;
};

struct totals {
    struct file_totals file[SDS_FILES];
    uint64_t severity[SEVERITIES]; /* lines of the error file */
    uint64_t code[ISSUE_COUNT];
};

struct committer;

/* `sinks`: one for each output file (those not written may be closed), and `lines` for the lines
 * about records; all borrowed. NULL: out of memory. */
struct committer *committer_new(struct run *run, struct sink *sinks, struct sink *lines);
void committer_free(struct committer *committer);

/* False with a failure. */
bool committer_take(struct committer *committer, struct batch *batch, struct failure *failure);

const struct totals *committer_totals(const struct committer *committer);

/* Counts a line that somebody else writes. */
void totals_count(struct totals *totals, enum issue_code code, enum severity severity);

#endif
