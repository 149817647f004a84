// SPDX-License-Identifier: MIT
// "bytetrack": Zhang et al., ByteTrack, ECCV 2022.
#include "nn/vision/tracker_kind.h"

static void options(nn_track_options *o)
{
    *o = nn_track_defaults;
}

const nn_tracker_kind nn_tracker_bytetrack = {
    .name = "bytetrack", .about = "ByteTrack as published, for comparison", .options = options};
