// SPDX-License-Identifier: MIT
// Takes the steps of a sweep with a trainer and brings it back to where it was.
#include "nn/train/rate_sweep.h"

#include "nn/base/arith.h"
#include "nn/graph/rebuild.h"
#include "nn/train/trainer_internal.h"

#include <math.h>
#include <string.h>

enum { LEAST_STEPS = 60 };
// A sweep of Adam, whose steps are as large as the rate, and of the others.
static const double adam_rates[2] = {1e-6, 1}, other_rates[2] = {1e-5, 4};
#define RISEN 4.0 // times the lowest smoothed loss ends the sweep

static int count_steps(const nn_trainer *t)
{
    const int64_t part = nn_trainer_steps_total(t) / 4;
    return (int)nn_min(nn_max(part, LEAST_STEPS), NN_SWEEP_MOST);
}

static void add_step(nn_rate_sweep *s, const nn_trainer_report *r)
{
    s->rate[s->steps] = r->rate;
    s->loss[s->steps++] = r->value.loss;
}

// Whether there is nothing to see at higher rates.
static bool is_over(nn_rate_sweep *s, int planned, const nn_trainer_report *r)
{
    double least = INFINITY;
    if (r->skipped || !isfinite(r->value.loss))
        return true;
    nn_rate_sweep_pick(s, planned);
    for (int i = 0; i < s->steps; i++)
        least = fmin(least, s->smooth[i]);
    return s->steps > LEAST_STEPS / 4 && s->smooth[s->steps - 1] > RISEN * least;
}

static nn_status take_steps(nn_trainer *t, nn_rate_sweep *s, int steps,
                            bool (*step)(void *ctx, int done, int total), void *ctx, bool *stopped,
                            nn_error *err)
{
    for (int i = 0; i < steps && !*stopped; i++) {
        nn_trainer_report r;
        const nn_status status = nn_trainer_step(t, &r, err);
        if (status != NN_OK)
            return status;
        if (!r.skipped && isfinite(r.value.loss))
            add_step(s, &r);
        double stop = step && !step(ctx, i + 1, steps);
        nn_ranks_sum(t->options.ranks, &stop, 1);
        *stopped = stop > 0;
        if (is_over(s, steps, &r))
            break;
    }
    return NN_OK;
}

// Weights, averages and moments as before the first step.
static nn_status restore(nn_trainer *t, const nn_model *kept, nn_error *err)
{
    for (int i = 0; i < nn_graph_param_count(t->model->graph); i++) {
        const size_t bytes = nn_tensor_bytes(&kept->params[i]);
        memcpy(t->model->params[i].data, kept->params[i].data, bytes);
        memcpy(t->average->params[i].data, kept->params[i].data, bytes);
    }
    nn_loader_free(t->loader);
    t->loader = NULL;
    t->last_plan = NULL;
    t->step = 0;
    nn_optimiser_release(&t->optimiser);
    const nn_status status = nn_optimiser_init(&t->optimiser, t->model, &t->options.optimiser, err);
    t->optimiser.pool = t->pool;
    return status;
}

// In two significant digits: more would say more than a sweep knows.
static double round_rate(double rate)
{
    const double unit = pow(10, floor(log10(rate)) - 1);
    return round(rate / unit) * unit;
}

// Between what was picked and what is usual, and well below where the loss begins to rise.
static double find_rate(const nn_rate_sweep *s, double usual)
{
    const double mean = sqrt(s->rate[s->picked] * usual);
    return round_rate(fmin(mean, NN_SWEEP_BELOW * s->rate[s->lowest]));
}

nn_status nn_trainer_sweep(nn_trainer *t, nn_rate_sweep *out,
                           bool (*step)(void *ctx, int done, int total), void *ctx, nn_error *err)
{
    const nn_optimiser_kind kind = t->options.optimiser.kind;
    const bool adam = kind == NN_OPTIMISER_ADAM || kind == NN_OPTIMISER_ADAMW;
    const double *rates = adam ? adam_rates : other_rates;
    const nn_schedule schedule = t->options.schedule;
    const int steps = count_steps(t);
    nn_model *kept;
    bool stopped = false;
    *out = (nn_rate_sweep){.picked = -1};
    if (t->step > 0)
        return nn_fail(err, NN_EINVAL, "training: a sweep comes before the first step");
    nn_status status = nn_model_copy(&kept, t->model, err);
    if (status != NN_OK)
        return status;
    t->options.schedule =
        (nn_schedule){.kind = NN_SCHEDULE_STEP,
                      .rate = (float)rates[0],
                      .every = 1,
                      .total = steps,
                      .factor = (float)pow(rates[1] / rates[0], 1.0 / (steps - 1))};
    status = take_steps(t, out, steps, step, ctx, &stopped, err);
    t->options.schedule = schedule;
    const nn_status back = restore(t, kept, err);
    nn_model_free(kept);
    if (status == NN_OK && back == NN_OK && !stopped && out->steps > 0) {
        out->picked = nn_rate_sweep_pick(out, steps);
        out->found = find_rate(out, (double)schedule.rate);
    }
    return status == NN_OK ? back : status;
}

void nn_trainer_set_rate(nn_trainer *t, double rate)
{
    t->options.schedule.rate = (float)rate;
}
