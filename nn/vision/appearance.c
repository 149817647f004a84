// SPDX-License-Identifier: MIT
// Samples boxes on a grid and compares histograms.
#include "nn/vision/appearance.h"

#include <math.h>

enum { COLUMNS = 6, ROWS = 6, EACH = NN_APPEARANCE_BINS / 3 }; // samples and bins of a part
enum { ONE = 256 };                                            // the weight of a sample

// Where the samples of a component lie.
typedef struct source {
    const uint8_t *plane;
    size_t stride, column[COLUMNS]; // of a row, and of the samples in it
    unsigned offset, step, shift_x, shift_y;
} source;

static source source_of(const nn_frame *f, const nn_pixel_component *c)
{
    return (source){.plane = f->plane[c->plane],
                    .stride = (size_t)f->stride[c->plane],
                    .offset = c->offset,
                    .step = c->step,
                    .shift_x = c->shift_x,
                    .shift_y = c->shift_y};
}

static void set_columns(source *s, float x0, float width)
{
    for (int c = 0; c < COLUMNS; c++) {
        const int x = (int)(x0 + width * ((float)c + 0.5f));
        s->column[c] = s->offset + (size_t)(x >> s->shift_x) * s->step;
    }
}

static const uint8_t *row_of(const source *s, int y)
{
    return s->plane + (size_t)(y >> s->shift_y) * s->stride;
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

// The rows of a box lie far apart in memory: all are asked for at once, before the first is waited
// for.
static void fetch_rows(const source *s, float y0, float height)
{
    for (int r = 0; r < NN_APPEARANCE_PARTS * ROWS; r++) {
        const uint8_t *row = row_of(s, (int)(y0 + height * ((float)r + 0.5f)));
        __builtin_prefetch(row + s->column[0]);
        __builtin_prefetch(row + s->column[COLUMNS - 1]);
    }
}

// A row of samples. Frames of one component lend it to all three sources.
static void count_row(const source s[3], const nn_pixel_layout *l, int y, int *bins)
{
    const uint8_t *row[3] = {row_of(&s[0], y), row_of(&s[1], y), row_of(&s[2], y)};
    for (int i = 0; i < COLUMNS; i++) {
        const int a = row[0][s[0].column[i]], b = row[1][s[1].column[i]];
        const int c = row[2][s[2].column[i]];
        if (l->components == 1)
            count_pixel(bins, a, 128, 128);
        else if (l->yuv)
            count_pixel(bins, a, b, c);
        else // red, green, blue, with the weights of BT.601
            count_pixel(bins, (77 * a + 150 * b + 29 * c) / 256,
                        128 + (128 * c - 43 * a - 85 * b) / 256,
                        128 + (128 * a - 107 * b - 21 * c) / 256);
    }
}

static void measure_part(float *out, const source s[3], const nn_pixel_layout *l, float y0,
                         float height)
{
    int bins[NN_APPEARANCE_BINS] = {0};
    for (int r = 0; r < ROWS; r++)
        count_row(s, l, (int)(y0 + height / ROWS * ((float)r + 0.5f)), bins);
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
    if (!a->known)
        return;
    source from[3];
    for (int i = 0; i < 3; i++) {
        from[i] = source_of(f, &l->component[l->components == 1 ? 0 : i]);
        set_columns(&from[i], b.x0, (b.x1 - b.x0) / COLUMNS);
        if (i < l->components)
            fetch_rows(&from[i], b.y0, (b.y1 - b.y0) / (NN_APPEARANCE_PARTS * ROWS));
    }
    const float h = (b.y1 - b.y0) / NN_APPEARANCE_PARTS;
    for (int i = 0; i < NN_APPEARANCE_PARTS; i++) {
        const float y0 = b.y0 + h * (float)i;
        measure_part(a->part[i], from, l, y0, y0 + h - y0);
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
