// SPDX-License-Identifier: MIT
// Copies a frame when one is due, and converts it on a thread of low priority.
#include "pipeline/tap.h"

#include "pipeline/picture.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { NICE = 10 };

struct vp_tap {
    gint64 period, due; // microseconds; `due`: streaming thread only
    void (*on_picture)(void *user, const vp_still *still);
    void *user;
    GThread *thread;
    GMutex lock; // guards what follows
    GCond changed;
    bool quit, busy;
    GstBuffer *buffer; // a copy, waiting to be converted
    GstCaps *caps;
};

static void step_back(void)
{
#ifdef __linux__
    const id_t self = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, self, MIN(getpriority(PRIO_PROCESS, self) + NICE, 19));
#endif
}

static void hand_over(vp_tap *t, GstBuffer *buffer, const GstCaps *caps)
{
    vp_picture picture;
    if (vp_picture_read(&picture, buffer, caps, NULL) != NN_OK)
        return; // the next frame will do
    t->on_picture(t->user, &picture.still);
    vp_picture_release(&picture);
}

static gpointer work(gpointer data)
{
    vp_tap *t = data;
    step_back();
    g_mutex_lock(&t->lock);
    while (!t->quit) {
        if (!t->buffer) {
            g_cond_wait(&t->changed, &t->lock);
            continue;
        }
        GstBuffer *buffer = g_steal_pointer(&t->buffer);
        GstCaps *caps = g_steal_pointer(&t->caps);
        t->busy = true;
        g_mutex_unlock(&t->lock);
        hand_over(t, buffer, caps);
        gst_buffer_unref(buffer);
        gst_caps_unref(caps);
        g_mutex_lock(&t->lock);
        t->busy = false;
    }
    g_mutex_unlock(&t->lock);
    return NULL;
}

vp_tap *vp_tap_new(int period_ms, void (*on_picture)(void *user, const vp_still *still), void *user)
{
    vp_tap *t = g_new0(vp_tap, 1);
    t->period = (gint64)period_ms * 1000;
    t->on_picture = on_picture;
    t->user = user;
    g_mutex_init(&t->lock);
    g_cond_init(&t->changed);
    t->thread = g_thread_new("tap", work, t);
    return t;
}

void vp_tap_offer(vp_tap *t, GstPad *pad, GstBuffer *buffer)
{
    const gint64 now = g_get_monotonic_time();
    if (now < t->due || !g_mutex_trylock(&t->lock))
        return;
    if (!t->busy && !t->buffer) {
        t->due = now + t->period;
        t->caps = gst_pad_get_current_caps(pad);
        t->buffer = t->caps ? gst_buffer_copy_deep(buffer) : NULL;
        if (!t->buffer)
            gst_clear_caps(&t->caps);
        g_cond_signal(&t->changed);
    }
    g_mutex_unlock(&t->lock);
}

void vp_tap_free(vp_tap *t)
{
    if (!t)
        return;
    g_mutex_lock(&t->lock);
    t->quit = true;
    g_cond_signal(&t->changed);
    g_mutex_unlock(&t->lock);
    g_thread_join(t->thread);
    gst_clear_buffer(&t->buffer);
    gst_clear_caps(&t->caps);
    g_mutex_clear(&t->lock);
    g_cond_clear(&t->changed);
    g_free(t);
}
