// SPDX-License-Identifier: MIT
// From detections to labels: decides which boxes are labels, ignored or dropped. For videos it uses
// the frames before and after.
#ifndef APP_LABEL_LINK_H
#define APP_LABEL_LINK_H

#include "app/label/detections.h"
#include "app/label/label_set.h"

// keep 0.5, ignore 0.25, lost 30 frames, min_track 3 pictures.
extern const label_link_options label_link_defaults;

nn_status label_link(label_set *set, const label_detections *finds, const label_link_options *o,
                     nn_error *err);
void label_set_release(label_set *set);

#endif
