// SPDX-License-Identifier: MIT
// EfficientDet's own outputs (github.com/google/automl, rwightman/efficientdet-pytorch): for each
// of five levels a map of logits with 9 classes channels and one of boxes with 36, N x C x H x W or
// N x H x W x C; channels anchor by anchor.
#include "nn/vision/decode/efficient_anchors.h"

#include "nn/base/arith.h"

#include <math.h>
#include <string.h>

enum { BOX_CHANNELS = 4 * NN_EFFICIENT_ANCHORS };

// A sample of a level. Channels are `step` apart, cells `pitch`.
typedef struct level {
    const nn_head_output *cls, *box;
    int64_t w, cells;
    int classes, stride;
    bool channels_last;
} level;

// The channels of a map of h x w cells in this order; 0: it is another.
static int64_t channels_of(const nn_head_output *o, int64_t h, int64_t w, int64_t samples,
                           bool channels_last)
{
    const int64_t *dim = o->tensor.shape.dim;
    if (!nn_decode_has_rank(o, 4) || dim[0] != samples)
        return 0;
    const int64_t c = channels_last ? dim[3] : dim[1];
    return (channels_last ? dim[1] == h && dim[2] == w : dim[2] == h && dim[3] == w) &&
                   c < (int64_t)NN_EFFICIENT_ANCHORS << 20
               ? c
               : 0;
}

// Of two maps with 36 channels the first is that of four classes, unless a name says otherwise.
static bool find_level(const nn_head_output *outputs, int n, int input_h, int input_w, int index,
                       bool channels_last, level *l)
{
    const int stride = NN_EFFICIENT_STRIDE << index;
    const int64_t h = nn_divide_up(input_h, stride), w = nn_divide_up(input_w, stride);
    const nn_head_output *found[2] = {NULL};
    int count = 0;
    if (n != 2 * NN_EFFICIENT_LEVELS || !nn_decode_has_rank(outputs, 4))
        return false;
    for (int i = 0; i < n; i++)
        if (channels_of(&outputs[i], h, w, outputs[0].tensor.shape.dim[0], channels_last) > 0 &&
            count++ < 2)
            found[count - 1] = &outputs[i];
    if (count != 2)
        return false;
    int64_t c[2];
    for (int i = 0; i < 2; i++)
        c[i] = channels_last ? found[i]->tensor.shape.dim[3] : found[i]->tensor.shape.dim[1];
    bool first = c[0] == BOX_CHANNELS && c[1] != BOX_CHANNELS; // the boxes
    if (c[0] == BOX_CHANNELS && c[1] == BOX_CHANNELS && found[0]->name)
        first = strstr(found[0]->name, "box") != NULL;
    *l = (level){.cls = found[first],
                 .box = found[!first],
                 .w = w,
                 .cells = h * w,
                 .classes = (int)(c[first] / NN_EFFICIENT_ANCHORS),
                 .stride = stride,
                 .channels_last = channels_last};
    return c[!first] == BOX_CHANNELS && c[first] % NN_EFFICIENT_ANCHORS == 0;
}

static bool find_order(const nn_head_output *outputs, int n, int input_h, int input_w,
                       bool *channels_last, int *classes)
{
    for (int order = 0; order < 2; order++) {
        level l;
        bool good = true;
        *channels_last = order == 1;
        *classes = 0;
        for (int i = 0; i < NN_EFFICIENT_LEVELS && good; i++) {
            good = find_level(outputs, n, input_h, input_w, i, *channels_last, &l) &&
                   (i == 0 || l.classes == *classes);
            *classes = l.classes;
        }
        if (good)
            return true;
    }
    return false;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    bool channels_last;
    int classes;
    (void)self;
    return find_order(outputs, n, input_h, input_w, &channels_last, &classes) ? classes : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "ten are needed: for strides 8 to 128 of an input of %dx%d maps of 9 "
                            "times %.0d%s classes and of 36 channels",
                            input_w, input_h, classes, classes ? "" : "the");
}

static void decode_level(const level *l, int item, const nn_letterbox *letterbox,
                         const nn_decode_options *options, nn_candidates *candidates)
{
    const int64_t channels = (int64_t)l->classes * NN_EFFICIENT_ANCHORS;
    const float *cls = nn_tensor_f32(&l->cls->tensor) + item * channels * l->cells;
    const float *box = nn_tensor_f32(&l->box->tensor) + item * BOX_CHANNELS * l->cells;
    const int64_t step = l->channels_last ? 1 : l->cells;
    const float limit = logf(options->threshold / (1 - options->threshold));
    for (int64_t cell = 0; cell < l->cells; cell++) {
        const float *c = cls + (l->channels_last ? cell * channels : cell);
        const float *b = box + (l->channels_last ? cell * BOX_CHANNELS : cell);
        for (int a = 0; a < NN_EFFICIENT_ANCHORS; a++) {
            int best = 0;
            for (int k = 1; k < l->classes; k++)
                if (c[(a * l->classes + k) * step] > c[(a * l->classes + best) * step])
                    best = k;
            const float z = c[(a * l->classes + best) * step];
            const float score = 1 / (1 + expf(-z));
            if (!(z >= limit) || !isfinite(z) || !nn_decode_wants(options, score, best))
                continue;
            nn_box found =
                nn_efficient_box(b + 4 * a * step, step, l->stride, cell % l->w, cell / l->w, a);
            found.score = score;
            found.label = best;
            nn_decode_add(letterbox, found, candidates);
        }
    }
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    bool channels_last;
    int classes;
    level l;
    (void)self;
    if (!find_order(outputs, n, letterbox->input_h, letterbox->input_w, &channels_last, &classes))
        return;
    for (int i = 0; i < NN_EFFICIENT_LEVELS; i++)
        if (find_level(outputs, n, letterbox->input_h, letterbox->input_w, i, channels_last, &l))
            decode_level(&l, item, letterbox, options, candidates);
}

const nn_decoder nn_decode_efficientdet_maps = {
    .name = "efficientdet_maps",
    .layout = "ten maps of 9 classes and 36 channels at strides 8 to 128: EfficientDet, raw",
    .check = check,
    .decode = decode,
    .classes = count_classes,
    .by_shape = true,
    .input = {.mean = {0.485f, 0.456f, 0.406f},
              .std = {0.229f, 0.224f, 0.225f},
              .threshold = 0.4f,
              .iou_threshold = 0.5f,
              .labels = nn_coco_numbered_labels + 1,
              .label_count = NN_COCO_NUMBERS},
};
