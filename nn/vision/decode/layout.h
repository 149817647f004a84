// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: shared by the decoders of detectors made elsewhere.
#ifndef NN_VISION_DECODE_LAYOUT_H
#define NN_VISION_DECODE_LAYOUT_H

#include "nn/vision/decode/decode.h"

// Number of cells of the maps at strides first, 2 first, .. last of an input; a partial cell
// counts.
int64_t nn_decode_cells(int input_h, int input_w, int first, int last);
// Whether N x h x w numbers are a map of the picture (depths, classes of pixels): h and w have the
// proportions of the input, and are at least 32.
bool nn_decode_is_map(const nn_head_output *o, int input_h, int input_w);

// Whether an output is float32 with this rank, a number of samples, and no dimension of 2^30 or
// more.
bool nn_decode_has_rank(const nn_head_output *o, int rank);

// Stride of a name such as "cls8"; 0 when it is not `prefix` and a number from 1 to 256.
int nn_decode_stride(const char *name, const char *prefix);

// The only output whose name begins with `word`, in any case, else the only one whose name contains
// it; NULL when there is none or several.
const nn_head_output *nn_decode_named(const nn_head_output *outputs, int n, const char *word);

// Output number `nth`, from 0, of those with N x rows x columns, or rows x columns, and as many
// samples as the first output; NULL when there are fewer.
const nn_head_output *nn_decode_sized(const nn_head_output *outputs, int n, int64_t rows,
                                      int64_t columns, int nth);
// Row `row` of sample `item` of such an output; without samples it is the only one.
const float *nn_decode_row(const nn_head_output *o, int item, int64_t row);

// NN_ESHAPE: "HEAD: the outputs are NAME SHAPE, ...; WANTED".
nn_status nn_decode_refuse(nn_error *err, const char *head, const nn_head_output *outputs, int n,
                           const char *wanted, ...) __attribute__((format(printf, 5, 6)));

// Index of the largest of p[0], .. p[n - 1], the first of equal ones. NaN counts only as p[0].
int nn_decode_best(const float *p, int n);

// Whether a box with this score and class is kept: false for scores that are not finite.
bool nn_decode_wants(const nn_decode_options *o, float score, int label);

// The class of a number in an output; -1: it is none of them.
int nn_decode_class(const nn_decode_options *o, float number);

// Adds a box in pixels of the input, unless a side is not finite or it is outside of the frame.
// Scores above 1 (by rounding) become 1.
void nn_decode_add(const nn_letterbox *l, nn_box box, nn_candidates *candidates);
// nn_decoder.describe of rotated boxes: `find` gives the one of a number in `detail`, in pixels of
// the input.
nn_status nn_decode_rotated(const nn_decode_sample *s,
                            nn_rotated_box (*find)(const nn_decode_sample *s, int32_t number),
                            nn_result *result);
// A box by centre and size, without score and class.
nn_box nn_decode_centred(float cx, float cy, float w, float h);
// nn_decode_add of a box by x0, y0, x1, y1.
void nn_decode_add_corners(const nn_letterbox *l, const float corners[4], float score, int label,
                           int32_t detail, nn_candidates *candidates);
// nn_decode_add of a box by centre and size.
void nn_decode_add_centred(const nn_letterbox *l, float cx, float cy, float w, float h, float score,
                           int label, nn_candidates *candidates);

#endif
