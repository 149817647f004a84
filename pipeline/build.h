// SPDX-License-Identifier: MIT
// Private to pipeline/: the elements of a run, from the options.
#ifndef PIPELINE_BUILD_H
#define PIPELINE_BUILD_H

#include "pipeline/input.h"
#include "pipeline/pipeline.h"

#include <gst/gst.h>

// Builds everything behind the source. The source links to the element called "head"; the detector
// is called "infer", the view "view", the recording's file "file". Checks that files can be
// written. NULL with `err` on failure; the caller unrefs it.
GstElement *vp_build(const vp_options *options, const vp_input *input, nn_error *err);

// For a source that does not wait: the oldest frames are dropped before a slow part, at "head" and
// before the view ("shown").
void vp_build_keep_newest(GstElement *pipeline);

#endif
