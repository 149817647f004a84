// SPDX-License-Identifier: MIT
// Peaks of maps of centres.
#include "nn/vision/decode/center_maps.h"

#include <math.h>

enum { STRIDE = 4, PAIR = 2 };

typedef struct maps {
    const nn_head_output *heat, *size, *offset;
} maps;

// The two pairs are told apart by name ("wh" or "size", "reg" or "off"), else by their order.
static bool find_pairs(const nn_head_output *a, const nn_head_output *b, maps *m)
{
    const nn_head_output both[] = {*a, *b};
    const nn_head_output *size = nn_decode_named(both, 2, "wh");
    const nn_head_output *offset = nn_decode_named(both, 2, "off");
    if (!size)
        size = nn_decode_named(both, 2, "size");
    if (!offset)
        offset = nn_decode_named(both, 2, "reg");
    const bool swapped = size ? size == &both[1] : offset == &both[0];
    m->size = swapped ? b : a;
    m->offset = swapped ? a : b;
    return !size || !offset || size != offset;
}

static bool find_maps(const nn_head_output *outputs, int n, int h, int w, maps *m)
{
    const nn_head_output *pair[3] = {NULL};
    int pairs = 0;
    if (n != 3)
        return false;
    const nn_head_output *named = nn_decode_named(outputs, n, "hm");
    named = named ? named : nn_decode_named(outputs, n, "heat");
    m->heat = NULL;
    for (int i = 0; i < n; i++) {
        const int64_t *dim = outputs[i].tensor.shape.dim;
        if (!nn_decode_has_rank(&outputs[i], 4) || dim[0] != outputs[0].tensor.shape.dim[0] ||
            dim[2] * STRIDE != h || dim[3] * STRIDE != w || dim[1] >= 1 << 20)
            return false;
        const bool heat = named ? named == &outputs[i] : dim[1] != PAIR;
        if (heat)
            m->heat = &outputs[i];
        else if (dim[1] == PAIR)
            pair[pairs++] = &outputs[i];
    }
    if (!m->heat && pairs == 3) { // of two classes, the usual order
        m->heat = pair[0];
        return find_pairs(pair[1], pair[2], m);
    }
    return m->heat && pairs == 2 && find_pairs(pair[0], pair[1], m);
}

int nn_center_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                      int input_w)
{
    maps m;
    (void)self;
    return find_maps(outputs, n, input_h, input_w, &m) ? (int)m.heat->tensor.shape.dim[1] : 0;
}

nn_status nn_center_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                          int input_w, int classes, nn_error *err)
{
    const int have = nn_center_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(
        err, self->name, outputs, n,
        "three of %dx%d cells are needed for an input of %dx%d: %.0d%s classes, "
        "2 for the size, 2 for the offset",
        input_h / STRIDE, input_w / STRIDE, input_w, input_h, classes,
        classes ? "" : "any number of");
}

// Whether no neighbour is larger.
static bool is_peak(const float *map, int h, int w, int y, int x)
{
    const float v = map[y * w + x];
    for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < h; j++)
        for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < w; i++)
            if (map[j * w + i] > v)
                return false;
    return true;
}

void nn_center_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates)
{
    const bool logits = *(const bool *)self->form;
    maps m;
    if (!find_maps(outputs, n, l->input_h, l->input_w, &m))
        return;
    const int h = l->input_h / STRIDE, w = l->input_w / STRIDE;
    const int64_t cells = (int64_t)h * w;
    const float *size = nn_tensor_f32(&m.size->tensor) + item * PAIR * cells;
    const float *offset = nn_tensor_f32(&m.offset->tensor) + item * PAIR * cells;
    const float *heat = nn_tensor_f32(&m.heat->tensor) + item * options->classes * cells;
    const float t = options->threshold, least = logits ? logf(t / (1 - t)) : t;
    for (int c = 0; c < options->classes; c++, heat += cells) {
        for (int64_t i = 0; i < cells; i++) {
            if (!(heat[i] >= least) || !isfinite(heat[i]))
                continue;
            const int x = (int)(i % w), y = (int)(i / w);
            const float score = logits ? 1 / (1 + expf(-heat[i])) : heat[i];
            if (nn_decode_wants(options, score, c) && is_peak(heat, h, w, y, x))
                nn_decode_add_centred(l, ((float)x + offset[i]) * STRIDE,
                                      ((float)y + offset[cells + i]) * STRIDE, size[i] * STRIDE,
                                      size[cells + i] * STRIDE, score, c, candidates);
        }
    }
}
