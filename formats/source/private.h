/* What the kinds of sources share. Not for others. */
#ifndef FORMATS_SOURCE_PRIVATE_H
#define FORMATS_SOURCE_PRIVATE_H

#include "formats/source/source.h"

enum { SNIFF_BYTES = 4 };

struct source_kind {
    ssize_t (*read)(struct source *source, void *bytes, size_t size, struct failure *failure);
    void (*close)(struct source *source);
    struct source *(*inner)(struct source *source); /* what it unpacks; NULL: nothing */
};

struct source {
    const struct source_kind *kind;
    const char *label;
    unsigned char sniffed[SNIFF_BYTES]; /* bytes read ahead, given out first */
    size_t sniffed_at;
    size_t sniffed_len;
    bool ended; /* the end was met while reading ahead */
    uint64_t position;
    union {
        int fd;
        struct gunzip *gunzip;
        struct member *member;
    } of; /* what the kind reads from */
};

/* Cleared but for its kind and label; NULL with a failure when out of memory. */
struct source *source_new(const struct source_kind *kind, const char *label,
                          struct failure *failure);

#endif
