// SPDX-License-Identifier: MIT
// Keeps the times of the last inferences in a ring.
#include "plugins/infer/times.h"

#include <stdlib.h>
#include <string.h>

void nero_times_add(NeroTimes *t, double ms)
{
    t->ms[t->count++ % NERO_TIMES] = ms;
}

double nero_times_peak(const NeroTimes *t, int last)
{
    const guint64 n = MIN(t->count, (guint64)MIN(last, NERO_TIMES));
    double peak = 0;
    for (guint64 i = t->count - n; i < t->count; i++)
        peak = MAX(peak, t->ms[i % NERO_TIMES]);
    return peak;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double nero_times_p95(const NeroTimes *t)
{
    double sorted[NERO_TIMES];
    const guint n = (guint)MIN(t->count, NERO_TIMES);
    if (n == 0)
        return 0;
    memcpy(sorted, t->ms, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    return sorted[(n * 95 + 99) / 100 - 1];
}
