/* RFC 1952: a gzip file is one or more members; zlib checks each one's length and CRC. Zero bytes
 * behind the last member are padding (tapes), anything else there is damage. */
#include "formats/source/private.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, INPUT_BYTES = 256 * 1024 };

struct gunzip {
    const char *label;
    struct source *inner;
    z_stream stream;
    bool in_member;
    bool inner_end;
    unsigned char input[INPUT_BYTES];
};

static bool refill(struct gunzip *gzip, struct failure *failure)
{
    if (gzip->stream.avail_in > 0 || gzip->inner_end)
        return true;
    ssize_t got = source_read(gzip->inner, gzip->input, INPUT_BYTES, failure);
    if (got < 0)
        return false;
    gzip->inner_end = got == 0;
    gzip->stream.next_in = gzip->input;
    gzip->stream.avail_in = (uInt)got;
    return true;
}

static ssize_t damaged(const struct gunzip *gzip, struct failure *failure)
{
    failure_set(failure, FAILURE_INPUT, "%s: the gzip data is damaged (%s); export it again",
                gzip->label, gzip->stream.msg ? gzip->stream.msg : "bad check sum");
    return -1;
}

/* Between members: 1 when another one begins, 0 at the end, -1 for garbage. */
static int next_member(struct gunzip *gzip, struct failure *failure)
{
    for (;;) {
        if (!refill(gzip, failure))
            return -1;
        if (gzip->stream.avail_in == 0)
            return 0;
        if (*gzip->stream.next_in != 0)
            break;
        gzip->stream.next_in++;
        gzip->stream.avail_in--;
    }
    if (*gzip->stream.next_in == 0x1F && inflateReset(&gzip->stream) == Z_OK)
        return 1;
    failure_set(failure, FAILURE_INPUT,
                "%s: has something behind its gzip data; export it again", gzip->label);
    return -1;
}

static ssize_t gzip_read(struct source *source, void *bytes, size_t size,
                         struct failure *failure)
{
    struct gunzip *gzip = source->of.gunzip;
    size_t room = size < INT32_MAX ? size : INT32_MAX;
    gzip->stream.next_out = bytes;
    gzip->stream.avail_out = (uInt)room;
    while (gzip->stream.avail_out == room) {
        if (!gzip->in_member) {
            int next = next_member(gzip, failure);
            if (next <= 0)
                return next;
            gzip->in_member = true;
        }
        if (!refill(gzip, failure))
            return -1;
        if (gzip->inner_end && gzip->stream.avail_in == 0) {
            failure_set(failure, FAILURE_INPUT,
                        "%s: the gzip data is cut off; export it again", source->label);
            return -1;
        }
        int result = inflate(&gzip->stream, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR)
            failure_note_no_memory(failure); /* which wins over damage */
        if (result == Z_STREAM_END)
            gzip->in_member = false;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return damaged(gzip, failure);
    }
    return (ssize_t)(room - gzip->stream.avail_out);
}

static void gzip_close(struct source *source)
{
    struct gunzip *gzip = source->of.gunzip;
    if (!gzip)
        return;
    (void)inflateEnd(&gzip->stream);
    source_free(gzip->inner);
    free(gzip);
}

static struct source *gzip_inner(struct source *source)
{
    return source->of.gunzip->inner;
}

struct source *source_gunzip(struct source *inner, struct failure *failure)
{
    static const struct source_kind kind = {gzip_read, gzip_close, gzip_inner};
    struct source *source = source_new(&kind, inner->label, failure);
    struct gunzip *gzip = source ? calloc(1, sizeof *gzip) : NULL;
    if (!gzip || inflateInit2(&gzip->stream, GZIP_WINDOW) != Z_OK) {
        free(gzip);
        source_free(source);
        source_free(inner);
        failure_no_memory(failure);
        return NULL;
    }
    gzip->label = inner->label;
    gzip->inner = inner;
    gzip->in_member = true;
    source->of.gunzip = gzip;
    return source;
}
