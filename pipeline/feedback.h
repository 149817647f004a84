// SPDX-License-Identifier: MIT
// Private to pipeline/: what the user says in the window reaches the caller with its picture.
#ifndef PIPELINE_FEEDBACK_H
#define PIPELINE_FEEDBACK_H

#include "pipeline/state.h"

// From now on the window's feedback comes as messages on the pipeline's bus.
void vp_feedback_connect(vp_pipeline *p);
// Gives such a message to the caller; others are left alone.
void vp_feedback_handle(vp_pipeline *p, GstMessage *message);

#endif
