/* Hashes for equality and for tables.
 *
 * Not cryptographic. The process mixes in a random key (hash_seed), so that nobody can prepare
 * ids that collide; results are therefore never written anywhere.
 */
#ifndef FORMATS_BASE_HASH_H
#define FORMATS_BASE_HASH_H

#include "formats/base/slice.h"

#include <stdint.h>

enum { HASH_SECRETS = 6 };

/* Written once by hash_seed, before any thread starts. */
extern uint64_t hash_secret[HASH_SECRETS];

/* Draws the key. Once, before the first thread and the first hash. */
void hash_seed(void);

__extension__ typedef unsigned __int128 hash_product;

/* Both halves of a product folded into one: every bit depends on every other. All that goes in is
 * mixed with a secret, so nobody can prepare a factor of zero that wipes out what came before. */
static inline uint64_t hash_fold(uint64_t x, uint64_t y)
{
    hash_product product = (hash_product)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_load(const char *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size);
    return word;
}

struct hash_words {
    uint64_t x;
    uint64_t y;
};

/* Up to 16 bytes as two words: of texts of one length only equal ones give the same. */
static inline struct hash_words hash_tail(const char *at, size_t len)
{
    if (len >= 8)
        return (struct hash_words){hash_load(at, 8), hash_load(at + len - 8, 8)};
    if (len >= 4)
        return (struct hash_words){hash_load(at, 4), hash_load(at + len - 4, 4)};
    if (len == 0)
        return (struct hash_words){0, 0};
    uint64_t bytes = (uint64_t)(unsigned char)at[0] << 16 |
                     (uint64_t)(unsigned char)at[len / 2] << 8 | (unsigned char)at[len - 1];
    return (struct hash_words){bytes, 0};
}

/* Adds a value to a hash. The length goes in too: "ab","c" is not "a","bc"; multiplied with a
 * secret, so that no bytes can make up for it. */
static inline uint64_t hash_more(uint64_t h, struct slice value)
{
    const char *at = value.ptr;
    size_t rest = value.len;
    h ^= (uint64_t)value.len * hash_secret[5];
    for (; rest > 16; rest -= 16, at += 16)
        h = hash_fold(hash_load(at, 8) ^ hash_secret[1], hash_load(at + 8, 8) ^ h);
    struct hash_words tail = hash_tail(at, rest);
    return hash_fold(tail.x ^ hash_secret[2], tail.y ^ h);
}

/* An absent value is an empty one. */
static inline uint64_t hash_of(struct slice value)
{
    return hash_more(hash_secret[0], value);
}

/* The same value whatever the case of its ASCII letters. */
uint64_t hash_same_letters(struct slice value);

/* For equality alone: of 128 bits, so that two different contents are as good as never equal. */
struct hash128 {
    uint64_t a;
    uint64_t b;
};

/* The start of a chain. */
static inline struct hash128 hash_begin(void)
{
    return (struct hash128){hash_secret[0], hash_secret[1]};
}

/* Adds two words: the whole product is kept, both halves mixed with what came before. */
static inline struct hash128 hash_add_words(struct hash128 h, uint64_t x, uint64_t y)
{
    hash_product product =
        (hash_product)(h.a ^ x ^ hash_secret[2]) * (h.b ^ y ^ hash_secret[3]);
    return (struct hash128){(uint64_t)product + h.b, (uint64_t)(product >> 64) ^ h.a};
}

/* Adds a value that stands for `name`: the chain of (1, "a") is not that of (2, "a"). Name and
 * length go in as above. */
static inline struct hash128 hash_add_named(struct hash128 h, unsigned name, struct slice value)
{
    const char *at = value.ptr;
    size_t rest = value.len;
    h.a ^= (uint64_t)value.len * hash_secret[4];
    h.b ^= (uint64_t)name * hash_secret[5];
    for (; rest > 16; rest -= 16, at += 16)
        h = hash_add_words(h, hash_load(at, 8), hash_load(at + 8, 8));
    struct hash_words tail = hash_tail(at, rest);
    return hash_add_words(h, tail.x, tail.y);
}

/* The same for a value without a name. */
static inline struct hash128 hash_add(struct hash128 h, struct slice value)
{
    return hash_add_named(h, 0, value);
}

/* What of it is good for a table. */
static inline uint64_t hash_short(struct hash128 h)
{
    return h.a ^ h.b;
}

static inline bool hash_equal(struct hash128 x, struct hash128 y)
{
    return x.a == y.a && x.b == y.b;
}

#endif
