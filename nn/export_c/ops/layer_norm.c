// SPDX-License-Identifier: MIT
// Layer norms over the last axis.
#include "nn/export_c/writer.h"

#include <stdio.h>

enum { X, WEIGHT, BIAS };

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    if (!nn_c_data(w, n, WEIGHT) || (nn_c_has(n, BIAS) && !nn_c_data(w, n, BIAS)))
        return "has parameters that are computed, which has no form in C";
    return NULL;
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const int count = nn_c_channels(w, n->out);
    char bias[32] = "0";
    nn_c_floats(w, "weight", nn_c_data(w, n, WEIGHT), count);
    if (nn_c_has(n, BIAS)) {
        nn_c_floats(w, "bias", nn_c_data(w, n, BIAS), count);
        snprintf(bias, sizeof bias, "bias_%d", w->index);
    }
    nn_c_use(w, "layer_norm");
    nn_c_call(w, "run_layer_norm(weight_%d, %s, %s, %s, %s, %d, %d)", w->index, bias,
              nn_c_number(((const nn_layer_norm_params *)n->info.params)->eps).text,
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text, count, nn_c_pixels(w, n->out));
}

const nn_c_op nn_c_op_layer_norm = {
    .op = &nn_op_layer_norm, .order = NN_C_ROWS, .check = check, .emit = emit};
