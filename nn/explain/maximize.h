// SPDX-License-Identifier: MIT
// Activation maximisation: a picture that makes a class or a channel as strong as possible, by
// gradient ascent (Erhan 2009), with the usual regularisers: L2 decay and blurring every few steps
// (Yosinski 2015, section 3), jitter (Mordvintsev 2015), total variation (Mahendran, Vedaldi 2015).
#ifndef NN_EXPLAIN_MAXIMIZE_H
#define NN_EXPLAIN_MAXIMIZE_H

#include "nn/explain/explain.h"
#include "nn/explain/picture_source.h"
#include "nn/io/image/image.h"

typedef struct nn_maximize_settings {
    int steps;       // 128
    float rate;      // root mean square change of a step, in parts of black to white; 0.02
    float decay;     // part by which each step moves every pixel towards the mean colour; 0.005
    int blur_every;  // steps from one blur to the next; 4; 0: none
    float blur;      // deviation of the blur in pixels; 0.8
    float variation; // part by which each step moves a pixel towards each of its neighbours; 0.02
    int jitter;      // most pixels that the picture is shifted by before each step; 8
    float noise;     // deviation of the first picture around the mean colour; 0.01
    uint64_t seed;   // of noise and jitter; the same gives the same picture
} nn_maximize_settings;
NN_API void nn_maximize_settings_init(nn_maximize_settings *s);

// Owned by the caller; start with a zeroed one.
typedef struct nn_maximized {
    nn_image image; // the size of the network's input
    int steps;      // that were done
    float *score;   // steps + 1: the target's value before each step, and of the picture at the end
} nn_maximized;
NN_API void nn_maximized_release(nn_maximized *m); // leaves it zeroed

// Climbs from noise to a picture that raises the target: a channel of a layer (of all its cells, or
// of one), or a class at the output. No picture need have been seen, and none has been afterwards.
// When `progress` (may be NULL) ends the work, the picture is that of the steps so far. `settings`
// may be NULL. NN_EINVAL: a target that is none, settings that are out of range. NN_EFORMAT: the
// network gives numbers that are not finite.
NN_API nn_status nn_maximize(nn_explainer *e, const nn_explain_target *target,
                             const nn_maximize_settings *settings, nn_maximized *m,
                             nn_explain_progress *progress, void *ctx, nn_error *err);

#endif
