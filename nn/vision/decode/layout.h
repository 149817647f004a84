// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: what the decoders of foreign detectors share.
#ifndef NN_VISION_DECODE_LAYOUT_H
#define NN_VISION_DECODE_LAYOUT_H

#include "nn/vision/decode/decode.h"

// Cells of the maps at strides first, 2 first, .. last of an input; a rest counts as a cell.
int64_t nn_decode_cells(int input_h, int input_w, int first, int last);

// Whether it is float32 of this rank with a number of samples and no dim of 2^30 or more.
bool nn_decode_has_rank(const nn_head_output *o, int rank);

// Stride of "cls8", 0 when the name is not `prefix` and a number from 1 to 256.
int nn_decode_stride(const char *name, const char *prefix);

// The only output whose name contains `word` in any case; NULL when none or several do.
const nn_head_output *nn_decode_named(const nn_head_output *outputs, int n, const char *word);

// NN_ESHAPE: "HEAD: the outputs are NAME SHAPE, ...; WANTED".
nn_status nn_decode_refuse(nn_error *err, const char *head, const nn_head_output *outputs, int n,
                           const char *wanted, ...) __attribute__((format(printf, 5, 6)));

// The largest of p[0], .. p[n - 1], the first of equal ones; NaN is never it but in p[0].
int nn_decode_best(const float *p, int n);

// Whether a box with this score and class is wanted: false for what is not a finite number.
bool nn_decode_wants(const nn_decode_options *o, float score, int label);

// Adds a box that is given in pixels of the input, unless a side is not finite or nothing of it is
// inside the frame. Scores above 1, by rounding, become 1.
void nn_decode_add(const nn_letterbox *l, nn_box box, nn_candidates *candidates);
// The same by centre and size.
void nn_decode_add_centred(const nn_letterbox *l, float cx, float cy, float w, float h, float score,
                           int label, nn_candidates *candidates);

#endif
