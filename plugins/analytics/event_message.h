// SPDX-License-Identifier: MIT
// Events of zones and lines as messages for the bus.
#ifndef PLUGINS_ANALYTICS_EVENT_MESSAGE_H
#define PLUGINS_ANALYTICS_EVENT_MESSAGE_H

#include "nn/vision/analytics/report.h"

#include <gst/gst.h>

// The structure "analytics-event" of a message, without times. "type", "zone" or "line", "in",
// "out", and where they apply "occupancy", "id", "label", "direction", "lost", "dwell-ms", "speed".
GstStructure *nero_event_structure(const nn_report *r, const nn_event *e);

#endif
