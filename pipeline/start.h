// SPDX-License-Identifier: MIT
// Starts GStreamer once for the process and registers the elements of NeroScale.
#ifndef PIPELINE_START_H
#define PIPELINE_START_H

#include "nn/base/status.h"

// May be called any number of times from any thread.
nn_status vp_start(nn_error *err);

// The same, and finds the plug-ins of NeroScale: beside the program in a build tree, else where
// GStreamer searches, else in the installation folder. NN_ENOTFOUND lists the places.
nn_status vp_start_plugins(nn_error *err);

// After it, loads those plug-ins whose elements a launch line names: a run without a window does
// not load SDL, nor one that publishes nothing the clients of brokers.
void vp_start_elements(const char *launch_line);

#endif
