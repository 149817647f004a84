// SPDX-License-Identifier: MIT
// Counts numbers in bins whose range grows.
#include "nn/quantize/histogram.h"

#include <math.h>
#include <string.h>

enum { BINS = NN_HISTOGRAM_BINS, HALF = BINS / 2 };

// Twice the range with the same number of bins.
static void widen(nn_histogram *h)
{
    uint64_t wide[BINS] = {0};
    for (int i = 0; i < BINS; i++)
        wide[HALF / 2 + i / 2] += h->bins[i];
    memcpy(h->bins, wide, sizeof wide);
    h->limit *= 2;
}

// Makes room for numbers of this size.
static void reach(nn_histogram *h, float size)
{
    if (h->limit == 0)
        h->limit = size > 0 ? exp2f(floorf(log2f(size))) : 1;
    while (h->limit <= size && h->limit < 0x1p126f)
        widen(h);
}

void nn_histogram_add(nn_histogram *h, const float *x, int64_t n)
{
    float low = h->low, high = h->high;
    for (int64_t i = 0; i < n; i++) {
        if (!(fabsf(x[i]) < 0x1p126f)) // not finite, or next to it
            continue;
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    h->low = low;
    h->high = high;
    reach(h, high > -low ? high : -low);
    const float scale = HALF / h->limit;
    for (int64_t i = 0; i < n; i++) {
        if (x[i] == 0)
            h->zeros++;
        else if (fabsf(x[i]) < 0x1p126f)
            h->bins[(int)floorf(x[i] * scale) + HALF]++;
    }
}

void nn_histogram_merge(nn_histogram *h, const nn_histogram *from)
{
    nn_histogram other = *from;
    if (from->limit == 0)
        return;
    if (h->limit == 0)
        h->limit = from->limit;
    while (h->limit < other.limit)
        widen(h);
    while (other.limit < h->limit)
        widen(&other);
    for (int i = 0; i < BINS; i++)
        h->bins[i] += other.bins[i];
    h->zeros += other.zeros;
    h->low = other.low < h->low ? other.low : h->low;
    h->high = other.high > h->high ? other.high : h->high;
}
