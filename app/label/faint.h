// SPDX-License-Identifier: MIT
// Finds objects that are weak on every page but clear over all pages: found again and again with
// low scores, where something moves that no label explains.
#ifndef APP_LABEL_FAINT_H
#define APP_LABEL_FAINT_H

#include "app/label/detections.h"
#include "app/label/label_set.h"

// Adds such objects to labels that are already linked, and removes boxes to be ignored there. Their
// tracks are numbered from `last` + 1.
nn_status label_find_faint(label_set *set, const label_detections *f, const label_link_options *o,
                           int last, nn_error *err);

#endif
