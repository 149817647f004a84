// SPDX-License-Identifier: MIT
// The confusion matrix of pixels, and the scores derived from it.
#include "nn/eval/mask_metrics.h"

#include "nn/base/memory.h"

#include <math.h>

struct nn_mask_metrics {
    int classes;
    int64_t *confusion; // classes x classes: one row for each true class
};

nn_mask_metrics *nn_mask_metrics_new(int classes)
{
    nn_mask_metrics *m = nn_calloc(1, sizeof *m);
    if (m) {
        m->classes = classes;
        m->confusion = nn_calloc((size_t)classes * (size_t)classes, sizeof *m->confusion);
    }
    if (m && !m->confusion) {
        nn_free(m);
        return NULL;
    }
    return m;
}

void nn_mask_metrics_free(nn_mask_metrics *m)
{
    if (m)
        nn_free(m->confusion);
    nn_free(m);
}

int nn_mask_metrics_classes(const nn_mask_metrics *m)
{
    return m->classes;
}

static nn_status check_map(const nn_mask_metrics *m, const nn_label_map *map, nn_error *err)
{
    const int64_t n = (int64_t)map->width * map->height;
    if (n <= 0)
        return nn_fail(err, NN_EFORMAT, "the model gave no map of classes");
    for (int64_t i = 0; i < n; i++)
        if (map->label[i] >= m->classes)
            return nn_fail(err, NN_EFORMAT, "class %d in a map of %d classes", map->label[i],
                           m->classes);
    return NN_OK;
}

nn_status nn_mask_metrics_add(nn_mask_metrics *m, const nn_mask *truth, const nn_label_map *map,
                              double *wrong, nn_error *err)
{
    int64_t pixels = 0, hits = 0;
    nn_status status = check_map(m, map, err);
    if (status != NN_OK)
        return status;
    int x = 0, y = 0;
    for (size_t i = 0; i < truth->run_count; i++) {
        const int label = truth->runs[2 * i + 1];
        for (int k = 0; k < truth->runs[2 * i]; k++) {
            if (label < m->classes) {
                const int64_t row = (int64_t)(2 * y + 1) * map->height / (2 * truth->height);
                const int64_t column = (int64_t)(2 * x + 1) * map->width / (2 * truth->width);
                const int found = map->label[row * map->width + column];
                m->confusion[(size_t)label * m->classes + found]++;
                hits += found == label;
                pixels++;
            }
            if (++x == truth->width) {
                x = 0;
                y++;
            }
        }
    }
    if (wrong)
        *wrong = pixels > 0 ? 1 - (double)hits / (double)pixels : 0;
    return NN_OK;
}

int64_t nn_mask_metrics_confusion(const nn_mask_metrics *m, int truth, int predicted)
{
    return m->confusion[(size_t)truth * m->classes + predicted];
}

nn_mask_score nn_mask_metrics_class(const nn_mask_metrics *m, int c)
{
    nn_mask_score s = {.hits = nn_mask_metrics_confusion(m, c, c)};
    for (int i = 0; i < m->classes; i++) {
        s.truths += nn_mask_metrics_confusion(m, c, i);
        s.predicted += nn_mask_metrics_confusion(m, i, c);
    }
    const int64_t either = s.truths + s.predicted - s.hits;
    s.iou = either > 0 ? (double)s.hits / (double)either : NAN;
    s.precision = s.predicted > 0 ? (double)s.hits / (double)s.predicted : 0;
    s.recall = s.truths > 0 ? (double)s.hits / (double)s.truths : 0;
    return s;
}

nn_mask_summary nn_mask_metrics_summary(const nn_mask_metrics *m)
{
    nn_mask_summary s = {0};
    int64_t hits = 0;
    int there = 0;
    for (int c = 0; c < m->classes; c++) {
        const nn_mask_score one = nn_mask_metrics_class(m, c);
        s.pixels += one.truths;
        hits += one.hits;
        there += isfinite(one.iou);
        s.miou += isfinite(one.iou) ? one.iou : 0;
    }
    s.miou = there > 0 ? s.miou / there : NAN;
    s.pixel_accuracy = s.pixels > 0 ? (double)hits / (double)s.pixels : NAN;
    return s;
}
