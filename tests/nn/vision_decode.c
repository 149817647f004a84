// SPDX-License-Identifier: MIT
// The decoder of the dense head on maps made by hand, and its refusal of foreign outputs.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/decode/decode.h"

#include <math.h>
#include <string.h>

#include "tests/support/test.h"

enum { CLASSES = 3, LEVELS = 2, BATCH = 2 };

typedef struct head {
    nn_head_output output[2 * LEVELS];
} head;

// Levels 8 and 16 of a 96 x 64 input (width x height); nothing found.
static head make_head(void)
{
    static const char *const names[] = {"cls8", "box8", "cls16", "box16"};
    head h;
    for (int i = 0; i < 2 * LEVELS; i++) {
        int stride = i < 2 ? 8 : 16;
        nn_shape s = nn_shape_4d(BATCH, i % 2 ? 4 : CLASSES, 64 / stride, 96 / stride);
        h.output[i].name = names[i];
        assert_int_equal(nn_tensor_init(&h.output[i].tensor, NN_F32, &s, NULL), NN_OK);
        for (int64_t k = 0; i % 2 == 0 && k < nn_shape_count(&s); k++)
            nn_tensor_f32(&h.output[i].tensor)[k] = -9;
    }
    return h;
}

static void release_head(head *h)
{
    for (int i = 0; i < 2 * LEVELS; i++)
        nn_tensor_release(&h->output[i].tensor);
}

static float *at(head *h, int output, int item, int channel, int y, int x)
{
    const nn_tensor *t = &h->output[output].tensor;
    const int64_t *d = t->shape.dim;
    return nn_tensor_f32(t) + ((item * d[1] + channel) * d[2] + y) * d[3] + x;
}

static void put(head *h, int level, int item, int label, int y, int x, float logit,
                const float distance[4])
{
    *at(h, 2 * level, item, label, y, x) = logit;
    for (int i = 0; i < 4; i++)
        *at(h, 2 * level + 1, item, i, y, x) = logf(distance[i] / (level ? 16 : 8));
}

static void check_box(const nn_box *b, float x0, float y0, float x1, float y1)
{
    if (!(fabsf(b->x0 - x0) < 1e-3f && fabsf(b->y0 - y0) < 1e-3f && fabsf(b->x1 - x1) < 1e-3f &&
          fabsf(b->y1 - y1) < 1e-3f))
        fail_msg("box %g %g %g %g and not %g %g %g %g", b->x0, b->y0, b->x1, b->y1, x0, y0, x1, y1);
}

static void test_boxes(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("fcos");
    nn_candidates *c = nn_candidates_new();
    head h = make_head();
    assert_true(d && c);
    assert_int_equal(d->check(d, h.output, 4, 64, 96, CLASSES, NULL), NN_OK);
    put(&h, 0, 0, 1, 3, 5, 2, (const float[4]){10, 6, 4, 12});   // around (44, 28)
    put(&h, 1, 0, 2, 2, 1, 0, (const float[4]){8, 8, 8, 8});     // around (24, 40)
    put(&h, 1, 1, 0, 0, 0, 1, (const float[4]){100, 3, 7, 200}); // around (8, 8), item 1
    // A 48 x 32 frame doubled.
    nn_letterbox l = nn_letterbox_fit(48, 32, 96, 64);
    nn_decode_options o = {.threshold = 0.4f, .classes = CLASSES};
    d->decode(d, h.output, 4, 0, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 2);
    const nn_box *b = nn_candidates_at(c, 0);
    check_box(b, 17, 11, 24, 20);
    assert_int_equal(b->label, 1);
    assert_true(fabsf(b->score - 1 / (1 + expf(-2))) < 1e-6f);
    check_box(nn_candidates_at(c, 1), 8, 16, 16, 24);
    assert_int_equal(nn_candidates_at(c, 1)->label, 2);

    nn_candidates_clear(c);
    d->decode(d, h.output, 4, 1, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 1);
    check_box(nn_candidates_at(c, 0), 0, 2.5f, 7.5f, 32); // clipped to the frame
    release_head(&h);
    nn_candidates_free(c);
}

// Boxes of a crowded map in the order of levels, classes, cells, by the definition.
static int list_boxes(nn_box *boxes, const float *cls, const float *box, int h, int w, int classes,
                      float threshold, const nn_letterbox *l)
{
    int count = 0;
    for (int i = 0; i < classes * h * w; i++) {
        const int cell = i % (h * w);
        const float x = (float)(cell % w) * 8 + 4, y = (float)(cell / w) * 8 + 4;
        nn_box b = {.score = 1 / (1 + expf(-cls[i])), .label = i / (h * w)};
        b.x0 = x - 8 * expf(box[cell]);
        b.y0 = y - 8 * expf(box[cell + h * w]);
        b.x1 = x + 8 * expf(box[cell + 2 * h * w]);
        b.y1 = y + 8 * expf(box[cell + 3 * h * w]);
        if (b.score >= threshold && nn_letterbox_to_frame(l, &b))
            boxes[count++] = b;
    }
    return count;
}

static int first_best(const nn_box *boxes, const bool *gone, int count)
{
    int best = -1;
    for (int i = 0; i < count; i++)
        if (!gone[i] && (best < 0 || boxes[i].score > boxes[best].score))
            best = i;
    return best;
}

// More cells than room for candidates, and few different scores: the best are kept, equal ones in
// their order.
static void test_crowd(void **state)
{
    (void)state;
    enum { H = 64, W = 72, N = CLASSES * H * W, MOST = 300 };
    static nn_box all[N];
    static bool gone[N];
    const nn_decoder *d = nn_decoder_find("fcos");
    nn_candidates *c = nn_candidates_new();
    nn_rng rng = nn_rng_seed(7);
    nn_head_output o[2] = {{.name = "cls8"}, {.name = "box8"}};
    const nn_shape cls = nn_shape_4d(1, CLASSES, H, W), box = nn_shape_4d(1, 4, H, W);
    const nn_letterbox l = nn_letterbox_fit(2 * W * 8, 2 * H * 8, W * 8, H * 8);
    const nn_decode_options options = {.threshold = 0.2f, .classes = CLASSES};
    nn_result r;
    nn_result_init(&r);
    assert_true(d && c);
    assert_int_equal(nn_tensor_init(&o[0].tensor, NN_F32, &cls, NULL), NN_OK);
    assert_int_equal(nn_tensor_init(&o[1].tensor, NN_F32, &box, NULL), NN_OK);
    for (int64_t i = 0; i < N; i++)
        nn_tensor_f32(&o[0].tensor)[i] = (float)(nn_rng_below(&rng, 2000) - 800) / 100;
    for (int64_t i = 0; i < 4 * H * W; i++)
        nn_tensor_f32(&o[1].tensor)[i] = nn_rng_range(&rng, -1, 1.5f);
    d->decode(d, o, 2, 0, &l, &options, c);
    assert_true(nn_candidates_floor(c) > options.threshold); // some were dropped on the way
    assert_int_equal(nn_nms(c, &(nn_nms_options){.iou = 0.5f, .max_detections = MOST}, &r), NN_OK);
    const int n = list_boxes(all, nn_tensor_f32(&o[0].tensor), nn_tensor_f32(&o[1].tensor), H, W,
                             CLASSES, options.threshold, &l);
    int count = 0;
    for (int best; count < MOST && (best = first_best(all, gone, n)) >= 0; count++) {
        assert_true(count < r.count);
        assert_memory_equal(&r.boxes[count], &all[best], sizeof all[best]);
        gone[best] = true;
        for (int i = 0; i < n; i++)
            gone[i] |= all[i].label == all[best].label && nn_box_iou(&all[i], &all[best]) > 0.5f;
    }
    assert_int_equal(r.count, count);
    nn_result_release(&r);
    nn_tensor_release(&o[0].tensor);
    nn_tensor_release(&o[1].tensor);
    nn_candidates_free(c);
}

static void test_threshold_and_mask(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("fcos");
    nn_candidates *c = nn_candidates_new();
    head h = make_head();
    const float distance[4] = {5, 5, 5, 5};
    nn_letterbox l = nn_letterbox_fit(96, 64, 96, 64);
    const bool mask[CLASSES] = {true, false, true};
    nn_decode_options o = {.threshold = 0.5f, .classes = CLASSES};
    assert_true(d && c);
    for (int i = 0; i < CLASSES; i++) {
        put(&h, 0, 0, i, i, 2 * i, 0.01f, distance);
        put(&h, 0, 0, i, i, 2 * i + 1, -0.01f, distance);
    }
    put(&h, 0, 0, 0, 7, 11, NAN, distance); // a network that went wrong finds nothing
    put(&h, 0, 0, 0, 7, 10, 5, (const float[4]){NAN, NAN, NAN, NAN});
    d->decode(d, h.output, 4, 0, &l, &o, c);
    assert_in_range(nn_candidates_count(c), 3, 4);
    for (int i = 0; i < nn_candidates_count(c); i++) {
        const nn_box *b = nn_candidates_at(c, i);
        assert_true(b->x1 > b->x0 && b->y1 > b->y0 && b->score >= 0.5f);
    }
    nn_candidates_clear(c);
    o.label_mask = mask;
    o.threshold = 0.502f;
    d->decode(d, h.output, 4, 0, &l, &o, c);
    assert_in_range(nn_candidates_count(c), 2, 3);
    for (int i = 0; i < nn_candidates_count(c); i++)
        assert_int_not_equal(nn_candidates_at(c, i)->label, 1);
    nn_candidates_clear(c);
    o.threshold = 1;
    d->decode(d, h.output, 4, 0, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 0);
    // Everything: two thirds of 8 x 12 + 4 x 6 cells of three classes, but for a score and a box of
    // NaN.
    o.threshold = 0;
    d->decode(d, h.output, 4, 0, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 2 * (96 + 24) - 3);
    release_head(&h);
    nn_candidates_free(c);
}

static void expect_refusal(const nn_head_output *outputs, int n, int classes, const char *part)
{
    nn_error err = {0};
    const nn_decoder *d = nn_decoder_find("fcos");
    assert_int_equal(d->check(d, outputs, n, 64, 96, classes, &err), NN_ESHAPE);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_refusals(void **state)
{
    (void)state;
    head h = make_head(), bad;
    expect_refusal(h.output, 0, CLASSES, "0 outputs");
    expect_refusal(h.output, 3, CLASSES, "3 outputs");
    expect_refusal(h.output, 4, CLASSES + 1, "2x3x8x12");
    bad = h;
    bad.output[0].name = "output";
    expect_refusal(bad.output, 4, CLASSES, "output 2x3x8x12");
    bad.output[0].name = "cls";
    expect_refusal(bad.output, 4, CLASSES, "cls 2x3x8x12");
    bad.output[0].name = "cls99999999999999999999";
    expect_refusal(bad.output, 4, CLASSES, "cls999");
    bad.output[0].name = "cls-8";
    expect_refusal(bad.output, 4, CLASSES, "cls-8");
    bad = h;
    bad.output[1].name = "box16";
    expect_refusal(bad.output, 4, CLASSES, "box16");
    bad = h;
    bad.output[1].tensor.dtype = NN_F16;
    expect_refusal(bad.output, 4, CLASSES, "float32");
    bad = h;
    bad.output[1].tensor.shape.rank = 3;
    expect_refusal(bad.output, 4, CLASSES, "box8");
    bad = h;
    bad.output[3].tensor.shape.dim[2] = 5;
    expect_refusal(bad.output, 4, CLASSES, "box16");
    bad = h;
    bad.output[3].tensor.shape.dim[2] = 3; // allowed for one, but not for one of a pair
    expect_refusal(bad.output, 4, CLASSES, "different sizes");
    release_head(&h);
}

static void test_table(void **state)
{
    (void)state;
    assert_true(nn_decoder_count() >= 1);
    for (int i = 0; i < nn_decoder_count(); i++)
        assert_ptr_equal(nn_decoder_find(nn_decoder_at(i)->name), nn_decoder_at(i));
    for (int i = 0; i < nn_decoder_count(); i++)
        if ((nn_decoder_at(i)->describe != NULL) !=
            (nn_decoder_at(i)->details != 0 || nn_decoder_at(i)->details_of))
            fail_msg("%s: describes objects, and does not say by what", nn_decoder_at(i)->name);
    assert_null(nn_decoder_find("no such head"));
    assert_null(nn_decoder_find(NULL));
    assert_null(nn_decoder_at(-1));
    assert_null(nn_decoder_at(nn_decoder_count()));
}

// One cell of FastestDet's head, by its author's formulas.
static void test_fastestdet(void **state)
{
    (void)state;
    enum { W = 6, H = 4, CELLS = W * H, CLASSES = 3 };
    static float x[2][5 + CLASSES][CELLS]; // the second sample of two is read
    nn_head_output output = {
        .name = "y", .tensor = nn_tensor_dense(NN_F32, nn_shape_4d(2, 5 + CLASSES, H, W), x)};
    const nn_decoder *d = nn_decoder_find("fastestdet");
    assert_non_null(d);
    assert_int_equal(d->classes(d, &output, 1, 64, 96), CLASSES);
    assert_int_equal(d->classes(d, &output, 1, 96, 64), 0);
    assert_int_equal(d->check(d, &output, 1, 64, 96, CLASSES, NULL), NN_OK);
    nn_error err;
    assert_int_equal(d->check(d, &output, 1, 64, 96, 80, &err), NN_ESHAPE);
    assert_non_null(strstr(err.text, "Nx85x4x6"));
    const int cell = 2 * W + 3;
    x[1][0][cell] = 0.81f;
    x[1][1][cell] = 0.5f;
    x[1][2][cell] = -0.25f;
    x[1][3][cell] = -1;
    x[1][4][cell] = 0;
    x[1][5][cell] = 0.1f;
    x[1][6][cell] = 0.64f;
    const float cx = (3 + tanhf(0.5f)) * 16, cy = (2 + tanhf(-0.25f)) * 16;
    const float w = 96 / (1 + expf(1)), h = 32;
    nn_letterbox l = nn_letterbox_fit(96, 64, 96, 64);
    nn_candidates *c = nn_candidates_new();
    nn_decode_options o = {.threshold = 0.7f, .classes = CLASSES};
    d->decode(d, &output, 1, 1, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 1);
    const nn_box *box = nn_candidates_at(c, 0);
    assert_int_equal(box->label, 1);
    assert_float_equal(box->score, powf(0.81f, 0.6f) * powf(0.64f, 0.4f), 1e-5f);
    assert_float_equal(box->x0, cx - w / 2, 1e-3f);
    assert_float_equal(box->y0, cy - h / 2, 1e-3f);
    assert_float_equal(box->x1, cx + w / 2, 1e-3f);
    assert_float_equal(box->y1, cy + h / 2, 1e-3f);
    nn_candidates_clear(c);
    o.label_mask = (const bool[]){true, false, true};
    d->decode(d, &output, 1, 1, &l, &o, c);
    d->decode(d, &output, 1, 0, &l, &o, c);
    assert_int_equal(nn_candidates_count(c), 0);
    nn_candidates_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),      cmocka_unit_test(test_threshold_and_mask),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_table),
        cmocka_unit_test(test_fastestdet), cmocka_unit_test(test_crowd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
