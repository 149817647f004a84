// SPDX-License-Identifier: MIT
// Private to pipeline/: telemetry that a stream carries beside its video (KLV in MPEG-TS).
#ifndef PIPELINE_TELEMETRY_H
#define PIPELINE_TELEMETRY_H

#include <gst/gst.h>
#include <stdbool.h>

// Whether a stream of these caps is telemetry.
bool vp_telemetry_is(const GstCaps *caps);

// Reads a pad of it. What it says goes to the frames that leave `head` within the next two seconds,
// as NeroTelemetryMeta (plugins/meta/telemetry.h). `head` outlives `pad`.
void vp_telemetry_take(GstPad *pad, GstElement *head);

#endif
