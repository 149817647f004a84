// SPDX-License-Identifier: MIT
// Classification: the output of logits and, beside it, those of auxiliary classifiers.
#include "nn/train/loss/task.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/trainer.h"

#include <string.h>

extern const nn_evaluator nn_evaluator_classify;

typedef struct classify_state {
    const nn_plan *plan;
    nn_classify_loss_options options;
    int batch, classes, outputs;
    int main; // which output is not auxiliary
} classify_state;

static void release(void *state)
{
    nn_free(state);
}

static nn_status check_outputs(classify_state *s, const nn_graph *g, nn_error *err)
{
    const nn_shape want = nn_shape_2d(s->batch, s->classes);
    char text[96];
    s->outputs = nn_own_output_count(g);
    s->main = -1;
    for (int i = 0; i < s->outputs; i++) {
        const char *name = nn_graph_output_name(g, i);
        const nn_shape *shape = &nn_plan_output(s->plan, i)->shape;
        if (!nn_shape_equal(shape, &want))
            return nn_fail(err, NN_ESHAPE,
                           "training: output '%s' is %s, not one number for each "
                           "of %d classes",
                           name, nn_shape_text(shape, text, sizeof text), s->classes);
        if (strncmp(name, "aux", 3) == 0)
            continue;
        if (s->main >= 0)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "training: '%s' and '%s' are outputs, a classifier has one",
                           nn_graph_output_name(g, s->main), name);
        s->main = i;
    }
    return s->main >= 0 ? NN_OK
                        : nn_fail(err, NN_EUNSUPPORTED, "training: the network has no output");
}

static nn_status open_state(void **state, const nn_plan *plan, const nn_model *model, int batch,
                            const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    classify_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    *s = (classify_state){.plan = plan,
                          .options = options->classify,
                          .batch = batch,
                          .classes = model->card.label_count};
    nn_status status = check_outputs(s, model->graph, err);
    if (status == NN_OK)
        *state = s;
    else
        nn_free(s);
    return status;
}

static nn_status run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err)
{
    (void)err;
    const classify_state *s = state;
    const nn_classify_loss_options *o = &s->options;
    *value = (nn_task_value){0};
    for (int i = 0; i < s->outputs; i++) {
        const float *logits = nn_tensor_f32(nn_plan_output(s->plan, i));
        float *grad = nn_tensor_f32(nn_plan_output_grad(s->plan, i));
        const double weight = i == s->main ? 1 : (double)o->aux;
        const double loss = (o->sigmoid ? nn_sigmoid_loss : nn_softmax_loss)(
            logits, batch->targets, grad, s->batch, s->classes, o->smoothing,
            weight * (double)scale);
        value->part[i != s->main] += loss / (double)scale;
    }
    value->loss = value->part[0] + value->part[1];
    value->hits = nn_count_hits(nn_tensor_f32(nn_plan_output(s->plan, s->main)), batch->targets,
                                s->batch, s->classes);
    return NN_OK;
}

// The part of auxiliary classifiers, and how often the views of training were right.
static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    out[0] = sum->part[1] / steps;
    out[1] = (double)sum->hits / pictures;
}

// part: the main output, the auxiliary ones; hits: pictures whose best class is the target's.
static void fit(nn_card *card, const nn_dataset *data)
{
    card->crop = nn_choose_crop(data, card->input_h, card->input_w);
}

const nn_train_task nn_train_task_classify = {
    .name = "classify",
    .kind = NN_DATA_CLASSES,
    .defaults = "epochs=40 batch=32 lr=0.001 weight-decay=0.05 val-split=0.2",
    .evaluator = &nn_evaluator_classify,
    .epoch_parts = {"aux_loss", "train_top1"},
    .epoch_values = epoch_values,
    .transfer = NN_TRANSFER_LAST_LAYER,
    .fit = fit,
    .open = open_state,
    .close = release,
    .run = run,
};
