// SPDX-License-Identifier: MIT
// Concatenation along the channels of images, and along any axis of other values.
#include "nn/export_c/writer.h"
#include "nn/ops/common/check.h"

#include <stdio.h>

static int axis_of(const nn_c_writer *w, const nn_c_node *n)
{
    return nn_op_axis_of(((const nn_concat_params *)n->info.params)->axis, nn_c_shape(w, n->out));
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    return axis_of(w, n) == 1 || !nn_c_is_image(w, n->out)
               ? NULL
               : "of images along another axis than the channels has no form in C";
}

// What lies side by side of v, one behind the other of all parts.
static int count_block(const nn_c_writer *w, const nn_c_node *n, nn_value v)
{
    const nn_shape *s = nn_c_shape(w, v);
    return nn_c_is_image(w, n->out) ? nn_c_channels(w, v)
                                    : (int)nn_shape_span(s, axis_of(w, n), s->rank);
}

static void emit_bytes(nn_c_writer *w, const nn_c_node *n, int k, int before)
{
    const nn_op_quantized *from = &n->quantized[k], *to = nn_c_out(n);
    char table[48] = "0", word[24];
    if (*from->scale != *to->scale || from->zero != to->zero) {
        uint8_t bytes[256];
        nn_int8_fill_table(bytes, from, to);
        snprintf(word, sizeof word, "table_%d", k);
        nn_c_bytes(w, word, bytes, 256);
        snprintf(table, sizeof table, "%s_%d", word, w->index);
    }
    nn_c_use(w, "concat_int8");
    nn_c_call(w, "run_concat_int8(%s, %s + %d, %s, %d, %d, %d)", nn_c_at(w, n->in[k]).text,
              nn_c_at(w, n->out).text, before, table, nn_c_channels(w, n->in[k]),
              nn_c_channels(w, n->out), nn_c_pixels(w, n->out));
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    int before = 0;
    for (int k = 0; k < n->info.n_in; k++) {
        char word[24];
        snprintf(word, sizeof word, "part_%d", k);
        if (nn_c_out(n)->scale) {
            emit_bytes(w, n, k, before);
        } else {
            const int block = count_block(w, n, n->out);
            nn_c_use(w, "concat_float");
            nn_c_call(w, "run_concat_float(%s, %s + %d, %d, %d, %d)",
                      nn_c_operand(w, n, k, word).text, nn_c_at(w, n->out).text, before,
                      count_block(w, n, n->in[k]), block,
                      block ? nn_c_count(w, n->out) / block : 0);
        }
        before += count_block(w, n, n->in[k]);
    }
}

const nn_c_op nn_c_op_concat = {
    .op = &nn_op_concat, .order = NN_C_ALIKE, .check = check, .emit = emit};
