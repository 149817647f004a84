// SPDX-License-Identifier: MIT
// What explanations of a picture cost, in runs of the model's ordinary plan: they take turns, and the
// shortest processor times of one thread are compared.
//
// ./explain [MODEL...]: model files, installed models or networks of the zoo.
#include "nn/explain/explain.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 9, METHODS = 5 };
static const char *const words[METHODS] = {"gradcam", "layercam", "deconv", "guided", "gradient"};

// The compiled plan of the same model and input size.
static nn_plan *plain_plan(const nn_explainer *e, nn_pool *pool, nn_model **model)
{
    const nn_shape shape = nn_explainer_values(e, -1)->shape;
    const nn_plan_options o = {.pool = pool, .compiled = true};
    nn_plan *plan;
    if (nn_model_copy(model, nn_explainer_model(e), NULL) != NN_OK)
        return NULL;
    if (nn_model_fuse(model, 0, NULL) != NN_OK ||
        nn_plan_new(&plan, *model, &shape, 1, &o, NULL) != NN_OK) {
        nn_model_free(*model);
        return NULL;
    }
    memcpy(nn_plan_input(plan, 0)->data, nn_explainer_values(e, -1)->data,
           nn_tensor_bytes(nn_explainer_values(e, -1)));
    return plan;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double since(double start)
{
    return now() - start;
}

static void measure(nn_explainer *e, const char *name, const nn_frame *frame)
{
    double plain = INFINITY, see = INFINITY, best[METHODS];
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_pool *pool = nn_pool_new(1);
    nn_model *model;
    nn_plan *plan = plain_plan(e, pool, &model);
    nn_error err = {0};
    nn_explain_target_init(&t);
    for (int i = 0; i < METHODS; i++)
        best[i] = INFINITY;
    for (int round = 0; plan && round < ROUNDS; round++) {
        double start = now();
        nn_plan_run(plan);
        plain = fmin(plain, since(start));
        start = now();
        if (nn_explainer_see(e, frame, &err) != NN_OK)
            break;
        see = fmin(see, since(start));
        for (int i = 0; i < METHODS; i++) {
            start = now();
            if (nn_explain(e, words[i], &t, NULL, &map, &err) == NN_OK)
                best[i] = fmin(best[i], since(start));
        }
    }
    const nn_tensor *input = nn_explainer_values(e, -1);
    printf("%-20s %4lldx%-4lld plan %7.2f ms, see %4.2f of it, with it", name,
           (long long)input->shape.dim[3], (long long)input->shape.dim[2], plain * 1e3,
           see / plain);
    for (int i = 0; i < METHODS; i++)
        printf(" %s %.2f", words[i], (see + best[i]) / plain);
    printf("; %.1f MB %s\n", (double)nn_explainer_bytes(e) / 1e6, err.text);
    nn_explain_map_release(&map);
    if (plan) {
        nn_plan_free(plan);
        nn_model_free(model);
    }
    nn_pool_free(pool);
}

int main(int argc, char **argv)
{
    enum { WIDTH = 768, HEIGHT = 576 };
    static const char *usual[] = {"zfnet", "resnet18", "neroscale_alexpp", "vgg16", "densenet121"};
    static uint8_t rgb[3 * WIDTH * HEIGHT];
    nn_rng rng = nn_rng_seed(1);
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (uint8_t)(i / 97 % 256 + (size_t)nn_rng_below(&rng, 32));
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = WIDTH,
                            .height = HEIGHT,
                            .plane = {rgb},
                            .stride = {3 * WIDTH}};
    const int count = argc > 1 ? argc - 1 : (int)(sizeof usual / sizeof *usual);
    for (int i = 0; i < count; i++) {
        const char *name = argc > 1 ? argv[i + 1] : usual[i];
        const nn_explainer_options o = {.threads = 1};
        nn_explainer *e;
        nn_error err = {0};
        if (nn_explainer_open(&e, name, &o, &err) != NN_OK) {
            printf("%s: %s\n", name, err.text);
            return 2;
        }
        if (nn_explainer_see(e, &frame, &err) == NN_OK)
            measure(e, name, &frame);
        nn_explainer_free(e);
    }
    return 0;
}
