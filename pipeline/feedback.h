// SPDX-License-Identifier: MIT
// Private to pipeline/: passes feedback of the window with its picture to the caller.
#ifndef PIPELINE_FEEDBACK_H
#define PIPELINE_FEEDBACK_H

#include "pipeline/state.h"

// Makes the window's feedback arrive as messages on the bus of the pipeline.
void vp_feedback_connect(vp_pipeline *p);
// Passes such a message to the caller; ignores others.
void vp_feedback_handle(vp_pipeline *p, GstMessage *message);

#endif
