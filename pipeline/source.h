// SPDX-License-Identifier: MIT
// Private to pipeline/: the element that brings decoded video, whatever the input is.
#ifndef PIPELINE_SOURCE_H
#define PIPELINE_SOURCE_H

#include "pipeline/input.h"

#include <gst/gst.h>

// A floating source element or bin for `input`; NULL with err when an element of it is not
// installed.
GstElement *vp_source_new(const vp_input *input, nn_error *err);

// Adds `source` to `bin` (takes it over) and links its first video pad to `head` now or when it
// appears; further pads are left alone.
nn_status vp_source_attach(GstElement *source, GstBin *bin, GstElement *head, nn_error *err);

// Whether what a network sends is a picture, known when the first byte is: its end is no break.
bool vp_source_is_still(GstElement *source);

#endif
