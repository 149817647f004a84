// SPDX-License-Identifier: MIT
// Maps of anchors before the sigmoid: YOLO v2 to v5.
#include "nn/vision/decode/raw.h"

#include "nn/base/arith.h"

#include <math.h>
#include <stdio.h>

static const nn_anchors *find_anchors(const nn_decoder *self, const nn_head_output *o)
{
    return o->anchors && o->anchors->count > 0 ? o->anchors
                                               : &((const nn_raw_form *)self->form)->usual;
}

// Numbers of an anchor, 5 + classes; 0 for maps of other levels.
static int64_t row_length(const nn_head_output *o, const nn_anchor_level *a, int input_h,
                          int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    const int64_t h = nn_divide_up(input_h, a->stride), w = nn_divide_up(input_w, a->stride);
    if (nn_decode_has_rank(o, 5) && dim[1] == a->count && dim[2] == h && dim[3] == w)
        return dim[4];
    if (nn_decode_has_rank(o, 4) && dim[1] % a->count == 0 && dim[2] == h && dim[3] == w)
        return dim[1] / a->count;
    return 0;
}

// The level of an output: the first of its size that no earlier output has.
static const nn_anchor_level *find_level(const nn_decoder *self, const nn_head_output *outputs,
                                         int i, int input_h, int input_w)
{
    const nn_anchors *anchors = find_anchors(self, outputs);
    unsigned taken = 0;
    for (int at = 0;; at++) {
        int k = 0;
        while (k < anchors->count &&
               ((taken & 1U << k) ||
                row_length(&outputs[at], &anchors->level[k], input_h, input_w) == 0))
            k++;
        if (k == anchors->count || at == i)
            return k < anchors->count ? &anchors->level[k] : NULL;
        taken |= 1U << k;
    }
}

int nn_raw_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w)
{
    int64_t length = 0;
    if (n < 1 || n != find_anchors(self, outputs)->count)
        return 0;
    for (int i = 0; i < n; i++) {
        const nn_anchor_level *level = find_level(self, outputs, i, input_h, input_w);
        const int64_t have = level ? row_length(&outputs[i], level, input_h, input_w) : 0;
        if (have <= NN_ROW_CLASSES || have >= 1 << 20 || (i > 0 && have != length) ||
            outputs[i].tensor.shape.dim[0] != outputs[0].tensor.shape.dim[0])
            return 0;
        length = have;
    }
    return (int)length - NN_ROW_CLASSES;
}

// "Nx3(5 + classes)x52x52, Nx3(5 + classes)x26x26"
static void describe(const nn_anchors *anchors, int input_h, int input_w, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < anchors->count && used < size; i++) {
        const nn_anchor_level *a = &anchors->level[i];
        used += (size_t)snprintf(text + used, size - used, "%sNx%d(5 + classes)x%dx%d",
                                 i ? ", " : "", a->count, (int)nn_divide_up(input_h, a->stride),
                                 (int)nn_divide_up(input_w, a->stride));
    }
}

nn_status nn_raw_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = nn_raw_classes(self, outputs, n, input_h, input_w);
    char wanted[160] = "";
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    const nn_anchors *anchors =
        n > 0 ? find_anchors(self, outputs) : &((const nn_raw_form *)self->form)->usual;
    describe(anchors, input_h, input_w, wanted, sizeof wanted);
    return nn_decode_refuse(err, self->name, outputs, n, "%s are needed%s%.0d%s by its anchors",
                            wanted, classes ? " for " : "", classes, classes ? " classes" : "");
}

// One sample of a level. Number k of anchor `a` of a cell: x[a * of_anchor + cell * of_cell + k *
// of_number].
typedef struct level {
    const float *x;
    int64_t of_anchor, of_cell, of_number;
    int w, cells;
    const nn_anchor_level *anchors;
    const nn_raw_form *form;
    float scale;
} level;

static level make_level(const nn_decoder *self, const nn_head_output *o,
                        const nn_anchor_level *anchors, int item, int classes)
{
    const nn_shape *s = &o->tensor.shape;
    const int64_t length = NN_ROW_CLASSES + classes;
    const bool last = s->rank == 5; // the numbers of an anchor are contiguous
    level l = {.w = (int)s->dim[3],
               .cells = (int)(s->dim[2] * s->dim[3]),
               .anchors = anchors,
               .form = self->form};
    l.scale = anchors->scale_x_y > 0 ? anchors->scale_x_y : l.form->scale_x_y;
    l.x = nn_tensor_f32(&o->tensor) + item * anchors->count * length * l.cells;
    l.of_anchor = length * l.cells;
    l.of_cell = last ? length : 1;
    l.of_number = last ? 1 : l.cells;
    return l;
}

// An infinite logit is an error, not certainty.
static float sigmoid(const level *l, float v)
{
    if (!isfinite(v))
        return NAN;
    return l->form->done ? v : 1 / (1 + expf(-v));
}

// The best class and its probability.
static int best_class(const level *l, const float *t, int classes, float *probability)
{
    const float *p = t + NN_ROW_CLASSES * l->of_number;
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (p[c * l->of_number] > p[best * l->of_number])
            best = c;
    const float top = p[best * l->of_number];
    *probability = l->form->softmax ? 1 : sigmoid(l, top);
    if (l->form->softmax) {
        float sum = 0;
        for (int c = 0; c < classes; c++)
            sum += expf(p[c * l->of_number] - top);
        *probability = 1 / sum;
    }
    return best;
}

static float side(const level *l, float t, float anchor)
{
    const float s = 2 * sigmoid(l, t);
    return (l->form->squares ? s * s : expf(t)) * anchor;
}

static void add_anchor(const level *l, int anchor, int cell, const nn_letterbox *letterbox,
                       const nn_decode_options *o, nn_candidates *candidates)
{
    const float *t = l->x + anchor * l->of_anchor + cell * l->of_cell;
    const int64_t step = l->of_number;
    const float *size = l->anchors->size[anchor];
    const float objectness = sigmoid(l, t[NN_ROW_OBJECTNESS * step]);
    if (!(objectness >= o->threshold)) // class probabilities are at most 1
        return;
    float probability;
    const int best = best_class(l, t, o->classes, &probability);
    const float score = objectness * probability;
    if (!nn_decode_wants(o, score, best))
        return;
    const float stride = (float)l->anchors->stride, back = (l->scale - 1) / 2;
    const float cx = ((float)(cell % l->w) + l->scale * sigmoid(l, t[0]) - back) * stride;
    const float cy = ((float)(cell / l->w) + l->scale * sigmoid(l, t[step]) - back) * stride;
    nn_decode_add_centred(letterbox, cx, cy, side(l, t[2 * step], size[0]),
                          side(l, t[3 * step], size[1]), score, best, candidates);
}

void nn_raw_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    for (int i = 0; i < n; i++) {
        const nn_anchor_level *anchors =
            find_level(self, outputs, i, letterbox->input_h, letterbox->input_w);
        if (!anchors)
            return;
        const level l = make_level(self, &outputs[i], anchors, item, options->classes);
        for (int anchor = 0; anchor < anchors->count; anchor++)
            for (int cell = 0; cell < l.cells; cell++)
                add_anchor(&l, anchor, cell, letterbox, options, candidates);
    }
}
