// SPDX-License-Identifier: MIT
// Objects that no page shows well, but all pages together: found again and again with scores that
// are too low, where something moves that no label explains.
#ifndef APP_LABEL_FAINT_H
#define APP_LABEL_FAINT_H

#include "app/label/link.h"

// Adds them to labels that are linked already, in place of boxes to be ignored; their tracks are
// numbered after `last`.
nn_status label_find_faint(label_set *set, const label_detections *f, const label_link_options *o,
                           int last, nn_error *err);

#endif
