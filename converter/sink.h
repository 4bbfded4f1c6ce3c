/* A file being written: bytes are gathered and written many at a time. One thread. */
#ifndef CONVERTER_SINK_H
#define CONVERTER_SINK_H

#include "formats/base/buf.h"
#include "formats/base/failure.h"

#include <sys/types.h>

/* Somebody who looks at what is put: whole rows, in their order. */
struct sink_watcher {
    void (*see)(void *context, struct slice rows, struct slice about);
    void *context; /* NULL: nobody */
};

struct sink {
    int fd;
    const char *name; /* for messages; borrowed */
    struct buf pending;
    size_t gather; /* how many bytes are written at a time; 64 KiB unless somebody changes it */
    off_t written;
    off_t started; /* so much of it the disk has been asked to take */
    struct sink_watcher watcher;
    struct slice about; /* for the watcher: what the next rows are about; borrowed */
};

/* Takes `fd`; with -1 what is put is thrown away, though watched. */
void sink_init(struct sink *sink, int fd, const char *name);

bool sink_put(struct sink *sink, struct slice bytes, struct failure *failure);
bool sink_flush(struct sink *sink, struct failure *failure);

/* Puts `bytes` before the byte `at` of all that was put, by moving what is behind it; the
 * descriptor must be open for reading too. The last thing before sink_finish. Not watched. False with
 * FAILURE_OUTPUT. */
bool sink_insert(struct sink *sink, off_t at, struct slice bytes, struct failure *failure);

/* Flushes, makes the file durable and closes it. False with FAILURE_OUTPUT; closed in any case. */
bool sink_finish(struct sink *sink, struct failure *failure);

/* Closes without flushing; nothing for one that is finished or has no file. */
void sink_abandon(struct sink *sink);

#endif
