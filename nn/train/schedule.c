// SPDX-License-Identifier: MIT
// Learning rate schedules: warm-up, then a decay.
#include "nn/train/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846
#define FIRST_PART 0.04 // of the rate, at the start of a one-cycle

// Half a cosine from 1 at 0 to `low` at 1.
static double half_cosine(double low, double part)
{
    return low + (1 - low) * 0.5 * (1 + cos(PI * part));
}

float nn_schedule_rate(const nn_schedule *s, int64_t step)
{
    const double rate = (double)s->rate;
    if (step < s->warmup) {
        const double part = (double)(step + 1) / (double)s->warmup;
        return (float)(rate * (s->kind == NN_SCHEDULE_ONE_CYCLE ? half_cosine(FIRST_PART, 1 - part)
                                                                : part));
    }
    const int64_t down = s->total - s->warmup, after = step - s->warmup;
    if (s->kind == NN_SCHEDULE_STEP)
        return (float)(rate *
                       pow((double)s->factor, s->every > 0 ? (double)(after / s->every) : 0));
    const double part = down > 0 ? (double)after / (double)down : 1;
    return (float)(rate * half_cosine((double)s->last, part > 1 ? 1 : part));
}
