// SPDX-License-Identifier: MIT
// Colour maps: ends, middle, lightness that grows, and steps of the same size in CIELAB's
// lightness.
#include "nn/vision/colour_map.h"
#include "tests/support/test.h"

#include <math.h>

static int channel(uint32_t rgb, int i)
{
    return (int)(rgb >> (16 - 8 * i) & 255);
}

// L* of CIE 1976, 0 .. 100: another measure than the one that the maps are made with.
static double lightness(uint32_t rgb)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double y = 0;
    for (int i = 0; i < 3; i++) {
        const double x = channel(rgb, i) / 255.0;
        y += weight[i] * (x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4));
    }
    return y > 0.008856 ? 116 * cbrt(y) - 16 : 903.3 * y;
}

static void test_heat(void **state)
{
    (void)state;
    uint32_t rgb[NN_COLOUR_STEPS];
    nn_colour_map_fill(NN_COLOUR_HEAT, rgb);
    assert_true(lightness(rgb[0]) < 5 && lightness(rgb[255]) > 94);
    for (int i = 1; i < NN_COLOUR_STEPS; i++)
        assert_true(lightness(rgb[i]) > lightness(rgb[i - 1]) - 0.3);
    for (int i = 32; i < NN_COLOUR_STEPS; i += 32) {
        const double step = lightness(rgb[i]) - lightness(rgb[i - 32]);
        assert_true(step > 5 && step < 19);
    }
    assert_true(channel(rgb[150], 0) > channel(rgb[150], 2) + 100); // warm in the middle
}

static void test_signed(void **state)
{
    (void)state;
    uint32_t rgb[NN_COLOUR_STEPS];
    nn_colour_map_fill(NN_COLOUR_SIGNED, rgb);
    assert_true(channel(rgb[0], 2) > channel(rgb[0], 0) + 80);
    assert_true(channel(rgb[255], 0) > channel(rgb[255], 2) + 80);
    assert_true(lightness(rgb[127]) > 95 && lightness(rgb[128]) > 95);
    for (int i = 1; i < NN_COLOUR_STEPS; i++)
        assert_true(i < 128 ? lightness(rgb[i]) > lightness(rgb[i - 1]) - 0.3
                            : lightness(rgb[i]) < lightness(rgb[i - 1]) + 0.3);
    for (int i = 0; i < 128; i++) // both sides are as strong
        assert_true(fabs(lightness(rgb[i]) - lightness(rgb[255 - i])) < 4);
}

static void test_grey(void **state)
{
    (void)state;
    uint32_t rgb[NN_COLOUR_STEPS];
    nn_colour_map_fill(NN_COLOUR_GREY, rgb);
    assert_int_equal(rgb[0], 0x000000);
    assert_int_equal(rgb[255], 0xffffff);
    for (int i = 0; i < NN_COLOUR_STEPS; i++)
        assert_true(abs(channel(rgb[i], 0) - channel(rgb[i], 2)) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heat), cmocka_unit_test(test_signed),
                                       cmocka_unit_test(test_grey)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
