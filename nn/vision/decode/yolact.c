// SPDX-License-Identifier: MIT
// YOLACT (Bolya 2019) as its authors export it: loc N x A x 4 and priors A x 4 (centre and size of
// 0 .. 1), conf N x A x (1 + classes) after the softmax, background first, mask N x A x P, and
// proto N x h x w x P. Boxes are offsets to the priors as SSD has them.
#include "nn/vision/decode/masks.h"

#include <math.h>

enum { OUTPUTS = 5, BOX = 4 };
#define CENTRE 0.1f // variances
#define SIZE 0.2f

typedef struct found {
    const nn_head_output *loc, *conf, *mask, *priors, *proto;
} found;

static bool find_outputs(const nn_head_output *outputs, int n, int h, int w, found *f)
{
    *f = (found){.loc = nn_decode_named(outputs, n, "loc"),
                 .conf = nn_decode_named(outputs, n, "conf"),
                 .mask = nn_decode_named(outputs, n, "mask"),
                 .priors = nn_decode_named(outputs, n, "prior"),
                 .proto = nn_decode_named(outputs, n, "proto")};
    if (n != OUTPUTS || !f->loc || !f->conf || !f->mask || !f->priors || !f->proto ||
        !nn_decode_has_rank(f->loc, 3) || !nn_decode_has_rank(f->conf, 3) ||
        !nn_decode_has_rank(f->mask, 3) || !nn_decode_has_rank(f->priors, 2) ||
        !nn_decode_has_rank(f->proto, 4) || outputs[0].tensor.shape.rank < 2)
        return false;
    const int64_t *loc = f->loc->tensor.shape.dim, *conf = f->conf->tensor.shape.dim;
    const int64_t *mask = f->mask->tensor.shape.dim, *proto = f->proto->tensor.shape.dim;
    const int64_t *priors = f->priors->tensor.shape.dim;
    return loc[2] == BOX && priors[1] == BOX && priors[0] == loc[1] && conf[1] == loc[1] &&
           mask[1] == loc[1] && conf[0] == loc[0] && mask[0] == loc[0] && proto[0] == loc[0] &&
           conf[2] >= 2 && conf[2] <= 1 << 20 && proto[3] == mask[2] && proto[3] < 1 << 16 &&
           proto[1] <= h && proto[2] <= w;
}

static int count_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w)
{
    found f;
    (void)self;
    return find_outputs(outputs, n, input_h, input_w, &f) ? (int)f.conf->tensor.shape.dim[2] - 1
                                                          : 0;
}

static nn_status check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = count_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "\"loc\" NxAx4, \"conf\" NxAx(1 + %d classes), \"mask\" NxAxP, "
                            "\"priors\" Ax4 and \"proto\" NxhxwxP are needed",
                            classes);
}

static void decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *l, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    const float w = (float)l->input_w, h = (float)l->input_h;
    found f;
    (void)self;
    if (!find_outputs(outputs, n, l->input_h, l->input_w, &f))
        return;
    for (int64_t i = 0; i < f.loc->tensor.shape.dim[1]; i++) {
        const float *p = nn_decode_row(f.conf, item, i) + 1;
        const int label = nn_decode_best(p, options->classes);
        if (!nn_decode_wants(options, p[label], label))
            continue;
        const float *t = nn_decode_row(f.loc, item, i), *prior = nn_decode_row(f.priors, 0, i);
        nn_box b = nn_decode_centred(
            (prior[0] + CENTRE * t[0] * prior[2]) * w, (prior[1] + CENTRE * t[1] * prior[3]) * h,
            prior[2] * expf(SIZE * t[2]) * w, prior[3] * expf(SIZE * t[3]) * h);
        b.score = p[label];
        b.label = label;
        b.detail = (int32_t)i + 1;
        nn_decode_add(l, b, candidates);
    }
}

static float find_coefficient(const nn_decode_sample *s, int64_t row, int k)
{
    return nn_decode_row(nn_decode_named(s->outputs, s->n, "mask"), s->item, row)[k];
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    found f;
    if (!find_outputs(s->outputs, s->n, s->letterbox->input_h, s->letterbox->input_w, &f))
        return NN_OK;
    const int64_t *dim = f.proto->tensor.shape.dim;
    const nn_prototypes p = {.data = nn_tensor_f32(&f.proto->tensor) +
                                     s->item * dim[1] * dim[2] * dim[3],
                             .count = (int)dim[3],
                             .h = (int)dim[1],
                             .w = (int)dim[2],
                             .step = 1,
                             .pitch = dim[3],
                             .coefficient = find_coefficient};
    return nn_masks_describe(s, &p, result);
}

const nn_decoder nn_decode_yolact = {
    .name = "yolact",
    .layout = "loc, conf, mask of 1 x A x 4, 1 + classes, P; priors A x 4; proto h x w x P: YOLACT",
    .check = check,
    .decode = decode,
    .describe = describe,
    .details = NN_DETAIL_OUTLINES,
    .classes = count_classes,
    .by_shape = true,
    .joint = true, // the priors
    .input = {.stretch = true,
              .mean = {123.68f / 255, 116.78f / 255, 103.94f / 255},
              .std = {58.40f / 255, 57.12f / 255, 57.38f / 255},
              .threshold = 0.15f,
              .iou_threshold = 0.5f},
};
