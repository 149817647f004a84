// SPDX-License-Identifier: MIT
// Whole numbers, kept as bytes or as float, to real ones.
#include "nn/export_c/writer.h"

enum { X };

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    float scale, zero;
    if (n->quantized[X].scale || nn_c_find_scale(w, n, &scale, &zero))
        return NULL;
    return "with several scales has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_op_quantized *q = &n->quantized[X];
    float scale = q->scale ? *q->scale : 0, zero = q->zero;
    if (!q->scale)
        nn_c_find_scale(w, n, &scale, &zero);
    nn_c_use(w, q->scale ? "dequantize" : "dequantize_real");
    nn_c_call(w, "%s(%s, %s, %s, %s, %d)", q->scale ? "run_dequantize" : "run_dequantize_real",
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text, nn_c_number(scale).text,
              nn_c_number(zero).text, nn_c_count(w, n->out));
}

const nn_c_op nn_c_op_dequantize_linear = {
    .op = &nn_op_dequantize_linear, .order = NN_C_ALIKE, .check = check, .emit = emit};
