// SPDX-License-Identifier: MIT
// One pass over parameters for optimiser steps and moving averages.
#ifndef NN_KERNELS_UPDATE_H
#define NN_KERNELS_UPDATE_H

#include <stdint.h>

typedef struct nn_update_kernels {
    // SGD with momentum: v = momentum v + g + decay w;  w -= rate (nesterov ? g + decay w +
    // momentum v : v).
    void (*sgd)(float *w, float *v, const float *g, int64_t n, float rate, float momentum,
                float decay, int nesterov);
    // AdamW (Loshchilov 2019): m, v moments; rate and eps already carry the bias corrections:
    // w -= rate_decay w;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w -= rate m / (sqrt(v) +
    // eps).
    void (*adamw)(float *w, float *m, float *v, const float *g, int64_t n, float rate, float beta1,
                  float beta2, float eps, float rate_decay);
    // avg = decay avg + (1 - decay) w.
    void (*ema)(float *avg, const float *w, int64_t n, float decay);
} nn_update_kernels;

void nn_update_init(nn_update_kernels *k, unsigned cpu);

// For nn_update_init: puts its versions over those that are in *k. It runs on any CPU; what it
// stores does not.
void nn_update_init_avx2(nn_update_kernels *k);

#endif
