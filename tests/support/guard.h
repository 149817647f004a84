// SPDX-License-Identifier: MIT
// For kernel tests: buffers between canaries, and the CPU levels of this machine.
#ifndef TESTS_SUPPORT_GUARD_H
#define TESTS_SUPPORT_GUARD_H

#include "nn/kernels/kernels.h"

#include <stddef.h>

typedef struct guard {
    unsigned char *block; // owned
    void *data;           // `bytes` bytes, `shift` bytes off a cache line
    size_t bytes;
} guard;

// The test fails when there is no memory. AddressSanitizer tells of reads behind the data, as it would
// not without being told: the canaries belong to the same block.
guard guard_new(size_t bytes, size_t shift);
// The test fails when something outside the data was written; frees the block.
void guard_free(guard *g);

// The dispatch table of level i: 0 is the C reference, each further one adds a bit of the CPU mask.
// NULL behind the last level that this machine has. Static, not for several threads.
const nn_kernels *guard_level(int i, const char **name);

// n floats: mostly uniform in [-low, low), some ordinary extremes (zeros of both signs, denormals,
// 1, +-88, +-100). The same for the same seed.
void guard_fill(float *x, int64_t n, float range, uint64_t seed);

#endif
