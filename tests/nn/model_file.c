// SPDX-License-Identifier: MIT
// Model files: saving, finding by name, loading, and every way in which a file may not fit.
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>

static nn_model *make_model(void)
{
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=2,alpha=0.125,beta=0.25,neck=8",
                    .task = "detect",
                    .head = "fcos",
                    .input_h = 64,
                    .input_w = 96,
                    .threshold = 0.3f,
                    .iou_threshold = 0.6f};
    nn_model *m;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    assert_int_equal(nn_card_set_labels(&m->card, (const char *const[]){"car", "bus"}, 2, NULL),
                     NN_OK);
    nn_model_init_reference(m);
    return m;
}

static void check_same(const nn_model *a, const nn_model *b, double tolerance)
{
    assert_int_equal(nn_graph_param_count(a->graph), nn_graph_param_count(b->graph));
    for (int i = 0; i < nn_graph_param_count(a->graph); i++) {
        assert_true(nn_shape_equal(&a->params[i].shape, &b->params[i].shape));
        double allowed = a->params[i].shape.rank >= 2 ? tolerance : 0;
        for (int64_t k = 0; k < nn_shape_count(&a->params[i].shape); k++) {
            double x = nn_tensor_f32(&a->params[i])[k], y = nn_tensor_f32(&b->params[i])[k];
            assert_true(fabs(x - y) <= allowed * fmax(fabs(x), 1e-4));
        }
    }
    assert_string_equal(a->card.options, b->card.options);
    assert_string_equal(a->card.labels[1], b->card.labels[1]);
    assert_int_equal(a->card.input_w, b->card.input_w);
}

static void test_save_and_load(void **state)
{
    (void)state;
    nn_model *m = make_model(), *back;
    test_path path = test_temp("m.safetensors");
    size_t sizes[2];
    for (int half = 0; half < 2; half++) {
        nn_error err = {0};
        assert_int_equal(nn_model_save(m, path.text, half, &err), NN_OK);
        if (nn_model_load(&back, path.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        check_same(m, back, half ? 1e-3 : 0);
        nn_model_free(back);
        free(test_read(path.text, &sizes[half]));
    }
    assert_true(sizes[1] < sizes[0] * 2 / 3);
    nn_model_free(m);
}

static void test_find(void **state)
{
    (void)state;
    nn_model *m = make_model(), *back;
    assert_int_equal(nn_model_save(m, test_temp("findme.safetensors").text, true, NULL), NN_OK);
    setenv("NEROSCALE_MODELS", test_temp(".").text, 1);
    char path[1024], tiny[8];
    nn_error err = {0};
    assert_int_equal(nn_model_find("findme", path, sizeof path, &err), NN_OK);
    assert_non_null(strstr(path, "/findme.safetensors"));
    assert_int_equal(nn_model_load(&back, "findme", &err), NN_OK);
    check_same(m, back, 1e-3);
    nn_model_free(back);
    nn_model_free(m);
    assert_int_equal(nn_model_find(path, tiny, sizeof tiny, &err), NN_EINVAL);
    assert_int_equal(nn_model_find("", path, sizeof path, &err), NN_EINVAL);
    assert_int_equal(nn_model_find("absent", path, sizeof path, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "absent.safetensors"));
    assert_non_null(strstr(err.text, test_temp(".").text));
    assert_int_equal(nn_model_find("/absent/model", path, sizeof path, &err), NN_ENOTFOUND);
    assert_int_equal(nn_model_find(test_temp(".").text, path, sizeof path, &err), NN_EIO);
    unsetenv("NEROSCALE_MODELS");
}

// Saves `m` with the given card text and tensors changed by `change`, and expects loading to fail.
static void expect_refusal(const nn_model *m, const char *json, const char *leave_out,
                           const char *reshape, nn_status status, const char *says)
{
    int count = nn_graph_param_count(m->graph), n = 0;
    const char **names = calloc((size_t)count, sizeof *names);
    nn_tensor *tensors = calloc((size_t)count, sizeof *tensors);
    for (int i = 0; i < count; i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        if (leave_out && strcmp(name, leave_out) == 0)
            continue;
        names[n] = name;
        tensors[n] = m->params[i];
        if (reshape && strcmp(name, reshape) == 0)
            tensors[n].shape = nn_shape_1d(nn_shape_count(&tensors[n].shape));
        n++;
    }
    test_path path = test_temp("refused.safetensors");
    const char *const meta[] = {"neroscale", json};
    assert_int_equal(nn_bundle_save(path.text, names, tensors, n, meta, json ? 1 : 0, NULL), NN_OK);
    nn_model *back = (nn_model *)1;
    nn_error err = {0};
    nn_status got = nn_model_load(&back, path.text, &err);
    if (got != status || !strstr(err.text, says) || !strstr(err.text, "refused.safetensors: "))
        fail_msg("%s: '%s', expected '%s'", nn_status_name(got), err.text, says);
    assert_null(back);
    free(names);
    free(tensors);
}

#define CARD(network, options)                                                                     \
    "{\"version\":1,\"network\":\"" network "\",\"options\":\"" options                            \
    "\",\"task\":\"detect\",\"head\":\"fcos\",\"input\":[64,96],\"mean\":[0,0,0],"                 \
    "\"std\":[1,1,1],\"labels\":[],\"threshold\":0.5,\"iou_threshold\":0.5}"

static void test_files_that_do_not_fit(void **state)
{
    (void)state;
    nn_model *m = make_model();
    const char *good = CARD("neroscale_alexpp", "classes=2,alpha=0.125,beta=0.25,neck=8");
    expect_refusal(m, NULL, NULL, NULL, NN_EUNSUPPORTED, "no card");
    expect_refusal(m, "{", NULL, NULL, NN_EFORMAT, "card: ");
    expect_refusal(m, CARD("lenet", ""), NULL, NULL, NN_ENOTFOUND, "'lenet'");
    expect_refusal(m, CARD("neroscale_alexpp", "classes=-2"), NULL, NULL, NN_EINVAL, "classes=-2");
    expect_refusal(m, good, "block6.to3", NULL, NN_EFORMAT, "'block6.to3' is missing");
    nn_model_free(m);
}

static void test_shapes_that_do_not_fit(void **state)
{
    (void)state;
    nn_model *m = make_model();
    const char *good = CARD("neroscale_alexpp", "classes=2,alpha=0.125,beta=0.25,neck=8");
    expect_refusal(m, good, NULL, "block6.to3", NN_ESHAPE,
                   "'block6.to3' is 81, the network's is 9x9");
    // A card that promises a huge network fails on the first tensor, before memory is asked for.
    expect_refusal(m, CARD("neroscale_alexpp", "classes=100000,alpha=8,beta=6,neck=1024"), NULL,
                   NULL, NN_ESHAPE, "'block1.wide.weight'");
    nn_model_free(m);
}

static void test_truncated_and_damaged(void **state)
{
    (void)state;
    nn_model *m = make_model();
    test_path path = test_temp("m.safetensors");
    assert_int_equal(nn_model_save(m, path.text, true, NULL), NN_OK);
    nn_model_free(m);
    size_t size;
    uint8_t *bytes = test_read(path.text, &size);
    nn_error err = {0};
    for (size_t n = 0; n < size; n += 1 + size / 60) {
        test_write(path.text, bytes, n);
        assert_int_equal(nn_model_load(&m, path.text, &err), NN_EFORMAT);
        assert_null(m);
    }
    for (size_t i = 0; i < 600; i += 3) {
        bytes[i] ^= 0x15;
        test_write(path.text, bytes, size);
        if (nn_model_load(&m, path.text, &err) == NN_OK)
            nn_model_free(m);
        bytes[i] ^= 0x15;
    }
    free(bytes);
}

// torch writes a counter for every batch norm; it is no parameter of ours.
static void test_counters_are_ignored(void **state)
{
    (void)state;
    nn_model *m = make_model(), *back;
    int count = nn_graph_param_count(m->graph);
    const char **names = calloc((size_t)count + 1, sizeof *names);
    nn_tensor *tensors = calloc((size_t)count + 1, sizeof *tensors);
    int64_t batches = 12;
    for (int i = 0; i < count; i++) {
        names[i] = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        tensors[i] = m->params[i];
    }
    names[count] = "block1.bn.num_batches_tracked";
    tensors[count] = nn_tensor_dense(NN_I64, nn_shape_make(0, NULL), &batches);
    test_path path = test_temp("extra.safetensors");
    const char *const meta[] = {"neroscale",
                                CARD("neroscale_alexpp", "classes=2,alpha=0.125,beta=0.25,neck=8")};
    assert_int_equal(nn_bundle_save(path.text, names, tensors, count + 1, meta, 1, NULL), NN_OK);
    nn_error err = {0};
    if (nn_model_load(&back, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(back);
    nn_model_free(m);
    free(names);
    free(tensors);
}

static void test_short_of_memory(void **state)
{
    (void)state;
    nn_model *m = make_model(), *back = NULL;
    test_path path = test_temp("m.safetensors");
    nn_status status = NN_ENOMEM;
    for (long n = 0; status != NN_OK; n++) {
        alloc_reset(n);
        status = nn_model_save(m, path.text, true, NULL);
        alloc_reset(-1);
        assert_true(status == NN_OK || status == NN_ENOMEM);
    }
    status = NN_ENOMEM;
    // Every third allocation is enough: there are some two thousand of the same few kinds.
    for (long n = 0; status != NN_OK; n += 3) {
        alloc_reset(n);
        status = nn_model_load(&back, path.text, NULL);
        alloc_reset(-1);
        assert_true(status == NN_OK || (status == NN_ENOMEM && !back));
    }
    nn_model_free(back);
    nn_model_free(m);
}

// Writes the weights of `m` alone, and a sidecar with their description.
static test_path write_weights(const nn_model *m, const char *json)
{
    const int count = nn_graph_param_count(m->graph);
    const char **names = calloc((size_t)count, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
    const test_path path = test_temp("bare.pth"); // formats are told by content
    assert_int_equal(nn_bundle_save(path.text, names, m->params, count, NULL, 0, NULL), NN_OK);
    test_write(test_temp("bare.json").text, json, strlen(json));
    free(names);
    return path;
}

static void test_weights_with_a_sidecar(void **state)
{
    (void)state;
    nn_model *m = make_model(), *back;
    nn_error err = {0};
    test_path path = write_weights(
        m, "{\"network\": \"neroscale_alexpp\", \"options\": \"alpha=0.125,beta=0.25,neck=8\","
           " \"head\": \"fcos\", \"labels\": [\"car\", \"bus\"], \"input\": [64, 96],"
           " \"threshold\": 0.25}");
    if (nn_model_load(&back, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    check_same(m, back, 0);
    assert_string_equal(back->card.task, "detect");
    assert_true(back->card.threshold == 0.25f);
    assert_float_equal(back->card.mean[0], m->card.mean[0], 1e-6f); // the network's
    assert_float_equal(back->card.std[2], m->card.std[2], 1e-6f);
    nn_model_free(back);
    static const struct {
        const char *json, *says;
    } bad[] = {{"{\"labels\": [\"car\"]}", "names no \"network\""},
               {"{\"network\": \"lenet\"}", "'lenet'"},
               {"{\"network\": \"resnet18\"}", "conv1.weight"},
               {"{\"network\": 3}", "network"},
               {"{", "bare.json"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_weights(m, bad[i].json);
        assert_int_not_equal(nn_model_load(&back, path.text, &err), NN_OK);
        assert_null(back);
        if (!strstr(err.text, bad[i].says))
            fail_msg("'%s' does not say %s", err.text, bad[i].says);
    }
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_files_that_do_not_fit),
        cmocka_unit_test(test_shapes_that_do_not_fit),
        cmocka_unit_test(test_truncated_and_damaged),
        cmocka_unit_test(test_counters_are_ignored),
        cmocka_unit_test(test_weights_with_a_sidecar),
        cmocka_unit_test(test_short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
