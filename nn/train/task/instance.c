// SPDX-License-Identifier: MIT
// Instance masks: boxes with outlines.
#include "nn/base/memory.h"
#include "nn/eval/evaluate_detect.h"
#include "nn/graph/backward.h"
#include "nn/train/task/box_task.h"

#include <string.h>

static bool suits(const nn_card *card)
{
    return strcmp(card->task, "instance") == 0;
}

const nn_evaluator nn_evaluator_instance = {
    .name = "instance",
    .kind = NN_DATA_BOXES,
    .details = NN_DETAIL_OUTLINES,
    .scores =
        {{"ap50", "ap50"}, {"ap", "ap"}, {"precision", NULL}, {"recall", NULL}, {"objects", NULL}},
    .suits = suits,
    .open = nn_evaluate_boxes_open,
    .begin = nn_evaluate_boxes_begin,
    .run = nn_evaluate_boxes_run,
    .score = nn_evaluate_boxes_score,
    .choose = nn_evaluate_boxes_choose,
    .close = nn_evaluate_boxes_close,
};

typedef struct masks {
    nn_instance_prototypes prototypes;
    nn_instance_loss *loss;
} masks;

static void close_masks(void *own)
{
    masks *m = own;
    nn_instance_loss_free(m->loss);
    nn_free(m);
}

static nn_status add_masks(nn_box_task *t, const nn_detect_loss_value *v, double *more,
                           nn_error *err)
{
    const masks *m = t->own;
    return nn_instance_loss_grad(m->loss, t->loss, t->outputs.levels, &m->prototypes,
                                 t->options.mask_weight, v, more, err);
}

static void scale_masks(const nn_box_task *t, float scale)
{
    const nn_instance_prototypes *p = &((const masks *)t->own)->prototypes;
    const int64_t count = (int64_t)t->outputs.batch * p->count * p->h * p->w;
    for (int64_t i = 0; i < count; i++)
        p->grad[i] *= scale;
}

// Finds the output "proto", as the levels' coefficients need it.
static nn_status open_masks(nn_box_task *t, const nn_plan *plan, const nn_graph *g, nn_error *err)
{
    const int i = nn_graph_find_output(g, "proto");
    const nn_shape *have = i < 0 ? NULL : &nn_plan_output(plan, i)->shape;
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    if (!have || have->rank != 4 || have->dim[1] != t->outputs.levels[0].more_count)
        return nn_fail(err, NN_ESHAPE, "training: there is no output 'proto' of (N,%d,h,w)",
                       t->outputs.levels[0].more_count);
    masks *m = t->own = nn_calloc(1, sizeof *m);
    if (!m)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    t->close_own = close_masks;
    t->add = add_masks;
    t->scale = scale_masks;
    m->prototypes =
        (nn_instance_prototypes){.count = (int)have->dim[1],
                                 .h = (int)have->dim[2],
                                 .w = (int)have->dim[3],
                                 .height = (int)input->dim[2],
                                 .width = (int)input->dim[3],
                                 .value = nn_tensor_f32(nn_plan_output(plan, i)),
                                 .grad = nn_detect_outputs_gradient(&t->outputs, plan, i)};
    return m->prototypes.grad ? nn_instance_loss_new(&m->loss, &m->prototypes, err)
                              : nn_fail(err, NN_ENOMEM, "training: no memory");
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    nn_status status = nn_box_task_open(state, plan, model, batch, options, err);
    if (status == NN_OK)
        status = open_masks(*state, plan, model->graph, err);
    if (status != NN_OK) {
        nn_box_task_close(*state);
        *state = NULL;
    }
    return status;
}

// part: classes and boxes, masks; hits: points with a target.
const nn_train_task nn_train_task_instance = {
    .evaluator = &nn_evaluator_instance,
    .defaults = "size=384x288 val-split=0.2",
    .epoch_parts = {"box_loss", "mask_loss"},
    .epoch_values = nn_box_task_epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .cell = 32,
    .open = open_loss,
    .close = nn_box_task_close,
    .run = nn_box_task_run,
};
