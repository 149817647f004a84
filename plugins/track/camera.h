// SPDX-License-Identifier: MIT
// The movement of a stream's camera, from frame to frame.
#ifndef PLUGINS_TRACK_CAMERA_H
#define PLUGINS_TRACK_CAMERA_H

#include "nn/vision/camera_motion.h"

#include <gst/video/video.h>

typedef struct NeroCamera NeroCamera;

NeroCamera *nero_camera_new(void);      // NULL when memory is short
void nero_camera_free(NeroCamera *c);   // NULL is a no-op
void nero_camera_forget(NeroCamera *c); // the next frame does not follow the last one
// Looks at a frame, and returns the movement since the last one. `objects` (nn_box) were on that.
nn_motion nero_camera_look(NeroCamera *c, GstBuffer *frame, const GstVideoInfo *info,
                           const GArray *objects);
// Moves boxes (nn_box) of the earlier frame with this PTS to where they are on the last one.
void nero_camera_bring(const NeroCamera *c, GstClockTime pts, GArray *boxes);

#endif
