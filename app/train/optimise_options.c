// SPDX-License-Identifier: MIT
// Options of optimiser and learning rate: entries, defaults, checks.
#include "app/train/optimise_options.h"

#include <string.h>

#define MAX_WARMUP 1e9
#define ONE_CYCLE_UP 0.3 // part of a one-cycle that goes up (Smith 2018)

void app_optimise_options_init(app_optimise_options *o, const nn_trainer_options *defaults,
                               double rate, double decay)
{
    *o = (app_optimise_options){.rate = rate,
                                .decay = decay,
                                .last = (double)defaults->schedule.last,
                                .momentum = (double)defaults->optimiser.momentum,
                                .clip = (double)defaults->optimiser.clip,
                                .average = (double)defaults->average,
                                .step_factor = (double)defaults->schedule.factor,
                                .accumulate = defaults->accumulate};
}

void app_optimise_options_release(app_optimise_options *o)
{
    g_free(o->optimiser);
    g_free(o->schedule);
    g_free(o->warmup);
    *o = (app_optimise_options){0};
}

#define TEXT(name, to, text, arg)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, to, text, arg                                             \
    }
#define REAL(name, to, text)                                                                       \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, to, text, "X"                                             \
    }

void app_optimise_options_add(GOptionGroup *group, app_optimise_options *o)
{
    const GOptionEntry entries[] = {
        TEXT("optimiser", &o->optimiser, "adamw, adam, sgd or nesterov (adamw)", "NAME"),
        REAL("lr", &o->rate, "Learning rate after warm-up (0.002; 0.001)"),
        TEXT("schedule", &o->schedule, "How it falls: cosine, step or one-cycle (cosine)", "NAME"),
        REAL("last", &o->last, "Part of it at the end, but with step (0.02)"),
        TEXT("warmup", &o->warmup,
             "Steps of warm-up, or epochs such as 2e (100; a tenth at most; one-cycle: 0.3)", "N"),
        REAL("step-epochs", &o->step_epochs, "With step: epochs between two falls (a third)"),
        REAL("step-factor", &o->step_factor, "With step: the factor of each (0.1)"),
        {"accumulate", 0, 0, G_OPTION_ARG_INT, &o->accumulate,
         "Batches whose mean gradient makes a step (1)", "N"},
        REAL("decay", &o->decay, "Weight decay, not of norms and biases (0.02; 0.05)"),
        REAL("momentum", &o->momentum, "Momentum of sgd and nesterov (0.9)"),
        REAL("clip", &o->clip, "Largest norm of the gradient (10); 0: any"),
        REAL("ema", &o->average, "Decay of the averaged weights (0.998)"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, entries);
}

// Index of a word among `names`, which ends with NULL; -1 when it is none of them, 0 when not
// given.
static int find_word(const char *const *names, const char *word)
{
    for (int i = 0; names[i]; i++)
        if (!word || strcmp(names[i], word) == 0)
            return i;
    return -1;
}

static nn_status move_warmup(nn_trainer_options *to, const char *text, nn_error *err)
{
    char *end;
    if (!text) {
        if (to->schedule.kind == NN_SCHEDULE_ONE_CYCLE) {
            to->schedule.warmup = 0;
            to->warmup_epochs = ONE_CYCLE_UP * to->epochs;
        }
        return NN_OK;
    }
    const double n = g_ascii_strtod(text, &end);
    const bool epochs = *end == 'e';
    if (end == text || end[epochs] != '\0' || !(n >= 0 && n < MAX_WARMUP))
        return nn_fail(err, NN_EINVAL, "--warmup %s: neither steps, such as 100, nor epochs, 2e",
                       text);
    to->schedule.warmup = epochs ? 0 : (int64_t)n;
    to->warmup_epochs = epochs ? n : 0;
    return NN_OK;
}

static nn_status check(const app_optimise_options *o, nn_error *err)
{
    if (!(o->rate > 0 && o->rate < 10) || !(o->average >= 0 && o->average < 1) || !(o->decay >= 0))
        return nn_fail(err, NN_EINVAL,
                       "--lr must be above 0, --ema within 0..1, --decay 0 or more");
    if (!(o->last >= 0 && o->last <= 1) || !(o->step_factor > 0 && o->step_factor <= 1) ||
        !(o->step_epochs >= 0) || !(o->momentum >= 0 && o->momentum < 1))
        return nn_fail(err, NN_EINVAL,
                       "--last and --momentum are 0 to 1, --step-factor above 0 up to 1, "
                       "--step-epochs 0 or more");
    if (o->accumulate < 1 || o->accumulate > 4096)
        return nn_fail(err, NN_EINVAL, "--accumulate starts at 1");
    return NN_OK;
}

nn_status app_optimise_options_move(nn_trainer_options *to, const app_optimise_options *o,
                                    nn_error *err)
{
    // In the order of nn_optimiser_kind and nn_schedule_kind.
    static const char *const optimisers[] = {"adamw", "sgd", "nesterov", "adam", NULL},
                             *const schedules[] = {"cosine", "step", "one-cycle", NULL};
    const int optimiser = find_word(optimisers, o->optimiser),
              schedule = find_word(schedules, o->schedule);
    if (optimiser < 0)
        return nn_fail(err, NN_EINVAL, "--optimiser %s: not one of adamw, adam, sgd, nesterov",
                       o->optimiser);
    if (schedule < 0)
        return nn_fail(err, NN_EINVAL, "--schedule %s: not one of cosine, step, one-cycle",
                       o->schedule);
    const nn_status status = check(o, err);
    if (status != NN_OK)
        return status;
    to->optimiser.kind = (nn_optimiser_kind)optimiser;
    to->optimiser.decay = (float)o->decay;
    to->optimiser.momentum = (float)o->momentum;
    to->optimiser.clip = (float)o->clip;
    to->schedule.kind = (nn_schedule_kind)schedule;
    to->schedule.rate = (float)o->rate;
    to->schedule.last = (float)o->last;
    to->schedule.factor = (float)o->step_factor;
    to->step_epochs = o->step_epochs > 0 ? o->step_epochs : to->epochs / 3.0;
    to->average = (float)o->average;
    to->accumulate = o->accumulate;
    return move_warmup(to, o->warmup, err);
}
