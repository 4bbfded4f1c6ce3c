#include "formats/base/hash.h"

#include "formats/base/bytes.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

uint64_t hash_secret[HASH_SECRETS] = {0x243F6A8885A308D3U, 0x13198A2E03707345U,
                                      0xA4093822299F31D1U, 0x082EFA98EC4E6C89U,
                                      0x452821E638D01377U, 0xBE5466CF34E90C6DU};

void hash_seed(void)
{
    uint64_t drawn[HASH_SECRETS] = {0};
    if (getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn) {
        struct timespec now = {0, 0};
        (void)clock_gettime(CLOCK_REALTIME, &now);
        for (unsigned i = 0; i < HASH_SECRETS; i++)
            drawn[i] =
                hash_fold((uint64_t)now.tv_nsec + i, hash_secret[i] ^ (uint64_t)getpid()) ^
                (uint64_t)now.tv_sec;
    }
    for (unsigned i = 0; i < HASH_SECRETS; i++)
        hash_secret[i] ^= drawn[i] & ~(uint64_t)1; /* odd ones stay odd */
}

uint64_t hash_same_letters(struct slice value)
{
    uint64_t h = hash_secret[0];
    char lower[64];
    size_t at = 0;
    do {
        size_t part = value.len - at < sizeof lower ? value.len - at : sizeof lower;
        bytes_lower(lower, value.ptr + at, part);
        h = hash_more(h, slice_of(lower, part));
        at += part;
    } while (at < value.len);
    return h;
}
