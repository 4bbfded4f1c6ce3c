/* Shared by the fuzz targets. A target is one file fuzz_*.c here, and gets its seeds in seeds.py;
 * nothing else knows of it. It takes a text from anywhere, must neither crash nor leak, and aborts
 * when something does not hold that always should. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what) ((what) ? (void)0 : must_have_held(#what, __FILE__, __LINE__))

static inline void must_have_held(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* Chance that only depends on the input: xorshift from a hash of it. */
static inline uint64_t chance_from(const uint8_t *data, size_t size)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 1099511628211U;
    return hash | 1;
}

static inline size_t chance(uint64_t *state, size_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)(*state % below);
}

/* A copy of its own, so that a step over either end is noticed. */
static inline char *exact_copy(const void *bytes, size_t size)
{
    char *copy = malloc(size ? size : 1);
    MUST(copy);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

#endif
