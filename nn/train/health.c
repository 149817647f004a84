// SPDX-License-Identifier: MIT
// What is wrong with a training, from its losses, scores and layers.
#include "nn/train/health.h"

#include "nn/train/trainer_internal.h"

#include <math.h>
#include <stdio.h>

enum { RISEN = 1, NOTHING_LEARNT = 2, DEAD = 4 }; // bits of nn_health.said
enum { MOST_BAD = 10, MOST_SAME = 20 };           // steps in a row
enum { SETTLED = 10, LEAST_EPOCHS = 5, LEAST_STEPS = 300, ADVICE = 256 };
#define KEEP 0.9    // of the running mean of the loss, a step
#define ORDERS 10.0 // times the lowest mean: it does not rise so far by chance
#define LOST 0.5    // of the first mean: what was learnt is gone
#define SLACK 0.002 // of a score: as bad as knowing nothing
#define SMALL_CLIP 1.0f

// What to try when the steps were too large: values, not directions.
static void advise(const nn_trainer *t, char *text, size_t size)
{
    const nn_trainer_options *o = &t->options;
    const nn_schedule *s = &o->schedule;
    const bool clips = o->optimiser.clip > 0 && o->optimiser.clip <= SMALL_CLIP;
    const int64_t up = s->warmup > 0 ? 5 * s->warmup : 100;
    snprintf(text, size,
             "try --lr %.2g (it is %.3g), --warmup %lld%s; 'neroscale data' checks the labels",
             (double)s->rate / 10, (double)s->rate, (long long)up, clips ? "" : " or --clip 1");
}

static bool is_finite(const nn_tensor *v)
{
    for (int64_t i = 0; v->data && i < nn_shape_count(&v->shape); i++)
        if (!isfinite(nn_tensor_f32(v)[i]))
            return false;
    return true;
}

// Whether any process has weights, or running statistics, that are no numbers.
static bool is_lost(nn_trainer *t)
{
    double lost = 0;
    for (int i = 0; i < nn_graph_param_count(t->model->graph) && lost == 0; i++)
        lost = !is_finite(&t->model->params[i]);
    nn_ranks_sum(t->options.ranks, &lost, 1);
    return lost > 0;
}

static nn_status end(const nn_health *h, const nn_trainer *t, nn_error *err)
{
    char advice[ADVICE];
    const long long step = (long long)t->step - h->bad + 1;
    advise(t, advice, sizeof advice);
    return nn_fail(err, NN_EINVAL,
                   "the loss is not finite since step %lld of epoch %lld: training ends here; %s",
                   step, (long long)((step - 1) / t->steps_per_epoch) + 1, advice);
}

static nn_status end_collapsed(const nn_trainer *t, double spread, nn_error *err)
{
    const nn_schedule *s = &t->options.schedule;
    return nn_fail(
        err, NN_EINVAL,
        "the training has collapsed: since step %lld the outputs are nearly the same for "
        "all pictures (spread %.3f, 1 is best); training ends here; try --lr %.2g (it is "
        "%.3g), the other --method or a larger --batch",
        (long long)t->step - MOST_SAME + 1, spread, (double)s->rate / 10, (double)s->rate);
}

// Whether the running mean is far above where it has been. It begins to say something after some
// steps.
static bool has_risen(nn_health *h, double loss)
{
    h->loss = KEEP * h->loss + (1 - KEEP) * loss;
    h->weight = KEEP * h->weight + (1 - KEEP);
    if (++h->steps < SETTLED)
        return false;
    const double mean = h->loss / h->weight;
    if (h->steps == SETTLED)
        h->first = h->least = mean;
    h->least = fmin(h->least, mean);
    return mean > ORDERS * h->least && mean > LOST * h->first;
}

nn_status nn_health_step(nn_health *h, nn_trainer *t, const nn_trainer_report *r, char *line,
                         bool *said, nn_error *err)
{
    char advice[ADVICE];
    *said = false;
    h->bad = r->skipped || !isfinite(r->value.loss) ? h->bad + 1 : 0;
    if (h->bad > 0)
        return h->bad >= MOST_BAD || is_lost(t) ? end(h, t, err) : NN_OK;
    h->same = r->value.part[0] < t->task->collapsed ? h->same + 1 : 0;
    if (h->same >= MOST_SAME)
        return end_collapsed(t, r->value.part[0], err);
    if (!has_risen(h, r->value.loss) || h->said & RISEN)
        return NN_OK;
    h->said |= RISEN;
    *said = true;
    advise(t, advice, sizeof advice);
    snprintf(line, NN_HEALTH_LINE, "the loss rose to %.3g at step %lld, it was %.3g: %s",
             h->loss / h->weight, (long long)t->step, h->least, advice);
    return NN_OK;
}

bool nn_health_score(nn_health *h, const nn_trainer *t, int epoch, const nn_score *score,
                     char *line)
{
    const nn_schedule *s = &t->options.schedule;
    const bool over = t->step >= s->total;
    const bool due = epoch >= LEAST_EPOCHS && t->step >= s->warmup + LEAST_STEPS;
    if (h->said & NOTHING_LEARNT || !(due || over) || score->worth > score->chance + SLACK)
        return false;
    h->said |= NOTHING_LEARNT;
    if (!due)
        snprintf(line, NN_HEALTH_LINE,
                 "%lld step%s taught nothing that shows on the validation pictures: train longer "
                 "(--epochs %lld)",
                 (long long)t->step, t->step == 1 ? "" : "s",
                 (long long)(epoch * (LEAST_STEPS / (t->step > 0 ? t->step : 1) + 2)));
    else
        snprintf(line, NN_HEALTH_LINE,
                 "after %d epochs the validation score is %.3f, no better than knowing nothing: "
                 "try --lr %.2g (it is %.3g) or --lr auto; 'neroscale data' checks the labels",
                 epoch, score->worth, (double)s->rate / 10, (double)s->rate);
    return true;
}

bool nn_health_layers(nn_health *h, const nn_trainer *t, char *line)
{
    if (h->said & DEAD)
        return false;
    const nn_dead_layers dead = nn_trainer_dead_layers(t);
    if (dead.count == 0)
        return false;
    h->said |= DEAD;
    snprintf(line, NN_HEALTH_LINE,
             "%d of %d layers give %s for every picture, '%.60s' first: try --lr %.2g (it is %.3g) "
             "or a longer --warmup",
             dead.count, dead.layers, dead.zero ? "zero" : "the same", dead.first,
             (double)t->options.schedule.rate / 10, (double)t->options.schedule.rate);
    return true;
}
