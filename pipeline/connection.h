// SPDX-License-Identifier: MIT
// Private to pipeline/: when a broken source is opened again, and what is said about it.
#ifndef PIPELINE_CONNECTION_H
#define PIPELINE_CONNECTION_H

#include "pipeline/state.h"

// Whether to open the source again after an error of `from`: it is endless and has worked before.
bool vp_connection_may_return(vp_pipeline *p, GstObject *from);

// The source is lost, or an attempt to open it failed: says so and plans the next attempt.
void vp_connection_lost(vp_pipeline *p, const char *why);

// To be called a few times a second: opens the source when it is time, notices a silent one.
nn_status vp_connection_watch(vp_pipeline *p, nn_error *err);

// The event that the view gets when the source is lost, when an attempt fails, and when it is back:
// custom, downstream, out of band, with this structure. Fields: "lost" (boolean), "since" (int64,
// monotonic microseconds of the last frame), "retry-at" (int64, likewise, of the next attempt; 0:
// there is one now), "reason" (string, one line).
#define VP_CONNECTION_EVENT "neroscale-source"

#endif
