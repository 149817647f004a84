// SPDX-License-Identifier: MIT
// The options --tail-memory and --tail-seconds.
#ifndef APP_CLI_TAIL_H
#define APP_CLI_TAIL_H

#include "nn/graph/tail.h"

// As the options have them; 0: the default.
typedef struct app_tail {
    double memory; // MiB
    double seconds;
} app_tail;

// What their help says of the defaults.
#define APP_TAIL_MEMORY "a quarter of the machine's, up to 4096"
#define APP_TAIL_SECONDS "60"

static inline nn_tail_limits app_tail_limits(const app_tail *t)
{
    return (nn_tail_limits){.bytes = (size_t)(t->memory * (1 << 20)), .seconds = t->seconds};
}

#endif
