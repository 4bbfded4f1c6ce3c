/* Why a run cannot go on.
 *
 * Bad data is never a failure: it becomes a line of the error file. A failure is written once, at
 * the deepest place that knows what happened, into a structure that the caller owns; the first
 * one wins, later ones are ignored. Its text is one line without a line end and without student
 * data. One thread at a time.
 */
#ifndef FORMATS_BASE_FAILURE_H
#define FORMATS_BASE_FAILURE_H

#include <stdbool.h>

/* The exit statuses of failures; 0 and 1 are results. 5 is one, too, but a quiet run tells of it as
 * of a failure. */
enum failure_kind {
    FAILURE_NONE = 0,
    FAILURE_USAGE = 2,
    FAILURE_INPUT = 3,
    FAILURE_OUTPUT = 4,
    FAILURE_REFUSED = 5
};

struct failure {
    enum failure_kind kind;
    char text[1024];
};

/* Notes a failure unless there is one. Bytes that are not printable are masked, so file names may
 * be passed as they are. Always false, for `return failure_set(...)`. */
bool failure_set(struct failure *f, enum failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for memory that ran out; what the memory was wanted for makes no difference to the
 * reader. */
void failure_note_no_memory(struct failure *f);

/* The same; always false. Inline, so that a static analyser sees that, too. */
static inline bool failure_no_memory(struct failure *f)
{
    failure_note_no_memory(f);
    return false;
}

/* Copies `from` into `f` unless f has one or from has none. Always false. */
bool failure_take(struct failure *f, const struct failure *from);

#endif
