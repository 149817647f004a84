// SPDX-License-Identifier: MIT
// Every network of the zoo as a graph: parameters, maps for heads, sizes that do not fit.
#include "nn/graph/graph.h"
#include "nn/ops/ops.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <stdio.h>

// Trained parameters of the PyTorch modules, auxiliary classifiers left out.
static const struct {
    const char *name;
    int64_t parameters;
} NETS[] = {
    {"alexnet", 61100840},
    {"alexnet_original", 60965224},
    {"alexnet_flowers", 24815697},
    {"zfnet", 62357608},
    {"vgg16", 138357544},
    {"vgg19", 143667240},
    {"inception_v1", 6998552},
    {"googlenet", 6624904},
    {"inception_v2", 11285224},
    {"inception_v3", 23834568},
    {"inception_v4", 42679816},
    {"resnet18", 11689512},
    {"resnet34", 21797672},
    {"resnet50", 25557032},
    {"resnet101", 44549160},
    {"resnet152", 60192808},
    {"densenet121", 7978856},
    {"densenet161", 28681000},
    {"densenet169", 14149480},
    {"densenet201", 20013928},
    {"vgg11", 132863336},
    {"vgg11_bn", 132868840},
    {"vgg13", 133047848},
    {"vgg13_bn", 133053736},
    {"vgg16_bn", 138365992},
    {"vgg19_bn", 143678248},
    {"squeezenet1_1", 1235496},
    {"shufflenet_v2_x1_0", 2278604},
    {"mobilenet_v2", 3504872},
    {"mobilenet_v3_small", 2542856},
    {"mobilenet_v3_large", 5483032},
    {"efficientnet_b0", 5288548},
    {"efficientnet_b1", 7794184},
    {"efficientnet_b2", 9109994},
    {"efficientnet_b3", 12233232},
    {"efficientnet_b4", 19341616},
    {"efficientnet_b5", 30389784},
    {"efficientnet_b6", 43040704},
    {"efficientnet_b7", 66347960},
    {"efficientnet_v2_s", 21458488},
    {"efficientnet_v2_m", 54139356},
    {"convnext_tiny", 28589128},
    {"convnext_small", 50223688},
    {"convnext_base", 88591464},
    {"vit_s_16", 22050664},
    {"vit_b_16", 86567656},
    {"vit_b_32", 88224232},
    {"neroscale_alexnetpp", 62071848},
    {"neroscale_alexpp", 1276444},
    {"neroscale_alexpp_nano", 51744},
    {"neroscale_alexpp_cbam_s384", 192002},
    {"neroscale_alexpp_vit_s576", 336960},
};
enum { NET_COUNT = sizeof NETS / sizeof *NETS };

static nn_graph *build(const char *network, const char *options, const char *head)
{
    nn_card card = {0};
    nn_graph *g;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    snprintf(card.task, sizeof card.task, "%s",
             *head                           ? "detect"
             : nn_zoo_find(network)->upscale ? "upscale"
                                             : "classify");
    snprintf(card.head, sizeof card.head, "%s", head);
    if (nn_zoo_graph(&g, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    return g;
}

static int64_t count_parameters(const nn_graph *g)
{
    int64_t count = 0;
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        nn_value_info info = nn_graph_value(g, nn_graph_param_at(g, i));
        if (info.param != NN_PARAM_BUFFER)
            count += nn_shape_count(info.shape);
    }
    return count;
}

// Infers the shapes for one image; returns the shape of output `i` or the error.
static nn_status infer(const nn_graph *g, int64_t h, int64_t w, int i, nn_shape *out, nn_error *err)
{
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    const nn_shape image = nn_shape_4d(1, 3, h, w);
    nn_status status = nn_graph_infer(g, &image, 1, shapes, NULL, err);
    *out = shapes[nn_graph_output_at(g, i)];
    test_free(shapes);
    return status;
}

static void test_parameters_and_classes(void **state)
{
    (void)state;
    int others = 0; // enlarge pictures: upscale.c
    for (int i = 0; i < nn_zoo_count(); i++)
        others += strcmp(nn_zoo_own_task(nn_zoo_at(i)), "classify") != 0;
    assert_int_equal(nn_zoo_count(), NET_COUNT + others);
    for (int i = 0; i < NET_COUNT; i++) {
        const nn_zoo_net *net = nn_zoo_find(NETS[i].name);
        if (!net)
            fail_msg("no network %s", NETS[i].name);
        nn_graph *g = build(net->name, "", "");
        nn_shape out;
        nn_error err = {0};
        if (count_parameters(g) != NETS[i].parameters)
            fail_msg("%s has %lld parameters", net->name, (long long)count_parameters(g));
        if (infer(g, net->input_h, net->input_w, 0, &out, &err) != NN_OK)
            fail_msg("%s", err.text);
        nn_graph_free(g);
        g = build(net->name, "classes=7", "");
        assert_int_equal(infer(g, net->input_h, net->input_w, 0, &out, &err), NN_OK);
        assert_true(out.rank == 2 && out.dim[0] == 1 && out.dim[1] == 7);
        nn_graph_free(g);
    }
}

static void test_auxiliary_classifiers(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int count, size;
    } cases[] = {{"inception_v1", 2, 224}, {"googlenet", 2, 224}, {"inception_v3", 1, 299}};
    for (int i = 0; i < 3; i++) {
        nn_graph *g = build(cases[i].name, "aux=1,classes=5", "");
        assert_int_equal(nn_graph_output_count(g), 1 + cases[i].count);
        assert_string_equal(nn_graph_output_name(g, 0), "output");
        for (int k = 0; k <= cases[i].count; k++) {
            nn_shape out;
            nn_error err = {0};
            assert_int_equal(infer(g, cases[i].size, cases[i].size, k, &out, &err), NN_OK);
            assert_true(out.rank == 2 && out.dim[1] == 5);
        }
        nn_graph_free(g);
    }
}

// Fails when a parameter reaches no output: it would be stored and never learn.
static void check_all_used(const nn_graph *g, const char *name)
{
    const int count = nn_graph_value_count(g);
    bool *used = test_calloc((size_t)count, sizeof *used);
    for (int i = 0; i < nn_graph_output_count(g); i++)
        used[nn_graph_output_at(g, i)] = true;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info n = nn_graph_node_at(g, i);
        for (int k = 0; k < n.n_in && used[n.out]; k++)
            if (n.in[k] >= 0)
                used[n.in[k]] = true;
    }
    for (int i = 0; i < nn_graph_param_count(g); i++)
        if (!used[nn_graph_param_at(g, i)])
            fail_msg("%s: %s is not used", name, nn_graph_value(g, nn_graph_param_at(g, i)).name);
    test_free(used);
}

static void check_levels(const char *name, const char *levels, const int *stride, int count)
{
    char options[64];
    snprintf(options, sizeof options, "classes=3,neck=16,levels=%s", levels);
    nn_graph *g = build(name, options, "fcos");
    const int64_t sizes[][2] = {{128, 192}, {160, 224}};
    check_all_used(g, name);
    for (int k = 0; k < 2; k++)
        for (int output = 0; output < 2 * count; output++) {
            nn_shape out;
            nn_error err = {0};
            const int s = stride[output / 2];
            // The stem of Alex++Net leaves one cell less at 1/4.
            const int edge = s == 4 && strncmp(name, "neroscale_alexpp", 16) == 0;
            if (infer(g, sizes[k][0], sizes[k][1], output, &out, &err) != NN_OK)
                fail_msg("%s: %s", name, err.text);
            const nn_shape want =
                nn_shape_4d(1, output % 2 ? 4 : 3, sizes[k][0] / s - edge, sizes[k][1] / s - edge);
            if (!nn_shape_equal(&out, &want))
                fail_msg("%s: levels=%s: %dx%d at 1/%d", name, levels, (int)out.dim[2],
                         (int)out.dim[3], s);
        }
    nn_graph_free(g);
}

// Every classifier is a backbone with maps at 1/4 to 1/32.
static void test_heads(void **state)
{
    (void)state;
    for (int i = 0; i < NET_COUNT; i++) {
        check_levels(NETS[i].name, "8+16", (const int[]){8, 16}, 2);
        check_levels(NETS[i].name, "4+8+16", (const int[]){4, 8, 16}, 3);
        check_levels(NETS[i].name, "8+16+32", (const int[]){8, 16, 32}, 3);
    }
}

// Rates of the branches of residual sums, which rise linearly to that of the option; none at 0.
static int check_rates(const char *name, float rate)
{
    char options[64];
    float last = 0;
    int found = 0;
    snprintf(options, sizeof options, "drop=0,stochastic_depth=%g", (double)rate);
    if (!strstr(nn_zoo_find(name)->option_names, "drop"))
        memmove(options, options + 7, strlen(options + 7) + 1);
    nn_graph *g = build(name, options, "");
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        if (n.op != &nn_op_dropout)
            continue;
        const nn_dropout_params *p = n.params;
        assert_true(p->per_sample && p->p >= last && p->p <= rate);
        last = p->p;
        found++;
    }
    if (found > 0 && last < 0.7f * rate) // the last block may be none with a sum
        fail_msg("%s: %g", name, (double)last);
    nn_graph_free(g);
    return found;
}

static void test_stochastic_depth(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int branches; // with rates above 0
    } cases[] = {{"resnet18", 7},           {"resnet50", 15},
                 {"mobilenet_v2", 10},      {"mobilenet_v3_small", 6},
                 {"mobilenet_v3_large", 9}, {"efficientnet_b0", 9},
                 {"convnext_tiny", 17},     {"vit_s_16", 22},
                 {"neroscale_alexpp", 1},   {"neroscale_alexpp_vit_s576", 3},
                 {"edsr_small", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int found = check_rates(cases[i].name, 0.5f);
        if (found != cases[i].branches)
            fail_msg("%s: %d branches", cases[i].name, found);
        assert_int_equal(check_rates(cases[i].name, 0), 0);
    }
}

static void test_sizes_that_do_not_fit(void **state)
{
    (void)state;
    const struct {
        const char *network, *options;
        int h, w;
        const char *says;
    } cases[] = {
        {"alexnet", "", 40, 224, "node features.12 (max_pool) with an input of 1x3x40x224"},
        {"alexnet_original", "", 300, 300,
         "node classifier.1 (linear) with an input of 1x3x300x300"},
        {"alexnet_flowers", "", 256, 256, "node classifier.0 (linear)"},
        {"zfnet", "", 24, 24, "node features.14 (max_pool)"},
        {"neroscale_alexnetpp", "", 40, 224, "node pool5 (max_pool)"},
        {"vgg16", "", 31, 100, "node features.30 (max_pool) with an input of 1x3x31x100"},
        {"inception_v1", "aux=1", 96, 96, "node aux1.fc1 (linear) with an input of 1x3x96x96"},
        {"inception_v3", "", 60, 299, "node Mixed_7a"},
        {"inception_v3", "aux=1", 139, 139, "node AuxLogits."},
        {"inception_v4", "", 60, 60, "node reduce_"},
        {"densenet121", "", 24, 64, "node features.transition3.pool (avg_pool)"},
        {"neroscale_alexpp", "", 6, 64, "node block1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_graph *g = build(cases[i].network, cases[i].options, "");
        nn_shape out;
        nn_error err = {0};
        nn_status status = infer(g, cases[i].h, cases[i].w, 0, &out, &err);
        if (status != NN_ESHAPE || !strstr(err.text, cases[i].says))
            fail_msg("%s %dx%d: %s", cases[i].network, cases[i].h, cases[i].w, err.text);
        nn_graph_free(g);
    }
}

// He 2015, section 4.2: no pooling before the stages, which end at 1/8; widths by alpha.
static void test_small_stem(void **state)
{
    (void)state;
    nn_graph *g = build("resnet18", "classes=10,alpha=0.25,stem=small", "");
    assert_int_equal(count_parameters(g), 701466);
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    const nn_shape image = nn_shape_4d(1, 3, 28, 28);
    assert_int_equal(nn_graph_infer(g, &image, 1, shapes, NULL, NULL), NN_OK);
    nn_shape last = {0};
    for (int i = 0; i < nn_graph_node_count(g); i++)
        if (strcmp(nn_graph_node_at(g, i).name, "layer4.1.relu") == 0)
            last = shapes[nn_graph_node_at(g, i).out];
    const nn_shape want = nn_shape_4d(1, 128, 4, 4);
    assert_true(nn_shape_equal(&last, &want));
    test_free(shapes);
    nn_graph_free(g);
    nn_error err = {0};
    const nn_card card = {
        .network = "resnet18", .options = "stem=small", .task = "detect", .head = "fcos"};
    assert_int_equal(nn_zoo_graph(&g, &card, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "stem=small"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_stem),
        cmocka_unit_test(test_parameters_and_classes),
        cmocka_unit_test(test_auxiliary_classifiers),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_stochastic_depth),
        cmocka_unit_test(test_sizes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
