// SPDX-License-Identifier: MIT
// Chooses the learning rate by a sweep, and the batch size by the free memory.
#include "app/train/train_auto.h"

#include "app/report/report_curves.h"
#include "nn/base/free_memory.h"
#include "nn/io/file.h"
#include "nn/train/batch_size.h"
#include "nn/train/options.h"
#include "nn/train/rate_sweep.h"

#include <stdio.h>
#include <string.h>

// Sets an option of the trainer to its value in the checkpoint of WORK; false without a checkpoint.
static bool take_from_checkpoint(app_train *t, const char *name)
{
    char text[64];
    const nn_option *row = nn_option_find(nn_trainer_option_rows(), name);
    return t->o.resume && nn_checkpoint_option(t->o.work, name, text, sizeof text, NULL) == NN_OK &&
           nn_option_read(row, &t->o.trainer, text, NULL) == NN_OK;
}

static void say_batch(const nn_batch_choice *c, int64_t bytes)
{
    const double gib = 1 << 30;
    fprintf(stderr, "--batch auto: %d pictures a step, %.2g of %.3g GiB of free memory", c->batch,
            ((double)c->rest + (double)c->batch * (double)c->each) / gib, (double)bytes / gib);
    if (c->fits == c->batch)
        fprintf(stderr, "; more would not fit\n");
    else if (c->batch == NN_BATCH_MOST)
        fprintf(stderr, "; more rarely pays\n");
    else
        fprintf(stderr, "; more would leave too few steps an epoch\n");
}

nn_status app_train_choose_batch(app_train *t, nn_error *err)
{
    nn_batch_choice c;
    if (t->o.auto_rate)
        take_from_checkpoint(t, "lr");
    if (!t->o.auto_batch || take_from_checkpoint(t, "batch"))
        return NN_OK;
    const int64_t bytes = nn_free_memory("");
    if (bytes < 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "--batch auto: this system does not say how much "
                       "memory is free; say --batch N");
    const nn_status status = nn_choose_batch(&c, t->model, &t->train, &t->o.trainer, bytes, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--batch auto");
    t->o.trainer.batch = c.batch;
    say_batch(&c, bytes);
    return NN_OK;
}

// --- the learning rate ---

typedef struct sweeping {
    app_progress *progress;
    const volatile sig_atomic_t *stop;
} sweeping;

static bool show_step(void *ctx, int done, int total)
{
    sweeping *s = ctx;
    if (done == 1)
        app_progress_begin(s->progress, "--lr auto", 0, total);
    app_progress_late(s->progress, done, "trying rates");
    return !*s->stop;
}

static nn_status write_sweep(const app_train *t, const nn_rate_sweep *s, nn_error *err)
{
    GString *text = g_string_new("rate,loss,smoothed,picked\n");
    for (int i = 0; i < s->steps; i++)
        g_string_append_printf(text, "%.6g,%.6g,%.6g,%d\n", s->rate[i], s->loss[i], s->smooth[i],
                               i == s->picked);
    g_autofree char *path = g_build_filename(t->o.work, "lr.csv", NULL);
    const nn_status status = nn_file_write(path, &(nn_file_part){text->str, text->len}, 1, err);
    g_string_free(text, TRUE);
    return status;
}

nn_status app_train_choose_rate(app_train *t, const volatile sig_atomic_t *stop, nn_error *err)
{
    nn_rate_sweep s;
    sweeping how = {&t->progress, stop};
    if (!t->o.auto_rate || nn_trainer_steps_done(t->trainer) > 0)
        return NN_OK;
    nn_status status = nn_trainer_sweep(t->trainer, &s, show_step, &how, err);
    app_progress_clear(&t->progress);
    if (status != NN_OK || s.picked < 0)
        return status;
    nn_trainer_set_rate(t->trainer, s.found);
    t->o.trainer.schedule.rate = (float)s.found;
    fprintf(stderr, "--lr auto: %.2g, from %d steps at rates of %.2g to %.2g\n", s.found, s.steps,
            s.rate[0], s.rate[s.steps - 1]);
    status = nn_ranks_index(t->ranks) == 0 ? write_sweep(t, &s, err) : NN_OK;
    if (status == NN_OK && nn_ranks_index(t->ranks) == 0)
        app_report_rates(t->o.work, s.found,
                         NULL); // a build without a plotting library draws nothing
    return status;
}
