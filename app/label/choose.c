// SPDX-License-Identifier: MIT
// Chooses frames by farthest-point sampling (Gonzalez 1985), weighted by undecided boxes.
#include "app/label/choose.h"

#include <math.h>
#include <stdlib.h>

// STEP: every 4th pixel of the thumbnails is compared; MOST_DOUBT: undecided boxes that count at
// most
enum { STEP = 4, MOST_DOUBT = 4 };
#define DOUBT 0.25 // weight that each undecided box adds to a picture, as a factor
#define TIME 0.5   // difference added for the distance in time of evenly spread pictures

// Mean absolute difference of the grey values of two thumbnails.
static double differ(const label_detections *f, int a, int b)
{
    const uint8_t *x = label_detections_at(f, a)->thumb, *y = label_detections_at(f, b)->thumb;
    int sum = 0, n = 0;
    if (!x || !y)
        return 0;
    for (int v = 0; v < f->thumb_h; v += STEP)
        for (int u = 0; u < f->thumb_w; u += STEP, n++)
            sum += abs(x[v * f->thumb_w + u] - y[v * f->thumb_w + u]);
    return n ? (double)sum / n : 0;
}

static double doubt(const label_set *set, int picture)
{
    int n = 0;
    for (guint i = 0; i < set->boxes[picture]->len; i++) {
        const label_box *b = label_set_at(set, picture, (int)i);
        n += b->ignore || b->origin == LABEL_LINKED;
    }
    return 1 + DOUBT * MIN(n, MOST_DOUBT);
}

// Mean difference of pictures at fixed distances; other differences are measured in this unit.
static double usual_difference(const label_detections *f, int begin, int pictures)
{
    enum { PAIRS = 64 };
    double sum = 0;
    for (int i = 0; i < PAIRS; i++)
        sum += differ(f, begin + (int)((int64_t)i * pictures / PAIRS),
                      begin + (int)((int64_t)(i * 37 + 11) % PAIRS * pictures / PAIRS));
    return fmax(sum / PAIRS, 1e-3);
}

int label_choose(bool *chosen, const label_detections *f, const label_set *set, int begin, int end,
                 int count)
{
    const int pictures = end - begin;
    for (int i = begin; i < end; i++)
        chosen[i] = count >= pictures;
    if (count >= pictures || count < 1)
        return count >= pictures ? pictures : 0;
    const double unit = usual_difference(f, begin, pictures), spread = (double)pictures / count;
    double *away = g_new(double, pictures), *weight = g_new(double, pictures);
    int next = begin;
    for (int i = begin; i < end; i++) {
        away[i - begin] = INFINITY;
        weight[i - begin] = doubt(set, i);
        if (weight[i - begin] > weight[next - begin])
            next = i;
    }
    for (int n = 0; n < count; n++) {
        chosen[next] = true;
        int best = -1;
        double most = -1;
        for (int i = begin; i < end; i++) {
            if (chosen[i])
                continue;
            const double d = differ(f, i, next) / unit + TIME * fmin(abs(i - next) / spread, 1);
            away[i - begin] = fmin(away[i - begin], d);
            if (away[i - begin] * weight[i - begin] > most) {
                most = away[i - begin] * weight[i - begin];
                best = i;
            }
        }
        next = best;
    }
    g_free(away);
    g_free(weight);
    return count;
}
