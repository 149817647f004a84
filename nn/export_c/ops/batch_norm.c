// SPDX-License-Identifier: MIT
// Batch norms that no layer has taken over, of bytes and of float.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"

#include <math.h>

enum { X, WEIGHT, BIAS, MEAN, VAR, INPUTS };

static nn_act act_of(const nn_c_node *n)
{
    return nn_int8_norm_act(n->info.params, n->act);
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    for (int k = WEIGHT; k < INPUTS; k++)
        if (!nn_c_data(w, n, k))
            return "has parameters that are computed, which has no form in C";
    if (nn_c_shape(w, n->in[X])->rank != 4)
        return "of vectors has no form in C";
    return nn_c_out(n)->scale ? NULL : nn_c_check_act(act_of(n));
}

static nn_int8_norm find_norm(const nn_c_writer *w, const nn_c_node *n)
{
    return (nn_int8_norm){.x = &n->quantized[X],
                          .out = nn_c_out(n),
                          .act = act_of(n),
                          .eps = ((const nn_batch_norm_params *)n->info.params)->eps,
                          .weight = nn_c_data(w, n, WEIGHT),
                          .bias = nn_c_data(w, n, BIAS),
                          .mean = nn_c_data(w, n, MEAN),
                          .var = nn_c_data(w, n, VAR)};
}

static void emit_int8(nn_c_writer *w, const nn_c_node *n, float *scale, float *shift)
{
    const nn_int8_norm norm = find_norm(w, n);
    const int channels = nn_c_channels(w, n->out);
    nn_int8_curve curve;
    nn_buffer requant = {0};
    nn_c_requant r = {.scale = scale, .shift = shift, .channels = channels};
    for (int c = 0; c < channels; c++) {
        const nn_int8_channel channel = nn_int8_find_norm(&norm, c);
        scale[c] = channel.scale;
        shift[c] = channel.shift;
    }
    nn_int8_limits_around_zero(&r.r, norm.act, norm.out);
    nn_int8_make_curve(&curve, norm.act, 1 / *norm.out->scale, 0);
    r.r.curve = nn_int8_needs_curve(norm.act) ? &curve : NULL;
    nn_c_write_requant(w, &r, &requant);
    nn_c_print(w, "static const requant layer_%d = %s;\n", w->index, requant.bytes);
    nn_buffer_release(&requant);
    nn_c_use(w, "affine_int8");
    nn_c_call(w, "run_affine_int8(&layer_%d, %d, %s, %s, %d, %d)", w->index, (int)norm.x->zero,
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text, channels, nn_c_pixels(w, n->out));
}

// As nn/ops/batch_norm.c packs them.
static void emit_float(nn_c_writer *w, const nn_c_node *n, float *scale, float *shift)
{
    const nn_int8_norm norm = find_norm(w, n);
    const int channels = nn_c_channels(w, n->out);
    for (int c = 0; c < channels; c++) {
        const double times = (double)norm.weight[c] / sqrt((double)norm.var[c] + (double)norm.eps);
        scale[c] = (float)times;
        shift[c] = (float)((double)norm.bias[c] - (double)norm.mean[c] * times);
    }
    nn_c_floats(w, "scale", scale, channels);
    nn_c_floats(w, "shift", shift, channels);
    nn_c_use(w, "affine_float");
    nn_c_call(w, "run_affine_float(scale_%d, shift_%d, %s, %s, %d, %d)", w->index, w->index,
              nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text, channels, nn_c_pixels(w, n->out));
    nn_c_apply_act(w, norm.act, n->out);
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const size_t channels = (size_t)nn_c_channels(w, n->out);
    float *scale = nn_calloc(2 * channels, sizeof *scale);
    if (scale)
        (nn_c_out(n)->scale ? emit_int8 : emit_float)(w, n, scale, scale + channels);
    w->data.failed = w->data.failed || !scale;
    nn_free(scale);
}

const nn_c_op nn_c_op_batch_norm = {.op = &nn_op_batch_norm, .check = check, .emit = emit};
