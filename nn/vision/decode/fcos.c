// SPDX-License-Identifier: MIT
// Anchor-free dense head: a logit per class and the distances to the four sides (FCOS, Tian 2019).
//
// For each level, finest first, two outputs named after its stride: "clsS" (N, classes, H, W),
// logits, and "boxS" (N, 4, H, W), logarithms of the distances to the left, top, right and bottom
// side in strides, from the cell's point ((x + 0.5) S, (y + 0.5) S) of the input.
#include "nn/vision/decode/maps.h"

#include <math.h>

#define LOG_LIMIT 6.0f // as in training: exp(6) strides are larger than any input

static nn_status check_map(const nn_head_output *o, int channels, int stride, int input_h,
                           int input_w, nn_error *err)
{
    const nn_shape *s = &o->tensor.shape;
    char text[96];
    bool good = o->tensor.dtype == NN_F32 && s->rank == 4 && s->dim[1] == channels;
    // A convolution without padding may drop the last cell.
    for (int axis = 2; good && axis < 4; axis++) {
        int64_t full = (axis == 2 ? input_h : input_w) / stride;
        good = s->dim[axis] == full || (s->dim[axis] == full - 1 && full > 1);
    }
    if (good)
        return NN_OK;
    return nn_fail(err, NN_ESHAPE,
                   "fcos: output \"%s\" is %s and not float32 Nx%dx%dx%d, as %dx%d input needs it",
                   o->name, nn_shape_text(s, text, sizeof(text)), channels, input_h / stride,
                   input_w / stride, input_w, input_h);
}

static nn_status check_fcos(const nn_decoder *self, const nn_head_output *outputs, int n,
                            int input_h, int input_w, int classes, nn_error *err)
{
    if (n < 2 || n % 2)
        return nn_decode_refuse(err, self->name, outputs, n,
                                "pairs of \"clsS\", \"boxS\" are needed, S their stride");
    if (classes == 0)
        classes = outputs[0].tensor.shape.rank == 4 ? (int)outputs[0].tensor.shape.dim[1] : 1;
    for (int i = 0; i < n; i += 2) {
        const nn_head_output *cls = &outputs[i], *box = &outputs[i + 1];
        int stride = nn_decode_stride(cls->name, "cls");
        if (stride < 1 || nn_decode_stride(box->name, "box") != stride)
            return nn_decode_refuse(err, self->name, outputs, n,
                                    "pairs of \"clsS\", \"boxS\" are needed, S their stride");
        nn_status status = check_map(cls, classes, stride, input_h, input_w, err);
        if (status == NN_OK)
            status = check_map(box, 4, stride, input_h, input_w, err);
        if (status != NN_OK)
            return status;
        const nn_shape *a = &cls->tensor.shape, *b = &box->tensor.shape;
        if (a->dim[0] != b->dim[0] || a->dim[2] != b->dim[2] || a->dim[3] != b->dim[3])
            return nn_fail(err, NN_ESHAPE, "fcos: \"%s\" and \"%s\" have different sizes",
                           cls->name, box->name);
    }
    return NN_OK;
}

// NaN for numbers that are not finite.
static float distance(float log_strides, int stride)
{
    if (!isfinite(log_strides))
        return NAN;
    return expf(fminf(fmaxf(log_strides, -LOG_LIMIT), LOG_LIMIT)) * (float)stride;
}

// The box of a cell in the frame; false when nothing of it is inside.
static bool find_box(const nn_map_level *l, int64_t cell, nn_box *box)
{
    const float x = ((float)(cell % l->w) + 0.5f) * (float)l->stride;
    const float y = ((float)(cell / l->w) + 0.5f) * (float)l->stride;
    *box = (nn_box){.x0 = x - distance(l->box[cell], l->stride),
                    .y0 = y - distance(l->box[cell + l->cells], l->stride),
                    .x1 = x + distance(l->box[cell + 2 * l->cells], l->stride),
                    .y1 = y + distance(l->box[cell + 3 * l->cells], l->stride)};
    return nn_letterbox_to_frame(l->letterbox, box);
}

static void decode_fcos(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                        const nn_letterbox *letterbox, const nn_decode_options *options,
                        nn_candidates *candidates)
{
    (void)self;
    for (int i = 0; i < n; i += 2) {
        nn_map_level l = nn_map_level_of(&outputs[i], &outputs[i + 1], item);
        l.letterbox = letterbox;
        l.find_box = find_box;
        nn_map_level_decode(&l, options, candidates);
    }
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    return check_fcos(self, outputs, n, input_h, input_w, 0, NULL) == NN_OK
               ? (int)outputs[0].tensor.shape.dim[1]
               : 0;
}

const nn_decoder nn_decode_fcos = {
    .name = "fcos",
    .layout = "pairs clsS 1 x classes x H/S x W/S, boxS 1 x 4 x H/S x W/S: NeroScale's own",
    .check = check_fcos,
    .decode = decode_fcos,
    .classes = count_classes,
    .by_shape = true, // no other head has these names
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.5f,
              .iou_threshold = 0.5f},
};
