#include "formats/source/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct source *source_new(const struct source_kind *kind, const char *label,
                          struct failure *failure)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        failure_no_memory(failure);
        return NULL;
    }
    source->kind = kind;
    source->label = label;
    return source;
}

static ssize_t file_read(struct source *source, void *bytes, size_t size,
                         struct failure *failure)
{
    ssize_t got;
    do
        got = read(source->of.fd, bytes, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", source->label,
                    strerror(errno));
    return got;
}

static void file_close(struct source *source)
{
    (void)close(source->of.fd); /* only read from: nothing can be lost */
}

struct source *source_from_fd(int fd, const char *label, struct failure *failure)
{
    static const struct source_kind kind = {file_read, file_close, NULL};
    struct source *source = source_new(&kind, label, failure);
    if (source)
        source->of.fd = fd;
    else
        (void)close(fd);
    return source;
}

static ssize_t read_on(struct source *source, void *bytes, size_t size, struct failure *failure)
{
    ssize_t got = source->kind->read(source, bytes, size, failure);
    source->position += got > 0 ? (uint64_t)got : 0;
    return got;
}

uint64_t source_position(struct source *source)
{
    while (source->kind->inner)
        source = source->kind->inner(source);
    return source->position;
}

ssize_t source_read(struct source *source, void *bytes, size_t size, struct failure *failure)
{
    size_t ahead = source->sniffed_len - source->sniffed_at;
    if (ahead == 0)
        return source->ended ? 0 : read_on(source, bytes, size, failure);
    size_t part = ahead < size ? ahead : size;
    memcpy(bytes, source->sniffed + source->sniffed_at, part);
    source->sniffed_at += part;
    return (ssize_t)part;
}

struct source *source_sniffed(struct source *source, struct failure *failure)
{
    while (source->sniffed_len < 2) {
        ssize_t got = read_on(source, source->sniffed + source->sniffed_len,
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
