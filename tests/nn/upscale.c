// SPDX-License-Identifier: MIT
// Super-resolution: pixel shuffle, resizing, scores, loss, views, tiles without seams, guessed
// cards.
#include "nn/base/memory.h"
#include "nn/eval/picture_metrics.h"
#include "nn/eval/upscale_scores.h"
#include "nn/io/image/image_alpha.h"
#include "nn/ops/ops.h"
#include "nn/predict/calibration.h"
#include "nn/predict/classifier.h"
#include "nn/predict/upscaler.h"
#include "nn/predict/upscaler_card.h"
#include "nn/train/loss/upscale_loss.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// torch.nn.PixelShuffle: channel c f^2 + i f + k is row i, column k of channel c.
static void shuffle_moves_channels(void **state)
{
    (void)state;
    for (int f = 1; f <= 4; f++) {
        const nn_pixel_shuffle_params p = {f};
        const nn_shape in = nn_shape_4d(2, 3 * f * f, 3, 5);
        op_run r;
        op_run_init(&r, &nn_op_pixel_shuffle, &p, &in, 1, 1, 1);
        assert_int_equal(r.out.shape.dim[2], 3 * f);
        op_run_forward(&r);
        for (int64_t i = 0; i < nn_shape_count(&r.out.shape); i++) {
            const int64_t x = i % (5 * f), y = i / (5 * f) % (3 * f), plane = i / (15 * f * f);
            const int64_t channel = plane * f * f + y % f * f + x % f; // of both pictures
            const int64_t from = (channel * 3 + y / f) * 5 + x / f;
            assert_true(nn_tensor_f32(&r.out)[i] == nn_tensor_f32(&r.in[0])[from]);
        }
        op_run_release(&r);
        gradcheck(&nn_op_pixel_shuffle, &p, &in, 1, 2, NULL);
        op_expect_same(&nn_op_pixel_shuffle, &p, &in, 1, 0.0);
    }
    const nn_shape odd = nn_shape_4d(1, 6, 2, 2);
    op_expect_shape_error(&nn_op_pixel_shuffle, &(nn_pixel_shuffle_params){2}, &odd, 1,
                          "1x6x2x2 does not become squares of 2x2");
    op_expect_shape_error(&nn_op_pixel_shuffle, &(nn_pixel_shuffle_params){0}, &odd, 1, "0x0");
}

static void make_pair(nn_image *a, nn_image *b, int width, int height)
{
    *a = (nn_image){width, height, test_calloc((size_t)width * (size_t)height, 3)};
    *b = (nn_image){width, height, test_calloc((size_t)width * (size_t)height, 3)};
    for (int i = 0; i < 3 * width * height; i++) {
        const int c = i % 3, x = i / 3 % width, y = i / 3 / width, v = x * 7 + y * 3 + c * 50;
        a->rgb[i] = (uint8_t)(v % 256);
        b->rgb[i] = (uint8_t)((v + (x * x + 5 * y + c) % 13) % 256);
    }
}

// The same computed by numpy from the formulas.
static void scores_are_those_of_the_formulas(void **state)
{
    (void)state;
    enum { W = 37, H = 29, BORDER = 2, IN_W = W - 2 * BORDER, IN_H = H - 2 * BORDER };
    double a[IN_W * IN_H], b[IN_W * IN_H], ssim;
    nn_image one, two;
    make_pair(&one, &two, W, H);
    nn_score_luma(&one, BORDER, a);
    nn_score_luma(&two, BORDER, b);
    assert_true(fabs(nn_psnr(a, b, IN_W * IN_H) - 21.146210415) < 1e-6);
    assert_int_equal(nn_ssim(&ssim, a, b, IN_W, IN_H, NULL), NN_OK);
    assert_true(fabs(ssim - 0.644738238) < 1e-7);
    assert_int_equal(nn_ssim(&ssim, a, a, IN_W, IN_H, NULL), NN_OK);
    assert_true(fabs(ssim - 1) < 1e-12 && isinf(nn_psnr(a, a, 9)));
    assert_int_equal(nn_ssim(&ssim, a, b, 10, 40, NULL), NN_EINVAL);
    test_free(one.rgb);
    test_free(two.rgb);
}

// A ramp stays one, a constant too; the mean of an area is exact; enlarging is by Keys' weights.
static void filters_keep_what_they_must(void **state)
{
    (void)state;
    nn_filter_taps x;
    const float line[] = {0, 0, 0, 1, 0, 0, 0, 0}, want[] = {-0.0234375f, 0.2265625f, 0.8671875f};
    float out[16];
    assert_int_equal(nn_filter_taps_new(&x, NN_FILTER_BICUBIC, 8, 16, 2, 0, NULL), NN_OK);
    nn_filter_taps y = {
        .in = 1, .out = 1, .count = 1, .at = (int32_t[]){0}, .weight = (float[]){1}};
    assert_int_equal(nn_filter_resize(line, out, &x, &y, NULL), NN_OK);
    assert_true(fabsf(out[5] - want[1]) < 1e-6f && fabsf(out[8] - want[1]) < 1e-6f);
    assert_true(fabsf(out[6] - want[2]) < 1e-6f && fabsf(out[7] - want[2]) < 1e-6f);
    nn_filter_taps_release(&x);
    for (int f = 0; f < 2; f++) {
        uint8_t in[12 * 12], small[4 * 4];
        for (int i = 0; i < 144; i++)
            in[i] = (uint8_t)(i % 12 * 9 + 20);
        const nn_byte_plane from = {in, 12, 1, 12, 12}, to = {small, 4, 1, 4, 4};
        assert_int_equal(nn_filter_resize_bytes(&from, &to, (nn_filter)f, NULL), NN_OK);
        for (int i = 0; i < 16; i++)
            if (i % 4 == 1 || i % 4 == 2)
                assert_int_equal(small[i], (3 * (i % 4) + 1) * 9 + 20);
    }
    assert_int_equal(nn_filter_taps_new(&x, NN_FILTER_AREA, 0, 4, 1, 0, NULL), NN_EINVAL);
    assert_int_equal(nn_filter_taps_new(&x, NN_FILTER_AREA, 4, 4, 0, 0, NULL), NN_EINVAL);
}

static void loss_has_its_gradient(void **state)
{
    (void)state;
    const float truth[] = {0.5f, 0.25f, 0.75f};
    for (int kind = NN_UPSCALE_CHARBONNIER; kind <= NN_UPSCALE_L1; kind++) {
        const nn_upscale_loss_options o = {kind};
        float pixels[] = {0.4f, 0.5f, 0.7505f}, grad[3], ignored[3];
        const nn_upscale_loss_value v = nn_upscale_loss(&o, pixels, truth, grad, 3, 2);
        assert_true(fabs(v.absolute - 0.3505 / 3) < 1e-6);
        for (int i = 0; i < 3; i++) {
            const float step = 1e-4f, at = pixels[i];
            pixels[i] = at + step;
            const double up = nn_upscale_loss(&o, pixels, truth, ignored, 3, 0).loss;
            pixels[i] = at - step;
            const double down = nn_upscale_loss(&o, pixels, truth, ignored, 3, 0).loss;
            pixels[i] = at;
            assert_true(fabs(2 * (up - down) / (2 * (double)step) - (double)grad[i]) < 2e-2);
        }
    }
}

static nn_model *make_model(const char *network, const char *options)
{
    nn_card card = {.task = "upscale"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 3, NULL);
    return m;
}

static nn_image enlarge(const char *network, const char *options, int tile, const nn_image *in)
{
    nn_upscaler *u;
    nn_image out;
    nn_error err = {0};
    const nn_upscaler_options o = {.threads = 1, .tile = tile};
    if (nn_upscaler_new(&u, make_model(network, options), &o, &err) != NN_OK ||
        nn_upscaler_picture(u, in, &out, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_upscaler_free(u);
    return out;
}

// Tiles of any size give the picture that one tile gives, but for rounding.
static void tiles_have_no_seams(void **state)
{
    (void)state;
    static const struct {
        const char *network, *options;
        int factor;
    } cases[] = {{"neroscale_zoom", "alpha=0.25,beta=0.67", 2},
                 {"espcn", "factor=3", 3},
                 {"edsr_small", "alpha=0.25,beta=0.25,factor=4", 4}};
    nn_image in, other;
    make_pair(&in, &other, 93, 71);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_image whole = enlarge(cases[i].network, cases[i].options, 4096, &in);
        nn_image tiled = enlarge(cases[i].network, cases[i].options, 1, &in);
        assert_int_equal(whole.width, 93 * cases[i].factor);
        for (int k = 0; k < 3 * whole.width * whole.height; k++)
            assert_true(abs(whole.rgb[k] - tiled.rgb[k]) <= 1);
        nn_image_release(&whole);
        nn_image_release(&tiled);
    }
    // A picture smaller than what a pixel sees.
    other.width = other.height = 3;
    nn_image small = enlarge("neroscale_zoom", "", 0, &other);
    assert_int_equal(small.width, 6);
    nn_image_release(&small);
    test_free(in.rgb);
    test_free(other.rgb);
}

static void cards_are_guessed_by_shapes(void **state)
{
    (void)state;
    nn_model *m = make_model("espcn", "factor=3");
    nn_card old = m->card;
    m->card = (nn_card){.std = {1, 1, 1}};
    assert_int_equal(nn_upscaler_guess(m, NULL), NN_OK);
    assert_string_equal(m->card.task, "upscale");
    assert_int_equal(m->card.factor, 3);
    assert_int_equal(nn_card_channels(&m->card), 1);
    assert_true(nn_upscaler_suits(&m->card));
    nn_card_release(&old);
    nn_model_free(m);
    nn_model *classifier;
    const nn_card card = {.task = "classify", .network = "squeezenet1_1", .options = "classes=3"};
    assert_int_equal(nn_zoo_build(&classifier, &card, NULL), NN_OK);
    nn_upscaler *u;
    nn_error err = {0};
    assert_int_equal(nn_upscaler_new(&u, classifier, NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "does not enlarge"));
    assert_null(u);
}

// A tile of no size, or several pictures at once, is refused before anything is divided by it.
static void fixed_inputs_are_pictures(void **state)
{
    (void)state;
    static const nn_shape wrong[] = {{.rank = 2, .dim = {1, 64}},
                                     {.rank = 4, .dim = {2, 1, 8, 8}},
                                     {.rank = 4, .dim = {1, 3, 8, 8}},
                                     {.rank = 4, .dim = {1, 1, 8, INT64_C(1) << 33}}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        nn_model *m = make_model("espcn", "factor=2");
        nn_upscaler *u;
        nn_error err = {0};
        m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
        *m->fixed_inputs = wrong[i];
        assert_int_equal(nn_upscaler_new(&u, m, NULL, &err), NN_ESHAPE);
        assert_non_null(strstr(err.text, "not a picture 1x1xHxW"));
    }
}

// What feeds three planes says why it does not.
static void luma_is_not_for_all(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_classifier *c;
    nn_calibration *q;
    assert_int_equal(nn_classifier_new(&c, make_model("espcn", ""), NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "luma of pictures (task 'upscale') and does not classify"));
    assert_int_equal(nn_calibration_new(&q, make_model("espcn", ""), NULL, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "luma of pictures (task 'upscale') and cannot be quantised"));
}

// A black picture is enlarged without a fault: it counts with the most, not with infinity.
static void flat_pictures_have_scores(void **state)
{
    (void)state;
    uint8_t black[40 * 40 * 3] = {0};
    nn_frame frame = {.format = NN_PIXEL_RGB, .width = 40, .height = 40};
    nn_upscale_score s;
    nn_upscaler *u;
    nn_error err = {0};
    frame.plane[0] = black;
    frame.stride[0] = 3 * 40;
    assert_int_equal(nn_upscaler_new(&u, make_model("espcn", "factor=2"), NULL, NULL), NN_OK);
    assert_int_equal(nn_upscale_score_picture(&s, u, &frame, NULL), NN_OK);
    assert_true(s.psnr[NN_UPSCALE_BICUBIC] == NN_UPSCALE_PSNR && isfinite(s.psnr[NN_UPSCALE_MODEL]));
    frame.width = frame.height = 4;
    assert_int_equal(nn_upscale_score_picture(&s, u, &frame, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "4x4 cannot be scored"));
    nn_upscaler_free(u);
}

// A quarter turn that Exif asks for moves colours and alpha alike.
static void alpha_turns_with_its_picture(void **state)
{
    (void)state;
    enum { W = 3, H = 2, HEADER = 33 }; // bytes before the other chunks
    static const uint8_t turn[] = { // eXIf: orientation 6
        0, 0, 0, 26, 101, 88, 73, 102, 73, 73, 42, 0, 8, 0, 0, 0,
        1, 0, 18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0,
        0, 0, 183, 72, 17, 41};
    uint8_t rgb[3 * W * H] = {200}, alpha[W * H] = {9, 255, 255, 255, 255, 255}, *read;
    nn_image image = {W, H, rgb};
    size_t size;
    const test_path path = test_temp("turned.png");
    assert_int_equal(nn_image_save_alpha(&image, alpha, path.text, NULL), NN_OK);
    uint8_t *png = test_read(path.text, &size), *with = test_calloc(size + sizeof turn, 1);
    memcpy(with, png, HEADER);
    memcpy(with + HEADER, turn, sizeof turn);
    memcpy(with + HEADER + sizeof turn, png + HEADER, size - HEADER);
    test_write(path.text, with, size + sizeof turn);
    assert_int_equal(nn_image_load_alpha(&image, &read, path.text, NULL), NN_OK);
    assert_true(image.width == H && image.height == W);
    for (int i = 0; i < W * H; i++) { // the first pixel is now the last of the first row
        assert_int_equal(read[i], i == H - 1 ? 9 : 255);
        assert_int_equal(image.rgb[3 * i], i == H - 1 ? 200 : 0);
    }
    nn_image_free_pixels(read);
    nn_image_release(&image);
    test_free(with);
    free(png);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffle_moves_channels),
        cmocka_unit_test(scores_are_those_of_the_formulas),
        cmocka_unit_test(filters_keep_what_they_must),
        cmocka_unit_test(loss_has_its_gradient),
        cmocka_unit_test(tiles_have_no_seams),
        cmocka_unit_test(cards_are_guessed_by_shapes),
        cmocka_unit_test(alpha_turns_with_its_picture),
        cmocka_unit_test(fixed_inputs_are_pictures),
        cmocka_unit_test(luma_is_not_for_all),
        cmocka_unit_test(flat_pictures_have_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
