// SPDX-License-Identifier: MIT
// Starts GStreamer once for the process and makes our own elements known.
#ifndef PIPELINE_START_H
#define PIPELINE_START_H

#include "nn/base/status.h"

// Safe to call often and from any thread.
nn_status vp_start(nn_error *err);

// As above, and finds the plugin with our elements: beside the program in a build tree, else where
// GStreamer looks, else in the directory it is installed to. NN_ENOTFOUND says where it was looked
// for.
nn_status vp_start_plugins(nn_error *err);

#endif
