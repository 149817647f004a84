// SPDX-License-Identifier: MIT
// The thread that takes whatever frames are waiting, so that a slow source gets each one at once,
// and a fast one keeps all cores busy.
#include "plugins/infer/flight.h"

void nero_flight_init(NeroFlight *f, nero_flight_run run, gpointer user)
{
    *f = (NeroFlight){.run = run, .user = user};
    g_mutex_init(&f->lock);
    g_cond_init(&f->changed);
}

void nero_flight_clear(NeroFlight *f)
{
    nero_flight_close(f);
    g_mutex_clear(&f->lock);
    g_cond_clear(&f->changed);
}

static void drop(NeroFlightFrame *frame)
{
    gst_video_frame_unmap(&frame->video);
    gst_clear_buffer(&frame->buffer);
}

// With the lock held.
static void drop_waiting(NeroFlight *f)
{
    while (f->count > 0)
        drop(&f->waiting[--f->count]);
}

// Takes all waiting frames. With the lock held.
static int take(NeroFlight *f, NeroFlightFrame *frames)
{
    const int count = f->count;
    for (int i = 0; i < count; i++)
        frames[i] = f->waiting[i];
    f->count = 0;
    f->busy = count > 0;
    g_cond_broadcast(&f->changed);
    return count;
}

static gpointer fly(gpointer data)
{
    NeroFlight *f = data;
    NeroFlightFrame frames[NERO_FLIGHT_FRAMES];
    g_mutex_lock(&f->lock);
    for (;;) {
        while (f->open && f->count == 0)
            g_cond_wait(&f->changed, &f->lock);
        if (!f->open)
            break;
        const int count = take(f, frames);
        g_mutex_unlock(&f->lock);
        const GstFlowReturn flow = f->run(f->user, frames, count);
        g_mutex_lock(&f->lock);
        f->busy = FALSE;
        f->flow = flow;
        if (flow != GST_FLOW_OK)
            drop_waiting(f);
        g_cond_broadcast(&f->changed);
    }
    g_mutex_unlock(&f->lock);
    return NULL;
}

void nero_flight_open(NeroFlight *f)
{
    g_mutex_lock(&f->lock);
    f->open = TRUE;
    f->flow = GST_FLOW_OK;
    g_mutex_unlock(&f->lock);
}

void nero_flight_close(NeroFlight *f)
{
    g_mutex_lock(&f->lock);
    GThread *thread = g_steal_pointer(&f->thread);
    f->open = FALSE;
    drop_waiting(f);
    g_cond_broadcast(&f->changed);
    g_mutex_unlock(&f->lock);
    if (thread)
        g_thread_join(thread);
}

GstFlowReturn nero_flight_add(NeroFlight *f, NeroFlightFrame *frame)
{
    g_mutex_lock(&f->lock);
    while (f->open && f->flow == GST_FLOW_OK && f->count >= frame->most)
        g_cond_wait(&f->changed, &f->lock);
    const GstFlowReturn flow = f->open ? f->flow : GST_FLOW_FLUSHING;
    if (flow == GST_FLOW_OK) {
        if (!f->thread)
            f->thread = g_thread_new("neroinfer-files", fly, f);
        f->waiting[f->count++] = *frame;
        g_cond_broadcast(&f->changed);
    } else {
        f->flow = GST_FLOW_OK; // it is told once, as by a pad
        drop(frame);
    }
    g_mutex_unlock(&f->lock);
    return flow;
}

GstFlowReturn nero_flight_land(NeroFlight *f)
{
    g_mutex_lock(&f->lock);
    while (f->open && (f->busy || f->count > 0))
        g_cond_wait(&f->changed, &f->lock);
    const GstFlowReturn flow = f->flow;
    g_mutex_unlock(&f->lock);
    return flow;
}

GstFlowReturn nero_flight_settle(NeroFlight *f)
{
    const GstFlowReturn flow = nero_flight_land(f);
    g_mutex_lock(&f->lock);
    f->flow = GST_FLOW_OK;
    g_mutex_unlock(&f->lock);
    return flow;
}
