// SPDX-License-Identifier: MIT
// Pairs of maps, found by their sizes: logits of classes, and distances to the sides.
#include "nn/vision/decode/distance_maps.h"

#include "nn/base/arith.h"
#include "nn/vision/decode/maps.h"

#include <math.h>

enum { LEVELS = 3, FIRST = 8, SIDES = 4 };

// The two maps of a stride: the one of 4 channels has the distances, of two such ones the later.
static bool find_pair(const nn_head_output *outputs, int n, int stride, int input_h, int input_w,
                      const nn_head_output *pair[2])
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        const int64_t *dim = outputs[i].tensor.shape.dim;
        if (!nn_decode_has_rank(&outputs[i], 4) || dim[0] != outputs[0].tensor.shape.dim[0] ||
            dim[2] != nn_divide_up(input_h, stride) || dim[3] != nn_divide_up(input_w, stride))
            continue;
        if (found == 2)
            return false;
        pair[found++] = &outputs[i];
    }
    if (found == 2 && pair[1]->tensor.shape.dim[1] != SIDES) {
        const nn_head_output *first = pair[0];
        pair[0] = pair[1];
        pair[1] = first;
    }
    return found == 2 && pair[1]->tensor.shape.dim[1] == SIDES;
}

int nn_distance_maps_classes(const nn_decoder *self, const nn_head_output *outputs, int n,
                             int input_h, int input_w)
{
    const nn_head_output *pair[2];
    int64_t classes = 0;
    (void)self;
    if (n != 2 * LEVELS)
        return 0;
    for (int i = 0; i < LEVELS; i++) {
        if (!find_pair(outputs, n, FIRST << i, input_h, input_w, pair) ||
            (i > 0 && pair[0]->tensor.shape.dim[1] != classes))
            return 0;
        classes = pair[0]->tensor.shape.dim[1];
    }
    return classes < 1 << 20 ? (int)classes : 0;
}

nn_status nn_distance_maps_check(const nn_decoder *self, const nn_head_output *outputs, int n,
                                 int input_h, int input_w, int classes, nn_error *err)
{
    const int have = nn_distance_maps_classes(self, outputs, n, input_h, input_w);
    if (have > 0 && (classes == 0 || have == classes))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "needed are Nx%.0d%sx%d/Sx%d/S and Nx4x%d/Sx%d/S for S of 8, 16 and 32",
                            classes, classes ? "" : "classes", input_h, input_w, input_h, input_w);
}

static bool find_box(const nn_map_level *l, int64_t cell, float unit, nn_box *box)
{
    const float x = (float)(cell % l->w * l->stride), y = (float)(cell / l->w * l->stride);
    const float *side = l->box + cell;
    *box = (nn_box){.x0 = x - side[0] * unit,
                    .y0 = y - side[l->cells] * unit,
                    .x1 = x + side[2 * l->cells] * unit,
                    .y1 = y + side[3 * l->cells] * unit};
    return isfinite(box->x0) && isfinite(box->y0) && isfinite(box->x1) && isfinite(box->y1) &&
           nn_letterbox_to_frame(l->letterbox, box);
}

static bool find_in_pixels(const nn_map_level *l, int64_t cell, nn_box *box)
{
    return find_box(l, cell, 1, box);
}

static bool find_in_cells(const nn_map_level *l, int64_t cell, nn_box *box)
{
    return find_box(l, cell, (float)l->stride, box);
}

void nn_distance_maps_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                             const nn_letterbox *letterbox, const nn_decode_options *options,
                             nn_candidates *candidates)
{
    const nn_distance_form *f = self->form;
    const nn_head_output *pair[2];
    for (int i = 0; i < LEVELS; i++) {
        if (!find_pair(outputs, n, FIRST << i, letterbox->input_h, letterbox->input_w, pair))
            return;
        nn_map_level l = nn_map_level_of(pair[0], pair[1], item);
        l.stride = FIRST << i;
        l.letterbox = letterbox;
        l.find_box = f->in_cells ? find_in_cells : find_in_pixels;
        nn_map_level_decode(&l, options, candidates);
    }
}
