// SPDX-License-Identifier: MIT
// Messages about the feedback of the user of the window, for other programs.
#ifndef PLUGINS_SINK_SINK_FEEDBACK_H
#define PLUGINS_SINK_SINK_FEEDBACK_H

#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_pick.h"

// "feedback" with verdict (string: "wrong", "missed", "withdrawn"), id (uint; that of the verdict
// which is withdrawn), label (string), label-id (int), score, x0, y0, x1, y1 (doubles, pixels of
// the frame), model (string), timestamp (uint64, of the frame). Owned by the caller.
GstStructure *nero_feedback_structure(const NeroFeedback *f, const NeroLabels *labels,
                                      GstClockTime pts);

#endif
