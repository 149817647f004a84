// SPDX-License-Identifier: MIT
// linear of a small batch by the microkernel. Each pass packs one side, which is small, for all
// tasks. Tasks read or write the weights row by row, as they lie in memory.
#include "nn/ops/linear/linear_batch.h"
#include "nn/base/arith.h"
#include "nn/tensor/blocked.h"

#include <string.h>

enum { PANEL = NN_PANEL_CHANNELS };
enum { FEWEST = 8, MOST = 64 }; // rows
// Forward: outputs and inputs that are multiplied at once. Gradient of x: inputs and outputs. While
// one of its panels is multiplied, a row of the next weights is fetched, which is as long.
enum { OUTPUTS = 16, DEPTH = 512, COLUMNS = 512, PIECE = 32 };

typedef struct batch_pass {
    const nn_linear_batch *l;
    float *packed; // a side of few rows
    const float *gy;
    float *to;
} batch_pass;

bool nn_linear_batch_fits(const nn_linear_batch *l)
{
    return l->call->scratch && l->call->kernels->microkernel.pixels > 1 && l->rows >= FEWEST &&
           l->rows <= MOST && l->inputs >= PANEL && l->outputs >= PANEL;
}

size_t nn_linear_batch_scratch(int64_t rows, int64_t inputs, int64_t outputs)
{
    if (rows < FEWEST || rows > MOST)
        return 0;
    const int64_t most = nn_max(inputs, outputs);
    return (size_t)(nn_divide_up(rows, PANEL) * PANEL * nn_divide_up(most, PANEL) * PANEL) *
           sizeof(float);
}

// Runs a panel: `count` pixels in blocks of eight floats, `depth` a multiple of eight. Meanwhile as
// many floats as there are weights are fetched from `next`, which may be NULL.
static void multiply(const nn_linear_batch *l, const float *pixels, int count, int64_t depth,
                     const float *weight, const float *next, float *out, const int32_t *place,
                     bool add)
{
    int32_t offset[DEPTH / NN_BLOCK];
    const float *pixel[MOST];
    for (int i = 0; i < depth / NN_BLOCK; i++)
        offset[i] = i * count * NN_BLOCK;
    for (int i = 0; i < count; i++)
        pixel[i] = pixels + i * NN_BLOCK;
    const nn_microkernel_args tile = {.offset = offset,
                                      .blocks = (int)(depth / NN_BLOCK),
                                      .run = NN_BLOCK,
                                      .weight = weight,
                                      .next = next,
                                      .act = NN_ACT_NONE,
                                      .channels = PANEL,
                                      .out = out,
                                      .plane = NN_BLOCK,
                                      .skip = add ? out : NULL,
                                      .skip_place = place,
                                      .skip_plane = NN_BLOCK};
    l->call->kernels->microkernel.run(&tile, count, pixel, place);
}

// Copies `n` columns of rows into [column / 8][row][8]; those behind the last are zero.
static void pack_blocks(const float *from, int64_t ld, int rows, int64_t n, float *to)
{
    int64_t k = 0;
    for (; k + NN_BLOCK <= n; k += NN_BLOCK)
        for (int r = 0; r < rows; r++, to += NN_BLOCK)
            memcpy(to, from + r * ld + k, NN_BLOCK * sizeof *to);
    for (int r = 0; r < rows && k < n; r++, to += NN_BLOCK) {
        memset(to, 0, NN_BLOCK * sizeof *to);
        memcpy(to, from + r * ld + k, (size_t)(n - k) * sizeof *to);
    }
}

static int64_t row_panels(const nn_linear_batch *l)
{
    return nn_divide_up(l->rows, PANEL);
}

// Index: input. x as weights: [panel of rows][input][16].
static void pack_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const batch_pass *p = ctx;
    const nn_linear_batch *l = p->l;
    const int64_t inputs = nn_divide_up(l->inputs, NN_BLOCK) * NN_BLOCK;
    for (int64_t panel = 0; panel < row_panels(l); panel++)
        for (int64_t i = begin; i < end; i++) {
            float *to = p->packed + (panel * inputs + i) * PANEL;
            for (int64_t r = 0; r < PANEL; r++) {
                const int64_t row = panel * PANEL + r;
                to[r] = row < l->rows && i < l->inputs ? l->x[row * l->inputs + i] : 0.0f;
            }
        }
}

// Index: OUTPUTS outputs. Their rows are pixels and the rows of x are channels.
static void forward_outputs(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const batch_pass *p = ctx;
    const nn_linear_batch *l = p->l;
    const int64_t inputs = nn_divide_up(l->inputs, NN_BLOCK) * NN_BLOCK;
    float rows[OUTPUTS * DEPTH], sums[OUTPUTS * MOST];
    int32_t place[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++)
        place[i] = i * MOST;
    for (int64_t t = begin; t < end; t++) {
        const int64_t o = t * OUTPUTS;
        const int count = (int)nn_min(OUTPUTS, l->outputs - o);
        for (int64_t k = 0; k < l->inputs; k += DEPTH) {
            const int64_t depth = nn_min(DEPTH, inputs - k);
            pack_blocks(l->weight + o * l->inputs + k, l->inputs, count,
                        nn_min(depth, l->inputs - k), rows);
            for (int64_t panel = 0; panel < row_panels(l); panel++)
                multiply(l, rows, count, depth, p->packed + (panel * inputs + k) * PANEL, NULL,
                         sums + panel * PANEL, place, k > 0);
        }
        for (int64_t r = 0; r < l->rows; r++)
            for (int i = 0; i < count; i++)
                p->to[r * l->outputs + o + i] = sums[i * MOST + r];
    }
}

void nn_linear_batch_forward(const nn_linear_batch *l, float *y)
{
    enum { GRAIN = 256 };
    batch_pass p = {.l = l, .packed = l->call->scratch, .to = y};
    const int64_t inputs = nn_divide_up(l->inputs, NN_BLOCK) * NN_BLOCK;
    nn_pool_run(l->call->pool, inputs, GRAIN, pack_columns, &p);
    nn_pool_run(l->call->pool, nn_divide_up(l->outputs, OUTPUTS), 1, forward_outputs, &p);
}

// Index: COLUMNS inputs.
static void input_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const batch_pass *p = ctx;
    const nn_linear_batch *l = p->l;
    float sums[MOST * COLUMNS];
    _Alignas(NN_ALIGN) float weight[PIECE * COLUMNS];
    int32_t place[MOST];
    for (int r = 0; r < MOST; r++)
        place[r] = r * COLUMNS;
    for (int64_t t = begin; t < end; t++) {
        const int64_t i0 = t * COLUMNS, n = nn_min(COLUMNS, l->inputs - i0);
        const int64_t whole = n / PANEL * PANEL;
        memset(weight, 0, sizeof weight);
        for (int64_t o = 0; o < l->outputs; o += PIECE) {
            const int64_t depth = nn_min(PIECE, l->outputs - o);
            for (int64_t d = 0; d < PIECE; d++) {
                const float *from = l->weight + (o + d) * l->inputs + i0;
                float *to = weight + d * PANEL;
                for (int64_t i = 0; i < n && d < depth; i += PANEL)
                    memcpy(to + i * PIECE, from + i,
                           i < whole ? PANEL * sizeof *to : (size_t)(n - whole) * sizeof *to);
                for (int64_t i = 0; i < n && d >= depth; i += PANEL)
                    memset(to + i * PIECE, 0, PANEL * sizeof *to);
            }
            for (int64_t i = 0; i < n; i += PANEL) {
                const int64_t row = nn_min(o + PIECE + i / PANEL, l->outputs - 1);
                multiply(l, p->packed + o * l->rows, (int)l->rows,
                         nn_divide_up(depth, NN_BLOCK) * NN_BLOCK, weight + i * PIECE,
                         l->weight + row * l->inputs + i0, sums + i, place, o > 0);
            }
        }
        for (int64_t r = 0; r < l->rows; r++) {
            float *to = p->to + r * l->inputs + i0;
            l->call->kernels->eltwise.add(to, to, sums + r * COLUMNS, n);
        }
    }
}

void nn_linear_batch_input(const nn_linear_batch *l, const float *gy, float *gx)
{
    const batch_pass p = {.l = l, .packed = l->call->scratch, .to = gx};
    pack_blocks(gy, l->outputs, (int)l->rows, l->outputs, p.packed);
    nn_pool_run(l->call->pool, nn_divide_up(l->inputs, COLUMNS), 1, input_columns, (void *)&p);
}

// Index: panel of inputs. x as weights: [panel of inputs][row][16], rows up to a multiple of eight.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const batch_pass *p = ctx;
    const nn_linear_batch *l = p->l;
    const int64_t depth = nn_divide_up(l->rows, NN_BLOCK) * NN_BLOCK;
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t n = nn_min(PANEL, l->inputs - panel * PANEL);
        float *to = p->packed + panel * depth * PANEL;
        memset(to, 0, (size_t)(depth * PANEL) * sizeof *to);
        for (int64_t r = 0; r < l->rows; r++)
            memcpy(to + r * PANEL, l->x + r * l->inputs + panel * PANEL, (size_t)n * sizeof *to);
    }
}

// Index: PANEL outputs, which are pixels; inputs are channels.
static void weight_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const batch_pass *p = ctx;
    const nn_linear_batch *l = p->l;
    const int64_t depth = nn_divide_up(l->rows, NN_BLOCK) * NN_BLOCK;
    float pixels[PANEL * MOST], spare[PANEL * PANEL];
    int32_t place[PANEL], spare_place[PANEL];
    for (int i = 0; i < PANEL; i++) {
        place[i] = (int32_t)(i * l->inputs);
        spare_place[i] = i * PANEL;
    }
    for (int64_t t = begin; t < end; t++) {
        const int64_t o = t * PANEL;
        const int count = (int)nn_min(PANEL, l->outputs - o);
        float *to = p->to + o * l->inputs;
        for (int64_t r = 0; r < depth; r++)
            for (int i = 0; i < count; i++)
                pixels[(r / NN_BLOCK * count + i) * NN_BLOCK + r % NN_BLOCK] =
                    r < l->rows ? p->gy[r * l->outputs + o + i] : 0.0f;
        int64_t k = 0;
        for (; k + PANEL <= l->inputs; k += PANEL)
            multiply(l, pixels, count, depth, p->packed + k * depth, NULL, to + k, place, true);
        if (k == l->inputs)
            continue;
        multiply(l, pixels, count, depth, p->packed + k * depth, NULL, spare, spare_place, false);
        for (int i = 0; i < count; i++)
            l->call->kernels->eltwise.add(to + i * l->inputs + k, to + i * l->inputs + k,
                                          spare + i * PANEL, l->inputs - k);
    }
}

void nn_linear_batch_weight(const nn_linear_batch *l, const float *gy, float *gw)
{
    enum { GRAIN = 8 };
    batch_pass p = {.l = l, .packed = l->call->scratch, .gy = gy, .to = gw};
    nn_pool_run(l->call->pool, nn_divide_up(l->inputs, PANEL), GRAIN, pack_panels, &p);
    nn_pool_run(l->call->pool, nn_divide_up(l->outputs, PANEL), 1, weight_rows, &p);
}
