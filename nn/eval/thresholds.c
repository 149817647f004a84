// SPDX-License-Identifier: MIT
// Thresholds by F1 and by false alarms.
#include "nn/eval/thresholds.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>

// The threshold is somewhat below that of the best F1: in a video a missed object is worse than one
// false box more, and users raise a threshold more readily than they lower it.
static const double F1_SLACK = 0.01;

// Scores of one class, in the order of the pictures; 0: nothing was found.
typedef struct scores {
    float *best;
    int64_t count, capacity;
} scores;

struct nn_false_alarms {
    int classes;
    scores *of;
};

nn_false_alarms *nn_false_alarms_new(int classes)
{
    nn_false_alarms *a = nn_calloc(1, sizeof *a);
    scores *of = nn_calloc((size_t)classes + 1, sizeof *of);
    if (!a || !of) {
        nn_free(a);
        nn_free(of);
        return NULL;
    }
    *a = (nn_false_alarms){classes, of};
    return a;
}

void nn_false_alarms_free(nn_false_alarms *a)
{
    if (!a)
        return;
    for (int i = 0; i < a->classes; i++)
        nn_free(a->of[i].best);
    nn_free(a->of);
    nn_free(a);
}

static nn_status add_score(scores *s, float score, nn_error *err)
{
    if (s->count == s->capacity) {
        const int64_t capacity = 2 * s->capacity + 64;
        float *grown = nn_realloc(s->best, s->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for the scores of %lld pictures",
                           (long long)capacity);
        s->best = grown;
        s->capacity = capacity;
    }
    s->best[s->count++] = score;
    return NN_OK;
}

// Whether the picture has the class, or may have it.
static bool may_hold(const nn_scored_objects *o, int label)
{
    for (int i = 0; i < o->truth_count; i++)
        if (o->truths[i].label == label || o->truths[i].label < 0)
            return true;
    return false;
}

nn_status nn_false_alarms_add(nn_false_alarms *a, const nn_scored_objects *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (int label = 0; label < a->classes && status == NN_OK; label++) {
        float best = 0;
        if (may_hold(o, label))
            continue;
        for (int i = 0; i < o->box_count; i++)
            if (o->boxes[i].label == label && o->boxes[i].score > best)
                best = o->boxes[i].score;
        status = add_score(&a->of[label], best, err);
    }
    return status;
}

int64_t nn_false_alarms_pictures(const nn_false_alarms *a, int label)
{
    return a->of[label].count;
}

int64_t nn_false_alarms_count(const nn_false_alarms *a, int label, float threshold)
{
    int64_t n = 0;
    for (int64_t i = 0; i < a->of[label].count; i++)
        n += a->of[label].best[i] > 0 && a->of[label].best[i] >= threshold;
    return n;
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

// The lowest threshold that the rule allows, halfway between two scores, so that the same boxes are
// below it on another machine; 0: any.
static nn_status find_silence(const scores *s, double part, float *threshold, nn_error *err)
{
    const int64_t most = (int64_t)floor(part * (double)s->count + 1e-9);
    *threshold = 0;
    if (most < 1 || most >= s->count)
        return NN_OK;
    float *sorted = nn_alloc((size_t)s->count * sizeof *sorted);
    if (!sorted)
        return nn_fail(err, NN_ENOMEM, "no memory for the scores of %lld pictures",
                       (long long)s->count);
    for (int64_t i = 0; i < s->count; i++)
        sorted[i] = s->best[i];
    qsort(sorted, (size_t)s->count, sizeof *sorted, compare);
    if (sorted[most] > 0) // between equal or neighbouring floats there is none
        *threshold = fmaxf(0.5f * (sorted[most - 1] + sorted[most]), nextafterf(sorted[most], 2));
    nn_free(sorted);
    return NN_OK;
}

nn_status nn_thresholds_choose(const nn_metrics *m, const nn_false_alarms *a,
                               const nn_threshold_rule *rule, int classes, float *of_class,
                               float *all, nn_error *err)
{
    nn_status status = nn_metrics_best_threshold(m, -1, F1_SLACK, all, NULL, err);
    for (int i = 0; i < classes && status == NN_OK; i++) {
        float silent;
        if (!rule->keep)
            of_class[i] = *all;
        if (nn_metrics_truths(m, i) >= rule->objects)
            status = nn_metrics_best_threshold(m, i, F1_SLACK, &of_class[i], NULL, err);
        if (status == NN_OK)
            status = find_silence(&a->of[i], rule->false_alarms, &silent, err);
        if (status == NN_OK)
            of_class[i] = fminf(fmaxf(of_class[i], silent), 1);
    }
    if (status == NN_OK && classes == 1)
        *all = of_class[0];
    return status;
}
