// SPDX-License-Identifier: MIT
// Counting: how many objects of each class a picture shows, learnt from boxes without placing them.
#include "nn/train/task/task.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/train/feature_teacher.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct count_sums {
    double absolute, squared, right;
    int64_t numbers;
} count_sums;

static bool suits(const nn_card *card)
{
    return strcmp(card->task, "count") == 0;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    const nn_classifier_options options = {.threads = e->options.threads, .crop = 1};
    nn_classifier *c;
    nn_status status = model ? NN_OK : nn_model_load(&model, name, err);
    if (status == NN_OK)
        status = nn_classifier_new(&c, model, &options, err);
    if (status != NN_OK)
        return status;
    e->model = c;
    e->card = nn_classifier_card(c);
    e->path = nn_strdup(name);
    e->probabilities = nn_alloc((size_t)nn_classifier_classes(c) * sizeof *e->probabilities);
    return e->path && e->probabilities ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    (void)data;
    e->metrics = nn_calloc(1, sizeof(count_sums));
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static int count_truths(const nn_truth *truths, int count, int label)
{
    int there = 0;
    for (int i = 0; i < count; i++)
        there += !truths[i].ignore && truths[i].label == label;
    return there;
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    count_sums *m = e->metrics;
    const nn_status status = nn_classifier_run(e->model, p->frame, e->probabilities, err);
    for (int i = 0; i < nn_classifier_classes(e->model) && status == NN_OK; i++) {
        const double part = fmin(fmax((double)e->probabilities[i], 1e-7), 1 - 1e-7);
        const int truth = count_truths(p->sample->truths, p->sample->truth_count, i);
        const double error = log(part / (1 - part)) - truth;
        m->absolute += fabs(error);
        m->squared += error * error;
        m->right += fabs(error) < 0.5;
        m->numbers++;
    }
    return status;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    const count_sums *m = e->metrics;
    (void)err;
    const double n = (double)(m->numbers > 0 ? m->numbers : 1);
    *out = (nn_score){.worth = 1 / (1 + m->absolute / n),
                      .value = {m->right / n, m->absolute / n, sqrt(m->squared / n)}};
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    nn_classifier_free(e->model);
    nn_free(e->metrics);
}

const nn_evaluator nn_evaluator_count = {
    .name = "count",
    .kind = NN_DATA_BOXES,
    .scores = {{"right", "right"}, {"mae", "mae"}, {"rmse", "rmse"}},
    .suits = suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

typedef struct count_state {
    const nn_plan *plan;
    int batch, classes;
} count_state;

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    (void)options;
    const nn_shape want = nn_shape_2d(batch, model->card.label_count);
    *state = NULL;
    if (nn_own_output_count(model->graph) != 1 ||
        !nn_shape_equal(&nn_plan_output(plan, 0)->shape, &want))
        return nn_fail(err, NN_ESHAPE, "training: counting needs one number for each class");
    count_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    *s = (count_state){plan, batch, model->card.label_count};
    *state = s;
    return NN_OK;
}

static void close_loss(void *state)
{
    nn_free(state);
}

// Huber's loss between numbers and counts, mean over pictures and classes.
static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    const count_state *s = state;
    const float *out = nn_tensor_f32(nn_plan_output(s->plan, 0));
    float *grad = nn_tensor_f32(nn_plan_output_grad(s->plan, 0));
    const double all = (double)s->batch * s->classes;
    (void)err;
    *value = (nn_task_value){0};
    for (int i = 0; i < s->batch; i++)
        for (int c = 0; c < s->classes; c++) {
            const int at = i * s->classes + c;
            const int truth = count_truths(batch->lists[i].truths, batch->lists[i].count, c);
            const double d = (double)out[at] - truth, size = fabs(d);
            value->loss += (size < 1 ? 0.5 * d * d : size - 0.5) / all;
            value->part[0] += size / all;
            value->hits += size < 0.5;
            grad[at] = (float)((double)scale * fmax(fmin(d, 1), -1) / all);
        }
    return NN_OK;
}

static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    out[0] = sum->part[0] / steps;
    out[1] = (double)sum->hits / pictures;
}

static void describe(nn_card *card, const nn_task_options *options)
{
    (void)options;
    card->sigmoid = true; // of which the scores are the inverse
    snprintf(card->head, sizeof card->head, "classify");
}

const nn_train_task nn_train_task_count = {
    .evaluator = &nn_evaluator_count,
    .defaults = "epochs=40 size=384x288 val-split=0.2",
    .epoch_parts = {"count_error", "right_counts"},
    .epoch_values = epoch_values,
    .describe = describe,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
