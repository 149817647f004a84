// SPDX-License-Identifier: MIT
// Runs a model on labelled pictures; the task of the model evaluates each one.
#include "nn/eval/evaluation.h"

#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"

#include <math.h>
#include <string.h>

// Each is in the file of its task, nn/train/task/WORD.c.
#define NN_TASK(word) extern const nn_evaluator nn_evaluator_##word;
#include "nn/tasks.inc"
#undef NN_TASK

#define NN_TASK(word) &nn_evaluator_##word,
static const nn_evaluator *const evaluators[] = {
#include "nn/tasks.inc"
};
#undef NN_TASK

enum { EVALUATORS = sizeof evaluators / sizeof *evaluators };

const nn_evaluator *nn_evaluator_find(const char *task)
{
    for (int i = 0; i < EVALUATORS; i++)
        if (strcmp(evaluators[i]->name, task) == 0)
            return evaluators[i];
    return NULL;
}

const nn_evaluator *nn_evaluator_of(const nn_card *card)
{
    for (int i = 0; i < EVALUATORS; i++)
        if (evaluators[i]->suits(card))
            return evaluators[i];
    return NULL;
}

void nn_evaluation_options_init(nn_evaluation_options *o)
{
    *o = (nn_evaluation_options){.threshold = -1, .iou_threshold = -1};
}

static nn_status find_task(nn_evaluation *e, nn_model **model, const char *name, nn_error *err)
{
    const nn_status status = *model ? NN_OK : nn_model_load(model, name, err);
    if (status != NN_OK)
        return status; // names the file
    e->task = nn_evaluator_of(&(*model)->card);
    return e->task ? NN_OK
                   : nn_fail(err, NN_EUNSUPPORTED, "%s: no scores for its task '%s'", name,
                             (*model)->card.task);
}

nn_status nn_evaluation_open(nn_evaluation *e, const nn_evaluator *task, nn_model *model,
                             const char *name, const nn_evaluation_options *options, nn_error *err)
{
    nn_status status = NN_OK;
    *e = (nn_evaluation){.task = task};
    if (options)
        e->options = *options;
    else
        nn_evaluation_options_init(&e->options);
    nn_result_init(&e->result);
    if (!task)
        status = find_task(e, &model, name, err);
    if (status == NN_OK)
        return e->task->open(e, model, name, err);
    nn_model_free(model);
    return status;
}

void nn_evaluation_close(nn_evaluation *e)
{
    if (e->task)
        e->task->close(e);
    nn_result_release(&e->result);
    nn_free(e->probabilities);
    nn_free((char *)e->path);
    *e = (nn_evaluation){0};
}

static nn_status begin(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    return e->metrics ? NN_OK : e->task->begin(e, data, err);
}

nn_status nn_evaluate_frame(nn_evaluation *e, int index, const nn_sample *sample,
                            const nn_frame *frame, nn_error *err)
{
    nn_scored_picture p = {.index = index, .sample = sample, .frame = frame};
    nn_status status = begin(e, NULL, err);
    if (status == NN_OK)
        status = e->task->run(e, &p, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", sample->name);
    e->pictures++;
    return e->options.scored ? e->options.scored(e->options.ctx, &p, err) : NN_OK;
}

static void tell(const nn_evaluation *e, int done, int total)
{
    if (e->options.progress)
        e->options.progress(e->options.ctx, done, total);
}

nn_status nn_evaluate_dataset(nn_evaluation *e, nn_dataset *data, nn_error *err)
{
    nn_status status = begin(e, data, err);
    if (status == NN_OK)
        tell(e, 0, data->count);
    for (int i = 0; i < data->count && status == NN_OK; i++) {
        nn_image image;
        bool borrowed;
        status = nn_dataset_picture(data, i, &image, &borrowed, err);
        if (status != NN_OK)
            return status;
        const nn_frame frame = nn_image_frame(&image);
        status = nn_evaluate_frame(e, i, &data->samples[i], &frame, err);
        if (!borrowed)
            nn_image_release(&image);
        if (status == NN_OK)
            tell(e, i + 1, data->count);
    }
    return status;
}

nn_status nn_evaluation_score(const nn_evaluation *e, nn_score *s, nn_error *err)
{
    *s = (nn_score){0};
    for (int i = 0; i < NN_SCORES; i++)
        s->value[i] = NAN;
    const nn_status status = e->metrics ? e->task->score(e, s, err) : NN_OK;
    if (!s->metric)
        s->metric = e->task->scores[0].key;
    s->pictures = e->pictures;
    s->milliseconds = nn_evaluation_ms_per_picture(e);
    return status;
}

double nn_evaluation_ms_per_picture(const nn_evaluation *e)
{
    return e->pictures ? e->milliseconds / e->pictures : 0;
}

double nn_score_get(const nn_evaluator *task, const nn_score *s, const char *key)
{
    for (int i = 0; task->scores[i].key; i++)
        if (strcmp(task->scores[i].key, key) == 0)
            return s->value[i];
    return NAN;
}

int nn_score_columns(const nn_evaluator *task)
{
    int count = 0;
    for (int i = 0; task->scores[i].key; i++)
        count += task->scores[i].column != NULL;
    return count;
}

nn_status nn_evaluate_file(nn_score *s, const nn_evaluator *task, const char *model,
                           const nn_evaluation_options *options, nn_dataset *data, nn_error *err)
{
    nn_evaluation e;
    nn_status status = nn_evaluation_open(&e, task, NULL, model, options, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(&e, data, err);
    if (status == NN_OK)
        status = nn_evaluation_score(&e, s, err);
    nn_evaluation_close(&e);
    return status;
}
