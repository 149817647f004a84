// SPDX-License-Identifier: MIT
// Resized images: the nearest pixels, or between them (bilinear).
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"
#include "nn/ops/common/resize_taps.h"

#include <stdio.h>

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

static void emit_nearest(nn_c_writer *w, const nn_c_node *n)
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

// The two pixels of each output along an axis, and how much of the second.
static void write_taps(nn_c_writer *w, const nn_c_node *n, int axis, const char *word)
{
    const int64_t in = nn_c_shape(w, n->in[0])->dim[2 + axis];
    const int64_t out = nn_c_shape(w, n->out)->dim[2 + axis];
    const nn_resize_axis a = {n->info.params, n->info.n_in > 1, axis, in, out};
    nn_c_print(w, "static const between %s_%d[%d] = {\n", word, w->index, (int)out);
    for (int64_t i = 0; i < out; i++) {
        const nn_nchw8c_tap t = nn_resize_find_tap(&a, i);
        nn_c_print(w, "    {%d, %d, %s},\n", (int)t.a, (int)t.b, nn_c_number(t.weight).text);
    }
    nn_c_print(w, "};\n");
    w->constant_bytes += (size_t)out * 8; // of a `between`
}

static void emit_bilinear(nn_c_writer *w, const nn_c_node *n)
{
    const nn_op_quantized *from = &n->quantized[0], *to = nn_c_out(n);
    const nn_shape *in = nn_c_shape(w, n->in[0]), *out = nn_c_shape(w, n->out);
    char layer[32] = "";
    nn_c_use(w, to->scale ? "blend_int8" : "blend_float");
    write_taps(w, n, 0, "rows");
    write_taps(w, n, 1, "columns");
    if (to->scale) {
        nn_c_print(w, "static const blend_int8 layer_%d = {%s, ", w->index,
                   nn_c_number(from->zero).text);
        nn_c_print(w, "%s, %s};\n", nn_c_number(*from->scale / *to->scale).text,
                   nn_c_number(to->zero).text);
        snprintf(layer, sizeof layer, "&layer_%d, ", w->index);
    }
    nn_c_call(w, "run_%s(%srows_%d, columns_%d, %s, %s, %d, %d, %d, %d)",
              to->scale ? "blend_int8" : "blend_float", layer, w->index, w->index,
              nn_c_at(w, n->in[0]).text, nn_c_at(w, n->out).text, (int)in->dim[3], (int)in->dim[1],
              (int)out->dim[2], (int)out->dim[3]);
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const bool nearest = ((const nn_resize_params *)n->info.params)->mode == NN_RESIZE_NEAREST;
    (nearest ? emit_nearest : emit_bilinear)(w, n);
}

const nn_c_op nn_c_op_resize = {.op = &nn_op_resize, .emit = emit};
