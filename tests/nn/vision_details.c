// SPDX-License-Identifier: MIT
// Masks, keypoints and rotated boxes: their geometry, the decoders that find them, and results that
// carry them through copies, turns and merges.
#include "nn/vision/decode/decode.h"
#include "nn/vision/merge_passes.h"
#include "nn/vision/skeleton.h"
#include "nn/vision/transform.h"
#include "tests/support/alloc.h"
#include "tests/support/heads.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { W = 96, H = 64 };
static const float PI = 3.14159265f;

// --- rotated boxes ---

static void test_rotated_iou(void **state)
{
    (void)state;
    const nn_rotated_box a = {10, 20, 8, 4, 0.3f}, same = {10, 20, 4, 8, 0.3f - PI / 2};
    assert_float_equal(nn_rotated_iou(&a, &a), 1, 1e-5);
    assert_float_equal(nn_rotated_iou(&a, &same), 1, 1e-5);
    // half of it, shifted along its own axis
    const nn_rotated_box half = {10 + 4 * cosf(0.3f), 20 + 4 * sinf(0.3f), 8, 4, 0.3f};
    assert_float_equal(nn_rotated_iou(&a, &half), 1.0 / 3, 1e-5);
    // a square and the same turned by 45 degrees share a regular octagon
    const nn_rotated_box square = {0, 0, 2, 2, 0}, turned = {0, 0, 2, 2, PI / 4};
    const double octagon = 8 * tan(PI / 8);
    assert_float_equal(nn_rotated_iou(&square, &turned), octagon / (8 - octagon), 1e-5);
    // a cross
    const nn_rotated_box flat = {5, 5, 10, 2, 0}, tall = {5, 5, 10, 2, PI / 2};
    assert_float_equal(nn_rotated_iou(&flat, &tall), 4.0 / 36, 1e-5);
    const nn_rotated_box away = {50, 5, 10, 2, 1};
    assert_float_equal(nn_rotated_iou(&flat, &away), 0, 0);
}

// By counting points: whatever the angles are.
static void test_rotated_iou_by_counting(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int n = 0; n < 40; n++) {
        float r[10];
        for (int i = 0; i < 10; i++) {
            seed = seed * 1664525 + 1013904223;
            r[i] = (float)(seed >> 8) / (float)(1 << 24);
        }
        const nn_rotated_box a = {40 + 20 * r[0], 40 + 20 * r[1], 5 + 30 * r[2], 5 + 30 * r[3],
                                  7 * r[4] - 3};
        const nn_rotated_box b = {40 + 20 * r[5], 40 + 20 * r[6], 5 + 30 * r[7], 5 + 30 * r[8],
                                  7 * r[9] - 3};
        const nn_rotated_box *both[] = {&a, &b};
        int in_both = 0, in_any = 0;
        for (int y = 0; y < 400; y++)
            for (int x = 0; x < 400; x++) {
                int inside = 0;
                for (int k = 0; k < 2; k++) {
                    const nn_rotated_box *q = both[k];
                    const float dx = (float)x / 4 - q->cx, dy = (float)y / 4 - q->cy;
                    const float u = dx * cosf(q->angle) + dy * sinf(q->angle);
                    const float v = dy * cosf(q->angle) - dx * sinf(q->angle);
                    inside += fabsf(u) <= q->width / 2 && fabsf(v) <= q->height / 2;
                }
                in_both += inside == 2;
                in_any += inside > 0;
            }
        assert_float_equal(nn_rotated_iou(&a, &b), (double)in_both / in_any, 0.02);
    }
}

// --- decoders ---

static float *number(head_outputs *o, int output, int64_t row, int64_t column)
{
    const int64_t *d = o->output[output].tensor.shape.dim;
    return nn_tensor_f32(&o->output[output].tensor) + row * d[2] + column;
}

static void finish(const char *head, head_outputs *o, const nn_letterbox *l, int classes,
                   nn_result *r)
{
    const nn_decoder *d = nn_decoder_find(head);
    nn_candidates *c = nn_candidates_new();
    const nn_decode_options options = {.threshold = 0.3f, .classes = classes};
    const nn_decode_sample sample = {d, o->output, o->n, 0, classes, l, 0.3f};
    assert_int_equal(d->check(d, o->output, o->n, H, W, classes, NULL), NN_OK);
    d->decode(d, o->output, o->n, 0, l, &options, c);
    const nn_nms_options nms = {.iou = d->input.iou_threshold, .max_detections = 100};
    assert_int_equal(nn_decode_finish(&sample, c, &nms, r), NN_OK);
    nn_candidates_free(c);
}

static void check_pose(const char *head, int size)
{
    const nn_letterbox l = nn_letterbox_fit(2 * W, 2 * H, W, H);
    head_outputs o = heads_make(head, H, W, 1, 1);
    // a better box first in order, a worse one that is suppressed, and another person
    const head_object people[] = {
        {30, 30, 20, 30, 0.6f, 0}, {30, 31, 20, 30, 0.5f, 0}, {70, 30, 16, 24, 0.9f, 0}};
    for (int i = 0; i < 3; i++) {
        heads_plant(&o, head, H, W, 0, i, &people[i]);
        for (int k = 0; k < 2; k++) {
            const int64_t column = 5 + 7 * i;
            *number(&o, 0, 5 + k * size, column) = people[i].cx + 3 * (float)k;
            *number(&o, 0, 6 + k * size, column) = people[i].cy - 5 * (float)k;
            if (size == 3)
                *number(&o, 0, 7 + k * size, column) = k ? 0.25f : 0.75f;
        }
    }
    nn_result r;
    nn_result_init(&r);
    finish(head, &o, &l, 1, &r);
    assert_int_equal(r.count, 2);
    for (int i = 0; i < 2; i++) {
        const head_object *want = &people[i == 0 ? 2 : 0];
        const nn_detail *d = nn_result_detail(&r, &r.boxes[i]);
        assert_non_null(d);
        assert_int_equal(d->keypoint_count, 2);
        const nn_keypoint *k = nn_detail_keypoints(&r.details, d);
        assert_float_equal(k[0].x, 2 * want->cx, 1e-3);
        assert_float_equal(k[0].y, 2 * want->cy, 1e-3);
        assert_float_equal(k[1].x, 2 * (want->cx + 3), 1e-3);
        assert_float_equal(k[1].y, 2 * (want->cy - 5), 1e-3);
        assert_float_equal(k[0].score, size == 3 ? 0.75 : 1, 1e-6);
        assert_float_equal(k[1].score, size == 3 ? 0.25 : 1, 1e-6);
    }
    nn_result_release(&r);
    heads_release(&o);
}

static void test_keypoints(void **state)
{
    (void)state;
    check_pose("yolov8_pose", 3);
    check_pose("yolov8_pose2", 2);
}

// YOLO-NAS-Pose in its three forms: the keypoints follow their person through the suppression.
static void test_keypoints_of_yolo_nas(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int output, score_output, row;
        int size, first; // numbers of a keypoint, and those of a row before it
    } forms[] = {{"yolo_nas_pose", 2, 3, 7, 2, 0},
                 {"yolo_nas_pose_nms", 3, 3, 1, 3, 0},
                 {"yolo_nas_pose_flat", 0, 0, 1, 3, 6}};
    const nn_letterbox l = nn_letterbox_fit(2 * W, 2 * H, W, H);
    const head_object people[] = {{30, 30, 20, 30, 0.6f, 0}, {70, 30, 16, 24, 0.9f, 0}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        head_outputs o = heads_make(forms[f].head, H, W, 1, 1);
        const int64_t columns = forms[f].first + 2 * forms[f].size;
        nn_result r;
        nn_result_init(&r);
        for (int i = 0; i < 2; i++) {
            const int64_t row = (int64_t)forms[f].row * i;
            heads_plant(&o, forms[f].head, H, W, 0, i, &people[i]);
            for (int k = 0; k < 2; k++) {
                float *p = nn_tensor_f32(&o.output[forms[f].output].tensor) + row * columns +
                           forms[f].first + k * forms[f].size;
                p[0] = people[i].cx + 3 * (float)k;
                p[1] = people[i].cy - 5 * (float)k;
                if (forms[f].size == 3)
                    p[2] = k ? 0.25f : 0.75f;
                else
                    *number(&o, forms[f].score_output, row, k) = k ? 0.25f : 0.75f;
            }
        }
        finish(forms[f].head, &o, &l, 1, &r);
        assert_int_equal(r.count, 2);
        for (int i = 0; i < 2; i++) {
            const nn_detail *d = nn_result_detail(&r, &r.boxes[i]);
            assert_non_null(d);
            assert_int_equal(d->keypoint_count, 2);
            const nn_keypoint *k = nn_detail_keypoints(&r.details, d);
            assert_float_equal(k[1].x, 2 * (people[1 - i].cx + 3), 1e-3);
            assert_float_equal(k[1].y, 2 * (people[1 - i].cy - 5), 1e-3);
            assert_float_equal(k[0].score, 0.75, 1e-6);
            assert_float_equal(k[1].score, 0.25, 1e-6);
        }
        nn_result_release(&r);
        heads_release(&o);
    }
}

// Two thin boxes along the diagonals: their bounds are the same, they are different objects. A
// third lies on the first.
static void test_rotated_boxes(void **state)
{
    (void)state;
    const float angles[] = {PI / 4, -PI / 4, PI / 4 + 0.05f}, scores[] = {0.9f, 0.8f, 0.7f};
    const nn_letterbox l = nn_letterbox_fit(W / 2, H / 2, W, H);
    head_outputs o = heads_make("yolov8_obb", H, W, 1, 3);
    nn_result r;
    nn_result_init(&r);
    for (int i = 0; i < 3; i++) {
        const head_object b = {48, 32, 40, 6, scores[i], 1};
        heads_plant(&o, "yolov8_obb", H, W, 0, i, &b);
        *number(&o, 0, 7, 5 + 7 * i) = angles[i];
    }
    finish("yolov8_obb", &o, &l, 3, &r);
    assert_int_equal(r.count, 2);
    for (int i = 0; i < 2; i++) {
        const nn_detail *d = nn_result_detail(&r, &r.boxes[i]);
        assert_non_null(d);
        assert_float_equal(d->rotated.cx, 24, 1e-4);
        assert_float_equal(d->rotated.cy, 16, 1e-4);
        assert_float_equal(d->rotated.width, 20, 1e-4);
        assert_float_equal(d->rotated.height, 3, 1e-4);
        assert_float_equal(d->rotated.angle, angles[i], 1e-5);
        assert_float_equal(r.boxes[i].x0, 24 - 11.5f * sqrtf(0.5f), 1e-3);
        assert_float_equal(r.boxes[i].y1, 16 + 11.5f * sqrtf(0.5f), 1e-3);
    }
    nn_result_release(&r);
    heads_release(&o);
}

// A prototype that is positive left of a line, and one right of it: two objects take one each.
static void test_masks(void **state)
{
    (void)state;
    const nn_letterbox l = nn_letterbox_fit(2 * W, 2 * H, W, H);
    head_outputs o = heads_make("yolov8_seg", H, W, 1, 3);
    nn_result r;
    nn_result_init(&r);
    float *p = nn_tensor_f32(&o.output[1].tensor);
    for (int y = 0; y < H / 4; y++)
        for (int x = 0; x < W / 4; x++) {
            p[y * (W / 4) + x] = 10 - (float)x;                     // left of column 10
            p[(H / 4) * (W / 4) + y * (W / 4) + x] = (float)x - 10; // right of it
        }
    const head_object objects[] = {{40, 32, 48, 40, 0.9f, 0}, {40, 32, 48, 40, 0.8f, 2}};
    for (int i = 0; i < 2; i++) {
        heads_plant(&o, "yolov8_seg", H, W, 0, i, &objects[i]);
        *number(&o, 0, 7 + i, 5 + 7 * i) = 2;
    }
    finish("yolov8_seg", &o, &l, 3, &r);
    assert_int_equal(r.count, 2);
    for (int i = 0; i < 2; i++) {
        const nn_detail *d = nn_result_detail(&r, &r.boxes[i]);
        assert_non_null(d);
        const uint8_t *mask = nn_detail_mask(&r.details, d);
        // the line is at column 10.5 of the prototypes: 42 in the input, 84 in the frame
        for (int y = 0; y < d->mask_height; y++)
            for (int x = 0; x < d->mask_width; x++) {
                const float sx = (d->mask_x1 - d->mask_x0) / (float)d->mask_width;
                const float sy = (d->mask_y1 - d->mask_y0) / (float)d->mask_height;
                const float px = d->mask_x0 + ((float)x + 0.5f) * sx;
                const float py = d->mask_y0 + ((float)y + 0.5f) * sy;
                const bool inside = px > 32 && px < 128 && py > 24 && py < 104;
                const bool want = inside && (i == 0 ? px < 84 : px > 84);
                if (fabsf(px - 84) > 1.01f && mask[y * d->mask_width + x] != want)
                    fail_msg("object %d: %g %g", i, (double)px, (double)py);
            }
    }
    nn_result_release(&r);
    heads_release(&o);
}

static float *add_output(head_outputs *o, const char *name, nn_shape shape)
{
    nn_head_output *out = &o->output[o->n++];
    out->name = name;
    assert_int_equal(nn_tensor_init(&out->tensor, NN_F32, &shape, NULL), NN_OK);
    return nn_tensor_f32(&out->tensor);
}

// Mask R-CNN and Keypoint R-CNN in one: details lie beside the lists, in pixels of the input.
static void test_torchvision(void **state)
{
    (void)state;
    enum { ROWS = 8, ROW = 2 };
    const nn_letterbox l = nn_letterbox_fit(2 * W, 2 * H, W, H);
    head_outputs o = heads_make("torchvision", H, W, 1, 3);
    nn_result r;
    nn_result_init(&r);
    heads_plant(&o, "torchvision", H, W, 0, ROW, &(head_object){40, 32, 8, 6, 0.9f, 1});
    float *mask = add_output(&o, "masks", nn_shape_4d(ROWS, 1, H, W));
    mask[(ROW * H + 30) * W + 41] = 0.5f; // a pixel of the box, and one outside
    mask[(ROW * H + 1) * W + 1] = 1;
    float *points = add_output(&o, "keypoints", (nn_shape){3, {ROWS, 2, 3}});
    memcpy(points + ROW * 6, (float[]){38, 31, 1, 43, 34, 1}, 6 * sizeof *points);
    float *sure = add_output(&o, "keypoints_scores", nn_shape_2d(ROWS, 2));
    sure[ROW * 2 + 1] = 20;
    finish("torchvision", &o, &l, 3, &r);
    assert_int_equal(r.count, 1);
    const nn_detail *d = nn_result_detail(&r, &r.boxes[0]);
    assert_non_null(d);
    assert_int_equal(d->mask_width, 8);
    assert_int_equal(d->mask_height, 6);
    assert_float_equal(d->mask_x0, 72, 1e-4);
    assert_float_equal(d->mask_y1, 70, 1e-4);
    for (int i = 0; i < 8 * 6; i++)
        assert_int_equal(nn_detail_mask(&r.details, d)[i], i == 8 * (30 - 29) + 41 - 36);
    assert_int_equal(d->keypoint_count, 2);
    const nn_keypoint *k = nn_detail_keypoints(&r.details, d);
    assert_float_equal(k[0].x, 76, 1e-4);
    assert_float_equal(k[0].score, 0.5f, 1e-6);
    assert_float_equal(k[1].y, 68, 1e-4);
    assert_true(k[1].score > 0.999f);
    points[ROW * 6] = NAN; // no place
    finish("torchvision", &o, &l, 3, &r);
    d = nn_result_detail(&r, &r.boxes[0]);
    k = nn_detail_keypoints(&r.details, d);
    assert_true(k[0].x == 0 && k[0].y == 0 && k[0].score == 0 && k[1].score > 0.999f);
    o.output[4].tensor.shape.dim[0] = ROWS - 1; // not for each box
    const nn_decoder *decoder = nn_decoder_find("torchvision");
    assert_int_equal(decoder->check(decoder, o.output, o.n, H, W, 3, NULL), NN_ESHAPE);
    o.output[4].tensor.shape.dim[0] = ROWS;
    nn_result_release(&r);
    heads_release(&o);
}

// Masks of MMDetection, as large as the input and over the box.
static void test_mmdet(void **state)
{
    (void)state;
    enum { ROWS = 8, ROW = 2, SIDE = 4 };
    const nn_letterbox l = nn_letterbox_fit(2 * W, 2 * H, W, H);
    nn_result r;
    nn_result_init(&r);
    for (int whole = 0; whole < 2; whole++) {
        head_outputs o = heads_make("mmdet", H, W, 1, 3);
        heads_plant(&o, "mmdet", H, W, 0, ROW, &(head_object){0, 32, 8, 8, 0.9f, 1});
        const int h = whole ? H : SIDE, w = whole ? W : SIDE;
        float *mask =
            add_output(&o, "masks", nn_shape_4d(1, o.output[1].tensor.shape.dim[1], h, w));
        // the lower half of what the frame shows of the box, and more where it is the input
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                mask[(ROW * h + y) * w + x] =
                    y >= (whole ? 32 : SIDE / 2) && x >= (whole ? 0 : SIDE / 4);
        finish("mmdet", &o, &l, 3, &r);
        assert_int_equal(r.count, 1);
        assert_float_equal(r.boxes[0].x0, 0, 1e-4); // half of it is in the frame
        assert_float_equal(r.boxes[0].x1, 8, 1e-4);
        const nn_detail *d = nn_result_detail(&r, &r.boxes[0]);
        assert_non_null(d);
        assert_float_equal(d->mask_x0, 0, 1e-4);
        assert_float_equal(d->mask_x1, 8, 1e-4);
        assert_float_equal(d->mask_y0, 56, 1e-4);
        assert_float_equal(d->mask_y1, 72, 1e-4);
        for (int y = 0; y < d->mask_height; y++)
            for (int x = 0; x < d->mask_width; x++)
                assert_int_equal(nn_detail_mask(&r.details, d)[y * d->mask_width + x],
                                 2 * y >= d->mask_height);
        nn_tensor_f32(&o.output[0].tensor)[5 * ROW] = -3e38f; // as far away as floats go
        finish("mmdet", &o, &l, 3, &r);
        assert_int_equal(r.count, 1);
        assert_float_equal(nn_result_detail(&r, &r.boxes[0])->mask_x0, 0, 1e-4);
        o.output[2].tensor.shape.dim[1]--; // not for each box
        const nn_decoder *decoder = nn_decoder_find("mmdet");
        assert_int_equal(decoder->check(decoder, o.output, o.n, H, W, 3, NULL), NN_ESHAPE);
        o.output[2].tensor.shape.dim[1]++;
        heads_release(&o);
    }
    nn_result_release(&r);
}

// --- results ---

// A box with a 3 x 2 mask over it, a keypoint and a rotated box.
static void fill_result(nn_result *r)
{
    static const uint8_t mask[] = {1, 0, 0, 1, 1, 0};
    nn_result_init(r);
    assert_int_equal(nn_result_reserve(r, 1), NN_OK);
    r->count = 1;
    r->frame_width = 200;
    r->frame_height = 100;
    nn_box *b = &r->boxes[0];
    *b = (nn_box){.x0 = 20, .y0 = 40, .x1 = 50, .y1 = 60, .score = 0.9f};
    assert_int_equal(nn_details_add(&r->details, &b->detail), NN_OK);
    memcpy(nn_details_add_mask(&r->details, 3, 2), mask, sizeof mask);
    *nn_details_add_keypoints(&r->details, 1) = (nn_keypoint){25, 45, 0.5f};
    nn_detail *d = nn_details_at(&r->details, b->detail);
    d->mask_x0 = 20;
    d->mask_y0 = 40;
    d->mask_x1 = 50;
    d->mask_y1 = 60;
    d->rotated = (nn_rotated_box){35, 50, 20, 10, 0.2f};
}

static bool is_set(const nn_result *r, float x, float y)
{
    const nn_detail *d = nn_result_detail(r, &r->boxes[0]);
    const int i = (int)((x - d->mask_x0) / (d->mask_x1 - d->mask_x0) * (float)d->mask_width);
    const int j = (int)((y - d->mask_y0) / (d->mask_y1 - d->mask_y0) * (float)d->mask_height);
    assert_true(i >= 0 && i < d->mask_width && j >= 0 && j < d->mask_height);
    return nn_detail_mask(&r->details, d)[j * d->mask_width + i];
}

static void test_transforms(void **state)
{
    (void)state;
    static const struct {
        nn_transform m;
        int w, h;
    } ways[] = {
        {{1, 0, 0, 0, 1, 0}, 200, 100},    {{-1, 0, 200, 0, 1, 0}, 200, 100},
        {{1, 0, 0, 0, -1, 100}, 200, 100}, {{-1, 0, 200, 0, -1, 100}, 200, 100},
        {{0, -1, 100, 1, 0, 0}, 100, 200}, {{0, 1, 0, -1, 0, 200}, 100, 200},
        {{0, 1, 0, 1, 0, 0}, 100, 200},    {{0, -1, 100, -1, 0, 200}, 100, 200},
        {{2, 0, -10, 0, 2, 5}, 400, 210},  {{0.5, 0, 0, 0, 0.5, 0}, 100, 50},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const nn_transform *m = &ways[i].m;
        nn_result r;
        fill_result(&r);
        assert_int_equal(nn_result_transform(&r, m, ways[i].w, ways[i].h), NN_OK);
        const nn_detail *d = nn_result_detail(&r, &r.boxes[0]);
        const nn_keypoint *k = nn_detail_keypoints(&r.details, d);
        assert_float_equal(k->x, m->xx * 25 + m->xy * 45 + m->dx, 1e-4);
        assert_float_equal(k->y, m->yx * 25 + m->yy * 45 + m->dy, 1e-4);
        static const uint8_t mask[2][3] = {{1, 0, 0}, {1, 1, 0}};
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 3; x++) {
                const double px = 25 + 10 * x, py = 45 + 10 * y;
                assert_int_equal(is_set(&r, (float)(m->xx * px + m->xy * py + m->dx),
                                        (float)(m->yx * px + m->yy * py + m->dy)),
                                 mask[y][x]);
            }
        // the corners of the rotated box are where its old corners went, in some order
        const nn_rotated_box old = {35, 50, 20, 10, 0.2f};
        float from[8], to[8];
        nn_rotated_corners(&old, from);
        nn_rotated_corners(&d->rotated, to);
        for (int c = 0; c < 4; c++) {
            const double x = m->xx * (double)from[2 * c] + m->xy * (double)from[2 * c + 1] + m->dx;
            const double y = m->yx * (double)from[2 * c] + m->yy * (double)from[2 * c + 1] + m->dy;
            double nearest = 1e9;
            for (int e = 0; e < 4; e++)
                nearest = fmin(nearest, hypot((double)to[2 * e] - x, (double)to[2 * e + 1] - y));
            assert_true(nearest < 1e-3);
        }
        nn_result_release(&r);
    }
}

// Places beyond the range of floats: such keypoints are not seen, such rotated boxes are none.
static void test_far_away(void **state)
{
    (void)state;
    const nn_transform twice = {.xx = 2, .yy = 2};
    for (int i = 0; i < 2; i++) {
        nn_result r;
        fill_result(&r);
        nn_detail *d = nn_details_at(&r.details, r.boxes[0].detail);
        *(i ? &d->rotated.cy : &d->rotated.width) = 3e38f;
        *(i ? &r.details.keypoints[0].y : &r.details.keypoints[0].x) = -3e38f;
        assert_int_equal(nn_result_transform(&r, &twice, 400, 200), NN_OK);
        d = nn_details_at(&r.details, r.boxes[0].detail);
        const nn_keypoint *k = nn_detail_keypoints(&r.details, d);
        assert_float_equal(d->rotated.width, 0, 0);
        assert_float_equal(d->rotated.cy, 0, 0);
        assert_true(k->score == 0 && k->x == 0 && k->y == 0);
        assert_int_equal(d->mask_width, 3); // it stays
        nn_result_release(&r);
    }
}

static void test_copies(void **state)
{
    (void)state;
    nn_result a, b;
    fill_result(&a);
    nn_result_init(&b);
    assert_int_equal(nn_result_copy(&b, &a), NN_OK);
    nn_result_release(&a);
    const nn_detail *d = nn_result_detail(&b, &b.boxes[0]);
    assert_true(is_set(&b, 25, 45) && !is_set(&b, 45, 55));
    assert_float_equal(nn_detail_keypoints(&b.details, d)->x, 25, 0);
    nn_box none = {.detail = 0}, beyond = {.detail = 2}, below = {.detail = -3};
    assert_null(nn_result_detail(&b, &none));
    assert_null(nn_result_detail(&b, &beyond));
    assert_null(nn_result_detail(&b, &below));
    nn_result_scale(&b, 2, 0.5f);
    d = nn_result_detail(&b, &b.boxes[0]);
    assert_float_equal(nn_detail_keypoints(&b.details, d)->x, 50, 0);
    assert_float_equal(nn_detail_keypoints(&b.details, d)->y, 22.5, 0);
    nn_result_release(&b);
}

// Each object of several parts keeps the detail of the box that it takes.
static void test_merges(void **state)
{
    (void)state;
    nn_result a, b, out;
    nn_error err;
    fill_result(&a);
    fill_result(&b);
    nn_result_init(&out);
    const nn_transform right = {1, 0, 100, 0, 1, 0};
    nn_details_transform(&b.details, &right);
    b.boxes[0].x0 += 100;
    b.boxes[0].x1 += 100;
    b.boxes[0].score = 0.5f;
    const nn_region_pass passes[] = {
        {{0, 0, 100, 100}, 1, 1, a.boxes, 1, &a.details},
        {{100, 0, 100, 100}, 1, 1, b.boxes, 1, &b.details},
    };
    const nn_object_sizes sizes = {.input_w = 100, .input_h = 100};
    nn_pass_merger *m = nn_pass_merger_new();
    for (int i = 0; i < 2; i++) // the second time into a used result
        assert_int_equal(nn_pass_merger_run(m, passes, 2, 200, 100, &sizes, false, 10, &out, &err),
                         NN_OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.details.count, 2);
    for (int i = 0; i < 2; i++) {
        const nn_detail *d = nn_result_detail(&out, &out.boxes[i]);
        assert_float_equal(nn_detail_keypoints(&out.details, d)->x, i ? 125 : 25, 1e-4);
        assert_float_equal(d->mask_x0, i ? 120 : 20, 1e-4);
        assert_memory_equal(nn_detail_mask(&out.details, d),
                            nn_detail_mask(&a.details, a.details.detail), 6);
    }
    nn_pass_merger_free(m);
    nn_result_release(&a);
    nn_result_release(&b);
    nn_result_release(&out);
}

static void test_short_memory(void **state)
{
    (void)state;
    nn_result a;
    fill_result(&a);
    for (int after = 0; after < 5; after++) {
        nn_result b;
        nn_result_init(&b);
        alloc_reset(after);
        const nn_status status = nn_result_copy(&b, &a);
        alloc_reset(-1);
        assert_int_equal(status, after < 4 ? NN_ENOMEM : NN_OK);
        nn_result_release(&b);
    }
    nn_result_release(&a);
}

// A skeleton of another number of keypoints than there are, as a file may name it, is not theirs.
static void test_skeletons(void **state)
{
    (void)state;
    static const uint8_t links[][2] = {{0, 1}};
    const nn_skeleton two = {2, (const char *const[]){"bow", "stern"}, links, 1};
    nn_detail d = {.keypoint_count = 2, .skeleton = &two};
    assert_ptr_equal(nn_detail_skeleton(&d), &two);
    d.keypoint_count = 1;
    assert_null(nn_detail_skeleton(&d));
    d.keypoint_count = 17;
    assert_ptr_equal(nn_detail_skeleton(&d), nn_skeleton_of(17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rotated_iou),   cmocka_unit_test(test_rotated_iou_by_counting),
        cmocka_unit_test(test_keypoints),     cmocka_unit_test(test_keypoints_of_yolo_nas),
        cmocka_unit_test(test_rotated_boxes), cmocka_unit_test(test_masks),
        cmocka_unit_test(test_torchvision),   cmocka_unit_test(test_mmdet),
        cmocka_unit_test(test_transforms),    cmocka_unit_test(test_copies),
        cmocka_unit_test(test_merges),        cmocka_unit_test(test_short_memory),
        cmocka_unit_test(test_far_away),      cmocka_unit_test(test_skeletons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
