// SPDX-License-Identifier: MIT
// Private to nn/io: the anchors of a card as JSON.
#ifndef NN_IO_CARD_ANCHORS_H
#define NN_IO_CARD_ANCHORS_H

#include "nn/base/anchors.h"
#include "nn/base/status.h"

#include <cjson/cJSON.h>

// Adds "anchors": {"16": [[10, 14], [23, 27]], "32": ...}, sizes by the stride of their map, and
// "scale_x_y": {"16": 1.05} for strides where it is not the head's own. A key without content is
// not added. Returns the number of keys that should have been added.
int nn_card_anchors_add(cJSON *root, const nn_anchors *anchors);
// Reads both keys, which are optional, from a card or a sidecar; *anchors is unchanged after an
// error. NN_EFORMAT: "'anchors' ...".
nn_status nn_card_anchors_get(const cJSON *root, nn_anchors *anchors, nn_error *err);

#endif
