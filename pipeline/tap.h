// SPDX-License-Identifier: MIT
// Private to pipeline/: a picture of the stream now and then, handed over by a thread of its own.
#ifndef PIPELINE_TAP_H
#define PIPELINE_TAP_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

typedef struct vp_tap vp_tap;

// Every `period_ms` at most, on a thread of low priority, while pictures are offered.
vp_tap *vp_tap_new(int period_ms, void (*on_picture)(void *user, const vp_still *still),
                   void *user);
// On a streaming thread, which is not held up: the pixels are copied when one is due and the thread
// is free, else nothing happens.
void vp_tap_offer(vp_tap *t, GstPad *pad, GstBuffer *buffer);
void vp_tap_free(vp_tap *t); // waits for the callback; NULL is a no-op

#endif
