// SPDX-License-Identifier: MIT
// Colours of numbers, and numbers laid over pictures.
#include "app/visualize/map.h"

#include "nn/base/memory.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { BINS = 2048 };
#define FAINT 0.04   // of the largest magnitude
#define TOUCHED 0.15 // activations such as SiLU's go a little below zero

static size_t count_of(const app_map *m)
{
    return (size_t)m->channels * (size_t)m->height * (size_t)m->width;
}

void app_map_range(const app_map *m, double *low, double *high)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < count_of(m); i++)
        if (isfinite(m->data[i])) {
            least = fmin(least, (double)m->data[i]);
            most = fmax(most, (double)m->data[i]);
        }
    *low = least <= most ? least : 0;
    *high = least <= most ? most : 0;
}

double app_map_magnitude(const app_map *m, double part)
{
    double low, high;
    size_t bin[BINS] = {0}, all = 0, seen = 0;
    app_map_range(m, &low, &high);
    const double largest = fmax(fabs(low), fabs(high));
    if (part >= 1 || largest == 0)
        return largest;
    for (size_t i = 0; i < count_of(m); i++)
        if (isfinite(m->data[i])) {
            bin[MIN(BINS - 1, (int)(BINS * fabs((double)m->data[i]) / largest))]++;
            all++;
        }
    for (int i = 0; i < BINS; i++) {
        seen += bin[i];
        if ((double)seen >= part * (double)all)
            return largest * (i + 1) / BINS;
    }
    return largest;
}

bool app_map_is_signed(double low, double high)
{
    return low < -TOUCHED * fmax(high, 0);
}

app_scale app_map_scale(const app_map *m, double part)
{
    double low, high;
    app_map_range(m, &low, &high);
    const double most = app_map_magnitude(m, part);
    app_scale s = {.colours = NN_COLOUR_HEAT, .high = most > 0 ? most : 1};
    if (m->channels == 3) {
        s.colours = NN_COLOUR_GREY;
        s.balanced = true;
    } else if (app_map_is_signed(low, high)) {
        s.colours = NN_COLOUR_SIGNED;
    }
    s.low = s.colours == NN_COLOUR_HEAT ? 0 : -s.high;
    return s;
}

void app_map_strength(const app_map *m, float *out)
{
    const size_t n = (size_t)m->height * (size_t)m->width;
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (int c = 0; c < m->channels; c++)
            out[i] = fmaxf(out[i], fabsf(m->data[(size_t)c * n + i]));
    }
}

// 0 .. 1 on a scale; what is no number is at its start.
static double place(const app_scale *s, double value)
{
    const double t = (value - s->low) / (s->high - s->low);
    return t > 0 ? fmin(t, 1) : 0;
}

static uint32_t colour_of(const uint32_t *table, double t)
{
    return table[(int)(t * (NN_COLOUR_STEPS - 1) + 0.5)];
}

nn_status app_map_paint(nn_image *out, const app_map *m, const app_scale *scale, nn_error *err)
{
    const size_t n = (size_t)m->height * (size_t)m->width;
    uint32_t table[NN_COLOUR_STEPS];
    nn_colour_map_fill(scale->colours, table);
    *out = (nn_image){m->width, m->height, nn_alloc(3 * n)};
    if (!out->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", m->width, m->height);
    for (size_t i = 0; i < n; i++) {
        const uint32_t rgb = colour_of(table, place(scale, (double)m->data[i]));
        for (int c = 0; c < 3; c++)
            out->rgb[3 * i + (size_t)c] =
                scale->balanced
                    ? (uint8_t)(255 * place(scale, (double)m->data[(size_t)c * n + i]) + 0.5)
                    : (uint8_t)(rgb >> (16 - 8 * c));
    }
    return NN_OK;
}

// The plane at a point, between the centres of its cells; y and x in cells.
static double interpolate(const app_map *m, double y, double x)
{
    y = CLAMP(y - 0.5, 0, m->height - 1);
    x = CLAMP(x - 0.5, 0, m->width - 1);
    const int y0 = (int)y, x0 = (int)x;
    const int y1 = MIN(y0 + 1, m->height - 1), x1 = MIN(x0 + 1, m->width - 1);
    const float *a = m->data + (size_t)y0 * (size_t)m->width;
    const float *b = m->data + (size_t)y1 * (size_t)m->width;
    const double v = y - y0, u = x - x0;
    return (1 - v) * ((1 - u) * (double)a[x0] + u * (double)a[x1]) +
           v * ((1 - u) * (double)b[x0] + u * (double)b[x1]);
}

static void blend_pixel(uint8_t *rgb, uint32_t colour, double part)
{
    const double grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    for (int c = 0; c < 3; c++) {
        const double behind = 0.5 * rgb[c] + 0.5 * grey;
        rgb[c] = (uint8_t)((1 - part) * behind + part * (colour >> (16 - 8 * c) & 255) + 0.5);
    }
}

void app_map_blend(nn_image *picture, const app_map *m, const app_scale *scale, double strength)
{
    uint32_t table[NN_COLOUR_STEPS];
    uint8_t *rgb = picture->rgb;
    const double middle = scale->low < 0 ? 0.5 : 0;
    nn_colour_map_fill(scale->colours, table);
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++, rgb += 3) {
            const double t = place(scale, interpolate(m, (y + 0.5) * m->height / picture->height,
                                                      (x + 0.5) * m->width / picture->width));
            const double far = fabs(t - middle) / (1 - middle);
            blend_pixel(rgb, colour_of(table, t), strength * (0.3 + 0.7 * fmin(2 * far, 1)));
        }
}

static void find_side(float scale, float pad, int frame, int input, int *start, int *size,
                      int *in_start, int *in_size)
{
    const double from = fmax(0, (double)pad);
    const double to = fmin(input, (double)pad + (double)scale * frame);
    *in_start = CLAMP((int)floor(from + 0.5), 0, input - 1);
    *in_size = CLAMP((int)floor(to + 0.5) - *in_start, 1, input - *in_start);
    *start = CLAMP((int)floor((from - (double)pad) / (double)scale + 0.5), 0, frame - 1);
    *size = CLAMP((int)floor((to - (double)pad) / (double)scale + 0.5) - *start, 1, frame - *start);
}

app_seen app_seen_find(const nn_letterbox *l)
{
    app_seen s;
    find_side(l->scale_x, l->pad_x, l->frame_w, l->input_w, &s.x, &s.width, &s.in_x, &s.in_width);
    find_side(l->scale_y, l->pad_y, l->frame_h, l->input_h, &s.y, &s.height, &s.in_y, &s.in_height);
    return s;
}

// Moves start .. end of length `size` into low .. high as far as it fits.
static void fit(int *start, int *end, int size, int low, int high)
{
    const int middle = (*start + *end) / 2;
    size = MIN(size, high - low);
    *start = CLAMP(middle - size / 2, low, high - size);
    *end = *start + size;
}

// Rows or columns of the input as those of the frame.
static void to_frame(float scale, float pad, int in, int in_size, int frame, int *start, int *size)
{
    *start = CLAMP((int)floor((in - (double)pad) / (double)scale + 0.5), 0, frame - 1);
    *size = CLAMP((int)floor(in_size / (double)scale + 0.5), 1, frame - *start);
}

bool app_map_around(const app_map *m, app_area *a)
{
    const double limit = FAINT * app_map_magnitude(m, 1);
    *a = (app_area){m->width, m->height, 0, 0};
    for (int c = 0; c < m->channels; c++)
        for (int y = 0; y < m->height; y++) {
            const float *row =
                m->data + ((size_t)c * (size_t)m->height + (size_t)y) * (size_t)m->width;
            for (int x = 0; x < m->width; x++)
                if (fabs((double)row[x]) > limit) {
                    a->x0 = MIN(a->x0, x);
                    a->x1 = MAX(a->x1, x + 1);
                    a->y0 = MIN(a->y0, y);
                    a->y1 = MAX(a->y1, y + 1);
                }
        }
    return a->x0 < a->x1;
}

void app_area_square(app_area *a, int least, const app_area *within)
{
    const int size = MAX(least, MAX(a->x1 - a->x0, a->y1 - a->y0) * 9 / 8);
    fit(&a->x0, &a->x1, size, within->x0, within->x1);
    fit(&a->y0, &a->y1, size, within->y0, within->y1);
}

app_seen app_seen_around(const app_seen *all, const app_map *m, const nn_letterbox *l, int least)
{
    const app_area within = {all->in_x, all->in_y, all->in_x + all->in_width,
                             all->in_y + all->in_height};
    app_area a;
    if (!app_map_around(m, &a))
        return *all;
    app_area_square(&a, least, &within);
    app_seen s = {.in_x = a.x0, .in_y = a.y0, .in_width = a.x1 - a.x0, .in_height = a.y1 - a.y0};
    to_frame(l->scale_x, l->pad_x, s.in_x, s.in_width, l->frame_w, &s.x, &s.width);
    to_frame(l->scale_y, l->pad_y, s.in_y, s.in_height, l->frame_h, &s.y, &s.height);
    return s;
}

nn_status app_map_cut(app_map *out, const app_map *m, const app_area *a, nn_error *err)
{
    *out = (app_map){NULL, m->channels, a->y1 - a->y0, a->x1 - a->x0};
    float *to = nn_alloc(count_of(out) * sizeof *to);
    out->data = to;
    if (!to)
        return nn_fail(err, NN_ENOMEM, "no memory for a map of %dx%d", out->width, out->height);
    for (int c = 0; c < m->channels; c++)
        for (int y = a->y0; y < a->y1; y++, to += out->width)
            memcpy(to,
                   m->data + ((size_t)c * (size_t)m->height + (size_t)y) * (size_t)m->width + a->x0,
                   (size_t)out->width * sizeof *to);
    return NN_OK;
}

nn_status app_seen_cut(nn_image *out, const nn_image *frame, const app_seen *seen, int least,
                       int *reduced, nn_error *err)
{
    const int step = MAX(1, MIN(seen->width, seen->height) / MAX(1, least));
    *reduced = step;
    *out = (nn_image){.width = MAX(1, seen->width / step), .height = MAX(1, seen->height / step)};
    out->rgb = nn_alloc((size_t)3 * (size_t)out->width * (size_t)out->height);
    if (!out->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", out->width, out->height);
    for (int y = 0; y < out->height; y++)
        for (int i = 0; i < 3 * out->width; i++) {
            int64_t sum = 0;
            for (int v = 0; v < step; v++) {
                const size_t row = (size_t)(seen->y + y * step + v) * (size_t)frame->width;
                for (int u = 0; u < step; u++)
                    sum += frame->rgb[3 * (row + (size_t)(seen->x + i / 3 * step + u)) +
                                      (size_t)(i % 3)];
            }
            out->rgb[(size_t)3 * (size_t)out->width * (size_t)y + (size_t)i] =
                (uint8_t)((sum + step * step / 2) / ((int64_t)step * step));
        }
    return NN_OK;
}

nn_status app_seen_cut_map(app_map *out, const app_map *m, const nn_letterbox *l,
                           const app_seen *seen, nn_error *err)
{
    const double sx = (double)m->width / l->input_w, sy = (double)m->height / l->input_h;
    app_area a;
    a.x0 = CLAMP((int)(seen->in_x * sx), 0, m->width - 1);
    a.y0 = CLAMP((int)(seen->in_y * sy), 0, m->height - 1);
    a.x1 = CLAMP((int)ceil((seen->in_x + seen->in_width) * sx), a.x0 + 1, m->width);
    a.y1 = CLAMP((int)ceil((seen->in_y + seen->in_height) * sy), a.y0 + 1, m->height);
    return app_map_cut(out, m, &a, err);
}
