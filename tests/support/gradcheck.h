// SPDX-License-Identifier: MIT
// Compares an operator's backward with central differences of its forward.
#ifndef TESTS_SUPPORT_GRADCHECK_H
#define TESTS_SUPPORT_GRADCHECK_H

#include "tests/support/op_run.h"

typedef struct gradcheck_options {
    double step;      // 0: 1e-2, added to and taken from one input element
    double tolerance; // 0: 2e-3, of the largest gradient of that input
    float low, high;  // both 0: inputs are uniform in [-1, 1)
    bool inference;   // run with training = false
    int max_elements; // 0: 200, drawn at random per input when it has more
} gradcheck_options;

// For a random linear loss sum(g * out): every input that can have a gradient is compared with
// central differences (float32 forward, float64 sums); where the loss has a kink within the step
// (relu, max) any slope between the one-sided ones will do. Also checks that backward adds to what
// the gradients hold or writes an unset one, that one gradient is the same when the others are not
// wanted, and that nothing is written out of bounds. `options` may be NULL. The test fails with the
// input and element that differ.
void gradcheck(const nn_op *op, const void *params, const nn_shape *in, int n_in, uint64_t seed,
               const gradcheck_options *options);
// The same for tensors and settings that the caller put into `r`.
void gradcheck_run(op_run *r, const gradcheck_options *options);

#endif
