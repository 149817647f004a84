// SPDX-License-Identifier: MIT
// Private to pipeline/: what is known about a run.
#ifndef PIPELINE_STATE_H
#define PIPELINE_STATE_H

#include "pipeline/bus.h"
#include "pipeline/pipeline.h"
#include "pipeline/reconnect.h"
#include "pipeline/recorder.h"
#include "pipeline/tap.h"

// How long a file may give no frame although all that came before is done; tests shorten it.
extern int vp_decoder_patience_ms;

struct vp_pipeline {
    vp_input input;
    GstElement *pipeline, *infer, *view; // the last is NULL without a view
    vp_recorder *recorder;               // NULL: none
    vp_reconnect link;
    vp_bus_notes notes;
    int64_t max_frames;
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    void (*on_notice)(void *user, const char *line);
    void (*on_model)(void *user, const char *model, const char *refused);
    void (*on_feedback)(void *user, const vp_feedback *feedback);
    vp_tap *tap; // NULL: nobody wants pictures
    void *user;
    gint stop; // atomic

    // Only the running thread uses these.
    bool closed, ended, finished;
    bool hangs;            // a decoder does; nothing can be freed
    bool stays;            // a picture in a window: shown until that is closed
    bool waits;            // ... and it is shown
    vp_stats final;        // the detector's part
    gint64 stopping_since; // microseconds, 0: not stopping
    bool pushed_end;
    int attempts;
    gint64 retry_at;   // microseconds, 0: connected
    double wait;       // seconds for an input that is not there yet
    gint64 wait_until; // microseconds, 0: nothing is waited for
    nn_error broken;   // of the view, while the rest was brought to an end
    char why[160];     // the source's last warning
    bool warned;       // that nothing came yet

    GMutex lock;                                             // guards what follows
    gint64 opened, first_frame, last_frame, first_detection; // microseconds, 0: not yet
    bool maps;                                               // of classes came out of the detector
    int64_t passed, frames;                                  // into and out of the detector
    int reconnects;
};

#endif
