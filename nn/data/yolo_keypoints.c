// SPDX-License-Identifier: MIT
// Reads kpt_shape, flip_idx and kpt_names.
#include "nn/data/yolo_keypoints.h"

#include <stdlib.h>

// Entry i of a list as a whole number from `least` to `most`; -1.
static long whole(const nn_yaml *y, const char *key, int i, long least, long most)
{
    const char *text = nn_yaml_text(y, key, i);
    char *end;
    const long v = text && *text ? strtol(text, &end, 10) : -1;
    return v >= least && v <= most && *end == '\0' ? v : -1;
}

static nn_status read_flips(nn_keypoint_set *s, const nn_yaml *y, nn_error *err)
{
    const int count = nn_yaml_count(y, "flip_idx");
    if (count == 0)
        return NN_OK;
    if (count != s->count)
        return nn_fail(err, NN_EFORMAT, "flip_idx has %d entries for %d keypoints", count,
                       s->count);
    for (int i = 0; i < count; i++) {
        const long to = whole(y, "flip_idx", i, 0, count - 1);
        if (to < 0)
            return nn_fail(err, NN_EFORMAT, "flip_idx: entry %d is not 0 .. %d", i, count - 1);
        s->flip[i] = (uint8_t)to;
    }
    for (int i = 0; i < count; i++)
        if (s->flip[s->flip[i]] != i)
            return nn_fail(err, NN_EFORMAT,
                           "flip_idx: %d becomes %d, which becomes %d: no mirror does that", i,
                           s->flip[i], s->flip[s->flip[i]]);
    s->flips = true;
    return NN_OK;
}

static nn_status read_names(nn_keypoint_set *s, const nn_yaml *y, nn_error *err)
{
    const nn_status status = nn_yaml_list(y, "kpt_names", &s->names, err);
    if (status == NN_OK && s->names.count > 0 && s->names.count != s->count)
        return nn_fail(err, NN_EFORMAT, "kpt_names has %d names for %d keypoints", s->names.count,
                       s->count);
    return status;
}

nn_status nn_yolo_keypoints_read(nn_keypoint_set *s, const nn_yaml *y, nn_error *err)
{
    nn_keypoint_set read = {0};
    if (!nn_yaml_has(y, "kpt_shape"))
        return NN_OK;
    const long count = whole(y, "kpt_shape", 0, 1, NN_KEYPOINTS_MOST);
    const long dims = whole(y, "kpt_shape", 1, 2, 3);
    if (count < 0 || dims < 0 || nn_yaml_count(y, "kpt_shape") != 2)
        return nn_fail(err, NN_EFORMAT, "kpt_shape is not [keypoints up to %d, 2 or 3]",
                       NN_KEYPOINTS_MOST);
    read.count = (int)count;
    read.dims = (int)dims;
    nn_status status = read_flips(&read, y, err);
    if (status == NN_OK)
        status = read_names(&read, y, err);
    nn_keypoint_set_pair(&read);
    if (status == NN_OK)
        status = nn_keypoint_set_merge(s, &read, err);
    nn_keypoint_set_release(&read);
    return status;
}
