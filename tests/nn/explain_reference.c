// SPDX-License-Identifier: MIT
// Explanations of zoo networks against PyTorch: tests/data/reference/explain, which make.py there
// writes.
#include "nn/base/rng.h"
#include "nn/explain/explain.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

// SEED: its noise leaves no rectifier so near to 0 that float32 and float64 differ there.
enum {
    CLASS = 7,
    CHANNEL = 5,
    STRONGEST = 3,
    KEPT = 300,
    STEPS = 4,
    SAMPLES = 2,
    SEED = 4,
    PATCH = 56,
    STRIDE = 48
};
#define BASELINE 0.5f
#define ERROR 1e-4      // of the largest value
#define FAST_ERROR 2e-3 // with Winograd transforms

static const struct {
    const char *name;
    int height, width;
    const char *layer, *cam; // of the channel, and for Grad-CAM; NULL: the default
} CASES[] = {{"zfnet", 224, 224, NULL, NULL},
             {"resnet18", 64, 96, NULL, NULL},
             {"neroscale_alexpp", 96, 128, "block2.gelu", "block7.silu"}};

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static nn_explainer *open_case(int which, bool exact)
{
    nn_card card = {.task = "classify",
                    .input_h = CASES[which].height,
                    .input_w = CASES[which].width,
                    .crop = 1,
                    .mean = NN_ZOO_IMAGENET_MEAN,
                    .std = NN_ZOO_IMAGENET_STD};
    nn_model *m;
    nn_explainer *e;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", CASES[which].name);
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    const nn_explainer_options o = {.threads = 2, .exact = exact};
    check(nn_explainer_new(&e, m, CASES[which].name, &o, &err), &err);
    const int bytes = 3 * CASES[which].height * CASES[which].width;
    uint8_t *rgb = malloc((size_t)bytes);
    for (int i = 0; i < bytes; i++)
        rgb[i] = (uint8_t)(nn_hash_mix(nn_hash_name("picture") + (uint64_t)i) >> 56);
    const nn_frame frame = {.format = NN_PIXEL_RGB,
                            .width = CASES[which].width,
                            .height = CASES[which].height,
                            .plane = {rgb},
                            .stride = {3 * CASES[which].width}};
    check(nn_explainer_see(e, &frame, &err), &err);
    free(rgb);
    return e;
}

static const nn_tensor *find(const nn_bundle *want, const char *name, const char *part)
{
    char key[64];
    snprintf(key, sizeof key, "%s%s", name, part);
    const nn_tensor *t = nn_bundle_find(want, key);
    if (!t)
        fail_msg("the reference has no '%s'", key);
    return t;
}

static void report(int which, const char *name, double error, double limit)
{
    print_message("%s %s: error %.2g of the largest value\n", CASES[which].name, name, error);
    if (!(error <= limit))
        fail_msg("%s %s is off by %g of the largest value", CASES[which].name, name, error);
}

// The largest error of values `step` apart, of which the largest is given.
static double compare(const nn_tensor *want, const float *got, int64_t step, double largest)
{
    double error = 0;
    for (int64_t i = 0; i < nn_shape_count(&want->shape); i++) {
        const double d = fabs((double)nn_tensor_f32(want)[i] - (double)got[i * step]);
        error = d > error || isnan(d) ? d : error;
    }
    return error / largest;
}

// Far below 0, GELU is a product with 1 + erf(x), which float32 rounds to a multiple of 6e-8. So
// all of a pool's window may be 0, and which is the largest is up to rounding. Only the deconvnet
// hears from there: behind such pools, norms alone are compared.
static bool is_loose(int which, const char *name)
{
    return CASES[which].name[0] == 'n' && strcmp(name, "deconv") == 0;
}

static void expect_picture(int which, const nn_bundle *want, const char *name,
                           const nn_explain_map *map, double limit)
{
    const int64_t count = 3 * (int64_t)map->height * map->width, step = count / KEPT;
    const double largest = (double)*nn_tensor_f32(find(want, name, ".largest"));
    const double norm = (double)*nn_tensor_f32(find(want, name, ".norm"));
    double sum = 0;
    const bool loose = is_loose(which, name);
    const double error = compare(find(want, name, ""), map->data, step, largest);
    report(which, name, error, loose ? 1 : limit);
    for (int64_t i = 0; i < count; i++)
        sum += (double)map->data[i] * (double)map->data[i];
    assert_true(fabs(sqrt(sum) - norm) <= (loose ? 2e-2 : limit) * norm);
}

static void expect_heat(int which, const nn_bundle *want, const char *name,
                        const nn_explain_map *map, double limit)
{
    const nn_tensor *t = find(want, name, "");
    double largest = 0;
    assert_int_equal(t->shape.dim[0], map->cells_h);
    assert_int_equal(t->shape.dim[1], map->cells_w);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        largest = fmax(largest, fabs((double)nn_tensor_f32(t)[i]));
    report(which, name, compare(t, map->cells, 1, largest), limit);
}

static void expect_score(const nn_bundle *want, const char *name, float score, double limit)
{
    const double w = (double)*nn_tensor_f32(find(want, name, ""));
    assert_true(fabs(w - (double)score) <= limit * fmax(fabs(w), 1));
}

static void run_case(int which, bool exact)
{
    static const char *const pictures[] = {"gradient", "guided", "deconv", "integrated",
                                           "smoothgrad"};
    static const char *const heats[] = {"gradcam", "gradcam++", "layercam", "occlusion"};
    const double limit = exact ? ERROR : FAST_ERROR;
    char file[128];
    nn_bundle want;
    nn_error err = {0};
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_explain_settings s;
    snprintf(file, sizeof file, "reference/explain/%s.safetensors", CASES[which].name);
    check(nn_bundle_load(&want, test_data(file).text, &err), &err);
    nn_explainer *e = open_case(which, exact);
    nn_explain_target_init(&t);
    nn_explain_settings_init(&s);
    t.channel = CLASS;
    s.steps = STEPS;
    s.samples = SAMPLES;
    s.seed = SEED;
    s.baseline = BASELINE;
    s.patch = PATCH;
    s.stride = STRIDE;
    for (int i = 0; i < 5; i++) {
        check(nn_explain(e, pictures[i], &t, &s, &map, &err), &err);
        expect_picture(which, &want, pictures[i], &map, limit);
        expect_score(&want, "score", map.score, limit);
    }
    if (CASES[which].cam)
        s.cam_layer = nn_explainer_find_layer(e, CASES[which].cam, &err);
    for (int i = 0; i < 4; i++) {
        check(nn_explain(e, heats[i], &t, &s, &map, &err), &err);
        expect_heat(which, &want, heats[i], &map, limit);
    }
    t.layer = CASES[which].layer ? nn_explainer_find_layer(e, CASES[which].layer, &err)
                                 : nn_explainer_default_layer(e);
    t.channel = CHANNEL;
    t.strongest = STRONGEST;
    check(nn_explain(e, "deconv", &t, &s, &map, &err), &err);
    expect_picture(which, &want, "deconv.channel", &map, limit);
    expect_score(&want, "deconv.channel.score", map.score, limit);
    nn_explain_map_release(&map);
    nn_explainer_free(e);
    nn_bundle_release(&want);
}

static void test_exact(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        run_case(i, true);
}

static void test_fast(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        run_case(i, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
