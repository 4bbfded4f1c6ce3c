/* One run at a time for each output folder.
 *
 *   parent/.DIR.clever2sds-lock    locked (flock) by the run that is going on, from its start to
 *                                  its end; holds its process number and when it began
 *
 * The lock stands beside DIR, because DIR itself is another folder after each run and does not
 * exist before the first one. The system lets go of it when its process ends in whatever way, so
 * a file that was left behind locks nobody out: the next run takes it over. A run removes the file
 * while it still holds the lock; who has opened it before finds that the name has another file, or
 * none, and begins anew.
 */
#ifndef CONVERTER_LOCK_H
#define CONVERTER_LOCK_H

#include "converter/progress.h"
#include "formats/base/failure.h"

#include <stdint.h>

/* Embedded; `fd` is -1 while nothing is held. */
struct lock {
    int parent; /* borrowed */
    int fd;
    char *name;
};

struct lock_request {
    int parent;        /* the folder above DIR, open until lock_release */
    const char *base;  /* DIR's name in it */
    const char *shown; /* DIR as given, for messages */
    uint64_t wait;     /* seconds to wait for another run's end */
    struct progress *progress;
};

enum lock_result {
    LOCK_TAKEN,
    LOCK_PARENT_GONE, /* somebody has removed the parent: find it again; no failure is set */
    LOCK_FAILED       /* FAILURE_OUTPUT: held by another run, which is named; no rights; a signal */
};

/* Nothing is held unless it says LOCK_TAKEN; lock_release may be called in any case. */
enum lock_result lock_take(struct lock *lock, const struct lock_request *request,
                           struct failure *failure);

/* Removes the file and lets go. Nothing for a lock that is not held. */
void lock_release(struct lock *lock);

#endif
