/* Two lanes of folded 64 by 64 bit multiplications over 16 bytes a step. Each lane has odd
 * constants of its own, so a collision in one says nothing about the other. */
#include "formats/base/hash.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static const uint64_t SALT_A = 0x9E3779B97F4A7C15U;
static const uint64_t SALT_B = 0xD1B54A32D192ED03U;

/* Written once by hash_seed, before any thread starts. */
static struct hash128 key = {0x243F6A8885A308D3U, 0x13198A2E03707344U};

__extension__ typedef unsigned __int128 uint128;

static uint64_t fold(uint64_t x, uint64_t y)
{
    uint128 product = (uint128)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void hash_seed(void)
{
    struct hash128 drawn = {0, 0};
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn) {
        struct timespec now = {0, 0};
        (void)clock_gettime(CLOCK_REALTIME, &now);
        drawn.a = (uint64_t)now.tv_nsec * SALT_A ^ (uint64_t)getpid();
        drawn.b = (uint64_t)now.tv_sec * SALT_B;
    }
    key.a ^= drawn.a;
    key.b ^= drawn.b;
}

struct hash128 hash_begin(void)
{
    return key;
}

static struct hash128 step(struct hash128 h, uint64_t x, uint64_t y)
{
    h.a = fold(h.a ^ x ^ SALT_A, y ^ SALT_B);
    h.b = fold(h.b ^ y ^ SALT_B, x + SALT_A) + h.a;
    return h;
}

struct hash128 hash_add(struct hash128 h, struct slice value)
{
    const char *at = value.ptr;
    size_t rest = value.len;
    uint64_t words[2];
    for (; rest >= sizeof words; rest -= sizeof words, at += sizeof words) {
        memcpy(words, at, sizeof words);
        h = step(h, words[0], words[1]);
    }
    words[0] = words[1] = 0;
    if (rest)
        memcpy(words, at, rest);
    h = step(h, words[0] ^ (uint64_t)value.len << 56, words[1] ^ (uint64_t)value.len);
    return h;
}

uint64_t hash_same_letters(struct slice value)
{
    struct hash128 h = hash_begin();
    char lower[64];
    size_t at = 0;
    do {
        size_t part = value.len - at < sizeof lower ? value.len - at : sizeof lower;
        for (size_t i = 0; i < part; i++)
            lower[i] = ascii_lower(value.ptr[at + i]);
        h = hash_add(h, slice_of(lower, part));
        at += part;
    } while (at < value.len);
    return h.a ^ h.b;
}
