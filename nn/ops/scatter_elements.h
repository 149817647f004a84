// SPDX-License-Identifier: MIT
// Parameters of scatter_elements, and how scatter operators join an update with what is there.
#ifndef NN_OPS_SCATTER_ELEMENTS_H
#define NN_OPS_SCATTER_ELEMENTS_H

#include <stdint.h>

// SET replaces (the last of several updates stays), the others join.
#define NN_SCATTER_KINDS(ROW)                                                                      \
    ROW(set, SET, update)                                                                          \
    ROW(add, ADD, there + update)                                                                  \
    ROW(mul, MUL, there *update)                                                                   \
    ROW(min, MIN, update < there ? update : there)                                                 \
    ROW(max, MAX, update > there ? update : there)

#define ROW(word, WORD, value) NN_SCATTER_##WORD,
typedef enum nn_scatter { NN_SCATTER_KINDS(ROW) NN_SCATTER_COUNT } nn_scatter;
#undef ROW

// scatter_elements: x, indices, updates (both of one shape that fits into x, see gather_elements)
// -> x with the element that each index means joined with its update. Has no gradient.
typedef struct nn_scatter_elements_params {
    int32_t axis;
    int32_t kind; // nn_scatter
} nn_scatter_elements_params;

#endif
