// SPDX-License-Identifier: MIT
// The clock that measures how long things take.
#ifndef NN_BASE_CLOCK_H
#define NN_BASE_CLOCK_H

#include <time.h>

// Seconds of a monotonic clock.
static inline double nn_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
