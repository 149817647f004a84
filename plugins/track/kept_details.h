// SPDX-License-Identifier: MIT
// Masks, keypoints and rotated boxes of tracked objects, for frames that were not measured.
#ifndef PLUGINS_TRACK_KEPT_DETAILS_H
#define PLUGINS_TRACK_KEPT_DETAILS_H

#include "plugins/meta/nerometa.h"

typedef struct NeroKeptDetails NeroKeptDetails;

NeroKeptDetails *nero_kept_details_new(void);
void nero_kept_details_free(NeroKeptDetails *k); // NULL is a no-op
void nero_kept_details_forget(NeroKeptDetails *k);
// Keeps the details of a measurement in the place of the last ones. `tracked` (nn_box) are its
// boxes after the tracker has seen them: with the same numbers of details.
void nero_kept_details_take(NeroKeptDetails *k, const nn_result *r, const nn_result *faint,
                            const GArray *tracked);
// Gives the boxes (nn_box) of another frame, by their tracks, the details that were kept: moved and
// scaled as the box has changed since. Others get none. Valid until the next call.
const nn_details *nero_kept_details_place(NeroKeptDetails *k, GArray *boxes);

#endif
