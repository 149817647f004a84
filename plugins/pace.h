// SPDX-License-Identifier: MIT
// Whether there is time left to infer a frame, and what waiting for inference adds to the latency.
#ifndef PLUGINS_PACE_H
#define PLUGINS_PACE_H

#include <gst/gst.h>

// Not locked: the element guards it.
typedef struct NeroPace {
    GstClockTime latency;  // as last reported, 0 at first
    GstClockTime earliest; // running time up to which frames are late already (QoS), or NONE
    gdouble proportion;    // of the last QoS event
    GstClockTime inferred; // running time of the last inferred frame, or NONE
} NeroPace;

void nero_pace_init(NeroPace *p);
// A new timeline (flush, segment): forgets times, keeps the latency.
void nero_pace_restart(NeroPace *p);
// Takes note of what a sink says about lateness.
void nero_pace_hear_qos(NeroPace *p, GstEvent *qos);
// TRUE when a frame of this running time will come too late anyway; but never for longer than a
// second, so that a stream that is late for other reasons still gets boxes.
gboolean nero_pace_is_late(const NeroPace *p, GstClockTime running);
// Given the slowest of the last inferences, updates the latency; TRUE when it changed enough to be
// announced (by more than the headroom of 25 %).
gboolean nero_pace_measure(NeroPace *p, gdouble peak_ms);
// The QoS message for a frame whose inference is skipped.
GstMessage *nero_pace_message(const NeroPace *p, GstObject *src, GstBuffer *buffer,
                              const GstSegment *segment, guint64 inferred, guint64 skipped);

#endif
