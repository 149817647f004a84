// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: boxes as four distances from a point, each the expected value of a
// distribution over a few bins (Li 2020, Generalized Focal Loss, section 3.2).
#ifndef NN_VISION_DECODE_DISTANCES_H
#define NN_VISION_DECODE_DISTANCES_H

#include "nn/vision/decode/layout.h"

enum { NN_MAX_BINS = 64 };

// Box around (x, y): each of its left, top, right and bottom distances is the expected value of
// softmax over `bins` logits, times the stride. The logits of the four sides follow each other,
// `step` numbers apart. Logits that are NaN give sides that are NaN.
nn_box nn_distances_box(const float *logits, int64_t step, int bins, float x, float y, int stride);

// Points of a level, row by row, each with the probabilities of the classes and the logits of the
// distances.
typedef struct nn_points {
    const float *scores, *sides;    // of the first point
    int64_t score_step, sides_step; // numbers from a point to the next
    int64_t count;
    int w, stride, bins;
    float point; // position of the point in its cell: 0 corner, 0.5 centre
} nn_points;

// Adds the best class of every point above the threshold.
void nn_points_decode(const nn_points *p, const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates);

// NanoDet and PicoDet have eight bins; they determine the columns of the outputs.
enum { NN_POINT_BINS = 8, NN_POINT_SIDES = 4 * NN_POINT_BINS };

// Finds pairs of outputs N x cells x classes and N x cells x 32, one for each stride from 8 to
// `last`, in any order. Returns the number of classes; 0 when there are none. pairs[0], [1] are
// those of stride 8, [2], [3] those of stride 16, and so on.
enum { NN_MAX_PAIRED = 8 };
int nn_points_pairs(const nn_head_output *outputs, int n, int input_h, int input_w, int last,
                    const nn_head_output *pairs[NN_MAX_PAIRED]);
// nn_decoder.decode for such outputs, with points in the centres of cells.
void nn_points_decode_pairs(const nn_head_output *outputs, int n, int last, int item,
                            const nn_letterbox *l, const nn_decode_options *options,
                            nn_candidates *candidates);

#endif
