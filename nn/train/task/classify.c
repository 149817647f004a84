// SPDX-License-Identifier: MIT
// Classification: pictures with classes; outputs of logits, one and those of auxiliary classifiers.
#include "nn/train/task/classifier_model.h"
#include "nn/train/task/task.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/eval/class_metrics.h"
#include "nn/graph/backward.h"
#include "nn/predict/classifier.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/trainer.h"
#include "nn/vision/decode/decode.h"

#include <math.h>
#include <string.h>

// Evaluation.

static bool suits(const nn_card *card)
{
    const nn_decoder *decoder = nn_decoder_of(card->head, card->task);
    return decoder && decoder->whole_frame;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    return nn_classifier_model_open(e, model, name, false, err);
}

// Whether pictures may show several classes.
static bool shows_several(const nn_evaluation *e, const nn_dataset *data)
{
    for (int i = 0; data && i < data->count && !e->options.classes_by_card; i++)
        if (data->samples[i].class_count > 1)
            return true;
    return e->card->sigmoid;
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    e->metrics = nn_class_metrics_new(nn_classifier_classes(e->model), shows_several(e, data));
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    const nn_sample *s = p->sample;
    const double began = nn_clock_seconds();
    const nn_status status = nn_classifier_run(e->model, p->frame, e->probabilities, err);
    e->milliseconds += 1e3 * (nn_clock_seconds() - began);
    return status == NN_OK ? nn_class_metrics_add(e->metrics, p->index, s->classes, s->class_count,
                                                  e->probabilities, err)
                           : status;
}

// The score of a model that always says the most frequent class, or for pictures of several classes
// the same probability for each. 0 where there is but one class.
static double find_chance(const nn_class_metrics *m, const nn_class_summary *s)
{
    int64_t all = 0, most = 0, existing = 0;
    for (int i = 0; i < nn_class_metrics_classes(m); i++) {
        const int64_t truths = nn_class_metrics_truths(m, i);
        all += truths;
        existing += truths > 0;
        most = truths > most ? truths : most;
    }
    if (existing < 2 || s->pictures == 0)
        return 0;
    return nn_class_metrics_multi(m) ? (double)all / (double)existing / (double)s->pictures
                                     : (double)most / (double)all;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    nn_class_summary s;
    const nn_status status = nn_class_metrics_summary(e->metrics, &s, err);
    if (status != NN_OK)
        return status;
    const bool by_map = nn_class_metrics_multi(e->metrics) && isfinite(s.map);
    // With equal accuracy the lower loss counts: accuracy on a small set has few steps.
    *out = (nn_score){.worth = by_map ? s.map : s.top1 + 1e-6 / (1 + fmax(s.loss, 0)),
                      .metric = by_map ? "map" : "top1",
                      .chance = find_chance(e->metrics, &s),
                      .value = {s.top1, s.top5, s.loss, s.map}};
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    nn_classifier_free(e->model);
    nn_class_metrics_free(e->metrics);
}

const nn_evaluator nn_evaluator_classify = {
    .name = "classify",
    .kind = NN_DATA_CLASSES,
    .scores = {{"top1", "top1"}, {"top5", "top5"}, {"loss", "val_loss"}, {"map", NULL}},
    .suits = suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

// Training.

typedef struct classify_state {
    const nn_plan *plan;
    nn_classify_loss_options options;
    int batch, classes, outputs;
    int main; // which output is not auxiliary
} classify_state;

static void close_loss(void *state)
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

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
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

static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
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

static void describe(nn_card *card, const nn_task_options *options)
{
    card->sigmoid = options->classify.sigmoid;
}

static void fit(nn_card *card, const nn_dataset *data)
{
    card->crop = nn_choose_crop(data, card->input_h, card->input_w);
}

// part: the main output, the auxiliary ones; hits: pictures whose best class is the target's.
const nn_train_task nn_train_task_classify = {
    .evaluator = &nn_evaluator_classify,
    .defaults = "epochs=40 batch=32 lr=0.001 weight-decay=0.05 val-split=0.2",
    .epoch_parts = {"aux_loss", "train_top1"},
    .epoch_values = epoch_values,
    .transfer = NN_TRANSFER_LAST_LAYER,
    .least_classes = 2,
    .describe = describe,
    .fit = fit,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
