// SPDX-License-Identifier: MIT
// The zoo: options as text, what a card may ask for, the head's outputs, initial values.
#include "nn/zoo/zoo.h"

#include "nn/graph/backward.h"
#include "nn/graph/plan.h"
#include "nn/zoo/heads.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static nn_card make_card(const char *options, const char *task, const char *head)
{
    nn_card card = {.network = "neroscale_alexpp"};
    snprintf(card.options, sizeof card.options, "%s", options);
    snprintf(card.task, sizeof card.task, "%s", task);
    snprintf(card.head, sizeof card.head, "%s", head);
    return card;
}

static nn_model *build(const char *options, const char *task, const char *head)
{
    nn_card card = make_card(options, task, head);
    nn_model *m;
    nn_error err = {0};
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static double count_macs(const nn_model *m)
{
    const nn_graph *g = m->graph;
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    double *macs = test_calloc((size_t)nn_graph_node_count(g), sizeof *macs), sum = 0;
    const nn_shape image = nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
    assert_int_equal(nn_graph_infer(g, &image, 1, shapes, macs, NULL), NN_OK);
    for (int i = 0; i < nn_graph_node_count(g); i++)
        sum += macs[i];
    test_free(shapes);
    test_free(macs);
    return sum;
}

static void test_tables(void **state)
{
    (void)state;
    assert_true(nn_zoo_count() >= 1 && nn_zoo_head_count() >= 1);
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        assert_ptr_equal(nn_zoo_find(net->name), net);
        assert_true(net->input_h > 0 && net->input_w > 0 && net->std[0] > 0);
        nn_zoo_options o;
        assert_int_equal(nn_zoo_parse_options(net, NULL, "", &o, NULL), NN_OK);
        char text[256], again[256];
        nn_zoo_format_options(net, NULL, &o, text, sizeof text);
        assert_int_equal(nn_zoo_parse_options(net, NULL, text, &o, NULL), NN_OK);
        nn_zoo_format_options(net, NULL, &o, again, sizeof again);
        assert_string_equal(text, again);
    }
    for (int i = 0; i < nn_zoo_head_count(); i++)
        assert_ptr_equal(nn_zoo_head_find(nn_zoo_head_at(i)->name), nn_zoo_head_at(i));
    assert_null(nn_zoo_find("lenet"));
    assert_null(nn_zoo_head_find(""));
}

static void test_options(void **state)
{
    (void)state;
    const nn_zoo_net *net = nn_zoo_find("neroscale_alexpp");
    const nn_zoo_head *head = nn_zoo_head_find("fcos");
    nn_zoo_options o;
    assert_int_equal(
        nn_zoo_parse_options(net, head, "alpha=.25,classes=3,attention=cbam,levels=8+16", &o, NULL),
        NN_OK);
    assert_true(o.alpha == 0.25f && o.beta == 1 && o.classes == 3);
    assert_string_equal(o.attention, "cbam");
    assert_string_equal(o.levels, "8+16");
    assert_true(o.drop == 0);
    char text[256];
    nn_zoo_format_options(net, head, &o, text, sizeof text);
    assert_string_equal(text, "classes=3,alpha=0.25,beta=1,attention=cbam,transformer=0,"
                              "stochastic_depth=0,drop=0,levels=8+16,neck=48");
    char small[12];
    nn_zoo_format_options(net, head, &o, small, sizeof small);
    assert_string_equal(small, "classes=3,a");
}

// A card's text builds the network that the options meant, however many digits that takes.
static void test_numbers_come_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"alpha=0.05208334", "alpha=0.3333333", "beta=0.00001",
                                        "beta=0.000000000000001", "drop=1.9999999"};
    const nn_zoo_net *net = nn_zoo_find("neroscale_alexpp");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nn_zoo_options o, again;
        char text[256];
        assert_int_equal(nn_zoo_parse_options(net, NULL, texts[i], &o, NULL), NN_OK);
        nn_zoo_format_options(net, NULL, &o, text, sizeof text);
        assert_int_equal(nn_zoo_parse_options(net, NULL, text, &again, NULL), NN_OK);
        assert_true(o.alpha == again.alpha && o.beta == again.beta && o.drop == again.drop);
    }
}

static void test_wrong_options(void **state)
{
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"width=2", "no option 'width'; it has classes,alpha"},
        {"levels=8", "no option 'levels'"},
        {"alpha", "alpha="},
        {"alpha=", "alpha="},
        {"alpha=-1", "alpha=-1"},
        {"alpha=nan", "alpha=nan"},
        {"alpha=1e9", "alpha=1e9"},
        {"alpha=9", "from 0.01 to 8"},
        {"alpha=1.2.3", "alpha=1.2.3"},
        {"alpha=1,25", "no option '25'"},
        {"alpha=0", "from 0.01 to 8"},
        {"classes=2.5", "whole number"},
        {"classes=-1", "classes=-1"},
        {"classes=99999999999999999999", "classes="},
        {"attention=", "se,cbam,none"},
        {"attention=s", "se,cbam,none"},
        {"attention=se,cbam,none", "no option 'cbam'"},
        {"=1", "no option ''"},
        {",", "no option ''"},
    };
    const nn_zoo_net *net = nn_zoo_find("neroscale_alexpp");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_zoo_options o;
        nn_error err = {0};
        nn_status status = nn_zoo_parse_options(net, NULL, cases[i].text, &o, &err);
        if (status != NN_EINVAL || !strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
    // What others have and this one cannot: the reason.
    nn_zoo_options o;
    nn_error err = {0};
    assert_int_equal(
        nn_zoo_parse_options(nn_zoo_find("densenet121"), NULL, "stochastic_depth=0.2", &o, &err),
        NN_EINVAL);
    assert_string_equal(err.text,
                        "densenet121 has no option 'stochastic_depth', which needs residual "
                        "sums, whose branches it leaves out; it has classes");
}

static void test_wrong_cards(void **state)
{
    (void)state;
    const struct {
        const char *network, *options, *task, *head;
        nn_status status;
        const char *says;
    } cases[] = {
        {"lenet", "", "classify", "", NN_ENOTFOUND, "lenet"},
        {"neroscale_alexpp", "", "", "", NN_EINVAL, "no head"},
        {"neroscale_alexpp", "", "detect", "", NN_ENOTFOUND, "no head"},
        {"neroscale_alexpp", "", "detect", "yolo9000", NN_ENOTFOUND, "yolo9000"},
        {"neroscale_alexpp", "depth=3", "detect", "fcos", NN_EINVAL, "levels,neck"},
        {"neroscale_alexpp", "levels=64", "detect", "fcos", NN_EINVAL, "8+16"},
        {"neroscale_alexpp", "aux=1", "classify", "", NN_EINVAL, "no option 'aux'"},
        {"resnet18", "scale=s", "classify", "", NN_EINVAL, "no option 'scale'"},
        {"neroscale_alexpp", "scale=xl", "classify", "", NN_EINVAL, "nano,s,m,l,x"},
        {"neroscale_alexpp", "alpha=0.4,scale=s", "classify", "", NN_EINVAL,
         "scale=s is alpha=0.5,beta=0.71"},
        {"neroscale_alexpp", "scale=l,beta=1", "classify", "", NN_EINVAL, "leave out scale"},
        {"googlenet", "aux=2", "classify", "", NN_EINVAL, "aux=2"},
        {"neroscale_alexpp", "classes=0", "detect", "fcos", NN_EINVAL,
         "only for the task 'pretrain'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_card card = make_card(cases[i].options, cases[i].task, cases[i].head);
        snprintf(card.network, sizeof card.network, "%s", cases[i].network);
        nn_model *m = NULL;
        nn_error err = {0};
        nn_status status = nn_zoo_build(&m, &card, &err);
        if (status != cases[i].status || !strstr(err.text, cases[i].says))
            fail_msg("%s %s: %s", cases[i].network, cases[i].options, err.text);
        assert_null(m);
    }
    nn_card card = make_card("classes=3", "detect", "fcos");
    assert_int_equal(nn_card_set_labels(&card, (const char *const[]){"car", "bus"}, 2, NULL),
                     NN_OK);
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "2 labels"));
    nn_card_release(&card);
}

static void test_card_is_completed(void **state)
{
    (void)state;
    nn_model *m = build("classes=2,alpha=0.25", "detect", "fcos");
    assert_int_equal(m->card.input_h, 224);
    assert_true(m->card.std[2] > 0);
    assert_string_equal(m->card.options, "classes=2,alpha=0.25,beta=1,attention=se,transformer=0,"
                                         "stochastic_depth=0,drop=0,levels=8,neck=48");
    nn_model_free(m);
    nn_card card = make_card("", "classify", "");
    card.input_h = 96;
    card.input_w = 128;
    card.std[0] = card.std[1] = card.std[2] = 1;
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    assert_int_equal(m->card.input_w, 128);
    assert_true(m->card.mean[0] == 0 && m->card.std[0] == 1);
    nn_model_free(m);
}

// One number gives width, depth and input (Tan 2019, section 3.3): 4^(phi/6), 2^(phi/6) and
// 224 * 1.4^(phi/6), and the multiply-adds grow as 2^phi. The card tells the scale, and a network
// made from it is the same.
static void test_scales(void **state)
{
    (void)state;
    const struct {
        const char *scale;
        double phi;
    } scales[] = {{"nano", -6}, {"s", -3}, {"m", 0}, {"l", 2}, {"x", 4}};
    double macs[5];
    for (int i = 0; i < 5; i++) {
        char text[64], want[64];
        nn_error err = {0};
        snprintf(text, sizeof text, "classes=10,scale=%s", scales[i].scale);
        nn_model *m = build(text, "classify", ""), *again;
        const double depth = pow(2, scales[i].phi / 6), side = 224 * pow(1.4, scales[i].phi / 6);
        snprintf(want, sizeof want, "classes=10,scale=%s,alpha=%g,beta=%g,", scales[i].scale,
                 round(100 * depth * depth) / 100, round(100 * depth) / 100);
        if (strncmp(m->card.options, want, strlen(want)) != 0)
            fail_msg("%s: %s", want, m->card.options);
        assert_int_equal(m->card.input_w, 32 * (int)(side / 32 + 0.5));
        assert_int_equal(m->card.input_h, m->card.input_w);
        assert_int_equal(nn_zoo_build(&again, &m->card, &err), NN_OK);
        assert_string_equal(again->card.options, m->card.options);
        assert_true(nn_model_param_count(again) == nn_model_param_count(m));
        macs[i] = count_macs(m);
        nn_model_free(again);
        nn_model_free(m);
    }
    for (int i = 1; i < 5; i++) { // widths are multiples of 8 and sides of 32
        const double grown = log2(macs[i] / macs[i - 1]), steps = scales[i].phi - scales[i - 1].phi;
        assert_true(fabs(grown - steps) < 0.35 * steps);
    }
    // The named form is the same network for a larger input.
    nn_model *nano = build("classes=10,scale=nano", "classify", "");
    nn_card card = {
        .network = "neroscale_alexpp_nano", .options = "classes=10", .task = "classify"};
    nn_model *named;
    assert_int_equal(nn_zoo_build(&named, &card, NULL), NN_OK);
    assert_true(nn_model_param_count(nano) == nn_model_param_count(named));
    nn_model_free(named);
    nn_model_free(nano);
    // A size that is given stays, and heads take scales, too.
    nn_model *detector = build("classes=2,scale=nano", "detect", "fcos");
    assert_int_equal(detector->card.input_w, 160);
    nn_model_free(detector);
}

// The rate of a network follows `drop` until it is given itself.
static void test_rates_of_stochastic_depth(void **state)
{
    (void)state;
    const nn_zoo_net *net = nn_zoo_find("efficientnet_b0");
    const nn_zoo_head *head = nn_zoo_head_find("fcos");
    const struct {
        const char *text;
        const nn_zoo_head *head;
        float rate;
    } cases[] = {{"", NULL, 0.2f},    {"drop=0.5", NULL, 0.1f},
                 {"drop=0", NULL, 0}, {"drop=0,stochastic_depth=0.3", NULL, 0.3f},
                 {"", head, 0},       {"stochastic_depth=0.3", head, 0.3f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_zoo_options o;
        assert_int_equal(nn_zoo_parse_options(net, cases[i].head, cases[i].text, &o, NULL), NN_OK);
        assert_true(o.stochastic_depth == cases[i].rate);
    }
}

static void check_levels(const char *levels, int count, const int *strides)
{
    char options[96];
    snprintf(options, sizeof options, "classes=3,alpha=0.125,beta=0.25,neck=8,levels=%s", levels);
    nn_model *m = build(options, "detect", "fcos");
    assert_int_equal(nn_graph_output_count(m->graph), 2 * count);
    nn_plan *plan;
    nn_error err = {0};
    nn_shape shape = nn_shape_4d(2, 3, 96, 64);
    if (nn_plan_new_training(&plan, m, &shape, 1, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < count; i++) {
        char cls[8], box[8];
        snprintf(cls, sizeof cls, "cls%d", strides[i]);
        snprintf(box, sizeof box, "box%d", strides[i]);
        assert_string_equal(nn_graph_output_name(m->graph, 2 * i), cls);
        assert_string_equal(nn_graph_output_name(m->graph, 2 * i + 1), box);
        // The stem leaves one cell less at 1/4.
        int edge = strides[i] == 4;
        nn_shape want = nn_shape_4d(2, 3, 96 / strides[i] - edge, 64 / strides[i] - edge);
        assert_true(nn_shape_equal(&nn_plan_output(plan, 2 * i)->shape, &want));
        want.dim[1] = 4;
        assert_true(nn_shape_equal(&nn_plan_output(plan, 2 * i + 1)->shape, &want));
    }
    // Every weight takes part: none is built and left unused.
    nn_model_init_reference(m);
    const nn_tensor *image = nn_plan_input(plan, 0);
    for (int64_t k = 0; k < nn_shape_count(&image->shape); k++)
        nn_tensor_f32(image)[k] = (float)(k * 7919 % 256) / 128 - 1;
    nn_plan_zero_grads(plan);
    nn_plan_run(plan);
    for (int i = 0; i < 2 * count; i++) {
        const nn_tensor *g = nn_plan_output_grad(plan, i);
        for (int64_t k = 0; k < nn_shape_count(&g->shape); k++)
            nn_tensor_f32(g)[k] = (float)(k % 7) - 2.5f;
    }
    nn_plan_backward(plan);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *g = nn_plan_param_grad(plan, i);
        double sum = 0;
        for (int64_t k = 0; g && g->data && k < nn_shape_count(&g->shape); k++)
            sum += fabs((double)nn_tensor_f32(g)[k]);
        if (info.param == NN_PARAM_WEIGHT && !(sum > 0 && isfinite(sum)))
            fail_msg("levels=%s: %s gets no gradient", levels, info.name);
    }
    nn_plan_free(plan);
    nn_model_free(m);
}

static void test_head_levels(void **state)
{
    (void)state;
    check_levels("8", 1, (const int[]){8});
    check_levels("4", 1, (const int[]){4});
    check_levels("16", 1, (const int[]){16});
    check_levels("8+16", 2, (const int[]){8, 16});
    check_levels("4+8", 2, (const int[]){4, 8});
    check_levels("4+8+16", 3, (const int[]){4, 8, 16});
    check_levels("16+32", 2, (const int[]){16, 32});
    check_levels("8+16+32", 3, (const int[]){8, 16, 32});
}

static void test_init_random(void **state)
{
    (void)state;
    nn_model *a = build("classes=3,alpha=0.25,levels=8+16", "detect", "fcos");
    nn_model *b = build("classes=3,alpha=0.25,levels=8+16", "detect", "fcos");
    const float object[2] = {16, 40};
    nn_zoo_init_random(a, 7, object);
    nn_zoo_init_random(b, 7, object);
    for (int i = 0; i < nn_graph_param_count(a->graph); i++)
        assert_memory_equal(a->params[i].data, b->params[i].data, nn_tensor_bytes(&a->params[i]));
    for (int k = 0; k < 3; k++) {
        float logit = nn_tensor_f32(nn_model_param(a, "head.cls16.bias"))[k];
        assert_float_equal(1 / (1 + expf(-logit)), 0.01f, 1e-6f);
    }
    const float *box = nn_tensor_f32(nn_model_param(a, "head.box8.bias"));
    assert_float_equal(8 * expf(box[0]), 8, 1e-4f);
    assert_float_equal(8 * expf(box[1]), 20, 1e-4f);
    assert_float_equal(8 * expf(box[2]), 8, 1e-4f);
    assert_float_equal(8 * expf(box[3]), 20, 1e-4f);
    nn_zoo_init_random(b, 8, NULL);
    const char *const differ[] = {"block1.wide.weight", "head.cls8.weight",
                                  "head.tower16.conv.weight"};
    for (int i = 0; i < 3; i++)
        assert_memory_not_equal(nn_model_param(a, differ[i])->data,
                                nn_model_param(b, differ[i])->data, 16);
    nn_model_free(a);
    nn_model_free(b);
}

// Whichever allocation fails: an error, no model, nothing lost (the sanitizers look for leaks).
static void test_short_of_memory(void **state)
{
    (void)state;
    nn_card card = make_card("classes=2,alpha=0.125,beta=0.25,neck=8", "detect", "fcos");
    nn_model *m = NULL;
    nn_status status = NN_ENOMEM;
    long n = 0;
    for (; status != NN_OK && n < 5000; n++) {
        alloc_reset(n);
        nn_error err = {0};
        status = nn_zoo_build(&m, &card, &err);
        alloc_reset(-1);
        if (status != NN_OK) {
            assert_int_equal(status, NN_ENOMEM);
            assert_null(m);
        }
    }
    assert_int_equal(status, NN_OK);
    assert_true(n > 100);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_numbers_come_back),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_wrong_cards),
        cmocka_unit_test(test_card_is_completed),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_rates_of_stochastic_depth),
        cmocka_unit_test(test_head_levels),
        cmocka_unit_test(test_init_random),
        cmocka_unit_test(test_short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
