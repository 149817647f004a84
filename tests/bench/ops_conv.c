// SPDX-License-Identifier: MIT
// GFLOP/s of conv2d, forward and both gradients one by one, on shapes that our networks have.
// Arguments: seconds a measurement, part of a name.
#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct bench_case {
    const char *name;
    int64_t n, c, h, w, o, kernel;
    int32_t stride, dilation, groups;
} bench_case;

static const bench_case cases[] = {
    {"3x3 64>64 @56x56", 1, 64, 56, 56, 64, 3, 1, 1, 1},
    {"3x3 64>64 @56x56", 8, 64, 56, 56, 64, 3, 1, 1, 1},
    {"1x1 96>64 @104x80", 1, 96, 80, 104, 64, 1, 1, 1, 1},
    {"1x1 96>64 @104x80", 8, 96, 80, 104, 64, 1, 1, 1, 1},
    {"3x3 48>16 @104x80", 1, 48, 80, 104, 16, 3, 1, 1, 1},
    {"3x3 48>16 @104x80", 8, 48, 80, 104, 16, 3, 1, 1, 1},
    {"3x3 64>64 /2 d2 @104x80", 8, 64, 80, 104, 64, 3, 2, 2, 1},
    {"11x11 3>16 /4 @416x320", 1, 3, 320, 416, 16, 11, 4, 1, 1},
    {"11x11 3>16 /4 @416x320", 8, 3, 320, 416, 16, 11, 4, 1, 1},
    {"5x5 3>16 /2 @416x320", 1, 3, 320, 416, 16, 5, 2, 1, 1},
    {"5x5 3>16 /2 @416x320", 8, 3, 320, 416, 16, 5, 2, 1, 1},
    {"1x1 192>128 @26x20", 1, 192, 20, 26, 128, 1, 1, 1, 1},
    {"1x1 192>128 @26x20", 8, 192, 20, 26, 128, 1, 1, 1, 1},
    {"7x7 3>64 /2 @64", 32, 3, 64, 64, 64, 7, 2, 1, 1},
    {"3x3 64>64 @16", 32, 64, 16, 16, 64, 3, 1, 1, 1},
    {"3x3 64>128 /2 @16", 32, 64, 16, 16, 128, 3, 2, 1, 1},
    {"3x3 128>128 @8", 32, 128, 8, 8, 128, 3, 1, 1, 1},
    {"3x3 256>256 @4", 32, 256, 4, 4, 256, 3, 1, 1, 1},
    {"3x3 512>512 @2", 32, 512, 2, 2, 512, 3, 1, 1, 1},
    {"11x11 3>64 /4 @224", 32, 3, 224, 224, 64, 11, 4, 1, 1},
    {"5x5 64>192 @27", 32, 64, 27, 27, 192, 5, 1, 1, 1},
    {"3x3 384>256 @13", 32, 384, 13, 13, 256, 3, 1, 1, 1},
    {"1x1 256>64 @16", 32, 256, 16, 16, 64, 1, 1, 1, 1},
    {"1x1 64>256 @16", 32, 64, 16, 16, 256, 1, 1, 1, 1},
    {"1x1 256>512 /2 @16", 32, 256, 16, 16, 512, 1, 2, 1, 1},
    {"dw 3x3 64 /2 @52x40", 8, 64, 40, 52, 64, 3, 2, 1, 64},
    {"dw 5x5 128 @26x20", 8, 128, 20, 26, 128, 5, 1, 1, 128},
    {"dw 7x7 128 @26x20", 8, 128, 20, 26, 128, 7, 1, 1, 128},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static nn_tensor new_tensor(const nn_shape *shape)
{
    nn_tensor t = {0};
    if (nn_tensor_init(&t, NN_F32, shape, NULL))
        exit(1);
    for (int64_t i = 0; i < nn_shape_count(shape); i++)
        nn_tensor_f32(&t)[i] = 0.001f * (float)(i % 1001) - 0.5f;
    return t;
}

// Best time of one call within `seconds`.
static double measure(void (*run)(const nn_op_call *), const nn_op_call *call, double seconds)
{
    double best = 1e9, end = now() + seconds;
    do {
        double start = now();
        run(call);
        double took = now() - start;
        best = took < best ? took : best;
    } while (now() < end);
    return best;
}

static void bench(const bench_case *b, int threads, double seconds)
{
    int32_t pad = (int32_t)(b->dilation * (b->kernel - 1) / 2);
    nn_conv2d_params p = {{b->stride, b->stride},
                          {b->dilation, b->dilation},
                          {pad, pad, pad, pad},
                          b->groups,
                          NN_ACT_NONE};
    nn_shape shapes[2] = {nn_shape_4d(b->n, b->c, b->h, b->w),
                          nn_shape_4d(b->o, b->c / b->groups, b->kernel, b->kernel)},
             out;
    const nn_op *op = &nn_op_conv2d;
    if (op->shape(&p, shapes, 2, &out, NULL))
        return;
    nn_pool *pool = nn_pool_new(threads);
    nn_tensor in[2] = {new_tensor(&shapes[0]), new_tensor(&shapes[1])};
    nn_tensor grad[2] = {new_tensor(&shapes[0]), new_tensor(&shapes[1])};
    nn_tensor y = new_tensor(&out), gy = new_tensor(&out);
    size_t bytes = op->scratch(&p, shapes, 2, &out, threads, false);
    size_t back = op->scratch(&p, shapes, 2, &out, threads, true);
    nn_op_call call = {.params = &p,
                       .in = in,
                       .n_in = 2,
                       .out = &y,
                       .grad_out = &gy,
                       .grad_in = grad,
                       .pool = pool,
                       .kernels = nn_kernels_best(),
                       .scratch = nn_alloc(bytes > back ? bytes : back),
                       .training = true};
    void *image = grad[0].data, *weight = grad[1].data;
    double flops = 2e-9 * op->macs(&p, shapes, 2, &out);
    double forward = measure(op->forward, &call, seconds);
    grad[1].data = NULL;
    double input = measure(op->backward, &call, seconds);
    grad[1].data = weight;
    grad[0].data = NULL;
    double weights = measure(op->backward, &call, seconds);
    grad[0].data = image;
    printf("%-24s n=%-2lld t=%d  forward %8.3f ms %6.1f GF/s  input %8.3f ms %6.1f GF/s  "
           "weights %8.3f ms %6.1f GF/s\n",
           b->name, (long long)b->n, threads, 1e3 * forward, flops / forward, 1e3 * input,
           flops / input, 1e3 * weights, flops / weights);
    fflush(stdout);
    nn_tensor *all[] = {&in[0], &in[1], &grad[0], &grad[1], &y, &gy};
    for (int i = 0; i < 6; i++)
        nn_tensor_release(all[i]);
    nn_free(call.scratch);
    nn_pool_free(pool);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.2;
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++)
        for (int threads = 1; threads <= 2; threads++)
            if (argc <= 2 || strstr(cases[i].name, argv[2]))
                bench(&cases[i], threads, seconds);
    return 0;
}
