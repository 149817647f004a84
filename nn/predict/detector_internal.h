// SPDX-License-Identifier: MIT
// Inside of a detector: shared by opening, planning and running.
#ifndef NN_PREDICT_DETECTOR_INTERNAL_H
#define NN_PREDICT_DETECTOR_INTERNAL_H

#include "nn/graph/plan.h"
#include "nn/graph/tuning_cache.h"
#include "nn/graph/workspace.h"
#include "nn/predict/detector.h"
#include "nn/predict/fastest_form.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/resize.h"

#include <stdatomic.h>

enum {
    MAX_OUTPUTS = 16,
    SIDE_STEP = 32,
    MAX_SIDE = 8192,
    SIZES = 8,       // the most input sizes that keep their plans
    USUAL_SIZES = 3, // as many do at first, so that frames of several shapes take turns
    MOST_LANES = 8,  // the most plans that run at the same time
    MOST_FRAMES = 64 // the most frames that run at the same time
};

typedef struct sized_plans {
    nn_plan *plan[MOST_LANES]; // of each lane; the first always exists, the others when needed
    int h, w;                  // of their input
} sized_plans;

// What the run of a plan needs besides it, for one frame, or one batch of frames where the model is
// for batches. Lanes run at the same time.
typedef struct lane {
    nn_workspace *workspace; // of all its plans; NULL: it was never used
    nn_resizer *resizer;
    nn_candidates *candidates;
    bool *frame_mask;                   // of all classes, for the frame that is decoded
    nn_head_output all[MAX_OUTPUTS];    // outputs of the plan or of the tail
    nn_head_output output[MAX_OUTPUTS]; // those of the frame that is decoded (nn_decode_pick)
} lane;

struct nn_detector {
    nn_model *model;         // fused
    nn_tuning_cache *tuning; // may be NULL
    char *path;
    char why[NN_FORM_TEXT]; // why this file was chosen; empty: it was named
    nn_pool *pool;
    sized_plans sizes[SIZES]; // most recently used first; the rest zeroed
    int kept;                 // the number of sizes that may be there
    int input_h, input_w;     // largest input at the opening: the card's or the caller's
    const nn_decoder *decoder;
    bool rigid;                // the input is not trimmed
    int most_lanes;            // a plan a thread
    int batch;                 // frames that a plan takes: 1, or what the model was exported for
    int untuned;               // of the first plan
    atomic_bool bf16;          // plans are in bfloat16
    bool compares;             // NN_PRECISION_AUTO, and it is not decided yet
    nn_precision_trial *trial; // NULL: none yet
    nn_shape trial_input;
    nn_tail_limits tail_limits;
    nn_tail_run *tail; // of the last frame, in the first lane; NULL: there is none
    int output_count, classes;
    lane lanes[MOST_LANES];
    nn_detector_filter filter; // of frames that bring none
    bool *label_mask;          // of `filter`
};

// Puts the plans of an input size in front (d->sizes[0]), at least those of the first `lanes`, and
// points these lanes at their outputs. The plans of the least recently used size make room for
// those of a new one, whose outputs the decoder checks.
nn_status nn_detector_choose_plans(nn_detector *d, int lanes, int h, int w, nn_error *err);
void nn_detector_free_plans(nn_detector *d);
// Checks the outputs of the first lane, which the decoder has for an input of this size.
nn_status nn_detector_check_outputs(nn_detector *d, int h, int w, nn_error *err);
// Runs a plan for a frame, whose input is filled in; first frames are also run in bfloat16 to
// decide what the others run in.
void nn_detector_run_plan(nn_detector *d, nn_plan *plan);

#endif
