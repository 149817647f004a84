// SPDX-License-Identifier: MIT
// PSNR and SSIM.
#include "nn/eval/picture_metrics.h"

#include "nn/base/memory.h"

#include <math.h>

enum { WINDOW = 11, SUMS = 5 };
#define DEVIATION 1.5
#define PEAK 255.0

void nn_score_luma(const nn_image *image, int border, double *out)
{
    for (int y = border; y < image->height - border; y++)
        for (int x = border; x < image->width - border; x++) {
            const uint8_t *p = image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            *out++ = 16 + (65.481 * p[0] + 128.553 * p[1] + 24.966 * p[2]) / 255;
        }
}

double nn_psnr(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return 10 * log10(PEAK * PEAK * (double)n / sum);
}

static void make_window(double window[WINDOW])
{
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
        const double x = (i - WINDOW / 2) / DEVIATION;
        sum += window[i] = exp(-x * x / 2);
    }
    for (int i = 0; i < WINDOW; i++)
        window[i] /= sum;
}

// Sums of a, b, a a, b b and a b of a row under the window: `width` numbers of each.
static void blur_row(double *out[SUMS], const double *a, const double *b, int width,
                     const double window[WINDOW])
{
    for (int x = 0; x < width; x++) {
        double sum[SUMS] = {0};
        for (int k = 0; k < WINDOW; k++) {
            const double p = a[x + k], q = b[x + k], w = window[k];
            const double v[SUMS] = {p, q, p * p, q * q, p * q};
            for (int i = 0; i < SUMS; i++)
                sum[i] += w * v[i];
        }
        for (int i = 0; i < SUMS; i++)
            out[i][x] = sum[i];
    }
}

static double similarity(const double m[SUMS])
{
    const double c1 = 0.01 * PEAK * 0.01 * PEAK, c2 = 0.03 * PEAK * 0.03 * PEAK;
    const double va = m[2] - m[0] * m[0], vb = m[3] - m[1] * m[1], both = m[4] - m[0] * m[1];
    return (2 * m[0] * m[1] + c1) * (2 * both + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (va + vb + c2));
}

// Of the windows whose first rows are the ring's row y on.
static double row_similarity(double *const ring[WINDOW][SUMS], int y, int width,
                             const double window[WINDOW])
{
    double total = 0;
    for (int x = 0; x < width; x++) {
        double m[SUMS] = {0};
        for (int k = 0; k < WINDOW; k++)
            for (int i = 0; i < SUMS; i++)
                m[i] += window[k] * ring[(y + k) % WINDOW][i][x];
        total += similarity(m);
    }
    return total;
}

nn_status nn_ssim(double *ssim, const double *a, const double *b, int width, int height,
                  nn_error *err)
{
    const int w = width - WINDOW + 1, h = height - WINDOW + 1;
    double window[WINDOW], *ring[WINDOW][SUMS], total = 0;
    if (w < 1 || h < 1)
        return nn_fail(err, NN_EINVAL, "SSIM needs %dx%d pixels, not %dx%d", WINDOW, WINDOW, width,
                       height);
    double *room = nn_calloc((size_t)WINDOW * SUMS * (size_t)w, sizeof *room);
    if (!room)
        return nn_fail(err, NN_ENOMEM, "SSIM: no memory");
    for (int i = 0; i < WINDOW * SUMS; i++)
        ring[i / SUMS][i % SUMS] = room + (size_t)i * (size_t)w;
    make_window(window);
    for (int y = 0; y < height; y++) {
        const size_t row = (size_t)y * (size_t)width;
        blur_row(ring[y % WINDOW], a + row, b + row, w, window);
        if (y >= WINDOW - 1)
            total += row_similarity(ring, y - WINDOW + 1, w, window);
    }
    nn_free(room);
    *ssim = total / ((double)w * h);
    return NN_OK;
}
