// SPDX-License-Identifier: MIT
// Maps with anchors: those of the card, levels in any order, Darknet's formulas in numbers, and
// outputs that do not match the anchors.
#include "nn/vision/decode/decode.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 96, H = 64, CLASSES = 2, COLUMNS = 5 + CLASSES, MOST = 4 };

// YOLOv4-tiny's: two levels of three anchors, the coarser one first.
static const nn_anchors tiny = {
    .count = 2,
    .level = {{32, 3, {{81, 82}, {135, 169}, {344, 319}}, 1.05f},
              {16, 3, {{23, 27}, {37, 58}, {81, 82}}, 1.05f}},
};

typedef struct outputs {
    nn_head_output list[MOST];
    int n;
} outputs;

// N x A (5 + classes) x H x W, filled with -9.
static nn_tensor *add(outputs *o, const char *name, int stride, int anchors,
                      const nn_anchors *of_card)
{
    nn_head_output *out = &o->list[o->n++];
    const nn_shape shape = nn_shape_4d(1, (int64_t)anchors * COLUMNS, (H + stride - 1) / stride,
                                       (W + stride - 1) / stride);
    out->name = name;
    out->anchors = of_card;
    assert_int_equal(nn_tensor_init(&out->tensor, NN_F32, &shape, NULL), NN_OK);
    for (int64_t i = 0; i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&out->tensor)[i] = -9;
    return &out->tensor;
}

static void release(outputs *o)
{
    for (int i = 0; i < o->n; i++)
        nn_tensor_release(&o->list[i].tensor);
}

static void plant(nn_tensor *t, int anchor, int x, int y, const float numbers[COLUMNS])
{
    const int64_t *d = t->shape.dim;
    for (int k = 0; k < COLUMNS; k++)
        nn_tensor_f32(t)[((anchor * COLUMNS + k) * d[2] + y) * d[3] + x] = numbers[k];
}

static nn_box only_box(const char *head, const outputs *o)
{
    const nn_decoder *d = nn_decoder_find(head);
    const nn_letterbox l = nn_letterbox_fit(W, H, W, H);
    const nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_error err = {0};
    nn_candidates *c = nn_candidates_new();
    if (d->check(d, o->list, o->n, H, W, CLASSES, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(d->classes(d, o->list, o->n, H, W), CLASSES);
    d->decode(d, o->list, o->n, 0, &l, &options, c);
    assert_int_equal(nn_candidates_count(c), 1);
    const nn_box box = *nn_candidates_at(c, 0);
    nn_candidates_free(c);
    return box;
}

static void expect_box(nn_box b, float cx, float cy, float w, float h, float score, int label)
{
    const float want[] = {fmaxf(cx - w / 2, 0), fmaxf(cy - h / 2, 0), fminf(cx + w / 2, W),
                          fminf(cy + h / 2, H)};
    const float have[] = {b.x0, b.y0, b.x1, b.y1};
    for (int i = 0; i < 4; i++)
        assert_float_equal(have[i], want[i], 1e-3f);
    assert_float_equal(b.score, score, 1e-5f);
    assert_int_equal(b.label, label);
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

static void test_anchors_of_the_card(void **state)
{
    (void)state;
    const float t[COLUMNS] = {0.25f, -0.5f, -0.5f, 0.125f, 2, -3, 1.5f};
    for (int swapped = 0; swapped < 2; swapped++) {
        outputs o = {0};
        for (int i = 0; i < 2; i++) {
            const int stride = i == swapped ? 32 : 16;
            nn_tensor *map = add(&o, stride == 32 ? "coarse" : "fine", stride, 3, &tiny);
            if (stride == 16)
                plant(map, 1, 3, 2, t);
        }
        const float k = 1.05f, x = 3 + k * sigmoid(0.25f) - 0.025f,
                    y = 2 + k * sigmoid(-0.5f) - 0.025f;
        expect_box(only_box("yolov3", &o), x * 16, y * 16, 37 * expf(-0.5f), 58 * expf(0.125f),
                   sigmoid(2) * sigmoid(1.5f), 1);
        const float w = 2 * sigmoid(-0.5f), h = 2 * sigmoid(0.125f);
        expect_box(only_box("yolov5_raw", &o), x * 16, y * 16, 37 * w * w, 58 * h * h,
                   sigmoid(2) * sigmoid(1.5f), 1);
        release(&o);
    }
}

// The sigmoid is already applied.
static void test_new_coords(void **state)
{
    (void)state;
    const float t[COLUMNS] = {0.5f, 0.75f, 0.5f, 0.25f, 0.875f, 0.75f, 0.5f};
    const nn_anchors one = {.count = 1, .level = {{8, 2, {{12, 16}, {40, 28}}, 2}}};
    outputs o = {0};
    plant(add(&o, "map", 8, 2, &one), 1, 5, 4, t);
    expect_box(only_box("yolov4_csp", &o), 5.5f * 8, 5 * 8, 40, 7, 0.875f * 0.75f, 0);
    release(&o);
}

// Classes of YOLOv2 add up to 1.
static void test_softmax(void **state)
{
    (void)state;
    const float t[COLUMNS] = {0, 0, 0, 0, 3, 1, 2};
    const nn_anchors one = {.count = 1, .level = {{32, 1, {{24, 12}}, 0}}};
    outputs o = {0};
    plant(add(&o, "map", 32, 1, &one), 0, 1, 1, t);
    expect_box(only_box("yolov2", &o), 48, 48, 24, 12, sigmoid(3) / (1 + expf(-1)), 1);
    release(&o);
}

static void expect_refused(const outputs *o, int classes, const char *says)
{
    const nn_decoder *d = nn_decoder_find("yolov3");
    nn_error err = {0};
    assert_int_equal(d->check(d, o->list, o->n, H, W, classes, &err), NN_ESHAPE);
    if (!strstr(err.text, says))
        fail_msg("no '%s' in '%s'", says, err.text);
}

static void test_outputs_that_do_not_fit(void **state)
{
    (void)state;
    outputs o = {0};
    add(&o, "coarse", 32, 3, &tiny);
    expect_refused(&o, CLASSES, "Nx3(5 + classes)x2x3, Nx3(5 + classes)x4x6");
    add(&o, "coarse2", 32, 3, &tiny); // the same twice
    expect_refused(&o, CLASSES, "coarse2 1x21x2x3");
    nn_tensor_release(&o.list[--o.n].tensor);
    add(&o, "fine", 16, 2, &tiny); // two anchors in place of three
    expect_refused(&o, CLASSES, "fine 1x14x4x6");
    nn_tensor_release(&o.list[--o.n].tensor);
    add(&o, "fine", 16, 3, &tiny);
    expect_refused(&o, CLASSES + 1, "for 3 classes");
    for (int i = 0; i < o.n; i++)
        o.list[i].anchors = NULL; // YOLOv3's three levels
    expect_refused(&o, CLASSES, "x8x12");
    release(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchors_of_the_card),
        cmocka_unit_test(test_new_coords),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_outputs_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
