// SPDX-License-Identifier: MIT
// Every decoder on outputs with planted objects: letterboxed and stretched, batches, thresholds,
// masks, NaN, and outputs of other heads, which must be refused.
#include "nn/vision/decode/decode.h"
#include "tests/support/heads.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 96, H = 64, CLASSES = 3 };

// On different levels of those heads that have levels.
static const head_object objects[] = {
    {20, 12, 14, 18, 0.9f, 0},
    {50.5f, 40.25f, 33, 29, 0.8f, 2},
    {70, 33, 20, 40, 0.7f, 1},
};
enum { OBJECTS = 3 };

static int classes_of(const char *head)
{
    return heads_classes(head, CLASSES);
}

static int samples_of(const char *head)
{
    return !strcmp(head, "torchvision") ? 1 : 2;
}

static head_object object_of(const char *head, int i)
{
    head_object b = objects[i];
    b.label %= classes_of(head);
    return b;
}

// Objects in the last sample.
static head_outputs make(const char *head)
{
    head_outputs o = heads_make(head, H, W, samples_of(head), classes_of(head));
    for (int i = 0; i < OBJECTS; i++) {
        const head_object b = object_of(head, i);
        heads_plant(&o, head, H, W, samples_of(head) - 1, i, &b);
    }
    return o;
}

static void decode(const nn_decoder *d, const head_outputs *o, int item, const nn_letterbox *l,
                   const nn_decode_options *options, nn_candidates *c)
{
    nn_candidates_clear(c);
    d->decode(d, o->output, o->n, item, l, options, c);
}

static const nn_box *find(const nn_candidates *c, float score)
{
    for (int i = 0; i < nn_candidates_count(c); i++)
        if (fabsf(nn_candidates_at(c, i)->score - score) < 1e-4f)
            return nn_candidates_at(c, i);
    fail_msg("no box of score %g among %d", score, nn_candidates_count(c));
    return NULL;
}

static void expect_box(const nn_box *b, const head_object *o, const nn_letterbox *l,
                       const char *head)
{
    const float want[] = {
        (o->cx - o->w / 2 - l->pad_x) / l->scale_x, (o->cy - o->h / 2 - l->pad_y) / l->scale_y,
        (o->cx + o->w / 2 - l->pad_x) / l->scale_x, (o->cy + o->h / 2 - l->pad_y) / l->scale_y};
    const float high[] = {(float)l->frame_w, (float)l->frame_h};
    const float have[] = {b->x0, b->y0, b->x1, b->y1};
    for (int i = 0; i < 4; i++) {
        const float clipped = fminf(fmaxf(want[i], 0), high[i % 2]);
        if (!(fabsf(have[i] - clipped) < 0.02f))
            fail_msg("%s: side %d is %g and not %g", head, i, have[i], clipped);
    }
    assert_int_equal(b->label, o->label);
}

static void check_boxes(const nn_decoder *d, const nn_letterbox *l, nn_candidates *c)
{
    head_outputs o = make(d->name);
    const nn_decode_options options = {.threshold = 0.3f, .classes = classes_of(d->name)};
    decode(d, &o, samples_of(d->name) - 1, l, &options, c);
    if (nn_candidates_count(c) != OBJECTS)
        fail_msg("%s: %d boxes", d->name, nn_candidates_count(c));
    for (int i = 0; i < OBJECTS; i++) {
        const head_object b = object_of(d->name, i);
        expect_box(find(c, b.score), &b, l, d->name);
    }
    if (samples_of(d->name) > 1) {
        decode(d, &o, 0, l, &options, c);
        assert_int_equal(nn_candidates_count(c), 0);
    }
    heads_release(&o);
}

static void test_planted_boxes(void **state)
{
    (void)state;
    const nn_letterbox ways[] = {
        nn_letterbox_fit(W, H, W, H),
        nn_letterbox_fit(192, 200, W, H), // bars left and right
        nn_letterbox_fit(300, 100, W, H), // above and below: the first object is cut
        nn_letterbox_stretch(640, 64, W, H),
    };
    nn_candidates *c = nn_candidates_new();
    for (int i = 0; i < nn_decoder_count(); i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways && heads_plants(nn_decoder_at(i)); k++)
            check_boxes(nn_decoder_at(i), &ways[k], c);
    nn_candidates_free(c);
}

static void test_thresholds_and_masks(void **state)
{
    (void)state;
    const nn_letterbox l = nn_letterbox_fit(W, H, W, H);
    const bool none[CLASSES] = {false}, first[CLASSES] = {true};
    nn_candidates *c = nn_candidates_new();
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        if (!heads_plants(d))
            continue;
        head_outputs o = make(d->name);
        const int item = samples_of(d->name) - 1;
        nn_decode_options options = {.threshold = 0.75f, .classes = classes_of(d->name)};
        decode(d, &o, item, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), 2);
        options.threshold = 0.95f;
        decode(d, &o, item, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), 0);
        options.threshold = 0.3f;
        options.label_mask = none;
        decode(d, &o, item, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), 0);
        options.label_mask = first;
        decode(d, &o, item, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), classes_of(d->name) == 1 ? OBJECTS : 1);
        heads_release(&o);
    }
    nn_candidates_free(c);
}

// For any output of a broken network, boxes are inside the frame and scores are 0 to 1.
static void check_sane(const nn_decoder *d, const head_outputs *o, float threshold,
                       nn_candidates *c)
{
    const nn_letterbox l = nn_letterbox_fit(200, 100, W, H);
    const nn_decode_options options = {.threshold = threshold, .classes = classes_of(d->name)};
    decode(d, o, samples_of(d->name) - 1, &l, &options, c);
    for (int i = 0; i < nn_candidates_count(c); i++) {
        const nn_box *b = nn_candidates_at(c, i);
        if (!(b->x0 >= 0 && b->x1 <= 200 && b->x0 < b->x1 && b->y0 >= 0 && b->y1 <= 100 &&
              b->y0 < b->y1 && b->score >= 0 && b->score <= 1 && b->label >= 0 &&
              b->label < options.classes))
            fail_msg("%s: %g %g %g %g score %g label %d", d->name, b->x0, b->y0, b->x1, b->y1,
                     b->score, b->label);
    }
}

// Boxes of sure scores whose sides are no numbers.
static void test_sides_that_are_none(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const nn_letterbox l = nn_letterbox_fit(200, 100, W, H);
    const nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_candidates *c = nn_candidates_new();
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        head_outputs o = make("fcos");
        for (int n = 1; n < o.n; n += 2)
            for (int64_t at = 0; at < nn_shape_count(&o.output[n].tensor.shape); at++)
                nn_tensor_f32(&o.output[n].tensor)[at] = bad[k];
        decode(nn_decoder_find("fcos"), &o, samples_of("fcos") - 1, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), 0);
        heads_release(&o);
    }
    nn_candidates_free(c);
}

static void test_numbers_that_are_none(void **state)
{
    (void)state;
    const float bad[] = {NAN, -NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 0};
    nn_candidates *c = nn_candidates_new();
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        if (d->paint)
            continue;
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            head_outputs o = make(d->name);
            for (int n = 0; n < o.n; n++) { // everything bad, then all but one output
                float *x = nn_tensor_f32(&o.output[n].tensor);
                for (int64_t at = 0; at < nn_shape_count(&o.output[n].tensor.shape); at++)
                    x[at] = bad[k];
                check_sane(d, &o, 0.3f, c);
                check_sane(d, &o, 0, c);
            }
            if (k < 4) // of what is not finite nothing can be told
                assert_int_equal(nn_candidates_count(c), 0);
            heads_release(&o);
        }
        for (int one = 0; one < 64; one++) { // single numbers among good ones
            head_outputs o = make(d->name);
            nn_tensor *t = &o.output[one % o.n].tensor;
            const int64_t n = nn_shape_count(&t->shape);
            nn_tensor_f32(t)[n / 2 + one % (n - n / 2)] = bad[one % 7];
            check_sane(d, &o, 0.1f, c);
            heads_release(&o);
        }
    }
    nn_candidates_free(c);
}

// Heads whose outputs have the same shapes.
static bool are_alike(const char *a, const char *b)
{
    static const char *const families[] = {"yolox", "gfl", "centernet", "rtmdet"};
    if (!strcmp(a, "yolov6") || !strcmp(b, "yolov6")) {
        const char *other = strcmp(a, "yolov6") ? a : b;
        return !strcmp(a, b) || !strcmp(other, "yolox") || !strcmp(other, "yolox_decoded") ||
               !strcmp(other, "yolox_legacy");
    }
    const bool maps = strstr(a, "_maps") != NULL;
    if (!strcmp(a, "yolov10_obb")) // rows of seven numbers
        return !strcmp(b, a) || !strcmp(b, "efficientdet_nms") || !strcmp(b, "rtdetr");
    if (!strcmp(a, "efficientdet_nms") && !strcmp(b, "yolov10_obb"))
        return true;
    if (!strncmp(a, "efficientdet", 12) || !strncmp(b, "efficientdet", 12))
        return !strcmp(a, b);
    if (maps || strstr(b, "_maps"))
        return maps && strstr(b, "_maps");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strstr(a, families[i]) == a && strstr(b, families[i]) == b)
            return true;
    static const char *const raw[] = {"yolov3", "yolov4_csp", "yolov5_raw"};
    int of_raw = 0;
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        of_raw += !strcmp(a, raw[i]) + !strcmp(b, raw[i]);
    static const char *const pairs[][2] = {{"ssd_nms", "rtdetr_lists"},
                                           {"detr_sigmoid", "rtdetr_logits"},
                                           {"yolov7_nms", "yolo_nas_flat"}};
    for (int i = 0; i < 6; i++)
        if (!strcmp(a, pairs[i / 2][i % 2]) && !strcmp(b, pairs[i / 2][1 - i % 2]))
            return true;
    return !strcmp(a, b) || of_raw == 2 ||
           (!strcmp(a, "ssd") && (!strcmp(b, "ultraface") || !strcmp(b, "detr")));
}

// Outputs that could be those of a head with another number of classes: NanoDet's 32 distances as
// 27 more of YOLOX, a column of no object, maps of keypoints.
static bool count_differs(const char *a, const char *b)
{
    static const char *const pairs[][2] = {{"detr", "detr_sigmoid"},
                                           {"detr_sigmoid", "detr"},
                                           {"detr", "rtdetr_logits"},
                                           {"rtdetr_logits", "detr"},
                                           {"ssd", "detr_sigmoid"},
                                           {"ssd", "rtdetr_logits"},
                                           {"ssd", "efficientdet"},
                                           {"segment", "heatmaps"},
                                           {"classify", "yolov7_nms"},
                                           {"classify", "yolo_nas_flat"},
                                           {"classify", "yolo_nas_pose_flat"},
                                           {"ssd", "yolo_nas"},
                                           {"ssd", "damo_yolo"},
                                           {"yolov5", "yolov5_face"},
                                           {"yolov5", "yolov7_pose"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!strcmp(a, pairs[i][0]) && !strcmp(b, pairs[i][1]))
            return true;
    const bool rows = (strstr(a, "yolox") == a && !strstr(a, "_maps")) || !strcmp(a, "yolov6");
    return rows && !strcmp(b, "nanodet");
}

// Boxes in columns that are followed by more or less: the number of classes decides.
static bool are_columns(const char *head)
{
    return !strncmp(head, "yolov8", 6) && strcmp(head, "yolov8_seg") != 0;
}

// Each head accepts its own outputs and refuses those of other heads, with a text that names both.
static void test_wrong_heads(void **state)
{
    (void)state;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        for (int k = 0; k < nn_decoder_count(); k++) {
            const nn_decoder *other = nn_decoder_at(k);
            if (other->paint || !strcmp(other->name, "blazeface") ||
                (d != other && are_columns(d->name) && are_columns(other->name)))
                continue;
            const int classes = classes_of(other->name);
            head_outputs o = make(other->name);
            nn_error err = {0};
            const nn_status status = d->check(d, o.output, o.n, H, W, classes, &err);
            const int count = d->classes(d, o.output, o.n, H, W);
            const bool same = are_alike(d->name, other->name);
            if ((status == NN_OK) != same ||
                (count > 0) != (same || count_differs(d->name, other->name)))
                fail_msg("%s for outputs of %s: %s, %d classes", d->name, other->name, err.text,
                         count);
            if (!same) {
                assert_int_equal(status, NN_ESHAPE);
                assert_non_null(strstr(err.text, d->name));
                assert_non_null(strstr(err.text, o.output[0].name));
                assert_null(strchr(err.text, '\n'));
            }
            heads_release(&o);
        }
    }
}

static void test_wrong_sizes(void **state)
{
    (void)state;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        if (d->paint || !strcmp(d->name, "blazeface"))
            continue;
        const bool lists =
            !strcmp(d->name, "yolov10") || !strcmp(d->name, "rtdetr") ||
            !strcmp(d->name, "ssd_nms") || !strcmp(d->name, "tf_ssd") ||
            !strcmp(d->name, "torchvision") || !strcmp(d->name, "paddle") ||
            !strcmp(d->name, "rtdetr_lists") || !strcmp(d->name, "efficientdet_nms") ||
            !strncmp(d->name, "yolov10_", 8) || !strcmp(d->name, "mmdet") ||
            !strcmp(d->name, "yolov7_nms") || !strcmp(d->name, "yolo_nas_flat") ||
            !strcmp(d->name, "efficient_nms") || !strcmp(d->name, "yolo_nas_pose_nms") ||
            !strcmp(d->name, "yolo_nas_pose_flat");
        const bool any_size = lists || d->whole_frame || !strcmp(d->name, "ssd") ||
                              !strncmp(d->name, "detr", 4) || !strcmp(d->name, "rtdetr_logits") ||
                              !strncmp(d->name, "movenet", 7) || !strcmp(d->name, "yolact");
        head_outputs o = make(d->name);
        const int classes = classes_of(d->name);
        nn_error err = {0};
        assert_int_equal(d->check(d, o.output, o.n, H, W, classes, NULL), NN_OK);
        assert_int_equal(d->check(d, o.output, o.n, H, W, 0, NULL), NN_OK);
        // the shapes of lists do not tell the classes, a keypoint of two numbers may be two classes
        if (!lists && strcmp(d->name, "yolov8_pose2") != 0)
            if (d->check(d, o.output, o.n, H, W, classes + 1, &err) != NN_ESHAPE)
                fail_msg("%s takes more classes", d->name);
        if (!any_size) {
            assert_int_equal(d->check(d, o.output, o.n, 2 * H, W, classes, &err), NN_ESHAPE);
            assert_int_equal(d->check(d, o.output, o.n, H, 32, classes, &err), NN_ESHAPE);
        }
        assert_int_equal(d->check(d, o.output, 0, H, W, classes, &err), NN_ESHAPE);
        for (int n = 0; n < o.n; n++) {
            nn_head_output keep = o.output[n];
            o.output[n].tensor.dtype = NN_F16;
            assert_int_equal(d->check(d, o.output, o.n, H, W, classes, &err), NN_ESHAPE);
            o.output[n] = keep;
            o.output[n].tensor.shape.rank++;
            assert_int_equal(d->check(d, o.output, o.n, H, W, classes, &err), NN_ESHAPE);
            o.output[n] = keep;
            o.output[n].tensor.shape.dim[keep.tensor.shape.rank - 1] = INT64_C(1) << 40;
            assert_int_equal(d->check(d, o.output, o.n, H, W, classes, &err), NN_ESHAPE);
            o.output[n] = keep;
        }
        heads_release(&o);
    }
}

// The shapes of exporters, in numbers.
static void test_published_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int h, w, classes;
        nn_shape shape[4];
    } cases[] = {
        {"yolov8", 640, 640, 80, {{3, {1, 84, 8400}}}},
        {"yolov8", 320, 320, 1, {{3, {1, 5, 2100}}}},
        {"yolov8_seg", 640, 640, 80, {{3, {1, 116, 8400}}, {4, {1, 32, 160, 160}}}},
        {"yolov10", 640, 640, 80, {{3, {1, 300, 6}}}},
        {"yolo_nas", 640, 640, 80, {{3, {1, 8400, 4}}, {3, {1, 8400, 80}}}},
        {"damo_yolo", 416, 416, 80, {{3, {1, 3549, 80}}, {3, {1, 3549, 4}}}},
        {"ppyoloe", 640, 640, 80, {{3, {1, 8400, 4}}, {3, {1, 80, 8400}}}},
        {"yolov5_seg", 640, 640, 80, {{3, {1, 25200, 117}}, {4, {1, 32, 160, 160}}}},
        {"rtdetr", 640, 640, 80, {{3, {1, 300, 84}}}},
        {"rtdetr", 640, 640, 7, {{3, {1, 300, 11}}}},
        {"yolov5", 640, 640, 80, {{3, {1, 25200, 85}}}},
        {"yolov5", 1280, 1280, 80, {{3, {1, 102000, 85}}}},
        {"yolov5",
         512,
         832,
         3,
         {{3, {1, 26208, 8}},
          {5, {1, 3, 64, 104, 8}},
          {5, {1, 3, 32, 52, 8}},
          {5, {1, 3, 16, 26, 8}}}},
        {"fastestdet", 352, 352, 80, {{4, {1, 85, 22, 22}}}},
        {"nanodet", 416, 416, 80, {{3, {1, 3598, 112}}}},
        {"nanodet", 320, 320, 80, {{3, {1, 2100, 112}}}},
        {"picodet", 416, 416, 80, {{3, {1, 3598, 4}}, {3, {1, 80, 3598}}}},
        {"ultraface", 240, 320, 1, {{3, {1, 4420, 2}}, {3, {1, 4420, 4}}}},
        {"ultraface", 480, 640, 1, {{3, {1, 17640, 2}}, {3, {1, 17640, 4}}}},
        {"classify", 224, 224, 1000, {{2, {1, 1000}}}},
        {"classify", 224, 224, 1000, {{4, {1, 1000, 1, 1}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_head_output o[4];
        char fitting[96];
        int n = 0, classes = 0;
        for (; n < 4 && cases[i].shape[n].rank; n++)
            o[n] = (nn_head_output){.name = "out",
                                    .tensor = {.shape = cases[i].shape[n], .dtype = NN_F32}};
        const nn_decoder *d =
            nn_decoder_guess(o, n, cases[i].h, cases[i].w, &classes, fitting, sizeof fitting);
        if (!d || strcmp(d->name, cases[i].head) != 0 || classes != cases[i].classes)
            fail_msg("case %zu: %s, %d classes; fitting: %s", i, d ? d->name : "none", classes,
                     fitting);
    }
    // Shapes do not tell raw from decoded outputs.
    nn_head_output o = {.name = "output", .tensor = {.shape = {3, {1, 3549, 85}}, .dtype = NN_F32}};
    char fitting[96];
    int classes;
    assert_null(nn_decoder_guess(&o, 1, 416, 416, &classes, fitting, sizeof fitting));
    assert_string_equal(fitting, "nanodet, yolov6, yolox, yolox_decoded, yolox_legacy");
    assert_null(nn_decoder_guess(&o, 1, 416, 448, &classes, fitting, sizeof fitting));
    assert_string_equal(fitting, "");
}

// Depths and classes of pixels, as large as the picture or smaller, are no list of queries.
static void test_maps_are_no_queries(void **state)
{
    (void)state;
    static const nn_shape maps[] = {{3, {1, 256, 256}}, {3, {1, 384, 384}}, {3, {1, 128, 128}}};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        const nn_head_output o = {.name = "out", .tensor = {.shape = maps[i], .dtype = NN_F32}};
        char fitting[96];
        int classes;
        assert_null(nn_decoder_guess(&o, 1, 384, 384, &classes, fitting, sizeof fitting));
        assert_string_equal(fitting, i == 1 ? "segment_labels" : "");
    }
}

// RF-DETR calls boxes "dets" and logits "labels". Lists of labels, as of MMDetection, are others.
static void test_names_of_rfdetr(void **state)
{
    (void)state;
    nn_tensor logits, boxes;
    assert_int_equal(nn_tensor_init(&logits, NN_F32, &(nn_shape){3, {1, 4, 91}}, NULL), NN_OK);
    assert_int_equal(nn_tensor_init(&boxes, NN_F32, &(nn_shape){3, {1, 4, 4}}, NULL), NN_OK);
    for (int i = 0; i < 4 * 91; i++)
        nn_tensor_f32(&logits)[i] = i == 2 * 91 + 18 ? 1 : -9;
    for (int i = 0; i < 16; i++)
        nn_tensor_f32(&boxes)[i] = (float[]){0.5f, 0.25f, 0.5f, 0.25f}[i % 4];
    const nn_head_output o[] = {{.name = "dets", .tensor = boxes},
                                {.name = "labels", .tensor = logits}};
    char fitting[96];
    int classes;
    const nn_decoder *d = nn_decoder_guess(o, 2, 560, 560, &classes, fitting, sizeof fitting);
    assert_non_null(d);
    assert_string_equal(d->name, "detr_sigmoid");
    assert_int_equal(classes, 91);
    const nn_letterbox l = nn_letterbox_stretch(100, 200, 560, 560);
    const nn_decode_options options = {.threshold = 0.5f, .classes = 91};
    nn_candidates *c = nn_candidates_new();
    d->decode(d, o, 2, 0, &l, &options, c);
    assert_int_equal(nn_candidates_count(c), 1);
    const nn_box *b = nn_candidates_at(c, 0);
    assert_int_equal(b->label, 18);
    assert_true(fabsf(b->score - 1 / (1 + expf(-1))) < 1e-6f);
    assert_true(fabsf(b->x0 - 25) < 1e-3f && fabsf(b->y0 - 25) < 1e-3f &&
                fabsf(b->x1 - 75) < 1e-3f && fabsf(b->y1 - 75) < 1e-3f);
    nn_candidates_free(c);
    nn_tensor_release(&logits);
    nn_tensor_release(&boxes);
}

// N x 3 (5 + classes) x H x W instead of N x 3 x H x W x (5 + classes).
static void test_maps_of_rank_4(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("yolov5_raw");
    head_outputs five = make(d->name), four = five;
    for (int i = 0; i < five.n; i++) {
        const int64_t *s = five.output[i].tensor.shape.dim, plane = s[2] * s[3];
        const nn_shape shape = nn_shape_4d(s[0], s[1] * s[4], s[2], s[3]);
        assert_int_equal(nn_tensor_init(&four.output[i].tensor, NN_F32, &shape, NULL), NN_OK);
        const float *from = nn_tensor_f32(&five.output[i].tensor);
        float *to = nn_tensor_f32(&four.output[i].tensor);
        for (int64_t a = 0; a < s[0] * s[1]; a++)
            for (int64_t cell = 0; cell < plane; cell++)
                for (int64_t k = 0; k < s[4]; k++)
                    to[(a * s[4] + k) * plane + cell] = from[(a * plane + cell) * s[4] + k];
    }
    const nn_letterbox l = nn_letterbox_fit(W, H, W, H);
    const nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_candidates *a = nn_candidates_new(), *b = nn_candidates_new();
    assert_int_equal(d->check(d, four.output, four.n, H, W, CLASSES, NULL), NN_OK);
    decode(d, &five, 1, &l, &options, a);
    decode(d, &four, 1, &l, &options, b);
    assert_int_equal(nn_candidates_count(b), OBJECTS);
    for (int i = 0; i < OBJECTS; i++)
        assert_memory_equal(nn_candidates_at(a, i), nn_candidates_at(b, i), sizeof(nn_box));
    nn_candidates_free(a);
    nn_candidates_free(b);
    heads_release(&five);
    heads_release(&four);
}

static void expect_class(head_outputs *o, const float *x, int label, float score)
{
    const nn_decoder *d = nn_decoder_find("classify");
    const nn_letterbox l = nn_letterbox_cover(640, 480, W, H);
    const nn_decode_options options = {.classes = CLASSES};
    nn_candidates *c = nn_candidates_new();
    memcpy(o->output[0].tensor.data, x, CLASSES * sizeof *x);
    decode(d, o, 0, &l, &options, c);
    assert_int_equal(nn_candidates_count(c), label >= 0);
    if (label >= 0) {
        const nn_box *b = nn_candidates_at(c, 0);
        assert_int_equal(b->label, label);
        assert_float_equal(b->score, score, 1e-5f);
        assert_true(b->x0 == 0 && b->y0 == 0 && b->x1 == 640 && b->y1 == 480);
    }
    nn_candidates_free(c);
}

static void test_classification(void **state)
{
    (void)state;
    head_outputs o = heads_make("classify", H, W, 1, CLASSES);
    expect_class(&o, (const float[]){0.2f, 0.1f, 0.7f}, 2, 0.7f); // probabilities
    const float sum = 1 + expf(-1) + expf(-3);
    expect_class(&o, (const float[]){1, 2, -1}, 1, 1 / sum); // logits
    expect_class(&o, (const float[]){1000, 0, 0}, 0, 1);
    expect_class(&o, (const float[]){NAN, 2, 1}, -1, 0);
    expect_class(&o, (const float[]){2, NAN, 1}, -1, 0);
    expect_class(&o, (const float[]){0, INFINITY, 1}, -1, 0);
    heads_release(&o);
}

// Of a list only the filled rows count, and labels without a name are left out.
static void test_lists(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("tf_ssd");
    const nn_letterbox l = nn_letterbox_fit(W, H, W, H);
    const nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_candidates *c = nn_candidates_new();
    head_outputs o = make(d->name);
    float *count = nn_tensor_f32(&o.output[3].tensor);
    const float counts[][2] = {{2, 2}, {0, 0}, {-3, 0}, {1e9f, OBJECTS}, {NAN, 0}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        count[1] = counts[i][0];
        decode(d, &o, 1, &l, &options, c);
        assert_int_equal(nn_candidates_count(c), (int)counts[i][1]);
    }
    count[1] = OBJECTS;
    nn_tensor_f32(&o.output[1].tensor)[8] = CLASSES + 1;
    nn_tensor_f32(&o.output[1].tensor)[9] = 0; // the background
    decode(d, &o, 1, &l, &options, c);
    assert_int_equal(nn_candidates_count(c), 1);
    assert_string_equal(nn_coco_numbered_labels[1], "person");
    assert_string_equal(nn_coco_numbered_labels[18], "dog");
    assert_string_equal(nn_coco_numbered_labels[12], "-");
    assert_string_equal(nn_coco_numbered_labels[90], "toothbrush");
    heads_release(&o);
    nn_candidates_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_boxes),       cmocka_unit_test(test_thresholds_and_masks),
        cmocka_unit_test(test_sides_that_are_none), cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_wrong_heads),         cmocka_unit_test(test_wrong_sizes),
        cmocka_unit_test(test_published_shapes),    cmocka_unit_test(test_maps_are_no_queries),
        cmocka_unit_test(test_names_of_rfdetr),     cmocka_unit_test(test_maps_of_rank_4),
        cmocka_unit_test(test_classification),      cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
