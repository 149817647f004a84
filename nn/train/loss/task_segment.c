// SPDX-License-Identifier: MIT
// Segmentation: one output of logits, (N, classes, h, w), and a class for every pixel of the views.
#include "nn/train/loss/task.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/train/feature_teacher.h"

#include <stddef.h>

extern const nn_evaluator nn_evaluator_segment;

typedef struct segment_state {
    nn_segment_maps maps;
    nn_segment_loss *loss;
} segment_state;

static void release(void *state)
{
    segment_state *s = state;
    if (!s)
        return;
    nn_segment_loss_free(s->loss);
    nn_free(s);
}

static nn_status find_output(segment_state *s, const nn_plan *plan, const nn_graph *g, int batch,
                             int classes, nn_error *err)
{
    char text[96];
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_tensor *out = nn_plan_output(plan, 0);
    if (nn_own_output_count(g) != 1 || out->shape.rank != 4 || out->shape.dim[1] != classes)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "training: output '%s' of %d is %s, segmentation into %d classes needs one "
                       "of (N,%d,h,w)",
                       nn_graph_output_name(g, 0), nn_own_output_count(g),
                       nn_shape_text(&out->shape, text, sizeof text), classes, classes);
    if (classes < 2 || classes > NN_MASK_CLASSES)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "training: %d classes; a mask holds 2 to %d, the background counted",
                       classes, NN_MASK_CLASSES);
    s->maps = (nn_segment_maps){.batch = batch,
                                .classes = classes,
                                .h = (int)out->shape.dim[2],
                                .w = (int)out->shape.dim[3],
                                .height = (int)input->dim[2],
                                .width = (int)input->dim[3],
                                .logits = nn_tensor_f32(out),
                                .grad = nn_tensor_f32(nn_plan_output_grad(plan, 0))};
    return NN_OK;
}

static nn_status open_state(void **state, const nn_plan *plan, const nn_model *model, int batch,
                            const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    segment_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    nn_status status = find_output(s, plan, model->graph, batch, model->card.label_count, err);
    if (status == NN_OK)
        status = nn_segment_loss_new(&s->loss, &options->segment, &s->maps, err);
    if (status == NN_OK)
        *state = s;
    else
        release(s);
    return status;
}

static nn_status run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err)
{
    (void)err;
    segment_state *s = state;
    s->maps.labels = batch->labels;
    const nn_segment_loss_value v = nn_segment_loss_grad(s->loss, &s->maps, (double)scale);
    *value = (nn_task_value){.loss = v.entropy + v.dice, .part = {v.entropy, v.dice}};
    // A thousandth of a picture is as fine as anyone looks.
    value->hits =
        v.pixels > 0 ? (int64_t)(1000.0 * s->maps.batch * (double)v.hits / (double)v.pixels) : 0;
    return NN_OK;
}

// The part of Dice, and how many pixels of the views of training were right.
static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    out[0] = sum->part[1] / steps;
    out[1] = (double)sum->hits / 1000 / pictures;
}

// part: cross entropy, Dice; hits: thousandths of pictures whose pixels are right.
const nn_train_task nn_train_task_segment = {
    .name = "segment",
    .kind = NN_DATA_MASKS,
    .defaults = "epochs=40 size=384x288 val-split=0.2",
    .evaluator = &nn_evaluator_segment,
    .epoch_parts = {"dice_loss", "train_pixel_accuracy"},
    .epoch_values = epoch_values,
    .weight_offset = offsetof(nn_task_options, segment.weight),
    .weight_bytes = sizeof((nn_segment_loss_options){0}.weight),
    .open = open_state,
    .close = release,
    .run = run,
};
