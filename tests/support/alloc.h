// SPDX-License-Identifier: MIT
// Counts the engine's allocations and makes the Nth fail. Link with alloc_dep.
#ifndef TESTS_SUPPORT_ALLOC_H
#define TESTS_SUPPORT_ALLOC_H

#include "nn/base/status.h"

// Allocations since the last reset.
long alloc_count(void);
// Starts counting at 0; the allocation number `n` (from 0) and all after it fail; negative: none.
void alloc_reset(long fail_from);

// Lets the first allocation of `run` fail, then the second, and so on until it succeeds. The test
// fails unless it fails with NN_ENOMEM and a text each time. Returns how often it did.
int alloc_fail_each(nn_status (*run)(void *ctx, nn_error *err), void *ctx);

#endif
