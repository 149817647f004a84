// SPDX-License-Identifier: MIT
// Protects the state of an element from threads that use it before start() or after stop(). A pad
// takes events and buffers as soon as its activation begins, before start() has run, and a flush
// that races with the shutdown may let some in after stop(). start() therefore opens the gate as
// its last step, stop() closes it as its first, and whatever touches the state goes through the
// gate.
#ifndef PLUGINS_COMMON_GATE_H
#define PLUGINS_COMMON_GATE_H

#include <gst/gst.h>

typedef enum NeroGateState { NERO_GATE_SHUT, NERO_GATE_OPEN, NERO_GATE_FAILED } NeroGateState;

typedef struct NeroGate {
    GMutex lock; // guards what follows; held for moments only
    GCond changed;
    NeroGateState state;
    GThread *holder; // the thread inside, or NULL
    guint depth;     // how many times the thread has entered
} NeroGate;

void nero_gate_init(NeroGate *g); // closed at first
void nero_gate_clear(NeroGate *g);

// To be called at the end of start() with its result. When FALSE, waiting threads give up.
void nero_gate_open(NeroGate *g, gboolean ok);
// To be called at the beginning of stop(). Waits until no thread is inside; none can enter
// afterwards.
void nero_gate_shut(NeroGate *g);

// Enters the gate, one thread at a time. The same thread may enter again, e.g. from the handler of
// a message that it posts. While the element is not started, the call waits as long as `pad` is
// active. FALSE when the pad is inactive or the start failed; then there is nothing to leave.
gboolean nero_gate_enter(NeroGate *g, GstPad *pad);
// The same without waiting for the start.
gboolean nero_gate_try(NeroGate *g);
void nero_gate_leave(NeroGate *g);

#endif
