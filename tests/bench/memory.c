// SPDX-License-Identifier: MIT
// Peak memory of a process that makes a network of the zoo, plans it and runs it, by the library
// alone: programs with GStreamer start with 8 MiB more. Arguments: network, threads.
#include "nn/graph/plan.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void stop_on(nn_status status, const nn_error *err)
{
    if (status != NN_OK) {
        fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    enum { RUNS = 5, SIDE = 224 };
    const char *name = argc > 1 ? argv[1] : "neroscale_alexpp";
    nn_pool *pool = nn_pool_new(argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1);
    nn_card card = {.task = "classify"};
    nn_model *m;
    nn_plan *plan;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", name);
    stop_on(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    m->half = true; // as files of float16 are read
    stop_on(nn_model_fuse(&m, 0, &err), &err);
    const nn_shape input = nn_shape_4d(1, nn_card_channels(&m->card), SIDE, SIDE);
    const nn_plan_options options = {
        .pool = pool, .compiled = true, .half = true, .refills = true, .release_weights_of = m};
    stop_on(nn_plan_new(&plan, m, &input, 1, &options, &err), &err);
    for (int i = 0; i < RUNS; i++) {
        nn_fill_reference_input(nn_plan_input(plan, 0));
        nn_plan_run(plan);
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%s: peak %.1f MiB\n", name, (double)used.ru_maxrss / 1024);
    nn_plan_free(plan);
    nn_model_free(m);
    nn_pool_free(pool);
    return 0;
}
