// SPDX-License-Identifier: MIT
// Programs of export-c, compiled and run here: their outputs are those of the engine, bit by bit
// where they run on bytes. What has no form in C is named.
#include "nn/export_c/export_c.h"

#include "nn/base/rng.h"
#include "nn/export_c/pieces.h"
#include "nn/export_c/runtime/requant_byte.c"
#include "nn/export_c/runtime/square_roots.c"
#include "nn/ops/ops.h"
#include "tests/support/alloc.h"
#include "tests/support/c_models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/wait.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

// --- programs ---

static bool have(const char *program)
{
    char line[64];
    snprintf(line, sizeof line, "%s --version >/dev/null 2>&1", program);
    return system(line) == 0;
}

static int run(const char *compiler, const char *flags)
{
    char line[1280];
    const test_path folder = test_temp(".");
    snprintf(line, sizeof line,
             "cd %s && %s -std=c99 -Wall -Wextra -Werror -pedantic %s net.c net_test.c -o net",
             folder.text, compiler, flags);
    if (system(line) != 0)
        fail_msg("%s", line);
    snprintf(line, sizeof line, "cd %s && ./net", folder.text);
    const int status = system(line);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool runs_fused(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

static nn_export_c_files write_program(const nn_model *m)
{
    const nn_export_c_options options = {.name = "net"};
    nn_export_c_files files, again;
    nn_error err = {0};
    check(nn_export_c(&files, m, &options, &err), &err);
    check(nn_export_c(&again, m, &options, &err), &err);
    assert_string_equal(files.source.bytes, again.source.bytes);
    assert_string_equal(files.test.bytes, again.test.bytes);
    nn_export_c_release(&again);
    test_write_text("net.c", files.source.bytes);
    test_write_text("net.h", files.header.bytes);
    test_write_text("net_test.c", files.test.bytes);
    return files;
}

// Takes over m.
static void check_program(nn_model *m, bool int8)
{
    if (!have("cc"))
        skip();
    nn_export_c_files files = write_program(m);
    assert_int_equal(files.int8, int8);
    assert_true(files.arena_bytes > 0 && files.constant_bytes > 0 && files.macs > 0);
    assert_int_equal(run("cc", "-O1"), 0);
    if (int8 && runs_fused())
        assert_int_equal(run("cc", "-O1 -mfma"), 0);
    nn_export_c_release(&files);
    nn_model_free(m);
}

static void test_nano(void **state)
{
    (void)state;
    check_program(c_model_network("neroscale_alexpp_nano", "classes=3", 32), false);
    check_program(c_model_quantize(c_model_network("neroscale_alexpp_nano", "classes=3", 32)),
                  true);
}

static void test_mixed(void **state)
{
    (void)state;
    check_program(c_model_mixed(), false);
    // The sum went into a convolution.
    char *source = test_read_text("net.c"), *at = source;
    int sums = 0;
    while ((at = strstr(at, "run_conv2d_float(&layer_"))) {
        unsigned skip;
        at += strcspn(at, ",");
        sums += sscanf(at, ", REALS(%*u), REALS(%*u), REALS(%u)", &skip) == 1;
    }
    assert_int_equal(sums, 1);
    free(source);
    check_program(c_model_quantize(c_model_mixed()), true);
}

static void test_resized(void **state)
{
    (void)state;
    check_program(c_model_resized(), false);
    check_program(c_model_quantize(c_model_resized()), true);
    char *source = test_read_text("net.c");
    assert_non_null(strstr(source, "run_blend_int8(&layer_"));
    free(source);
}

static void test_moved(void **state)
{
    (void)state;
    check_program(c_model_moved(), false);
    check_program(c_model_quantize(c_model_moved()), true);
}

static void test_attention(void **state)
{
    (void)state;
    check_program(c_model_transformer(), false);
    check_program(c_model_quantize(c_model_transformer()), true);
    const char *const options = "classes=3,transformer=1";
    check_program(c_model_quantize(c_model_network("neroscale_alexpp_nano", options, 32)), true);
}

static void test_unit(void **state)
{
    (void)state;
    check_program(c_model_unit(), false);
}

// Each root is the nearest float.
static void test_roots(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(5);
    for (int i = 0; i < 20000; i++) {
        const uint32_t bits = (uint32_t)nn_rng_below(&rng, 0x7F800000); // any positive float
        float x;
        memcpy(&x, &bits, sizeof x);
        assert_true(square_root(x) == sqrtf(x));
    }
    const float edges[3] = {0, INFINITY, -1};
    float y[3];
    run_square_roots(edges, y, 3);
    assert_true(y[0] == 0 && isinf(y[1]) && isnan(y[2]));
}

// A wrong weight is found, and the other compiler warns of nothing.
static void test_wrong(void **state)
{
    (void)state;
    if (!have("cc"))
        skip();
    nn_model *m = c_model_quantize(c_model_mixed());
    nn_export_c_files files = write_program(m);
    char *at = strstr(files.source.bytes, "int8_t weight_");
    assert_non_null(at);
    at = strstr(at, "\n    ") + 5;
    at[strcspn(at, "0123456789")] ^= 1; // another digit
    test_write_text("net.c", files.source.bytes);
    assert_int_equal(run("cc", "-O1"), 1);
    if (have("clang"))
        assert_int_equal(run("clang", "-O0"), 1);
    nn_export_c_release(&files);
    nn_model_free(m);
}

// What a header says of the model.
static void test_header(void **state)
{
    (void)state;
    static const float thresholds[3] = {0.25f, 0.5f, 0.125f};
    nn_model *m = c_model_quantize(c_model_network("neroscale_alexpp_nano", "classes=3", 32));
    assert_int_equal(nn_card_set_class_thresholds(&m->card, thresholds, NULL), NN_OK);
    m->card.threshold = 0.3f;
    nn_export_c_files files = write_program(m);
    if (have("cc"))
        assert_int_equal(run("cc", "-O1"), 0);
    const char *const words[] = {"#define NET_HEIGHT 32",        "#define NET_CHANNELS 3",
                                 "#define NET_SCALE ",           "#define NET_ZERO_POINT ",
                                 "#define NET_OUTPUT_0_COUNT 3", "net_pixel[3][256]",
                                 "uint8_t *net_input(void);",    "extern \"C\" {",
                                 "#define NET_THRESHOLD 0.3",    "float net_thresholds[3];"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_non_null(strstr(files.header.bytes, words[i]));
    assert_non_null(strstr(files.source.bytes, "\"\\042*/ tulip\\134\\077\\077/\\303\\266\""));
    assert_non_null(strstr(files.source.bytes, "net_thresholds[3] = {\n    0.25f,\n    0.5f,\n"
                                               "    0.125f,\n}"));
    assert_null(strstr(files.source.bytes, "malloc"));
    nn_export_c_release(&files);
    nn_model_free(m);
}

// --- what is refused ---

static void expect(nn_model *m, const char *name, nn_status status, const char *words)
{
    const nn_export_c_options options = {.name = name};
    nn_export_c_files files;
    nn_error err = {0};
    assert_int_equal(nn_export_c(&files, m, &options, &err), status);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
    assert_null(files.source.bytes);
}

static void test_refused(void **state)
{
    (void)state;
    nn_model *m = c_model_mixed();
    expect(m, "2net", NN_EINVAL, "'2net' is no name of C symbols");
    expect(m, "a-b", NN_EINVAL, "'a-b' is no name");
    expect(m, "", NN_EINVAL, "'' is no name");
    nn_model_free(m);
    m = c_model_padded(NN_PAD_REFLECT, 0);
    expect(m, "net", NN_EUNSUPPORTED, "layer 'pad_0': pad by pixels of the image (reflect, edge)");
    nn_model_free(m);
    m = c_model_padded(NN_PAD_CONSTANT, 1);
    expect(m, "net", NN_EUNSUPPORTED, "layer 'pad_0': pad of other things than sides and channels");
    nn_model_free(m);
    m = c_model_pointwise(NN_POINTWISE_TAN);
    expect(m, "net", NN_EUNSUPPORTED,
           "layer 'pointwise_0': pointwise of this function has no form");
    nn_model_free(m);
    m = c_model_axis_sum();
    expect(m, "net", NN_EUNSUPPORTED, "layer 'cum_sum_0': cum_sum has no form in C");
    nn_model_free(m);
}

static nn_status export(void *ctx, nn_error *err)
{
    const nn_export_c_options options = {.name = "net"};
    nn_export_c_files files;
    const nn_status status = nn_export_c(&files, ctx, &options, err);
    nn_export_c_release(&files);
    return status;
}

static void test_numbers(void **state)
{
    (void)state;
    nn_model *m = c_model_sum(true, 1);
    expect(m, "net", NN_EUNSUPPORTED, "output 'sum' does not depend on the input");
    nn_model_free(m);
    m = c_model_sum(false, NAN);
    expect(m, "net", NN_EUNSUPPORTED, "add has constants that are not finite");
    nn_model_free(m);
    nn_error err = {0};
    m = c_model_sum(false, 0.25f);
    check(export(m, &err), &err);
    nn_model_free(m);
}

// Scales from the smallest to far too large ones: the same as by float.
static void test_requant(void **state)
{
    (void)state;
    const float shift = 0.3f;
    for (int power = -40; power < 40; power++)
        for (int32_t sum = -70000; sum < 70000; sum += 777)
            for (int sign = -1; sign <= 1; sign += 2) {
                const float scale = ldexpf(1.37f * (float)sign, power);
                const requant r = {.scale = &scale,
                                   .shift = &shift,
                                   .low = -100,
                                   .high = 155,
                                   .least = -100,
                                   .most = 155,
                                   .zero = 100,
                                   .each_shift = 0 WHOLE(256, 314573, 0)};
                assert_int_equal(requant_byte(&r, 0, sum, NULL),
                                 nearest(requant_real(&r, 0, sum, NULL)) + 100);
            }
}

static void test_memory(void **state)
{
    (void)state;
    nn_model *m = c_model_quantize(c_model_small());
    assert_true(alloc_fail_each(export, m) > 10);
    nn_model_free(m);
}

// Each piece stands behind those that it needs.
static void test_pieces(void **state)
{
    (void)state;
    for (int i = 0; nn_c_pieces[i].name; i++)
        for (int k = 0; nn_c_pieces[i].needs[k]; k++) {
            int at = 0;
            while (nn_c_pieces[at].name &&
                   strcmp(nn_c_pieces[at].name, nn_c_pieces[i].needs[k]) != 0)
                at++;
            assert_true(at < i);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nano),      cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_resized),   cmocka_unit_test(test_moved),
        cmocka_unit_test(test_attention), cmocka_unit_test(test_unit),
        cmocka_unit_test(test_roots),     cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_header),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_requant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
