#include "converter/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What is small is gathered; what is not is written from where it stands. The disk is asked to
 * start less often: small requests slow it down. */
enum {
    SINK_BYTES = 64 * 1024,
    DIRECT_BYTES = 64 * 1024,
    START_BYTES = 1024 * 1024,
    MOVE_BYTES = 256 * 1024
};

void sink_init(struct sink *sink, int fd, const char *name)
{
    *sink = (struct sink){.fd = fd, .name = name, .gather = SINK_BYTES};
}

static bool cannot_write(const struct sink *sink, struct failure *failure)
{
    return failure_set(failure, FAILURE_OUTPUT,
                       "%s: cannot be written: %s; make room or choose another output folder",
                       sink->name, strerror(errno));
}

/* So that the fsync at the end finds little left to do. */
static void start_disk(struct sink *sink)
{
    off_t waiting = sink->written - sink->started;
    if (waiting < START_BYTES)
        return;
    (void)sync_file_range(sink->fd, sink->started, waiting, SYNC_FILE_RANGE_WRITE);
    sink->started = sink->written;
}

static bool write_all(struct sink *sink, struct slice bytes, struct failure *failure)
{
    const char *at = bytes.ptr;
    size_t rest = bytes.len;
    while (rest > 0) {
        ssize_t done = write(sink->fd, at, rest);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return cannot_write(sink, failure);
        at += done;
        rest -= (size_t)done;
    }
    sink->written += (off_t)bytes.len;
    start_disk(sink);
    return true;
}

bool sink_flush(struct sink *sink, struct failure *failure)
{
    bool ok = write_all(sink, buf_slice(&sink->pending), failure);
    buf_reset(&sink->pending);
    return ok;
}

bool sink_put(struct sink *sink, struct slice bytes, struct failure *failure)
{
    if (sink->watcher.context)
        sink->watcher.see(sink->watcher.context, bytes, sink->about);
    if (sink->fd < 0)
        return true;
    if (bytes.len >= DIRECT_BYTES)
        return sink_flush(sink, failure) && write_all(sink, bytes, failure);
    buf_put_slice(&sink->pending, bytes);
    if (sink->pending.oom)
        return failure_no_memory(failure);
    return sink->pending.len < sink->gather || sink_flush(sink, failure);
}

static bool read_at(const struct sink *sink, char *bytes, size_t size, off_t at,
                    struct failure *failure)
{
    while (size > 0) {
        ssize_t got = pread(sink->fd, bytes, size, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return failure_set(failure, FAILURE_OUTPUT, "%s: cannot be read back: %s", sink->name,
                               got < 0 ? strerror(errno) : "it is shorter than what was written");
        bytes += got;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_at(const struct sink *sink, struct slice bytes, off_t at, struct failure *failure)
{
    while (bytes.len > 0) {
        ssize_t done = pwrite(sink->fd, bytes.ptr, bytes.len, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return cannot_write(sink, failure);
        bytes = slice_of(bytes.ptr + done, bytes.len - (size_t)done);
        at += done;
    }
    return true;
}

/* Moves the bytes from `at` on by `distance`, the last ones first. */
static bool move_back(const struct sink *sink, off_t at, size_t distance, struct failure *failure)
{
    char *bytes = malloc(MOVE_BYTES);
    if (!bytes)
        return failure_no_memory(failure);
    bool ok = true;
    for (off_t end = sink->written; ok && end > at;) {
        size_t size = end - at < MOVE_BYTES ? (size_t)(end - at) : MOVE_BYTES;
        end -= (off_t)size;
        ok = read_at(sink, bytes, size, end, failure) &&
             write_at(sink, slice_of(bytes, size), end + (off_t)distance, failure);
    }
    free(bytes);
    return ok;
}

bool sink_insert(struct sink *sink, off_t at, struct slice bytes, struct failure *failure)
{
    return bytes.len == 0 ||
           (sink_flush(sink, failure) && move_back(sink, at, bytes.len, failure) &&
            write_at(sink, bytes, at, failure));
}

bool sink_finish(struct sink *sink, struct failure *failure)
{
    bool ok = sink_flush(sink, failure);
    if (ok && fsync(sink->fd) != 0)
        ok = cannot_write(sink, failure);
    if (close(sink->fd) != 0 && ok)
        ok = cannot_write(sink, failure);
    sink->fd = -1;
    buf_release(&sink->pending);
    return ok;
}

void sink_abandon(struct sink *sink)
{
    if (sink->fd >= 0)
        (void)close(sink->fd); /* what was written is thrown away */
    sink->fd = -1;
    buf_release(&sink->pending);
}
