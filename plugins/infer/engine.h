// SPDX-License-Identifier: MIT
// A detector for a stream: runs at once or in a worker thread, keeps the last boxes, measures its
// time.
#ifndef PLUGINS_INFER_ENGINE_H
#define PLUGINS_INFER_ENGINE_H

#include "plugins/infer/instance.h"
#include "plugins/infer/look.h"
#include "plugins/infer/sizes.h"

#include <gst/video/video.h>

typedef struct NeroEngine NeroEngine;

typedef struct NeroEngineSettings {
    float threshold, iou_threshold; // negative: the model's
    float shift;                    // added to the model's thresholds
    int max_detections;
    gboolean agnostic_nms;  // boxes of two classes suppress each other, too
    gboolean faint;         // boxes of less than the threshold, too: a tracker follows
    const char *labels;     // comma-separated class names to keep; NULL or empty: all
    const char *thresholds; // of single classes, "person=0.5,car=0.3"; NULL or empty: none
} NeroEngineSettings;

typedef struct NeroEngineStats {
    guint64 inferred, detections;
    double last_ms, sum_ms, min_ms, max_ms; // milliseconds of the inferences; 0 before the first
    double peak_ms;                         // slowest of the last inferences
    double p95_ms;                          // 95th percentile of the last 128 inferences
    int input_width, input_height;          // input size of the network at the last inference
    int size;                               // its index among the sizes
    int regions;                            // that it inferred together; 1: a frame
    const char *precision; // of the last inference, see nn_precision_in_use; NULL before the first
} NeroEngineStats;

// Takes over the member, which must not be NULL.
NeroEngine *nero_engine_new(NeroMember *member);
void nero_engine_free(NeroEngine *e); // waits for the worker

// The functions below are for the streaming thread.

// Applies settings from the next inference on. A label that the model does not have gives NN_EINVAL
// and is ignored.
nn_status nero_engine_configure(NeroEngine *e, const NeroEngineSettings *settings, nn_error *err);
const NeroModel *nero_engine_model(NeroEngine *e); // borrowed: the one in use
NeroMember *nero_engine_member(NeroEngine *e);     // borrowed
NeroLook *nero_engine_look(NeroEngine *e);         // borrowed; any thread
// Goes over to the current model of the instance when it is another one. TRUE: *old is the one that
// was in use, for the caller to release; the settings must be given again; nothing else changes.
// FALSE while the worker runs.
gboolean nero_engine_follow(NeroEngine *e, NeroModel **old, char **name, double *load_ms);
// Gives the input sizes among which nero_engine_choose() chooses. The next inferences try one of
// them each, so that a change costs nothing. NN_EINVAL for a size that the model does not take; the
// sizes stay then.
nn_status nero_engine_set_sizes(NeroEngine *e, const NeroSizes *sizes, nn_error *err);
// The sizes, with their costs once they were tried; FALSE before. Any thread.
gboolean nero_engine_get_sizes(NeroEngine *e, NeroSizes *sizes);
void nero_engine_choose(NeroEngine *e, int size); // for the frames that follow
// Infers this area of the frame now and writes boxes into *result.
nn_status nero_engine_run(NeroEngine *e, const GstVideoFrame *frame, const GstVideoRectangle *area,
                          GstClockTime pts, nn_result *result, nn_error *err);
// Runs these jobs now, with the settings of this engine (their `filter` is set). Counts as one
// inference.
nn_status nero_engine_run_jobs(NeroEngine *e, nn_detector_job *jobs, int count, nn_error *err);
// Gives a copy of the frame to the worker. FALSE when the worker is still busy.
gboolean nero_engine_submit(NeroEngine *e, const GstVideoFrame *frame,
                            const GstVideoRectangle *area, GstClockTime pts);
// Whether the worker is busy: nero_engine_run() would wait for it.
gboolean nero_engine_is_busy(NeroEngine *e);
// Writes the boxes of the last finished inference into *result, for a frame with this PTS: marked
// as predicted, with their age. *found is FALSE when there are none yet. Returns the status of the
// worker.
nn_status nero_engine_carry(NeroEngine *e, GstClockTime pts, nn_result *result, gboolean *found,
                            nn_error *err);
// The class names for the boxes that run() or carry() returned last; borrowed. They may belong to a
// model that is not in use any more.
NeroLabels *nero_engine_labels(NeroEngine *e);
// The score from which boxes count, of the least demanding class; those below are `faint`.
float nero_engine_threshold(NeroEngine *e);
// The same for each class of the boxes that were returned last; borrowed. NULL: one for all.
const float *nero_engine_class_thresholds(NeroEngine *e);
// Has a meta say that the boxes of these labels count from the thresholds above on.
void nero_engine_tell_thresholds(NeroEngine *e, NeroMeta *meta);
// Waits until the worker is idle.
void nero_engine_drain(NeroEngine *e);
// Forgets the last boxes, and those that the worker is computing.
void nero_engine_forget(NeroEngine *e);

// Callable from any thread.
void nero_engine_get_stats(NeroEngine *e, NeroEngineStats *stats);

#endif
