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

#include <pthread.h>
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
    bool busy;                          // a call runs in it; guarded by the detector's lock
    bool *frame_mask;                   // of all classes, for the frame that is decoded
    nn_head_output all[MAX_OUTPUTS];    // outputs of the plan or of the tail
    nn_head_output output[MAX_OUTPUTS]; // those of the frame that is decoded (nn_decode_pick)
} lane;

// Lanes that a call has taken, and the plans for its input size in them.
typedef struct nn_lanes {
    int count;
    lane *lane[MOST_LANES];
    nn_plan *plan[MOST_LANES];
} nn_lanes;

struct nn_detector {
    nn_model *model;         // fused
    nn_tuning_cache *tuning; // may be NULL
    char *path;
    char why[NN_FORM_TEXT]; // why this file was chosen; empty: it was named
    nn_pool *pool;
    atomic_int kept;      // the number of sizes that may be there
    int input_h, input_w; // largest input at the opening: the card's or the caller's
    const nn_decoder *decoder;
    bool rigid;            // the input is not trimmed
    int batch;             // frames that a plan takes: 1, or what the model was exported for
    int untuned;           // of the first plan
    atomic_bool bf16;      // plans are in bfloat16
    atomic_bool comparing; // NN_PRECISION_AUTO, and it is not decided yet: one lane is used
    unsigned details;      // NN_DETAIL_ flags of the results
    nn_tail_limits tail_limits;
    nn_tail_run *tail; // of the last frame, in the first lane; NULL: there is none
    int output_count, classes;
    nn_detector_filter filter; // of frames that bring none
    bool *label_mask;          // of `filter`

    pthread_mutex_t lock;        // guards what follows
    struct lane_waiter *waiters; // calls in the order in which they came
    int busy_lanes;              // of `lanes`
    int most_lanes;              // a lane a thread, and one more for all cores, as far as there
                                 // is memory
    lane lanes[MOST_LANES];      // what is in a busy one belongs to the call that has taken it
    sized_plans sizes[SIZES];    // most recently used first; the rest zeroed
    nn_precision_trial *trial;   // used by the call in the first lane; NULL: none
    nn_shape trial_input;
};

// Waits until it is this call's turn and a lane is idle, and takes up to `want` of those that are.
// Plans that are missing are made first.
nn_status nn_detector_take_lanes(nn_detector *d, int want, int h, int w, nn_lanes *taken,
                                 nn_error *err);
void nn_detector_return_lanes(nn_detector *d, const nn_lanes *taken);

// The functions below that speak of plans are called with the lock held; they make and free plans
// while no lane is busy.

// The plans of an input size, which become the most recently used; NULL: there are none.
sized_plans *nn_detector_find_plans(nn_detector *d, int h, int w);
// Whether the first `lanes` have all that they need for this size.
bool nn_detector_has_plans(const nn_detector *d, const sized_plans *s, int lanes);
// Makes the plans of the first `lanes` for an input size; of fewer where memory is short, but of
// the first. The plans of the least recently used size make room for those of a new one, whose
// outputs the decoder checks.
nn_status nn_detector_make_plans(nn_detector *d, int lanes, int h, int w, nn_error *err);
// Ends the comparison of precisions when it is decided.
void nn_detector_settle_precision(nn_detector *d);
void nn_detector_free_plans(nn_detector *d);

// Points the decoder of a lane at the outputs of its plan.
void nn_detector_read_outputs(const nn_detector *d, lane *l, const nn_plan *plan);
// Checks the outputs of the first lane, which the decoder has for an input of this size.
nn_status nn_detector_check_outputs(nn_detector *d, int h, int w, nn_error *err);
// Runs a plan for a frame, whose input is filled in; first frames are also run in bfloat16 to
// decide what the others run in.
void nn_detector_run_plan(nn_detector *d, nn_plan *plan);

#endif
