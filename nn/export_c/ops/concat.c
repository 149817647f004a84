// SPDX-License-Identifier: MIT
// Concatenation along the channels.
#include "nn/export_c/writer.h"
#include "nn/ops/common/check.h"

#include <stdio.h>

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    const nn_shape *s = nn_c_shape(w, n->out);
    const int axis = nn_op_axis_of(((const nn_concat_params *)n->info.params)->axis, s);
    return axis == (s->rank == 4 ? 1 : s->rank - 1)
               ? NULL
               : "along another axis than the channels has no form in C";
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
            nn_c_use(w, "concat_float");
            nn_c_call(w, "run_concat_float(%s, %s + %d, %d, %d, %d)",
                      nn_c_operand(w, n, k, word).text, nn_c_at(w, n->out).text, before,
                      nn_c_channels(w, n->in[k]), nn_c_channels(w, n->out), nn_c_pixels(w, n->out));
        }
        before += nn_c_channels(w, n->in[k]);
    }
}

const nn_c_op nn_c_op_concat = {.op = &nn_op_concat, .check = check, .emit = emit};
