// SPDX-License-Identifier: MIT
// "zero-term-imageless": boxes and movement, for pictures that are dear to read.
#include "nn/vision/tracker_kind.h"

static void options(nn_track_options *o)
{
    *o = nn_track_video;
    o->appearance = 0;
}

const nn_tracker_kind nn_tracker_zero_term_imageless = {
    .name = "zero-term-imageless", .about = "Boxes and movement alone", .options = options};
