// SPDX-License-Identifier: MIT
// Compares two models on the same input, value by value.
#ifndef APP_INSPECT_DIFF_H
#define APP_INSPECT_DIFF_H

#include "app/cli/model_input.h"

// How a model is run: as built; with batch norms and activations folded; as inference runs it, with
// packed weights and blocked images; the last also without what rounds more than plain sums, or
// with float16 weights where they are faster.
typedef enum app_diff_how {
    APP_DIFF_PLAIN,
    APP_DIFF_FUSED,
    APP_DIFF_COMPILED,
    APP_DIFF_EXACT,
    APP_DIFF_HALF
} app_diff_how;
const char *app_diff_how_name(app_diff_how how);
bool app_diff_how_find(const char *name, app_diff_how *how);

typedef struct app_diff_side {
    nn_model *model; // owned
    nn_plan *plan;   // owned; all values stay readable
    app_diff_how how;
} app_diff_side;

typedef struct app_diff_row {
    const char *name;
    int node; // node of side A; -1 for an output that is compared by position
    nn_value a, b;
    bool same_shape;
    double error;    // largest |a - b|; infinite where one of them is NaN
    double largest;  // largest |a|
    double relative; // error / largest
    int64_t at;      // index of the largest error
    double decibels; // signal to noise: sum a^2 to sum (a - b)^2
} app_diff_row;

typedef struct app_diff {
    app_diff_side a, b;
    app_diff_row *rows; // owned: values that both sides have, in the order of A, then outputs
    int count, nodes;   // nodes of A
} app_diff;

// Plans and runs both sides, whose models and `how` are set, on the same input. The shapes are
// those of `in`, of the side with a fixed size, or of A's card with `height` and `width` (0: its
// own). NN_ESHAPE when the sides cannot take the same input; NN_ENOTFOUND when nothing can be
// compared.
nn_status app_diff_run(app_diff *d, const app_model_input *in, int height, int width, nn_pool *pool,
                       nn_error *err);
void app_diff_release(app_diff *d);

// The first row above the tolerance; NULL when there is none.
const app_diff_row *app_diff_first(const app_diff *d, double tolerance);
// The row of a value of A; NULL when B does not have it.
const app_diff_row *app_diff_find(const app_diff *d, nn_value a);
// Compares two tensors; writes the members of *row from `error` on.
void app_diff_compare(const nn_tensor *a, const nn_tensor *b, app_diff_row *row);

#endif
