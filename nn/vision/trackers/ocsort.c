// SPDX-License-Identifier: MIT
// "ocsort": Cao et al., Observation-Centric SORT, CVPR 2023, sections 4.1 to 4.3: clear boxes only,
// the cost of the direction, a second round with the last boxes, and the re-update.
#include "nn/vision/tracker_kind.h"

#include <math.h>

static int list_rounds(const nn_track_options *o, int frames, nn_track_round rounds[NN_MOST_ROUNDS])
{
    (void)frames;
    rounds[0] = (nn_track_round){.from = o->high, .below = INFINITY, .least = o->iou_high};
    rounds[1] =
        (nn_track_round){.from = o->high, .below = INFINITY, .least = o->iou_high, .last = true};
    return 2;
}

static void options(nn_track_options *o)
{
    *o = (nn_track_options){.high = 0.6f,
                            .low = 0.6f,
                            .start = 0.6f,
                            .iou_high = 0.3f,
                            .lost = 30,
                            .direction = 0.2f,
                            .walk = true,
                            .rounds = list_rounds};
}

const nn_tracker_kind nn_tracker_ocsort = {.name = "ocsort",
                                           .about =
                                               "OC-SORT's matching and re-update, for comparison",
                                           .options = options};
