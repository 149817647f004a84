// SPDX-License-Identifier: MIT
// The times of the last inferences.
#ifndef PLUGINS_INFER_TIMES_H
#define PLUGINS_INFER_TIMES_H

#include <glib.h>

enum { NERO_TIMES = 128 };

typedef struct NeroTimes {
    double ms[NERO_TIMES];
    guint64 count; // since the start; zeroed: none
} NeroTimes;

void nero_times_add(NeroTimes *t, double ms);
// The slowest of the last `last`; 0 when there are none.
double nero_times_peak(const NeroTimes *t, int last);
// The time that 95 % of those that are kept do not exceed; 0 when there are none.
double nero_times_p95(const NeroTimes *t);

#endif
