// SPDX-License-Identifier: MIT
// Times the search for the strongest activations of all channels of a layer, with packed weights
// and as explanations compute: processor time of a picture in memory on one thread, best of a few,
// taken in turns; and the memory of both.
#include "nn/explain/top_over.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"

#include <stdio.h>
#include <time.h>

enum { WIDTH = 500, HEIGHT = 375, ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static nn_status measure(nn_explainer *e, int layer, const nn_frame *frame, nn_error *err)
{
    nn_top_over *t[2] = {NULL, NULL};
    double best[2] = {1e9, 1e9};
    nn_status status = NN_OK;
    for (int i = 0; i < 2 && status == NN_OK; i++) {
        const nn_top_over_options o = {.layers = &layer, .layer_count = 1, .exact = i == 1};
        status = nn_top_over_new(&t[i], e, &o, err);
    }
    for (int n = 0; n <= 2 * ROUNDS + 1 && status == NN_OK; n++) {
        const double before = now();
        status = nn_top_over_see(t[n % 2], frame, n, -1, err);
        const double took = now() - before;
        if (n >= 2 && took < best[n % 2]) // the first ones make plans
            best[n % 2] = took;
    }
    if (status == NN_OK) {
        const nn_explain_layer l = nn_explainer_layer(e, layer);
        printf("  %-28s %5d channels %8.1f ms %8.1f ms exact (%.1f x), %.1f pictures a second, "
               "search %.1f MiB, explainer %.1f MiB\n",
               l.name, l.channels, 1e3 * best[0], 1e3 * best[1], best[1] / best[0], 1 / best[0],
               (double)nn_top_over_bytes(t[0]) / (1 << 20),
               (double)nn_explainer_bytes(e) / (1 << 20));
    }
    nn_top_over_free(t[0]);
    nn_top_over_free(t[1]);
    return status;
}

// The maps in the middle of a network, and the last ones.
static nn_status measure_network(const char *network, const nn_frame *frame, nn_error *err)
{
    const nn_explainer_options o = {.threads = 1};
    nn_explainer *e;
    nn_status status = nn_explainer_open(&e, network, &o, err);
    if (status != NN_OK)
        return status;
    printf("%s\n", network);
    const int last = nn_explainer_default_layer(e);
    int middle = last / 3;
    while (middle < last && nn_explainer_layer(e, middle).height < 2)
        middle++;
    status = measure(e, middle, frame, err);
    if (status == NN_OK)
        status = measure(e, last, frame, err);
    nn_explainer_free(e);
    return status;
}

int main(int argc, char **argv)
{
    static char *const usual[] = {"zfnet", "resnet18", "neroscale_alexpp"};
    char *const *networks = argc > 1 ? argv + 1 : usual;
    const int count = argc > 1 ? argc - 1 : 3;
    uint8_t *rgb = nn_alloc((size_t)3 * WIDTH * HEIGHT);
    nn_rng rng = nn_rng_seed(1);
    nn_error err = {0};
    nn_status status = rgb ? NN_OK : NN_ENOMEM;
    for (int i = 0; i < 3 * WIDTH * HEIGHT && rgb; i++)
        rgb[i] = (uint8_t)nn_rng_below(&rng, 256);
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = WIDTH,
                            .height = HEIGHT,
                            .plane = {rgb},
                            .stride = {3 * WIDTH}};
    for (int i = 0; i < count && status == NN_OK; i++)
        status = measure_network(networks[i], &frame, &err);
    if (status != NN_OK)
        fprintf(stderr, "%s\n", err.text);
    nn_free(rgb);
    return status != NN_OK;
}
