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

#endif
