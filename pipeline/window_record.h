// SPDX-License-Identifier: MIT
// Private to pipeline/: records what a window shows from when the user asks for it.
#ifndef PIPELINE_WINDOW_RECORD_H
#define PIPELINE_WINDOW_RECORD_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

typedef struct vp_window_record vp_window_record;

// Records the frames that reach `view`, with what was found in them, in a new file in the user's
// folder of videos, else in the present one. Frames are left out when the encoder is too slow.
// NN_EIO, NN_EUNSUPPORTED. The caller keeps `view` alive.
nn_status vp_window_record_start(vp_window_record **out, GstElement *view, nn_error *err);
const char *vp_window_record_path(const vp_window_record *r);
// Whether it has ended early, such as on a full disk, and why. To be called a few times a second;
// false for NULL.
bool vp_window_record_ended(vp_window_record *r, nn_error *why);
// Completes the file and frees *r, which becomes NULL; a no-op for NULL. It may take a few seconds.
nn_status vp_window_record_end(vp_window_record **r, nn_error *err);

#endif
