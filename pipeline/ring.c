// SPDX-License-Identifier: MIT
// The last seconds of an encoded video. It goes away by whole groups of pictures, so that the rest
// can be decoded.
#include "pipeline/ring.h"

enum { LEAST = 64 }; // frames that stay whatever their time: of slow cameras

struct vp_ring {
    GQueue frames; // of vp_encoded; the first is a key frame
    GstClockTime span;
    gsize bytes, most;
    guint64 count; // that came
};

vp_ring *vp_ring_new(GstClockTime span, gsize bytes)
{
    vp_ring *r = g_new0(vp_ring, 1);
    g_queue_init(&r->frames);
    r->span = span;
    r->most = bytes;
    return r;
}

static void pop(vp_ring *r)
{
    vp_encoded *e = g_queue_pop_head(&r->frames);
    r->bytes -= gst_buffer_get_size(e->buffer);
    gst_buffer_unref(e->buffer);
    g_free(e);
}

static const vp_encoded *at(const GList *link)
{
    return link->data;
}

// The second key frame; NULL when there is none.
static const GList *second_key(const vp_ring *r)
{
    const GList *link = r->frames.head ? r->frames.head->next : NULL;
    while (link && !at(link)->key)
        link = link->next;
    return link;
}

static void pop_group(vp_ring *r)
{
    do
        pop(r);
    while (r->frames.head && !at(r->frames.head)->key);
}

void vp_ring_push(vp_ring *r, GstBuffer *buffer, GstClockTime time)
{
    const gboolean key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (!key && !r->frames.head) {
        gst_buffer_unref(buffer); // nothing can be decoded yet
        return;
    }
    vp_encoded *e = g_new(vp_encoded, 1);
    *e = (vp_encoded){buffer, time, key, ++r->count};
    g_queue_push_tail(&r->frames, e);
    r->bytes += gst_buffer_get_size(buffer);
    for (const GList *next;
         r->frames.length > LEAST && (next = second_key(r)) && at(next)->time + r->span <= time;)
        pop_group(r);
    while (r->bytes > r->most && r->frames.head)
        pop_group(r); // all of it when a single group is too large
}

void vp_ring_clear(vp_ring *r)
{
    while (r->frames.head)
        pop(r);
}

void vp_ring_free(vp_ring *r)
{
    if (r)
        vp_ring_clear(r);
    g_free(r);
}

gsize vp_ring_bytes(const vp_ring *r)
{
    return r->bytes;
}

const GList *vp_ring_find(const vp_ring *r, GstClockTime time)
{
    const GList *found = r->frames.head;
    for (const GList *link = found; link; link = link->next)
        if (at(link)->key && at(link)->time <= time)
            found = link;
    return found;
}
