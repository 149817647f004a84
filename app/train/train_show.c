// SPDX-License-Identifier: MIT
// Bars and lines of a training: loss, scores, pictures a second, learning rate, time left.
#include "app/train/train_show.h"

#include <glib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WAIT_WORTH 0.05 // part of the time waiting for pictures that is worth telling

void app_train_add_step(app_train_totals *s, const nn_trainer_report *r)
{
    s->steps++;
    s->skipped += r->skipped;
    s->sum.value.loss += r->value.loss;
    for (int i = 0; i < NN_TASK_PARTS; i++)
        s->sum.value.part[i] += r->value.part[i];
    s->sum.value.hits += r->value.hits;
    s->sum.grad_norm += r->skipped ? 0 : r->grad_norm;
    s->sum.wait += r->wait;
    s->sum.rate = r->rate;
}

void app_train_put_totals(double sums[NN_CHECKPOINT_SUMS], const app_train_totals *s)
{
    const nn_task_value *v = &s->sum.value;
    const double all[NN_CHECKPOINT_SUMS] = {s->steps,        s->skipped,       app_now() - s->began,
                                            v->loss,         v->part[0],       v->part[1],
                                            (double)v->hits, s->sum.grad_norm, s->sum.wait};
    memcpy(sums, all, sizeof all);
}

void app_train_get_totals(app_train_totals *s, const double sums[NN_CHECKPOINT_SUMS])
{
    *s = (app_train_totals){.began = app_now()};
    if (!(sums[0] >= 1 && sums[0] <= INT_MAX && sums[1] >= 0 && sums[1] <= sums[0] &&
          sums[6] >= 0 && sums[6] <= 1e15))
        return; // no epoch had begun
    *s = (app_train_totals){
        .steps = (int)sums[0],
        .skipped = (int)sums[1],
        .began = app_now() - sums[2],
        .sum = {.value = {.loss = sums[3], .part = {sums[4], sums[5]}, .hits = (int64_t)sums[6]},
                .grad_norm = sums[7],
                .wait = sums[8]}};
}

static int pictures_of(const app_train *t) // of a step
{
    return t->o.trainer.batch * t->o.trainer.accumulate;
}

double app_train_pace(const app_train *t, const app_train_totals *s)
{
    return s->steps * pictures_of(t) / (app_now() - s->began);
}

void app_train_show_step(app_train *t)
{
    const app_train_totals *s = &t->totals;
    const int64_t per_epoch = nn_trainer_steps_per_epoch(t->trainer);
    const int64_t before = nn_trainer_steps_done(t->trainer) - 1;
    const int epoch = (int)(before / per_epoch) + 1, step = (int)(before % per_epoch) + 1;
    char text[160], best[64] = "";
    if (t->shown_epoch != epoch) {
        snprintf(text, sizeof text, "epoch %d/%d", epoch, t->o.trainer.epochs);
        app_progress_begin(&t->progress, text, step - s->steps, per_epoch);
        t->progress.started = s->began;
        t->progress.between = APP_PROGRESS_SELDOM;
        t->shown_epoch = epoch;
    }
    if (t->info.best_epoch > 0)
        snprintf(best, sizeof best, "  best %s %.4f",
                 t->model->card.sigmoid ? "mAP" : t->say->worth_name, t->info.best);
    snprintf(text, sizeof text, "loss %.4f  %.1f images/s%s", s->sum.value.loss / s->steps,
             app_train_pace(t, s), best);
    app_progress_show(&t->progress, step, text);
}

// At the pace of this run so far, validations included.
static double time_left(const app_train *t)
{
    const int64_t done = nn_trainer_steps_done(t->trainer);
    return (app_now() - t->started) / (double)(done - t->first_step) *
           (double)(nn_trainer_steps_total(t->trainer) - done);
}

void app_train_show_epoch(app_train *t, const app_history_row *row, const app_train_totals *s)
{
    const double trained = s->steps * pictures_of(t) / row->images_per_second;
    const double waited = s->sum.wait / trained;
    const int epoch = (int)row->epoch;
    char text[128];
    GString *line = g_string_new(NULL);
    g_string_printf(line, "epoch %d/%d  loss %.4f (", epoch, t->o.trainer.epochs, row->loss);
    g_string_append_printf(line, t->say->loss_format, row->part[0], row->part[1]);
    g_string_append_c(line, ')');
    if (row->score)
        g_string_append_printf(line, "  validation %s%s",
                               app_task_describe(t->say, row->score, text, sizeof text),
                               t->info.best_epoch == epoch ? "  best" : "");
    g_string_append_printf(line, "  %.1f images/s", row->images_per_second);
    if (waited >= WAIT_WORTH)
        g_string_append_printf(line, " (%.0f %% of the time waiting for pictures)", 100 * waited);
    g_string_append_printf(line, "  rate %.3g", row->rate);
    if (epoch < t->o.trainer.epochs)
        g_string_append_printf(line, "  %s left",
                               app_format_seconds(time_left(t), text, sizeof text));
    g_string_append_c(line, '\n');
    if (s->skipped)
        g_string_append_printf(line, "note: %d steps skipped, their gradient was not finite\n",
                               s->skipped);
    app_progress_clear(&t->progress);
    fputs(line->str, stderr);
    g_string_free(line, TRUE);
}
