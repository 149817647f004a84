// SPDX-License-Identifier: MIT
// How much features and classes change when a picture is moved, scaled or rotated (Zeiler, Fergus
// 2014, section 4.1 and figure 5).
#ifndef NN_EXPLAIN_INVARIANCE_H
#define NN_EXPLAIN_INVARIANCE_H

#include "nn/explain/explain.h"
#include "nn/explain/picture_source.h"

typedef enum nn_invariance_kind {
    NN_INVARIANCE_TRANSLATION, // down by parts of the height: -0.25 .. 0.25
    NN_INVARIANCE_SCALE,       // enlarged 1 .. 1.8 times, as in the paper, in equal factors
    NN_INVARIANCE_ROTATION,    // clockwise by degrees: 0 .. 360
    NN_INVARIANCE_KINDS
} nn_invariance_kind;

NN_API extern const char *const nn_invariance_names[NN_INVARIANCE_KINDS]; // "translation", ...

typedef struct nn_invariance_settings {
    int first, last; // layers that are compared; -1: the first maps, the last layer before the end
    int label;       // class; -1: the strongest one of the picture as it is
    int points;      // of the curve, 2 to 1000; 0: 25. Translations have an odd number
    double from, to; // range in place of the usual one above; 0, 0: that
} nn_invariance_settings;

// Curves over `count` amounts. Owned by the caller; start with a zeroed one, which is reused.
typedef struct nn_invariance {
    nn_invariance_kind kind;
    int count;
    double *amount;
    // |f(moved) - f(picture)| / |f(picture)| of all values of the layer, 0 where nothing is moved
    float *first, *last;
    float *probability; // of the class: that of a classifier, or of the best box of a detector
    int first_layer, last_layer, label; // those that were taken
    int capacity;                       // private
} nn_invariance;
NN_API void nn_invariance_release(nn_invariance *v); // leaves it zeroed

// Measures the curves of a picture: a forward pass for each point. What comes into view is filled
// with the model's mean colour. When `progress` (may be NULL) ends it, curves have the points that
// were measured. `settings` may be NULL. NN_EINVAL: a range that is none.
NN_API nn_status nn_invariance_measure(nn_explainer *e, const nn_frame *frame,
                                       nn_invariance_kind kind,
                                       const nn_invariance_settings *settings, nn_invariance *v,
                                       nn_explain_progress *progress, void *ctx, nn_error *err);

#endif
