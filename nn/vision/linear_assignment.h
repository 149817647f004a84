// SPDX-License-Identifier: MIT
// Who goes with whom at the least cost: the assignment problem (Kuhn 1955), with a limit.
#ifndef NN_VISION_LINEAR_ASSIGNMENT_H
#define NN_VISION_LINEAR_ASSIGNMENT_H

// Bytes of room that nn_linear_assignment needs for so many rows and columns.
int nn_linear_assignment_room(int rows, int columns);

// `cost` is rows x columns, finite. to[row] gets the column of each row, or -1: the pairs whose
// costs below `limit`, lowered by `limit`, have the least sum. Takes O(n^2 m) for n <= m of the two
// counts; `room` is nn_linear_assignment_room bytes, aligned for double.
void nn_linear_assignment(const float *cost, int rows, int columns, float limit, int *to,
                          void *room);

#endif
