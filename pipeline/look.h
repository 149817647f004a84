// SPDX-License-Identifier: MIT
// How a run draws what it finds, and what of the picture it hides.
#ifndef PIPELINE_LOOK_H
#define PIPELINE_LOOK_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

// Checks trails, color_by and anonymize of the options.
nn_status vp_look_check(const vp_options *o, nn_error *err);
// The text of the element that hides objects, to be put before everything that shows or writes the
// picture; "" when there is nothing to hide.
const char *vp_look_cover(const vp_options *o);
// Sets up all elements of a pipeline that draw.
void vp_look_apply(GstElement *pipeline, const vp_options *o);

#endif
