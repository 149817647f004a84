// SPDX-License-Identifier: MIT
// The classifier against its steps done one by one; refusals; probabilities and ranks.
#include "nn/graph/plan.h"
#include "nn/io/image/image.h"
#include "nn/predict/classifier.h"
#include "nn/vision/resize.h"
#include "nn/vision/scores.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { CLASSES = 5, SIDE = 64, WIDTH = 120, HEIGHT = 80 };

static uint8_t rgb[WIDTH * HEIGHT * 3], bgr[WIDTH * HEIGHT * 3];

static int make_pictures(void **state)
{
    (void)state;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        rgb[i] = (uint8_t)(128 + 100 * sin(i * 0.013 + i % 3));
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        bgr[i] = rgb[i / 3 * 3 + 2 - i % 3];
    return 0;
}

static nn_frame frame_of(uint8_t *pixels)
{
    return nn_image_frame(&(nn_image){.width = WIDTH, .height = HEIGHT, .rgb = pixels});
}

static nn_model *make_model(const char *task, const char *options)
{
    nn_model *m;
    nn_error err = {0};
    nn_card card = {.network = "neroscale_alexpp", .input_h = SIDE, .input_w = SIDE};
    for (int i = 0; i < 3; i++)
        card.mean[i] = 0.5f, card.std[i] = 0.25f;
    snprintf(card.task, sizeof card.task, "%s", task);
    snprintf(card.options, sizeof card.options, "%s", options);
    if (strcmp(task, "detect") == 0)
        snprintf(card.head, sizeof card.head, "fcos");
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_reference(m);
    return m;
}

static nn_classifier *open_classifier(nn_model *m, const nn_classifier_options *o)
{
    nn_classifier *c;
    nn_error err = {0};
    if (nn_classifier_new(&c, m, o, &err) != NN_OK)
        fail_msg("%s", err.text);
    return c;
}

#define SMALL "classes=5,alpha=0.25,beta=0.5"

// Crop, resize, run and softmax by hand.
static void expect_steps(const nn_letterbox *place, bool stretch, float crop)
{
    nn_model *m = make_model("classify", SMALL);
    m->card.stretch = stretch;
    nn_plan *plan;
    const nn_shape shape = nn_shape_4d(1, 3, SIDE, SIDE);
    assert_int_equal(nn_plan_new(&plan, m, &shape, 1, NULL, NULL), NN_OK);
    nn_resizer *r = nn_resizer_new();
    const nn_frame frame = frame_of(rgb);
    assert_int_equal(nn_preprocess(r, &frame, place, m->card.mean, m->card.std,
                                   nn_plan_input(plan, 0), NULL, nn_kernels_best(), NULL),
                     NN_OK);
    nn_plan_run(plan);
    float got[CLASSES];
    double want[CLASSES], sum = 0;
    for (int i = 0; i < CLASSES; i++)
        sum += want[i] = exp((double)nn_tensor_f32(nn_plan_output(plan, 0))[i]);
    nn_plan_free(plan);
    nn_resizer_free(r);
    nn_classifier *c = open_classifier(m, &(nn_classifier_options){.threads = 1, .crop = crop});
    assert_int_equal(nn_classifier_classes(c), CLASSES);
    assert_string_equal(nn_classifier_card(c)->labels[4], "class 4");
    assert_int_equal(nn_classifier_run(c, &frame, got, NULL), NN_OK);
    for (int i = 0; i < CLASSES; i++)
        assert_true(fabs((double)got[i] - want[i] / sum) < 1e-4);
    nn_classifier_free(c);
}

static void test_steps(void **state)
{
    (void)state;
    nn_letterbox place = nn_letterbox_crop(WIDTH, HEIGHT, SIDE, SIDE, 224.0f / 256);
    assert_true(fabs((double)place.scale_x * HEIGHT - 64 * 256.0 / 224) < 1e-3);
    expect_steps(&place, false, 0);
    place = nn_letterbox_cover(WIDTH, HEIGHT, SIDE, SIDE);
    assert_true(fabs((double)place.scale_x * HEIGHT - SIDE) < 1e-3);
    expect_steps(&place, false, 1);
    place = nn_letterbox_stretch(WIDTH, HEIGHT, SIDE, SIDE);
    expect_steps(&place, true, 0);
}

// The card's crop and probabilities are used; the caller's crop overrides it.
static void test_card(void **state)
{
    (void)state;
    float softmax[CLASSES], sigmoid[CLASSES], whole[CLASSES];
    const nn_frame frame = frame_of(rgb);
    for (int i = 0; i < 3; i++) {
        nn_model *m = make_model("classify", SMALL);
        m->card.crop = i < 2 ? 1 : 0.3f;
        m->card.sigmoid = i == 1;
        nn_classifier *c = open_classifier(m, &(nn_classifier_options){.crop = i < 2 ? 0 : 1});
        float *to = i == 0 ? softmax : i == 1 ? sigmoid : whole;
        assert_int_equal(nn_classifier_run(c, &frame, to, NULL), NN_OK);
        nn_classifier_free(c);
    }
    for (int i = 0; i < CLASSES; i++) {
        assert_true(softmax[i] == whole[i]);
        // Softmax and sigmoid of the same logits: differences of log(p) equal those of
        // log(p/(1-p)).
        const double logit = log((double)sigmoid[i] / (1 - (double)sigmoid[i])) -
                             log((double)sigmoid[0] / (1 - (double)sigmoid[0]));
        assert_true(fabs(logit - log((double)softmax[i] / (double)softmax[0])) < 1e-3);
    }
}

static void test_blue_first(void **state)
{
    (void)state;
    float a[CLASSES], b[CLASSES], c[CLASSES];
    nn_model *m = make_model("classify", SMALL);
    m->card.bgr = true;
    nn_classifier *swapped = open_classifier(m, NULL);
    nn_classifier *plain = open_classifier(make_model("classify", SMALL), NULL);
    const nn_frame first = frame_of(rgb), second = frame_of(bgr);
    assert_int_equal(nn_classifier_run(swapped, &first, a, NULL), NN_OK);
    assert_int_equal(nn_classifier_run(plain, &second, b, NULL), NN_OK);
    assert_int_equal(nn_classifier_run(plain, &first, c, NULL), NN_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_true(memcmp(a, c, sizeof a) != 0);
    nn_classifier_free(swapped);
    nn_classifier_free(plain);
}

static void expect_refused(nn_model *m, const nn_classifier_options *o, nn_status status,
                           const char *says)
{
    nn_classifier *c;
    nn_error err = {0};
    nn_status got = nn_classifier_new(&c, m, o, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: '%s', expected '%s'", nn_status_name(got), err.text, says);
    assert_null(c);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    expect_refused(make_model("detect", SMALL), NULL, NN_EUNSUPPORTED, "finds boxes");
    expect_refused(make_model("classify", SMALL), &(nn_classifier_options){.crop = 1.5f}, NN_EINVAL,
                   "crop");
    expect_refused(make_model("classify", SMALL), &(nn_classifier_options){.input_h = 9000},
                   NN_EINVAL, "9000");
    nn_model *m = make_model("classify", SMALL);
    assert_int_equal(nn_card_set_labels(&m->card, (const char *const[]){"a", "b"}, 2, NULL), NN_OK);
    expect_refused(m, NULL, NN_ESHAPE, "Nx2 is needed");
    // Weights that are not numbers.
    m = make_model("classify", SMALL);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        nn_tensor_f32(&m->params[i])[0] = NAN;
    nn_classifier *c = open_classifier(m, NULL);
    nn_error err = {0};
    float p[CLASSES];
    const nn_frame frame = frame_of(rgb);
    assert_int_equal(nn_classifier_run(c, &frame, p, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "finite"));
    nn_classifier_free(c);
}

static void test_memory(void **state)
{
    (void)state;
    nn_status status = NN_ENOMEM;
    nn_classifier *c = NULL;
    for (long n = 0; status != NN_OK; n += 5) {
        nn_model *m = make_model("classify", SMALL);
        alloc_reset(n);
        status = nn_classifier_new(&c, m, &(nn_classifier_options){.threads = 1}, NULL);
        alloc_reset(-1);
        assert_true(status == NN_OK || (status == NN_ENOMEM && !c));
    }
    float p[CLASSES];
    const nn_frame frame = frame_of(rgb);
    assert_int_equal(nn_classifier_run(c, &frame, p, NULL), NN_OK);
    alloc_reset(0);
    status = nn_classifier_run(c, &frame, p, NULL);
    alloc_reset(-1);
    assert_int_equal(status, NN_OK);
    nn_classifier_free(c);
}

static void test_scores(void **state)
{
    (void)state;
    float logits[3] = {1000, 1001, 999}, p[3];
    nn_scores_normalise(logits, 3, p);
    assert_true(fabs((double)p[1] - 1 / (1 + exp(-1) + exp(-2))) < 1e-6);
    assert_true(nn_scores_are_probabilities(p, 3));
    float same[3] = {0.5f, 0.25f, 0.25f};
    nn_scores_normalise(same, 3, same);
    assert_true(same[0] == 0.5f && same[2] == 0.25f);
    assert_false(nn_scores_are_probabilities((float[]){0.5f, NAN}, 2));
    assert_false(nn_scores_are_probabilities((float[]){1.5f, -0.5f}, 2));
    int best[8];
    const float x[] = {1, NAN, 3, 3, -2, 2};
    assert_int_equal(nn_scores_best(x, 6, best, 3), 3);
    assert_true(best[0] == 2 && best[1] == 3 && best[2] == 5);
    assert_int_equal(nn_scores_best(x, 6, best, 8), 6);
    assert_true(best[3] == 0 && best[4] == 4 && best[5] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),      cmocka_unit_test(test_card),
        cmocka_unit_test(test_blue_first), cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_memory),     cmocka_unit_test(test_scores),
    };
    return cmocka_run_group_tests(tests, make_pictures, NULL);
}
