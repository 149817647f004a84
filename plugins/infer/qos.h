// SPDX-License-Identifier: MIT
// Whether there is time left to infer a frame, and what waiting for inference adds to the latency.
#ifndef PLUGINS_INFER_QOS_H
#define PLUGINS_INFER_QOS_H

#include <gst/gst.h>

// Not locked: the element guards it.
typedef struct NeroQos {
    GstClockTime latency;  // as last reported, 0 at first
    GstClockTime upstream; // what those before say that they need
    GstClockTime takes;    // an inference, by the slowest of the last few
    GstClockTime earliest; // running time up to which frames are late already (QoS), or NONE
    gdouble proportion;    // of the last QoS event
    GstClockTime inferred; // running time of the last inferred frame, or NONE
} NeroQos;

void nero_qos_init(NeroQos *p);
// A new timeline (flush, segment): forgets times, keeps the latency.
void nero_qos_restart(NeroQos *p);
// Takes note of what a sink says about lateness.
void nero_qos_event(NeroQos *p, GstEvent *qos);
// What becomes of a live frame.
typedef enum NeroQosChoice {
    NERO_QOS_WAIT,   // it waits for its boxes, and leaves within the latency that is reported
    NERO_QOS_BESIDE, // it would not: it goes on, while a worker looks at a copy
    NERO_QOS_SKIP,   // a sink says that it comes too late anyway: time for nothing else
} NeroQosChoice;

// For a frame of this running time at `now` (running time; NONE when unknown). Nothing is skipped
// for longer than a second, so that a stream that is late for other reasons still gets boxes.
NeroQosChoice nero_qos_choose(const NeroQos *p, GstClockTime running, GstClockTime now);
// Given the slowest of the last inferences, updates the latency; TRUE when it changed enough to be
// announced (by more than the headroom of 25 %).
gboolean nero_qos_measure(NeroQos *p, gdouble peak_ms);
// The QoS message for a frame whose inference is skipped.
GstMessage *nero_qos_message(const NeroQos *p, GstObject *src, GstBuffer *buffer,
                             const GstSegment *segment, guint64 inferred, guint64 skipped);

#endif
