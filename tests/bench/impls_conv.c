// SPDX-License-Identifier: MIT
// Each implementation of conv2d in compiled plans, on layers of well-known networks: milliseconds,
// GFLOP/s of the plain convolution, and its own estimate of the time. Arguments: seconds a
// measurement, part of a layer's name, part of an implementation's name.
#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// kernel x kernel, padding as for the same size, or none when the stride is 1 and kernel is 1.
typedef struct bench_case {
    const char *name;
    int64_t c, size, o, kernel;
    int32_t stride, pad;
    bool skip, half;
} bench_case;

static const bench_case cases[] = {
    {"resnet first", 3, 224, 64, 7, 2, 3, .skip = false},
    {"alexnet first", 3, 224, 64, 11, 4, 2, .skip = false},
    {"vgg first", 3, 224, 64, 3, 1, 1, .skip = false},
    {"inception first", 3, 299, 32, 3, 2, 0, .skip = false},
    {"resnet 3x3 64@56", 64, 56, 64, 3, 1, 1, .skip = true},
    {"resnet 3x3 128@28", 128, 28, 128, 3, 1, 1, .skip = false},
    {"resnet 3x3 256@14", 256, 14, 256, 3, 1, 1, .skip = false},
    {"resnet 3x3 512@7", 512, 7, 512, 3, 1, 1, .skip = false},
    {"resnet 3x3 512@7 half", 512, 7, 512, 3, 1, 1, .skip = false, .half = true},
    {"resnet 3x3 64>128/2@56", 64, 56, 128, 3, 2, 1, .skip = false},
    {"resnet 3x3 256>512/2@14", 256, 14, 512, 3, 2, 1, .skip = false},
    {"resnet 3x3 128/2@56", 128, 56, 128, 3, 2, 1, .skip = false},
    {"resnet 3x3 256/2@28", 256, 28, 256, 3, 2, 1, .skip = false},
    {"resnet 3x3 512/2@14 half", 512, 14, 512, 3, 2, 1, .skip = false, .half = true},
    {"detector 3x3 16>32/2@320", 16, 320, 32, 3, 2, 1, .skip = false},
    {"detector 3x3 32>64/2@160", 32, 160, 64, 3, 2, 1, .skip = false},
    {"detector 3x3 64>128/2@80", 64, 80, 128, 3, 2, 1, .skip = false},
    {"detector 3x3 128>256/2@40", 128, 40, 256, 3, 2, 1, .skip = false},
    {"resnet 1x1 64>128/2@56", 64, 56, 128, 1, 2, 0, .skip = false},
    {"resnet 1x1 256>512/2@56", 256, 56, 512, 1, 2, 0, .skip = false},
    {"resnet 1x1 1024>2048/2@14", 1024, 14, 2048, 1, 2, 0, .skip = false},
    {"resnet 1x1 64@56", 64, 56, 64, 1, 1, 0, .skip = false},
    {"resnet 1x1 64>256@56", 64, 56, 256, 1, 1, 0, .skip = true},
    {"resnet 1x1 256>64@56", 256, 56, 64, 1, 1, 0, .skip = false},
    {"resnet 1x1 512>128@28", 512, 28, 128, 1, 1, 0, .skip = false},
    {"resnet 1x1 256>1024@14", 256, 14, 1024, 1, 1, 0, .skip = true},
    {"resnet 1x1 2048>512@7", 2048, 7, 512, 1, 1, 0, .skip = false},
    {"resnet 1x1 2048>512@7 half", 2048, 7, 512, 1, 1, 0, .skip = false, .half = true},
    {"resnet 1x1 512>2048@7 half", 512, 7, 2048, 1, 1, 0, .skip = true, .half = true},
    {"mobilenet 1x1 960>160@7 half", 960, 7, 160, 1, 1, 0, .skip = true, .half = true},
    {"mobilenet 1x1 160>960@7 half", 160, 7, 960, 1, 1, 0, .skip = false, .half = true},
    {"vgg 3x3 64@224", 64, 224, 64, 3, 1, 1, .skip = false},
    {"vgg 3x3 64>128@112", 64, 112, 128, 3, 1, 1, .skip = false},
    {"vgg 3x3 128@112", 128, 112, 128, 3, 1, 1, .skip = false},
    {"vgg 3x3 128>256@56", 128, 56, 256, 3, 1, 1, .skip = false},
    {"vgg 3x3 256@56", 256, 56, 256, 3, 1, 1, .skip = false},
    {"vgg 3x3 512@28", 512, 28, 512, 3, 1, 1, .skip = false},
    {"vgg 3x3 512@14", 512, 14, 512, 3, 1, 1, .skip = false},
    {"alexnet 5x5 64>192@27", 64, 27, 192, 5, 1, 2, .skip = false},
    {"alexnet 3x3 384>256@13", 384, 13, 256, 3, 1, 1, .skip = false},
    {"densenet 1x1 512>128@28", 512, 28, 128, 1, 1, 0, .skip = false},
    {"densenet 3x3 128>32@14", 128, 14, 32, 3, 1, 1, .skip = false},
    {"googlenet 5x5 16>48@14", 16, 14, 48, 5, 1, 2, .skip = false},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *new_memory(size_t bytes)
{
    void *p = nn_calloc(1, bytes ? bytes : 1);
    if (!p)
        exit(1);
    return p;
}

// A zeroed tensor with the halo in place, some of it filled; *block is to be freed.
static nn_tensor new_tensor(const nn_shape *shape, bool blocked, const nn_halo *halo, void **block)
{
    nn_tensor t = {.shape = *shape, .dtype = NN_F32};
    int64_t origin = 0;
    if (shape->rank < 0)
        return t;
    const int64_t n = blocked ? nn_blocked_plan(&t, halo, &origin) : nn_shape_count(shape);
    float *data = *block = new_memory((size_t)n * sizeof(float));
    for (int64_t i = 0; i < n; i++)
        data[i] = 0.001f * (float)(i * 7 % 1001) - 0.5f;
    t.data = data + origin;
    if (blocked)
        nn_blocked_clear_halo(&t, halo);
    return t;
}

static double measure(const nn_op_impl *impl, const nn_op_call *call, double seconds)
{
    double best = 1e9, end = now() + seconds;
    do {
        double start = now();
        impl->run(call);
        best = now() - start < best ? now() - start : best;
    } while (now() < end);
    return best;
}

static void bench_impl(const nn_op_problem *problem, const nn_op_impl *impl, double flops,
                       double seconds)
{
    static const nn_halo halo = {1, 1, 1, 1}, none;
    void *blocks[5] = {0};
    nn_tensor in[4], out = new_tensor(problem->out, impl->blocked_out, &halo, &blocks[4]);
    for (int i = 0; i < problem->n_in; i++)
        in[i] = new_tensor(&problem->in[i], impl->blocked_in >> i & 1,
                           i == 0   ? &impl->halo
                           : i == 3 ? &halo
                                    : &none,
                           &blocks[i]);
    nn_op_call call = {.params = problem->params,
                       .in = in,
                       .n_in = problem->n_in,
                       .out = &out,
                       .packed = new_memory(impl->packed_bytes),
                       .scratch = new_memory(impl->scratch_bytes),
                       .kernels = problem->kernels};
    if (impl->pack)
        impl->pack(&call, (void *)call.packed);
    printf("  %-12s", impl->name);
    for (int threads = 1; threads <= problem->threads; threads++) {
        nn_pool *pool = call.pool = nn_pool_new(threads);
        const double took = measure(impl, &call, seconds);
        printf("  %dT %7.3f ms %6.1f GF/s", threads, 1e3 * took, 1e-9 * flops / took);
        if (threads == 1)
            printf(" (%3.0f %%)", 100 * impl->cost / took);
        nn_pool_free(pool);
    }
    printf("\n");
    for (int i = 0; i < 5; i++)
        nn_free(blocks[i]);
    nn_free((void *)call.packed);
    nn_free(call.scratch);
}

static void bench(const bench_case *b, double seconds, const char *part)
{
    const nn_conv2d_params p = {
        {b->stride, b->stride}, {1, 1}, {b->pad, b->pad, b->pad, b->pad}, 1, NN_ACT_RELU};
    nn_shape in[4] = {nn_shape_4d(1, b->c, b->size, b->size),
                      nn_shape_4d(b->o, b->c, b->kernel, b->kernel),
                      nn_shape_1d(b->o),
                      {.rank = -1}},
             out;
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    if (nn_op_conv2d.shape(&p, in, 3, &out, NULL))
        return;
    if (b->skip)
        in[3] = out;
    const nn_op_problem c = {.params = &p,
                             .in = in,
                             .n_in = 4,
                             .out = &out,
                             .constant = 6,
                             .blocked = b->c > 4 ? 9 : 8,
                             .threads = 2,
                             .half = b->half,
                             .kernels = nn_kernels_best()};
    const double flops = 2.0 * nn_op_conv2d.macs(&p, in, 3, &out);
    const int count = nn_op_conv2d.impls(&c, impls);
    printf("%s\n", b->name);
    for (int i = 0; i < count; i++)
        if (!part || strstr(impls[i].name, part))
            bench_impl(&c, &impls[i], flops, seconds);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (argc <= 2 || strstr(cases[i].name, argv[2]))
            bench(&cases[i], seconds, argc > 3 ? argv[3] : NULL);
    return 0;
}
