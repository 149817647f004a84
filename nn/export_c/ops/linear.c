// SPDX-License-Identifier: MIT
// Dense layers, on bytes and on float.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"

#include <stdio.h>

enum { X, WEIGHT, BIAS };

static nn_act act_of(const nn_c_node *n)
{
    return (nn_act)((const nn_linear_params *)n->info.params)->act;
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    if (!nn_c_data(w, n, WEIGHT) || (nn_c_has(n, BIAS) && !nn_c_data(w, n, BIAS)))
        return "has weights that are computed, which has no form in C";
    return nn_c_check_act(act_of(n));
}

static void emit_float(nn_c_writer *w, const nn_c_node *n, int rows, int inputs, int outputs)
{
    const bool bias = nn_c_has(n, BIAS);
    char name[32] = "0";
    nn_c_floats(w, "weight", nn_c_data(w, n, WEIGHT), (int64_t)inputs * outputs);
    if (bias) {
        nn_c_floats(w, "bias", nn_c_data(w, n, BIAS), outputs);
        snprintf(name, sizeof name, "bias_%d", w->index);
    }
    nn_c_use(w, "linear_float");
    nn_c_call(w, "run_linear_float(weight_%d, %s, %s, %s, %d, %d, %d)", w->index, name,
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text, rows, inputs, outputs);
    nn_c_apply_act(w, act_of(n), n->out);
}

typedef struct layer_arrays {
    float *scale, *shift;
    int32_t *start;
    int8_t *weight;
} layer_arrays;

// As nn/ops/int8/linear_int8.c packs them.
static void fill(const nn_c_writer *w, const nn_c_node *n, int inputs, int outputs, layer_arrays *a)
{
    const nn_op_quantized *q = n->quantized;
    const float *weight = nn_c_data(w, n, WEIGHT), *bias = nn_c_data(w, n, BIAS);
    const int64_t quads = (inputs + 3) / 4;
    for (int64_t o = 0; o < outputs; o++) {
        int64_t sum = 0;
        for (int64_t i = 0; i < inputs; i++) {
            a->weight[((o / 2 * quads + i / 4) * 2 + o % 2) * 4 + i % 4] =
                (int8_t)weight[o * inputs + i];
            sum += (int64_t)weight[o * inputs + i];
        }
        a->start[o] = (int32_t)(-sum * (int64_t)q[X].zero);
        a->scale[o] = *q[X].scale * q[WEIGHT].scale[q[WEIGHT].scales > 1 ? o : 0];
        a->shift[o] = bias ? bias[o] : 0;
    }
}

static void write_int8(nn_c_writer *w, const nn_c_node *n, int rows, int inputs, int outputs,
                       const layer_arrays *a)
{
    const nn_act act = nn_int8_is_clamp(act_of(n)) ? act_of(n) : NN_ACT_NONE;
    const int64_t quads = (inputs + 3) / 4, pairs = (outputs + 1) / 2;
    nn_buffer requant = {0};
    nn_c_requant r = {.scale = a->scale, .shift = a->shift, .channels = outputs, .real = true};
    nn_int8_limits(act, nn_c_out(n), &r.r.low, &r.r.high);
    nn_c_s8(w, "weight", a->weight, pairs * quads * 8);
    nn_c_s32(w, "start", a->start, pairs * 2);
    nn_c_write_requant(w, &r, &requant);
    nn_c_print(w, "static const linear_int8 layer_%d = {\n    %d, %d, %d, %s, ", w->index, rows,
               inputs, outputs, nn_c_number(*n->quantized[X].scale).text);
    nn_c_print(w, "%s, weight_%d, start_%d,\n    %s};\n", nn_c_number(n->quantized[X].zero).text,
               w->index, w->index, requant.bytes);
    nn_buffer_release(&requant);
    nn_c_use(w, "linear_int8");
    nn_c_scratch(w, (size_t)quads * 4);
    nn_c_call(w, "run_linear_int8(&layer_%d, %s, %s, BYTES(SCRATCH))", w->index,
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text);
    if (act == NN_ACT_NONE)
        nn_c_apply_act(w, act_of(n), n->out);
}

static void emit_int8(nn_c_writer *w, const nn_c_node *n, int rows, int inputs, int outputs)
{
    const size_t pairs = ((size_t)outputs + 1) / 2, quads = ((size_t)inputs + 3) / 4;
    layer_arrays a = {nn_calloc(pairs * 2, sizeof(float)), nn_calloc(pairs * 2, sizeof(float)),
                      nn_calloc(pairs * 2, sizeof(int32_t)), nn_calloc(pairs * quads * 8, 1)};
    if (!a.scale || !a.shift || !a.start || !a.weight) {
        w->data.failed = true;
    } else {
        fill(w, n, inputs, outputs, &a);
        write_int8(w, n, rows, inputs, outputs, &a);
    }
    nn_free(a.scale);
    nn_free(a.shift);
    nn_free(a.start);
    nn_free(a.weight);
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_shape *weight = nn_c_shape(w, n->in[WEIGHT]);
    const int inputs = (int)weight->dim[1], outputs = (int)weight->dim[0];
    const int rows = inputs ? nn_c_count(w, n->in[X]) / inputs : 0;
    (n->quantized[X].scale ? emit_int8 : emit_float)(w, n, rows, inputs, outputs);
}

const nn_c_op nn_c_op_linear = {
    .op = &nn_op_linear, .order = NN_C_ROWS, .check = check, .emit = emit};
