// SPDX-License-Identifier: MIT
// Rows of bytes to rows of a screen's pixels, resampled linearly in integers. All levels give the
// same bits.
#ifndef NN_KERNELS_SCALE_H
#define NN_KERNELS_SCALE_H

#include <stdint.h>

enum {
    NN_SCALE_GROUP = 8,  // outputs of a group
    NN_SCALE_SLACK = 32, // bytes or numbers behind a row that may be read and overwritten
    NN_SCALE_ONE = 128,  // the sum of two weights
};

// Where eight outputs of a row come from: output i is between the source samples at + pair[2 i] and
// at + pair[2 i + 1], both less than at + 16, with weight[2 i] and weight[2 i + 1].
typedef struct nn_scale_group {
    uint8_t pair[2 * NN_SCALE_GROUP], weight[2 * NN_SCALE_GROUP];
    int32_t at;
} nn_scale_group;

// YUV to RGB in 1/32768; a result is in 1/32 of a level. u and v are centred at 0, y at 128.
typedef struct nn_scale_colour {
    int16_t luma, red_v, green_u, green_v, blue_u;
    int16_t offset; // of y, with the half that rounds
} nn_scale_colour;

typedef struct nn_scale_kernels {
    // out[i] = a[i] + (b[i] - a[i]) weight / 128, rounded; 0 <= weight <= 128.
    void (*blend)(uint8_t *out, const uint8_t *a, const uint8_t *b, int weight, int n);
    // out[i] = the mean of a[2 i], a[2 i + 1], b[2 i] and b[2 i + 1], rounded.
    void (*halve)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n);
    // out[i] = row[i step], 1 <= step <= 8. It reads nothing behind row[(n - 1) step]; `out` has
    // slack.
    void (*pick)(uint8_t *out, const uint8_t *row, int step, int n);
    // The outputs of `count` groups, minus 128, in 1/128 of a level. `row` and `out` have slack.
    void (*across)(int16_t *out, const uint8_t *row, const nn_scale_group *group, int count);
    // n pixels of four bytes: blue, green, red, 255. y, u and v are results of `across`, with
    // slack.
    void (*yuv_to_bgrx)(uint8_t *out, const int16_t *y, const int16_t *u, const int16_t *v, int n,
                        const nn_scale_colour *colour);
    void (*rgb_to_bgrx)(uint8_t *out, const int16_t *r, const int16_t *g, const int16_t *b, int n);
} nn_scale_kernels;

void nn_scale_init(nn_scale_kernels *k, unsigned cpu);

// For nn_scale_init: puts its versions over those that are in *k. It runs on any CPU; what it
// stores does not.
void nn_scale_init_avx2(nn_scale_kernels *k);

#endif
