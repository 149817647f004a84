// SPDX-License-Identifier: MIT
// Resizing of quantised images. Nearest pixels are copied, or mapped by a table where the scale of
// the output differs.
#include "nn/ops/common/resize_taps.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <string.h>

typedef struct resize_run {
    const nn_op_call *call;
    const nn_nchw8c_tap *rows, *columns;
    bool same; // the output has the scale of the input
    uint8_t table[256];
    nn_int8_blend blend;
} resize_run;

static void nearest_row(const resize_run *r, uint8_t *y, const uint8_t *x)
{
    const int64_t width = r->call->out->shape.dim[3];
    for (int64_t i = 0; i < width; i++)
        memcpy(y + i * NN_BYTE_BLOCK, x + (int64_t)r->columns[i].a * NN_BYTE_BLOCK, NN_BYTE_BLOCK);
    if (!r->same)
        r->call->kernels->int8rows.table(y, y, r->table, width * NN_BYTE_BLOCK);
}

static void resize_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    const nn_op_call *call = r->call;
    const nn_tensor *in = &call->in[0], *out = call->out;
    const bool nearest = ((const nn_resize_params *)call->params)->mode == NN_RESIZE_NEAREST;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        const nn_nchw8c_tap *row = &r->rows[at.y];
        uint8_t *y = nn_int8_row_data(out, &at);
        const uint8_t *top = nn_byte_blocked_at(in, at.n, at.block, row->a, 0);
        const uint8_t *bottom = nn_byte_blocked_at(in, at.n, at.block, row->b, 0);
        nn_int8_blend blend = r->blend;
        blend.weight = row->weight;
        if (nearest)
            nearest_row(r, y, top);
        else
            call->kernels->int8rows.blend(&blend, y, top, bottom, r->columns, out->shape.dim[3]);
    }
}

static void run(const nn_op_call *call)
{
    const nn_op_quantized *in = &call->quantized[0], *out = in + call->n_in;
    const int64_t *dim = call->out->shape.dim;
    nn_nchw8c_tap *rows = call->scratch, *columns = rows + dim[2];
    resize_run r = {.call = call, .rows = rows, .columns = columns};
    r.same = *in->scale == *out->scale && in->zero == out->zero;
    r.blend =
        (nn_int8_blend){.zero = in->zero, .scale = *in->scale / *out->scale, .out_zero = out->zero};
    nn_resize_find_taps(call, 0, rows);
    nn_resize_find_taps(call, 1, columns);
    nn_int8_fill_table(r.table, in, out);
    nn_int8_run_rows(call->pool, call->out, 2, resize_rows, &r);
}

bool nn_int8_resize(const nn_op_problem *problem, nn_op_impl *impl)
{
    const bool nearest = ((const nn_resize_params *)problem->params)->mode == NN_RESIZE_NEAREST;
    if (problem->act != NN_ACT_NONE || !nn_int8_all_bytes(problem, 1))
        return false;
    const bool vectors = problem->kernels->int8conv.pixels > 1;
    const double each = nearest ? 0.06 : vectors ? 0.25 : 10; // nanoseconds
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = 1,
                         .blocked_out = true,
                         .scratch_bytes = (size_t)(problem->out->dim[2] + problem->out->dim[3]) *
                                          sizeof(nn_nchw8c_tap),
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .run = run};
    return true;
}
