// SPDX-License-Identifier: MIT
// Where in the frames of a stream a model looks: areas and tiles, and what it found there as one
// result.
#ifndef PLUGINS_INFER_LOOK_H
#define PLUGINS_INFER_LOOK_H

#include "nn/predict/detector.h"
#include "nn/vision/regions.h"

#include <gst/video/video.h>

typedef struct NeroLook NeroLook;

typedef struct NeroLookStats {
    guint64 parts, inferred; // parts of all frames, and those of them that were inferred
} NeroLookStats;

NeroLook *nero_look_new(void);
void nero_look_free(NeroLook *l);

// Callable from any thread; they count from the next frame on.
// NN_EINVAL: the options that were in use stay.
nn_status nero_look_set(NeroLook *l, const nn_region_options *options, nn_error *err);
void nero_look_forget(NeroLook *l); // boxes of earlier frames
void nero_look_get_stats(NeroLook *l, NeroLookStats *stats);

// Whether a model has boxes that can be looked for in parts of a frame.
gboolean nero_look_suits(const nn_card *card);

// Runs the model on jobs whose frame and result are set.
typedef nn_status (*nero_look_run)(gpointer user, nn_detector_job *jobs, int count, nn_error *err);
// Infers what must be inferred of this area of a frame by `run`, and writes the boxes of the area
// into *result, as many as `filter` allows. A model that is no detector sees the whole area each
// time. One thread at a time.
nn_status nero_look_infer(NeroLook *l, const GstVideoFrame *video, const GstVideoRectangle *area,
                          GstClockTime pts, const nn_card *card, const nn_detector_filter *filter,
                          nero_look_run run, gpointer user, nn_result *result, nn_error *err);

#endif
