// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: an output of N x (4 + classes + more) x A, as YOLOv8 and its
// successors have it: column by column centre and size of a box in pixels of the input, the
// probabilities of the classes, and what the task adds.
#ifndef NN_VISION_DECODE_COLUMNS_H
#define NN_VISION_DECODE_COLUMNS_H

#include "nn/vision/decode/layout.h"

enum { NN_COLUMN_CLASSES = 4 };

// The numbers of a column when `o` has a column for each cell at strides 8 to 32 (or to 64) of the
// input; else 0.
int nn_columns_rows(const nn_head_output *o, int input_h, int input_w);
// Number `row` of column `column` of a sample.
static inline float nn_columns_get(const nn_head_output *o, int item, int64_t row, int64_t column)
{
    const int64_t *dim = o->tensor.shape.dim;
    return nn_tensor_f32(&o->tensor)[(item * dim[1] + row) * dim[2] + column];
}
// Most columns that nn_columns_best looks at.
enum { NN_COLUMN_BLOCK = 64 };
// The best class of each of `count` columns and its score. `planes` has the first class of the
// columns, each further class lies `plane` numbers behind the one before. Of equal ones the first.
void nn_columns_best(const float *planes, int64_t plane, int count, int classes, float *score,
                     int *label);
// The sides of a column's box in pixels of the input; without an area it is dropped.
typedef nn_box nn_column_box(const nn_head_output *o, int item, int64_t column);
nn_column_box nn_columns_upright; // centre and size
// Adds the boxes of the columns whose best class reaches the threshold. With `numbered`, detail
// becomes the number of the column, from 1.
void nn_columns_decode(const nn_head_output *o, int item, const nn_letterbox *letterbox,
                       const nn_decode_options *options, nn_column_box *find_box, bool numbered,
                       nn_candidates *candidates);

#endif
