// SPDX-License-Identifier: MIT
// Private to pipeline/: a V4L2 camera, the format that is asked of it, and where it is after it was
// plugged in again.
#ifndef PIPELINE_CAMERA_H
#define PIPELINE_CAMERA_H

#include "nn/base/status.h"

#include <gst/gst.h>

typedef struct vp_camera vp_camera;

// `path`: /dev/videoN, or a link to it as in /dev/v4l/by-id.
vp_camera *vp_camera_new(const char *path);
void vp_camera_free(vp_camera *c); // NULL is a no-op

// The size to ask for; 0: one near 1280x720.
void vp_camera_set_size(vp_camera *c, int width, int height);

// The node where the camera is: `path`, or another one when it came back under another number,
// recognised by the name and the port that it had when it was opened first (g_free).
char *vp_camera_find(const vp_camera *c);

// A floating bin whose pad of raw video appears later; NULL with `err` when an element is not
// installed.
GstElement *vp_camera_source(vp_camera *c, nn_error *err);

// One line when the camera does not have the size that was asked for, once; else NULL (g_free).
char *vp_camera_news(vp_camera *c);

// Of what a camera offers: one format, size and rate. The size nearest to the wanted one counts,
// then a rate of 24 to 30 a second, then raw video before JPEG before other formats. NULL when
// nothing can be used (gst_caps_unref).
GstCaps *vp_camera_choose(const GstCaps *offers, int width, int height);

#endif
