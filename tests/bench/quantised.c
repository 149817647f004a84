// SPDX-License-Identifier: MIT
// Networks of the zoo on bytes against float32, both compiled, rounds interleaved: the best
// milliseconds of each. Arguments: part of a name, seconds a network, threads, "avx2" or "best" for
// the dearest nodes at that level.
#include "nn/base/clock.h"
#include "nn/graph/plan.h"
#include "nn/graph/precision.h"
#include "nn/graph/rebuild.h"
#include "nn/quantize/quantize.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const networks[] = {"resnet18",    "resnet50", "googlenet",
                                       "densenet121", "vgg16",    "neroscale_alexpp"};

static void stop_on(nn_status status, const nn_error *err)
{
    if (status != NN_OK) {
        fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

static nn_model *build(const char *name)
{
    nn_card card = {.task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", name);
    stop_on(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    return m;
}

static nn_model *quantise(const char *name, const nn_shape *input)
{
    nn_quantizer *q;
    nn_model *m;
    nn_error err = {0};
    const nn_quantize_options o = {.method = NN_RANGE_MINMAX, .reduce_range = true};
    stop_on(nn_quantizer_new(&q, build(name), input, &o, &err), &err);
    nn_fill_reference_input(nn_quantizer_input(q, 0));
    stop_on(nn_quantizer_observe(q, &err), &err);
    stop_on(nn_quantizer_make(q, NULL, &m, &err), &err);
    nn_quantizer_free(q);
    return m;
}

static nn_plan *plan_for(nn_model *m, const nn_shape *input, nn_pool *pool, const nn_kernels *k)
{
    nn_plan_options o;
    nn_plan *plan;
    nn_error err = {0};
    nn_plan_options_init(&o);
    o.pool = pool;
    o.compiled = true;
    o.kernels = k;
    stop_on(nn_plan_new(&plan, m, input, 1, &o, &err), &err);
    nn_fill_reference_input(nn_plan_input(plan, 0));
    nn_plan_run(plan);
    return plan;
}

// With one thread the time of the processor, which a busy machine does not change much.
static double clock_of(bool processor)
{
    struct timespec t;
    clock_gettime(processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_run(nn_plan *plan, int threads)
{
    const double start = clock_of(threads == 1);
    nn_plan_run(plan);
    return clock_of(threads == 1) - start;
}

static void print_nodes(nn_plan *plan, const nn_model *m)
{
    enum { RUNS = 20 };
    const int count = nn_graph_node_count(m->graph);
    double *best = calloc((size_t)count, sizeof *best);
    nn_plan_set_timing(plan, true);
    for (int run = 0; best && run < RUNS; run++) {
        nn_plan_run(plan);
        for (int i = 0; i < count; i++)
            if (run == 0 || nn_plan_node_seconds(plan, i) < best[i])
                best[i] = nn_plan_node_seconds(plan, i);
    }
    nn_plan_set_timing(plan, false);
    for (int i = 0; best && i < count; i++) {
        const nn_node_info node = nn_graph_node_at(m->graph, i);
        if (best[i] > 2e-5)
            printf("    %8.3f ms %7.1f GOP/s  %-16s %-12s %s\n", 1e3 * best[i],
                   2e-9 * nn_plan_node_macs(plan, i) / best[i], nn_plan_node_impl(plan, i),
                   node.op->name, node.name);
    }
    free(best);
}

static void measure(const char *name, double seconds, int threads, const char *nodes)
{
    static const unsigned masks[] = {NN_CPU_AVX2, ~0u};
    static const char *const levels[] = {"avx2", "best"};
    const nn_shape input = nn_shape_4d(1, 3, 224, 224);
    nn_error err = {0};
    nn_model *real = build(name), *all = quantise(name, &input), *bytes;
    nn_pool *pool = nn_pool_new(threads);
    stop_on(nn_model_fuse(&real, 0, &err), &err);
    printf("%-18s", name);
    for (int level = 0; level < 2; level++) {
        nn_kernels k;
        nn_kernels_init(&k, masks[level] & nn_kernels_level());
        const nn_plan_options options = {.pool = pool, .kernels = &k};
        stop_on(nn_model_copy(&bytes, all, &err), &err);
        stop_on(nn_model_choose_precision(&bytes, &input, 1, &options, &err), &err);
        nn_plan *a = plan_for(real, &input, pool, &k), *b = plan_for(bytes, &input, pool, &k);
        double best_a = 1e9, best_b = 1e9;
        for (const double end = nn_clock_seconds() + seconds; nn_clock_seconds() < end;) {
            const double took_a = time_run(a, threads), took_b = time_run(b, threads);
            best_a = took_a < best_a ? took_a : best_a;
            best_b = took_b < best_b ? took_b : best_b;
        }
        printf("  %s %7.2f / %7.2f ms %5.2f x", levels[level], 1e3 * best_a, 1e3 * best_b,
               best_a / best_b);
        fflush(stdout);
        if (!strcmp(nodes, levels[level])) {
            printf("\n");
            print_nodes(a, real);
            printf("\n");
            print_nodes(b, bytes);
        }
        nn_plan_free(a);
        nn_plan_free(b);
        nn_model_free(bytes);
    }
    printf("\n");
    nn_pool_free(pool);
    nn_model_free(real);
    nn_model_free(all);
}

int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";
    const double seconds = argc > 2 ? strtod(argv[2], NULL) : 2;
    const int threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 1;
    printf("float32 / bytes, %d thread(s)\n", threads);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (strstr(networks[i], part))
            measure(networks[i], seconds, threads, argc > 4 ? argv[4] : "");
    return 0;
}
