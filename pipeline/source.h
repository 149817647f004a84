// SPDX-License-Identifier: MIT
// Private to pipeline/: the element that delivers decoded video of any input.
#ifndef PIPELINE_SOURCE_H
#define PIPELINE_SOURCE_H

#include "pipeline/input.h"

#include <gst/gst.h>

// A floating source element or bin for `input`; NULL with `err` when an element is not installed.
// `decoders`: how many sources decode at the same time; together they use as many threads as there
// are cores. 1: as the decoder likes.
GstElement *vp_source_new(const vp_input *input, int decoders, nn_error *err);

// Adds `source` to `bin`, which owns it, and links its first video pad to `head`, now or when it
// appears. Further pads are ignored.
nn_status vp_source_attach(GstElement *source, GstBin *bin, GstElement *head, nn_error *err);

// Whether a network source is a picture, known from its first byte on: its end is no broken
// connection.
bool vp_source_is_still(GstElement *source);

#endif
