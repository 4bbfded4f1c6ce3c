/* Two lanes of folded 64 by 64 bit multiplications over 16 bytes a step. All that is mixed in is
 * secret, so nobody can prepare a block that makes a factor zero and wipes out what came before. */
#include "formats/base/hash.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { SECRETS = 6 };

/* Written once by hash_seed, before any thread starts. */
static uint64_t secret[SECRETS] = {0x243F6A8885A308D3U, 0x13198A2E03707344U, 0xA4093822299F31D0U,
                                   0x082EFA98EC4E6C89U, 0x452821E638D01377U, 0xBE5466CF34E90C6CU};

__extension__ typedef unsigned __int128 uint128;

static uint64_t fold(uint64_t x, uint64_t y)
{
    uint128 product = (uint128)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void hash_seed(void)
{
    uint64_t drawn[SECRETS] = {0};
    if (getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn) {
        struct timespec now = {0, 0};
        (void)clock_gettime(CLOCK_REALTIME, &now);
        for (unsigned i = 0; i < SECRETS; i++)
            drawn[i] = fold((uint64_t)now.tv_nsec + i, secret[i] ^ (uint64_t)getpid()) ^
                       (uint64_t)now.tv_sec;
    }
    for (unsigned i = 0; i < SECRETS; i++)
        secret[i] ^= drawn[i];
}

struct hash128 hash_begin(void)
{
    return (struct hash128){secret[0], secret[1]};
}

static struct hash128 step(struct hash128 h, uint64_t x, uint64_t y)
{
    uint64_t a = fold(h.a ^ x ^ secret[2], y ^ secret[3]);
    uint64_t b = fold(h.b ^ y ^ secret[4], x ^ secret[5]);
    return (struct hash128){a + (h.b << 1), b + (a ^ h.a)};
}

struct hash128 hash_add(struct hash128 h, struct slice value)
{
    return hash_add_named(h, 0, value);
}

struct hash128 hash_add_named(struct hash128 h, unsigned name, struct slice value)
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
    /* The last block has at most 15 bytes of text: the length takes its last one. */
    uint64_t length = (uint64_t)value.len;
    h.a ^= (uint64_t)name << 32;
    h = step(h, words[0], words[1] ^ length << 56);
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
