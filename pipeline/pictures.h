// SPDX-License-Identifier: MIT
// Private to pipeline/: pictures, read by nn/io/image, as a source of frames.
#ifndef PIPELINE_PICTURES_H
#define PIPELINE_PICTURES_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// A floating source that gives the pictures of these files as RGB frames, each announced by a tag
// GST_TAG_LOCATION with its name, and then ends. A picture without a time of its own is shown for
// `seconds`. Files that cannot be read are left out with a warning; with none left it fails.
GstElement *vp_pictures_new(char *const *names, double seconds, nn_error *err);

// A picture that comes through a pad (at its size in the file, any kind): collects it, and once it
// is whole gives its frames to `head`. Adds elements to the bin.
void vp_pictures_fetch(GstBin *bin, GstPad *pad, GstElement *head);

#endif
