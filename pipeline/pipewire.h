// SPDX-License-Identifier: MIT
// Private to pipeline/: video of PipeWire, which carries cameras and what other programs offer.
#ifndef PIPELINE_PIPEWIRE_H
#define PIPELINE_PIPEWIRE_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

#define VP_PIPEWIRE_PREFIX "pipewire:"

// Checks that the plug-in is installed; not whether the node is there.
nn_status vp_pipewire_check(const char *text, nn_error *err);
// The name behind the prefix; "": the node that the session manager prefers.
const char *vp_pipewire_name(const char *text);
// Whether the node is there: by node.name, description, object.serial or object.id. NN_ENOTFOUND
// with those that are. Takes some milliseconds, and asks the server each time.
nn_status vp_pipewire_find(const char *text, nn_error *err);
// A floating bin that gives raw frames of the node, without times. A node that is not there must
// not be started: the element would wait for it for half a minute.
GstElement *vp_pipewire_source(const char *text, nn_error *err);

#endif
