// SPDX-License-Identifier: MIT
// Learning rate schedules.
#ifndef NN_TRAIN_SCHEDULE_H
#define NN_TRAIN_SCHEDULE_H

#include <stdint.h>

typedef enum nn_schedule_kind {
    NN_SCHEDULE_COSINE, // half a cosine down from the rate (Loshchilov 2017)
    NN_SCHEDULE_STEP,   // multiplied by `factor` after every `every` steps
    // Up by half a cosine from a 25th of the rate, then down by one (Smith 2018, "Super
    // convergence"): COSINE with a long warm-up of that shape.
    NN_SCHEDULE_ONE_CYCLE,
} nn_schedule_kind;

typedef struct nn_schedule {
    nn_schedule_kind kind;
    float rate;     // the highest rate
    float last;     // part of it that is left at the end; not of STEP
    int64_t warmup; // steps of the warm-up: linear, in a one-cycle a half cosine
    int64_t total;  // steps of the training
    int64_t every;  // STEP: steps between decays, counted from the end of the warm-up; <= 0: never
    float factor;
} nn_schedule;

// The rate of step `step`, from 0; past the end that of the last one.
float nn_schedule_rate(const nn_schedule *s, int64_t step);

#endif
