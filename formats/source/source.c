#include "formats/source/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_source {
    struct source base;
    int fd;
};

static ssize_t file_read(struct source *source, void *bytes, size_t size,
                         struct failure *failure)
{
    const struct file_source *file = (const struct file_source *)source;
    ssize_t got;
    do
        got = read(file->fd, bytes, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", source->label,
                    strerror(errno));
    return got;
}

static void file_close(struct source *source)
{
    (void)close(((struct file_source *)source)->fd); /* only read from: nothing can be lost */
}

struct source *source_from_fd(int fd, const char *label, struct failure *failure)
{
    static const struct source_kind kind = {file_read, file_close};
    struct file_source *file = calloc(1, sizeof *file);
    if (!file) {
        (void)close(fd);
        failure_no_memory(failure);
        return NULL;
    }
    file->base.kind = &kind;
    file->base.label = label;
    file->fd = fd;
    return &file->base;
}

ssize_t source_read(struct source *source, void *bytes, size_t size, struct failure *failure)
{
    size_t ahead = source->sniffed_len - source->sniffed_at;
    if (ahead == 0)
        return source->ended ? 0 : source->kind->read(source, bytes, size, failure);
    size_t part = ahead < size ? ahead : size;
    memcpy(bytes, source->sniffed + source->sniffed_at, part);
    source->sniffed_at += part;
    return (ssize_t)part;
}

struct source *source_sniffed(struct source *source, struct failure *failure)
{
    while (source->sniffed_len < 2) {
        ssize_t got = source->kind->read(source, source->sniffed + source->sniffed_len,
                                         SNIFF_BYTES - source->sniffed_len, failure);
        if (got < 0) {
            source_free(source);
            return NULL;
        }
        source->ended = got == 0;
        if (source->ended)
            break;
        source->sniffed_len += (size_t)got;
    }
    bool gzip =
        source->sniffed_len >= 2 && source->sniffed[0] == 0x1F && source->sniffed[1] == 0x8B;
    return gzip ? source_gunzip(source, failure) : source;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    source->kind->close(source);
    free(source);
}
