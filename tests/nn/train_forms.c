// SPDX-License-Identifier: MIT
// Heads of YOLOX and FastestDet in training: gradients by central differences, agreement with the
// decoders, and a training that keeps such a head.
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/ops/ops.h"
#include "nn/train/loss/detect_form.h"
#include "nn/train/transfer.h"
#include "nn/vision/decode/decode.h"
#include "nn/zoo/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 2, CLASSES = 3, H = 3, W = 4, PLANE = H * W, STRIDE = 16 };

typedef struct head {
    float cls[BATCH * CLASSES * PLANE], box[BATCH * 4 * PLANE], obj[BATCH * PLANE];
    float cls_grad[BATCH * CLASSES * PLANE], box_grad[BATCH * 4 * PLANE], obj_grad[BATCH * PLANE];
    nn_detect_level level;
} head;

static void make_head(head *h, nn_detect_form form)
{
    nn_rng rng = nn_rng_seed(7);
    memset(h, 0, sizeof *h);
    for (int i = 0; i < BATCH * CLASSES * PLANE; i++)
        h->cls[i] = nn_rng_normal(&rng);
    for (int i = 0; i < BATCH * 4 * PLANE; i++)
        h->box[i] = nn_rng_normal(&rng) / 2;
    for (int i = 0; i < BATCH * PLANE; i++)
        h->obj[i] = nn_rng_normal(&rng);
    h->level = (nn_detect_level){.stride = STRIDE,
                                 .h = H,
                                 .w = W,
                                 .cls = h->cls,
                                 .box = h->box,
                                 .obj = h->obj,
                                 .cls_grad = h->cls_grad,
                                 .box_grad = h->box_grad,
                                 .obj_grad = h->obj_grad,
                                 .form = form};
}

// A weighted sum of a point's scores.
static double weighted_scores(const head *h, int n, int64_t i)
{
    double s[CLASSES], sum = 0;
    nn_detect_scores(&h->level, CLASSES, n, i, s);
    for (int c = 0; c < CLASSES; c++) {
        assert_true(fabs(s[c] - nn_detect_score(&h->level, CLASSES, n, c, i)) < 1e-12);
        sum += (c - 0.7) * s[c];
    }
    return sum;
}

static double weighted_box(const head *h, int n, int64_t i)
{
    double b[4];
    nn_detect_form_box(&h->level, n, i, b);
    return 0.5 * b[0] - 0.25 * b[1] + b[2] + 2 * b[3];
}

static void check_slope(const head *h, double (*value)(const head *, int, int64_t), int n,
                        int64_t i, float *x, float grad)
{
    const float keep = *x, step = 1e-3f;
    *x = keep + step;
    const double above = *x, up = value(h, n, i);
    *x = keep - step;
    const double slope = (up - value(h, n, i)) / (above - *x);
    *x = keep;
    assert_true(fabs(slope - grad) < 1e-4 + 1e-3 * fabs(slope));
}

static void check_gradients(nn_detect_form form)
{
    static head h;
    const double by_corner[4] = {0.5, -0.25, 1, 2};
    make_head(&h, form);
    for (int n = 0; n < BATCH; n++)
        for (int64_t i = 0; i < PLANE; i++) {
            double s[CLASSES], slope[CLASSES];
            nn_detect_scores(&h.level, CLASSES, n, i, s);
            for (int c = 0; c < CLASSES; c++)
                slope[c] = (c - 0.7) * s[c] * (1 - s[c]);
            nn_detect_add_slopes(&h.level, CLASSES, n, i, s, slope);
            for (int c = 0; c < CLASSES; c++) {
                const int64_t at = ((int64_t)n * CLASSES + c) * PLANE + i;
                check_slope(&h, weighted_scores, n, i, &h.cls[at], h.cls_grad[at]);
            }
            if (form == NN_DETECT_PLAIN)
                continue;
            check_slope(&h, weighted_scores, n, i, &h.obj[n * PLANE + i],
                        h.obj_grad[n * PLANE + i]);
            nn_detect_form_box_grad(&h.level, n, i, by_corner);
            for (int k = 0; k < 4; k++) {
                const int64_t at = ((int64_t)n * 4 + k) * PLANE + i;
                check_slope(&h, weighted_box, n, i, &h.box[at], h.box_grad[at]);
            }
        }
}

static void test_gradients(void **state)
{
    (void)state;
    check_gradients(NN_DETECT_PLAIN);
    check_gradients(NN_DETECT_YOLOX);
    check_gradients(NN_DETECT_FASTEST);
}

static nn_head_output map_of(const char *name, float *data, int channels)
{
    const nn_shape shape = nn_shape_4d(BATCH, channels, H, W);
    return (nn_head_output){.name = name, .tensor = nn_tensor_dense(NN_F32, shape, data)};
}

// The decoder finds the box and the best score of every cell as training sees them.
static void check_decoder(const char *name)
{
    static head h;
    const nn_decoder *d = nn_decoder_find(name);
    make_head(&h, nn_detect_form_of(name));
    const nn_head_output maps[] = {map_of("cls16", h.cls, CLASSES), map_of("box16", h.box, 4),
                                   map_of("obj16", h.obj, 1)};
    const nn_letterbox l = nn_letterbox_fit(W * STRIDE, H * STRIDE, W * STRIDE, H * STRIDE);
    const nn_decode_options o = {.classes = CLASSES};
    nn_candidates *found = nn_candidates_new();
    assert_non_null(d);
    assert_int_equal(d->check(d, maps, 3, H * STRIDE, W * STRIDE, CLASSES, NULL), NN_OK);
    assert_int_equal(d->check(d, maps, 3, H * STRIDE, W * STRIDE, 4, NULL), NN_ESHAPE);
    assert_int_equal(d->check(d, maps, 2, H * STRIDE, W * STRIDE, CLASSES, NULL), NN_ESHAPE);
    assert_int_equal(d->classes(d, maps, 3, H * STRIDE, W * STRIDE), CLASSES);
    d->decode(d, maps, 3, 1, &l, &o, found);
    int same = 0;
    for (int64_t i = 0; i < PLANE; i++) {
        double s[CLASSES], b[4];
        nn_detect_scores(&h.level, CLASSES, 1, i, s);
        nn_detect_form_box(&h.level, 1, i, b);
        for (int k = 0; k < nn_candidates_count(found); k++) {
            const nn_box *box = nn_candidates_at(found, k);
            const double best = fmax(fmax(s[0], s[1]), s[2]);
            same += fabs(s[box->label] - best) < 1e-9 && fabs((double)box->score - best) < 1e-5 &&
                    fabs((double)box->x1 - fmin(b[2], W * STRIDE)) < 1e-3 &&
                    fabs((double)box->y0 - fmax(b[1], 0)) < 1e-3;
        }
    }
    assert_int_equal(same, nn_candidates_count(found));
    assert_true(same > PLANE / 2); // those of some lie outside
    nn_candidates_free(found);
}

static void test_decoders(void **state)
{
    (void)state;
    check_decoder("yolox_maps");
    check_decoder("fastestdet_maps");
}

enum { SIDE = 96, WIDTH = 24, CELLS = SIDE / STRIDE };
static const char *const labels[CLASSES] = {"cat", "dog", "sheep"};

static nn_value layer(nn_graph *g, const char *name, nn_value x, int in, int out, int kernel)
{
    const nn_conv_spec spec = {.in = in,
                               .out = out,
                               .kernel = kernel,
                               .stride = kernel > 1 ? 2 : 1,
                               .pad = kernel / 2,
                               .bias = 1};
    x = nn_layer_conv(g, name, x, &spec);
    return kernel > 1 ? nn_layer_act(g, NAME("%s.relu", name), x, NN_ACT_RELU) : x;
}

// A network with FastestDet's outputs: objectness, box, classes at 1/16.
static nn_model *fastest_like(void)
{
    nn_graph *g = nn_graph_new();
    nn_value x = layer(g, "a", nn_graph_input(g, "x"), 3, 8, 3);
    x = layer(g, "b", x, 8, 16, 3);
    x = layer(g, "c", x, 16, WIDTH, 3);
    x = layer(g, "d", x, WIDTH, WIDTH, 3);
    const nn_softmax_params over = {.axis = 1};
    const nn_value cls = layer(g, "classes", x, WIDTH, CLASSES, 1);
    const nn_value part[] = {
        nn_layer_act(g, "objectness", layer(g, "object", x, WIDTH, 1, 1), NN_ACT_SIGMOID),
        layer(g, "sides", x, WIDTH, 4, 1),
        nn_graph_node(g, &nn_op_softmax, "softmax", &over, &cls, 1)};
    nn_graph_output(g, "out", nn_layer_concat(g, "out", part, 3, 1));
    nn_model *m;
    assert_int_equal(nn_model_new(&m, g, NULL), NN_OK);
    nn_model_init_random(m, 3);
    m->card = (nn_card){.task = "detect",
                        .head = "fastestdet",
                        .input_h = SIDE,
                        .input_w = SIDE,
                        .std = {1, 1, 1},
                        .threshold = 0.3f,
                        .iou_threshold = 0.6f};
    assert_int_equal(nn_card_set_labels(&m->card, labels, CLASSES, NULL), NN_OK);
    return m;
}

static nn_model *keep(const nn_model *from, const char *const *names, int count)
{
    float part[CLASSES * CLASSES];
    nn_transfer_report report;
    nn_model *m = NULL;
    nn_error err = {0};
    nn_class_parts(part, names, count, (const char *const *)from->card.labels, CLASSES, NULL);
    const nn_transfer_options o = {
        .classes = {names, count, part, CLASSES}, .input_h = SIDE, .input_w = SIDE, .seed = 3};
    if (nn_keep_head(&m, from, &o, &report, &err) != NN_OK)
        fail_msg("%s", err.text);
    return m;
}

static int find(const nn_model *m, nn_result *found)
{
    const nn_decoder *d = nn_decoder_find(m->card.head);
    const nn_shape image = nn_shape_4d(1, 3, SIDE, SIDE);
    const nn_letterbox l = nn_letterbox_fit(SIDE, SIDE, SIDE, SIDE);
    const nn_decode_options o = {.classes = m->card.label_count, .threshold = 0.1f};
    nn_candidates *c = nn_candidates_new();
    nn_head_output maps[3];
    nn_plan *plan;
    assert_int_equal(nn_plan_new(&plan, m, &image, 1, NULL, NULL), NN_OK);
    nn_rng rng = nn_rng_seed(9);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        nn_tensor_f32(nn_plan_input(plan, 0))[i] = nn_rng_normal(&rng);
    nn_plan_run(plan);
    const int n = nn_graph_output_count(m->graph);
    for (int i = 0; i < n; i++)
        maps[i] = (nn_head_output){.name = nn_graph_output_name(m->graph, i),
                                   .tensor = *nn_plan_output(plan, i)};
    assert_int_equal(d->check(d, maps, n, SIDE, SIDE, m->card.label_count, NULL), NN_OK);
    d->decode(d, maps, n, 0, &l, &o, c);
    assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = 1, .max_detections = CELLS * CELLS}, found), NN_OK);
    nn_candidates_free(c);
    nn_plan_free(plan);
    return found->count;
}

static void test_kept(void **state)
{
    (void)state;
    nn_model *from = fastest_like(), *m = keep(from, labels, CLASSES);
    assert_string_equal(m->card.head, "fastestdet_maps");
    assert_int_equal(nn_graph_output_count(m->graph), 3);
    nn_result a, b;
    nn_result_init(&a);
    nn_result_init(&b);
    assert_int_equal(find(from, &a), find(m, &b));
    assert_true(a.count > CELLS);
    for (int i = 0; i < a.count; i++)
        assert_true(a.boxes[i].label == b.boxes[i].label &&
                    fabsf(a.boxes[i].score - b.boxes[i].score) < 1e-5f &&
                    fabsf(a.boxes[i].x0 - b.boxes[i].x0) < 1e-2f);
    nn_result_release(&a);
    nn_result_release(&b);
    // A kept head can be kept again; another head with the same layers is refused.
    nn_model *again = keep(m, labels, 1);
    assert_string_equal(again->card.head, "fastestdet_maps");
    nn_model_free(again);
    snprintf(from->card.head, sizeof from->card.head, "yolox");
    again = keep(from, labels + 1, 2);
    assert_string_equal(again->card.head, "yolox_maps");
    nn_model_free(again);
    nn_model_free(m);
    nn_model_free(from);
}

static void check_learning(const char *head)
{
    const char *const names[] = {"cat", "standing"};
    nn_model *from = fastest_like();
    snprintf(from->card.head, sizeof from->card.head, "%s", head);
    nn_model *m = keep(from, names, 2);
    nn_dataset d;
    nn_trainer *t;
    nn_error err = {0};
    training_boxes(&d, SIDE, 32, 3);
    const nn_trainer_options o = training_options(SIDE, 12);
    if (nn_trainer_new(&t, m, &d, &o, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    double first = 0, last = 0;
    for (int i = 0; i < 48; i++) {
        nn_trainer_report r;
        assert_int_equal(nn_trainer_step(t, &r, &err), NN_OK);
        assert_true(isfinite(r.grad_norm));
        first += i < 8 ? r.value.loss / 8 : 0;
        last += i >= 40 ? r.value.loss / 8 : 0;
    }
    print_message("%s: loss %.3f -> %.3f\n", head, first, last);
    assert_true(last < 0.7 * first);
    nn_trainer_free(t);
    nn_dataset_release(&d);
    nn_model_free(m);
    nn_model_free(from);
}

static void test_learns(void **state)
{
    (void)state;
    check_learning("fastestdet");
    check_learning("yolox");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_decoders),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
