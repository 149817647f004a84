// SPDX-License-Identifier: MIT
// Private to pipeline/: the encoded frames of a run. Those of the source before they are decoded,
// or where it has none, as of raw cameras, those of an encoder.
#ifndef PIPELINE_EVENT_TAP_H
#define PIPELINE_EVENT_TAP_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

typedef struct vp_event_tap vp_event_tap;

// Gets a frame, which it owns, with its caps (borrowed) and running time; on streaming threads.
// `placed`: the time is that of frames behind `head`; else that of the source, which begins again
// when the source does.
typedef void (*vp_event_frame)(void *user, GstBuffer *frame, GstCaps *caps, GstClockTime time,
                               bool placed);

// Watches the decoders of `pipeline` and the raw frames that leave the element `head`. `live`: raw
// frames that the encoder cannot take in time are dropped.
nn_status vp_event_tap_new(vp_event_tap **out, GstElement *pipeline, GstElement *head, bool live,
                           vp_event_frame on_frame, void *user, nn_error *err);
// Hands over what is in the encoder; the streams have ended.
void vp_event_tap_finish(vp_event_tap *t);
void vp_event_tap_free(vp_event_tap *t); // after the pipeline went to NULL; NULL is a no-op

#endif
