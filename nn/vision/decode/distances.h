// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: boxes as four distances from a point, each of which is the expected
// value of a distribution over a few bins (Li 2020, Generalized Focal Loss, section 3.2).
#ifndef NN_VISION_DECODE_DISTANCES_H
#define NN_VISION_DECODE_DISTANCES_H

#include "nn/vision/decode/layout.h"

enum { NN_MAX_BINS = 64 };

// Box around (x, y) whose left, top, right and bottom distance are the expected values of softmax
// over `bins` logits times the stride. The logits of all four sides follow each other, `step`
// numbers apart. Sides are no numbers when logits are none.
nn_box nn_distances_box(const float *logits, int64_t step, int bins, float x, float y, int stride);

// Points of a level, row by row: probabilities of the classes and logits of the distances side by
// side for each.
typedef struct nn_points {
    const float *scores, *sides;    // of the first point
    int64_t score_step, sides_step; // numbers from a point to the next
    int64_t count;
    int w, stride, bins;
    float point; // where a cell's point lies in it: 0 its corner, 0.5 its centre
} nn_points;

// Adds the likeliest class of every point that is wanted.
void nn_points_decode(const nn_points *p, const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates);

// Eight bins are what NanoDet and PicoDet have: they count in their outputs' columns.
enum { NN_POINT_BINS = 8, NN_POINT_SIDES = 4 * NN_POINT_BINS };

// Pairs of outputs N x cells x classes and N x cells x 32, one for each stride from 8 to `last`,
// in any order. The number of classes, 0 when these are no such outputs; then pairs[0], [1] are
// those of stride 8, [2], [3] those of stride 16 and so on.
enum { NN_MAX_PAIRED = 8 };
int nn_points_pairs(const nn_head_output *outputs, int n, int input_h, int input_w, int last,
                    const nn_head_output *pairs[NN_MAX_PAIRED]);
// nn_decoder.decode of such outputs, with points in the middle of their cells.
void nn_points_decode_pairs(const nn_head_output *outputs, int n, int last, int item,
                            const nn_letterbox *l, const nn_decode_options *options,
                            nn_candidates *candidates);

#endif
