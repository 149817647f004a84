// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: NeroScale's own heads. For each level, finest first, outputs named
// after its stride: "clsS" (N, classes, H, W), logits; "boxS" (N, 4, H, W), logarithms of the
// distances to the left, top, right and bottom side in strides, from the cell's point ((x + 0.5) S,
// (y + 0.5) S) of the input; and for some heads a third one with more of the same cells.
#ifndef NN_VISION_DECODE_DENSE_H
#define NN_VISION_DECODE_DENSE_H

#include "nn/vision/decode/maps.h"

// nn_decoder.form of these heads.
typedef struct nn_dense_form {
    const char *word; // the third output of each level is called WORDS; NULL: there is none
    int channels;     // of it, or with `any` a divisor of them
    bool any;
    const char *last; // one more output (N, channels of the third ones, h, w); NULL: none
    bool (*find_box)(const nn_map_level *l, int64_t cell, nn_box *box);
} nn_dense_form;

// Functions of an nn_decoder.
nn_status nn_dense_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err);
int nn_dense_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w);
// Gives boxes the number of their cell in `detail`, from 1, when there is a third output.
void nn_dense_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates);

// The cell with such a number.
typedef struct nn_dense_cell {
    nn_map_level level;
    int64_t cell;
} nn_dense_cell;
nn_dense_cell nn_dense_cell_at(const nn_decode_sample *s, int32_t number);
// The point of a cell in pixels of the input.
void nn_dense_point(const nn_map_level *l, int64_t cell, float *x, float *y);
// A number of its third output.
static inline float nn_dense_more(const nn_map_level *l, int64_t cell, int channel)
{
    return l->more[channel * l->cells + cell];
}
// The distance to a side (0 left, 1 top, ..) in pixels of the input; NaN for a number that is not
// finite.
float nn_dense_side(const nn_map_level *l, int64_t cell, int side);
// nn_map_level.find_box of upright boxes.
bool nn_dense_upright(const nn_map_level *l, int64_t cell, nn_box *box);

#endif
