/* Streams of bytes: a file, what a gzip file holds, a member of a zip.
 *
 * A source is read to its end by one thread at a time. Check sums and lengths are verified on the
 * way: nothing that was read may be published before source_read has returned 0.
 */
#ifndef FORMATS_SOURCE_SOURCE_H
#define FORMATS_SOURCE_SOURCE_H

#include "formats/base/failure.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source;

/* A file from its current position on. Takes `fd`, closes it also when it fails. `label` (the
 * name in messages) is borrowed and outlives the source. NULL: out of memory. */
struct source *source_from_fd(int fd, const char *label, struct failure *failure);

/* What the gzip file in `inner` holds, all members of it. Takes `inner`, also on failure. */
struct source *source_gunzip(struct source *inner, struct failure *failure);

/* `source` itself, or what it holds when its first bytes are gzip's. Takes `source`. */
struct source *source_sniffed(struct source *source, struct failure *failure);

/* Up to `size` bytes: their number, 0 at the verified end, -1 for a failure (FAILURE_INPUT).
 * Fewer bytes than asked for say nothing. After 0 or -1 it must not be called again. */
ssize_t source_read(struct source *source, void *bytes, size_t size, struct failure *failure);

/* How far the file, or the zip member, is read: bytes as they stand there, still packed when it
 * is gzip; some of them read ahead. */
uint64_t source_position(struct source *source);

void source_free(struct source *source);

/* A zip archive, opened by its directory. */
struct zip_archive;

/* Where a member stands in its archive. */
struct zip_place {
    uint64_t directory;
    uint64_t number;
};

struct zip_member {
    const char *name; /* of the caller's callback only; not to be trusted as a path */
    struct zip_place place;
    uint64_t size; /* unpacked, as the directory says; no more bytes are ever read from it */
    bool folder;
    bool special; /* a link, a device ...: nothing to be read */
    bool encrypted;
};

enum { ZIP_MAX_MEMBERS = 100000 };

/* Takes `fd`, a regular file; borrows `label`. NULL with a failure. */
struct zip_archive *zip_open(int fd, const char *label, struct failure *failure);
void zip_free(struct zip_archive *zip);

/* Calls `each` for every member in the order of the directory; it returns false to stop (after
 * setting a failure). */
bool zip_list(struct zip_archive *zip,
              bool (*each)(void *context, const struct zip_member *member), void *context,
              struct failure *failure);

/* A member's bytes. Members of one archive are opened by one thread at a time, and may then be read
 * side by side; the archive outlives the source. `label` as above. */
struct source *source_from_zip(struct zip_archive *zip, struct zip_place place,
                               const char *label, struct failure *failure);

#endif
