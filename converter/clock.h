/* Time that only goes forward, for waiting and for what is shown while waiting. What is written
 * down has summary_time(). */
#ifndef CONVERTER_CLOCK_H
#define CONVERTER_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment. Any thread. */
static inline uint64_t clock_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Sleeps, but not longer than to the next signal. */
static inline void clock_nap(uint64_t ms)
{
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

#endif
