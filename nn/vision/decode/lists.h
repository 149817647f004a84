// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: three outputs, found by name, that list K finished detections:
// boxes, classes, and scores. A fourth output may hold the number of valid ones.
#ifndef NN_VISION_DECODE_LISTS_H
#define NN_VISION_DECODE_LISTS_H

#include "nn/vision/decode/layout.h"

// nn_decoder.form of these heads.
typedef struct nn_lists_form {
    const char *boxes, *labels, *scores; // words in the names of the outputs
    const char *other_labels;            // where there are no `labels`; NULL: none
    const char *count;                   // NULL: no such output
    bool count_needed;                   // and it is N x 1
    bool more;                           // further outputs are ignored
    bool batched;                        // N x K x 4 and N x K; else K x 4 and K, of one sample
    bool rows_first;                     // y0, x0, y1, x1; else x0, y0, x1, y1
    bool of_unit;                        // corners are fractions of the input; else pixels
    bool from_0;                         // classes are counted from 0; else from 1
    int classes;                         // usual number, since the shapes do not tell
} nn_lists_form;

// The functions of such decoders. A box has its row, counted from 1, as its detail where the
// decoder describes boxes. Entries with an unknown class are dropped.
nn_status nn_lists_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err);
void nn_lists_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates);
int nn_lists_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w);

#endif
