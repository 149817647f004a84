// SPDX-License-Identifier: MIT
// Private to pipeline/: the state of a run.
#ifndef PIPELINE_STATE_H
#define PIPELINE_STATE_H

#include "pipeline/bus.h"
#include "pipeline/events.h"
#include "pipeline/pipeline.h"
#include "pipeline/reconnect.h"
#include "pipeline/segments.h"
#include "pipeline/tap.h"
#include "pipeline/window_record.h"

// How long a file may deliver no frame after all earlier ones are done; tests shorten it.
extern int vp_decoder_patience_ms;

struct vp_pipeline {
    vp_input input;
    GstElement *pipeline, *infer, *view; // view: NULL without one
    vp_segments *recorder;               // NULL: none
    vp_events *events;                   // NULL: none
    vp_reconnect link;
    vp_bus_notes notes;
    int64_t max_frames;
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    void (*on_found)(void *user, const vp_found *found);
    char *file; // owned: of the picture behind the detector; on its thread only
    void (*on_event)(void *user, const vp_event *event);
    void (*on_notice)(void *user, const char *line);
    void (*on_model)(void *user, const char *model, const char *refused);
    void (*on_lost)(void *user, double seconds); // until the source is tried again; may be NULL
    void (*on_feedback)(void *user, const vp_feedback *feedback);
    vp_tap *tap; // NULL: no picture callback
    void *user;
    gint stop; // atomic

    // Used by the running thread only.
    bool closed, ended, finished;
    bool hangs;                      // a decoder hangs; nothing can be freed
    bool seen;                       // somebody may look at a window
    bool slow_told;                  // that the source takes its time
    bool paused;                     // by the user of the window
    vp_window_record *window_record; // NULL: the user records nothing
    char *first_model;               // owned: the one that the run began with
    int model;                       // which of those that key m takes; 0: that
    bool stays;                      // a picture in a window: shown until the window is closed
    bool waits;                      // the picture, or the last frame of a file, is shown
    vp_stats final;                  // the figures of the detector
    gint64 stopping_since;           // microseconds, 0: not stopping
    bool pushed_end;
    int attempts;
    gint64 retry_at;   // microseconds, 0: connected
    gint64 trim_at;    // microseconds, when to return memory to the system; 0: not yet set
    double wait;       // seconds to wait for an input that is not ready
    gint64 wait_until; // microseconds, 0: not waiting
    nn_error broken;   // error of the view, while the rest is being completed
    char why[160];     // last warning of the source
    bool warned;       // about a silent input

    GMutex lock;                                             // guards what follows
    gint64 opened, first_frame, last_frame, first_detection; // microseconds, 0: not yet
    bool maps;              // the detector delivered maps of classes
    int64_t passed, frames; // before and behind the detector
    int reconnects;
};

#endif
