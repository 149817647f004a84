// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: outputs of N x A x (5 + classes), a row for each anchor: four box
// numbers, objectness, probabilities of the classes. The score is objectness * probability of the
// likeliest class.
#ifndef NN_VISION_DECODE_ROWS_H
#define NN_VISION_DECODE_ROWS_H

#include "nn/vision/decode/layout.h"

enum { NN_ROW_OBJECTNESS = 4, NN_ROW_CLASSES = 5 };

// Number of classes when `o` has `per_cell` such rows for each cell at strides 8 to 32 (or to 64)
// of the input; else 0.
int nn_rows_classes(const nn_head_output *o, int per_cell, int input_h, int input_w);
// nn_decoder.classes of heads with one such output and one row a cell.
int nn_rows_classes_of_one(const nn_decoder *self, const nn_head_output *outputs, int n,
                           int input_h, int input_w);
// Compares nn_rows_classes of the first output with `classes` (0: any). There must be one output.
nn_status nn_rows_check(const nn_decoder *self, const nn_head_output *outputs, int n, int per_cell,
                        int input_h, int input_w, int classes, nn_error *err);
// nn_decoder.check of heads with one such output and one row a cell.
nn_status nn_rows_check_one(const nn_decoder *self, const nn_head_output *outputs, int n,
                            int input_h, int input_w, int classes, nn_error *err);
// Score and class of a row; false when it is dropped.
bool nn_rows_score(const float *row, const nn_decode_options *o, float *score, int *label);
// nn_decoder.decode of YOLOX: rows whose boxes are still in cells. Cell (i, j) of stride S: centre
// = (j + t0, i + t1) S, size = (exp t2, exp t3) S.
void nn_rows_decode_cells(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                          const nn_letterbox *l, const nn_decode_options *options,
                          nn_candidates *candidates);
// nn_decoder.decode of rows in the first output whose boxes are centre and size in pixels of the
// input.
void nn_rows_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                    const nn_letterbox *l, const nn_decode_options *options,
                    nn_candidates *candidates);

#endif
