// SPDX-License-Identifier: MIT
// The epochs of a training.
#include "nn/train/run.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/train/health.h"
#include "nn/train/object_sizes.h"
#include "nn/train/trainer_internal.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAVE_EVERY 300.0 // seconds

// Sums over the steps of an epoch.
typedef struct totals {
    nn_trainer_report sum;
    int steps, skipped;
    double began; // seconds of nn_clock_seconds
} totals;

struct nn_training {
    nn_training_options o;
    nn_trainer *trainer;     // borrowed
    nn_checkpoint_info info; // best so far, time spent before this run
    double started, saved;   // this run, its last checkpoint
    int64_t first_step;      // of this run
    totals totals;           // of the epoch that is going on
    nn_health health;        // of this run
    const volatile sig_atomic_t *stop;
    bool begun;          // a run
    bool asked, stopped; // by a callback; for any reason
    char best_path[PATH_MAX], average_path[PATH_MAX];
};

void nn_training_options_init(nn_training_options *o)
{
    *o = (nn_training_options){.val_every = 1, .save_every = SAVE_EVERY};
}

static nn_status set_path(char *path, const char *work, const char *name, nn_error *err)
{
    return snprintf(path, PATH_MAX, "%s/%s.safetensors", work, name) < PATH_MAX
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "%s: path too long", work);
}

nn_status nn_training_new(nn_training **out, nn_trainer *trainer,
                          const nn_training_options *options, nn_error *err)
{
    *out = NULL;
    if (!options->work || options->val_every < 1 || options->patience < 0)
        return nn_fail(err, NN_EINVAL, "training: in folder %s, validated every %d epochs",
                       options->work ? options->work : "(none)", options->val_every);
    nn_training *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    t->o = *options;
    t->trainer = trainer;
    t->info.best = -1;
    t->started = t->saved = t->totals.began = nn_clock_seconds();
    nn_status status = set_path(t->best_path, options->work, "best", err);
    if (status == NN_OK)
        status = set_path(t->average_path, options->work, "average", err);
    if (status == NN_OK)
        *out = t;
    else
        nn_training_free(t);
    return status;
}

void nn_training_free(nn_training *t)
{
    nn_free(t);
}

nn_status nn_training_resume(nn_training *t, nn_error *err)
{
    return nn_trainer_resume(t->trainer, t->o.work, &t->info, err);
}

// --- what callbacks get ---

static void add_step(totals *s, const nn_trainer_report *r)
{
    s->steps++;
    s->skipped += r->skipped;
    s->sum.value.loss += r->value.loss;
    for (int i = 0; i < NN_TASK_PARTS; i++)
        s->sum.value.part[i] += r->value.part[i];
    s->sum.value.hits += r->value.hits;
    s->sum.value.features += r->value.features;
    s->sum.grad_norm += r->skipped ? 0 : r->grad_norm;
    s->sum.wait += r->wait;
    s->sum.rate = r->rate;
}

static void put_totals(double sums[NN_CHECKPOINT_SUMS], const totals *s)
{
    const nn_task_value *v = &s->sum.value;
    const double all[NN_CHECKPOINT_SUMS] = {
        s->steps,        s->skipped,       nn_clock_seconds() - s->began,
        v->loss,         v->part[0],       v->part[1],
        (double)v->hits, s->sum.grad_norm, s->sum.wait,
        v->features};
    memcpy(sums, all, sizeof all);
}

static void get_totals(totals *s, const double sums[NN_CHECKPOINT_SUMS])
{
    *s = (totals){.began = nn_clock_seconds()};
    if (!(sums[0] >= 1 && sums[0] <= INT_MAX && sums[1] >= 0 && sums[1] <= sums[0] &&
          sums[6] >= 0 && sums[6] <= 1e15))
        return; // no epoch had begun
    *s = (totals){.steps = (int)sums[0],
                  .skipped = (int)sums[1],
                  .began = s->began - sums[2],
                  .sum = {.value = {.loss = sums[3],
                                    .part = {sums[4], sums[5]},
                                    .hits = (int64_t)sums[6],
                                    .features = sums[9]},
                          .grad_norm = sums[7],
                          .wait = sums[8]}};
}

static int pictures_of(const nn_training *t) // of a step
{
    return t->trainer->options.batch * t->trainer->options.accumulate;
}

// At the pace of this run so far, validations included.
static double time_left(const nn_training *t)
{
    const int64_t done = nn_trainer_steps_done(t->trainer);
    if (done == t->first_step)
        return 0;
    return (nn_clock_seconds() - t->started) / (double)(done - t->first_step) *
           (double)(nn_trainer_steps_total(t->trainer) - done);
}

nn_train_state nn_training_state(const nn_training *t)
{
    const nn_trainer *r = t->trainer;
    const totals *s = &t->totals;
    const int64_t done = nn_trainer_steps_done(r), per_epoch = nn_trainer_steps_per_epoch(r);
    const int64_t before = done > 0 ? done - 1 : 0; // the last step belongs to the present epoch
    const double pictures = (double)s->steps * pictures_of(t);
    const double counted = s->steps > 0 ? s->steps : 1;
    nn_train_state out = {.step = done,
                          .steps = nn_trainer_steps_total(r),
                          .epoch_step = done > 0 ? before % per_epoch + 1 : 0,
                          .epoch_steps = per_epoch,
                          .epoch = (int)(before / per_epoch) + 1,
                          .epochs = r->options.epochs,
                          .counted = s->steps,
                          .skipped = s->skipped,
                          .loss = s->sum.value.loss / counted,
                          .features = s->sum.value.features / counted,
                          .grad_norm = s->sum.grad_norm / counted,
                          .rate = s->sum.rate,
                          .epoch_seconds = nn_clock_seconds() - s->began,
                          .seconds = t->info.seconds + nn_clock_seconds() - t->started,
                          .seconds_left = time_left(t),
                          .best = t->info.best,
                          .best_epoch = t->info.best_epoch};
    out.images_per_second = pictures / out.epoch_seconds;
    out.waited = s->sum.wait / out.epoch_seconds;
    nn_trainer_task(r)->epoch_values(out.part, &s->sum.value, counted, counted * pictures_of(t));
    return out;
}

// Calls a callback that may stop the training.
static void tell(nn_training *t, bool (*callback)(void *, const nn_train_state *),
                 const nn_train_state *s)
{
    if (callback && !callback(t->o.ctx, s))
        t->asked = true;
}

static void warn(const nn_training *t, const char *line)
{
    if (t->o.warn && nn_ranks_index(t->trainer->options.ranks) == 0)
        t->o.warn(t->o.ctx, line);
}

// --- epochs ---

static nn_ranks *ranks_of(const nn_training *t)
{
    return t->trainer->options.ranks;
}

static bool is_first(const nn_training *t)
{
    return nn_ranks_index(ranks_of(t)) == 0;
}

static bool validates(const nn_training *t)
{
    return t->o.val && t->o.val->count > 0;
}

static nn_evaluation_options scoring_of(const nn_training *t)
{
    nn_evaluation_options o;
    nn_evaluation_options_init(&o);
    o.threads = t->o.threads;
    o.classes_by_card = true;
    o.all_int8 = t->trainer->options.fake; // the score of what the file holds, on any processor
    o.ctx = t->o.ctx;
    o.progress = t->o.validate;
    return o;
}

// Scores the averaged weights and keeps them when they are the best so far.
static nn_status keep_best(nn_training *t, nn_train_state *s, nn_score *score, nn_error *err)
{
    const nn_evaluation_options how = scoring_of(t);
    const nn_evaluator *e = nn_trainer_task(t->trainer)->evaluator;
    if (t->o.validate)
        t->o.validate(t->o.ctx, -1, t->o.val->count);
    const bool half = !t->trainer->options.fake; // layers between those of 8 bits stay float32
    nn_status status = nn_model_save(nn_trainer_average(t->trainer), t->average_path, half, err);
    if (status == NN_OK)
        status = nn_evaluate_file(score, e, t->average_path, &how, t->o.val, err);
    if (status != NN_OK)
        return status;
    s->score = score;
    if (score->worth <= t->info.best)
        return NN_OK;
    s->best = t->info.best = score->worth;
    s->best_epoch = t->info.best_epoch = s->epoch;
    if (rename(t->average_path, t->best_path) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", t->best_path, strerror(errno));
    tell(t, t->o.best, s);
    return NN_OK;
}

static nn_status save_checkpoint(nn_training *t, const nn_train_state *s, nn_error *err)
{
    if (!is_first(t))
        return NN_OK;
    nn_checkpoint_info info = t->info;
    put_totals(info.sums, &t->totals);
    info.seconds = t->info.seconds + nn_clock_seconds() - t->started;
    t->saved = nn_clock_seconds();
    const nn_status status = nn_trainer_save(t->trainer, t->o.work, &info, err);
    if (status == NN_OK && t->o.saved)
        t->o.saved(t->o.ctx, s);
    return status;
}

// After the last step of an epoch: validation, checkpoint.
static nn_status end_epoch(nn_training *t, nn_error *err)
{
    nn_train_state s = nn_training_state(t);
    nn_score score;
    nn_status status = NN_OK;
    char line[NN_HEALTH_LINE];
    if (nn_health_layers(&t->health, t->trainer, line))
        warn(t, line);
    if (validates(t) && (s.epoch % t->o.val_every == 0 || s.epoch == s.epochs))
        status = keep_best(t, &s, &score, err);
    if (status != NN_OK)
        return status;
    if (s.score && nn_health_score(&t->health, t->trainer, s.epoch, s.score, line))
        warn(t, line);
    s.seconds = t->info.seconds + nn_clock_seconds() - t->started;
    s.seconds_left = time_left(t);
    tell(t, t->o.epoch, &s);
    t->totals = (totals){.began = nn_clock_seconds()};
    return save_checkpoint(t, &s, err);
}

// Sends the result of the first process's validation to all processes, which must stop together.
static void share_best(nn_training *t)
{
    double x[2] = {t->info.best, t->info.best_epoch};
    nn_ranks_spread(ranks_of(t), x, sizeof x);
    t->info.best = x[0];
    t->info.best_epoch = (int)x[1];
}

static bool is_asked(const nn_training *t)
{
    return t->asked || (t->stop && *t->stop);
}

// Whether any of the processes was asked to stop.
static bool is_stopped(nn_training *t)
{
    double x = is_asked(t);
    nn_ranks_sum(ranks_of(t), &x, 1);
    t->stopped = x > 0;
    return t->stopped;
}

bool nn_training_stalled(const nn_training *t)
{
    const int64_t epoch =
        nn_trainer_steps_done(t->trainer) / nn_trainer_steps_per_epoch(t->trainer);
    return t->o.patience > 0 && t->info.best_epoch > 0 &&
           epoch - t->info.best_epoch >= t->o.patience;
}

bool nn_training_stopped(const nn_training *t)
{
    return t->stopped;
}

// Notices what goes wrong in a step; a failure says where the weights are that were good.
static nn_status look_after(nn_training *t, const nn_trainer_report *r, nn_error *err)
{
    char line[NN_HEALTH_LINE];
    bool said;
    const nn_status status = nn_health_step(&t->health, t->trainer, r, line, &said, err);
    if (said)
        warn(t, line);
    if (status != NN_OK && err && t->info.best_epoch > 0) {
        const size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, "; the best weights, of epoch %d: %s",
                 t->info.best_epoch, t->best_path);
    }
    return status;
}

static nn_status step(nn_training *t, nn_error *err)
{
    nn_trainer_report r;
    nn_status status = nn_trainer_step(t->trainer, &r, err);
    if (status == NN_OK)
        status = look_after(t, &r, err);
    if (status != NN_OK)
        return status;
    add_step(&t->totals, &r);
    nn_train_state s = nn_training_state(t);
    tell(t, t->o.batch, &s);
    if (s.epoch_step < s.epoch_steps)
        return nn_clock_seconds() - t->saved > t->o.save_every ? save_checkpoint(t, &s, err)
                                                               : NN_OK;
    status = is_first(t) ? end_epoch(t, err) : NN_OK;
    if (status == NN_OK)
        share_best(t);
    t->totals = (totals){.began = nn_clock_seconds()};
    return status;
}

static void begin(nn_training *t)
{
    const double now = nn_clock_seconds();
    if (t->begun)
        t->info.seconds += now - t->started;
    else
        get_totals(&t->totals, t->info.sums);
    t->begun = true;
    t->asked = t->stopped = false;
    t->started = t->saved = now;
    t->first_step = nn_trainer_steps_done(t->trainer);
}

nn_status nn_train_run(nn_training *t, const volatile sig_atomic_t *stop, nn_error *err)
{
    const int64_t total = nn_trainer_steps_total(t->trainer);
    nn_status status = NN_OK;
    t->stop = stop;
    begin(t);
    while (status == NN_OK && nn_trainer_steps_done(t->trainer) < total &&
           !nn_training_stalled(t) && !is_stopped(t))
        status = step(t, err);
    t->stopped |= is_asked(t);
    if (status == NN_OK && t->stopped) {
        const nn_train_state s = nn_training_state(t);
        status = save_checkpoint(t, &s, err);
    }
    return status;
}

nn_status nn_training_finish(nn_training *t, nn_model **model, nn_score *score, bool *scored,
                             nn_error *err)
{
    const nn_evaluator *e = nn_trainer_task(t->trainer)->evaluator;
    const nn_evaluation_options how = scoring_of(t);
    *scored = validates(t);
    nn_status status = *scored ? nn_model_load(model, t->best_path, err)
                               : nn_model_copy(model, nn_trainer_average(t->trainer), err);
    if (status != NN_OK)
        return status;
    if (e->kind == NN_DATA_BOXES)
        status = nn_dataset_object_sizes(t->trainer->data, &(*model)->card, err);
    if (status == NN_OK && *scored)
        status = e->choose ? e->choose(score, &(*model)->card, t->best_path, &how, t->o.val, err)
                           : nn_evaluate_file(score, e, t->best_path, &how, t->o.val, err);
    if (status != NN_OK) {
        nn_model_free(*model);
        *model = NULL;
    }
    return status;
}
