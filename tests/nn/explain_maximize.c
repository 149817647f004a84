// SPDX-License-Identifier: MIT
// Activation maximisation: the score rises, the picture stays a picture, the seed decides.
#include "tests/support/alloc.h"
#include "tests/support/explained.h"

#include "nn/explain/maximize.h"

#include <math.h>

static nn_explain_target target_of(int layer, int channel)
{
    nn_explain_target t;
    nn_explain_target_init(&t);
    t.layer = layer;
    t.channel = channel;
    return t;
}

static void climb(nn_explainer *e, const nn_explain_target *t, const nn_maximize_settings *s,
                  nn_maximized *m)
{
    nn_error err = {0};
    if (nn_maximize(e, t, s, m, NULL, NULL, &err))
        fail_msg("%s", err.text);
}

// Without regularisers, every few steps are higher than those before, until the pixels are clipped.
static void score_rises(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    const nn_explain_target targets[] = {target_of(-1, 2),
                                         target_of(explained_layer(e, "conv2"), 3),
                                         target_of(explained_layer(e, "conv1"), 1)};
    for (int i = 0; i < 3; i++) {
        nn_maximize_settings s;
        nn_maximize_settings_init(&s);
        s.steps = 40;
        s.decay = s.variation = s.blur = 0;
        s.jitter = 0;
        nn_maximized m = {0};
        climb(e, &targets[i], &s, &m);
        assert_int_equal(m.steps, 40);
        const double gain = (double)m.score[40] - (double)m.score[0];
        assert_true(gain > 0.5);
        for (int k = 5; k <= 40; k++)
            assert_true((double)m.score[k] >= (double)m.score[k - 5] - 1e-3 * gain);
        nn_maximized_release(&m);
    }
    nn_explainer_free(e);
}

// One step by its definition: x + rate (white - black) g / rms(g), where nothing is clipped.
static void one_step(void **state)
{
    (void)state;
    enum { PIXELS = EXPLAINED_SIDE * EXPLAINED_SIDE };
    nn_explainer *e = explained_open(3);
    const nn_explain_target t = target_of(explained_layer(e, "conv1"), 1);
    nn_maximize_settings s;
    nn_maximize_settings_init(&s);
    s.steps = 1;
    s.decay = s.variation = s.blur = s.noise = 0;
    s.jitter = 0;
    nn_maximized m = {0};
    climb(e, &t, &s, &m);
    static uint8_t grey[3 * PIXELS];
    memset(grey, 102, sizeof grey); // the mean, 0.4 of 255
    const nn_frame frame = explained_frame(grey);
    assert_int_equal(nn_explainer_see(e, &frame, NULL), NN_OK);
    nn_explain_map map = {0};
    assert_int_equal(nn_explain(e, "gradient", &t, NULL, &map, NULL), NN_OK);
    assert_float_equal(m.score[0], map.score, 1e-3);
    double sum = 0;
    for (int i = 0; i < 3 * PIXELS; i++)
        sum += (double)map.data[i] * (double)map.data[i];
    const double rms = sqrt(sum / (3 * PIXELS));
    for (int i = 0; i < PIXELS; i++)
        for (int c = 0; c < 3; c++) {
            const double level = 102 + 255 * 0.02 * (double)map.data[c * PIXELS + i] / rms;
            assert_true(fabs(m.image.rgb[3 * i + c] - fmin(fmax(level, 0), 255)) < 0.51);
        }
    nn_explain_map_release(&map);
    nn_maximized_release(&m);
    nn_explainer_free(e);
}

static double roughness(const nn_image *image)
{
    double sum = 0;
    for (int i = 0; i < 3 * image->width * (image->height - 1); i++)
        sum += pow((double)image->rgb[i] - (double)image->rgb[i + 3 * image->width], 2);
    return sum;
}

// Regularised pictures rise too, are smoother, and depend on the seed alone.
static void regularised(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    const nn_explain_target t = target_of(explained_layer(e, "conv2"), 3);
    nn_maximize_settings s, plain;
    nn_maximize_settings_init(&s);
    s.steps = 60;
    plain = s;
    plain.decay = plain.variation = plain.blur = 0;
    nn_maximized a = {0}, b = {0}, rough = {0};
    climb(e, &t, &s, &a);
    climb(e, &t, &s, &b);
    climb(e, &t, &plain, &rough);
    assert_true(a.score[60] > a.score[0]);
    assert_memory_equal(a.image.rgb, b.image.rgb, 3 * EXPLAINED_SIDE * EXPLAINED_SIDE);
    assert_memory_equal(a.score, b.score, 61 * sizeof *a.score);
    assert_true(roughness(&a.image) < 0.8 * roughness(&rough.image));
    s.seed = 2;
    climb(e, &t, &s, &b);
    assert_memory_not_equal(a.image.rgb, b.image.rgb, 3 * EXPLAINED_SIDE * EXPLAINED_SIDE);
    nn_maximized_release(&a);
    nn_maximized_release(&b);
    nn_maximized_release(&rough);
    nn_explainer_free(e);
}

static bool stop_at_five(void *ctx, int64_t done, int64_t of)
{
    (void)ctx, (void)of;
    return done < 5;
}

static void stops_and_refuses(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_explainer *e = explained_open(3);
    nn_explain_target t = target_of(-1, 0);
    nn_maximized m = {0};
    assert_int_equal(nn_maximize(e, &t, NULL, &m, stop_at_five, NULL, &err), NN_OK);
    assert_int_equal(m.steps, 5);
    assert_true(m.score[5] > m.score[0]);
    // Nothing was seen afterwards: there is no picture to explain.
    nn_explain_map map = {0};
    assert_int_equal(nn_explain(e, "gradient", &t, NULL, &map, &err), NN_EINVAL);
    nn_explain_map_release(&map);
    nn_maximize_settings s;
    nn_maximize_settings_init(&s);
    s.rate = -1;
    assert_int_equal(nn_maximize(e, &t, &s, &m, NULL, NULL, &err), NN_EINVAL);
    assert_null(m.image.rgb);
    t = target_of(-1, EXPLAINED_CLASSES);
    assert_int_equal(nn_maximize(e, &t, NULL, &m, NULL, NULL, &err), NN_EINVAL);
    nn_maximized_release(&m);
    nn_explainer_free(e);
}

static nn_status climb_a_little(void *ctx, nn_error *err)
{
    nn_maximize_settings s;
    nn_maximized m = {0};
    const nn_explain_target t = target_of(-1, 0);
    nn_maximize_settings_init(&s);
    s.steps = 4;
    const nn_status status = nn_maximize(ctx, &t, &s, &m, NULL, NULL, err);
    nn_maximized_release(&m);
    return status;
}

static void memory_is_short(void **state)
{
    (void)state;
    nn_explainer *e = explained_open(3);
    assert_true(alloc_fail_each(climb_a_little, e) > 5);
    nn_explainer_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_rises),     cmocka_unit_test(one_step),
        cmocka_unit_test(regularised),     cmocka_unit_test(stops_and_refuses),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
