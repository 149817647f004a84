// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: finished detections of the end-to-end exports of Ultralytics
// (YOLOv10, YOLO26, "nms=True"): N x K x (6 + more): four numbers of a box in pixels of the input,
// score, class, and what the task adds. There is nothing left to suppress.
#ifndef NN_VISION_DECODE_FINISHED_H
#define NN_VISION_DECODE_FINISHED_H

#include "nn/vision/decode/layout.h"

enum { NN_FINISHED_NUMBERS = 6 };

// The numbers of a row when `o` has up to 1000 of them and not one for each cell; else 0.
int nn_finished_numbers(const nn_head_output *o, int input_h, int input_w);
// The sides of a row's box in pixels of the input.
typedef nn_box nn_finished_box(const float *row);
nn_finished_box nn_finished_corners; // x0, y0, x1, y1
// Adds the boxes of rows that reach the threshold. With `numbered`, detail becomes the number of
// the row, from 1.
void nn_finished_decode(const nn_head_output *o, int item, const nn_letterbox *letterbox,
                        const nn_decode_options *options, nn_finished_box *find_box, bool numbered,
                        nn_candidates *candidates);

#endif
