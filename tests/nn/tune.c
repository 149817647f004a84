// SPDX-License-Identifier: MIT
// Tuning: an implementation for every node that has several, tuning caches in files, and plans that
// follow them.
#include "nn/graph/tune.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/io/io.h"
#include "nn/io/tuning_cache.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

static nn_model *make_model(void)
{
    nn_model *m;
    nn_error err = {0};
    nn_card card = {.network = "resnet18", .task = "classify"};
    if (nn_zoo_build(&m, &card, &err) || (nn_model_init_reference(m), nn_model_fuse(&m, 0, &err)))
        fail_msg("%s", err.text);
    return m;
}

static nn_tuning_cache *tune(const nn_model *m, const nn_shape *input, const nn_plan_options *o)
{
    nn_tuning_cache *c;
    nn_error err = {0};
    if (nn_plan_tune(&c, m, input, 1, o, 1, &err))
        fail_msg("%s", err.text);
    return c;
}

static void test_cache_is_followed(void **state)
{
    (void)state;
    nn_model *m = make_model();
    nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_tuning_cache *c = tune(m, &input, &(nn_plan_options){0});
    assert_true(c->count > 10);
    nn_plan *plan;
    nn_plan_options o = {.compiled = true, .tuning = c};
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, &o, NULL), NN_OK);
    int followed = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
        const char *impl = nn_tuning_cache_find(c, nn_graph_node_at(m->graph, i).name);
        if (impl)
            assert_string_equal(nn_plan_node_impl(plan, i), impl);
        followed += impl != NULL;
    }
    assert_int_equal(followed, c->count);
    assert_int_equal(nn_plan_untuned(plan), 0);
    nn_plan_free(plan);
    c->list[1].impl[0] = '?'; // as if another version measured it
    assert_int_equal(nn_plan_new(&plan, m, &input, 1, &o, NULL), NN_OK);
    assert_int_equal(nn_plan_untuned(plan), 1);
    nn_plan_free(plan);
    nn_tuning_cache_free(c);
    nn_model_free(m);
}

static void test_file(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_tuning_cache *c = nn_tuning_cache_new(), *back;
    *c = (nn_tuning_cache){.cpu = "avx2",
                           .threads = 2,
                           .height = 64,
                           .width = 96,
                           .half = true,
                           .precision = "float32"};
    assert_int_equal(nn_tuning_cache_add(c, "a \"b\"", "direct", &err), NN_OK);
    assert_int_equal(nn_tuning_cache_add(c, "c", "winograd_f4x4_3x3", &err), NN_OK);
    test_path path = test_temp("m.safetensors.tuned.json");
    assert_int_equal(nn_tuning_cache_save(c, path.text, &err), NN_OK);
    assert_int_equal(nn_tuning_cache_load_for(&back, test_temp("m.safetensors").text, &err), NN_OK);
    assert_int_equal(back->count, 2);
    assert_string_equal(nn_tuning_cache_find(back, "a \"b\""), "direct");
    assert_string_equal(nn_tuning_cache_find(back, "c"), "winograd_f4x4_3x3");
    assert_null(nn_tuning_cache_find(back, "d"));
    assert_string_equal(back->cpu, "avx2");
    assert_int_equal(back->threads, 2);
    assert_int_equal(back->height, 64);
    assert_int_equal(back->width, 96);
    assert_string_equal(back->precision, "float32");
    assert_true(back->half && !back->exact);
    nn_tuning_cache_free(back);
    nn_tuning_cache_free(c);
    assert_int_equal(nn_tuning_cache_load_for(&back, test_temp("other").text, &err), NN_OK);
    assert_null(back);
}

static void test_cache_is_for_one_machine_and_size(void **state)
{
    (void)state;
    nn_tuning_cache c = {.threads = 1, .height = 64, .width = 96};
    snprintf(c.cpu, sizeof c.cpu, "%s", nn_cpu_name(nn_kernels_level()));
    nn_shape input = nn_shape_4d(1, 3, 64, 96), other = nn_shape_4d(1, 3, 96, 96);
    nn_plan_options o = {0}, exact = {.exact = true};
    assert_true(nn_tuning_cache_suit(&c, &input, &o));
    assert_false(nn_tuning_cache_suit(&c, &other, &o));
    assert_false(nn_tuning_cache_suit(&c, &input, &exact));
    c.cpu[0] = '?';
    assert_false(nn_tuning_cache_suit(&c, &input, &o));
}

static void test_damaged(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"cpu\":\"c\"}",
        "{\"cpu\":\"c\",\"threads\":-1,\"height\":1,\"width\":1,\"nodes\":{}}",
        "{\"cpu\":\"c\",\"threads\":1,\"height\":1,\"width\":1,\"nodes\":{\"a\":1}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nn_tuning_cache *c;
        nn_error err = {0};
        assert_int_equal(nn_tuning_cache_parse(&c, texts[i], strlen(texts[i]), &err), NN_EFORMAT);
        assert_null(c);
        assert_true(err.text[0]);
    }
    test_path path = test_temp("bad.onnx.tuned.json");
    test_write(path.text, "{", 1);
    nn_tuning_cache *c;
    nn_error err = {0};
    assert_int_equal(nn_tuning_cache_load_for(&c, test_temp("bad.onnx").text, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "bad.onnx.tuned.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_is_followed),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_cache_is_for_one_machine_and_size),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
