// SPDX-License-Identifier: MIT
// Keras' HDF5 weights: layouts, names and flattening, with values that encode their position. Round
// trips. Damaged, foreign and linked files are refused with the reason.
#include "nn/io/keras/hdf5.h"
#include "nn/io/io.h"
#include "nn/io/keras/keras.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <hdf5.h>
#include <stdio.h>

static nn_bundle load(const char *path)
{
    nn_bundle b;
    nn_error err = {0};
    if (nn_bundle_load(&b, path, &err) != NN_OK)
        fail_msg("%s", err.text);
    return b;
}

static const float *find(const nn_bundle *b, const char *name, nn_shape shape)
{
    const nn_tensor *t = nn_bundle_find(b, name);
    if (!t)
        fail_msg("no tensor '%s'", name);
    assert_int_equal(t->dtype, NN_F32);
    assert_true(nn_shape_equal(&t->shape, &shape));
    return nn_tensor_f32(t);
}

// The number from which make_hdf5.py counts.
static float start_of(const char *name)
{
    int sum = 0;
    for (; *name; name++)
        sum += (unsigned char)*name;
    return (float)(sum % 50);
}

static void expect_features(const char *file)
{
    nn_bundle b = load(test_data(file).text);
    assert_int_equal(b.count, 5 * 2 + 5 * 4);
    // Convolution 2, which is 1x2 with 1 channel in and 1 out, and convolution 0 with 3 in.
    const float *w = find(&b, "features.4.weight", nn_shape_4d(1, 1, 1, 2));
    for (int i = 0; i < 2; i++)
        assert_true(w[i] == start_of("C2_W_1:0") + (float)i);
    w = find(&b, "features.0.weight", nn_shape_4d(1, 3, 1, 2));
    for (int in = 0; in < 3; in++)
        for (int x = 0; x < 2; x++)
            assert_true(w[2 * in + x] == start_of("C0_W_1:0") + (float)(3 * x + in));
    assert_true(*find(&b, "features.17.running_var", nn_shape_1d(1)) ==
                start_of("N9_moving_variance:0"));
    assert_true(*find(&b, "features.17.running_mean", nn_shape_1d(1)) ==
                start_of("N9_moving_mean:0"));
    assert_true(*find(&b, "features.17.weight", nn_shape_1d(1)) == start_of("N9_gamma:0"));
    assert_true(*find(&b, "features.17.bias", nn_shape_1d(1)) == start_of("N9_beta:0"));
    assert_null(nn_bundle_meta(&b, "neroscale")); // no whole network
    assert_non_null(strstr(nn_bundle_meta(&b, "keras"), "without its dense layers"));
    nn_bundle_release(&b);
}

static void test_features_only(void **state)
{
    (void)state;
    expect_features("corpus/hdf5/features.h5");
    expect_features("corpus/hdf5/variable.h5"); // variable-length strings, a whole model
    nn_bundle b = load(test_data("corpus/hdf5/features.h5").text);
    nn_card card = {.network = "alexnet_flowers", .task = "classify"};
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_OK);
    nn_status status = nn_model_set_params(m, &b, &err);
    assert_true(status == NN_ESHAPE || status == NN_EFORMAT);
    nn_model_free(m);
    nn_bundle_release(&b);
}

// --- files made here ---

static void put_strings(hid_t object, const char *name, const char *const *text, int count)
{
    char block[64][64] = {{0}};
    hsize_t dim = (hsize_t)count;
    for (int i = 0; i < count; i++)
        snprintf(block[i], 64, "%s", text[i]);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &dim, NULL);
    H5Tset_size(type, 64);
    hid_t a = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(a, type, block) >= 0);
    H5Aclose(a), H5Sclose(space), H5Tclose(type);
}

// A data set that counts from 0.
static void put_floats(hid_t group, const char *name, int rank, const hsize_t *dims)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)i;
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hid_t set = H5Dcreate2(group, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set), H5Pclose(links), H5Sclose(space);
    free(values);
}

enum { PIXELS = 6 };

// vgg16 in miniature, as Keras 2 saves it: 13 convolutions of 2 channels, 3 dense layers.
static test_path make_vgg(const char *file)
{
    test_path path = test_temp(file);
    const char *layers[16];
    const nn_keras_network *vgg = nn_keras_find("vgg16");
    hid_t f = H5Fcreate(path.text, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < 16; i++) {
        const bool dense = i >= 13;
        char kernel[64], bias[64];
        layers[i] = vgg->layers[i].name;
        snprintf(kernel, sizeof kernel, "%s/kernel:0", layers[i]);
        snprintf(bias, sizeof bias, "%s/bias:0", layers[i]);
        hid_t g = H5Gcreate2(f, layers[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        const hsize_t conv[] = {3, 3, i ? 2 : 3, 2}, full[] = {i == 13 ? 2 * PIXELS : 3, 3},
                      vector[] = {dense ? 3 : 2};
        put_floats(g, kernel, dense ? 2 : 4, dense ? full : conv);
        put_floats(g, bias, 1, vector);
        put_strings(g, "weight_names", (const char *const[]){kernel, bias}, 2);
        H5Gclose(g);
    }
    put_strings(f, "layer_names", layers, 16);
    H5Fclose(f);
    return path;
}

static void test_flattening(void **state)
{
    (void)state;
    nn_bundle b = load(make_vgg("vgg.h5").text);
    assert_int_equal(b.count, 32);
    const float *w = find(&b, "features.28.weight", nn_shape_4d(2, 2, 3, 3));
    for (int out = 0; out < 2; out++)
        for (int in = 0; in < 2; in++)
            for (int p = 0; p < 9; p++)
                assert_true(w[(out * 2 + in) * 9 + p] == (float)((p * 2 + in) * 2 + out));
    // Keras flattens pixels before channels, we channels before pixels.
    w = find(&b, "classifier.0.weight", nn_shape_2d(3, 2 * PIXELS));
    for (int out = 0; out < 3; out++)
        for (int c = 0; c < 2; c++)
            for (int p = 0; p < PIXELS; p++)
                assert_true(w[out * 2 * PIXELS + c * PIXELS + p] == (float)((p * 2 + c) * 3 + out));
    w = find(&b, "classifier.3.weight", nn_shape_2d(3, 3));
    assert_true(w[1] == 3 && w[3] == 1);
    nn_card card;
    assert_int_equal(nn_card_from_json(&card, nn_bundle_meta(&b, "neroscale"), NULL), NN_OK);
    assert_string_equal(card.network, "vgg16");
    assert_string_equal(card.options, "classes=3");
    assert_true(card.bgr);
    nn_card_release(&card);
    nn_bundle_release(&b);
}

static void expect_refused(const char *path, nn_status status, const char *says)
{
    nn_bundle b;
    nn_error err = {0};
    nn_status got = nn_bundle_load(&b, path, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: '%s', expected %s: '%s'", nn_status_name(got), err.text,
                 nn_status_name(status), says);
    assert_null(b.tensors);
}

typedef void change(hid_t file);

static void soft_link(hid_t f)
{
    H5Ldelete(f, "block5_conv3/block5_conv3/bias:0", H5P_DEFAULT);
    H5Lcreate_soft("/fc1/fc1/bias:0", f, "block5_conv3/block5_conv3/bias:0", H5P_DEFAULT,
                   H5P_DEFAULT);
}

static void external_link(hid_t f)
{
    H5Ldelete(f, "fc2", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/fc2", f, "fc2", H5P_DEFAULT, H5P_DEFAULT);
}

static void missing(hid_t f)
{
    H5Ldelete(f, "fc2/fc2", H5P_DEFAULT);
}

static void replace(hid_t f, const char *name, hid_t type, const hsize_t *dims, int rank,
                    bool chunked, bool external)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    if (chunked)
        H5Pset_chunk(how, rank, dims);
    if (external)
        H5Pset_external(how, "/etc/passwd", 0, H5F_UNLIMITED);
    H5Ldelete(f, name, H5P_DEFAULT);
    hid_t set = H5Dcreate2(f, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set), H5Pclose(how), H5Sclose(space);
}

static void doubles(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F64LE, (hsize_t[]){3}, 1, false, false);
}
static void big_endian(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F32BE, (hsize_t[]){3}, 1, false, false);
}
static void chunked(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F32LE, (hsize_t[]){3}, 1, true, false);
}
static void elsewhere(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F32LE, (hsize_t[]){3}, 1, false, true);
}
static void unwritten(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F32LE, (hsize_t[]){3}, 1, false, false);
}
static void huge(hid_t f)
{
    replace(f, "fc2/fc2/bias:0", H5T_IEEE_F32LE, (hsize_t[]){1u << 30, 1u << 30, 1u << 30}, 3,
            false, false);
}
static void no_vector(hid_t f)
{
    hid_t g = H5Gopen2(f, "fc2/fc2", H5P_DEFAULT);
    H5Ldelete(g, "bias:0", H5P_DEFAULT);
    put_floats(g, "bias:0", 1, (hsize_t[]){4});
    H5Gclose(g);
}
static void wrong_channels(hid_t f)
{
    hid_t g = H5Gopen2(f, "fc1/fc1", H5P_DEFAULT);
    H5Ldelete(g, "kernel:0", H5P_DEFAULT);
    put_floats(g, "kernel:0", 2, (hsize_t[]){2 * PIXELS + 1, 3});
    H5Gclose(g);
}
static void other_layers(hid_t f)
{
    H5Adelete(f, "layer_names");
    put_strings(f, "layer_names", (const char *const[]){"block1_conv1", "block1_conv2"}, 2);
}
static void bad_name(hid_t f)
{
    H5Adelete(f, "layer_names");
    put_strings(f, "layer_names", (const char *const[]){"\x1b[2J"}, 1);
}
static void again(hid_t f)
{
    static const char *same[64];
    for (int i = 0; i < 64; i++)
        same[i] = "block1_conv2";
    H5Adelete(f, "layer_names");
    put_strings(f, "layer_names", same, 64);
}
static void no_layers(hid_t f)
{
    H5Adelete(f, "layer_names");
}
static void keras_3(hid_t f)
{
    H5Adelete(f, "layer_names");
    H5Gclose(H5Gcreate2(f, "layers", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        change *apply;
        nn_status status;
        const char *says;
    } cases[] = {
        {soft_link, NN_EUNSUPPORTED, "'bias:0' is a link to somewhere else"},
        {external_link, NN_EUNSUPPORTED, "external links"},
        {missing, NN_EFORMAT, "there is no 'fc2'"},
        {doubles, NN_EUNSUPPORTED, "weight 'fc2/bias:0': its numbers are not float32"},
        {big_endian, NN_EUNSUPPORTED, "not float32"},
        {chunked, NN_EUNSUPPORTED, "chunked"},
        {elsewhere, NN_EUNSUPPORTED, "another file"},
        {unwritten, NN_EFORMAT, "never written"},
        {huge, NN_ESHAPE, "weight 'fc2/bias:0'"},
        {no_vector, NN_EUNSUPPORTED, "layer 'fc2': its weights"},
        {wrong_channels, NN_ESHAPE, "layer 'fc1' takes 13 channels"},
        {other_layers, NN_EUNSUPPORTED, "dense): CC"},
        {bad_name, NN_EFORMAT, "no usable name"},
        {again, NN_EUNSUPPORTED, "CCCC"},
        {no_layers, NN_EUNSUPPORTED, "no 'layer_names'"},
        {keras_3, NN_EUNSUPPORTED, "Keras 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_path path = make_vgg("changed.h5");
        hid_t f = H5Fopen(path.text, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(f >= 0);
        cases[i].apply(f);
        H5Fclose(f);
        expect_refused(path.text, cases[i].status, cases[i].says);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_read(test_data("corpus/hdf5/features.h5").text, &size);
    for (size_t n = 0; n < size; n += 61) {
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        nn_bundle b;
        nn_error err = {0};
        assert_int_equal(nn_bundle_parse(&b, copy, n, &err), NN_EFORMAT);
        assert_true(*err.text);
        free(copy);
    }
    free(bytes);
}

// Every parameter of the networks has its place in the table of layers, and no other.
static void test_tables(void **state)
{
    (void)state;
    static const char *const networks[] = {"alexnet_flowers", "vgg16", "vgg19"};
    for (size_t n = 0; n < 3; n++) {
        nn_card card = {.task = "classify"};
        nn_graph *g;
        const nn_keras_network *k = nn_keras_find(networks[n]);
        snprintf(card.network, sizeof card.network, "%s", networks[n]);
        assert_int_equal(nn_zoo_graph(&g, &card, NULL), NN_OK);
        int count = 0;
        for (int i = 0; i < k->count; i++) {
            const char *weight;
            for (int w = 0; (weight = nn_keras_weight_name((nn_keras_kind)k->layers[i].kind, w));
                 w++, count++) {
                char name[96];
                snprintf(name, sizeof name, "%s.%s", k->layers[i].module, weight);
                if (nn_graph_find_param(g, name) < 0)
                    fail_msg("%s has no %s", networks[n], name);
            }
        }
        assert_int_equal(count, nn_graph_param_count(g));
        nn_graph_free(g);
    }
    assert_null(nn_keras_find("resnet18"));
}

static void test_round_trip(void **state)
{
    (void)state;
    const test_path path = test_temp("flowers.h5");
    nn_card card = {.network = "alexnet_flowers", .options = "classes=2", .task = "classify"};
    nn_model *m, *back;
    nn_error err = {0};
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_OK);
    nn_model_init_reference(m);
    assert_int_equal(nn_card_set_labels(&m->card, (const char *const[]){"daisy", "iris"}, 2, &err),
                     NN_OK);
    m->card.mean[1] = 0.25f;
    assert_int_equal(nn_hdf5_save(m, path.text, &err), NN_OK);
    if (nn_model_load(&back, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        assert_memory_equal(m->params[i].data, back->params[i].data,
                            nn_tensor_bytes(&m->params[i]));
    assert_string_equal(back->card.labels[1], "iris");
    assert_true(back->card.mean[1] == 0.25f);
    assert_int_equal(nn_hdf5_save(m, "/nowhere/x.h5", &err), NN_ENOTFOUND);
    snprintf(m->card.network, sizeof m->card.network, "resnet18");
    assert_int_equal(nn_hdf5_save(m, path.text, &err), NN_EUNSUPPORTED);
    nn_model_free(back);
    nn_model_free(m);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_read(make_vgg("vgg.h5").text, &size);
    nn_bundle b;
    long n = 0;
    for (;; n++) {
        alloc_reset(n);
        nn_status status = nn_bundle_parse(&b, bytes, size, NULL);
        alloc_reset(-1);
        if (status == NN_OK)
            break;
        assert_int_equal(status, NN_ENOMEM);
    }
    assert_true(n > 18);
    nn_bundle_release(&b);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features_only), cmocka_unit_test(test_flattening),
        cmocka_unit_test(test_tables),        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_truncated),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
