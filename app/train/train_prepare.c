// SPDX-License-Identifier: MIT
// Prepares a training for its first step: files, network, data, trainer.
#include "app/train/train_auto.h"
#include "app/train/train_check.h"
#include "app/train/train_files.h"
#include "app/train/train_quantize.h"
#include "app/train/train_run.h"

#include "app/data/augment_options.h"
#include "nn/train/renorm.h"

#include <stdio.h>
#include <stdlib.h>

enum { NORM_BATCHES = 8 }; // batches from which --renorm measures statistics

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

static void count_read(void *ctx, int count)
{
    app_progress_count(ctx, count, "pictures read");
}

// The largest input for which pictures are decoded.
static nn_loader_size largest_input(const app_train_options *o)
{
    const nn_trainer_options *t = &o->trainer;
    nn_loader_size most = {MAX(t->height, o->input_h), MAX(t->width, o->input_w)};
    for (int i = 0; i < t->size_count; i++) {
        const nn_loader_size *s = &t->sizes[i];
        most.height = MAX(most.height, MAX(s->height, o->input_h * s->height / t->height));
        most.width = MAX(most.width, MAX(s->width, o->input_w * s->width / t->width));
    }
    return most;
}

static nn_status init_data(app_train *t, nn_error *err)
{
    nn_notes notes = {print_note, NULL};
    size_t cache = (size_t)t->o.cache_mb << 20;
    nn_status status = nn_dataset_init(&t->train, cache, notes, err);
    if (status != NN_OK)
        return status;
    app_progress_begin(&t->progress, "", 0, 0);
    t->train.added = count_read;
    t->train.added_ctx = &t->progress;
    const nn_loader_size input = largest_input(&t->o);
    app_augment_set_enough(&t->train, &t->o.sources, &t->o.trainer.augment, input.height,
                           input.width);
    status = nn_dataset_init(&t->val, cache / 4, notes, err);
    if (status != NN_OK)
        nn_dataset_release(&t->train);
    t->have_data = status == NN_OK;
    return status;
}

static nn_status load_data(app_train *t, nn_error *err)
{
    app_data_options *sources = &t->o.sources;
    const char *folder = app_data_options_first_folder(sources);
    nn_class_map map;
    nn_status status = app_data_options_know(&t->o.sources, &t->labels, err);
    if (status == NN_OK)
        status = app_data_options_map(sources, folder, &t->labels, NULL, NULL, &map,
                                      &t->source_names, err);
    const nn_card *start = t->o.start ? &t->o.start->card : NULL;
    const nn_names learnt = {start ? start->labels : NULL, start ? start->label_count : 0};
    // A teacher's boxes are labels, too.
    if (status == NN_OK && t->asked && !t->o.teachers)
        status = app_data_options_check_labels(sources, &t->labels, t->labels.count - t->rivals,
                                               &learnt, &map, &t->source_names, err);
    if (status == NN_OK)
        status = init_data(t, err);
    if (status == NN_OK)
        status = app_data_options_load(sources, &map, &t->source_names, &t->train, &t->val, err);
    app_progress_clear(&t->progress);
    if (status != NN_OK)
        return status;
    fprintf(stderr, "%d pictures to train on, %d to validate, %d skipped\n", t->train.count,
            t->val.count, t->train.skipped + t->val.skipped);
    app_data_options_count(&t->train, &t->labels, "to train on", stderr);
    if (t->val.count > 0)
        app_data_options_count(&t->val, &t->labels, "to validate", stderr);
    return status;
}

// Resumes from the checkpoint. A training that was stopped before its first one starts again.
static nn_status resume(app_train *t, nn_error *err)
{
    const nn_status status = nn_training_resume(t->run, err);
    if (status != NN_ENOTFOUND)
        return status;
    fprintf(stderr, "note: no checkpoint in %s yet, starting from the beginning\n", t->o.work);
    return NN_OK;
}

static int own_threads(const app_train *t)
{
    const char *text = g_getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const long here = t->ranks && text ? strtol(text, NULL, 10) : 1;
    return t->o.threads > 0 || here < 2 ? t->o.threads
                                        : (int)MAX(g_get_num_processors() / (guint)here, 1);
}

nn_status app_train_prepare(app_train *t, nn_error *err)
{
    t->given = t->model != NULL;
    t->o.threads = own_threads(t);
    t->o.trainer.ranks = t->ranks;
    nn_status status = app_train_check_lists(t, err);
    if (status == NN_OK)
        status = app_train_open_files(t, err);
    if (status == NN_OK)
        status = app_data_options_unpack(&t->o.sources, err);
    // Builds the network first: reading data may take minutes, and a wrong option shows before
    // that.
    if (status == NN_OK)
        status = app_train_build(t, err);
    if (status == NN_OK)
        status = app_train_check_classes(t, err);
    if (status == NN_OK)
        status = app_train_try_format(t, err);
    if (status == NN_OK)
        status = app_train_rates(t, err);
    if (status == NN_OK)
        status = app_train_open_teachers(t, err);
    if (status == NN_OK)
        status = load_data(t, err);
    if (status == NN_OK)
        status = app_train_check_data(t, err);
    if (status == NN_OK)
        status = app_train_weigh(t, err);
    if (status == NN_OK)
        status = app_train_start(t, err);
    if (status == NN_OK)
        status = app_train_quantize(t, err);
    if (status == NN_OK)
        status = app_train_open_features(t, err);
    if (status != NN_OK)
        return status;
    status = app_train_choose_batch(t, err);
    if (status != NN_OK)
        return status;
    t->pool = nn_pool_new(t->o.threads);
    if (!t->pool)
        return nn_fail(err, NN_ENOMEM, "cannot start %d threads", t->o.threads);
    status = nn_trainer_new(&t->trainer, t->model, &t->train, &t->o.trainer, t->pool, err);
    if (status != NN_OK)
        return status;
    t->task = nn_trainer_task(t->trainer);
    t->say = app_task_find(t->task->evaluator->name);
    status = app_train_open_run(t, err);
    if (status == NN_OK && t->o.resume)
        status = resume(t, err);
    if (status == NN_OK && t->o.renorm && nn_trainer_steps_done(t->trainer) == 0)
        status = nn_trainer_set_norms(t->trainer, NORM_BATCHES, err);
    if (status == NN_OK && t->o.inspect && nn_ranks_index(t->ranks) == 0)
        status = app_inspect_open(&t->inspect, t->o.work, t->trainer,
                                  t->val.count > 0 ? &t->val : &t->train, err);
    if (status == NN_OK && nn_ranks_index(t->ranks) == 0)
        status = app_history_open(&t->history, t->o.work, t->task,
                                  nn_trainer_steps_done(t->trainer), err);
    if (status == NN_OK)
        fprintf(stderr, "%s%s%s: %lld parameters, %.0f M multiply-adds a %s, %lld steps\n",
                *t->model->card.network ? t->model->card.network : "the network of the file",
                *t->model->card.options ? " " : "", t->model->card.options,
                (long long)nn_model_param_count(t->model),
                nn_trainer_macs(t->trainer) * nn_ranks_count(t->ranks) / t->o.trainer.batch /
                    MAX(t->task->views, 1) / 1e6,
                t->task->views > 1 ? "view" : "picture",
                (long long)nn_trainer_steps_total(t->trainer));
    return status;
}

nn_status app_train_again(app_train *t, nn_model *model, nn_error *err)
{
    nn_training_free(t->run);
    t->run = NULL;
    nn_trainer_free(t->trainer);
    t->trainer = NULL;
    nn_model_free(t->model);
    t->model = model;
    app_history_close(&t->history);
    t->history = (app_history){0};
    t->shown_epoch = 0;
    nn_status status =
        nn_trainer_new(&t->trainer, t->model, &t->train, &t->o.trainer, t->pool, err);
    if (status == NN_OK)
        status = app_train_open_run(t, err);
    return status == NN_OK ? app_history_open(&t->history, t->o.work, t->task, 0, err) : status;
}

void app_train_release(app_train *t)
{
    app_inspect_close(&t->inspect);
    app_history_close(&t->history);
    nn_training_free(t->run);
    nn_trainer_free(t->trainer);
    app_train_close_teachers(t);
    app_train_quantize_release(t);
    nn_pool_free(t->pool);
    nn_model_free(t->model);
    if (t->have_data) {
        nn_dataset_release(&t->train);
        nn_dataset_release(&t->val);
    }
    nn_names_release(&t->labels);
    nn_names_release(&t->source_names);
    g_free(t->rates);
    app_train_options_release(&t->o);
    nn_ranks_close(t->ranks);
    *t = (app_train){0};
}
