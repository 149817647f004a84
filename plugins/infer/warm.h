// SPDX-License-Identifier: MIT
// The first run of a model, on a blank frame.
#ifndef PLUGINS_INFER_WARM_H
#define PLUGINS_INFER_WARM_H

#include "plugins/infer/instance.h"

#include <gst/video/video.h>

// Runs the model once on a blank frame of this kind, as this member of its instance; NULL: nobody
// else runs it. Afterwards plans and memory for such frames exist, and a model that cannot run is
// known before the first frame.
nn_status nero_model_warm(NeroModel *m, NeroMember *member, const GstVideoInfo *info,
                          nn_error *err);

#endif
