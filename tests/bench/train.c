// SPDX-License-Identifier: MIT
// Training steps a second: forward, cross entropy, backward, SGD with momentum, and which operators
// the forward time goes to. Arguments: network, batch, side of the image, threads, steps.
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/train/optimiser.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLASSES = 100, MAX_OPS = 64 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const nn_error *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

// Gradient of the mean cross entropy of made-up labels. Returns the loss.
static double cross_entropy(const nn_plan *plan)
{
    const nn_tensor *y = nn_plan_output(plan, 0);
    const int64_t n = y->shape.dim[0], classes = y->shape.dim[1];
    double loss = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const float *x = nn_tensor_f32(y) + i * classes;
        float *g = nn_tensor_f32(nn_plan_output_grad(plan, 0)) + i * classes;
        double sum = 0.0;
        for (int64_t c = 0; c < classes; c++)
            sum += exp((double)x[c]);
        const int64_t label = i * 37 % classes;
        for (int64_t c = 0; c < classes; c++)
            g[c] = (float)((exp((double)x[c]) / sum - (c == label)) / (double)n);
        loss += (log(sum) - (double)x[label]) / (double)n;
    }
    return loss;
}

static void print_operators(const nn_plan *plan, const nn_graph *g)
{
    const char *name[MAX_OPS];
    double seconds[MAX_OPS];
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const char *op = nn_graph_node_at(g, i).op->name;
        int k = 0;
        while (k < count && strcmp(name[k], op) != 0)
            k++;
        if (k == count && count++ < MAX_OPS) {
            name[k] = op;
            seconds[k] = 0.0;
        }
        if (k < MAX_OPS)
            seconds[k] += nn_plan_node_seconds(plan, i);
    }
    printf("forward:");
    for (int k = 0; k < count && k < MAX_OPS; k++)
        printf(" %s %.1f", name[k], 1e3 * seconds[k]);
    printf(" ms\n");
}

int main(int argc, char **argv)
{
    const char *network = argc > 1 ? argv[1] : "resnet18";
    const int batch = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 32;
    const int side = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 64;
    const int threads = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 2;
    const int steps = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 8;
    nn_card card = {.task = "classify"};
    nn_model *model;
    nn_plan *plan;
    nn_error err;
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "classes=%d", CLASSES);
    if (nn_zoo_build(&model, &card, &err))
        fail(&err);
    nn_zoo_init_random(model, 1, NULL);
    const nn_training_plan_options options = {.pool = nn_pool_new(threads)};
    const nn_shape input = nn_shape_4d(batch, 3, side, side);
    if (nn_plan_new_training(&plan, model, &input, 1, &options, &err))
        fail(&err);
    nn_optimiser optimiser;
    const nn_optimiser_options sgd = {.kind = NN_OPTIMISER_SGD, .momentum = 0.9f};
    if (nn_optimiser_init(&optimiser, model, &sgd, &err))
        fail(&err);
    optimiser.pool = options.pool;
    nn_rng rng = nn_rng_seed(1);
    for (int64_t i = 0; i < nn_shape_count(&input); i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = nn_rng_range(&rng, -1.7f, 1.7f);
    nn_plan_set_timing(plan, true);
    double best = 1e9, loss = 0.0;
    for (int i = 0; i < steps; i++) {
        const double a = now();
        nn_plan_set_step(plan, (uint64_t)i);
        nn_plan_run(plan);
        loss = cross_entropy(plan);
        const double b = now();
        nn_plan_zero_grads(plan);
        nn_plan_backward(plan);
        const double c = now();
        nn_optimiser_step(&optimiser, plan, 0.01f, nn_kernels_best());
        const double d = now();
        if (i > 0) // the first one also meets its memory
            printf("forward %.1f  backward %.1f  update %.1f ms  %.1f images/s\n", 1e3 * (b - a),
                   1e3 * (c - b), 1e3 * (d - c), batch / (d - a));
        if (i > 0 && d - a < best)
            best = d - a;
    }
    print_operators(plan, model->graph);
    printf("%s batch %d %dx%d %d threads: best %.1f images/s, loss %.4f\n", network, batch, side,
           side, threads, batch / best, loss);
    nn_optimiser_release(&optimiser);
    nn_plan_free(plan);
    nn_model_free(model);
    nn_pool_free(options.pool);
    return 0;
}
