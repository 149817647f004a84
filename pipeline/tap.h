// SPDX-License-Identifier: MIT
// Private to pipeline/: delivers a picture of the stream from time to time, on a thread of its own.
#ifndef PIPELINE_TAP_H
#define PIPELINE_TAP_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

typedef struct vp_tap vp_tap;

// Delivers a picture at most every `period_ms` milliseconds, on a thread of low priority, while
// pictures are offered.
vp_tap *vp_tap_new(int period_ms, void (*on_picture)(void *user, const vp_still *still),
                   void *user);
// Offers a frame on a streaming thread, without blocking it: the pixels are copied when a picture
// is due and the thread is free.
void vp_tap_offer(vp_tap *t, GstPad *pad, GstBuffer *buffer);
void vp_tap_free(vp_tap *t); // waits for the callback; NULL is a no-op

#endif
