// SPDX-License-Identifier: MIT
// Functions of one number that are no activations of layers.
#include "nn/export_c/writer.h"

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const int32_t kind = ((const nn_pointwise_params *)n->info.params)->kind;
    (void)w;
    return kind == NN_POINTWISE_CLIP || kind == NN_POINTWISE_HARD_SIGMOID ||
                   kind == NN_POINTWISE_LEAKY_RELU || kind == NN_POINTWISE_SQRT
               ? NULL
               : "of this function has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_pointwise_params *p = n->info.params;
    if (p->kind == NN_POINTWISE_SQRT) {
        nn_c_use(w, "square_roots");
        nn_c_call(w, "run_square_roots(%s, %s, %d)", nn_c_at(w, n->in[0]).text,
                  nn_c_at(w, n->out).text, nn_c_count(w, n->out));
        return;
    }
    if (p->kind == NN_POINTWISE_LEAKY_RELU) { // a slope that is no activation of layers
        nn_c_use(w, "leaky_relu");
        nn_c_call(w, "run_leaky_relu(%s, %s, %d, %s)", nn_c_at(w, n->in[0]).text,
                  nn_c_at(w, n->out).text, nn_c_count(w, n->out), nn_c_number(p->a).text);
        return;
    }
    const char *piece = p->kind == NN_POINTWISE_CLIP ? "clamp" : "hard_sigmoid";
    nn_c_use(w, piece);
    nn_c_call(w, "run_%s(%s, %s, %s, %s, %d)", piece, nn_c_at(w, n->in[0]).text,
              nn_c_at(w, n->out).text, nn_c_number(p->a).text, nn_c_number(p->b).text,
              nn_c_count(w, n->out));
}

const nn_c_op nn_c_op_pointwise = {
    .op = &nn_op_pointwise, .order = NN_C_ALIKE, .check = check, .emit = emit};
