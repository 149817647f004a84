// SPDX-License-Identifier: MIT
// Which tensors of a file a network takes, ignores and refuses: published files have auxiliary
// classifiers, counters and older names.
#include "nn/io/params.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <stdio.h>

enum { MAX_TENSORS = 1024 };

// Names and shapes of tensors in a file, without data.
typedef struct file {
    nn_bundle_tensor tensors[MAX_TENSORS];
    char names[MAX_TENSORS][128];
    int count;
} file;

static nn_card card_of(const char *network, const char *options)
{
    nn_card card = {.task = "classify"};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    return card;
}

static nn_graph *graph_of(const char *network, const char *options)
{
    nn_graph *g;
    nn_error err = {0};
    const nn_card card = card_of(network, options);
    if (nn_zoo_graph(&g, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    return g;
}

static void add(file *f, const char *name, nn_shape shape)
{
    assert_true(f->count < MAX_TENSORS);
    snprintf(f->names[f->count], sizeof f->names[0], "%s", name);
    f->tensors[f->count] = (nn_bundle_tensor){f->names[f->count], {.shape = shape}};
    f->count++;
}

// A file of all parameters of this network, with PyTorch's counters.
static file *file_of(const char *network, const char *options)
{
    file *f = calloc(1, sizeof *f);
    nn_graph *g = graph_of(network, options);
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        nn_value_info info = nn_graph_value(g, nn_graph_param_at(g, i));
        add(f, info.name, *info.shape);
    }
    nn_graph_free(g);
    add(f, "any.bn.num_batches_tracked", nn_shape_make(0, NULL));
    return f;
}

static int compare(const void *a, const void *b)
{
    const nn_bundle_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void expect(file *f, const char *network, const char *options, nn_status status,
                   const char *says)
{
    const nn_card card = card_of(network, options);
    nn_graph *g = graph_of(network, options);
    nn_error err = {0};
    qsort(f->tensors, (size_t)f->count, sizeof *f->tensors, compare);
    nn_status got =
        nn_params_check(g, &card, &(nn_bundle){.tensors = f->tensors, .count = f->count}, &err);
    if (got != status || !strstr(err.text, says))
        fail_msg("%s: %s: '%s', expected '%s'", network, nn_status_name(got), err.text, says);
    nn_graph_free(g);
}

static void test_auxiliary_classifiers(void **state)
{
    (void)state;
    static const char *const networks[] = {"googlenet", "inception_v1", "inception_v3"};
    for (size_t i = 0; i < 3; i++) {
        file *f = file_of(networks[i], "aux=1");
        expect(f, networks[i], "aux=1", NN_OK, "");
        expect(f, networks[i], "", NN_OK, "");
        add(f, "auxiliary.weight", nn_shape_1d(3));
        expect(f, networks[i], "", NN_EFORMAT, "'auxiliary.weight' is no parameter of");
        free(f);
        f = file_of(networks[i], "");
        expect(f, networks[i], "", NN_OK, "");
        expect(f, networks[i], "aux=1", NN_EFORMAT, "is missing");
        free(f);
    }
    file *f = file_of("googlenet", "aux=1");
    add(f, "aux1.more", nn_shape_1d(3));
    expect(f, "googlenet", "aux=1", NN_EFORMAT, "'aux1.more' is no parameter");
    free(f);
}

static void test_strangers(void **state)
{
    (void)state;
    file *f = file_of("resnet18", "");
    expect(f, "resnet18", "", NN_OK, "");
    expect(f, "resnet18", "classes=7", NN_ESHAPE, "1000x512");
    add(f, "aux1.conv.weight", nn_shape_1d(3));
    expect(f, "resnet18", "", NN_EFORMAT, "'aux1.conv.weight' is no parameter of resnet18");
    add(f, "zzz", nn_shape_1d(3));
    expect(f, "resnet18", "", NN_EFORMAT, "'aux1.conv.weight' (and others) is");
    free(f);
    f = file_of("resnet34", "");
    expect(f, "resnet18", "", NN_EFORMAT, "no parameter of resnet18");
    free(f);
}

// As torchvision's densenet121-a639ec97.pth spells them.
static void test_old_names(void **state)
{
    (void)state;
    file *f = file_of("densenet121", "");
    int changed = 0;
    for (int i = 0; i < f->count; i++) {
        char *at = strstr(f->names[i], ".denselayer"), *part = NULL;
        for (int k = 0; at && !part && k < 4; k++)
            part = strstr(at, (const char *[]){"norm1.", "norm2.", "conv1.", "conv2."}[k]);
        if (!part)
            continue;
        memmove(part + 5, part + 4, strlen(part + 4) + 1);
        part[4] = '.';
        changed++;
    }
    assert_int_equal(changed, 58 * 10);
    expect(f, "densenet121", "", NN_OK, "");
    const nn_bundle b = {.tensors = f->tensors, .count = f->count};
    assert_null(nn_bundle_find(&b, "features.denseblock1.denselayer2.norm1.weight"));
    const nn_params_source source = {.bundle = &b};
    assert_non_null(nn_params_find(&source, "features.denseblock1.denselayer2.norm1.weight"));
    add(f, "features.denseblock1.denselayer99.norm.1.weight", nn_shape_1d(3));
    expect(f, "densenet121", "", NN_EFORMAT, "denselayer99");
    free(f);
}

// OpenMMLab's classifiers: the body under one prefix, the last layer under another.
static void test_body_and_head(void **state)
{
    (void)state;
    file *f = file_of("resnet18", "");
    char names[MAX_TENSORS][128];
    memcpy(names, f->names, sizeof names);
    for (int i = 0; i < f->count; i++)
        snprintf(f->names[i], sizeof f->names[i], "%s.%.100s",
                 strncmp(names[i], "fc.", 3) == 0 ? "head" : "backbone", names[i]);
    expect(f, "resnet18", "", NN_OK, "");
    for (int i = 0; i < f->count; i++)
        if (strncmp(f->tensors[i].name, "head.", 5) == 0)
            memcpy(f->tensors[i].name, "neck", 4);
    expect(f, "resnet18", "", NN_EFORMAT, "the parameter 'fc.weight' is missing");
    free(f);
}

// A backbone with a classifier of other classes: all but the classifier is taken.
static void test_what_fits_is_taken(void **state)
{
    (void)state;
    const nn_card card = card_of("resnet18", "classes=7");
    const nn_card old_card = card_of("resnet18", "");
    nn_model *m, *old;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    assert_int_equal(nn_zoo_build(&old, &old_card, NULL), NN_OK);
    nn_model_init_reference(old);
    const int count = nn_graph_param_count(old->graph);
    file *f = calloc(1, sizeof *f);
    for (int i = 0; i < count; i++) {
        add(f, nn_graph_value(old->graph, nn_graph_param_at(old->graph, i)).name,
            old->params[i].shape);
        f->tensors[i].tensor = old->params[i];
    }
    qsort(f->tensors, (size_t)f->count, sizeof *f->tensors, compare);
    const nn_bundle b = {.tensors = f->tensors, .count = f->count};
    assert_int_equal(nn_model_take_params(m, &b), count - 2);
    assert_memory_equal(nn_model_param(m, "conv1.weight")->data,
                        nn_model_param(old, "conv1.weight")->data,
                        nn_tensor_bytes(nn_model_param(old, "conv1.weight")));
    assert_true(nn_tensor_f32(nn_model_param(m, "fc.weight"))[0] == 0);
    nn_model_free(m);
    nn_model_free(old);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auxiliary_classifiers),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_old_names),
        cmocka_unit_test(test_body_and_head),
        cmocka_unit_test(test_what_fits_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
