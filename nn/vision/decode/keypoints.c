// SPDX-License-Identifier: MIT
// From keypoints in the input to keypoints in the frame, and to the box of a person.
#include "nn/vision/decode/keypoints.h"

#include "nn/vision/skeleton.h"

#include <math.h>

const char *const nn_person_label[1] = {"person"};

static nn_keypoint clean(nn_keypoint k)
{
    if (!isfinite(k.x) || !isfinite(k.y) || !(k.score >= 0) || !isfinite(k.score))
        return (nn_keypoint){0};
    k.score = k.score < 1 ? k.score : 1;
    return k;
}

nn_status nn_keypoints_describe(const nn_decode_sample *s, nn_result *result, int count,
                                nn_keypoint_at *at)
{
    for (int i = 0; i < result->count; i++) {
        nn_box *b = &result->boxes[i];
        const int64_t row = b->detail - 1;
        if (nn_details_add(&result->details, &b->detail) != NN_OK)
            return NN_ENOMEM;
        nn_keypoint *k = count > 0 ? nn_details_add_keypoints(&result->details, count) : NULL;
        if (!k && count > 0)
            return NN_ENOMEM;
        for (int j = 0; j < count; j++) {
            k[j] = at(s, row, j);
            nn_letterbox_point(s->letterbox, &k[j].x, &k[j].y);
            k[j] = clean(k[j]);
        }
    }
    return NN_OK;
}

void nn_keypoints_decode_one(const nn_decode_sample *s, const nn_decode_options *options, int count,
                             nn_keypoint_at *at, nn_candidates *candidates)
{
    nn_box b = {.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY, .detail = 1};
    float sum = 0;
    for (int i = 0; i < count; i++) {
        const nn_keypoint k = clean(at(s, 0, i));
        sum += k.score;
        if (k.score < NN_KEYPOINT_SEEN)
            continue;
        b.x0 = fminf(b.x0, k.x - 0.5f);
        b.y0 = fminf(b.y0, k.y - 0.5f);
        b.x1 = fmaxf(b.x1, k.x + 0.5f);
        b.y1 = fmaxf(b.y1, k.y + 0.5f);
    }
    b.score = sum / (float)count;
    if (nn_decode_wants(options, b.score, 0))
        nn_decode_add(s->letterbox, b, candidates); // none is seen: not finite
}
