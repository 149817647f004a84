// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: three outputs that list K finished detections, boxes, classes that
// count from 1, and scores; found by name. A fourth may count those that are filled.
#ifndef NN_VISION_DECODE_LISTS_H
#define NN_VISION_DECODE_LISTS_H

#include "nn/vision/decode/layout.h"

typedef struct nn_lists_form {
    const char *head;
    const char *boxes, *labels, *scores; // words in the outputs' names
    const char *count;                   // NULL: there is none
    bool batched;                        // N x K x 4 and N x K; else K x 4 and K, of one sample
    bool rows_first;                     // y0, x0, y1, x1; else x0, y0, x1, y1
    bool of_unit;                        // corners are 0 .. 1 of the input; else its pixels
} nn_lists_form;

bool nn_lists_fit(const nn_lists_form *form, const nn_head_output *outputs, int n);
nn_status nn_lists_check(const nn_lists_form *form, const nn_head_output *outputs, int n,
                         nn_error *err);
// Entries whose class has no label are left out.
void nn_lists_decode(const nn_lists_form *form, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *l, const nn_decode_options *options,
                     nn_candidates *candidates);

#endif
