// SPDX-License-Identifier: MIT
// The state of an engine, for engine.c and its worker thread.
#ifndef PLUGINS_INFER_ENGINE_INTERNAL_H
#define PLUGINS_INFER_ENGINE_INTERNAL_H

#include "plugins/common/frame_copy.h"
#include "plugins/infer/engine.h"
#include "plugins/infer/times.h"

struct NeroEngine {
    NeroMember *member; // owned
    NeroLook *look;     // owned: where in a frame
    // used by one thread at a time: the worker while it is busy, else the streaming thread
    NeroModel *model;          // owned reference
    nn_detector_filter filter; // of the next inference
    bool *filter_mask;         // owned, of `filter`
    float *filter_thresholds;  // likewise
    // owned reference, streaming thread: names for the boxes that were returned last
    NeroLabels *given;
    GMutex lock; // guards everything below
    GCond changed;

    NeroEngineSettings settings;
    bool *mask;              // classes to keep; NULL: all
    float *class_thresholds; // NULL: one for all
    GBytes *threshold_bytes; // the same, for metas
    NeroSizes sizes;         // count 0: the model's own
    int tried;               // how many of the sizes were run, from the first on
    guint sizes_set;         // how often
    gboolean dirty;

    nn_result last;
    NeroLabels *last_labels; // owned reference, NULL at first
    gboolean has_last;
    gint64 last_arrival; // monotonic microseconds: arrival of the inferred frame
    guint64 generation;  // number of calls of nero_engine_forget()

    NeroEngineStats stats;
    NeroTimes times;

    GThread *worker;
    gboolean busy, quit;
    nn_error error; // of the worker
    // The job; it belongs to the worker while that is busy.
    NeroFrameCopy copy;
    nn_result found;
    int size; // streaming thread: index of the size for the frames that follow
    int job_size;
    GstVideoRectangle job_area;
    GstClockTime job_pts;
    gint64 job_arrival;
    guint64 job_generation;
};

// Runs the detector without the lock and stamps the result; *ms is what it took.
nn_status nero_engine_detect(NeroEngine *e, const GstVideoFrame *video,
                             const GstVideoRectangle *area, GstClockTime pts, int size,
                             nn_result *result, double *ms, nn_error *err);
// The next two are called with the lock held: counts an inference; keeps a result for the next
// frames.
void nero_engine_count(NeroEngine *e, const nn_result *r, int size, int regions, double ms);
nn_status nero_engine_remember(NeroEngine *e, const nn_result *r, gint64 arrival, nn_error *err);

#endif
