// SPDX-License-Identifier: MIT
// Groups tracks that do not move by position, and looks for changes in the pictures there.
#include "app/label/static_objects.h"

#include <math.h>
#include <stdlib.h>

#define WANDERS 0.35f   // movement in box sizes that is more than noise
#define SAME_PLACE 0.4f // IoU of boxes at one position
#define STIRS 1.6       // factor on the noise of the picture from which a box changes
#define LEAST_STIR 1.0  // smallest change: grey levels by rounding and coding

enum { MOST_PAIRS = 400 }; // pairs of pictures to compare

void label_static_begin(label_static *s)
{
    s->low_x = s->low_y = INFINITY;
    s->high_x = s->high_y = -INFINITY;
    s->box = (nn_box){0};
    s->first = s->last = -1;
}

void label_static_add(label_static *s, const nn_box *b, int picture)
{
    const float x = 0.5f * (b->x0 + b->x1), y = 0.5f * (b->y0 + b->y1), part = 1 / (float)s->seen;
    s->low_x = fminf(s->low_x, x);
    s->high_x = fmaxf(s->high_x, x);
    s->low_y = fminf(s->low_y, y);
    s->high_y = fmaxf(s->high_y, y);
    s->box.x0 += part * b->x0;
    s->box.y0 += part * b->y0;
    s->box.x1 += part * b->x1;
    s->box.y1 += part * b->y1;
    if (s->first < 0)
        s->first = picture;
    s->last = picture;
}

bool label_static_moves(const label_static *s)
{
    return s->high_x - s->low_x > WANDERS * (s->box.x1 - s->box.x0) ||
           s->high_y - s->low_y > WANDERS * (s->box.y1 - s->box.y0);
}

static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *v, int n, double part)
{
    qsort(v, (size_t)n, sizeof *v, rising);
    return n > 0 ? v[(int)(part * (n - 1))] : 0;
}

// Mean absolute grey difference from one picture to the next inside a part of the thumbnails.
static double change(const label_detections *f, int picture, int x0, int y0, int x1, int y1)
{
    const uint8_t *a = label_detections_at(f, picture)->thumb,
                  *b = label_detections_at(f, picture + 1)->thumb;
    int64_t sum = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += abs(a[y * f->thumb_w + x] - b[y * f->thumb_w + x]);
    return (double)sum / ((double)(x1 - x0) * (y1 - y0));
}

static bool comparable(const label_detections *f, int picture)
{
    return picture + 1 < (int)f->pictures->len && label_detections_at(f, picture)->thumb &&
           label_detections_at(f, picture + 1)->thumb;
}

// Noise of camera and codec: the change in the quieter half of the picture.
static double find_noise(const label_detections *f)
{
    enum { CELLS = 8 };
    const int pictures = (int)f->pictures->len, step = MAX(pictures / 50, 1);
    double v[CELLS * CELLS * 64];
    int n = 0;
    for (int p = 0; p < pictures && n + CELLS * CELLS <= (int)G_N_ELEMENTS(v); p += step)
        for (int i = 0; i < CELLS * CELLS && comparable(f, p); i++) {
            const int cx = i % CELLS, cy = i / CELLS;
            v[n++] = change(f, p, f->thumb_w * cx / CELLS, f->thumb_h * cy / CELLS,
                            f->thumb_w * (cx + 1) / CELLS, f->thumb_h * (cy + 1) / CELLS);
        }
    return quantile(v, n, 0.5);
}

// Median change inside a box from picture to picture while it was there.
static double find_stir(const label_detections *f, const label_static *s)
{
    const label_picture *p = label_detections_at(f, s->first);
    const double sx = (double)f->thumb_w / p->width, sy = (double)f->thumb_h / p->height;
    const int x0 = CLAMP((int)(sx * (double)s->box.x0), 0, f->thumb_w - 1);
    const int y0 = CLAMP((int)(sy * (double)s->box.y0), 0, f->thumb_h - 1);
    const int x1 = CLAMP((int)ceil(sx * (double)s->box.x1), x0 + 1, f->thumb_w);
    const int y1 = CLAMP((int)ceil(sy * (double)s->box.y1), y0 + 1, f->thumb_h);
    double v[MOST_PAIRS];
    const int step = (s->last - s->first) / MOST_PAIRS + 1;
    int n = 0;
    for (int picture = s->first; picture < s->last && n < MOST_PAIRS; picture += step)
        if (comparable(f, picture))
            v[n++] = change(f, picture, x0, y0, x1, y1);
    return quantile(v, n, 0.5);
}

int label_static_judge(GArray *list, const label_detections *f, int least, double sure)
{
    const double noise = f->thumb_w > 0 ? find_noise(f) : 0;
    int places = 0;
    bool *done = g_new0(bool, list->len + 1);
    for (guint i = 0; i < list->len; i++) {
        const label_static *first = &g_array_index(list, label_static, i);
        double most = 0;
        int seen = 0;
        label_static whole = *first;
        if (done[i])
            continue;
        for (guint k = i; k < list->len; k++) {
            const label_static *s = &g_array_index(list, label_static, k);
            if (done[k] || nn_box_iou(&first->box, &s->box) < SAME_PLACE)
                continue;
            seen += s->seen;
            most = fmax(most, s->sure);
            whole.first = MIN(whole.first, s->first);
            whole.last = MAX(whole.last, s->last);
        }
        const bool stirs =
            f->thumb_w > 0 && find_stir(f, &whole) > fmax(STIRS * noise, noise + LEAST_STIR);
        const bool nothing = seen >= least && most < sure && !stirs;
        places += nothing;
        for (guint k = i; k < list->len; k++) {
            label_static *s = &g_array_index(list, label_static, k);
            if (done[k] || nn_box_iou(&whole.box, &s->box) < SAME_PLACE)
                continue;
            done[k] = true;
            s->nothing = nothing;
        }
    }
    g_free(done);
    return places;
}
