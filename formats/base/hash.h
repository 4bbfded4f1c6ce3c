/* A 128-bit hash for equality and for tables.
 *
 * Not cryptographic. The process mixes in a random key (hash_seed), so that nobody can prepare
 * ids that collide; results are therefore never written anywhere.
 */
#ifndef FORMATS_BASE_HASH_H
#define FORMATS_BASE_HASH_H

#include "formats/base/slice.h"

#include <stdint.h>

struct hash128 {
    uint64_t a;
    uint64_t b;
};

/* Draws the key. Once, before the first thread and the first hash. */
void hash_seed(void);

/* The start of a chain. */
struct hash128 hash_begin(void);

/* Adds one value to a chain. The length goes in too: the chain of "ab","c" is not that of
 * "a","bc"; an absent value is an empty one. */
struct hash128 hash_add(struct hash128 h, struct slice value);

/* The same for a value that stands for `name`: the chain of (1, "a") is not that of (2, "a"). */
struct hash128 hash_add_named(struct hash128 h, unsigned name, struct slice value);

/* The same value whatever the case of its ASCII letters. */
uint64_t hash_same_letters(struct slice value);

static inline uint64_t hash_of(struct slice value)
{
    struct hash128 h = hash_add(hash_begin(), value);
    return h.a ^ h.b;
}

static inline bool hash_equal(struct hash128 x, struct hash128 y)
{
    return x.a == y.a && x.b == y.b;
}

#endif
