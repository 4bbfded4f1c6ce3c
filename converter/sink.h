/* A file being written: bytes are gathered and written many at a time. One thread. */
#ifndef CONVERTER_SINK_H
#define CONVERTER_SINK_H

#include "formats/base/buf.h"
#include "formats/base/failure.h"

#include <sys/types.h>

struct sink {
    int fd;
    const char *name; /* for messages; borrowed */
    struct buf pending;
    size_t gather; /* how many bytes are written at a time; a megabyte at first */
    off_t written;
};

/* Takes `fd`; with -1 what is put is thrown away. */
void sink_init(struct sink *sink, int fd, const char *name);

bool sink_put(struct sink *sink, struct slice bytes, struct failure *failure);
bool sink_flush(struct sink *sink, struct failure *failure);

/* Flushes, makes the file durable and closes it. False with FAILURE_OUTPUT; closed in any case. */
bool sink_finish(struct sink *sink, struct failure *failure);

/* Closes without flushing; nothing for one that is finished or has no file. */
void sink_abandon(struct sink *sink);

#endif
