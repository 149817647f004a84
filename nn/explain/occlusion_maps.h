// SPDX-License-Identifier: MIT
// What happens when a grey square covers one part of a picture after the other: three maps over its
// positions (Zeiler, Fergus 2014, section 4.2 and figure 7 b, d, e).
#ifndef NN_EXPLAIN_OCCLUSION_MAPS_H
#define NN_EXPLAIN_OCCLUSION_MAPS_H

#include "nn/explain/explain.h"
#include "nn/explain/picture_source.h"
#include "nn/explain/receptive_field.h"

typedef struct nn_occlusion_settings {
    int patch, stride; // of the square, in input pixels; 0: a quarter of the shorter side, a sixth
                       // of the square
    int layer;         // whose strongest feature map is followed; -1: nn_explainer_default_layer
    int label;         // class; -1: the strongest one of the whole picture
} nn_occlusion_settings;

// Owned by the caller; start with a zeroed one, which is reused. The squares of position (row,
// column) are at nn_occlusion_square.
typedef struct nn_occlusion_maps {
    int rows, columns;
    float *probability;        // of the class, with the square there; a detector's: of its best box
    float *activation;         // the sum of the feature map over its cells
    int *best;                 // the most probable class; -1: a detector finds nothing
    int layer, channel, label; // those that were taken; `channel` is the strongest feature map
    float whole_probability, whole_activation; // without a square
    int patch, stride, input_h, input_w;
    int capacity; // private
} nn_occlusion_maps;
NN_API void nn_occlusion_maps_release(nn_occlusion_maps *m); // leaves it zeroed

// The pixels of the input that the square of a position covers.
NN_API nn_patch nn_occlusion_square(const nn_occlusion_maps *m, int row, int column);

// Measures the maps of the last picture that was seen: a forward pass for each position. Squares
// begin at the top left corner; the last ones end at the right and the lower edge. Afterwards the
// explainer has the values of the whole picture again. Positions that are left out because
// `progress` (may be NULL) ended the work have those of the whole picture. `settings` may be NULL.
// NN_EINVAL: nothing was seen, no such layer or class.
NN_API nn_status nn_occlusion_measure(nn_explainer *e, const nn_occlusion_settings *settings,
                                      nn_occlusion_maps *m, nn_explain_progress *progress,
                                      void *ctx, nn_error *err);

#endif
