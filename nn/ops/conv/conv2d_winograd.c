// SPDX-License-Identifier: MIT
// Convolution by Winograd's minimal filtering in compiled plans: packed weights, implementations.
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_winograd_layout.h"
#include "nn/ops/conv/conv2d_winograd_run.h"

#include "nn/base/arith.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };

// --- weights ---

typedef struct packing {
    nn_winograd_layout l;
    int64_t channels, outputs;
    const float *from;
    char *to;
    bool half; // to float16
    const nn_kernels *kernels;
} packing;

static size_t weight_size(bool half)
{
    return half ? sizeof(uint16_t) : sizeof(float);
}

// Where in `to` a panel has product (i, j) of its first input channel.
static void find_places(const nn_winograd_layout *l, int64_t panel, int64_t *places)
{
    for (int64_t sum = 0; sum < l->sums; sum++) {
        const nn_winograd_terms t = nn_winograd_find_terms(l, sum);
        int64_t place = nn_winograd_weight_place(l, panel, sum);
        for (int64_t i = 0; i < t.count[0]; i++)
            for (int64_t j = 0; j < t.count[1]; j++, place += l->inputs * NN_PANEL_CHANNELS)
                places[(t.row + i * l->size.sums[0]) * l->size.side[1] + t.column +
                       j * l->size.sums[1]] = place;
    }
}

static void store_weights(const packing *p, int64_t place, const float *from)
{
    if (p->half)
        p->kernels->cast.f16_from_f32((uint16_t *)p->to + place, from, NN_PANEL_CHANNELS);
    else
        memcpy((float *)p->to + place, from, NN_PANEL_CHANNELS * sizeof *from);
}

static void clear_weights(const packing *p, int64_t place, int64_t channels)
{
    memset(p->to + (size_t)place * weight_size(p->half), 0,
           (size_t)(channels * NN_PANEL_CHANNELS) * weight_size(p->half));
}

// Index: panel.
static void pack_panels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const packing *p = ctx;
    const nn_winograd_weights w = nn_winograd_find_weights(p->l.kind);
    const int64_t count = p->l.size.kernel[0] * p->l.size.kernel[1];
    int64_t places[NN_WINOGRAD_MAX * NN_WINOGRAD_MAX];
    float products[NN_WINOGRAD_MAX * NN_WINOGRAD_MAX * NN_PANEL_CHANNELS];
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * NN_PANEL_CHANNELS;
        const int lanes = (int)nn_min(p->outputs - o, NN_PANEL_CHANNELS);
        find_places(&p->l, panel, places);
        for (int64_t i = 0; i < p->channels; i++) {
            p->kernels->winograd.weights(&w, p->from + (o * p->channels + i) * count,
                                         p->channels * count, lanes, products);
            for (int64_t k = 0; k < p->l.products; k++)
                store_weights(p, places[k] + i * NN_PANEL_CHANNELS,
                              products + k * NN_PANEL_CHANNELS);
        }
        for (int64_t k = 0; k < p->l.products; k++)
            clear_weights(p, places[k] + p->channels * NN_PANEL_CHANNELS,
                          p->l.inputs - p->channels);
    }
}

static void pack(nn_winograd kind, bool half, const nn_op_call *call, void *packed)
{
    packing p = {
        .l = nn_winograd_call_layout(kind, call),
        .channels = call->in[WEIGHT].shape.dim[1],
        .outputs = call->out->shape.dim[1],
        .from = nn_tensor_f32(&call->in[WEIGHT]),
        .to = packed,
        .half = half,
        .kernels = call->kernels,
    };
    nn_pool_run(call->pool, p.l.panels, 1, pack_panels, &p);
    float *bias = (float *)(p.to + (size_t)nn_winograd_weight_floats(&p.l) * weight_size(half));
    memset(bias, 0, (size_t)(p.l.panels * NN_PANEL_CHANNELS) * sizeof *bias);
    if (call->n_in > BIAS && call->in[BIAS].data)
        memcpy(bias, call->in[BIAS].data, (size_t)p.outputs * sizeof *bias);
}

// --- implementations ---

// Whether the groups of channels are whole blocks and panels.
static bool groups_fit(const nn_op_problem *problem)
{
    const nn_conv2d_params *p = problem->params;
    return p->groups == 1 || (problem->in[WEIGHT].dim[1] % NN_BLOCK == 0 &&
                              problem->out->dim[1] / p->groups % NN_PANEL_CHANNELS == 0);
}

static bool fits(nn_winograd kind, const nn_op_problem *problem)
{
    const nn_conv2d_params *p = problem->params;
    const nn_winograd_size size = nn_winograd_sizes(kind);
    return !problem->exact && p->stride[0] == size.stride && p->stride[1] == size.stride &&
           (size.stride == 1 || (p->dilation[0] == 1 && p->dilation[1] == 1)) &&
           groups_fit(problem) && problem->in[WEIGHT].dim[2] == size.kernel[0] &&
           problem->in[WEIGHT].dim[3] == size.kernel[1] && problem->constant >> WEIGHT & 1 &&
           (problem->n_in <= BIAS || problem->in[BIAS].rank < 0 || problem->constant >> BIAS & 1);
}

// Estimated seconds on one core, fitted to one at 3.7 GHz. Products and the transfer of weights
// overlap: the longer one counts, with a part of the transfer added. A core with wide vectors
// multiplies faster than that one and has slower memory: only the ratio of the two matters.
// Transforms are bound by stores and the second-level cache: there each product of a tile goes to a
// place of its own, for which a faster core waits longer. The estimate always assumes two
// threads, which share the speed of memory and wait about a tile's time for each other. So the
// result does not depend on the number of threads.
static double estimate(const nn_winograd_layout *l, const nn_op_problem *problem, bool half)
{
    enum { THREADS = 2 };
    const bool wide = problem->kernels->winograd.wide;
    const double memory = wide ? 8.5e9 : 17e9, late = 0.25;
    const double vectors = wide ? 9e-12 * (double)l->products : 0.3e-9;
    const double transform = problem->kernels->microkernel.pixels > 1 ? vectors : 15e-9;
    const double outputs = (double)(l->panels * NN_PANEL_CHANNELS);
    const double tiles = (double)(l->tiles + THREADS);
    const double multiply =
        nn_conv_cost(problem, tiles * (double)(l->products * l->inputs) * outputs, 0.0);
    const double arrive = (double)nn_winograd_weight_floats(l) * (double)weight_size(half) / memory;
    return (multiply > arrive ? multiply : arrive) + late * arrive +
           (double)l->tiles * ((double)(l->products * l->channels) + (double)l->sums * outputs) *
               transform;
}

// Where there are many weights they arrive from memory in every run as slowly as they are
// multiplied: float16 halves that. The transform back of larger tiles makes more of the rounding:
// F(4x4, 3x3) only where a few tiles are an image, which gains most.
static bool takes_half(const nn_winograd_layout *l, const nn_op_problem *problem)
{
    enum { ENOUGH = 1 << 20, FEW = 8 }; // weights; tiles
    return problem->half && nn_winograd_weight_floats(l) > ENOUGH &&
           (l->kind == NN_WINOGRAD_F2X2_3X3 || l->kind == NN_WINOGRAD_F2X2_3X3_S2 ||
            (l->kind == NN_WINOGRAD_F4X4_3X3 && l->tiles <= FEW));
}

typedef struct winograd_words {
    const char *name;
    void (*pack)(const nn_op_call *call, void *packed);
    void (*run)(const nn_op_call *call);
} winograd_words;

// words: those with weights in float32 and in float16.
static bool find_impl(nn_winograd kind, const winograd_words words[2], const nn_op_problem *problem,
                      nn_op_impl *impl)
{
    if (!fits(kind, problem))
        return false;
    nn_winograd_layout l = nn_winograd_find_layout(kind, problem->params, &problem->in[X],
                                                   problem->out, problem->threads);
    const bool skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    if (l.transformed > INT32_MAX)
        return false;
    const bool half = takes_half(&l, problem);
    impl->name = words[half].name;
    impl->pack = words[half].pack;
    impl->run = words[half].run;
    impl->blocked_in = 1 << X | (skip ? 1 << SKIP : 0);
    impl->blocked_out = true;
    impl->halo = (nn_halo){l.pad[0], l.pad[1], l.pad[2], l.pad[3]};
    impl->unread = problem->constant & (1 << WEIGHT | 1 << BIAS);
    impl->packed_bytes = (size_t)nn_winograd_weight_floats(&l) * weight_size(half) +
                         (size_t)(l.panels * NN_PANEL_CHANNELS) * sizeof(float);
    impl->scratch_bytes = (size_t)nn_winograd_scratch_floats(kind, problem->params, &problem->in[X],
                                                             problem->out, problem->threads) *
                          sizeof(float);
    impl->cost = estimate(&l, problem, half);
    return true;
}

#define IMPL(suffix, kind)                                                                         \
    static void pack_##suffix(const nn_op_call *call, void *packed)                                \
    {                                                                                              \
        pack(kind, false, call, packed);                                                           \
    }                                                                                              \
    static void pack_##suffix##_f16(const nn_op_call *call, void *packed)                          \
    {                                                                                              \
        pack(kind, true, call, packed);                                                            \
    }                                                                                              \
    static void run_##suffix(const nn_op_call *call)                                               \
    {                                                                                              \
        nn_winograd_run(kind, false, call);                                                        \
    }                                                                                              \
    static void run_##suffix##_f16(const nn_op_call *call)                                         \
    {                                                                                              \
        nn_winograd_run(kind, true, call);                                                         \
    }                                                                                              \
    bool nn_conv_find_winograd_##suffix(const nn_op_problem *problem, nn_op_impl *impl)            \
    {                                                                                              \
        static const winograd_words words[2] = {                                                   \
            {"winograd_" #suffix, pack_##suffix, run_##suffix},                                    \
            {"winograd_" #suffix "_f16", pack_##suffix##_f16, run_##suffix##_f16}};                \
        return find_impl(kind, words, problem, impl);                                              \
    }
IMPL(f2x2_3x3, NN_WINOGRAD_F2X2_3X3)
IMPL(f4x4_3x3, NN_WINOGRAD_F4X4_3X3)
IMPL(f6x6_3x3, NN_WINOGRAD_F6X6_3X3)
IMPL(f2x2_5x5, NN_WINOGRAD_F2X2_5X5)
IMPL(f1x4_1x3, NN_WINOGRAD_F1X4_1X3)
IMPL(f4x1_3x1, NN_WINOGRAD_F4X1_3X1)
IMPL(f1x6_1x7, NN_WINOGRAD_F1X6_1X7)
IMPL(f6x1_7x1, NN_WINOGRAD_F6X1_7X1)
IMPL(f2x2_3x3_s2, NN_WINOGRAD_F2X2_3X3_S2)
IMPL(f4x4_3x3_s2, NN_WINOGRAD_F4X4_3X3_S2)
