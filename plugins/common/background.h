// SPDX-License-Identifier: MIT
// Priorities of threads that work beside the stream.
#ifndef PLUGINS_COMMON_BACKGROUND_H
#define PLUGINS_COMMON_BACKGROUND_H

typedef enum NeroBackground {
    // Below everything that shows frames, but high enough to get on on a busy machine.
    NERO_BACKGROUND_LOW,
    // Little more than what others leave. It still gets on, so that its end can be waited for;
    // a lock that it holds may stay held for tens of milliseconds.
    NERO_BACKGROUND_LOWEST,
} NeroBackground;

// Lowers the priority of the calling thread alone, where the system supports it.
void nero_background(NeroBackground how);

#endif
