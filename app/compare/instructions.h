// SPDX-License-Identifier: MIT
// Instructions that this thread retires, as the processor counts them.
#ifndef APP_COMPARE_INSTRUCTIONS_H
#define APP_COMPARE_INSTRUCTIONS_H

#include <stdbool.h>

typedef struct compare_counter {
    int fd; // < 0: not measurable
} compare_counter;

// Opens the counter of this thread, outside of the kernel. False: this machine or its kernel has
// none for programs (virtual machines, kernel.perf_event_paranoid); `why` tells, at most `size`
// bytes.
bool compare_counter_open(compare_counter *c, char *why, int size);
void compare_counter_start(const compare_counter *c);
double compare_counter_stop(const compare_counter *c); // since the start; NAN: not measurable
void compare_counter_close(compare_counter *c);

#endif
