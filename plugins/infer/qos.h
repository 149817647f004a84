// SPDX-License-Identifier: MIT
// Quality of service: whether there is time to infer a frame, and the latency of inference.
#ifndef PLUGINS_INFER_QOS_H
#define PLUGINS_INFER_QOS_H

#include <gst/gst.h>

// Without a lock: the element guards it.
typedef struct NeroQos {
    GstClockTime latency;  // as last reported; 0 at first
    GstClockTime upstream; // latency of the elements before
    GstClockTime takes;    // time of an inference: the slowest of the last ones
    GstClockTime earliest; // running time up to which frames are late (QoS), or NONE
    gdouble proportion;    // of the last QoS event
    GstClockTime inferred; // running time of the last inferred frame, or NONE
} NeroQos;

void nero_qos_init(NeroQos *p);
// Forgets times but keeps the latency, for a new timeline (flush, segment).
void nero_qos_restart(NeroQos *p);
// Records a QoS event of a sink.
void nero_qos_event(NeroQos *p, GstEvent *qos);
// The decision about a live frame.
typedef enum NeroQosChoice {
    NERO_QOS_WAIT,   // infer it now: it leaves within the reported latency
    NERO_QOS_BESIDE, // pass it on and give a copy to the worker: it would leave too late
    NERO_QOS_SKIP,   // skip its inference: a sink reports that frames are too late
} NeroQosChoice;

// Decides about a frame with running time `running` at running time `now` (NONE when unknown).
// Inference is not skipped for longer than a second, so that a stream that is late for other
// reasons still gets boxes.
NeroQosChoice nero_qos_choose(const NeroQos *p, GstClockTime running, GstClockTime now);
// Updates the latency from the slowest of the last inferences. TRUE when it changed by more than
// its headroom of 25 % and must be announced.
gboolean nero_qos_measure(NeroQos *p, gdouble peak_ms);
// The QoS message for a frame whose inference was skipped.
GstMessage *nero_qos_message(const NeroQos *p, GstObject *src, GstBuffer *buffer,
                             const GstSegment *segment, guint64 inferred, guint64 skipped);

#endif
