// SPDX-License-Identifier: MIT
// Private to pipeline/: a source of frames from pictures, which nn/io/image reads.
#ifndef PIPELINE_PICTURES_H
#define PIPELINE_PICTURES_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// A floating source that delivers the pictures of these files as RGB frames and then ends. A tag
// GST_TAG_LOCATION with the file name precedes each frame. A still picture is shown for `seconds`.
// Files that cannot be read are skipped with a warning; it fails when none is left.
GstElement *vp_pictures_new(char *const *names, double seconds, nn_error *err);

// Collects a picture of any kind that comes through a pad, as stored in the file, and delivers its
// frames to `head` when it is complete. Adds elements to the bin.
void vp_pictures_fetch(GstBin *bin, GstPad *pad, GstElement *head);

#endif
