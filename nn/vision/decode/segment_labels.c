// SPDX-License-Identifier: MIT
// Numbers of classes for every pixel, as graphs that end in an arg-max have them: one output
// (N, H, W), (N, 1, H, W) or (H, W), as large as the input or 2, 4 or 8 times smaller. The nearest
// one counts; what is no class is background.
#include "nn/vision/decode/layout.h"

#include <math.h>

enum { FINEST = 8, LEAST = 32, MOST_CLASSES = 255 };

typedef struct labels {
    const float *at;
    int64_t h, w; // 0: the outputs are others
} labels;

static labels find_labels(const nn_head_output *outputs, int n, int item)
{
    const int rank = outputs[0].tensor.shape.rank;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    if (n != 1 || rank < 2 || rank > 4 || !nn_decode_has_rank(outputs, rank) ||
        (rank == 4 && dim[1] != 1))
        return (labels){0};
    const int64_t h = dim[rank - 2], w = dim[rank - 1];
    const float *data = nn_tensor_f32(&outputs[0].tensor);
    const int64_t before = rank > 2 ? item : 0; // of one picture alone there are no others
    return (labels){data ? data + before * h * w : NULL, h, w};
}

// The shape does not tell their number.
static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const labels l = n > 0 ? find_labels(outputs, n, 0) : (labels){0};
    (void)self;
    for (int by = 1; by <= FINEST; by *= 2)
        if (l.h >= LEAST && l.w >= LEAST && l.h * by == input_h && l.w * by == input_w)
            return MOST_CLASSES;
    return 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    if (count_classes(self, outputs, n, input_h, input_w) > 0 && classes <= MOST_CLASSES)
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "one of Nxhxw, Nx1xhxw or hxw is needed, as large as the input of "
                            "%dx%d or 2, 4 or 8 times smaller, and at most %d labels",
                            input_w, input_h, MOST_CLASSES);
}

// The entry that covers pixel i of `size` of the frame along an axis.
static int64_t find_entry(int i, int size, float pad, float scale, int frame, int input,
                          int64_t entries)
{
    const double at = (double)pad + (i + 0.5) * (double)scale * frame / size;
    const int64_t entry = (int64_t)floor(at * (double)entries / input);
    return entry < 0 ? 0 : entry < entries ? entry : entries - 1;
}

static uint8_t class_of(float number, const nn_decode_options *o)
{
    const int label = nn_decode_class(o, number);
    return label > 0 && (!o->label_mask || o->label_mask[label]) ? (uint8_t)label : 0;
}

static nn_status paint(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                       const nn_letterbox *l, const nn_decode_options *options, nn_label_map *map)
{
    const labels from = find_labels(outputs, n, item);
    const int w = (int)fmax((double)lrint((double)l->scale_x * l->frame_w), 1);
    const int h = (int)fmax((double)lrint((double)l->scale_y * l->frame_h), 1);
    (void)self;
    if (nn_label_map_resize(map, w, h) != NN_OK)
        return NN_ENOMEM;
    for (int y = 0; y < h; y++) {
        const float *row = from.at + from.w * find_entry(y, h, l->pad_y, l->scale_y, l->frame_h,
                                                         l->input_h, from.h);
        for (int x = 0; x < w; x++)
            map->label[(size_t)y * (size_t)w + (size_t)x] = class_of(
                row[find_entry(x, w, l->pad_x, l->scale_x, l->frame_w, l->input_w, from.w)],
                options);
    }
    return NN_OK;
}

const nn_decoder nn_decode_segment_labels = {
    .name = "segment_labels",
    .layout = "1 x H/S x W/S, 1 x 1 x H/S x W/S or H/S x W/S, numbers of classes: segmentation "
              "that ends in an arg-max",
    .check = check,
    .paint = paint,
    .classes = count_classes,
    // The preprocessing of torchvision's segmentation networks.
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .iou_threshold = 1},
};
