// SPDX-License-Identifier: MIT
// A detector with memory: runs now or in a worker thread, keeps the last boxes, measures itself.
#ifndef PLUGINS_INFER_ENGINE_H
#define PLUGINS_INFER_ENGINE_H

#include "plugins/infer/model.h"

#include <gst/video/video.h>

typedef struct NeroEngine NeroEngine;

typedef struct NeroEngineSettings {
    float threshold, iou_threshold; // < 0: the model's
    int max_detections;
    const char *labels; // comma-separated class names to keep; NULL or empty: all
} NeroEngineSettings;

typedef struct NeroEngineStats {
    guint64 inferred, detections;
    double last_ms, sum_ms, min_ms, max_ms; // of the inferences; 0 before the first
    double peak_ms;                         // the slowest of the last few inferences
    int input_width, input_height;          // network input of the last one
} NeroEngineStats;

// Takes over the model, which is not NULL.
NeroEngine *nero_engine_new(NeroModel *model);
void nero_engine_free(NeroEngine *e); // waits for the worker

// The functions below belong to the streaming thread.

// Takes effect with the next inference. A label that the model does not have is NN_EINVAL and
// ignored.
nn_status nero_engine_configure(NeroEngine *e, const NeroEngineSettings *settings, nn_error *err);
const NeroModel *nero_engine_model(NeroEngine *e); // borrowed: the one in use
// Puts another model in the place of *model, which becomes the one that was in use; nothing else
// changes but that the settings have to be given again. FALSE while the worker runs the old one.
gboolean nero_engine_swap(NeroEngine *e, NeroModel **model);
// Boxes on this area of the frame, into *result, now.
nn_status nero_engine_run(NeroEngine *e, const GstVideoFrame *frame, const GstVideoRectangle *area,
                          GstClockTime pts, nn_result *result, nn_error *err);
// Hands a copy of the frame to the worker if that is idle; FALSE when it is still busy with
// another.
gboolean nero_engine_submit(NeroEngine *e, const GstVideoFrame *frame,
                            const GstVideoRectangle *area, GstClockTime pts);
// Whether the worker is at a frame: nero_engine_run() would wait for it.
gboolean nero_engine_is_busy(NeroEngine *e);
// The boxes of the last finished inference as seen from a frame with this PTS: marked as predicted,
// with their age. *found is FALSE while there are none. The status is that of the worker.
nn_status nero_engine_carry(NeroEngine *e, GstClockTime pts, nn_result *result, gboolean *found,
                            nn_error *err);
// Borrowed: what the labels in the boxes that run() or carry() gave last mean. They may be those of
// a model that is not in use any more.
NeroLabels *nero_engine_labels(NeroEngine *e);
// Waits until the worker is idle.
void nero_engine_drain(NeroEngine *e);
// Forgets the last boxes, also those the worker is about to find.
void nero_engine_forget(NeroEngine *e);

// From any thread.
void nero_engine_get_stats(NeroEngine *e, NeroEngineStats *stats);

#endif
