// SPDX-License-Identifier: MIT
// Images of bytes side by side in channels. Inputs of whole blocks are copied row by row; the
// blocks of others are put together from pieces.
#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <string.h>

// Channels of an output block that come from one block of an input.
typedef struct piece {
    int input;
    int64_t block, from; // of the input: the block, and the first lane in it
    int64_t to;          // the first lane in the block of the output
    int64_t lanes;
} piece;

// The piece that begins at this channel of the output; false behind the last one.
static bool find_piece(const nn_op_call *call, int64_t channel, piece *p)
{
    int64_t at = channel;
    for (int k = 0; k < call->n_in; k++) {
        const int64_t channels = call->in[k].shape.dim[1];
        if (at >= channels) {
            at -= channels;
            continue;
        }
        *p = (piece){k, at / NN_BYTE_BLOCK, at % NN_BYTE_BLOCK, channel % NN_BYTE_BLOCK, 0};
        p->lanes = nn_min(nn_min(NN_BYTE_BLOCK - p->from, NN_BYTE_BLOCK - p->to), channels - at);
        return true;
    }
    return false;
}

static void copy_lanes(uint8_t *y, const uint8_t *x, int64_t lanes, int64_t pixels)
{
    if (lanes == NN_BYTE_BLOCK) {
        memcpy(y, x, (size_t)(pixels * NN_BYTE_BLOCK));
        return;
    }
    for (int64_t i = 0; i < pixels; i++, x += NN_BYTE_BLOCK, y += NN_BYTE_BLOCK) {
        if (lanes == NN_BYTE_BLOCK / 2)
            memcpy(y, x, NN_BYTE_BLOCK / 2);
        else
            for (int64_t k = 0; k < lanes; k++)
                y[k] = x[k];
    }
}

// Writes a piece of row `at` of the output, whose data begins at `y`.
static void write_piece(const nn_op_call *call, const nn_int8_row *at, const piece *p, uint8_t *y)
{
    enum { AT_ONCE = 64 }; // pixels
    const nn_op_quantized *from = &call->quantized[p->input], *to = &call->quantized[call->n_in];
    const nn_int8_row row = {at->n, p->block, at->y};
    const uint8_t *x = nn_int8_row_data(&call->in[p->input], &row);
    const int64_t pixels = call->out->shape.dim[3];
    uint8_t table[256], some[AT_ONCE * NN_BYTE_BLOCK];
    if (*from->scale == *to->scale && from->zero == to->zero) {
        copy_lanes(y + p->to, x + p->from, p->lanes, pixels);
        return;
    }
    nn_int8_fill_table(table, from, to);
    if (p->lanes == NN_BYTE_BLOCK) {
        call->kernels->int8rows.table(y, x, table, pixels * NN_BYTE_BLOCK);
        return;
    }
    for (int64_t i = 0; i < pixels; i += AT_ONCE) {
        const int64_t n = nn_min(pixels - i, (int64_t)AT_ONCE);
        call->kernels->int8rows.table(some, x + i * NN_BYTE_BLOCK, table, n * NN_BYTE_BLOCK);
        copy_lanes(y + i * NN_BYTE_BLOCK + p->to, some + p->from, p->lanes, n);
    }
}

static void concat_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_tensor *out = call->out;
    const int64_t channels = out->shape.dim[1], bytes = out->shape.dim[3] * NN_BYTE_BLOCK;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        uint8_t *y = nn_int8_row_data(out, &at);
        int64_t channel = at.block * NN_BYTE_BLOCK;
        const int64_t last = nn_min(channel + NN_BYTE_BLOCK, channels);
        if (last % NN_BYTE_BLOCK)
            memset(y, (int)call->quantized[call->n_in].zero, (size_t)bytes);
        for (piece p; channel < last && find_piece(call, channel, &p); channel += p.lanes)
            write_piece(call, &at, &p, y);
    }
}

static void run(const nn_op_call *call)
{
    nn_int8_run_rows(call->pool, call->out, 1, concat_rows, (void *)call);
}

bool nn_int8_concat(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_concat_params *p = problem->params;
    if (problem->n_in > 63 || problem->act != NN_ACT_NONE ||
        !nn_int8_all_bytes(problem, problem->n_in) || nn_op_axis_of(p->axis, problem->out) != 1)
        return false;
    bool whole = true; // blocks, but for the last one
    for (int k = 0; k + 1 < problem->n_in; k++)
        whole = whole && problem->in[k].dim[1] % NN_BYTE_BLOCK == 0;
    const bool vectors = problem->kernels->int8conv.pixels > 1;
    const double each = !vectors ? 0.3 : whole ? 0.02 : 0.05; // nanoseconds
    *impl = (nn_op_impl){.name = "int8",
                         .blocked_in = ((uint64_t)1 << problem->n_in) - 1,
                         .blocked_out = true,
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .run = run};
    return true;
}
