// SPDX-License-Identifier: MIT
// Images enlarged by their nearest pixels.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"

#include <stdio.h>

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    (void)w;
    return ((const nn_resize_params *)n->info.params)->mode == NN_RESIZE_NEAREST
               ? NULL
               : "between pixels (bilinear) has no form in C";
}

// Which pixels the output takes along an axis (0: y).
static bool write_picks(nn_c_writer *w, const nn_c_node *n, int axis, const char *word)
{
    const int64_t in = nn_c_shape(w, n->in[0])->dim[2 + axis];
    const int64_t out = nn_c_shape(w, n->out)->dim[2 + axis];
    int16_t *at = nn_calloc((size_t)out, sizeof *at);
    for (int64_t i = 0; at && i < out; i++) {
        int64_t first, last;
        nn_resize_reach(n->info.params, n->info.n_in > 1, axis, in, out, i, &first, &last);
        at[i] = (int16_t)first;
    }
    if (at)
        nn_c_s16(w, word, at, out);
    w->data.failed = w->data.failed || !at;
    nn_free(at);
    return !w->data.failed;
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_op_quantized *from = &n->quantized[0], *to = nn_c_out(n);
    const nn_shape *in = nn_c_shape(w, n->in[0]), *out = nn_c_shape(w, n->out);
    char table[32] = "";
    if (!write_picks(w, n, 0, "rows") || !write_picks(w, n, 1, "columns"))
        return;
    if (to->scale)
        snprintf(table, sizeof table, " 0,");
    if (to->scale && (*from->scale != *to->scale || from->zero != to->zero)) {
        uint8_t bytes[256];
        nn_int8_fill_table(bytes, from, to);
        nn_c_bytes(w, "table", bytes, 256);
        snprintf(table, sizeof table, " table_%d,", w->index);
    }
    nn_c_use(w, to->scale ? "pick_int8" : "pick_float");
    nn_c_call(w, "run_%s(rows_%d, columns_%d,%s %s, %s, %d, %d, %d, %d)",
              to->scale ? "pick_int8" : "pick_float", w->index, w->index, table,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text, (int)in->dim[3], (int)in->dim[1],
              (int)out->dim[2], (int)out->dim[3]);
}

const nn_c_op nn_c_op_resize = {.op = &nn_op_resize, .check = check, .emit = emit};
