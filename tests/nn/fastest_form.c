// SPDX-License-Identifier: MIT
// "auto": which installed form of a model is taken, and why.
#include "nn/predict/fastest_form.h"

#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/predict/form_cache.h"
#include "nn/predict/load_model.h"
#include "nn/quantize/quantize.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

static void save(const nn_model *m, const char *name)
{
    char file[64];
    nn_error err = {0};
    snprintf(file, sizeof file, "%s.safetensors", name);
    check(nn_model_save(m, test_temp(file).text, false, &err), &err);
}

// Installs mine and mine-int8; the card of the latter says what it lost, unless that is < 0.
// `fixed`: mine-int8 names the size of its input.
static void install(double lost, bool fixed)
{
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=4,alpha=0.25,beta=0.5",
                    .task = "classify",
                    .std = {1, 1, 1},
                    .input_h = 64,
                    .input_w = 64};
    nn_quantizer *q;
    nn_model *m, *copy, *narrow;
    nn_error err = {0};
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    m->card.input_h = m->card.input_w = 64;
    for (int i = 0; i < 3; i++)
        m->card.std[i] = 1;
    check(nn_model_copy(&copy, m, &err), &err);
    save(m, "mine");
    check(nn_quantizer_new(&q, copy, &input, NULL, &err), &err);
    nn_fill_reference_input(nn_quantizer_input(q, 0));
    check(nn_quantizer_observe(q, &err), &err);
    check(nn_quantizer_make(q, NULL, &narrow, &err), &err);
    const nn_quantized_score s = {"top1", 0.9, 0.9 - lost};
    if (lost >= 0)
        check(nn_card_set_quantized(&narrow->card, &s, &err), &err);
    if (fixed && !narrow->fixed_inputs) {
        narrow->fixed_inputs = nn_alloc(sizeof input);
        assert_non_null(narrow->fixed_inputs);
        narrow->fixed_inputs[0] = input;
    }
    save(narrow, "mine-int8");
    nn_quantizer_free(q);
    nn_model_free(m);
    nn_model_free(narrow);
}

static nn_status find(const char *name, char *path, char *why, nn_error *err)
{
    return nn_model_find_fastest(name, 1, 0, 0, path, 4096, why, err);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(nn_model_is_auto("auto") && nn_model_is_auto("auto:person"));
    assert_false(nn_model_is_auto("person") || nn_model_is_auto("automobile"));
}

static void test_card_keeps_score(void **state)
{
    nn_card card = {0};
    nn_quantized_score s = {"ap50", 0.75, 0.5}, back;
    nn_error err = {0};
    (void)state;
    assert_false(nn_card_quantized(&card, &back));
    check(nn_card_set_training(&card, "{\"epochs\":3}", &err), &err);
    assert_false(nn_card_quantized(&card, &back));
    check(nn_card_set_quantized(&card, &s, &err), &err);
    s.int8 = 0.625;
    check(nn_card_set_quantized(&card, &s, &err), &err); // in place of the first
    assert_true(nn_card_quantized(&card, &back));
    assert_string_equal(back.score, "ap50");
    assert_true(back.float32 == 0.75 && back.int8 == 0.625);
    assert_non_null(strstr(card.training, "\"epochs\":3"));
    nn_card_release(&card);
}

// The 8-bit form of another model of that name is not taken, however fast it is.
static void test_other_classes(void **state)
{
    static const char *const labels[] = {"tulip", "iris", "pansy", "daisy"};
    char path[4096], why[NN_FORM_TEXT];
    nn_model *m;
    nn_error err = {0};
    (void)state;
    setenv("NEROSCALE_MODELS", test_temp("").text, 1);
    install(0.004, false);
    check(nn_model_load(&m, test_temp("mine.safetensors").text, &err), &err);
    check(nn_card_set_labels(&m->card, labels, 4, &err), &err);
    save(m, "mine");
    nn_model_free(m);
    check(find("auto:mine", path, why, &err), &err);
    assert_null(strstr(path, "int8"));
    assert_non_null(strstr(why, "mine: mine-int8 is for another task or has other classes"));
    remove(test_temp("mine-int8.safetensors").text);
}

static void test_choice(void **state)
{
    char path[4096], why[NN_FORM_TEXT];
    nn_error err = {0};
    (void)state;
    setenv("NEROSCALE_MODELS", test_temp("").text, 1);
    assert_int_equal(find("auto:no-such", path, why, &err), NN_ENOTFOUND);
    install(0.004, false);
    check(find("auto:mine", path, why, &err), &err);
    const bool narrow = strstr(path, "mine-int8.safetensors") != NULL;
    assert_non_null(strstr(why, narrow ? "mine-int8: " : "mine: ")); // begins with what was taken
    assert_true(strstr(why, narrow ? "mine-int8: " : "mine: ") == why);
    assert_non_null(strstr(why, "mine-int8: "));
    assert_non_null(strstr(why, "mine: "));
    assert_non_null(strstr(why, "top1 0.8960"));
    install(0.02, false);
    check(find("auto:mine", path, why, &err), &err);
    assert_null(strstr(path, "int8"));
    assert_non_null(strstr(why, "lost 0.0200 of top1"));
    install(-1, false);
    check(find("auto:mine", path, why, &err), &err);
    assert_null(strstr(path, "int8"));
    assert_non_null(strstr(why, "does not say"));
    remove(test_temp("mine-int8.safetensors").text);
    check(find("auto:mine", path, why, &err), &err);
    assert_non_null(strstr(path, "mine.safetensors"));
    assert_non_null(strstr(why, "no mine-int8"));
}

// A model of one input size, some layers of which become float32 before it is measured.
static void test_fixed_size(void **state)
{
    char path[4096], why[NN_FORM_TEXT];
    nn_error err = {0};
    (void)state;
    setenv("NEROSCALE_MODELS", test_temp("").text, 1);
    install(0.004, true);
    check(find("auto:mine", path, why, &err), &err);
    assert_non_null(strstr(why, "mine-int8: "));
}

// The second time nothing is measured, until a file, the threads or what is kept changes.
static void test_kept(void **state)
{
    char path[4096], why[NN_FORM_TEXT], again[NN_FORM_TEXT], other[4096];
    nn_error err = {0};
    (void)state;
    setenv("NEROSCALE_MODELS", test_temp("").text, 1);
    install(0.004, false);
    check(find("auto:mine", path, why, &err), &err);
    for (int i = 0; i < 3; i++) { // times of two measurements differ
        check(find("auto:mine", other, again, &err), &err);
        assert_string_equal(other, path);
        assert_string_equal(again, why);
    }
    char plain[4096], narrow[4096];
    check(nn_model_find("mine", plain, sizeof plain, &err), &err);
    check(nn_model_find("mine-int8", narrow, sizeof narrow, &err), &err);
    const char *const files[] = {plain, narrow};
    nn_form_key key = {files, 2, 1, 0, 0};
    int form = -1;
    nn_form_cache_keep(&key, 0, "by hand");
    check(find("auto:mine", path, why, &err), &err);
    assert_string_equal(why, "by hand");
    assert_null(strstr(path, "int8"));
    nn_form_cache_keep(&key, 1, "by hand");
    check(find("auto:mine", path, why, &err), &err);
    assert_non_null(strstr(path, "int8"));
    key.threads = 2;
    assert_false(nn_form_cache_find(&key, &form, again, sizeof again));
    key.threads = 1;
    assert_true(nn_form_cache_find(&key, &form, again, sizeof again) && form == 1);
    assert_false(nn_form_cache_find(&key, &form, again, 7)); // no room
    install(0.003, false);                                   // other files of these names
    assert_false(nn_form_cache_find(&key, &form, again, sizeof again));
    check(find("auto:mine", path, why, &err), &err);
    assert_non_null(strstr(why, "top1 0.8970"));
    nn_form_cache_keep(&key, 7, "damaged");
    assert_false(nn_form_cache_find(&key, &form, again, sizeof again));
    setenv("XDG_CACHE_HOME", "/dev/null", 1); // nowhere to keep it
    check(find("auto:mine", path, why, &err), &err);
    assert_non_null(strstr(why, "top1 0.8970"));
}

int main(void)
{
    char cache[4096];
    snprintf(cache, sizeof cache, "%s", test_temp("cache").text);
    setenv("XDG_CACHE_HOME", cache, 1);
    setenv("NEROSCALE_CPU", "avx2", 1); // without products of bytes
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),         cmocka_unit_test(test_card_keeps_score),
        cmocka_unit_test(test_other_classes), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_fixed_size),    cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
