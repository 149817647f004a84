// SPDX-License-Identifier: MIT
// The epochs of a training: steps with a progress line, validation, history, checkpoints, and the
// model file at the end.
#include "app/train/train_run.h"

#include "app/report/report.h"
#include "app/report/report_curves.h"
#include "app/train/train_show.h"
#include "app/train/training_card.h"
#include "nn/io/io.h"

#include <errno.h>
#include <string.h>

#define SAVE_SECONDS 300.0 // between checkpoints within an epoch
#define DRAW_PART 0.1      // of the time, at most, goes into drawing curves

static double spent(const app_train *t)
{
    return t->info.seconds + app_now() - t->started;
}

static int pictures_of(const app_train *t) // of a step
{
    return t->o.trainer.batch * t->o.trainer.accumulate;
}

static void show_validation(void *ctx, int done, int total)
{
    app_train *t = ctx;
    if (done > 0) {
        app_progress_late(&t->progress, done, "pictures");
        return;
    }
    app_progress_begin(&t->progress, "validation", 0, total);
    t->progress.between = APP_PROGRESS_SELDOM;
}

static nn_evaluation_options scoring_of(app_train *t)
{
    nn_evaluation_options o;
    nn_evaluation_options_init(&o);
    o.threads = t->o.threads;
    o.classes_by_card = true;
    o.ctx = t;
    o.progress = show_validation;
    return o;
}

// Keeps the averaged weights when they are the best so far.
static nn_status keep_best(app_train *t, int epoch, nn_score *score, nn_error *err)
{
    const nn_evaluation_options how = scoring_of(t);
    nn_status status = nn_model_save(nn_trainer_average(t->trainer), t->average_path, true, err);
    if (status == NN_OK)
        status = nn_evaluate_file(score, t->task->evaluator, t->average_path, &how, &t->val, err);
    if (status != NN_OK || score->worth <= t->info.best)
        return status;
    t->info.best = score->worth;
    t->info.best_epoch = epoch;
    if (rename(t->average_path, t->best_path) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", t->best_path, strerror(errno));
    return NN_OK;
}

static bool is_first(const app_train *t)
{
    return nn_ranks_index(t->ranks) == 0;
}

static nn_status save_checkpoint(app_train *t, nn_error *err)
{
    if (!is_first(t))
        return NN_OK;
    nn_checkpoint_info info = t->info;
    app_train_put_totals(info.sums, &t->totals);
    info.seconds = spent(t);
    t->saved = app_now();
    return nn_trainer_save(t->trainer, t->o.work, &info, err);
}

// Redraws the curves, but not after every epoch of less than seconds; a training that cannot draw
// goes on. The first thing that goes wrong is told.
static void draw_curves(app_train *t, bool always)
{
    nn_error err = {0};
    const double began = app_now();
    if (t->cannot_draw || (!always && t->draw_seconds > DRAW_PART * (began - t->drawn)))
        return;
    if (app_report_curves(t->o.work, t->o.out, &err) != NN_OK) {
        fprintf(stderr, "note: no curves are drawn: %s\n", err.text);
        t->cannot_draw = true;
    }
    t->drawn = app_now();
    t->draw_seconds = t->drawn - began;
}

// After the last step of an epoch: validation, history, checkpoint.
static nn_status end_epoch(app_train *t, nn_error *err)
{
    const app_train_totals *s = &t->totals;
    int64_t step = nn_trainer_steps_done(t->trainer);
    int epoch = (int)(step / nn_trainer_steps_per_epoch(t->trainer));
    app_history_row row = {.step = step,
                           .epoch = epoch,
                           .rate = s->sum.rate,
                           .loss = s->sum.value.loss / s->steps,
                           .grad_norm = s->sum.grad_norm / s->steps,
                           .images_per_second = app_train_pace(t, s)};
    t->task->epoch_values(row.part, &s->sum.value, s->steps, (double)s->steps * pictures_of(t));
    bool scored = t->val.count > 0 && (epoch % t->o.val_every == 0 || epoch == t->o.trainer.epochs);
    nn_score score;
    if (scored)
        app_progress_wait(&t->progress, "validating");
    nn_status status = scored ? keep_best(t, epoch, &score, err) : NN_OK;
    if (status != NN_OK)
        return status;
    row.seconds = spent(t);
    row.score = scored ? &score : NULL;
    app_train_show_epoch(t, &row, s);
    t->totals = (app_train_totals){.began = app_now()};
    status = app_history_add(&t->history, &row, err);
    if (status == NN_OK)
        status = save_checkpoint(t, err);
    if (status == NN_OK)
        draw_curves(t, false);
    return status;
}

// What the first process found when it validated is known to all, who must stop together.
static void share_best(app_train *t)
{
    double x[2] = {t->info.best, t->info.best_epoch};
    nn_ranks_spread(t->ranks, x, sizeof x);
    t->info.best = x[0];
    t->info.best_epoch = (int)x[1];
}

// Whether any of the processes was asked to stop.
static bool is_stopped(const app_train *t, const volatile sig_atomic_t *stop)
{
    double x = *stop;
    nn_ranks_sum(t->ranks, &x, 1);
    return x > 0;
}

// Whether the validation has not become better for too long.
static bool has_stalled(const app_train *t)
{
    const int64_t epoch =
        nn_trainer_steps_done(t->trainer) / nn_trainer_steps_per_epoch(t->trainer);
    return t->o.patience > 0 && t->info.best_epoch > 0 &&
           epoch - t->info.best_epoch >= t->o.patience;
}

nn_status app_train_run(app_train *t, const volatile sig_atomic_t *stop, nn_error *err)
{
    int64_t total = nn_trainer_steps_total(t->trainer);
    int64_t per_epoch = nn_trainer_steps_per_epoch(t->trainer);
    t->started = t->saved = app_now();
    t->first_step = nn_trainer_steps_done(t->trainer);
    app_train_get_totals(&t->totals, t->info.sums);
    nn_status status = NN_OK;
    while (status == NN_OK && nn_trainer_steps_done(t->trainer) < total && !has_stalled(t) &&
           !is_stopped(t, stop)) {
        nn_trainer_report r;
        status = nn_trainer_step(t->trainer, &r, err);
        if (status != NN_OK)
            break;
        app_train_add_step(&t->totals, &r);
        int64_t done = nn_trainer_steps_done(t->trainer);
        app_train_show_step(t);
        if (done % per_epoch == 0) {
            status = is_first(t) ? end_epoch(t, err) : NN_OK;
            if (status == NN_OK)
                share_best(t);
            t->totals = (app_train_totals){.began = app_now()};
        } else if (app_now() - t->saved > SAVE_SECONDS) {
            status = save_checkpoint(t, err);
        }
    }
    app_progress_break(&t->progress);
    if (status == NN_OK && has_stalled(t))
        fprintf(stderr, "no better epoch than %d for %d epochs (--patience): done\n",
                t->info.best_epoch, t->o.patience);
    if (status == NN_OK && *stop) {
        status = save_checkpoint(t, err);
        if (status == NN_OK)
            fprintf(stderr, "stopped at step %lld; --resume goes on from there\n",
                    (long long)nn_trainer_steps_done(t->trainer));
    }
    return status;
}

// Says in the model's card how it came to be.
static nn_status describe_training(app_train *t, nn_card *card, const nn_score *score,
                                   double seconds, nn_error *err)
{
    const nn_trainer_options *o = &t->o.trainer;
    const app_training training = {.command = t->o.command,
                                   .sources = &t->o.sources,
                                   .source_classes = &t->source_names,
                                   .train = &t->train,
                                   .val = &t->val,
                                   .seed = o->seed,
                                   .epochs = o->epochs,
                                   .best_epoch = score ? t->info.best_epoch : o->epochs,
                                   .batch = o->batch * o->accumulate,
                                   .rate = (double)o->schedule.rate,
                                   .seconds = seconds,
                                   .images_per_second = (double)nn_trainer_steps_done(t->trainer) *
                                                        o->batch / seconds,
                                   .evaluator = t->task->evaluator,
                                   .score = score};
    return app_training_to_card(card, &training, err);
}

static nn_status load_best(app_train *t, nn_model **best, nn_score *score, nn_error *err)
{
    const nn_evaluator *e = t->task->evaluator;
    const nn_evaluation_options how = scoring_of(t);
    nn_status status = nn_model_load(best, t->best_path, err);
    if (status != NN_OK)
        return status;
    status = e->choose ? e->choose(score, &(*best)->card, t->best_path, &how, &t->val, err)
                       : nn_evaluate_file(score, e, t->best_path, &how, &t->val, err);
    app_progress_clear(&t->progress);
    return status;
}

// What the model that was written gets right and wrong on the validation data, for people.
static void write_report(app_train *t)
{
    nn_error err = {0};
    draw_curves(t, true);
    if (t->val.count == 0) {
        fprintf(stderr, "note: nothing was held back to validate on (--val-split), so there is no "
                        "report\n");
        return;
    }
    if (app_report_file(t->o.work, t->o.out, &t->val, t->o.threads, &err) == NN_OK)
        fprintf(stderr, "%s/report.md says what it gets right and wrong\n", t->o.work);
    else
        fprintf(stderr, "note: no report: %s\n", err.text);
}

nn_status app_train_finish(app_train *t, nn_error *err)
{
    const nn_evaluator *e = t->task->evaluator;
    nn_model *m = nn_trainer_average(t->trainer), *best = NULL;
    nn_score score;
    nn_status status = NN_OK;
    if (t->val.count > 0) {
        status = load_best(t, &best, &score, err);
        m = best;
    }
    const double seconds = spent(t);
    if (status == NN_OK)
        status = describe_training(t, &m->card, best ? &score : NULL, seconds, err);
    if (status == NN_OK)
        status = nn_model_save(m, t->o.out, true, err);
    if (status == NN_OK) {
        char text[128];
        fprintf(stderr, "%s written after %s", t->o.out,
                app_format_seconds(seconds, text, sizeof text));
        if (best)
            fprintf(stderr, ": %s", app_task_describe(t->say, &score, text, sizeof text));
        if (best && e->choose)
            fprintf(stderr, "; precision %.3f, recall %.3f at threshold %.3f",
                    nn_score_get(e, &score, "precision"), nn_score_get(e, &score, "recall"),
                    (double)m->card.threshold);
        fputc('\n', stderr);
        write_report(t);
    }
    nn_model_free(best);
    return status;
}
