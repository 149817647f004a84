// SPDX-License-Identifier: MIT
// A dense layer on bytes: float numbers that stand for bytes to float results.
#include "nn/export_c/runtime/dot.c"
#include "nn/export_c/runtime/quantize.c"
#include "nn/export_c/runtime/requant.c"

typedef struct linear_int8 {
    int rows, inputs, outputs;
    float scale, zero; // of the inputs
    const int8_t *weight;
    const int32_t *start;
    requant r;
} linear_int8;

static void run_linear_int8(const linear_int8 *l, const float *x, float *y, uint8_t *bytes)
{
    const int quads = (l->inputs + 3) / 4;
    for (int r = 0; r < l->rows; r++, x += l->inputs, y += l->outputs) {
        for (int i = 0; i < l->inputs; i++)
            bytes[i] = quantize_one(x[i], l->scale, l->zero);
        for (int o = 0; o < l->outputs; o += 2) {
            int32_t sum[4] = {l->start[o], l->start[o + 1], 0, 0};
            dot_pairs(sum, bytes, bytes, l->weight + o * quads * 4, quads);
            y[o] = requant_real(&l->r, o, sum[0], 0);
            if (o + 1 < l->outputs)
                y[o + 1] = requant_real(&l->r, o + 1, sum[1], 0);
        }
    }
}
