// SPDX-License-Identifier: MIT
// Private to pipeline/: the last seconds of an encoded video, to begin a clip before its event.
#ifndef PIPELINE_RING_H
#define PIPELINE_RING_H

#include <gst/gst.h>

typedef struct vp_encoded {
    GstBuffer *buffer; // owned reference
    GstClockTime time; // when it is shown; running time
    gboolean key;      // decoding can begin here
    guint64 number;    // in the order of arrival, from 1; never used twice
} vp_encoded;

typedef struct vp_ring vp_ring; // one thread at a time

// Keeps at least the last `span` of the video, from a key frame on, but at most `bytes`.
vp_ring *vp_ring_new(GstClockTime span, gsize bytes);
void vp_ring_push(vp_ring *r, GstBuffer *buffer, GstClockTime time); // takes the buffer
void vp_ring_clear(vp_ring *r);
void vp_ring_free(vp_ring *r); // NULL is a no-op
gsize vp_ring_bytes(const vp_ring *r);

// The last key frame at or before `time`, else the first one: where a clip of `time` begins. The
// links from there on are in order. NULL when there is no frame.
const GList *vp_ring_find(const vp_ring *r, GstClockTime time);

#endif
