// SPDX-License-Identifier: MIT
// train --quantize: from a float32 model to one that is trained in its 8-bit form.
#include "app/train/train_quantize.h"

#include "app/cli/open_model.h"

#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/predict/calibration.h"
#include "nn/predict/fastest_form.h"
#include "nn/train/fake_quantize.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PICTURES = 256 }; // that calibrate

nn_status app_train_quantize_options(app_train_options *o, bool epochs_given, bool rate_given,
                                     nn_error *err)
{
    if (!o->quantize)
        return o->reduce_range ? nn_fail(err, NN_EINVAL, "--reduce-range is for --quantize")
                               : NN_OK;
    if (!o->init)
        return nn_fail(err, NN_EINVAL,
                       "--quantize trains a float32 model further: give it as --init MODEL");
    if (o->renorm)
        return nn_fail(err, NN_EINVAL, "--renorm is not for --quantize, which folds batch norms");
    if (o->features)
        return nn_fail(err, NN_EINVAL, "--distill-features is not for --quantize");
    if (!epochs_given)
        o->trainer.epochs = 4;
    if (!rate_given)
        o->trainer.schedule.rate = 1e-4f;
    return NN_OK;
}

// --- calibration ---

static nn_status observe(app_train *t, nn_calibration *c, int i, nn_error *err)
{
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(&t->train, i, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const nn_frame frame = nn_image_frame(&image);
    status = nn_calibration_frame(c, &frame, err);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

// Pictures to train on, spread over all of them.
static nn_status calibrate(app_train *t, nn_calibration *c, nn_error *err)
{
    const int count = MIN(t->train.count, PICTURES);
    nn_status status = NN_OK;
    app_progress_begin(&t->progress, "calibrating", 0, count);
    for (int i = 0; i < count && status == NN_OK; i++) {
        status = observe(t, c, (int)((int64_t)i * t->train.count / count), err);
        app_progress_late(&t->progress, i + 1, "pictures");
    }
    app_progress_clear(&t->progress);
    return status;
}

static nn_status open_calibration(app_train *t, nn_calibration **c, nn_error *err)
{
    const nn_calibration_options options = {
        .threads = t->o.threads, .method = NN_RANGE_MSE, .reduce_range = t->o.reduce_range};
    nn_model *copy;
    nn_status status = app_refuse_texts(t->model, t->o.init, err);
    if (status == NN_OK)
        status = nn_model_copy(&copy, t->model, err);
    return status == NN_OK ? nn_calibration_new(c, copy, &options, err) : status;
}

// --- scores ---

static void show_scoring(void *ctx, int done, int total)
{
    app_progress *p = ctx;
    if (done == 0)
        app_progress_begin(p, "scoring", 0, total);
    else
        app_progress_late(p, done, "pictures");
}

// Scores a model file on the pictures held back, as the training scores its epochs.
static nn_status score_file(app_train *t, const char *file, nn_score *score, nn_error *err)
{
    nn_evaluation_options options;
    nn_evaluation_options_init(&options);
    options.threads = t->o.threads;
    options.classes_by_card = true;
    options.all_int8 = true; // the score of what the file holds, on any processor
    options.ctx = &t->progress;
    options.progress = show_scoring;
    const nn_status status =
        nn_evaluate_file(score, nn_evaluator_of(&t->model->card), file, &options, &t->val, err);
    app_progress_clear(&t->progress);
    return status;
}

static nn_status score_model(app_train *t, const nn_model *m, nn_score *score, nn_error *err)
{
    g_autofree char *file = g_build_filename(t->o.work, "scored.safetensors", NULL);
    nn_status status = nn_model_save(m, file, false, err);
    if (status == NN_OK)
        status = score_file(t, file, score, err);
    unlink(file);
    return status;
}

static void say_score(const app_train *t, const char *what, const nn_score *score)
{
    char text[160];
    const app_task *task = app_task_find(nn_evaluator_of(&t->model->card)->name);
    fprintf(stderr, "%-22s %s\n", what, app_task_describe(task, score, text, sizeof text));
}

// Only the first process scores.
static nn_status score_before(app_train *t, const nn_model *narrow, nn_error *err)
{
    if (t->val.count == 0 || nn_ranks_index(t->ranks) > 0)
        return NN_OK;
    nn_status status = score_model(t, t->model, &t->quantized.exact, err);
    if (status == NN_OK)
        status = score_model(t, narrow, &t->quantized.calibrated, err);
    t->quantized.scored = status == NN_OK;
    if (status == NN_OK) {
        say_score(t, "float32", &t->quantized.exact);
        say_score(t, "int8, calibrated", &t->quantized.calibrated);
    }
    return status;
}

nn_status app_train_quantize_score(app_train *t, nn_card *card, nn_error *err)
{
    g_autofree char *best = g_build_filename(t->o.work, "best.safetensors", NULL);
    if (!t->quantized.scored)
        return NN_OK;
    const nn_status status = score_file(t, best, &t->quantized.trained, err);
    if (status != NN_OK)
        return status;
    nn_quantized_score s = {.float32 = t->quantized.exact.value[0],
                            .int8 = t->quantized.trained.value[0]};
    g_strlcpy(s.score, nn_evaluator_of(card)->scores[0].key, sizeof s.score);
    return nn_card_set_quantized(card, &s, err);
}

void app_train_quantize_say(const app_train *t)
{
    const struct {
        const char *what;
        const nn_score *score;
    } rows[] = {{"float32", &t->quantized.exact},
                {"int8, calibrated", &t->quantized.calibrated},
                {"int8, trained", &t->quantized.trained}};
    if (!t->quantized.scored)
        return;
    g_autofree char *path = g_build_filename(t->o.work, "report.md", NULL);
    FILE *report = fopen(path, "a");
    if (report)
        fputs("\n## 8 bits\n\n", report);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char text[160];
        say_score(t, rows[i].what, rows[i].score);
        if (report)
            fprintf(report, "- %s: %s\n", rows[i].what,
                    app_task_describe(t->say, rows[i].score, text, sizeof text));
    }
    if (report)
        fclose(report);
}

// --- the model that is trained ---

// Takes over `narrow`.
static nn_status make_trained(app_train *t, nn_model *narrow, const nn_model *exact, nn_error *err)
{
    nn_model *trained;
    const nn_status status =
        nn_fake_quantizer_new(&t->quantized.fake, &trained, narrow, exact, t->o.reduce_range, err);
    if (status != NN_OK)
        return status;
    nn_model_free(t->model);
    t->model = trained;
    t->o.trainer.fake = t->quantized.fake;
    g_clear_pointer(&t->rates, g_free);
    t->o.trainer.rates = NULL;
    return app_train_rates(t, err); // the parameters are others
}

// A class that the float32 model never learnt makes its score, with which all is compared, low.
static void warn_of_classes(const app_train *t)
{
    const nn_card *start = t->o.start && !t->o.sources.map ? &t->o.start->card : NULL;
    for (int i = 0; start && start->label_count > 0 && i < t->labels.count; i++) {
        int k = 0;
        while (k < start->label_count && strcmp(start->labels[k], t->labels.name[i]) != 0)
            k++;
        if (k < start->label_count)
            continue;
        g_autofree char *line = g_strdup_printf(
            "%s does not know '%.80s': train it in float32 for these classes before "
            "--quantize, which has few epochs and a low rate",
            t->o.init, t->labels.name[i]);
        app_progress_warning(line);
        return;
    }
}

nn_status app_train_quantize(app_train *t, nn_error *err)
{
    nn_calibration *c = NULL;
    nn_model *narrow = NULL;
    if (!t->o.quantize)
        return NN_OK;
    warn_of_classes(t);
    nn_status status = open_calibration(t, &c, err);
    if (status == NN_OK)
        status = calibrate(t, c, err);
    if (status == NN_OK)
        status = nn_quantizer_make(nn_calibration_quantizer(c), NULL, &narrow, err);
    if (status == NN_OK)
        status = score_before(t, narrow, err);
    if (status == NN_OK) {
        status = make_trained(t, narrow, nn_quantizer_model(nn_calibration_quantizer(c)), err);
        narrow = NULL;
    }
    nn_model_free(narrow);
    nn_calibration_free(c);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "--quantize");
}

void app_train_quantize_release(app_train *t)
{
    nn_fake_quantizer_free(t->quantized.fake);
}
