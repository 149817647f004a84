// SPDX-License-Identifier: MIT
// Training steps a second: forward, cross entropy, backward, SGD with momentum, and which operators
// the time goes to. Arguments: network, batch, side of the image, threads, steps, "layers" for a
// table of them; work backward counts twice the multiplications of forward.
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

// Milliseconds of a node forward and backward: the best of all steps.
typedef struct node_times {
    double forward, backward;
} node_times;

static void keep_best(node_times *best, const nn_plan *plan, int count, bool first)
{
    for (int i = 0; i < count; i++) {
        const double forward = 1e3 * nn_plan_node_seconds(plan, i);
        const double backward = 1e3 * nn_plan_node_backward_seconds(plan, i);
        best[i].forward = first ? forward : fmin(best[i].forward, forward);
        best[i].backward = first ? backward : fmin(best[i].backward, backward);
    }
}

static void print_operators(const nn_graph *g, const node_times *best)
{
    const char *name[MAX_OPS];
    node_times sum[MAX_OPS];
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const char *op = nn_graph_node_at(g, i).op->name;
        int k = 0;
        while (k < count && strcmp(name[k], op) != 0)
            k++;
        if (k == count && count++ < MAX_OPS) {
            name[k] = op;
            sum[k] = (node_times){0};
        }
        if (k < MAX_OPS) {
            sum[k].forward += best[i].forward;
            sum[k].backward += best[i].backward;
        }
    }
    printf("ms forward + backward:");
    for (int k = 0; k < count && k < MAX_OPS; k++)
        printf(" %s %.1f + %.1f", name[k], sum[k].forward, sum[k].backward);
    printf("\n");
}

static void print_layers(const nn_plan *plan, const nn_graph *g, const node_times *best)
{
    printf("%-32s %-12s %8s %8s %8s   GFLOP/s\n", "layer", "operator", "MFLOP", "forward",
           "backward");
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const double flops = 2e-6 * nn_plan_node_macs(plan, i);
        printf("%-32s %-12s %8.1f %8.2f %8.2f   %.0f %.0f\n", nn_graph_value(g, node.out).name,
               node.op->name, flops, best[i].forward, best[i].backward, flops / best[i].forward,
               2 * flops / best[i].backward);
    }
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
    const int nodes = nn_graph_node_count(model->graph);
    node_times *times = calloc((size_t)nodes + 1, sizeof *times);
    if (!times)
        return 1;
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
        keep_best(times, plan, nodes, i < 2);
    }
    print_operators(model->graph, times);
    if (argc > 6 && strcmp(argv[6], "layers") == 0)
        print_layers(plan, model->graph, times);
    printf("%s batch %d %dx%d %d threads: best %.1f images/s, loss %.4f\n", network, batch, side,
           side, threads, batch / best, loss);
    free(times);
    nn_optimiser_release(&optimiser);
    nn_plan_free(plan);
    nn_model_free(model);
    nn_pool_free(options.pool);
    return 0;
}
