// SPDX-License-Identifier: MIT
// MMDetection as MMDeploy exports it, with the suppression in the graph: dets N x K x 5 of x0, y0,
// x1, y1 in pixels of the input and score; labels N x K; those that segment add masks N x K x h x
// w, as large as the input, or over each box where the export leaves the pasting to others
// (github.com/open-mmlab/mmdeploy, codebase/mmdet, export_postprocess_mask).
#include "nn/vision/decode/layout.h"
#include "nn/vision/decode/row_masks.h"

#include <limits.h>

enum { NUMBERS = 5 };

typedef struct parts {
    const nn_head_output *dets, *labels;
    const nn_head_output *masks; // NULL: there are none
} parts;

static bool fit_masks(const parts *p)
{
    const nn_shape *m = &p->masks->tensor.shape, *labels = &p->labels->tensor.shape;
    return nn_decode_has_rank(p->masks, 4) && m->dim[0] == labels->dim[0] &&
           m->dim[1] == labels->dim[1] && m->dim[2] > 0 && m->dim[2] <= INT_MAX / 8 &&
           m->dim[3] > 0 && m->dim[3] <= INT_MAX / 8;
}

static bool find(const nn_head_output *outputs, int n, parts *p)
{
    *p = (parts){nn_decode_named(outputs, n, "det"), nn_decode_named(outputs, n, "label"),
                 nn_decode_named(outputs, n, "mask")};
    return n == (p->masks ? 3 : 2) && p->dets && p->labels && p->dets != p->labels &&
           p->masks != p->dets && p->masks != p->labels && nn_decode_has_rank(p->dets, 3) &&
           nn_decode_has_rank(p->labels, 2) && p->dets->tensor.shape.dim[2] == NUMBERS &&
           p->dets->tensor.shape.dim[0] == p->labels->tensor.shape.dim[0] &&
           p->dets->tensor.shape.dim[1] == p->labels->tensor.shape.dim[1] &&
           (!p->masks || fit_masks(p));
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    parts p;
    (void)self, (void)input_h, (void)input_w; // the shapes do not tell
    return find(outputs, n, &p) ? NN_COCO_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    parts p;
    (void)input_h, (void)input_w, (void)classes;
    if (find(outputs, n, &p))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "needed are dets NxKx5 (x0, y0, x1, y1, score) and labels NxK, with or "
                            "without masks NxKxHxW");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    parts p;
    (void)self;
    if (!find(outputs, n, &p))
        return;
    const int64_t rows = p.labels->tensor.shape.dim[1];
    const float *index = nn_tensor_f32(&p.labels->tensor) + item * rows;
    for (int64_t i = 0; i < rows && i < INT_MAX; i++) {
        const float *x = nn_decode_row(p.dets, item, i);
        const int label = nn_decode_class(options, index[i]);
        if (nn_decode_wants(options, x[4], label))
            nn_decode_add_corners(letterbox, x, x[4], label, (int32_t)i + 1, candidates);
    }
}

static unsigned details_of(const nn_head_output *outputs, int n)
{
    parts p;
    return find(outputs, n, &p) && p.masks ? NN_DETAIL_OUTLINES : 0;
}

static nn_status add_mask(const nn_decode_sample *s, const parts *p, int64_t row, const nn_box *b,
                          nn_details *details)
{
    const int64_t *dim = p->masks->tensor.shape.dim;
    const int h = (int)dim[2], w = (int)dim[3];
    const float *data =
        nn_tensor_f32(&p->masks->tensor) + (s->item * dim[1] + row) * (int64_t)h * w;
    if (h == s->letterbox->input_h && w == s->letterbox->input_w)
        return nn_row_mask_over_input(s, data, h, w, b, b->detail, details);
    return nn_row_mask_over_box(s, data, h, w, nn_decode_row(p->dets, s->item, row), b->detail,
                                details);
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    parts p;
    nn_status status = NN_OK;
    const bool masks = find(s->outputs, s->n, &p) && p.masks;
    for (int i = 0; i < result->count && status == NN_OK; i++) {
        nn_box *b = &result->boxes[i];
        const int64_t row = b->detail - 1;
        b->detail = 0;
        if (masks)
            status = nn_details_add(&result->details, &b->detail);
        if (masks && status == NN_OK)
            status = add_mask(s, &p, row, b, &result->details);
    }
    return status;
}

// The preprocessing of most of its models; RTMDet's differs in the order of the colours.
const nn_decoder nn_decode_mmdet = {
    .name = "mmdet",
    .layout = "dets 1 x K x 5 of x0, y0, x1, y1 in pixels, score; labels 1 x K: MMDetection; masks",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details_of = details_of,
    .classes = count_classes,
    .by_shape = true,
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 1},
};
