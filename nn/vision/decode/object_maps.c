// SPDX-License-Identifier: MIT
// Levels of three raw maps: classes, boxes, objectness.
#include "nn/vision/decode/object_maps.h"

#include "nn/base/arith.h"

#include <math.h>

enum { CLS, BOX, OBJ, MAPS };

static bool is_level(const nn_head_output *o, int input_h, int input_w, int64_t samples,
                     int64_t classes)
{
    static const char *const words[MAPS] = {"cls", "box", "obj"};
    const int64_t channels[MAPS] = {classes, 4, 1};
    const int stride = nn_decode_stride(o[CLS].name, "cls");
    for (int i = 0; i < MAPS && stride > 0; i++) {
        const int64_t *dim = o[i].tensor.shape.dim;
        if (nn_decode_stride(o[i].name, words[i]) != stride || !nn_decode_has_rank(&o[i], 4) ||
            dim[0] != samples || dim[1] != channels[i] || dim[2] != nn_divide_up(input_h, stride) ||
            dim[3] != nn_divide_up(input_w, stride))
            return false;
    }
    return stride > 0;
}

int nn_object_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                      int input_w)
{
    (void)self;
    if (n < MAPS || n % MAPS || !nn_decode_has_rank(outputs, 4))
        return 0;
    const int64_t *first = outputs[0].tensor.shape.dim;
    for (int i = 0; i < n; i += MAPS)
        if (!is_level(&outputs[i], input_h, input_w, first[0], first[1]))
            return 0;
    return (int)first[1];
}

nn_status nn_object_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                          int input_w, int classes, nn_error *err)
{
    const int have = nn_object_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "triples \"clsS\", \"boxS\", \"objS\" of Nx%.0d%sx%d/Sx%d/S, 4 and 1 "
                            "channels are needed, S their stride",
                            classes, classes ? "" : "classes", input_h, input_w);
}

// One sample of a level.
typedef struct level {
    const float *cls, *box, *obj;
    int64_t cells;
    int w, stride;
} level;

static level level_of(const nn_head_output *o, int item)
{
    const nn_shape *s = &o[CLS].tensor.shape;
    level l = {.cells = s->dim[2] * s->dim[3],
               .w = (int)s->dim[3],
               .stride = nn_decode_stride(o[CLS].name, "cls")};
    l.cls = nn_tensor_f32(&o[CLS].tensor) + item * s->dim[1] * l.cells;
    l.box = nn_tensor_f32(&o[BOX].tensor) + item * 4 * l.cells;
    l.obj = nn_tensor_f32(&o[OBJ].tensor) + item * l.cells;
    return l;
}

// The best class of a cell and its probability.
static int best_class(const level *l, int64_t cell, int classes, bool softmax, float *probability)
{
    const float *z = l->cls + cell;
    int best = 0;
    float sum = 0;
    for (int c = 1; c < classes; c++)
        if (z[c * l->cells] > z[best * l->cells])
            best = c;
    for (int c = 0; c < classes && softmax; c++)
        sum += expf(z[c * l->cells] - z[best * l->cells]);
    *probability = softmax ? 1 / sum : 1 / (1 + expf(-z[best * l->cells]));
    return best;
}

static void decode_level(const level *l, const nn_object_form *form, const nn_letterbox *letterbox,
                         const nn_decode_options *options, nn_candidates *candidates)
{
    for (int64_t i = 0; i < l->cells; i++) {
        const float object = powf(1 / (1 + expf(-l->obj[i])), form->power);
        float p, b[4];
        // class probabilities are at most 1
        if (!isfinite(l->obj[i]) || !(object >= options->threshold))
            continue;
        const int label = best_class(l, i, options->classes, form->softmax, &p);
        const float score = object * (form->softmax ? powf(p, 1 - form->power) : p);
        if (!nn_decode_wants(options, score, label))
            continue;
        form->box(l->box + i, l->cells, (int)(i % l->w), (int)(i / l->w), l->stride, letterbox, b);
        nn_decode_add_centred(letterbox, b[0], b[1], b[2], b[3], score, label, candidates);
    }
}

void nn_object_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates)
{
    for (int i = 0; i < n; i += MAPS) {
        const level at = level_of(&outputs[i], item);
        decode_level(&at, self->form, l, options, candidates);
    }
}
