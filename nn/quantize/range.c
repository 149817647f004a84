// SPDX-License-Identifier: MIT
// Chooses the range of numbers that 8 bits hold: methods over a histogram.
#include "nn/quantize/histogram.h"

#include "nn/base/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BINS = NN_HISTOGRAM_BINS, HALF = BINS / 2, LEVELS = 256 };
// Ranges that are tried: parts FIRST / STEPS to 1 of all that was seen.
enum { FIRST = 16, STEPS = 128 };

const char *const nn_range_method_names[] = {"minmax", "mse", "percentile", "entropy", NULL};

static double centre(const nn_histogram *h, int bin)
{
    return (bin - HALF + 0.5) * (double)h->limit / HALF;
}

static int bin_of(const nn_histogram *h, double x)
{
    const double at = floor(x * HALF / (double)h->limit) + HALF;
    return at < 0 ? 0 : at > BINS - 1 ? BINS - 1 : (int)at;
}

static nn_range whole(const nn_histogram *h)
{
    return (nn_range){h->low, h->high};
}

static nn_range percentile(const nn_histogram *h)
{
    const double part = 0.00005;
    double all = (double)h->zeros, below = 0, above = 0;
    int first = 0, last = BINS - 1;
    for (int i = 0; i < BINS; i++)
        all += (double)h->bins[i];
    while (first < HALF && below + (double)h->bins[first] <= part * all)
        below += (double)h->bins[first++];
    while (last >= HALF && above + (double)h->bins[last] <= part * all)
        above += (double)h->bins[last--];
    const float bin = h->limit / HALF;
    const float low = (float)(first - HALF) * bin, high = (float)(last + 1 - HALF) * bin;
    return (nn_range){low > h->low ? low : h->low, high < h->high ? high : h->high};
}

// Sums over bins 0 to i - 1, so that the error of a range takes no walk.
typedef struct sums {
    double count[BINS + 1], first[BINS + 1], second[BINS + 1]; // of x^0, x, x^2
} sums;

static void find_sums(const nn_histogram *h, sums *s)
{
    s->count[0] = s->first[0] = s->second[0] = 0;
    for (int i = 0; i < BINS; i++) {
        const double n = (double)h->bins[i], x = centre(h, i);
        s->count[i + 1] = s->count[i] + n;
        s->first[i + 1] = s->first[i] + n * x;
        s->second[i + 1] = s->second[i] + n * x * x;
    }
}

// The squared distances of bins [from, to) to `at`.
static double clamped(const sums *s, int from, int to, double at)
{
    const double n = s->count[to] - s->count[from];
    return s->second[to] - s->second[from] - 2 * at * (s->first[to] - s->first[from]) + at * at * n;
}

static double squared_error(const nn_histogram *h, const sums *s, double low, double high)
{
    const int first = bin_of(h, low), last = bin_of(h, high) + 1;
    const double step = (high - low) / (LEVELS - 1);
    return clamped(s, 0, first, low) + clamped(s, last, BINS, high) +
           (s->count[last] - s->count[first]) * step * step / 12;
}

static nn_range least_squares(const nn_histogram *h)
{
    nn_range best = whole(h);
    sums *s = nn_alloc(sizeof *s);
    if (!s) // all that was seen is a range, too
        return best;
    find_sums(h, s);
    double least = squared_error(h, s, (double)h->low, (double)h->high);
    for (int i = h->low < 0 ? FIRST : STEPS; i <= STEPS; i++)
        for (int j = h->high > 0 ? FIRST : STEPS; j <= STEPS; j++) {
            const double low = (double)h->low * i / STEPS, high = (double)h->high * j / STEPS;
            const double e = squared_error(h, s, low, high);
            if (e < least) {
                least = e;
                best = (nn_range){(float)low, (float)high};
            }
        }
    nn_free(s);
    return best;
}

// The divergence of the numbers in bins [first, last] as 256 levels from what they are; those
// outside belong to the outer bins.
static double divergence(const nn_histogram *h, int first, int last)
{
    const int bins = last - first + 1;
    double below = 0, above = 0, all = 0, sum = 0;
    for (int i = 0; i < first; i++)
        below += (double)h->bins[i];
    for (int i = last + 1; i < BINS; i++)
        above += (double)h->bins[i];
    for (int i = first; i <= last; i++)
        all += (double)h->bins[i];
    const double whole = all + below + above;
    for (int level = 0; level < LEVELS; level++) {
        const int from = first + (int)((int64_t)bins * level / LEVELS);
        const int to = first + (int)((int64_t)bins * (level + 1) / LEVELS);
        double n = 0;
        int filled = 0;
        for (int i = from; i < to; i++) {
            n += (double)h->bins[i];
            filled += h->bins[i] > 0;
        }
        for (int i = from; i < to; i++) {
            if (!h->bins[i])
                continue;
            const double p =
                (double)h->bins[i] + (i == first ? below : 0) + (i == last ? above : 0);
            sum += p / whole * log(p / whole * all / (n / filled));
        }
    }
    // What is clamped into an empty outer bin has no counterpart at all.
    const bool lost = (below > 0 && !h->bins[first]) || (above > 0 && !h->bins[last]);
    return all > 0 && !lost ? sum : INFINITY;
}

static nn_range least_divergence(const nn_histogram *h)
{
    nn_range best = whole(h);
    double least = INFINITY;
    for (int i = FIRST; i <= STEPS; i++) {
        const double low = (double)h->low * i / STEPS, high = (double)h->high * i / STEPS;
        const int first = bin_of(h, low), last = bin_of(h, high);
        if (last - first + 1 < LEVELS)
            continue;
        const double d = divergence(h, first, last);
        if (d < least) {
            least = d;
            best = (nn_range){(float)low, (float)high};
        }
    }
    return best;
}

nn_range nn_histogram_range(const nn_histogram *h, nn_range_method method)
{
    if (h->limit == 0 || h->low == h->high) // nothing, or zeros
        return whole(h);
    switch (method) {
    case NN_RANGE_MSE:
        return least_squares(h);
    case NN_RANGE_PERCENTILE:
        return percentile(h);
    case NN_RANGE_ENTROPY:
        return least_divergence(h);
    default:
        return whole(h);
    }
}
