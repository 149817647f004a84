// SPDX-License-Identifier: MIT
// Heads with a logit per class and a distribution per side for each cell.
#include "nn/vision/decode/gfl_maps.h"

#include "nn/base/arith.h"
#include "nn/vision/decode/distances.h"
#include "nn/vision/decode/maps.h"

const float nn_gfl_centre = 0.5f, nn_gfl_corner = 0;

// Whether it is a map of this stride; any number of channels.
static bool is_map(const nn_head_output *o, int stride, int input_h, int input_w)
{
    const int64_t *dim = o->tensor.shape.dim;
    return nn_decode_has_rank(o, 4) && dim[2] == nn_divide_up(input_h, stride) &&
           dim[3] == nn_divide_up(input_w, stride);
}

static bool is_level(const nn_head_output *cls, const nn_head_output *dist, int input_h,
                     int input_w, int64_t classes)
{
    const int64_t *a = cls->tensor.shape.dim, *b = dist->tensor.shape.dim;
    const int stride = nn_decode_stride(cls->name, "cls");
    return stride > 0 && nn_decode_stride(dist->name, "dist") == stride &&
           is_map(cls, stride, input_h, input_w) && is_map(dist, stride, input_h, input_w) &&
           a[0] == b[0] && a[1] == classes && b[1] % 4 == 0 && b[1] >= 8 &&
           b[1] <= 4 * (int64_t)NN_MAX_BINS;
}

int nn_gfl_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                   int input_w)
{
    (void)self;
    if (n < 2 || n % 2 || !nn_decode_has_rank(outputs, 4))
        return 0;
    const int64_t *first = outputs[0].tensor.shape.dim;
    for (int i = 0; i < n; i += 2)
        if (!is_level(&outputs[i], &outputs[i + 1], input_h, input_w, first[1]) ||
            outputs[i].tensor.shape.dim[0] != first[0])
            return 0;
    return (int)first[1];
}

nn_status nn_gfl_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                       int input_w, int classes, nn_error *err)
{
    const int have = nn_gfl_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "pairs of \"clsS\" Nx%.0d%sx%d/Sx%d/S and \"distS\" Nx(4 bins)x%d/Sx%d/"
                            "S are needed, S their stride",
                            classes, classes ? "" : "classes", input_h, input_w, input_h, input_w);
}

static bool find_box(const nn_map_level *l, int64_t cell, nn_box *box)
{
    const float s = (float)l->stride;
    *box = nn_distances_box(l->box + cell, l->cells, l->channels / 4,
                            ((float)(cell % l->w) + l->point) * s,
                            ((float)(cell / l->w) + l->point) * s, l->stride);
    return nn_letterbox_to_frame(l->letterbox, box);
}

void nn_gfl_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                   const nn_letterbox *letterbox, const nn_decode_options *options,
                   nn_candidates *candidates)
{
    for (int i = 0; i < n; i += 2) {
        nn_map_level l = nn_map_level_of(&outputs[i], &outputs[i + 1], item);
        l.letterbox = letterbox;
        l.find_box = find_box;
        l.point = *(const float *)self->form;
        nn_map_level_decode(&l, options, candidates);
    }
}
