// SPDX-License-Identifier: MIT
// The assignment problem (Kuhn 1955): pairs rows with columns at the lowest total cost, with a
// limit.
#ifndef NN_VISION_LINEAR_ASSIGNMENT_H
#define NN_VISION_LINEAR_ASSIGNMENT_H

// Bytes of work space that nn_linear_assignment needs.
int nn_linear_assignment_room(int rows, int columns);

// `cost` is a rows x columns matrix of finite numbers. to[row] gets the column of a row, or -1.
// Only pairs below `limit` are made, and the sum of (cost - limit) over all pairs is the lowest
// possible. It takes O(n^2 m) for n <= m of the two counts. `room` has nn_linear_assignment_room
// bytes and is aligned for double.
void nn_linear_assignment(const float *cost, int rows, int columns, float limit, int *to,
                          void *room);

#endif
