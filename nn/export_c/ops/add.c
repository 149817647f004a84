// SPDX-License-Identifier: MIT
// Sums of two values, of bytes and of float.
#include "nn/export_c/binary.h"

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    return nn_c_out(n)->scale ? NULL : nn_c_check_binary(w, n);
}

static void emit_int8(nn_c_writer *w, const nn_c_node *n)
{
    nn_int8_curve curve;
    nn_buffer requant = {0};
    const nn_int8_sum sum = nn_int8_find_sum(n->quantized, n->act, &curve);
    const nn_c_requant r = {
        .scale = &sum.scale[0],
        .shift = &sum.shift,
        .channels = 1,
        .r = {.skip_scale = sum.scale[1], .low = sum.low, .high = sum.high, .curve = sum.curve}};
    nn_c_write_requant(w, &r, &requant);
    nn_c_print(w, "static const requant layer_%d = %s;\n", w->index, requant.bytes);
    nn_buffer_release(&requant);
    nn_c_use(w, "add_int8");
    nn_c_call(w, "run_add_int8(&layer_%d, %s, %s, %s, %d)", w->index, nn_c_at(w, n->in[0]).text,
              nn_c_at(w, n->in[1]).text, nn_c_at(w, n->out).text, nn_c_count(w, n->out));
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    if (nn_c_out(n)->scale)
        emit_int8(w, n);
    else
        nn_c_emit_binary(w, n, "add");
}

const nn_c_op nn_c_op_add = {.op = &nn_op_add, .order = NN_C_ALIKE, .check = check, .emit = emit};
