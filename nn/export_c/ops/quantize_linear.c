// SPDX-License-Identifier: MIT
// Real numbers to whole ones, kept as bytes or as float.
#include "nn/export_c/writer.h"
#include "nn/graph/quantized.h"

enum { X, SCALE, ZERO };

bool nn_c_find_scale(const nn_c_writer *w, const nn_c_node *n, float *scale, float *zero)
{
    const float *scales = nn_c_data(w, n, SCALE), *zeros = nn_c_data(w, n, ZERO);
    if (!scales || nn_c_count(w, n->in[SCALE]) != 1 || (nn_c_has(n, ZERO) && !zeros) ||
        (zeros && nn_c_count(w, n->in[ZERO]) != 1))
        return false;
    *scale = scales[0];
    *zero = zeros ? zeros[0] : 0;
    return true;
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    float scale, zero;
    if (nn_c_out(n)->scale || nn_c_find_scale(w, n, &scale, &zero))
        return NULL;
    return "with several scales has no form in C";
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_quantize_params *p = n->info.params;
    const nn_op_quantized *q = nn_c_out(n);
    const int count = nn_c_count(w, n->out);
    float scale, zero;
    if (q->scale) {
        nn_c_use(w, "quantize_row");
        nn_c_call(w, "run_quantize(%s, %s, %s, %s, %d)", nn_c_at(w, n->in[X]).text,
                  nn_c_at(w, n->out).text, nn_c_number(*q->scale).text, nn_c_number(q->zero).text,
                  count);
    } else if (nn_c_find_scale(w, n, &scale, &zero)) {
        nn_c_use(w, "quantize_real");
        nn_c_call(w, "run_quantize_real(%s, %s, %s, %s, %s, %s, %d)", nn_c_at(w, n->in[X]).text,
                  nn_c_at(w, n->out).text, nn_c_number(scale).text, nn_c_number(zero).text,
                  nn_c_number(nn_quantized_low(p->type)).text,
                  nn_c_number(nn_quantized_high(p->type)).text, count);
    }
}

const nn_c_op nn_c_op_quantize_linear = {
    .op = &nn_op_quantize_linear, .order = NN_C_ALIKE, .check = check, .emit = emit};
