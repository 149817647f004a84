// SPDX-License-Identifier: MIT
// Activations of float values.
#include "nn/export_c/writer.h"

#include <stdio.h>

// Those that the runtime has, each a piece of its own.
static const char *const pieces[] = {
    [NN_ACT_RELU] = "relu",
    [NN_ACT_RELU6] = "relu6",
    [NN_ACT_SIGMOID] = "sigmoid",
    [NN_ACT_SILU] = "silu",
    [NN_ACT_MISH] = "mish",
    [NN_ACT_GELU] = "gelu",
    [NN_ACT_HARD_SWISH] = "hard_swish",
};

static const char *piece_of(nn_act act)
{
    if (nn_act_slope(act) > 0)
        return "leaky_relu";
    return (size_t)act < sizeof pieces / sizeof *pieces ? pieces[act] : NULL;
}

const char *nn_c_check_act(nn_act act)
{
    return act == NN_ACT_NONE || piece_of(act) ? NULL : "has an activation without a form in C";
}

static void call(nn_c_writer *w, nn_act act, const char *from, nn_value to)
{
    nn_c_use(w, piece_of(act));
    if (nn_act_slope(act) > 0)
        nn_c_call(w, "run_leaky_relu(%s, %s, %d, %s)", from, nn_c_at(w, to).text, nn_c_count(w, to),
                  nn_c_number(nn_act_slope(act)).text);
    else
        nn_c_call(w, "run_%s(%s, %s, %d)", piece_of(act), from, nn_c_at(w, to).text,
                  nn_c_count(w, to));
}

void nn_c_apply_act(nn_c_writer *w, nn_act act, nn_value v)
{
    if (act != NN_ACT_NONE)
        call(w, act, nn_c_at(w, v).text, v);
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    (void)w;
    return nn_c_check_act(nn_act_of_node(n->info.op, n->info.params));
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    call(w, nn_act_of_node(n->info.op, n->info.params), nn_c_at(w, n->in[0]).text, n->out);
}

const nn_c_op nn_c_op_activations = {.order = NN_C_ALIKE, .check = check, .emit = emit};
