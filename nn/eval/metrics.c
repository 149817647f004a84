// SPDX-License-Identifier: MIT
// Average precision and recall by COCO: 101 recall points (Lin 2014; pycocotools' cocoeval).
#include "nn/eval/metrics.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECALL_POINTS = 101, OLD_POINTS = 11, IOU_75 = 5, SMALL = 1 };

// A detection after matching.
typedef struct record {
    float score;
    int32_t label;
    nn_match match;
    bool late;     // not among the best of its class on its picture that count
    int64_t order; // order of arrival, which breaks ties the same way on all machines
} record;

struct nn_metrics {
    const nn_similarity *measure;
    int classes, points;           // of recall
    int64_t *truths;               // per class and range of areas
    const float *class_thresholds; // borrowed; NULL: none
    record *records;
    int64_t count, capacity;
};

static int64_t truths_of(const nn_metrics *m, int label, int range)
{
    return m->truths[(int64_t)label * NN_METRICS_RANGES + range];
}

nn_metrics *nn_metrics_new(int classes)
{
    return nn_metrics_new_by(classes, &nn_similarity_box);
}

const nn_similarity *nn_metrics_measure(const nn_metrics *m)
{
    return m->measure;
}

nn_metrics *nn_metrics_new_by(int classes, const nn_similarity *measure)
{
    nn_metrics *m = nn_calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->measure = measure;
    m->classes = classes;
    m->points = RECALL_POINTS;
    m->truths = nn_calloc((size_t)classes * NN_METRICS_RANGES, sizeof *m->truths);
    if (!m->truths) {
        nn_free(m);
        return NULL;
    }
    return m;
}

void nn_metrics_use_eleven_points(nn_metrics *m)
{
    m->points = OLD_POINTS;
}

void nn_metrics_use_class_thresholds(nn_metrics *m, const float *thresholds)
{
    m->class_thresholds = thresholds;
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

static void add_truths(nn_metrics *m, const nn_scored_objects *o)
{
    for (int i = 0; i < o->truth_count; i++)
        for (int r = 0; r < NN_METRICS_RANGES; r++)
            if (o->truths[i].label >= 0 && o->truths[i].label < m->classes)
                m->truths[(int64_t)o->truths[i].label * NN_METRICS_RANGES + r] +=
                    nn_match_counts(m->measure, o, i, r);
}

// Whether so many records of its class come before the i-th that it does not count.
static bool is_late(const record *first, int i, int most)
{
    int before = 0;
    for (int k = 0; k < i && i >= most; k++)
        before += first[k].label == first[i].label;
    return before >= most;
}

// Appends the detections of a picture, best score first, and returns their number.
static int add_records(nn_metrics *m, const nn_scored_objects *o)
{
    record *first = m->records + m->count;
    int n = 0;
    for (int i = 0; i < o->box_count; i++)
        if (o->boxes[i].label >= 0 && o->boxes[i].label < m->classes)
            first[n++] =
                (record){.score = o->boxes[i].score, .label = o->boxes[i].label, .order = i};
    if (n > 1) // without boxes there may be no records yet
        qsort(first, n, sizeof *first, compare_boxes);
    return n;
}

nn_status nn_metrics_add_objects(nn_metrics *m, const nn_scored_objects *o, nn_error *err)
{
    nn_matching matching;
    nn_status status = reserve(m, o->box_count, err);
    if (status != NN_OK)
        return status;
    status = nn_matching_open(&matching, m->measure, o, err);
    if (status == NN_OK) {
        record *first = m->records + m->count;
        const int n = add_records(m, o);
        for (int i = 0; i < n; i++) {
            nn_matching_box(&matching, (int)first[i].order, &first[i].match);
            first[i].order = m->count + i;
            first[i].late = is_late(first, i, m->measure->most);
        }
        m->count += n;
        add_truths(m, o);
    }
    nn_matching_close(&matching);
    return status;
}

nn_status nn_metrics_add(nn_metrics *m, const nn_truth *truths, int truth_count,
                         const nn_box *boxes, int box_count, nn_error *err)
{
    const nn_scored_objects o = {
        .truths = truths, .truth_count = truth_count, .boxes = boxes, .box_count = box_count};
    return nn_metrics_add_objects(m, &o, err);
}

static bool reaches(const nn_scored_objects *o, const nn_box *b, float threshold)
{
    return b->score >= threshold &&
           (!o->class_thresholds || b->score >= o->class_thresholds[b->label]);
}

nn_status nn_metrics_judge_objects(const nn_similarity *measure, const nn_scored_objects *o,
                                   float threshold, bool *found, nn_verdict *verdicts,
                                   nn_error *err)
{
    nn_matching matching;
    const nn_status status = nn_matching_open(&matching, measure, o, err);
    for (int i = 0; i < o->box_count && status == NN_OK; i++) {
        nn_match match;
        verdicts[i] = NN_VERDICT_IGNORED;
        if (!reaches(o, &o->boxes[i], threshold))
            continue;
        nn_matching_box(&matching, i, &match);
        if (!(match.ignored[0] & 1))
            verdicts[i] = match.hit[0] & 1 ? NN_VERDICT_HIT : NN_VERDICT_FALSE;
    }
    for (int i = 0; i < o->truth_count && status == NN_OK; i++)
        found[i] = o->truths[i].ignore || (measure->counts && !measure->counts(o, i)) ||
                   matching.taken[i].hit[0] & 1;
    nn_matching_close(&matching);
    return status;
}

nn_status nn_metrics_judge(const nn_truth *truths, int truth_count, const nn_box *boxes,
                           int box_count, float threshold, bool *found, nn_verdict *verdicts,
                           nn_error *err)
{
    const nn_scored_objects o = {
        .truths = truths, .truth_count = truth_count, .boxes = boxes, .box_count = box_count};
    return nn_metrics_judge_objects(&nn_similarity_box, &o, threshold, found, verdicts, err);
}

// Metrics of one class in one range of areas at one IoU.
typedef struct curve {
    double ap, recall;
} curve;

// Area under the interpolated precision-recall curve of n sorted records, and the largest recall.
static curve measure(const record *r, int64_t n, int range, int t, int64_t truths, int points,
                     double *precision)
{
    const double step = points == RECALL_POINTS ? 0.01 : 0.1;
    int64_t hits = 0, seen = 0;
    for (int64_t i = 0; i < n; i++) {
        if (r[i].late || r[i].match.ignored[range] >> t & 1)
            continue;
        hits += r[i].match.hit[range] >> t & 1;
        seen++;
        precision[seen - 1] = (double)hits / (double)seen;
    }
    const double recall = (double)hits / (double)truths;
    for (int64_t i = seen - 1; i > 0; i--)
        precision[i - 1] = fmax(precision[i - 1], precision[i]);
    double sum = 0;
    int point = 0;
    hits = seen = 0;
    for (int64_t i = 0; i < n && point < points; i++) {
        if (r[i].late || r[i].match.ignored[range] >> t & 1)
            continue;
        hits += r[i].match.hit[range] >> t & 1;
        // A recall point gets the precision of the first detection that reaches it. The points
        // round like numpy's linspace(0, 1, 101), which decides some comparisons.
        for (; point < points && step * point <= (double)hits / (double)truths; point++)
            sum += precision[seen];
        seen++;
    }
    return (curve){sum / points, recall};
}

// Sorted copies of the records of one class (label < 0: all).
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

// Sums over classes; [0]: all sizes, then small, medium, large.
typedef struct sums {
    double ap50, ap75, ap[NN_METRICS_RANGES], recall[NN_METRICS_RANGES];
    int classes[NN_METRICS_RANGES]; // classes with true boxes of the size
} sums;

static nn_status add_class(const nn_metrics *m, int label, sums *s, nn_error *err)
{
    record *r;
    int64_t n;
    nn_status status = select_records(m, label, &r, &n, err);
    if (status != NN_OK)
        return status;
    double *precision = nn_alloc((size_t)(n + 1) * sizeof *precision);
    if (!precision)
        status = nn_fail(err, NN_ENOMEM, "no memory for %lld detections", (long long)n);
    for (int range = 0; range < NN_METRICS_RANGES && precision; range++) {
        const int64_t truths = truths_of(m, label, range);
        if (truths == 0 || (range == SMALL && !m->measure->small_objects))
            continue;
        s->classes[range]++;
        for (int t = 0; t < NN_METRICS_IOUS; t++) {
            const curve c = measure(r, n, range, t, truths, m->points, precision);
            s->ap[range] += c.ap / NN_METRICS_IOUS;
            s->recall[range] += c.recall / NN_METRICS_IOUS;
            s->ap50 += range == 0 && t == 0 ? c.ap : 0;
            s->ap75 += range == 0 && t == IOU_75 ? c.ap : 0;
        }
    }
    nn_free(precision);
    nn_free(r);
    return status;
}

int64_t nn_metrics_truths(const nn_metrics *m, int label)
{
    int64_t truths = 0;
    for (int c = 0; c < m->classes; c++)
        truths += label < 0 || c == label ? truths_of(m, c, 0) : 0;
    return truths;
}

static void count_at(const nn_metrics *m, int label, float threshold, nn_metrics_score *s)
{
    const int64_t truths = nn_metrics_truths(m, label);
    int64_t hits = 0, counted = 0;
    for (int64_t i = 0; i < m->count; i++) {
        const record *r = &m->records[i];
        if ((label >= 0 && r->label != label) || r->score < threshold ||
            (m->class_thresholds && r->score < m->class_thresholds[r->label]) ||
            (r->match.ignored[0] & 1))
            continue;
        counted++;
        hits += r->match.hit[0] & 1;
    }
    s->truths = (int)truths;
    s->detections = (int)counted;
    s->precision = counted ? (double)hits / (double)counted : 0;
    s->recall = truths ? (double)hits / (double)truths : 0;
}

static double mean(double sum, int n)
{
    return n > 0 ? sum / n : (double)NAN;
}

nn_status nn_metrics_compute(const nn_metrics *m, int label, float threshold, nn_metrics_score *out,
                             nn_error *err)
{
    *out = (nn_metrics_score){.ap50 = NAN, .ap75 = NAN, .ap = NAN, .ar = NAN};
    if (label >= m->classes)
        return nn_fail(err, NN_EINVAL, "metrics: no class %d of %d", label, m->classes);
    count_at(m, label, threshold, out);
    sums s = {0};
    for (int c = 0; c < m->classes; c++) {
        if ((label >= 0 && c != label) || truths_of(m, c, 0) == 0)
            continue;
        nn_status status = add_class(m, c, &s, err);
        if (status != NN_OK)
            return status;
    }
    out->ap50 = mean(s.ap50, s.classes[0]);
    out->ap75 = mean(s.ap75, s.classes[0]);
    out->ap = mean(s.ap[0], s.classes[0]);
    out->ar = mean(s.recall[0], s.classes[0]);
    for (int i = 0; i < NN_METRICS_SIZES; i++) {
        out->ap_of[i] = mean(s.ap[i + 1], s.classes[i + 1]);
        out->ar_of[i] = mean(s.recall[i + 1], s.classes[i + 1]);
    }
    return NN_OK;
}

// Goes down the scores of `n` sorted records. Returns the best F1; *threshold gets the lowest one
// that reaches `enough`, if any.
static double scan_f1(const record *r, int64_t n, int64_t truths, double enough, float *threshold)
{
    int64_t hits = 0, counted = 0;
    double best = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(r[i].match.ignored[0] & 1)) {
            counted++;
            hits += r[i].match.hit[0] & 1;
        }
        if (i + 1 < n && r[i + 1].score == r[i].score)
            continue;
        double f = counted + truths ? 2.0 * (double)hits / (double)(counted + truths) : 0;
        best = f > best ? f : best;
        // Halfway to the next score, so that the same detection stays above it on another machine.
        if (f >= enough)
            *threshold = i + 1 == n ? r[i].score : 0.5f * (r[i].score + r[i + 1].score);
    }
    return best;
}

nn_status nn_metrics_best_threshold(const nn_metrics *m, int label, double slack, float *threshold,
                                    double *f1, nn_error *err)
{
    record *r;
    int64_t n;
    nn_status status = select_records(m, label, &r, &n, err);
    if (status != NN_OK)
        return status;
    const int64_t truths = nn_metrics_truths(m, label);
    *threshold = 0.5f;
    double best = scan_f1(r, n, truths, INFINITY, threshold);
    if (best > 0)
        scan_f1(r, n, truths, best - slack, threshold);
    nn_free(r);
    if (f1)
        *f1 = best;
    return NN_OK;
}
