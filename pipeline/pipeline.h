// SPDX-License-Identifier: MIT
// Runs a model on an input: boxes in a window, in a recording and in a file of JSON lines.
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "pipeline/callbacks.h"

typedef struct vp_pipeline vp_pipeline;

typedef enum vp_view {
    VP_VIEW_NONE,       // as fast as possible
    VP_VIEW_WINDOW,     // an SDL window, in real time
    VP_VIEW_OFFSCREEN,  // the same picture drawn in memory, as fast as possible
    VP_VIEW_TILE,       // for pipeline/group.h: a small picture with boxes, as fast as possible
    VP_VIEW_TILE_PACED, // the same in real time
} vp_view;

typedef struct vp_options {
    const char *input;               // see pipeline/input.h
    int camera_width, camera_height; // to ask of a camera; 0: one near 1280x720
    bool any_certificate;            // certificates of rtsps:// and https:// are not checked
    const char *model;               // file or installed name
    const char *head, *labels_file;  // see nn/predict/detector.h; NULL: as the model says
    const char *labels;              // classes to report, "car,bus"; NULL: all
    double threshold, iou_threshold; // negative: the model's
    bool agnostic_nms;               // boxes of two classes suppress each other, too
    const char *class_thresholds;    // of single classes, "person=0.5,car=0.3"; NULL: none
    int interval;                    // infer every Nth frame; 1: every frame
    // Milliseconds that an inference may take: input size and interval follow, and results depend
    // on the speed of the machine, for files, too; 0: any.
    double latency_budget;
    const char *input_size; // "auto", or WIDTHxHEIGHT or one number; NULL: auto
    int threads;            // for the inference; 0: one per core
    const char *precision;  // "float32", "bf16" or "auto"; NULL: float32
    // MiB and seconds that the nodes of a model whose sizes depend on the picture may take; 0: the
    // usual.
    double tail_memory, tail_seconds;
    int inputs; // that run at the same time; 0: this one
    bool track; // objects keep numbers from frame to frame; pictures that differ are not tracked
    const char *inside;       // a model that looks into the boxes of `inside_class`; NULL: none
    const char *inside_class; // NULL: of every class
    bool camera_motion;       // the camera moves: tracks follow the ground
    const char *tracker;      // a name of nn/vision/tracker_kind.h; NULL: the usual one
    double trails;            // seconds of the way of tracked objects to draw; 0: none
    const char *color_by;     // "track" or "class"; NULL: track
    const char *anonymize;    // classes to pixelate, "person,face", or "all"; NULL: none
    // Zones and lines as neroanalytics takes them, and a JSON file of them; NULL: none.
    const char *zones, *lines, *analytics;
    const char *analytics_save; // file for what the user draws in the window; NULL: it is not kept
    const char *json;           // file for JSON lines, "-" for standard output; NULL: none
    // MQTT broker and Kafka for the same lines: addresses of neropublish with settings behind a
    // "?", "mqtts://bob@broker/yard?ca-file=ca.pem&mqtt-qos=0"; NULL: none
    const char *mqtt, *kafka;
    const char *record; // file.mp4 or file.mkv for a recording with boxes; NULL: none
    bool record_clean;  // without boxes
    // Files of so many seconds that follow each other, see pipeline/segments.h (0: one file), and
    // the bytes of all of them together (0: any number).
    double record_segment;
    uint64_t record_limit;
    // Folder for clips of events; NULL: none. An event is one of neroanalytics, or the appearance
    // of an object of the classes `record_on` ("person,car"; NULL: of any, when there are no
    // zones). `record_keep`: the oldest go ("20GB", "7d"; NULL: 10 GB).
    const char *record_events, *record_on, *record_keep;
    const char *record_root;          // the folder that `record_keep` bounds; NULL: record_events
    double event_before, event_after; // seconds in the clip; 0 to 600
    // where in a frame the model looks, see plugins/infer/look_properties.c; NULL: the whole frame
    const char *tiles, *roi, *ignore;
    double tile_overlap;  // with `tiles`
    bool tile_motion;     // only where something has changed
    const char *snapshot; // PNG of the view with the highest scores; needs a view; NULL: none
    vp_view view;
    bool fullscreen;
    int tile_width, tile_height; // pixels at most, for VP_VIEW_TILE
    const char *share;           // runs with the same name share one loaded model; NULL: own model
    int64_t max_frames;          // number of frames to stop after; 0: all
    double wait; // seconds to wait for a camera or stream that is not ready; 0: none
    // Called on a streaming thread after each frame. `result` is borrowed; NULL for a frame
    // without. May be NULL.
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    // The same for each frame with a result, with all that is known about it. May be NULL.
    void (*on_found)(void *user, const vp_found *found);
    // Called by vp_pipeline_run for what happens in zones and at lines, and at the end of the run
    // once for each of them. May be NULL.
    void (*on_event)(void *user, const vp_event *event);
    // Called by vp_pipeline_run with a line of text: warnings, lost and restored connections. May
    // be NULL.
    void (*on_notice)(void *user, const char *line);
    // Called by vp_pipeline_run when a model of vp_pipeline_set_model is in use (`refused` is
    // NULL), or with the reason why it cannot be used. NULL: on_notice gets a line instead.
    void (*on_model)(void *user, const char *model, const char *refused);
    // Called by vp_pipeline_run when the user marks or draws a box in the window. May be NULL.
    void (*on_feedback)(void *user, const vp_feedback *feedback);
    // Called at most every `picture_ms` milliseconds, on a thread of low priority. It may take its
    // time: the next picture waits for it, the stream does not. May be NULL.
    void (*on_picture)(void *user, const vp_still *still);
    int picture_ms;
    void *user;
} vp_options;

typedef struct vp_stats {
    int64_t frames, inferred, detections; // a detection is one box of one inference
    double seconds;                       // from the first frame to the last
    double fps;                           // frames / seconds; 0 with fewer than two frames
    double infer_ms;                      // average time of an inference
    bool maps;                            // the model segments and finds no objects
    double first_detection_ms;            // since vp_pipeline_open; negative: nothing was found
    int input_width, input_height;        // input size of the network, of the last inference
    double infer_ms_p95;                  // 95th percentile of the last 128 inferences
    int size_changes;                     // by latency_budget
    int reconnects;
    int events;         // complete clips of events
    bool window_closed; // the user closed the window
} vp_stats;

// Checks the options and builds the pipeline; nothing runs yet. Strings of the options are copied.
// On failure *out is NULL, and `err` says in one line what is wrong.
nn_status vp_pipeline_open(vp_pipeline **out, const vp_options *options, nn_error *err);

// Runs until the input ends, max_frames are done, the window is closed or vp_pipeline_stop is
// called. Files are complete when it returns, even when the window's display was lost, which is an
// error. With VP_VIEW_NONE or VP_VIEW_OFFSCREEN every frame of a file is inferred (interval 1), and
// two runs give the same boxes. A lost camera or network stream is opened again, with growing
// pauses. Call it once.
nn_status vp_pipeline_run(vp_pipeline *p, nn_error *err);

// Asks the run to end soon. Callable from any thread and from signal handlers.
void vp_pipeline_stop(vp_pipeline *p);

// Loads another model (a file or an installed name) while frames pass. It takes over between two
// frames, or the old model stays; no frame waits or is lost. It also reloads a file that has
// changed. `head` and `labels_file` are as in the options; those of the old model are not kept. Any
// thread.
void vp_pipeline_set_model(vp_pipeline *p, const char *model, const char *head,
                           const char *labels_file);

// Shows a line in the window for a few seconds. Any thread.
void vp_pipeline_tell(vp_pipeline *p, const char *line);

// Figures of the run so far. Call it after vp_pipeline_run has returned, or from on_notice.
vp_stats vp_pipeline_stats(vp_pipeline *p);

void vp_pipeline_free(vp_pipeline *p); // NULL is a no-op

// "GStreamer 1.22.0", the library that is in use. g_free.
char *vp_media_version(void);

#endif
