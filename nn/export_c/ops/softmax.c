// SPDX-License-Identifier: MIT
// Probabilities along the channels.
#include "nn/export_c/writer.h"
#include "nn/ops/common/check.h"

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const nn_shape *s = nn_c_shape(w, n->out);
    const int axis = nn_op_axis_of(((const nn_softmax_params *)n->info.params)->axis, s);
    return axis == nn_c_axis(w, n->out, s->rank - 1)
               ? NULL
               : "along another axis than the innermost has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    nn_c_use(w, "softmax");
    nn_c_call(w, "run_softmax(%s, %s, %d, %d)", nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text,
              nn_c_channels(w, n->out), nn_c_pixels(w, n->out));
}

const nn_c_op nn_c_op_softmax = {
    .op = &nn_op_softmax, .order = NN_C_ALIKE, .check = check, .emit = emit};
