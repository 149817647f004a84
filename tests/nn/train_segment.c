// SPDX-License-Identifier: MIT
// Segmentation: gradients of the loss by central differences, scores worked out by hand, the head
// of every network, and a whole training of a small one.
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/eval/mask_metrics.h"
#include "nn/train/loss/segment_loss.h"
#include "nn/train/trainer.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 2, CLASSES = 3, LH = 3, LW = 4, H = 12, W = 16 };
enum { LOGITS = BATCH * CLASSES * LH * LW, PIXELS = BATCH * H * W };

typedef struct problem {
    float logits[LOGITS], grad[LOGITS];
    uint8_t labels[PIXELS];
    nn_segment_maps maps;
} problem;

static void make_problem(problem *p, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int i = 0; i < LOGITS; i++)
        p->logits[i] = 1.5f * nn_rng_normal(&rng);
    for (int i = 0; i < PIXELS; i++)
        p->labels[i] = (uint8_t)((i / 5 + i / W) % CLASSES);
    for (int i = 0; i < PIXELS; i += 7)
        p->labels[i] = NN_MASK_IGNORE;
    p->maps = (nn_segment_maps){.batch = BATCH,
                                .classes = CLASSES,
                                .h = LH,
                                .w = LW,
                                .height = H,
                                .width = W,
                                .logits = p->logits,
                                .labels = p->labels,
                                .grad = p->grad};
}

static nn_segment_loss *make_loss(const problem *p, const nn_segment_loss_options *o)
{
    nn_segment_loss *l;
    assert_int_equal(nn_segment_loss_new(&l, o, &p->maps, NULL), NN_OK);
    return l;
}

static double loss_of(nn_segment_loss *l, problem *p)
{
    const nn_segment_loss_value v = nn_segment_loss_grad(l, &p->maps, 1);
    return v.entropy + v.dice;
}

static void check_gradient(const nn_segment_loss_options *o, uint64_t seed)
{
    static problem p;
    float grad[LOGITS];
    double largest = 0;
    make_problem(&p, seed);
    nn_segment_loss *l = make_loss(&p, o);
    nn_segment_loss_grad(l, &p.maps, 2);
    memcpy(grad, p.grad, sizeof grad);
    for (int i = 0; i < LOGITS; i++)
        largest = fmax(largest, fabs((double)grad[i]));
    assert_true(largest > 1e-3);
    for (int i = 0; i < LOGITS; i++) {
        const float keep = p.logits[i];
        p.logits[i] = keep + 1e-2f;
        const double above = (double)p.logits[i], up = loss_of(l, &p);
        p.logits[i] = keep - 1e-2f;
        const double slope = 2 * (up - loss_of(l, &p)) / (above - (double)p.logits[i]);
        p.logits[i] = keep;
        if (!(fabs(slope - (double)grad[i]) < 2e-3 * largest))
            fail_msg("logit %d: %g, by differences %g", i, (double)grad[i], slope);
    }
    nn_segment_loss_free(l);
}

static void test_gradients(void **state)
{
    (void)state;
    nn_segment_loss_options o = {0};
    check_gradient(&o, 1);
    o.weight[0] = 0.3f;
    o.weight[2] = 4;
    check_gradient(&o, 2);
    o.dice = 1.5f;
    check_gradient(&o, 3);
}

static void test_threads(void **state)
{
    (void)state;
    static problem p;
    float grad[LOGITS];
    nn_segment_loss_options o = {.dice = 0.7f};
    make_problem(&p, 4);
    nn_segment_loss *l = make_loss(&p, &o);
    const nn_segment_loss_value alone = nn_segment_loss_grad(l, &p.maps, 1);
    memcpy(grad, p.grad, sizeof grad);
    nn_segment_loss_free(l);
    o.pool = nn_pool_new(2);
    l = make_loss(&p, &o);
    for (int i = 0; i < 20; i++) {
        const nn_segment_loss_value v = nn_segment_loss_grad(l, &p.maps, 1);
        assert_memory_equal(p.grad, grad, sizeof grad);
        assert_true(v.entropy == alone.entropy && v.dice == alone.dice && v.hits == alone.hits);
    }
    nn_segment_loss_free(l);
    nn_pool_free(o.pool);
}

static void test_values(void **state)
{
    (void)state;
    static problem p;
    nn_segment_loss_options o = {0};
    make_problem(&p, 1);
    for (int i = 0; i < LOGITS; i++) // the same for all pixels: class 1 is the likeliest
        p.logits[i] = i / (LH * LW) % CLASSES == 1 ? 2 : 0;
    nn_segment_loss *l = make_loss(&p, &o);
    nn_segment_loss_value v = nn_segment_loss_grad(l, &p.maps, 1);
    double ones = 0, all = 0;
    for (int i = 0; i < PIXELS; i++) {
        ones += p.labels[i] == 1;
        all += p.labels[i] != NN_MASK_IGNORE;
    }
    const double log_sum = log(exp(2.0) + 2);
    assert_true(fabs(v.entropy - (log_sum - 2 * ones / all)) < 1e-5);
    assert_true(v.pixels == (int64_t)all && v.hits == (int64_t)ones);
    nn_segment_loss_free(l);
    // Nothing to learn: no loss and no gradient, however large the logits.
    memset(p.labels, NN_MASK_IGNORE, sizeof p.labels);
    o.dice = 1;
    l = make_loss(&p, &o);
    v = nn_segment_loss_grad(l, &p.maps, 1);
    assert_true(v.entropy == 0 && v.dice == 0 && v.pixels == 0);
    for (int i = 0; i < LOGITS; i++)
        assert_true(p.grad[i] == 0);
    // All right and sure of it.
    memset(p.labels, 1, sizeof p.labels);
    for (int i = 0; i < LOGITS; i++)
        p.logits[i] = i / (LH * LW) % CLASSES == 1 ? 60 : -60;
    v = nn_segment_loss_grad(l, &p.maps, 1);
    assert_true(v.entropy < 1e-6 && fabs(v.dice) < 1e-6 && v.hits == PIXELS);
    nn_segment_loss_free(l);
}

static void pack(nn_mask *m, const char *text, int width)
{
    const int n = (int)strlen(text);
    uint8_t labels[64];
    for (int i = 0; i < n; i++)
        labels[i] = text[i] == '.' ? NN_MASK_IGNORE : (uint8_t)(text[i] - '0');
    assert_int_equal(nn_mask_pack(m, labels, width, n / width, NULL), NN_OK);
}

static void test_weights(void **state)
{
    (void)state;
    nn_sample samples[2] = {{0}};
    nn_dataset d = {.samples = samples, .count = 2};
    float w[4];
    pack(&samples[0].mask, "0000000000000001", 4);
    pack(&samples[1].mask, "0000.......0003.", 4);
    nn_segment_weights(&d, 4, w);
    // 22, 1, 0 and 1 of 24 pixels.
    const double rare = 1 / log(1.02 + 1.0 / 24), common = 1 / log(1.02 + 22.0 / 24);
    const double scale = 3 / (2 * rare + common);
    assert_true(fabs((double)w[0] - scale * common) < 1e-5);
    assert_true(fabs((double)w[1] - scale * rare) < 1e-5 && w[3] == w[1] && w[2] == 1);
    for (int i = 0; i < 2; i++)
        nn_mask_release(&samples[i].mask);
}

static void test_metrics(void **state)
{
    (void)state;
    nn_mask_metrics *m = nn_mask_metrics_new(4);
    nn_mask truth;
    double wrong;
    uint8_t half[] = {0, 1, 1, 2}; // 2 x 2 places for 4 x 4 pixels
    const nn_label_map map = {.label = half, .width = 2, .height = 2};
    pack(&truth,
         "0011"
         "001."
         "0022"
         "1.22",
         4);
    assert_int_equal(nn_mask_metrics_add(m, &truth, &map, &wrong, NULL), NN_OK);
    // Predicted: 0011 001- 1122 1-22. Right: 4 of 0, 3 of 1, 4 of 2; one 0 is taken for 1.
    assert_true(fabs(wrong - 2.0 / 14) < 1e-9 || fabs(wrong - 1.0 / 14) < 1e-9);
    const nn_mask_score zero = nn_mask_metrics_class(m, 0), one = nn_mask_metrics_class(m, 1);
    const nn_mask_score two = nn_mask_metrics_class(m, 2), three = nn_mask_metrics_class(m, 3);
    assert_int_equal(zero.truths, 6);
    assert_int_equal(zero.predicted, 4);
    assert_int_equal(nn_mask_metrics_confusion(m, 0, 1), 2);
    assert_true(fabs(zero.iou - 4.0 / 6) < 1e-9 && zero.precision == 1);
    assert_true(fabs(zero.recall - 4.0 / 6) < 1e-9);
    assert_true(fabs(one.iou - 4.0 / 6) < 1e-9 && fabs(one.precision - 4.0 / 6) < 1e-9);
    assert_true(two.iou == 1 && two.hits == 4 && isnan(three.iou));
    nn_mask_summary s = nn_mask_metrics_summary(m);
    assert_true(fabs(s.miou - (4.0 / 6 + 4.0 / 6 + 1) / 3) < 1e-9);
    assert_true(s.pixels == 14 && fabs(s.pixel_accuracy - 12.0 / 14) < 1e-9);
    nn_error err = {0};
    half[0] = 4;
    assert_int_equal(nn_mask_metrics_add(m, &truth, &map, NULL, &err), NN_EFORMAT);
    assert_int_equal(nn_mask_metrics_add(m, &truth, &(nn_label_map){0}, NULL, &err), NN_EFORMAT);
    nn_mask_release(&truth);
    nn_mask_metrics_free(m);
    m = nn_mask_metrics_new(2);
    s = nn_mask_metrics_summary(m);
    assert_true(isnan(s.miou) && isnan(s.pixel_accuracy));
    nn_mask_metrics_free(m);
}

static nn_status build(nn_model **m, const char *network, const char *options, nn_error *err)
{
    nn_card card = {.input_h = 64, .input_w = 64, .task = "segment", .head = "segment"};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.options, sizeof card.options, "%s", options);
    return nn_zoo_build(m, &card, err);
}

static void test_networks(void **state)
{
    (void)state;
    int heads = 0;
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        nn_card card = {.options = "classes=5,neck=8", .task = "segment", .head = "segment"};
        snprintf(card.network, sizeof card.network, "%s", net->name);
        nn_graph *g;
        nn_error err = {0};
        const nn_status status = nn_zoo_graph(&g, &card, &err);
        if (!net->features) {
            assert_int_equal(status, NN_EUNSUPPORTED);
            assert_non_null(strstr(err.text, net->upscale ? "for the task 'upscale'"
                                                          : "no feature maps for a head"));
            continue;
        }
        if (status != NN_OK)
            fail_msg("%s: %s", net->name, err.text);
        const nn_shape input = nn_shape_4d(2, 3, 96, 64);
        nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
        assert_int_equal(nn_graph_infer(g, &input, 1, shapes, NULL, &err), NN_OK);
        assert_int_equal(nn_graph_output_count(g), 1);
        assert_string_equal(nn_graph_output_name(g, 0), "mask");
        const int64_t *dim = shapes[nn_graph_output_at(g, 0)].dim;
        if (!(dim[0] == 2 && dim[1] == 5 && (dim[2] == 24 || dim[2] == 23 || dim[2] == 12) &&
              (dim[3] == 16 || dim[3] == 15 || dim[3] == 8)))
            fail_msg("%s: %dx%d", net->name, (int)dim[2], (int)dim[3]);
        nn_free(shapes);
        nn_graph_free(g);
        heads++;
    }
    assert_true(heads >= 10);
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(build(&m, "resnet18", "levels=8+16", &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "levels=4 or levels=8"));
    nn_card card = {.network = "resnet18", .task = "segment", .head = "fcos"};
    assert_int_equal(nn_zoo_build(&m, &card, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "for the task 'detect', not 'segment'"));
    assert_int_equal(build(&m, "resnet18", "alpha=0.125,classes=3,levels=8,neck=4", &err), NN_OK);
    nn_model_free(m);
}

// Pictures with a dark left and a bright right part, divided at a random column.
static void add_pictures(nn_dataset *d, int count, int side)
{
    nn_rng rng = nn_rng_seed(9);
    int index;
    const nn_source source = {.path = "memory"};
    assert_int_equal(nn_dataset_init(d, 0, (nn_notes){0}, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_source(d, &source, &index, NULL), NN_OK);
    uint8_t *labels = nn_alloc((size_t)side * side);
    for (int n = 0; n < count; n++) {
        nn_sample s = {.name = nn_strdup("x"),
                       .width = side,
                       .height = side,
                       .image = {side, side, nn_alloc((size_t)3 * side * side)},
                       .in_memory = true};
        const int cut = side / 4 + (int)nn_rng_below(&rng, side / 2);
        for (int i = 0; i < side * side; i++) {
            labels[i] = i % side >= cut;
            const int level = (labels[i] ? 150 : 60) + (int)nn_rng_below(&rng, 60);
            memset(s.image.rgb + (size_t)3 * i, level, 3);
        }
        assert_int_equal(nn_mask_pack(&s.mask, labels, side, side, NULL), NN_OK);
        assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
    }
    nn_free(labels);
}

static void test_training(void **state)
{
    (void)state;
    nn_dataset d;
    nn_model *m;
    nn_trainer *t;
    nn_error err = {0};
    nn_trainer_options o;
    add_pictures(&d, 8, 64);
    if (build(&m, "resnet18", "alpha=0.0625,classes=2,levels=8,neck=8", &err) != NN_OK)
        fail_msg("%s", err.text);
    const char *const labels[] = {"dark", "bright"};
    assert_int_equal(nn_card_set_labels(&m->card, labels, 2, NULL), NN_OK);
    nn_trainer_init_model(m, &d, 1);
    nn_trainer_defaults(&o);
    o.batch = 4;
    o.height = o.width = 64;
    o.epochs = 20;
    o.schedule.rate = 5e-3f;
    o.schedule.warmup = 0;
    o.task.segment.dice = 0.5f;
    assert_int_equal(nn_trainer_new(&t, m, &d, &o, NULL, &err), NN_OK);
    double first = 0, last = 0, right = 0;
    for (int i = 0; i < 40; i++) {
        nn_trainer_report r;
        assert_int_equal(nn_trainer_step(t, &r, &err), NN_OK);
        first = i == 0 ? r.value.loss : first;
        last = r.value.loss;
        right = (double)r.value.hits / 4000;
        assert_true(r.value.part[1] > 0 && r.grad_norm > 0);
    }
    if (!(last < 0.6 * first && right > 0.9))
        fail_msg("loss %g, then %g; %g of the pixels are right", first, last, right);
    nn_trainer_free(t);
    nn_model_free(m);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_values),    cmocka_unit_test(test_weights),
        cmocka_unit_test(test_metrics),   cmocka_unit_test(test_networks),
        cmocka_unit_test(test_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
