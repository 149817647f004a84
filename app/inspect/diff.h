// SPDX-License-Identifier: MIT
// Two models on the same input, value by value.
#ifndef APP_INSPECT_DIFF_H
#define APP_INSPECT_DIFF_H

#include "app/cli/model_input.h"

// How a model is run: as it was built, with batch norms and activations folded, or as inference
// does it, with prepared weights and blocked images too; the latter also without what rounds more
// than plain sums, or with weights as float16 where that is faster.
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
    nn_plan *plan;   // owned; every value stays readable
    app_diff_how how;
} app_diff_side;

typedef struct app_diff_row {
    const char *name;
    int node; // of side A, -1 for an output that is compared by its place
    nn_value a, b;
    bool same_shape;
    double error;    // largest |a - b|; infinite where one is no number
    double largest;  // |a|
    double relative; // error / largest
    int64_t at;      // element of the largest error
} app_diff_row;

typedef struct app_diff {
    app_diff_side a, b;
    app_diff_row *rows; // owned: values that both have, in the order of A, then outputs
    int count, nodes;   // nodes of A
} app_diff;

// Plans and runs both sides, whose models and `how` are set, on the same input. The shapes are
// those of `in`, of the side that is made for one, or A's card with `height` and `width` (0: its
// own). NN_ESHAPE when the sides cannot take the same input, NN_ENOTFOUND when nothing can be
// compared.
nn_status app_diff_run(app_diff *d, const app_model_input *in, int height, int width, nn_pool *pool,
                       nn_error *err);
void app_diff_release(app_diff *d);

// The first row beyond the tolerance; NULL when there is none.
const app_diff_row *app_diff_first(const app_diff *d, double tolerance);
// The row of a value of A, NULL when B has none.
const app_diff_row *app_diff_find(const app_diff *d, nn_value a);
// How far two tensors are apart, into the last five members of *row.
void app_diff_compare(const nn_tensor *a, const nn_tensor *b, app_diff_row *row);

#endif
