// SPDX-License-Identifier: MIT
// Products of two values: of bytes, of bytes and a gate of float, of float.
#include "nn/export_c/binary.h"

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    return nn_c_out(n)->scale ? NULL : nn_c_check_binary(w, n);
}

static void emit_bytes(nn_c_writer *w, const nn_c_node *n)
{
    const nn_op_quantized *a = &n->quantized[0], *b = a + 1, *out = a + 2;
    nn_c_print(w, "static const mul_int8 layer_%d = {{%d, %d}, %d, %s, %s, %s};\n", w->index,
               (int)a->zero, (int)b->zero, (int)out->zero,
               nn_c_number(*a->scale * *b->scale / *out->scale).text, nn_c_number(-out->zero).text,
               nn_c_number(255 - out->zero).text);
    nn_c_use(w, "mul_int8");
    nn_c_call(w, "run_mul_int8(&layer_%d, %s, %s, %s, %d)", w->index, nn_c_at(w, n->in[0]).text,
              nn_c_at(w, n->in[1]).text, nn_c_at(w, n->out).text, nn_c_count(w, n->out));
}

static void emit_gate(nn_c_writer *w, const nn_c_node *n)
{
    const int image = n->quantized[0].scale ? 0 : 1, gate = 1 - image;
    const nn_op_quantized *q = &n->quantized[image], *out = nn_c_out(n);
    const int channels = nn_c_channels(w, n->out);
    const float one = 1, none = 0;
    nn_buffer requant = {0};
    nn_c_requant r = {.scale = &one, .shift = &none, .channels = 1};
    nn_int8_limits_around_zero(&r.r, NN_ACT_NONE, out);
    const nn_c_text from = nn_c_operand(w, n, gate, "gate");
    nn_c_write_requant(w, &r, &requant);
    nn_c_print(w, "static const requant layer_%d = %s;\n", w->index, requant.bytes);
    nn_buffer_release(&requant);
    nn_c_use(w, "gate_int8");
    nn_c_scratch(w, (size_t)channels * sizeof(float));
    nn_c_call(w, "run_gate_int8(&layer_%d, %d, %s, %s, %s, %d, %s, REALS(SCRATCH), %d, %d)",
              w->index, (int)q->zero, nn_c_number(*q->scale / *out->scale).text,
              nn_c_at(w, n->in[image]).text, from.text, nn_c_count(w, n->in[gate]) > 1,
              nn_c_at(w, n->out).text, channels, nn_c_pixels(w, n->out));
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_op_quantized *q = n->quantized;
    if (!nn_c_out(n)->scale)
        nn_c_emit_binary(w, n, "mul");
    else
        (q[0].scale && q[1].scale ? emit_bytes : emit_gate)(w, n);
}

const nn_c_op nn_c_op_mul = {.op = &nn_op_mul, .order = NN_C_ALIKE, .check = check, .emit = emit};
