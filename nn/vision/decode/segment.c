// SPDX-License-Identifier: MIT
// A class for every pixel: one output (N, classes, H/S, W/S) of logits or probabilities, S from 1
// to 8, enlarged bilinearly (as the loss of training does) before the largest is chosen. A single
// plane (U-Net, U2-Net) is one class against the background: what is above 0.5 in probabilities,
// above 0 in logits, of which some are below 0 or above 1. Of several outputs alike the first
// counts.
#include "nn/vision/bilinear.h"
#include "nn/vision/decode/layout.h"

#include <math.h>

enum { BLOCK = 64, FINEST = 8, MOST_CLASSES = 255 };

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    const int64_t *dim = outputs[0].tensor.shape.dim;
    (void)self;
    if (n < 1 || !nn_decode_has_rank(outputs, 4) || dim[1] < 1 || dim[1] > MOST_CLASSES)
        return 0;
    for (int i = 1; i < n; i++) // the side outputs of U2-Net, the auxiliary one of DeepLab
        if (!nn_shape_equal(&outputs[i].tensor.shape, &outputs[0].tensor.shape))
            return 0;
    // A convolution without padding may drop the last cell.
    const bool fits = (dim[2] + 1) * FINEST >= input_h && dim[2] <= input_h &&
                      (dim[3] + 1) * FINEST >= input_w && dim[3] <= input_w;
    return !fits ? 0 : dim[1] == 1 ? 2 : (int)dim[1];
}

static nn_status check_segment(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int input_h, int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return classes == 0 ? nn_decode_refuse(err, self->name, outputs, n,
                                           "one of Nxclassesxhxw is needed, up to 8 times smaller "
                                           "than the input of %dx%d",
                                           input_w, input_h)
                        : nn_decode_refuse(err, self->name, outputs, n,
                                           "one of Nx%dxhxw is needed, up to 8 times smaller than "
                                           "the input of %dx%d",
                                           classes, input_w, input_h);
}

// The frame in the input along an axis: `size` whole pixels, and the position of the first one and
// the step between them in cells of the output.
typedef struct span {
    int size;
    double first, step;
} span;

static span find_span(float pad, float scale, int frame, int input, int64_t cells)
{
    const int size = (int)fmax((double)lrint((double)scale * frame), 1);
    const double ratio = 1 / nn_bilinear_stride(input, (int)cells);
    // A pixel of the map in pixels of the input.
    const double pixel = (double)scale * frame / size;
    return (span){size, ((double)pad + 0.5 * pixel) * ratio - 0.5, pixel * ratio};
}

// The planes of a sample.
typedef struct planes {
    const float *at;
    int count;
    int64_t w, cells;
    float least; // of a single plane: what is above it is class 1
} planes;

static planes find_planes(const nn_head_output *output, int item)
{
    const int64_t *dim = output->tensor.shape.dim, cells = dim[2] * dim[3];
    planes p = {nn_tensor_f32(&output->tensor) + item * dim[1] * cells, (int)dim[1], dim[3], cells,
                0.5f};
    for (int64_t i = 0; i < cells && p.count == 1; i++)
        if (p.at[i] < 0 || p.at[i] > 1)
            p.least = 0;
    return p;
}

// The class with the largest value at each of at most BLOCK pixels of a row.
static void choose_classes(uint8_t *label, const planes *p, const nn_bilinear *row,
                           const nn_bilinear *column, int count)
{
    float best[BLOCK], values[BLOCK + 4]; // a pixel of the map is hardly more than one of the input
    const int first = column[0].a, taken = column[count - 1].b - first + 1;
    for (int c = 0; c < p->count; c++) {
        const float *a = p->at + c * p->cells + row->a * p->w + first;
        const float *b = p->at + c * p->cells + row->b * p->w + first;
        for (int i = 0; i < taken; i++)
            values[i] = a[i] + row->part * (b[i] - a[i]);
        for (int i = 0; i < count; i++) {
            const nn_bilinear *l = &column[i];
            const float left = values[l->a - first];
            const float v = left + l->part * (values[l->b - first] - left);
            if (c > 0 && !(v > best[i])) // NaN is never the largest
                continue;
            best[i] = v;
            label[i] = p->count == 1 ? v > p->least : (uint8_t)c;
        }
    }
}

static void drop_unwanted(nn_label_map *map, const nn_decode_options *o)
{
    const int64_t n = (int64_t)map->width * map->height;
    for (int64_t i = 0; o->label_mask && i < n; i++)
        if (!o->label_mask[map->label[i]])
            map->label[i] = 0;
}

static nn_status paint_segment(const nn_decoder *self, const nn_head_output *outputs, int n,
                               int item, const nn_letterbox *letterbox,
                               const nn_decode_options *options, nn_label_map *map)
{
    const nn_letterbox *l = letterbox;
    const int64_t *dim = outputs[0].tensor.shape.dim;
    const planes p = find_planes(&outputs[0], item);
    const span x = find_span(l->pad_x, l->scale_x, l->frame_w, l->input_w, dim[3]);
    const span y = find_span(l->pad_y, l->scale_y, l->frame_h, l->input_h, dim[2]);
    (void)self, (void)n;
    if (nn_label_map_resize(map, x.size, y.size) != NN_OK)
        return NN_ENOMEM;
    for (int at = 0; at < x.size; at += BLOCK) {
        nn_bilinear column[BLOCK], row;
        const int count = x.size - at < BLOCK ? x.size - at : BLOCK;
        nn_bilinear_axis(column, count, x.first + at * x.step, x.step, (int)dim[3]);
        for (int i = 0; i < y.size; i++) {
            nn_bilinear_axis(&row, 1, y.first + i * y.step, y.step, (int)dim[2]);
            choose_classes(map->label + (size_t)i * (size_t)x.size + at, &p, &row, column, count);
        }
    }
    drop_unwanted(map, options);
    return NN_OK;
}

const nn_decoder nn_decode_segment = {
    .name = "segment",
    .layout = "1 x classes x H/S x W/S, logits; S 1 to 8: a class for every pixel, 0 background; 1 "
              "x 1: a mask",
    .check = check_segment,
    .paint = paint_segment,
    .classes = count_classes,
    // The preprocessing of torchvision's segmentation networks.
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .iou_threshold = 1},
};
