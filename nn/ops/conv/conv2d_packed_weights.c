// SPDX-License-Identifier: MIT
// Packs the weights of a convolution into panels of sixteen output channels.
#include "nn/ops/conv/conv2d_packed_weights.h"

#include <string.h>

enum { WEIGHT = 1, BIAS = 2, PANEL = NN_PANEL_CHANNELS };

typedef struct pass {
    const nn_conv_packed_weights *panels;
    const nn_op_call *call;
    const nn_conv_layout *l;
    void *packed;
} pass;

size_t nn_conv_packed_bytes(const nn_conv_packed_weights *p)
{
    const size_t size = p->half ? sizeof(uint16_t) : sizeof(float);
    return (size_t)(p->groups * p->count * PANEL) * (sizeof(float) + (size_t)p->depth * size);
}

// Finds the weights of output channels [first, first + 16) of a group at one position of the depth.
static void find_row(const pass *p, int64_t group, int64_t first, int64_t at, float row[PANEL])
{
    const nn_conv_layout *l = p->l;
    int64_t channel, tap;
    if (p->panels->order)
        channel = p->panels->order[at], tap = 0;
    else
        p->panels->find(l, at, &channel, &tap);
    const int64_t n = l->m - first < PANEL ? l->m - first : PANEL;
    const int64_t used = channel < l->geometry.channels ? n : 0;
    const float *from = nn_tensor_f32(&p->call->in[WEIGHT]) + (group * l->m + first) * l->k;
    from += used ? channel * l->geometry.kernel_h * l->geometry.kernel_w + tap : 0;
    for (int64_t i = 0; i < PANEL; i++)
        row[i] = i < used ? from[i * l->k] : 0.0f;
}

static void limit_row(float row[PANEL])
{
    const float most = 65504.0f; // of float16
    for (int i = 0; i < PANEL; i++)
        row[i] = row[i] > most ? most : row[i] < -most ? -most : row[i];
}

// Index: panel of all groups.
static void pack_weights(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pass *p = ctx;
    const nn_conv_packed_weights *panels = p->panels;
    for (int64_t i = begin; i < end; i++) {
        void *to = (void *)nn_conv_packed_weight(panels, p->packed, i);
        for (int64_t at = 0; at < panels->depth; at++) {
            float row[PANEL];
            find_row(p, i / panels->count, i % panels->count * PANEL, at, row);
            if (panels->half) {
                limit_row(row);
                p->call->kernels->cast.f16_from_f32((uint16_t *)to + at * PANEL, row, PANEL);
            } else {
                memcpy((float *)to + at * PANEL, row, sizeof row);
            }
        }
    }
}

void nn_conv_packed_pack(const nn_conv_packed_weights *panels, const nn_op_call *call,
                         const nn_conv_layout *l, void *packed)
{
    pass p = {panels, call, l, packed};
    const int64_t count = panels->groups * panels->count;
    const float *bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL;
    float *to = packed;
    memset(to, 0, (size_t)(count * PANEL) * sizeof *to);
    for (int64_t o = 0; bias && o < l->groups * l->m; o++)
        to[o / l->m * panels->count * PANEL + o % l->m] = bias[o];
    nn_pool_run(call->pool, count, 1, pack_weights, &p);
}

bool nn_conv_weight_is_constant(const nn_op_problem *problem, uint64_t *constants)
{
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    *constants = 1 << WEIGHT | (bias ? 1 << BIAS : 0);
    return (problem->constant & *constants) == *constants;
}
