// SPDX-License-Identifier: MIT
// Fits a straight way through the last places of an object.
#include "nn/vision/analytics/speed.h"

#include <math.h>

#define WINDOW 1000.0                  // ms
#define LEAST_SPAN 300.0               // ms
#define STEP (WINDOW / (NN_TRAIL - 2)) // ms between two places, so that the ring holds the window

void nn_trail_add(nn_trail *t, nn_point at, double time)
{
    const double last = t->time[(t->next + NN_TRAIL - 1) % NN_TRAIL];
    if (t->count > 0 && time < last)
        t->count = 0;
    if (t->count > 0 && time - last < STEP)
        return;
    t->at[t->next] = at;
    t->time[t->next] = time;
    t->next = (t->next + 1) % NN_TRAIL;
    t->count = t->count < NN_TRAIL ? t->count + 1 : NN_TRAIL;
}

float nn_trail_speed(const nn_trail *t, const nn_ground *g, double now)
{
    double st = 0, sx = 0, sy = 0, stt = 0, stx = 0, sty = 0, first = 0, last = -INFINITY;
    int n = 0;
    for (int i = 0; i < t->count; i++) {
        const int k = (t->next + 2 * NN_TRAIL - t->count + i) % NN_TRAIL;
        double m[2];
        const double s = t->time[k] - now;
        if (s < -WINDOW)
            continue;
        if (!nn_ground_place(g, t->at[k], m))
            return -1;
        first = n++ == 0 ? s : first;
        last = s;
        st += s;
        sx += m[0];
        sy += m[1];
        stt += s * s;
        stx += s * m[0];
        sty += s * m[1];
    }
    const double spread = n * stt - st * st;
    if (n < 3 || last - first < LEAST_SPAN || !(spread > 0))
        return -1;
    return (float)(1000 * hypot((n * stx - st * sx) / spread, (n * sty - st * sy) / spread));
}
