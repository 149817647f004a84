// SPDX-License-Identifier: MIT
// A training from a folder to a model.
#include "nn/api/train.h"

#include "nn/api/scores.h"
#include "nn/api/train_start.h"
#include "nn/base/memory.h"
#include "nn/data/annotation_store.h"
#include "nn/data/folder_labels.h"
#include "nn/train/options.h"
#include "nn/train/run.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/zoo.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_BYTES = 1 << 30 }; // of decoded pictures
#define VAL_PART 0.2

// Everything that a training needs until it is over.
typedef struct job {
    const nn_train_options *o;
    const nn_train_task *task;
    nn_names labels;
    nn_dataset train, val;
    bool have_train, have_val, own_work;
    char work[PATH_MAX];
    nn_model *model;
    nn_pool *pool;
    nn_trainer *trainer;
    nn_training *run;
} job;

static nn_status find_task(const nn_train_task **task, const char *name, nn_error *err)
{
    *task = name ? nn_train_task_find(name) : NULL;
    return *task ? NN_OK : nn_train_task_unknown(name ? name : "", "task", err);
}

static nn_status usual_options(nn_trainer_options *o, const nn_train_task *task, nn_error *err)
{
    nn_trainer_defaults(o);
    o->schedule.warmup = -1; // as the trainer likes
    return nn_options_set(nn_trainer_option_rows(), o, task->defaults, err);
}

nn_status nn_train_options_init(nn_train_options *options, const char *name, nn_error *err)
{
    const nn_train_task *task;
    nn_trainer_options usual;
    *options = (nn_train_options){0};
    nn_status status = find_task(&task, name, err);
    if (status == NN_OK)
        status = usual_options(&usual, task, err);
    if (status != NN_OK)
        return status;
    *options = (nn_train_options){.task = task->evaluator->name,
                                  .network = "neroscale_alexpp",
                                  .val_part = VAL_PART,
                                  .epochs = usual.epochs,
                                  .batch = usual.batch,
                                  .rate = (double)usual.schedule.rate,
                                  .seed = usual.seed,
                                  .threads = nn_all_threads(),
                                  .val_every = 1};
    if (!nn_train_task_size(task, &options->input_width, &options->input_height))
        options->input_width = options->input_height = NN_FROM_MODEL;
    return NN_OK;
}

static bool is_size(int pixels)
{
    return pixels > 0 || pixels == NN_FROM_MODEL;
}

static nn_status check(const nn_train_options *o, nn_error *err)
{
    const nn_status status = nn_check_threads(o->threads, err);
    if (status != NN_OK)
        return status;
    if (o->epochs < 1 || o->batch < 1 || o->val_every < 1 || o->patience < 0)
        return nn_fail(err, NN_EINVAL, "%d epochs of batches of %d, validated every %d", o->epochs,
                       o->batch, o->val_every);
    if (!(o->rate > 0 && o->rate < 10) || !(o->val_part >= 0 && o->val_part < 1))
        return nn_fail(err, NN_EINVAL, "a rate of %g, a part of %g to validate on", o->rate,
                       o->val_part);
    if (!is_size(o->input_width) || !is_size(o->input_height))
        return nn_fail(err, NN_EINVAL, "an input of %dx%d pixels", o->input_width, o->input_height);
    if (!o->network || !nn_zoo_find(o->network))
        return nn_fail(err, NN_ENOTFOUND, "no network '%s'", o->network ? o->network : "");
    return NN_OK;
}

static nn_status find_labels(job *j, const char *folder, nn_error *err)
{
    const nn_train_options *o = j->o;
    const nn_folder folders[] = {
        {.path = folder, .list = o->list},
        {.path = o->val_folder ? o->val_folder : folder, .list = o->val_list}};
    return nn_folder_labels(&j->labels, folders, o->val_folder || o->val_list ? 2 : 1,
                            j->task->evaluator->kind, err);
}

// Writes ",keypoints=N" for tasks that need it, as the files of the folder say.
static nn_status describe_keypoints(const job *j, const char *folder, char *text, size_t size,
                                    nn_error *err)
{
    const nn_evaluator *e = j->task->evaluator;
    const nn_folder f = {.path = folder, .details = e->details};
    const nn_data_format *format;
    nn_annotation_store *store = NULL;
    text[0] = '\0';
    if (!(e->details & NN_DETAIL_KEYPOINTS))
        return NN_OK;
    nn_status status = nn_data_find(&format, folder, e->kind, err);
    if (status == NN_OK)
        status = nn_annotation_store_read(&store, format, &f, err);
    const int count = status == NN_OK ? nn_annotation_store_survey(store)->keypoints.count : 0;
    if (status == NN_OK && count == 0)
        status = nn_fail(err, NN_EINVAL, "%s: there are no keypoints", folder);
    snprintf(text, size, ",keypoints=%d", count);
    nn_annotation_store_free(store);
    return status;
}

static nn_status build(job *j, const char *folder, const nn_trainer_options *t, nn_error *err)
{
    char keypoints[32];
    const nn_train_options *o = j->o;
    const nn_zoo_head *head = nn_zoo_head_of(o->task);
    nn_card card = {.input_w = o->input_width, // NN_FROM_MODEL is below 0
                    .input_h = o->input_height,
                    .threshold = NN_CARD_THRESHOLD,
                    .iou_threshold = NN_CARD_IOU_THRESHOLD};
    snprintf(card.network, sizeof card.network, "%s", o->network);
    snprintf(card.task, sizeof card.task, "%s", j->task->evaluator->name);
    snprintf(card.head, sizeof card.head, "%s", head ? head->name : "");
    if (j->task->describe)
        j->task->describe(&card, &t->task);
    nn_status status = describe_keypoints(j, folder, keypoints, sizeof keypoints, err);
    if (status != NN_OK)
        return status;
    const int length =
        snprintf(card.options, sizeof card.options, "%s%sclasses=%d%s",
                 o->network_options ? o->network_options : "",
                 o->network_options && *o->network_options ? "," : "", j->labels.count, keypoints);
    status = length < (int)sizeof card.options
                 ? NN_OK
                 : nn_fail(err, NN_EINVAL, "network_options: too long");
    if (status == NN_OK)
        status =
            nn_card_set_labels(&card, (const char *const *)j->labels.name, j->labels.count, err);
    if (status == NN_OK)
        status = nn_zoo_build(&j->model, &card, err);
    nn_card_release(&card);
    return status;
}

static nn_status add(job *j, nn_dataset *d, const char *path, const char *list, nn_error *err)
{
    const nn_evaluator *e = j->task->evaluator;
    return nn_folder_load(d, path, list, e->kind, e->details, &j->labels, err);
}

static nn_status load(job *j, const char *folder, const nn_trainer_options *t, nn_error *err)
{
    const nn_train_options *o = j->o;
    const nn_card *card = &j->model->card;
    nn_augment_options views = t->augment;
    views.fit_h = card->input_h;
    views.fit_w = card->input_w;
    nn_status status = nn_dataset_init(&j->train, CACHE_BYTES, (nn_notes){0}, err);
    j->have_train = status == NN_OK;
    if (status != NN_OK)
        return status;
    nn_augment_enough(&views, nn_data_kind_facts(j->task->evaluator->kind)->whole, card->input_h,
                      card->input_w, &j->train.enough_h, &j->train.enough_w);
    status = nn_dataset_init(&j->val, CACHE_BYTES / 4, (nn_notes){0}, err);
    j->have_val = status == NN_OK;
    if (status == NN_OK)
        status = add(j, &j->train, folder, o->list, err);
    if (status != NN_OK)
        return status;
    if (o->val_folder || o->val_list)
        return add(j, &j->val, o->val_folder ? o->val_folder : folder, o->val_list, err);
    return o->val_part > 0 ? nn_dataset_split(&j->train, 0, o->val_part, o->seed, &j->val, err)
                           : NN_OK;
}

static nn_status make_work(job *j, nn_error *err)
{
    const char *given = j->o->work, *temporary = getenv("TMPDIR");
    const int length = given ? snprintf(j->work, sizeof j->work, "%s", given)
                             : snprintf(j->work, sizeof j->work, "%s/neroscale-XXXXXX",
                                        temporary && *temporary ? temporary : "/tmp");
    if (length >= (int)sizeof j->work)
        return nn_fail(err, NN_EINVAL, "work: path too long");
    if (given ? mkdir(j->work, 0777) != 0 && errno != EEXIST : !mkdtemp(j->work))
        return nn_fail(err, NN_EIO, "%s: no folder can be made: %s", j->work, strerror(errno));
    j->own_work = !given;
    return NN_OK;
}

static void remove_work(const job *j)
{
    static const char *const names[] = {"last", "previous", "best", "average"};
    char path[PATH_MAX + 32];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s.safetensors", j->work, names[i]);
        unlink(path);
    }
    rmdir(j->work);
}

// Calls a callback of the user with what the training says.
static bool tell(const job *j, bool (*callback)(void *, const nn_train_progress *),
                 const nn_train_state *s)
{
    nn_scores scores;
    if (!callback)
        return true;
    const nn_train_progress p = {.step = s->step,
                                 .steps = s->steps,
                                 .epoch = s->epoch,
                                 .epochs = s->epochs,
                                 .loss = s->loss,
                                 .images_per_second = s->images_per_second,
                                 .seconds = s->seconds,
                                 .seconds_left = s->seconds_left,
                                 .best = s->best,
                                 .best_epoch = s->best_epoch,
                                 .scores = s->score ? &scores : NULL};
    if (s->score)
        nn_scores_set(&scores, j->task->evaluator, s->score);
    return callback(j->o->ctx, &p);
}

static bool tell_batch(void *ctx, const nn_train_state *s)
{
    const job *j = ctx;
    return tell(j, j->o->batch_done, s);
}

static bool tell_epoch(void *ctx, const nn_train_state *s)
{
    const job *j = ctx;
    return tell(j, j->o->epoch_done, s);
}

static bool tell_best(void *ctx, const nn_train_state *s)
{
    const job *j = ctx;
    return tell(j, j->o->new_best, s);
}

static void tell_warning(void *ctx, const char *line)
{
    const job *j = ctx;
    if (j->o->warn)
        j->o->warn(j->o->ctx, line);
}

static nn_status open_training(job *j, const nn_trainer_options *t, nn_error *err)
{
    const nn_train_options *o = j->o;
    nn_training_options run;
    if (j->task->fit)
        j->task->fit(&j->model->card, &j->train);
    nn_trainer_init_model(j->model, &j->train, o->seed);
    nn_status status = o->init ? nn_train_take_weights(j->model, o->init, err) : NN_OK;
    if (status != NN_OK)
        return status;
    j->pool = nn_pool_new(o->threads);
    if (!j->pool)
        return nn_fail(err, NN_ENOMEM, "cannot start %d threads", o->threads);
    status = nn_trainer_new(&j->trainer, j->model, &j->train, t, j->pool, err);
    if (status == NN_OK)
        status = make_work(j, err);
    nn_training_options_init(&run);
    run.val = &j->val;
    run.work = j->work;
    run.val_every = o->val_every;
    run.patience = o->patience;
    run.threads = o->threads;
    run.ctx = j;
    run.batch = tell_batch;
    run.epoch = tell_epoch;
    run.best = tell_best;
    run.warn = tell_warning;
    if (status == NN_OK)
        status = nn_training_new(&j->run, j->trainer, &run, err);
    if (status != NN_OK || !o->resume)
        return status;
    status = nn_training_resume(j->run, err);
    return status == NN_ENOTFOUND ? NN_OK : status;
}

static nn_status prepare(job *j, const char *folder, nn_error *err)
{
    const nn_train_options *o = j->o;
    nn_trainer_options t;
    nn_status status = find_task(&j->task, o->task, err);
    if (status == NN_OK)
        status = check(o, err);
    if (status == NN_OK)
        status = usual_options(&t, j->task, err);
    if (status == NN_OK)
        status = nn_train_set_views(&t.augment, o->augment, o->augment_options,
                                    nn_data_kind_facts(j->task->evaluator->kind)->whole, err);
    if (status == NN_OK)
        status = find_labels(j, folder, err);
    if (status == NN_OK)
        status = build(j, folder, &t, err);
    if (status != NN_OK)
        return status;
    t.epochs = o->epochs;
    t.batch = o->batch;
    t.schedule.rate = (float)o->rate;
    t.seed = o->seed;
    t.height = j->model->card.input_h;
    t.width = j->model->card.input_w;
    status = load(j, folder, &t, err);
    return status == NN_OK ? open_training(j, &t, err) : status;
}

static void release(job *j)
{
    nn_training_free(j->run);
    nn_trainer_free(j->trainer);
    nn_pool_free(j->pool);
    nn_model_free(j->model);
    if (j->have_train)
        nn_dataset_release(&j->train);
    if (j->have_val)
        nn_dataset_release(&j->val);
    nn_names_release(&j->labels);
    if (j->own_work)
        remove_work(j);
    nn_free(j);
}

nn_status nn_train(nn_model **out, const char *folder, const nn_train_options *options,
                   nn_scores *scores, nn_error *err)
{
    nn_score score;
    bool scored = false;
    *out = NULL;
    if (scores)
        *scores = (nn_scores){0};
    job *j = nn_calloc(1, sizeof *j);
    if (!j)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    j->o = options;
    nn_status status = prepare(j, folder, err);
    if (status == NN_OK)
        status = nn_train_run(j->run, NULL, err);
    if (status == NN_OK)
        status = nn_training_finish(j->run, out, &score, &scored, err);
    if (status == NN_OK && scored && scores)
        nn_scores_set(scores, j->task->evaluator, &score);
    release(j);
    return status;
}
