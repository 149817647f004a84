// SPDX-License-Identifier: MIT
// Counts what a classifier got right; average precision of several labels a picture.
#include "nn/eval/class_metrics.h"

#include "nn/base/memory.h"
#include "nn/vision/scores.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 5, MAX_CLASSES = 1 << 14, MOST_SCORES = 1 << 26 };
static const float PRESENT = 0.5f; // multi: from this probability on a class counts as predicted

struct nn_class_metrics {
    int classes;
    bool multi;
    int64_t *confusion;                  // classes x classes: truth, predicted
    int64_t *truths, *predicted, *hits;  // per class
    int64_t pictures, shown, top1, top5; // shown: pictures with any class
    double loss;                         // summed
    nn_class_mistake *mistakes;
    int64_t mistake_count, mistake_capacity;
    // Probability of every class of every picture, negated when the class is not there (-0.0f tells
    // 0 from 0). Not multi: none of them once they are more than MOST_SCORES.
    float *scores;
    bool scored;
    int64_t score_count, score_capacity;
};

nn_class_metrics *nn_class_metrics_new(int classes, bool multi)
{
    nn_class_metrics *m = classes > 0 && classes <= MAX_CLASSES ? nn_calloc(1, sizeof *m) : NULL;
    if (!m)
        return NULL;
    m->classes = classes;
    m->multi = multi;
    m->scored = true;
    m->confusion = nn_calloc((size_t)classes * (size_t)classes, sizeof *m->confusion);
    m->truths = nn_calloc((size_t)classes * 3, sizeof *m->truths);
    if (!m->confusion || !m->truths) {
        nn_class_metrics_free(m);
        return NULL;
    }
    m->predicted = m->truths + classes;
    m->hits = m->predicted + classes;
    return m;
}

void nn_class_metrics_free(nn_class_metrics *m)
{
    if (!m)
        return;
    nn_free(m->confusion);
    nn_free(m->truths);
    nn_free(m->mistakes);
    nn_free(m->scores);
    nn_free(m);
}

static bool contains(const int32_t *labels, int count, int32_t label)
{
    for (int i = 0; i < count; i++)
        if (labels[i] == label)
            return true;
    return false;
}

static nn_status check(const nn_class_metrics *m, const int32_t *labels, int count, const float *p,
                       nn_error *err)
{
    for (int i = 0; i < count; i++)
        if (labels[i] < 0 || labels[i] >= m->classes)
            return nn_fail(err, NN_EINVAL, "there is no class %d, only %d classes", (int)labels[i],
                           m->classes);
    for (int i = 0; i < m->classes; i++)
        if (!isfinite(p[i]))
            return nn_fail(err, NN_EFORMAT, "the probability of class %d is not a finite number",
                           i);
    return NN_OK;
}

// Room for one more mistake and for the scores of one more picture.
static nn_status reserve(nn_class_metrics *m, nn_error *err)
{
    if (m->mistake_count == m->mistake_capacity) {
        const int64_t capacity = 2 * m->mistake_capacity + 64;
        nn_class_mistake *grown =
            nn_realloc(m->mistakes, (size_t)m->mistake_capacity * sizeof *grown,
                       (size_t)capacity * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for scores");
        m->mistakes = grown;
        m->mistake_capacity = capacity;
    }
    if (!m->multi && m->score_count + m->classes > MOST_SCORES) {
        nn_free(m->scores);
        m->scores = NULL;
        m->scored = false;
    }
    if (m->scored && m->score_count + m->classes > m->score_capacity) {
        const int64_t capacity = 2 * m->score_capacity + 64 * (int64_t)m->classes;
        float *grown = nn_realloc(m->scores, (size_t)m->score_capacity * sizeof *grown,
                                  (size_t)capacity * sizeof *grown);
        if (!grown)
            return nn_fail(err, NN_ENOMEM, "no memory for scores");
        m->scores = grown;
        m->score_capacity = capacity;
    }
    return NN_OK;
}

static void add_top(nn_class_metrics *m, const int32_t *labels, int count, const float *p)
{
    int best[TOP];
    const int n = nn_scores_best(p, m->classes, best, TOP);
    bool among = false;
    for (int i = 0; i < n; i++)
        among = among || contains(labels, count, best[i]);
    const bool hit = contains(labels, count, best[0]);
    m->shown++;
    m->top5 += among;
    m->top1 += hit;
    m->confusion[(int64_t)(hit ? best[0] : labels[0]) * m->classes + best[0]]++;
}

static void keep_scores(nn_class_metrics *m, const int32_t *labels, int count, const float *p)
{
    for (int i = 0; i < m->classes && m->scored; i++)
        m->scores[m->score_count++] = contains(labels, count, i) ? fabsf(p[i]) : -fabsf(p[i]);
}

static void add_single(nn_class_metrics *m, int picture, const int32_t *labels, int count,
                       const float *p)
{
    int best;
    nn_scores_best(p, m->classes, &best, 1);
    const bool hit = contains(labels, count, best);
    const int32_t label = hit ? best : labels[0];
    m->loss -= log(fmax((double)p[labels[0]], (double)FLT_MIN));
    m->truths[label]++;
    m->predicted[best]++;
    m->hits[best] += hit;
    if (!hit)
        m->mistakes[m->mistake_count++] = (nn_class_mistake){picture, label, best, p[best]};
}

static void add_multi(nn_class_metrics *m, int picture, const int32_t *labels, int count,
                      const float *p)
{
    nn_class_mistake worst = {.picture = picture};
    float error = 0;
    double loss = 0;
    for (int i = 0; i < m->classes; i++) {
        const bool there = contains(labels, count, i), found = p[i] >= PRESENT;
        loss -= log(fmax(there ? (double)p[i] : 1.0 - (double)p[i], (double)FLT_MIN));
        m->truths[i] += there;
        m->predicted[i] += found;
        m->hits[i] += there && found;
        const float off = there ? 1 - p[i] : p[i];
        if (there == found || off < error)
            continue;
        error = off;
        worst.label = there ? i : -1;
        worst.predicted = there ? -1 : i;
        worst.probability = p[i];
    }
    m->loss += loss / m->classes;
    if (error > 0)
        m->mistakes[m->mistake_count++] = worst;
}

nn_status nn_class_metrics_add(nn_class_metrics *m, int picture, const int32_t *labels, int count,
                               const float *probabilities, nn_error *err)
{
    if (count < 1 && !m->multi)
        return NN_OK;
    nn_status status = check(m, labels, count, probabilities, err);
    if (status == NN_OK)
        status = reserve(m, err);
    if (status != NN_OK)
        return status;
    m->pictures++;
    keep_scores(m, labels, count, probabilities);
    if (count > 0)
        add_top(m, labels, count, probabilities);
    if (m->multi)
        add_multi(m, picture, labels, count, probabilities);
    else
        add_single(m, picture, labels, count, probabilities);
    return NN_OK;
}

static double ratio(int64_t a, int64_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

// Largest probability first; of equal ones the order does not matter.
static int compare_scores(const void *a, const void *b)
{
    const float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
    return (x < y) - (x > y);
}

// Sum of precision times the step in recall, over the distinct probabilities.
static double area(const float *sorted, int64_t n)
{
    int64_t hits = 0, before = 0;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        hits += !signbit(sorted[i]);
        if (i + 1 < n && fabsf(sorted[i + 1]) == fabsf(sorted[i]))
            continue;
        sum += ratio(hits, i + 1) * (double)(hits - before);
        before = hits;
    }
    return hits > 0 ? sum / (double)hits : (double)NAN;
}

static nn_status average_precision(const nn_class_metrics *m, int label, double *ap, nn_error *err)
{
    *ap = NAN;
    if (!m->scored || m->pictures == 0)
        return NN_OK;
    float *column = nn_alloc((size_t)m->pictures * sizeof *column);
    if (!column)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    for (int64_t i = 0; i < m->pictures; i++)
        column[i] = m->scores[i * m->classes + label];
    qsort(column, (size_t)m->pictures, sizeof *column, compare_scores);
    *ap = area(column, m->pictures);
    nn_free(column);
    return NN_OK;
}

static nn_class_score count_class(const nn_class_metrics *m, int label)
{
    nn_class_score s = {.truths = m->truths[label],
                        .predicted = m->predicted[label],
                        .hits = m->hits[label],
                        .ap = NAN};
    s.precision = ratio(s.hits, s.predicted);
    s.recall = ratio(s.hits, s.truths);
    s.f1 = ratio(2 * s.hits, s.predicted + s.truths);
    return s;
}

nn_status nn_class_metrics_class(const nn_class_metrics *m, int label, nn_class_score *out,
                                 nn_error *err)
{
    *out = (nn_class_score){.ap = NAN};
    if (label < 0 || label >= m->classes)
        return nn_fail(err, NN_EINVAL, "there is no class %d, only %d classes", label, m->classes);
    *out = count_class(m, label);
    return average_precision(m, label, &out->ap, err);
}

nn_status nn_class_metrics_summary(const nn_class_metrics *m, nn_class_summary *out, nn_error *err)
{
    *out = (nn_class_summary){.map = NAN, .pictures = m->pictures};
    int64_t hits = 0, counted = 0, with_truth = 0;
    double map = 0;
    for (int i = 0; i < m->classes; i++) {
        nn_class_score s = count_class(m, i);
        nn_status status = m->multi ? average_precision(m, i, &s.ap, err) : NN_OK;
        if (status != NN_OK)
            return status;
        hits += s.hits;
        counted += s.predicted + s.truths;
        if (s.truths == 0)
            continue;
        with_truth++;
        out->precision += s.precision;
        out->recall += s.recall;
        out->f1 += s.f1;
        map += s.ap;
    }
    if (with_truth > 0) {
        out->precision /= (double)with_truth;
        out->recall /= (double)with_truth;
        out->f1 /= (double)with_truth;
        out->map = m->multi ? map / (double)with_truth : NAN;
    }
    out->f1_all = m->multi ? ratio(2 * hits, counted) : 0;
    out->top1 = ratio(m->top1, m->shown);
    out->top5 = ratio(m->top5, m->shown);
    out->loss = m->pictures > 0 ? m->loss / (double)m->pictures : 0;
    return NN_OK;
}

int64_t nn_class_metrics_truths(const nn_class_metrics *m, int label)
{
    return m->truths[label];
}

int64_t nn_class_metrics_confusion(const nn_class_metrics *m, int truth, int predicted)
{
    return m->confusion[(int64_t)truth * m->classes + predicted];
}

int nn_class_metrics_classes(const nn_class_metrics *m)
{
    return m->classes;
}

bool nn_class_metrics_multi(const nn_class_metrics *m)
{
    return m->multi;
}

// How sure the classifier was of what is wrong.
static float sureness(const nn_class_mistake *x)
{
    return x->predicted < 0 ? 1 - x->probability : x->probability;
}

static int compare_mistakes(const void *a, const void *b)
{
    const nn_class_mistake *x = a, *y = b;
    const float p = sureness(x), q = sureness(y);
    if (p != q)
        return p < q ? 1 : -1;
    return (x->picture > y->picture) - (x->picture < y->picture);
}

int nn_class_metrics_worst(nn_class_metrics *m, nn_class_mistake *out, int most)
{
    if (m->mistake_count == 0 || most < 1)
        return 0;
    qsort(m->mistakes, (size_t)m->mistake_count, sizeof *m->mistakes, compare_mistakes);
    const int n = m->mistake_count < most ? (int)m->mistake_count : most;
    memcpy(out, m->mistakes, (size_t)n * sizeof *out);
    return n;
}
