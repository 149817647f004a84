// SPDX-License-Identifier: MIT
// Keeps what an element works with from going away under a thread that uses it.
//
// A pad takes events and buffers from the moment its activation begins, before the element's
// start() has run, and a flush that races with the way down may let some in after stop(). So
// start() opens the gate as the last thing it does, stop() closes it as the first, and whatever
// touches the state between the two goes through it.
#ifndef PLUGINS_COMMON_GATE_H
#define PLUGINS_COMMON_GATE_H

#include <gst/gst.h>

typedef enum NeroGateState { NERO_GATE_SHUT, NERO_GATE_OPEN, NERO_GATE_FAILED } NeroGateState;

typedef struct NeroGate {
    GMutex lock; // guards what follows, for moments
    GCond changed;
    NeroGateState state;
    GThread *holder; // the thread inside, or NULL
    guint depth;     // how often it has entered
} NeroGate;

void nero_gate_init(NeroGate *g); // shut
void nero_gate_clear(NeroGate *g);

// The end of start(): `ok` is what that returns. When FALSE, threads that wait to enter give up.
void nero_gate_open(NeroGate *g, gboolean ok);
// The beginning of stop(): waits until nobody is inside; nobody enters from then on.
void nero_gate_shut(NeroGate *g);

// One thread at a time, which may enter again, e.g. from a handler of a message that it posts.
// While the element has not started, waits for that as long as `pad` is active; FALSE when it is
// not any more or the start has failed, and then there is nothing to leave.
gboolean nero_gate_enter(NeroGate *g, GstPad *pad);
// The same without waiting for a start.
gboolean nero_gate_try(NeroGate *g);
void nero_gate_leave(NeroGate *g);

#endif
