// SPDX-License-Identifier: MIT
// Private to pipeline/: hands events of zones and lines to the caller.
#ifndef PIPELINE_AREA_EVENTS_H
#define PIPELINE_AREA_EVENTS_H

#include "pipeline/state.h"

// Hands on an event of neroanalytics; false for other messages.
bool vp_area_events_handle(vp_pipeline *p, GstMessage *message);
// Hands on the totals of all zones and lines.
void vp_area_events_totals(vp_pipeline *p);

#endif
