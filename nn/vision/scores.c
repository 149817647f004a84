// SPDX-License-Identifier: MIT
// Probabilities of classes.
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

bool nn_scores_are_probabilities(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (!(x[i] >= 0 && x[i] <= 1))
            return false;
        sum += (double)x[i];
    }
    return fabs(sum - 1) < 1e-3;
}

void nn_scores_normalise(const float *x, int n, float *out)
{
    double sum = 0;
    if (n < 1)
        return;
    if (nn_scores_are_probabilities(x, n)) {
        memmove(out, x, (size_t)n * sizeof *out);
        return;
    }
    float top = x[0];
    for (int i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (int i = 0; i < n; i++)
        sum += exp((double)x[i] - (double)top);
    for (int i = 0; i < n; i++)
        out[i] = (float)(exp((double)x[i] - (double)top) / sum); // NaN stays NaN
}

// Whether index a comes before index b in the order.
static bool is_before(const float *x, int a, int b)
{
    if (isnan(x[a]) || isnan(x[b]))
        return !isnan(x[a]) || (isnan(x[b]) && a < b);
    return x[a] != x[b] ? x[a] > x[b] : a < b;
}

int nn_scores_best(const float *x, int n, int *best, int most)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        int at = count;
        while (at > 0 && is_before(x, i, best[at - 1]))
            at--;
        if (at >= most)
            continue;
        count += count < most;
        memmove(best + at + 1, best + at, (size_t)(count - at - 1) * sizeof *best);
        best[at] = i;
    }
    return count;
}
