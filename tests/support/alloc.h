// SPDX-License-Identifier: MIT
// Counts the engine's allocations and makes the Nth fail. Link with alloc_dep.
#ifndef TESTS_SUPPORT_ALLOC_H
#define TESTS_SUPPORT_ALLOC_H

// Allocations since the last reset.
long alloc_count(void);
// Starts counting at 0; the allocation number `n` (from 0) and all after it fail; negative: none.
void alloc_reset(long fail_from);

#endif
