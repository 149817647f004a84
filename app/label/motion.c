// SPDX-License-Identifier: MIT
// Background subtraction: the background is the median of every pixel over time.
#include "app/label/motion.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SAMPLES = 31, LEAST_SAMPLES = 8, LEAST_DIFFERENCE = 12, GREYS = 256 };
#define SIGMAS 4.5     // threshold in median differences: three standard deviations of noise
#define MOST_MOVES 0.4 // fraction of a picture: when more of it differs, the camera has moved

// The grey level below which this fraction of a histogram lies.
static int level_at(const int *histogram, double part)
{
    int64_t all = 0, sum = 0;
    for (int i = 0; i < GREYS; i++)
        all += histogram[i];
    for (int i = 0; i < GREYS; i++) {
        sum += histogram[i];
        if ((double)sum >= part * (double)all)
            return i;
    }
    return GREYS - 1;
}

static uint8_t median(uint8_t *v, int n)
{
    for (int i = 1; i < n; i++) {
        const uint8_t x = v[i];
        int k = i;
        for (; k > 0 && v[k - 1] > x; k--)
            v[k] = v[k - 1];
        v[k] = x;
    }
    return v[n / 2];
}

static void find_usual(label_motion *m, const label_detections *f, const GArray *pictures)
{
    const int size = f->thumb_w * f->thumb_h, n = (int)MIN(pictures->len, MOST_SAMPLES);
    const uint8_t *of[MOST_SAMPLES];
    for (int i = 0; i < n; i++) {
        const int at = (int)((int64_t)(2 * i + 1) * (int64_t)pictures->len / (2 * n));
        of[i] = label_detections_at(f, g_array_index(pictures, int, at))->thumb;
    }
    m->usual = g_new(uint8_t, size);
    for (int p = 0; p < size; p++) {
        uint8_t v[MOST_SAMPLES];
        for (int i = 0; i < n; i++)
            v[i] = of[i][p];
        m->usual[p] = median(v, n);
    }
}

// Finds the change of brightness of a picture against the background, and a histogram of the
// remaining differences.
static void compare(label_motion *m, const label_detections *f, int picture, int *differences)
{
    const int size = f->thumb_w * f->thumb_h;
    const uint8_t *thumb = label_detections_at(f, picture)->thumb;
    int brighter[GREYS] = {0};
    for (int p = 0; p < size; p++)
        brighter[CLAMP((thumb[p] - m->usual[p] + GREYS) / 2, 0, GREYS - 1)]++;
    m->shift[picture] = 2 * level_at(brighter, 0.5) - GREYS;
    for (int p = 0; p < size; p++)
        differences[MIN(abs(thumb[p] - m->usual[p] - m->shift[picture]), GREYS - 1)]++;
}

void label_motion_learn(label_motion *m, const label_detections *f)
{
    const int count = (int)f->pictures->len, size = f->thumb_w * f->thumb_h;
    GArray *pictures = g_array_new(FALSE, FALSE, sizeof(int));
    int all[GREYS] = {0};
    *m = (label_motion){0};
    for (int i = 0; i < count; i++)
        if (label_detections_at(f, i)->thumb)
            g_array_append_val(pictures, i);
    if (pictures->len >= LEAST_SAMPLES && size > 0) {
        find_usual(m, f, pictures);
        m->shift = g_new0(int, count);
        m->calm = g_new0(bool, count);
    }
    for (guint i = 0; i < pictures->len && m->usual; i++)
        compare(m, f, g_array_index(pictures, int, i), all);
    m->differs = MAX((int)ceil(SIGMAS * level_at(all, 0.5)), LEAST_DIFFERENCE);
    for (guint i = 0; i < pictures->len && m->usual; i++) {
        const int picture = g_array_index(pictures, int, i);
        int own[GREYS] = {0}, moves = 0;
        compare(m, f, picture, own);
        for (int g = m->differs; g < GREYS; g++)
            moves += own[g];
        m->calm[picture] = moves < MOST_MOVES * size;
    }
    g_array_unref(pictures);
}

void label_motion_release(label_motion *m)
{
    g_free(m->usual);
    g_free(m->shift);
    g_free(m->calm);
    *m = (label_motion){0};
}

// Counts the pixels of a box, and those of them that differ from the background.
static int count_pixels(const label_motion *m, const label_detections *f, int picture,
                        const nn_box *b, int *differ)
{
    const label_picture *p = label_detections_at(f, picture);
    const float sx = (float)f->thumb_w / (float)p->width, sy = (float)f->thumb_h / (float)p->height;
    const int x0 = CLAMP((int)lroundf(sx * b->x0), 0, f->thumb_w - 1);
    const int y0 = CLAMP((int)lroundf(sy * b->y0), 0, f->thumb_h - 1);
    const int x1 = CLAMP((int)lroundf(sx * b->x1), x0 + 1, f->thumb_w);
    const int y1 = CLAMP((int)lroundf(sy * b->y1), y0 + 1, f->thumb_h);
    *differ = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const int at = y * f->thumb_w + x;
            *differ += abs(p->thumb[at] - m->usual[at] - m->shift[picture]) >= m->differs;
        }
    return (x1 - x0) * (y1 - y0);
}

double label_motion_within(const label_motion *m, const label_detections *f, int picture,
                           const nn_box *b)
{
    if (!m->usual || !m->calm[picture])
        return 0;
    int differ;
    const int inside = count_pixels(m, f, picture, b, &differ);
    return (double)differ / inside;
}
