// SPDX-License-Identifier: MIT
// Private to pipeline/: the elements of a run, from the options.
#ifndef PIPELINE_BUILD_H
#define PIPELINE_BUILD_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

// Everything behind the source, which links to the element called "head"; the detector is called
// "infer", the view "view", the recording's file "file". Checks that files can be written. NULL
// with err; the caller unrefs it.
// `upright`: the input is never to be turned.
GstElement *vp_build(const vp_options *options, bool upright, nn_error *err);

#endif
