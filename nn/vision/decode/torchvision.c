// SPDX-License-Identifier: MIT
// torchvision's detectors (SSD, RetinaNet, FCOS, Faster, Mask and Keypoint R-CNN) of one sample:
// boxes as x0, y0, x1, y1 in pixels of the input, labels by COCO's numbers, scores. They normalise
// by themselves. Mask R-CNN adds "masks", pasted into the input, Keypoint R-CNN "keypoints" in
// pixels of the input and "keypoints_scores" (torchvision, models.detection.roi_heads).
#include "nn/vision/decode/lists.h"
#include "nn/vision/decode/row_masks.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { LISTS = 3, NUMBERS = 3 }; // of a keypoint: x, y, visible

static const nn_lists_form form = {
    .boxes = "box", .labels = "label", .scores = "score", .classes = NN_COCO_NUMBERS};

typedef struct parts {
    nn_head_output lists[LISTS + 1];
    int n;
    const nn_head_output *masks, *keypoints, *visible; // NULL: there are none
} parts;

static parts find_parts(const nn_head_output *outputs, int n)
{
    parts p = {0};
    for (int i = 0; i < n; i++) {
        const char *name = outputs[i].name ? outputs[i].name : "";
        if (strcasecmp(name, "masks") == 0)
            p.masks = &outputs[i];
        else if (strcasecmp(name, "keypoints") == 0)
            p.keypoints = &outputs[i];
        else if (strcasecmp(name, "keypoints_scores") == 0)
            p.visible = &outputs[i];
        else if (p.n <= LISTS)
            p.lists[p.n++] = outputs[i];
    }
    return p;
}

// Whether the details are there for each of the boxes.
static bool fit(const parts *p)
{
    const int64_t rows = p->lists[0].tensor.shape.dim[0];
    const nn_shape *m = p->masks ? &p->masks->tensor.shape : NULL;
    const nn_shape *k = p->keypoints ? &p->keypoints->tensor.shape : NULL;
    const nn_shape *v = p->visible ? &p->visible->tensor.shape : NULL;
    if (m && (!nn_decode_has_rank(p->masks, 4) || m->dim[0] != rows || m->dim[1] != 1))
        return false;
    if (k && (!nn_decode_has_rank(p->keypoints, 3) || k->dim[0] != rows || k->dim[2] != NUMBERS))
        return false;
    return !v ||
           (k && nn_decode_has_rank(p->visible, 2) && v->dim[0] == rows && v->dim[1] == k->dim[1]);
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const parts p = find_parts(outputs, n);
    const nn_status status = nn_lists_check(self, p.lists, p.n, input_h, input_w, classes, err);
    if (status != NN_OK || fit(&p))
        return status;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "masks must be Kx1xHxW, keypoints Kx17x3 and keypoints_scores Kx17");
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const parts p = find_parts(outputs, n);
    const int count = nn_lists_classes(self, p.lists, p.n, input_h, input_w);
    return count > 0 && fit(&p) ? count : 0;
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const parts p = find_parts(outputs, n);
    nn_lists_decode(self, p.lists, p.n, item, letterbox, options, candidates);
}

static unsigned details_of(const nn_head_output *outputs, int n)
{
    const parts p = find_parts(outputs, n);
    return (p.masks ? NN_DETAIL_OUTLINES : 0) | (p.keypoints ? NN_DETAIL_KEYPOINTS : 0);
}

static nn_status add_mask(const nn_decode_sample *s, const nn_head_output *masks, int64_t row,
                          const nn_box *b, nn_details *details)
{
    const int64_t h = masks->tensor.shape.dim[2], w = masks->tensor.shape.dim[3];
    return nn_row_mask_over_input(s, nn_tensor_f32(&masks->tensor) + row * h * w, (int)h, (int)w, b,
                                  b->detail, details);
}

// The scores are maxima of maps before a softmax; above 0 is a keypoint that is seen.
static nn_status add_keypoints(const nn_decode_sample *s, const parts *p, int64_t row,
                               nn_details *details)
{
    const int64_t count = p->keypoints->tensor.shape.dim[1];
    const float *x = nn_tensor_f32(&p->keypoints->tensor) + row * count * NUMBERS;
    const float *score = p->visible ? nn_tensor_f32(&p->visible->tensor) + row * count : NULL;
    nn_keypoint *k = count <= INT16_MAX ? nn_details_add_keypoints(details, (int)count) : NULL;
    if (!k)
        return NN_ENOMEM;
    for (int64_t i = 0; i < count; i++, x += NUMBERS) {
        const float sure = score ? 1 / (1 + expf(-score[i])) : x[2];
        k[i] = (nn_keypoint){x[0], x[1], sure >= 0 && sure <= 1 ? sure : 0};
        nn_letterbox_point(s->letterbox, &k[i].x, &k[i].y);
        if (!isfinite(k[i].x) || !isfinite(k[i].y))
            k[i] = (nn_keypoint){0};
    }
    return NN_OK;
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    const parts p = find_parts(s->outputs, s->n);
    nn_status status = NN_OK;
    for (int i = 0; i < result->count && status == NN_OK; i++) {
        nn_box *b = &result->boxes[i];
        const int64_t row = b->detail - 1;
        b->detail = 0;
        if (!p.masks && !p.keypoints)
            continue;
        status = nn_details_add(&result->details, &b->detail);
        if (status == NN_OK && p.masks)
            status = add_mask(s, p.masks, row, b, &result->details);
        if (status == NN_OK && p.keypoints)
            status = add_keypoints(s, &p, row, &result->details);
    }
    return status;
}

const nn_decoder nn_decode_torchvision = {
    .name = "torchvision",
    .layout = "boxes K x 4 as x0 y0 x1 y1 in pixels, labels, scores K: torchvision's detectors; "
              "masks, keypoints",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details_of = details_of,
    .classes = count_classes,
    .form = &form,
    .by_shape = true,
    .input = {.std = {1, 1, 1},
              .threshold = 0.5f,
              .iou_threshold = 1,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
