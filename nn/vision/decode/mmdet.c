// SPDX-License-Identifier: MIT
// MMDetection as MMDeploy exports it, with the suppression in the graph: dets N x K x 5 of x0, y0,
// x1, y1 in pixels of the input and score; labels N x K (github.com/open-mmlab/mmdeploy,
// codebase/mmdet).
#include "nn/vision/decode/layout.h"

enum { NUMBERS = 5 };

static bool find(const nn_head_output *outputs, int n, const nn_head_output **dets,
                 const nn_head_output **labels)
{
    *dets = nn_decode_named(outputs, n, "det");
    *labels = nn_decode_named(outputs, n, "label");
    return n == 2 && *dets && *labels && *dets != *labels && nn_decode_has_rank(*dets, 3) &&
           nn_decode_has_rank(*labels, 2) && (*dets)->tensor.shape.dim[2] == NUMBERS &&
           (*dets)->tensor.shape.dim[0] == (*labels)->tensor.shape.dim[0] &&
           (*dets)->tensor.shape.dim[1] == (*labels)->tensor.shape.dim[1];
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const nn_head_output *dets, *labels;
    (void)self, (void)input_h, (void)input_w; // the shapes do not tell
    return find(outputs, n, &dets, &labels) ? NN_COCO_CLASSES : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const nn_head_output *dets, *labels;
    (void)input_h, (void)input_w, (void)classes;
    if (find(outputs, n, &dets, &labels))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "needed are dets NxKx5 (x0, y0, x1, y1, score) and labels NxK");
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const nn_head_output *dets, *labels;
    (void)self;
    if (!find(outputs, n, &dets, &labels))
        return;
    const int64_t rows = labels->tensor.shape.dim[1];
    const float *index = nn_tensor_f32(&labels->tensor) + item * rows;
    for (int64_t i = 0; i < rows; i++) {
        const float *x = nn_decode_row(dets, item, i);
        const int label = nn_decode_class(options, index[i]);
        if (nn_decode_wants(options, x[4], label))
            nn_decode_add(
                letterbox,
                (nn_box){
                    .x0 = x[0], .y0 = x[1], .x1 = x[2], .y1 = x[3], .score = x[4], .label = label},
                candidates);
    }
}

// The preprocessing of most of its models; RTMDet's differs in the order of the colours.
const nn_decoder nn_decode_mmdet = {
    .name = "mmdet",
    .layout = "dets 1 x K x 5 of x0, y0, x1, y1 in pixels, score; labels 1 x K: MMDetection",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.3f,
              .iou_threshold = 1},
};
