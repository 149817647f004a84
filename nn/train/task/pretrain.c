// SPDX-License-Identifier: MIT
// Pretraining without labels: two views of each picture; features, and a projector that is trained
// behind them.
#include "nn/train/task/classifier_model.h"
#include "nn/train/task/task.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/eval/knn_scores.h"
#include "nn/graph/backward.h"
#include "nn/graph/pretrained.h"
#include "nn/predict/classifier.h"
#include "nn/train/projector.h"
#include "nn/train/trainer.h"

#include <math.h>
#include <string.h>

enum { VIEWS = 2 };
#define COLLAPSED 0.05 // spread of projections that say hardly anything

// Evaluation: how well features find the class of a picture, which is its folder.

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_classifier_model_open(e, model, name, true, err);
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    if (data && nn_knn_folders(data) < 2)
        return nn_fail(err, NN_EINVAL,
                       "pretrained features are scored by the folders that pictures lie in: there "
                       "must be two or more, one for each class");
    e->metrics = nn_knn_scores_new(nn_classifier_classes(e->model));
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    const double began = nn_clock_seconds();
    const nn_status status = nn_classifier_outputs(e->model, p->frame, e->probabilities, err);
    e->milliseconds += 1e3 * (nn_clock_seconds() - began);
    return status == NN_OK ? nn_knn_scores_add(e->metrics, p->sample->name, e->probabilities, err)
                           : status;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    nn_knn_result r;
    const nn_status status = nn_knn_scores_result(e->metrics, &r, err);
    if (status == NN_OK)
        *out = (nn_score){.worth = isfinite(r.top1) ? r.top1 : 0,
                          .chance = r.chance,
                          .value = {r.top1, r.chance, r.classes}};
    return status;
}

static void close_model(nn_evaluation *e)
{
    nn_classifier_free(e->model);
    nn_knn_scores_free(e->metrics);
}

const nn_evaluator nn_evaluator_pretrain = {
    .name = "pretrain",
    .kind = NN_DATA_VIEWS,
    .scores = {{"knn_top1", "knn_top1"}, {"chance", NULL}, {"folders", NULL}},
    .suits = nn_card_is_pretrained,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

// Training.

typedef struct pretrain_state {
    nn_pretrain_loss_options options;
    nn_views_batch batch;
    const nn_tensor *unused; // gradient of the features, of which there is no loss
    const nn_kernels *kernels;
} pretrain_state;

static nn_status extend(nn_model **out, const nn_model *model, const nn_task_options *options,
                        uint64_t seed, nn_error *err)
{
    return nn_add_projector(out, model, options->pretrain.projector, seed, err);
}

static void close_loss(void *state)
{
    pretrain_state *s = state;
    if (!s)
        return;
    nn_free(s->batch.room);
    nn_free(s);
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    const int last = nn_graph_output_count(model->graph) - 1; // the projection
    const nn_tensor *z = nn_plan_output(plan, last);
    *state = NULL;
    if (batch < 2)
        return nn_fail(err, NN_EINVAL,
                       "training: pictures of a batch are compared with each other, so --batch is "
                       "2 or more");
    pretrain_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    *s = (pretrain_state){.options = options->pretrain,
                          .batch = {.z = nn_tensor_f32(z),
                                    .grad = nn_tensor_f32(nn_plan_output_grad(plan, last)),
                                    .pictures = batch,
                                    .dims = (int)z->shape.dim[1]},
                          .unused = nn_plan_output_grad(plan, 0),
                          .kernels = nn_kernels_best()};
    s->batch.room = nn_alloc(sizeof(float) * nn_pretrain_loss_room(batch, s->batch.dims));
    if (!s->batch.room) {
        close_loss(s);
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    }
    *state = s;
    return NN_OK;
}

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    const pretrain_state *s = state;
    const nn_views_batch *b = &s->batch;
    (void)batch;
    (void)err;
    *value =
        (nn_task_value){.part = {nn_embedding_spread(b->z, VIEWS * b->pictures, b->dims, b->room),
                                 nn_views_cosine(b->z, b->pictures, b->dims)}};
    value->loss = s->options.method == NN_PRETRAIN_VICREG
                      ? nn_vicreg_loss(b, (double)scale, s->kernels)
                      : nn_ntxent_loss(b, s->options.temperature, (double)scale, s->kernels);
    if (s->unused->data) // not all below it is frozen
        memset(s->unused->data, 0, nn_tensor_bytes(s->unused));
    return NN_OK;
}

static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    (void)pictures;
    for (int i = 0; i < NN_TASK_PARTS; i++)
        out[i] = sum->part[i] / steps;
}

static void fit(nn_card *card, const nn_dataset *data)
{
    card->crop = nn_choose_crop(data, card->input_h, card->input_w);
}

// What views change a network learns to ignore: they change hues less than those of SimCLR.
// part: the spread of the projections, the cosine of the two of a picture.
const nn_train_task nn_train_task_pretrain = {
    .evaluator = &nn_evaluator_pretrain,
    .defaults = "epochs=200 batch=64 lr=0.001 weight-decay=0.0001 val-split=0 area=0.2:1 "
                "brightness=0.2 contrast=0.3 saturation=0.3 hue=0.03 "
                "camera=grey=0.2:1,defocus=0.3:1",
    .epoch_parts = {"spread", "views_cosine"},
    .epoch_values = epoch_values,
    .views = VIEWS,
    .collapsed = COLLAPSED,
    .fit = fit,
    .extend = extend,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
