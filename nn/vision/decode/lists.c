// SPDX-License-Identifier: MIT
// Outputs that are lists of finished detections: reads them in the right order and units.
#include "nn/vision/decode/lists.h"

#include <math.h>

typedef struct lists {
    const nn_head_output *boxes, *labels, *scores, *count;
} lists;

static lists find_lists(const nn_lists_form *form, const nn_head_output *outputs, int n)
{
    lists l = {.boxes = nn_decode_named(outputs, n, form->boxes),
               .labels = nn_decode_named(outputs, n, form->labels),
               .scores = nn_decode_named(outputs, n, form->scores)};
    if (!l.labels && form->other_labels)
        l.labels = nn_decode_named(outputs, n, form->other_labels);
    if (form->count)
        l.count = nn_decode_named(outputs, n, form->count);
    return l;
}

static bool fit(const nn_lists_form *form, const nn_head_output *outputs, int n)
{
    const lists l = find_lists(form, outputs, n);
    const int rank = 1 + form->batched, needed = 3 + (l.count != NULL);
    if ((form->more ? n < needed : n != needed) ||
        (form->count_needed && (!l.count || !nn_decode_has_rank(l.count, 2))) || !l.boxes ||
        !l.labels || !l.scores || !nn_decode_has_rank(l.boxes, rank + 1) ||
        !nn_decode_has_rank(l.labels, rank) || !nn_decode_has_rank(l.scores, rank))
        return false;
    for (int i = 0; i < rank; i++)
        if (l.boxes->tensor.shape.dim[i] != l.labels->tensor.shape.dim[i] ||
            l.boxes->tensor.shape.dim[i] != l.scores->tensor.shape.dim[i])
            return false;
    if (l.count && !nn_decode_has_rank(l.count, 1) && !nn_decode_has_rank(l.count, 2))
        return false;
    if (l.count && nn_shape_count(&l.count->tensor.shape) !=
                       (form->batched ? l.boxes->tensor.shape.dim[0] : 1))
        return false;
    return l.boxes->tensor.shape.dim[rank] == 4;
}

nn_status nn_lists_check(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                         int input_w, int classes, nn_error *err)
{
    const nn_lists_form *form = self->form;
    const char *batch = form->batched ? "Nx" : "";
    (void)input_h, (void)input_w, (void)classes; // the shapes do not tell
    if (fit(form, outputs, n))
        return NN_OK;
    return nn_decode_refuse(err, self->name, outputs, n,
                            "needed are outputs with these words in their names: %s (%sKx4), %s "
                            "(%sK), %s (%sK)",
                            form->boxes, batch, form->labels, batch, form->scores, batch);
}

int nn_lists_classes(const nn_decoder *self, const nn_head_output *outputs, int n, int input_h,
                     int input_w)
{
    const nn_lists_form *form = self->form;
    (void)input_h, (void)input_w;
    return fit(form, outputs, n) ? form->classes : 0;
}

// Integers that come as floats.
static int64_t filled(const lists *l, int item, int64_t room)
{
    const float count = l->count ? nn_tensor_f32(&l->count->tensor)[item] : (float)room;
    return count >= (float)room ? room : count > 0 ? (int64_t)count : 0;
}

void nn_lists_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                     const nn_letterbox *letterbox, const nn_decode_options *options,
                     nn_candidates *candidates)
{
    const nn_lists_form *form = self->form;
    const lists l = find_lists(form, outputs, n);
    const int64_t room = l.boxes->tensor.shape.dim[form->batched];
    const float *box = nn_tensor_f32(&l.boxes->tensor) + item * room * 4;
    const float *label = nn_tensor_f32(&l.labels->tensor) + item * room;
    const float *score = nn_tensor_f32(&l.scores->tensor) + item * room;
    const float w = form->of_unit ? (float)letterbox->input_w : 1;
    const float h = form->of_unit ? (float)letterbox->input_h : 1;
    const int x = form->rows_first, y = !x;
    for (int64_t i = 0, count = filled(&l, item, room); i < count; i++, box += 4) {
        const float index = form->from_0 ? label[i] : label[i] - 1;
        if (!(index >= 0 && index < (float)options->classes))
            continue;
        const nn_box found = {.x0 = box[x] * w,
                              .y0 = box[y] * h,
                              .x1 = box[2 + x] * w,
                              .y1 = box[2 + y] * h,
                              .score = score[i],
                              .label = (int)lrintf(index),
                              .detail = self->describe ? (int32_t)i + 1 : 0};
        if (nn_decode_wants(options, found.score, found.label))
            nn_decode_add(letterbox, found, candidates);
    }
}
