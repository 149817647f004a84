// SPDX-License-Identifier: MIT
// Evaluation of classifiers: how often the best classes are the true ones.
#include "nn/eval/evaluation.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/eval/class_metrics.h"
#include "nn/io/io.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/vision/decode/decode.h"

#include <math.h>

static bool suits(const nn_card *card)
{
    const nn_decoder *decoder = nn_decoder_of(card->head, card->task);
    return decoder && decoder->whole_frame;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    const nn_classifier_options options = {.threads = e->options.threads,
                                           .input_h = e->options.input_h,
                                           .input_w = e->options.input_w,
                                           .crop = e->options.crop};
    nn_classifier *c;
    nn_status status = model ? NN_OK : nn_model_load(&model, name, err);
    if (status != NN_OK)
        return status; // names the file
    status = nn_classifier_new(&c, model, &options, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", name);
    e->model = c;
    e->card = nn_classifier_card(c);
    e->path = nn_strdup(name);
    e->probabilities = nn_alloc((size_t)nn_classifier_classes(c) * sizeof *e->probabilities);
    return e->path && e->probabilities ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

// Whether pictures may show several classes.
static bool shows_several(const nn_evaluation *e, const nn_dataset *data)
{
    for (int i = 0; data && i < data->count && !e->options.classes_by_card; i++)
        if (data->samples[i].class_count > 1)
            return true;
    return e->card->sigmoid;
}

static nn_status begin(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    e->metrics = nn_class_metrics_new(nn_classifier_classes(e->model), shows_several(e, data));
    return e->metrics ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status run(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
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

static nn_status score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    nn_class_summary s;
    const nn_status status = nn_class_metrics_summary(e->metrics, &s, err);
    if (status != NN_OK)
        return status;
    // With equal accuracy the lower loss counts: accuracy on a small set has few steps.
    *out = (nn_score){.worth = nn_class_metrics_multi(e->metrics) && isfinite(s.map)
                                   ? s.map
                                   : s.top1 + 1e-6 / (1 + fmax(s.loss, 0)),
                      .chance = find_chance(e->metrics, &s),
                      .value = {s.top1, s.top5, s.loss, s.map}};
    return NN_OK;
}

static void release(nn_evaluation *e)
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
    .begin = begin,
    .run = run,
    .score = score,
    .close = release,
};
