// SPDX-License-Identifier: MIT
// A lock that streaming threads can take only while the element is started.
#include "plugins/common/gate.h"

enum { LOOK_MS = 20 }; // how often a thread that waits for the start checks that its pad is active

void nero_gate_init(NeroGate *g)
{
    *g = (NeroGate){.state = NERO_GATE_SHUT};
    g_mutex_init(&g->lock);
    g_cond_init(&g->changed);
}

void nero_gate_clear(NeroGate *g)
{
    g_mutex_clear(&g->lock);
    g_cond_clear(&g->changed);
}

void nero_gate_open(NeroGate *g, gboolean ok)
{
    g_mutex_lock(&g->lock);
    g->state = ok ? NERO_GATE_OPEN : NERO_GATE_FAILED;
    g_cond_broadcast(&g->changed);
    g_mutex_unlock(&g->lock);
}

void nero_gate_shut(NeroGate *g)
{
    g_mutex_lock(&g->lock);
    g->state = NERO_GATE_SHUT;
    while (g->holder)
        g_cond_wait(&g->changed, &g->lock);
    g_mutex_unlock(&g->lock);
}

static gboolean is_active(GstPad *pad)
{
    GST_OBJECT_LOCK(pad);
    gboolean active = GST_PAD_IS_ACTIVE(pad) && !GST_PAD_IS_FLUSHING(pad);
    GST_OBJECT_UNLOCK(pad);
    return active;
}

// Called with the lock held.
static gboolean take(NeroGate *g)
{
    GThread *self = g_thread_self();
    while (g->state == NERO_GATE_OPEN && g->holder && g->holder != self)
        g_cond_wait(&g->changed, &g->lock);
    if (g->state != NERO_GATE_OPEN && g->holder != self)
        return FALSE;
    g->holder = self;
    g->depth++;
    return TRUE;
}

gboolean nero_gate_enter(NeroGate *g, GstPad *pad)
{
    g_mutex_lock(&g->lock);
    while (g->state == NERO_GATE_SHUT && g->holder != g_thread_self() && is_active(pad)) {
        const gint64 end = g_get_monotonic_time() + LOOK_MS * G_TIME_SPAN_MILLISECOND;
        g_cond_wait_until(&g->changed, &g->lock, end);
    }
    const gboolean in = take(g);
    g_mutex_unlock(&g->lock);
    return in;
}

gboolean nero_gate_try(NeroGate *g)
{
    g_mutex_lock(&g->lock);
    const gboolean in = take(g);
    g_mutex_unlock(&g->lock);
    return in;
}

void nero_gate_leave(NeroGate *g)
{
    g_mutex_lock(&g->lock);
    if (--g->depth == 0) {
        g->holder = NULL;
        g_cond_broadcast(&g->changed);
    }
    g_mutex_unlock(&g->lock);
}
