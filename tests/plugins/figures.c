// SPDX-License-Identifier: MIT
// The line of figures in the window.
#include "plugins/sink/sink_figures.h"

#include "tests/support/test.h"

static void expect(const NeroFigures *f, const char *text)
{
    char line[128];
    nero_figures_write(f, line, sizeof line);
    assert_string_equal(line, text);
}

static void test_texts(void **state)
{
    (void)state;
    nn_result r = {.count = 7, .infer_ms = 12.34f, .input_width = 320, .input_height = 256};
    expect(&(NeroFigures){0}, "");
    expect(&(NeroFigures){.rate = 29.97}, "30.0 fps   ");
    expect(&(NeroFigures){.rate = 25, .result = &r, .interval = 1},
           "25.0 fps   12.3 ms at 320x256   7 found");
    expect(&(NeroFigures){.rate = 25, .result = &r, .interval = 1, .skipped = 3},
           "25.0 fps   12.3 ms at 320x256   3 skipped   7 found");
    static const char *const every[] = {"2nd", "3rd", "4th", "11th", "13th", "21st", "30th"};
    static const guint interval[] = {2, 3, 4, 11, 13, 21, 30};
    for (gsize i = 0; i < G_N_ELEMENTS(every); i++) {
        g_autofree char *want =
            g_strdup_printf("12.3 ms at 320x256   every %s frame, 9 skipped   7 found", every[i]);
        expect(&(NeroFigures){.result = &r, .interval = interval[i], .skipped = 9}, want);
    }
    r.map.width = 8;
    r.input_width = 0;
    expect(&(NeroFigures){.result = &r}, "12.3 ms");
    char tiny[5];
    nero_figures_write(&(NeroFigures){.result = &r}, tiny, sizeof tiny);
    assert_string_equal(tiny, "12.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
