// SPDX-License-Identifier: MIT
// COCO average precision: greedy matching, 101 recall points (Lin 2014; pycocotools' cocoeval).
#include "nn/train/metrics.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECALL_POINTS = 101 };

// A detection after matching. Bit t of hit, ignored: at the t-th IoU.
typedef struct record {
    float score;
    int32_t label;
    uint16_t hit, ignored;
    int64_t order; // of arrival, to break ties the same way everywhere
} record;

struct nn_metrics {
    int classes;
    int64_t *truths; // per class
    record *records;
    int64_t count, capacity;
};

nn_metrics *nn_metrics_new(int classes)
{
    nn_metrics *m = nn_calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->classes = classes;
    m->truths = nn_calloc(classes, sizeof *m->truths);
    if (!m->truths) {
        nn_free(m);
        return NULL;
    }
    return m;
}

void nn_metrics_free(nn_metrics *m)
{
    if (!m)
        return;
    nn_free(m->truths);
    nn_free(m->records);
    nn_free(m);
}

static int compare_boxes(const void *a, const void *b)
{
    const record *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

static double overlap(const nn_box *b, const nn_truth *t, bool crowd)
{
    double w = fmin(b->x1, t->x1) - fmax(b->x0, t->x0), h = fmin(b->y1, t->y1) - fmax(b->y0, t->y0);
    if (w <= 0 || h <= 0)
        return 0;
    double own = ((double)b->x1 - b->x0) * ((double)b->y1 - b->y0);
    double other = ((double)t->x1 - t->x0) * ((double)t->y1 - t->y0);
    return w * h / (crowd ? own : own + other - w * h);
}

// Matches one detection at every IoU; taken[i] has bit t set when truth i is used up there.
static void match(record *r, const nn_box *b, const nn_truth *truths, int n, uint16_t *taken)
{
    for (int t = 0; t < NN_METRICS_IOUS; t++) {
        double best = 0.5 + 0.05 * t - 1e-10;
        int pick = -1;
        bool crowd = false;
        for (int i = 0; i < n; i++) {
            if (!truths[i].ignore && (truths[i].label != b->label || taken[i] >> t & 1))
                continue;
            double v = overlap(b, &truths[i], truths[i].ignore);
            if (truths[i].ignore)
                crowd = crowd || v >= 0.5 + 0.05 * t - 1e-10;
            else if (v >= best) {
                best = v;
                pick = i;
            }
        }
        if (pick >= 0) {
            taken[pick] |= (uint16_t)(1u << t);
            r->hit |= (uint16_t)(1u << t);
        } else if (crowd) {
            r->ignored |= (uint16_t)(1u << t);
        }
    }
}

static nn_status reserve(nn_metrics *m, int64_t more, nn_error *err)
{
    if (m->count + more <= m->capacity)
        return NN_OK;
    int64_t capacity = 2 * m->capacity + more + 256;
    record *grown = nn_realloc(m->records, m->capacity * sizeof *grown, capacity * sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for %lld detections", (long long)capacity);
    m->records = grown;
    m->capacity = capacity;
    return NN_OK;
}

nn_status nn_metrics_add(nn_metrics *m, const nn_truth *truths, int truth_count,
                         const nn_box *boxes, int box_count, nn_error *err)
{
    nn_status status = reserve(m, box_count, err);
    uint16_t *taken = status == NN_OK ? nn_calloc(truth_count + 1, sizeof *taken) : NULL;
    if (!taken)
        return status != NN_OK ? status : nn_fail(err, NN_ENOMEM, "no memory for matching");
    record *first = m->records + m->count;
    int n = 0;
    for (int i = 0; i < box_count; i++)
        if (boxes[i].label >= 0 && boxes[i].label < m->classes)
            first[n++] = (record){.score = boxes[i].score, .label = boxes[i].label, .order = i};
    qsort(first, n, sizeof *first, compare_boxes);
    for (int i = 0; i < n; i++) {
        match(&first[i], &boxes[first[i].order], truths, truth_count, taken);
        first[i].order = m->count + i;
    }
    m->count += n;
    for (int i = 0; i < truth_count; i++)
        if (!truths[i].ignore && truths[i].label >= 0 && truths[i].label < m->classes)
            m->truths[truths[i].label]++;
    nn_free(taken);
    return NN_OK;
}

// Area under the interpolated precision-recall curve of `n` sorted records at IoU step t.
static double average_precision(const record *r, int64_t n, int t, int64_t truths,
                                double *precision)
{
    int64_t hits = 0, seen = 0;
    for (int64_t i = 0; i < n; i++) {
        if (r[i].ignored >> t & 1)
            continue;
        hits += r[i].hit >> t & 1;
        seen++;
        precision[seen - 1] = (double)hits / (double)seen;
    }
    for (int64_t i = seen - 1; i > 0; i--)
        precision[i - 1] = fmax(precision[i - 1], precision[i]);
    double sum = 0;
    int point = 0;
    hits = seen = 0;
    for (int64_t i = 0; i < n && point < RECALL_POINTS; i++) {
        if (r[i].ignored >> t & 1)
            continue;
        hits += r[i].hit >> t & 1;
        double recall = (double)hits / (double)truths;
        // A recall point takes the precision of the first detection that reaches it.
        for (; point < RECALL_POINTS && 0.01 * point <= recall + 1e-12; point++)
            sum += precision[seen];
        seen++;
    }
    return sum / RECALL_POINTS;
}

// Sorted copies of the records of one class (all with label < 0).
static nn_status select_records(const nn_metrics *m, int label, record **out, int64_t *n,
                                nn_error *err)
{
    *n = 0;
    *out = nn_alloc((size_t)(m->count + 1) * sizeof **out);
    if (!*out)
        return nn_fail(err, NN_ENOMEM, "no memory for %lld detections", (long long)m->count);
    for (int64_t i = 0; i < m->count; i++)
        if (label < 0 || m->records[i].label == label)
            (*out)[(*n)++] = m->records[i];
    qsort(*out, *n, sizeof **out, compare_boxes);
    return NN_OK;
}

static nn_status class_ap(const nn_metrics *m, int label, double *ap50, double *ap, nn_error *err)
{
    record *r;
    int64_t n;
    nn_status status = select_records(m, label, &r, &n, err);
    if (status != NN_OK)
        return status;
    double *precision = nn_alloc((size_t)(n + 1) * sizeof *precision);
    if (precision) {
        double sum = 0;
        for (int t = 0; t < NN_METRICS_IOUS; t++) {
            double v = average_precision(r, n, t, m->truths[label], precision);
            sum += v;
            if (t == 0)
                *ap50 = v;
        }
        *ap = sum / NN_METRICS_IOUS;
    } else {
        status = nn_fail(err, NN_ENOMEM, "no memory for %lld detections", (long long)n);
    }
    nn_free(precision);
    nn_free(r);
    return status;
}

static void count_at(const nn_metrics *m, int label, float threshold, nn_metrics_score *s)
{
    int64_t hits = 0, counted = 0, truths = 0;
    for (int64_t i = 0; i < m->count; i++) {
        const record *r = &m->records[i];
        if ((label >= 0 && r->label != label) || r->score < threshold || (r->ignored & 1))
            continue;
        counted++;
        hits += r->hit & 1;
    }
    for (int c = 0; c < m->classes; c++)
        truths += label < 0 || c == label ? m->truths[c] : 0;
    s->truths = (int)truths;
    s->detections = (int)counted;
    s->precision = counted ? (double)hits / (double)counted : 0;
    s->recall = truths ? (double)hits / (double)truths : 0;
}

nn_status nn_metrics_compute(const nn_metrics *m, int label, float threshold, nn_metrics_score *out,
                             nn_error *err)
{
    *out = (nn_metrics_score){.ap50 = NAN, .ap = NAN};
    if (label >= m->classes)
        return nn_fail(err, NN_EINVAL, "metrics: no class %d of %d", label, m->classes);
    count_at(m, label, threshold, out);
    double sum50 = 0, sum = 0;
    int with_truth = 0;
    for (int c = 0; c < m->classes; c++) {
        if ((label >= 0 && c != label) || m->truths[c] == 0)
            continue;
        double ap50 = 0, ap = 0;
        nn_status status = class_ap(m, c, &ap50, &ap, err);
        if (status != NN_OK)
            return status;
        sum50 += ap50;
        sum += ap;
        with_truth++;
    }
    if (with_truth > 0) {
        out->ap50 = sum50 / with_truth;
        out->ap = sum / with_truth;
    }
    return NN_OK;
}

// Walks down the scores of `n` sorted records; returns the best F1 and, in *threshold, the lowest
// one that reaches `enough` (untouched when none does).
static double scan_f1(const record *r, int64_t n, int64_t truths, double enough, float *threshold)
{
    int64_t hits = 0, counted = 0;
    double best = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(r[i].ignored & 1)) {
            counted++;
            hits += r[i].hit & 1;
        }
        if (i + 1 < n && r[i + 1].score == r[i].score)
            continue;
        double f = counted + truths ? 2.0 * (double)hits / (double)(counted + truths) : 0;
        best = f > best ? f : best;
        // Halfway to the next score, so that equal detections on another machine stay above.
        if (f >= enough)
            *threshold = i + 1 == n ? r[i].score : 0.5f * (r[i].score + r[i + 1].score);
    }
    return best;
}

nn_status nn_metrics_best_threshold(const nn_metrics *m, double slack, float *threshold, double *f1,
                                    nn_error *err)
{
    record *r;
    int64_t n, truths = 0;
    nn_status status = select_records(m, -1, &r, &n, err);
    if (status != NN_OK)
        return status;
    for (int c = 0; c < m->classes; c++)
        truths += m->truths[c];
    *threshold = 0.5f;
    double best = scan_f1(r, n, truths, INFINITY, threshold);
    if (best > 0)
        scan_f1(r, n, truths, best - slack, threshold);
    nn_free(r);
    if (f1)
        *f1 = best;
    return NN_OK;
}
