// SPDX-License-Identifier: MIT
// Private to nn/io: the keypoints of a card as JSON.
#ifndef NN_IO_CARD_KEYPOINTS_H
#define NN_IO_CARD_KEYPOINTS_H

#include "nn/base/status.h"
#include "nn/vision/skeleton.h"

#include <cjson/cJSON.h>

// Adds "keypoints": ["head", "neck", ...] and "skeleton": [[0, 1], ...], the pairs that a line
// joins, counted from 0; nothing for NULL. Returns the number of keys that should have been added.
int nn_card_keypoints_add(cJSON *root, const nn_skeleton *s);
// Reads both keys, which are optional; *s stays for as long as the program runs, NULL: there are
// none. NN_EFORMAT: "'keypoints' ...".
nn_status nn_card_keypoints_get(const cJSON *root, const nn_skeleton **s, nn_error *err);

#endif
