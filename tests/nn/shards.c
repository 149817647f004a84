// SPDX-License-Identifier: MIT
// Tensors in several files beside an index: folders, models, and indices that are wrong.
#include "nn/io/shards.h"
#include "nn/graph/plan.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A file of one tensor with `count` numbers from `first` on.
static void write_shard(const char *path, const char *name, float first, int count)
{
    float v[16];
    const nn_tensor t = nn_tensor_dense(NN_F32, nn_shape_1d(count), v);
    const char *const meta[] = {"format", "pt"};
    for (int i = 0; i < count; i++)
        v[i] = first + (float)i;
    assert_int_equal(nn_bundle_save(test_temp(path).text, &name, &t, 1, meta, 1, NULL), NN_OK);
}

static void write_index(const char *map)
{
    char text[1024];
    snprintf(text, sizeof text, "{\"metadata\": {\"total_size\": 28}, \"weight_map\": %s}", map);
    test_write_text("set/model.safetensors.index.json", text);
}

static void write_set(void)
{
    if (!test_is_there("set"))
        test_make_dir("set");
    write_shard("set/one.safetensors", "b", 1, 3);
    write_shard("set/two.safetensors", "a", 10, 4);
    write_index("{\"a\": \"two.safetensors\", \"b\": \"one.safetensors\"}");
}

static void test_folder_and_index(void **state)
{
    (void)state;
    const char *const paths[] = {"set", "set/model.safetensors.index.json"};
    write_set();
    for (size_t i = 0; i < 2; i++) {
        nn_bundle b;
        nn_error err = {0};
        if (nn_bundle_load(&b, test_temp(paths[i]).text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(b.count, 2);
        assert_string_equal(nn_bundle_meta(&b, "format"), "pt");
        const nn_tensor *t = nn_bundle_find(&b, "a");
        assert_non_null(t);
        assert_memory_equal(t->data, ((float[]){10, 11, 12, 13}), 16);
        assert_memory_equal(nn_bundle_find(&b, "b")->data, ((float[]){1, 2, 3}), 12);
        nn_bundle_release(&b);
        assert_int_equal(b.part_count, 0);
    }
    char path[1100];
    assert_int_equal(nn_model_find(test_temp("set").text, path, sizeof path, NULL), NN_OK);
    assert_string_equal(path, test_temp("set/model.safetensors.index.json").text);
}

static void test_folder_of_one_file(void **state)
{
    (void)state;
    nn_bundle b;
    char path[1100];
    test_make_dir("single");
    assert_int_equal(nn_model_find(test_temp("single").text, path, sizeof path, NULL), NN_EIO);
    write_shard("single/model.safetensors", "w", 5, 2);
    assert_int_equal(nn_bundle_load(&b, test_temp("single").text, NULL), NN_OK);
    assert_memory_equal(nn_bundle_find(&b, "w")->data, ((float[]){5, 6}), 8);
    nn_bundle_release(&b);
}

static const struct {
    const char *map;
    nn_status status;
    const char *says;
} WRONG[] = {
    {"{\"a\": \"two.safetensors\", \"c\": \"three.safetensors\"}", NN_ENOTFOUND,
     "set/three.safetensors: cannot open"},
    {"{\"a\": \"one.safetensors\"}", NN_EFORMAT, "tensor 'a' is not in 'one.safetensors'"},
    {"{\"a\": \"../set/two.safetensors\"}", NN_EFORMAT, "no file in the folder of the index"},
    {"{\"a\": \"/etc/passwd\"}", NN_EFORMAT, "no file in the folder of the index"},
    {"{\"a\": \"./two.safetensors\"}", NN_EFORMAT, "no file in the folder of the index"},
    {"{\"a\": \"x\\u001b[2J\"}", NN_EFORMAT, "'?' is no file in the folder of the index"},
    {"{\"a\\u001b\": \"two.safetensors\"}", NN_EFORMAT, "unusable name"},
    {"{\"a\": \"two.safetensors\", \"b\": \"one.safetensors\", \"a\": \"again.safetensors\"}",
     NN_EFORMAT, "tensor 'a' is in two files, 'two.safetensors' and 'again.safetensors'"},
    {"{\"a\": \"model.safetensors.index.json\"}", NN_EFORMAT, "not a file of a known format"},
    {"{\"a\": 3}", NN_EFORMAT, "its file has no name"},
    {"{}", NN_EFORMAT, "names no tensor"},
    {"[]", NN_EFORMAT, "no \"weight_map\""},
    {"{\"a\": ", NN_EFORMAT, "damaged"},
};

static void test_wrong_indices(void **state)
{
    (void)state;
    write_set();
    write_shard("set/again.safetensors", "a", 0, 1);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        nn_bundle b;
        nn_error err = {0};
        write_index(WRONG[i].map);
        const nn_status status = nn_bundle_load(&b, test_temp("set").text, &err);
        if (status != WRONG[i].status || !strstr(err.text, WRONG[i].says))
            fail_msg("%s: %s: '%s', expected '%s'", WRONG[i].map, nn_status_name(status), err.text,
                     WRONG[i].says);
        assert_null(b.tensors);
    }
}

static nn_status open_any(void *ctx, const char *name, nn_bundle *b, nn_error *err)
{
    (void)name;
    return nn_bundle_load_file(b, ctx, err);
}

// One file more than there may be, all with the tensor that the index says.
static void test_too_many_files(void **state)
{
    (void)state;
    enum { LINE = 32 };
    char *text = calloc(NN_MAX_SHARDS + 3, LINE);
    nn_bundle b = {0};
    nn_error err = {0};
    write_set();
    for (int i = 0; i <= NN_MAX_SHARDS; i++)
        snprintf(text + strlen(text), LINE, "%s\"a\": \"%d\"", i ? "," : "{\"weight_map\": {", i);
    snprintf(text + strlen(text), LINE, "}}");
    assert_int_equal(nn_shards_parse(&b, text, strlen(text), open_any,
                                     test_temp("set/two.safetensors").text, &err),
                     NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "over 256 files"));
    nn_bundle_release(&b);
    free(text);
}

// The parameters of `m`, every second one in the other file.
static void write_model(const nn_model *m)
{
    const int count = nn_graph_param_count(m->graph);
    const char **names[2] = {calloc((size_t)count, sizeof *names[0]),
                             calloc((size_t)count, sizeof *names[0])};
    nn_tensor *tensors[2] = {calloc((size_t)count, sizeof *tensors[0]),
                             calloc((size_t)count, sizeof *tensors[0])};
    int n[2] = {0, 0};
    char *map = calloc((size_t)count, 256);
    for (int i = 0; i < count; i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        const int k = i % 2;
        names[k][n[k]] = name;
        tensors[k][n[k]++] = m->params[i];
        snprintf(map + strlen(map), 256, "%s\"%s\": \"part%d.safetensors\"", i ? ", " : "", name,
                 k);
    }
    test_make_dir("net");
    for (int k = 0; k < 2; k++) {
        char path[32];
        snprintf(path, sizeof path, "net/part%d.safetensors", k);
        assert_int_equal(
            nn_bundle_save(test_temp(path).text, names[k], tensors[k], n[k], NULL, 0, NULL), NN_OK);
        free(names[k]);
        free(tensors[k]);
    }
    char *text = malloc(strlen(map) + 64);
    snprintf(text, strlen(map) + 64, "{\"weight_map\": {%s}}", map);
    test_write_text("net/model.safetensors.index.json", text);
    test_write_text("net/model.json",
                    "{\"network\": \"squeezenet1_1\", \"options\": \"classes=3\"}");
    free(text);
    free(map);
}

// A folder with weights, and a card beside the index that names their network.
static void test_model(void **state)
{
    (void)state;
    nn_card card = {.network = "squeezenet1_1", .task = "classify", .options = "classes=3"};
    nn_model *m, *back;
    nn_error err = {0};
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_init_reference(m);
    write_model(m);
    if (nn_model_load(&back, test_temp("net").text, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        assert_memory_equal(m->params[i].data, back->params[i].data,
                            nn_tensor_bytes(&m->params[i]));
    nn_model_free(back);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder_and_index),
        cmocka_unit_test(test_folder_of_one_file),
        cmocka_unit_test(test_wrong_indices),
        cmocka_unit_test(test_too_many_files),
        cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
