// SPDX-License-Identifier: MIT
// Objects of GStreamer that are alive. The test sets GST_TRACERS=leaks before gst_init().
#ifndef TESTS_PLUGINS_LIVE_OBJECTS_H
#define TESTS_PLUGINS_LIVE_OBJECTS_H

#include <gst/gst.h>

// How many there are now; `print` names their types.
int live_count(gboolean print);
// Threads that a pipeline leaves behind let go of their last objects a little after its end, and
// the tracer must not look at an object that is just dying: waits, and looks again while there are
// more than `enough`.
int live_settled(int enough);

#endif
