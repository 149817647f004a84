// SPDX-License-Identifier: MIT
// Samples boxes on a grid and compares histograms.
#include "nn/vision/appearance.h"

#include <math.h>

enum { COLUMNS = 6, ROWS = 6, EACH = NN_APPEARANCE_BINS / 3 }; // samples and bins of a part
enum { ONE = 256 };                                            // the weight of a sample

// Where the samples of a component lie.
typedef struct source {
    const uint8_t *plane;
    size_t stride;
    unsigned offset, step, shift_x, shift_y;
} source;

static source source_of(const nn_frame *f, const nn_pixel_component *c)
{
    return (source){f->plane[c->plane], (size_t)f->stride[c->plane], c->offset, c->step, c->shift_x,
                    c->shift_y};
}

static inline int sample(const source *s, int x, int y)
{
    return s->plane[(size_t)(y >> s->shift_y) * s->stride + s->offset +
                    (size_t)(x >> s->shift_x) * s->step];
}

// Shares a sample between the two nearest bins, which are 2^-shift * ONE wide.
static inline void count(int *bins, int v, int shift)
{
    const int last = (EACH - 1) * ONE - 1;
    const int at = v * (1 << shift) - ONE / 2;
    const unsigned in = at < 0 ? 0 : at > last ? (unsigned)last : (unsigned)at;
    bins[in / ONE] += (int)(ONE - in % ONE);
    bins[in / ONE + 1] += (int)(in % ONE);
}

// Colours of things lie near grey: the bins of Cb and Cr are narrow, and cover 128 - 32 .. 128
// + 32.
static inline void count_pixel(int *bins, int y, int cb, int cr)
{
    count(bins, y, 3);
    count(bins + EACH, cb - 96, 5);
    count(bins + 2 * EACH, cr - 96, 5);
}

static void read_pixel(const source s[3], const nn_pixel_layout *l, int x, int y, int *bins)
{
    const int a = sample(&s[0], x, y);
    if (l->components == 1) {
        count_pixel(bins, a, 128, 128);
        return;
    }
    const int b = sample(&s[1], x, y), c = sample(&s[2], x, y);
    if (l->yuv)
        count_pixel(bins, a, b, c);
    else // red, green, blue, with the weights of BT.601
        count_pixel(bins, (77 * a + 150 * b + 29 * c) / 256,
                    128 + (128 * c - 43 * a - 85 * b) / 256,
                    128 + (128 * a - 107 * b - 21 * c) / 256);
}

static void measure_part(float *out, const source s[3], const nn_pixel_layout *l, const nn_box *b)
{
    const float w = (b->x1 - b->x0) / COLUMNS, h = (b->y1 - b->y0) / ROWS;
    int bins[NN_APPEARANCE_BINS] = {0}, column[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        column[c] = (int)(b->x0 + w * ((float)c + 0.5f));
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            read_pixel(s, l, column[c], (int)(b->y0 + h * ((float)r + 0.5f)), bins);
    for (int i = 0; i < NN_APPEARANCE_BINS; i++)
        out[i] = sqrtf((float)bins[i] * (1.0f / (ONE * COLUMNS * ROWS)));
}

void nn_appearance_measure(nn_appearance *a, const nn_frame *f, const nn_box *box)
{
    const nn_pixel_layout *l = nn_frame_layout(f);
    const float inset = 0.15f * (box->x1 - box->x0); // the sides show more background
    nn_box b = *box;
    b.x0 = fmaxf(b.x0 + inset, 0);
    b.x1 = fminf(b.x1 - inset, (float)f->width);
    b.y0 = fmaxf(b.y0, 0);
    b.y1 = fminf(b.y1, (float)f->height);
    a->known = !f->read_row && b.x1 - b.x0 >= 4 && b.y1 - b.y0 >= 4;
    source from[3] = {{0}};
    for (int i = 0; i < l->components && a->known; i++)
        from[i] = source_of(f, &l->component[i]);
    for (int i = 0; i < NN_APPEARANCE_PARTS && a->known; i++) {
        nn_box part = b;
        const float h = (b.y1 - b.y0) / NN_APPEARANCE_PARTS;
        part.y0 = b.y0 + h * (float)i;
        part.y1 = part.y0 + h;
        measure_part(a->part[i], from, l, &part);
    }
}

float nn_appearance_distance(const nn_appearance *a, const nn_appearance *b)
{
    const float *p = a->part[0], *q = b->part[0];
    float sum = 0;
    if (!a->known || !b->known)
        return 0;
    for (int i = 0; i < NN_APPEARANCE_PARTS * NN_APPEARANCE_BINS; i++)
        sum += p[i] * q[i];
    return fmaxf(0, 1 - sum / (3 * NN_APPEARANCE_PARTS));
}

void nn_appearance_blend(nn_appearance *a, const nn_appearance *b, float part)
{
    float *p = a->part[0];
    const float *q = b->part[0];
    if (!b->known)
        return;
    const float share = a->known ? part : 1;
    for (int i = 0; i < NN_APPEARANCE_PARTS * NN_APPEARANCE_BINS; i++) // of shares, not of roots
        p[i] = sqrtf((a->known ? (1 - share) * p[i] * p[i] : 0) + share * q[i] * q[i]);
    a->known = true;
}
