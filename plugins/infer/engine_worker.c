// SPDX-License-Identifier: MIT
// Runs the detector on copies of frames in a thread of its own.
#include "plugins/infer/engine_internal.h"

static void do_job(NeroEngine *e)
{
    GstVideoFrame frame;
    nn_error error = {.status = NN_OK};
    double ms = 0;
    nn_status status;
    if (gst_video_frame_map(&frame, &e->copy.info, e->copy.pixels, GST_MAP_READ)) {
        status = nero_engine_detect(e, &frame, &e->job_area, e->job_pts, e->job_size, &e->found,
                                    &ms, &error);
        gst_video_frame_unmap(&frame);
    } else {
        status = nn_fail(&error, NN_ENOMEM, "cannot map the copy of a frame");
    }
    g_mutex_lock(&e->lock);
    if (status == NN_OK) {
        nero_engine_count(e, &e->found, e->job_size, 1, ms);
        if (e->job_generation == e->generation)
            status = nero_engine_remember(e, &e->found, e->job_arrival, &error);
    }
    if (status != NN_OK)
        e->error = error;
    e->busy = FALSE;
    g_cond_broadcast(&e->changed);
    g_mutex_unlock(&e->lock);
}

static gpointer work(gpointer data)
{
    NeroEngine *e = data;
    g_mutex_lock(&e->lock);
    for (;;) {
        while (!e->busy && !e->quit)
            g_cond_wait(&e->changed, &e->lock);
        if (!e->busy)
            break;
        g_mutex_unlock(&e->lock);
        do_job(e);
        g_mutex_lock(&e->lock);
    }
    g_mutex_unlock(&e->lock);
    return NULL;
}

gboolean nero_engine_submit(NeroEngine *e, const GstVideoFrame *frame,
                            const GstVideoRectangle *area, GstClockTime pts)
{
    g_mutex_lock(&e->lock);
    gboolean idle = !e->busy && e->error.status == NN_OK;
    g_mutex_unlock(&e->lock);
    // Only this thread gives work to the worker, so an idle one stays idle during the copy.
    if (!idle || !nero_frame_copy(&e->copy, frame))
        return FALSE;
    if (!e->worker)
        e->worker = g_thread_new("neroinfer", work, e);
    g_mutex_lock(&e->lock);
    e->job_area = *area;
    e->job_size = e->size;
    e->job_pts = pts;
    e->job_arrival = g_get_monotonic_time();
    e->job_generation = e->generation;
    e->busy = TRUE;
    g_cond_broadcast(&e->changed);
    g_mutex_unlock(&e->lock);
    return TRUE;
}

gboolean nero_engine_is_busy(NeroEngine *e)
{
    g_mutex_lock(&e->lock);
    const gboolean busy = e->busy;
    g_mutex_unlock(&e->lock);
    return busy;
}
