// SPDX-License-Identifier: MIT
// The learning rate over the steps of a training.
#ifndef NN_TRAIN_SCHEDULE_H
#define NN_TRAIN_SCHEDULE_H

#include <stdint.h>

typedef enum nn_schedule_kind {
    NN_SCHEDULE_COSINE, // a half cosine from the rate to its last part (Loshchilov 2017)
    NN_SCHEDULE_STEP,   // times `factor` after every `every` steps
    // Up along a half cosine from a 25th of the rate, then down along one (Smith 2018, "Super
    // convergence"): the same as the cosine with a long warm-up of that shape.
    NN_SCHEDULE_ONE_CYCLE,
} nn_schedule_kind;

typedef struct nn_schedule {
    nn_schedule_kind kind;
    float rate;     // the highest
    float last;     // part of it that is left at the end; not of STEP
    int64_t warmup; // steps on the way up: along a line, in a one-cycle along a cosine
    int64_t total;  // steps of the training
    int64_t every;  // STEP: counted from the end of the warm-up; <= 0: never
    float factor;
} nn_schedule;

// Of step `step`, from 0; that of the last one beyond the end.
float nn_schedule_rate(const nn_schedule *s, int64_t step);

#endif
