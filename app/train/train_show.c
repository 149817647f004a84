// SPDX-License-Identifier: MIT
// Bars and lines of a training: loss, scores, pictures a second, learning rate, time left.
#include "app/train/train_show.h"

#include <glib.h>
#include <stdio.h>

#define WAIT_WORTH 0.05 // part of the time waiting for pictures that is worth telling

void app_train_show_step(app_train *t, const nn_train_state *s)
{
    char text[160], best[64] = "";
    if (t->shown_epoch != s->epoch) {
        snprintf(text, sizeof text, "epoch %d/%d", s->epoch, s->epochs);
        app_progress_begin(&t->progress, text, s->epoch_step - s->counted, s->epoch_steps);
        t->progress.started = app_now() - s->epoch_seconds;
        t->progress.between = APP_PROGRESS_SELDOM;
        t->shown_epoch = s->epoch;
    }
    if (s->best_epoch > 0)
        snprintf(best, sizeof best, "  best %s %.4f",
                 t->model->card.sigmoid ? "mAP" : t->say->worth_name, s->best);
    snprintf(text, sizeof text, "loss %.4f  %.1f images/s%s", s->loss, s->images_per_second, best);
    app_progress_show(&t->progress, s->epoch_step, text);
}

void app_train_show_validation(void *ctx, int done, int total)
{
    app_train *t = ctx;
    if (done < 0) {
        app_progress_wait(&t->progress, "validating");
    } else if (done > 0) {
        app_progress_late(&t->progress, done, "pictures");
    } else {
        app_progress_begin(&t->progress, "validation", 0, total);
        t->progress.between = APP_PROGRESS_SELDOM;
    }
}

void app_train_show_epoch(app_train *t, const nn_train_state *s)
{
    char text[128];
    GString *line = g_string_new(NULL);
    g_string_printf(line, "epoch %d/%d  loss %.4f (", s->epoch, s->epochs, s->loss);
    g_string_append_printf(line, t->say->loss_format, s->part[0], s->part[1]);
    if (t->features)
        g_string_append_printf(line, ", features %.4f", s->features);
    g_string_append_c(line, ')');
    if (s->score)
        g_string_append_printf(line, "  validation %s%s",
                               app_task_describe(t->say, s->score, text, sizeof text),
                               s->best_epoch == s->epoch ? "  best" : "");
    g_string_append_printf(line, "  %.1f images/s", s->images_per_second);
    if (s->waited >= WAIT_WORTH)
        g_string_append_printf(line, " (%.0f %% of the time waiting for pictures)",
                               100 * s->waited);
    g_string_append_printf(line, "  rate %.3g", s->rate);
    if (s->epoch < s->epochs)
        g_string_append_printf(line, "  %s left",
                               app_format_seconds(s->seconds_left, text, sizeof text));
    g_string_append_c(line, '\n');
    if (s->skipped)
        g_string_append_printf(line, "note: %d steps skipped, their gradient was not finite\n",
                               s->skipped);
    app_progress_clear(&t->progress);
    fputs(line->str, stderr);
    g_string_free(line, TRUE);
}
