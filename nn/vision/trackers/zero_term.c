// SPDX-License-Identifier: MIT
// "zero-term": boxes, movement and colours of the picture.
#include "nn/vision/tracker_kind.h"

static void options(nn_track_options *o)
{
    *o = nn_track_video;
}

const nn_tracker_kind nn_tracker_zero_term = {
    .name = "zero-term", .about = "Boxes, movement and colours of the picture", .options = options};
