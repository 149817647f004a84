// SPDX-License-Identifier: MIT
// Whether there is time left to infer a frame, and what waiting for inference adds to the latency.
#ifndef PLUGINS_PACE_H
#define PLUGINS_PACE_H

#include <gst/gst.h>

// Not locked: the element guards it.
typedef struct NeroPace {
    GstClockTime latency;  // as last reported, 0 at first
    GstClockTime upstream; // what those before say that they need
    GstClockTime takes;    // an inference, by the slowest of the last few
    GstClockTime earliest; // running time up to which frames are late already (QoS), or NONE
    gdouble proportion;    // of the last QoS event
    GstClockTime inferred; // running time of the last inferred frame, or NONE
} NeroPace;

void nero_pace_init(NeroPace *p);
// A new timeline (flush, segment): forgets times, keeps the latency.
void nero_pace_restart(NeroPace *p);
// Takes note of what a sink says about lateness.
void nero_pace_hear_qos(NeroPace *p, GstEvent *qos);
// What becomes of a live frame.
typedef enum NeroPaceChoice {
    NERO_PACE_WAIT,   // it waits for its boxes, and leaves within the latency that is reported
    NERO_PACE_BESIDE, // it would not: it goes on, while a worker looks at a copy
    NERO_PACE_SKIP,   // a sink says that it comes too late anyway: time for nothing else
} NeroPaceChoice;

// For a frame of this running time at `now` (running time; NONE when unknown). Nothing is skipped
// for longer than a second, so that a stream that is late for other reasons still gets boxes.
NeroPaceChoice nero_pace_choose(const NeroPace *p, GstClockTime running, GstClockTime now);
// Given the slowest of the last inferences, updates the latency; TRUE when it changed enough to be
// announced (by more than the headroom of 25 %).
gboolean nero_pace_measure(NeroPace *p, gdouble peak_ms);
// The QoS message for a frame whose inference is skipped.
GstMessage *nero_pace_message(const NeroPace *p, GstObject *src, GstBuffer *buffer,
                              const GstSegment *segment, guint64 inferred, guint64 skipped);

#endif
