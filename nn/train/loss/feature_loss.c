// SPDX-License-Identifier: MIT
// Pearson's correlation of feature maps, squared, as a loss.
#include "nn/train/loss/feature_loss.h"

#include <math.h>

#define LEAST 1e-8 // variance; less is nothing

// A channel of all pictures.
typedef struct channel {
    const float *first;
    int64_t step, plane; // between pictures, of one
    int batch;
    double mean, variance;
} channel;

static channel channel_of(const float *maps, int c, int batch, int channels, int64_t plane)
{
    channel x = {maps + c * plane, channels * plane, plane, batch, 0, 0};
    const double count = (double)(batch * plane);
    for (int n = 0; n < batch; n++)
        for (int64_t i = 0; i < plane; i++)
            x.mean += (double)x.first[n * x.step + i] / count;
    for (int n = 0; n < batch; n++)
        for (int64_t i = 0; i < plane; i++) {
            const double off = (double)x.first[n * x.step + i] - x.mean;
            x.variance += off * off / count;
        }
    return x;
}

static double correlation(const channel *s, const channel *t)
{
    double sum = 0;
    for (int n = 0; n < s->batch; n++)
        for (int64_t i = 0; i < s->plane; i++)
            sum += ((double)s->first[n * s->step + i] - s->mean) *
                   ((double)t->first[n * t->step + i] - t->mean);
    return sum / (double)(s->batch * s->plane) /
           sqrt((s->variance + LEAST) * (t->variance + LEAST));
}

// d r / d s = (t' - r s') / (count deviation(s)), both primed ones of mean 0 and variance 1.
static void slope(const channel *s, const channel *t, double r, float *grad, double scale)
{
    const double own = 1 / sqrt(s->variance + LEAST), other = 1 / sqrt(t->variance + LEAST);
    const double each = scale * own / (double)(s->batch * s->plane);
    for (int n = 0; n < s->batch; n++)
        for (int64_t i = 0; i < s->plane; i++) {
            const int64_t at = n * s->step + i;
            grad[at] = (float)(each * (r * own * ((double)s->first[at] - s->mean) -
                                       other * ((double)t->first[at] - t->mean)));
        }
}

double nn_feature_loss(const float *student, const float *teacher, float *grad, int batch,
                       int channels, int64_t plane, double scale)
{
    int live = 0;
    double loss = 0;
    for (int c = 0; c < channels; c++)
        live += channel_of(teacher, c, batch, channels, plane).variance > LEAST;
    for (int64_t i = 0; i < batch * channels * plane; i++)
        grad[i] = 0;
    for (int c = 0; c < channels; c++) {
        const channel t = channel_of(teacher, c, batch, channels, plane);
        if (!(t.variance > LEAST))
            continue;
        const channel s = channel_of(student, c, batch, channels, plane);
        const double r = correlation(&s, &t);
        loss += (1 - r * r) / live;
        slope(&s, &t, r, grad + c * plane, 2 * r * scale / live);
    }
    return loss;
}

// How much of source cell i target cell k covers, in source cells.
static double cover(int i, int k, double step)
{
    return fmax(0, fmin(i + 1, (k + 1) * step) - fmax(i, k * step));
}

static double mean_of(const float *plane, int h, int w, int y, int x, double step_y, double step_x)
{
    double sum = 0;
    for (int i = (int)(y * step_y); i < h && i < (y + 1) * step_y; i++)
        for (int k = (int)(x * step_x); k < w && k < (x + 1) * step_x; k++)
            sum += cover(i, y, step_y) * cover(k, x, step_x) * (double)plane[(int64_t)i * w + k];
    return sum / (step_y * step_x);
}

void nn_feature_resize(const float *from, int h, int w, float *to, int to_h, int to_w,
                       int64_t planes)
{
    const double step_y = (double)h / to_h, step_x = (double)w / to_w;
    for (int64_t p = 0; p < planes; p++)
        for (int y = 0; y < to_h; y++)
            for (int x = 0; x < to_w; x++)
                to[(p * to_h + y) * to_w + x] =
                    (float)mean_of(from + p * h * w, h, w, y, x, step_y, step_x);
}
