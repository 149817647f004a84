// SPDX-License-Identifier: MIT
// Writes the small model, draws the picture, and checks what every result holds.
#include "tests/support/detector.h"

#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

test_path detector_model;

void detector_save(const char *path, const char *task, int h, int w)
{
    static const char *const labels[] = {"person", "car"};
    nn_error err = {0};
    nn_model *m = NULL;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "alpha=0.25,beta=0.5,classes=2",
                    .input_h = h,
                    .input_w = w,
                    .threshold = 0.005f,
                    .iou_threshold = 0.5f};
    snprintf(card.task, sizeof(card.task), "%s", task);
    if (!strcmp(task, "detect"))
        snprintf(card.head, sizeof(card.head), "fcos");
    assert_int_equal(nn_card_set_labels(&card, labels, 2, &err), NN_OK);
    if (nn_zoo_build(&m, &card, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_zoo_init_random(m, 3, (const float[2]){30, 60});
    nn_tensor *cls = nn_model_param(m, "head.cls8.weight");
    // Larger than a fresh head's, so that scores differ visibly from cell to cell.
    for (int64_t i = 0; cls && i < nn_shape_count(&cls->shape); i++)
        nn_tensor_f32(cls)[i] *= 50;
    if (nn_model_save(m, path, false, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
    nn_card_release(&card);
}

int detector_make(void **state)
{
    (void)state;
    detector_model = test_temp("small.safetensors");
    detector_save(detector_model.text, "detect", 128, 160);
    return 0;
}

nn_detector *detector_open(const nn_detector_options *o)
{
    nn_error err = {0};
    nn_detector *d = NULL;
    if (nn_detector_open(&d, detector_model.text, o, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_non_null(d);
    return d;
}

static double picture(double x, double y, int c)
{
    return 128 + 60 * sin(9 * x + c) * cos(7 * y - c) + 50 * sin(23 * x * y + 2 * c);
}

// A picture that is the same at every size, in RGB.
nn_frame detector_rgb(int w, int h)
{
    uint8_t *p = malloc((size_t)w * (size_t)h * 3);
    assert_non_null(p);
    for (int i = 0; i < w * h * 3; i++)
        p[i] = (uint8_t)picture((i / 3 % w + 0.5) / w, (i / 3 / w + 0.5) / h, i % 3);
    return (nn_frame){
        .format = NN_PIXEL_RGB, .width = w, .height = h, .plane = {p}, .stride = {3 * w}};
}

nn_frame detector_i420(const nn_frame *rgb)
{
    int w = rgb->width, h = rgb->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
    uint8_t *p = malloc((size_t)w * (size_t)h + 2 * (size_t)cw * (size_t)ch);
    assert_non_null(p);
    nn_frame f = {.format = NN_PIXEL_I420,
                  .width = w,
                  .height = h,
                  .plane = {p, p + w * h, p + w * h + cw * ch},
                  .stride = {w, cw, cw},
                  .full_range = true};
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const uint8_t *v = rgb->plane[0] + 3 * (y * w + x);
            double luma = 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2];
            p[y * w + x] = (uint8_t)lrint(luma);
            p[w * h + y / 2 * cw + x / 2] = (uint8_t)lrint(128 + (v[2] - luma) / 1.772);
            p[w * h + cw * ch + y / 2 * cw + x / 2] = (uint8_t)lrint(128 + (v[0] - luma) / 1.402);
        }
    }
    return f;
}

void detector_run(nn_detector *d, const nn_frame *f, nn_result *r)
{
    nn_error err = {0};
    if (nn_detector_run(d, f, r, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        assert_true(b->x0 >= 0 && b->x1 <= f->width && b->x0 < b->x1);
        assert_true(b->y0 >= 0 && b->y1 <= f->height && b->y0 < b->y1);
        assert_true(b->score > 0 && b->score <= 1 && b->label >= 0 && b->label < 2);
        assert_true(b->track_id == 0 && !b->predicted);
        assert_true(i == 0 || b->score <= r->boxes[i - 1].score);
        for (int k = 0; k < i; k++)
            assert_true(r->boxes[k].label != b->label || nn_box_iou(&r->boxes[k], b) <= 0.5f);
    }
    assert_int_equal(r->frame_width, f->width);
    assert_int_equal(r->frame_height, f->height);
    assert_true(r->infer_ms > 0 && r->age_ms == 0 && r->source_pts == UINT64_MAX);
}

void detector_expect_same(const nn_result *a, const nn_result *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->boxes, b->boxes, (size_t)a->count * sizeof *a->boxes);
    assert_int_equal(a->frame_width, b->frame_width);
    assert_int_equal(a->frame_height, b->frame_height);
    assert_int_equal(a->input_width, b->input_width);
    assert_int_equal(a->input_height, b->input_height);
    assert_true(b->infer_ms > 0 && b->age_ms == 0 && b->source_pts == UINT64_MAX);
}
