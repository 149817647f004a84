// SPDX-License-Identifier: MIT
// What a run hands to the callbacks of its caller. (Options and functions: pipeline/pipeline.h.)
#ifndef PIPELINE_CALLBACKS_H
#define PIPELINE_CALLBACKS_H

#include "nn/vision/frame.h"
#include "nn/vision/result.h"

// A frame for a callback. Everything is borrowed and valid during the callback.
typedef struct vp_still {
    const nn_frame *picture;   // NN_PIXEL_RGB, rows without padding
    uint64_t pts;              // nanoseconds; UINT64_MAX when unknown
    const nn_result *result;   // its boxes; NULL for a frame without
    const char *model;         // the model of the result; NULL without one
    const char *const *labels; // the class names of the model
    int label_count;
} vp_still;

typedef enum vp_verdict {
    VP_WRONG,     // a box around nothing
    VP_MISSED,    // a box that the user drew
    VP_WITHDRAWN, // an earlier one is taken back
} vp_verdict;

// The user's feedback on a box in the window.
typedef struct vp_feedback {
    vp_still still; // the frame in the window
    vp_verdict verdict;
    unsigned id; // counts from 1; for VP_WITHDRAWN that of the earlier feedback
    nn_box box;
    const char *label; // class of the box
} vp_feedback;

// What was found in a frame. Everything is borrowed and valid during the callback.
typedef struct vp_found {
    int64_t frame;    // counts from 1
    const char *file; // the name of a picture; NULL for frames of a video
    const nn_result *result;
    const char *const *labels; // the class names of the model
    int label_count;
} vp_found;

// What happened in a zone or at a line. Everything is borrowed and valid during the callback.
typedef struct vp_event {
    const char *type;        // "enter", "leave", "cross", ...; NULL: the totals at the end of a run
    const char *zone, *line; // the name; one of them is NULL
    const char *input;       // of a group; NULL: of the only one
    double seconds;          // time in the stream; negative: unknown
    int64_t frame;           // counts from 1
    int id;                  // of the object; 0: the zone as a whole
    const char *label;       // its class; NULL without an object
    int direction;           // over a line: 1 in, -1 out; else 0
    bool lost;               // it was not seen leaving
    double dwell_ms;         // its stay; in totals the mean of those that left; negative: none
    double speed;            // metres a second; negative: unknown
    int64_t in, out;         // of the zone or line, so far
    int occupancy;           // objects in the zone
} vp_event;

#endif
