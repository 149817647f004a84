// SPDX-License-Identifier: MIT
// From an input to boxes on screen, in a recording and in a file of JSON lines.
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "nn/vision/frame.h"
#include "nn/vision/result.h"

typedef struct vp_pipeline vp_pipeline;

typedef enum vp_view {
    VP_VIEW_NONE,      // as fast as it goes
    VP_VIEW_WINDOW,    // an SDL window, at the pace of the video
    VP_VIEW_OFFSCREEN, // the same picture drawn in memory, as fast as it goes
} vp_view;

// A frame for keeping. Everything is borrowed and valid during the callback.
typedef struct vp_still {
    const nn_frame *picture;   // NN_PIXEL_RGB, rows without gaps
    uint64_t pts;              // nanoseconds; UINT64_MAX when unknown
    const nn_result *result;   // boxes on it, NULL for a frame without
    const char *model;         // that found them; NULL without `result`
    const char *const *labels; // its classes
    int label_count;
} vp_still;

typedef enum vp_verdict {
    VP_WRONG,     // a box around nothing
    VP_MISSED,    // a box that the user drew
    VP_WITHDRAWN, // an earlier VP_WRONG is taken back
} vp_verdict;

// What the user of the window said about a box.
typedef struct vp_feedback {
    vp_still still; // the frame that was shown
    vp_verdict verdict;
    unsigned id; // from 1 on; that of the earlier one for VP_WITHDRAWN
    nn_box box;
    const char *label; // its class
} vp_feedback;

typedef struct vp_options {
    const char *input;               // see pipeline/input.h
    const char *model;               // file or installed name
    const char *head, *labels_file;  // of the model (nn/predict/detector.h); NULL: what it says
    const char *labels;              // classes to report, "car,bus"; NULL: all
    double threshold, iou_threshold; // < 0: the model's
    int interval;                    // infer every Nth frame; 1: all
    int threads;                     // of the inference; 0: one per core
    const char *json;                // file for JSON lines, "-" for standard output; NULL: none
    const char *record;              // file.mp4 or file.mkv with the boxes burnt in; NULL: none
    const char *snapshot; // PNG of the view with the most certain boxes; needs a view; NULL: none
    vp_view view;
    bool fullscreen;
    int64_t max_frames; // stop after so many; 0: all
    double wait; // seconds to wait for a camera or a stream that is not up yet; 0: not at all
    // Called on a streaming thread after each frame; `result` is borrowed, NULL for a frame
    // without. May be NULL.
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    // Called by vp_pipeline_run with one line of text: warnings, lost and regained connections. May
    // be NULL.
    void (*on_notice)(void *user, const char *line);
    // Called by vp_pipeline_run when a model of vp_pipeline_set_model is in use (`refused` is NULL)
    // or why it cannot be used. NULL: on_notice gets a line instead.
    void (*on_model)(void *user, const char *model, const char *refused);
    // Called by vp_pipeline_run when the user marks or draws a box in the window. May be NULL.
    void (*on_feedback)(void *user, const vp_feedback *feedback);
    // Called every `picture_ms` at most on a thread of low priority, which may take its time: the
    // next picture waits for it, the stream does not. May be NULL.
    void (*on_picture)(void *user, const vp_still *still);
    int picture_ms;
    void *user;
} vp_options;

typedef struct vp_stats {
    int64_t frames, inferred, detections; // a detection is one box of one inference
    double seconds;                       // from the first frame to the last
    double fps;                           // frames / seconds; 0 with fewer than two frames
    double infer_ms;                      // average of an inference
    bool maps;                            // the model gives pixels classes and finds no objects
    double first_detection_ms;            // from vp_pipeline_open; negative: nothing was found
    int input_width, input_height;        // of the network
    int reconnects;
    bool window_closed; // the user closed the window
} vp_stats;

// Checks the options and builds everything; nothing runs yet. The options' strings are copied. On
// failure *out is NULL and err says what is wrong in one line.
nn_status vp_pipeline_open(vp_pipeline **out, const vp_options *options, nn_error *err);

// Runs until the input ends, max_frames are done, the window is closed or vp_pipeline_stop is
// called; files are complete when it returns, also when the window's display was lost, which is an
// error. With VP_VIEW_NONE or VP_VIEW_OFFSCREEN on a file
// every frame is inferred (interval 1), and two runs give the same boxes. A lost camera or network
// stream is opened again with growing pauses. Call it once.
nn_status vp_pipeline_run(vp_pipeline *p, nn_error *err);

// Asks a run to end soon. Any thread, also a signal handler.
void vp_pipeline_stop(vp_pipeline *p);

// Has another model (file or installed name) loaded beside the frames that pass; it takes over
// between two of them, or the old one stays. No frame waits or is lost. Also for a file that
// changed. `head` and `labels_file` as in the options, not those of the model before. Any thread.
void vp_pipeline_set_model(vp_pipeline *p, const char *model, const char *head,
                           const char *labels_file);

// Shows a line in the window for a few seconds. Any thread.
void vp_pipeline_tell(vp_pipeline *p, const char *line);

// Of the run so far; when vp_pipeline_run has returned, or from on_notice.
vp_stats vp_pipeline_stats(vp_pipeline *p);

void vp_pipeline_free(vp_pipeline *p); // NULL is a no-op

#endif
