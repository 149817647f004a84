// SPDX-License-Identifier: MIT
// Private to pipeline/: the source of a run, which is opened again when a network stream breaks.
#ifndef PIPELINE_RECONNECT_H
#define PIPELINE_RECONNECT_H

#include "pipeline/input.h"
#include "pipeline/late.h"

#include <gst/gst.h>

// Works on the sink pad of the element "head", and on those of decoders, where it skips what a live
// source sends too late. Its probes run on the streaming threads of the source.
typedef struct vp_reconnect {
    const vp_input *input; // borrowed
    int decoders;          // that run at the same time
    GstElement *pipeline;  // borrowed
    GstElement *head;      // owned reference
    GstElement *source;    // owned reference
    gulong probe;
    bool pictures_live; // multipart pictures over HTTP are treated as live

    GMutex lock;     // guards what follows
    bool stopping;   // lets the end of stream pass
    const char *lost; // why the source is to be opened again: it ended, or is late; NULL: works
    bool ended;      // its end of stream arrived
    bool fresh;      // the next buffer is the first of a new source
    bool again;      // that is not the first source
    int64_t buffers; // of the current source
    gint64 heard;    // monotonic microseconds of its last data, decoded or not, or of its opening
    gint64 seen;     // the same of its last frame
    GstSegment segment;
    GstClockTime last;  // running time of the last buffer
    GstClockTime shift; // added to the timestamps of a source that was opened again
} vp_reconnect;

nn_status vp_reconnect_open(vp_reconnect *link, GstElement *pipeline, const vp_input *input,
                            int decoders, nn_error *err);
void vp_reconnect_close(vp_reconnect *link); // after the pipeline went to NULL

// Whether the input is endless, so that its end means a broken connection.
bool vp_reconnect_is_endless(vp_reconnect *link);
// Why an endless source is to be opened again; NULL: it works, or its element says why.
const char *vp_reconnect_lost(vp_reconnect *link);
// Whether the source has ended, for any reason.
bool vp_reconnect_has_ended(vp_reconnect *link);
// Whether `object` is the source or inside of it.
bool vp_reconnect_has(const vp_reconnect *link, GstObject *object);
// Replaces the source by a new one. When that cannot start, the reason comes on the bus.
nn_status vp_reconnect_reopen(vp_reconnect *link, nn_error *err);
// Whether the source may be started: FALSE for one that would only wait, with an error on the bus.
bool vp_reconnect_may_start(vp_reconnect *link);
// Number of buffers since the source was opened.
int64_t vp_reconnect_buffers(vp_reconnect *link);
// Microseconds since the last data, or since the source was opened.
gint64 vp_reconnect_silence(vp_reconnect *link);
// Microseconds since the last frame, or since the source was opened.
gint64 vp_reconnect_blindness(vp_reconnect *link);
// What is added to the times of the current source.
GstClockTime vp_reconnect_shift(vp_reconnect *link);
// From now on the end of the source ends the run.
void vp_reconnect_stop(vp_reconnect *link);

#endif
