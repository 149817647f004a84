// SPDX-License-Identifier: MIT
// Who goes with whom at the least cost: the assignment problem (Kuhn 1955), with a limit.
#ifndef NN_VISION_ASSIGN_H
#define NN_VISION_ASSIGN_H

// Bytes of room that nn_assign needs for so many rows and columns.
int nn_assign_room(int rows, int columns);

// `cost` is rows x columns, finite. to[row] gets the column of each row, or -1: the pairs whose
// costs below `limit`, lowered by `limit`, have the least sum. Takes O(n^2 m) for n <= m of the two
// counts; `room` is nn_assign_room bytes, aligned for double.
void nn_assign(const float *cost, int rows, int columns, float limit, int *to, void *room);

#endif
