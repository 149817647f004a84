// SPDX-License-Identifier: MIT
// Heads of public models against their published post-processing: the first two objects, and how
// many there are, for outputs of pseudo-random numbers. The expected values were computed by an
// independent program (numpy), box by box as the authors' scripts do it.
#include "nn/vision/decode/decode.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { OUTPUTS = 12, SHOWN = 2 };

typedef struct published {
    const char *head;
    int h, w, classes;
    float threshold, iou;
    int count;
    struct {
        const char *name;
        nn_shape shape;
        unsigned seed;
        float low, high;
    } output[OUTPUTS];
    struct {
        float x0, y0, x1, y1, score;
        int label;
    } box[SHOWN];
    int keypoints;
    float points[SHOWN][2][2]; // the first and the last one of each object
} published;

static const published cases[] = {
    {"yunet",
     64,
     96,
     1,
     0.6f,
     0.3f,
     37,
     {{"cls_8", {3, {1, 96, 1}}, 1, -0.2f, 1.1f},
      {"cls_16", {3, {1, 24, 1}}, 2, -0.2f, 1.1f},
      {"cls_32", {3, {1, 6, 1}}, 3, -0.2f, 1.1f},
      {"obj_8", {3, {1, 96, 1}}, 4, 0, 1},
      {"obj_16", {3, {1, 24, 1}}, 5, 0, 1},
      {"obj_32", {3, {1, 6, 1}}, 6, 0, 1},
      {"bbox_8", {3, {1, 96, 4}}, 7, -1, 1},
      {"bbox_16", {3, {1, 24, 4}}, 8, -1, 1},
      {"bbox_32", {3, {1, 6, 4}}, 9, -1, 1},
      {"kps_8", {3, {1, 96, 10}}, 10, -1, 1},
      {"kps_16", {3, {1, 24, 10}}, 11, -1, 1},
      {"kps_32", {3, {1, 6, 10}}, 12, -1, 1}},
     {{31.963f, 0, 39.937f, 11.6291f, 0.966247f, 0},
      {54.3294f, 14.6706f, 60.2589f, 21.2661f, 0.965577f, 0}},
     5,
     {{{37.3629f, 7.53949f}, {46.3221f, 7.62434f}}, {{57.4443f, 18.8177f}, {64.6368f, 15.8668f}}}},
    {"scrfd",
     64,
     96,
     1,
     0.5f,
     0.4f,
     94,
     {{"score_8", {2, {192, 1}}, 30, 0, 1},
      {"score_16", {2, {48, 1}}, 31, 0, 1},
      {"score_32", {2, {12, 1}}, 32, 0, 1},
      {"bbox_8", {2, {192, 4}}, 33, 0.2f, 1.5f},
      {"bbox_16", {2, {48, 4}}, 34, 0.2f, 1.5f},
      {"bbox_32", {2, {12, 4}}, 35, 0.2f, 1.5f},
      {"kps_8", {2, {192, 10}}, 36, -1, 1},
      {"kps_16", {2, {48, 10}}, 37, -1, 1},
      {"kps_32", {2, {12, 10}}, 38, -1, 1}},
     {{44.6061f, 11.983f, 66.5363f, 22.9267f, 0.99055f, 0},
      {52.2577f, 15.1596f, 67.6138f, 28.795f, 0.98318f, 0}},
     5,
     {{{49.978f, 23.2155f}, {61.4142f, 11.0045f}}, {{64.5452f, 23.4355f}, {66.4641f, 26.0589f}}}},
    {"retinaface",
     64,
     96,
     1,
     0.6f,
     0.4f,
     53,
     {{"loc", {3, {1, 252, 4}}, 51, -3, 3},
      {"conf", {3, {1, 252, 2}}, 52, 0, 1},
      {"landms", {3, {1, 252, 10}}, 53, -3, 3}},
     {{0, 0, 96, 64, 0.995829f, 0}, {0, 0, 47.1723f, 23.6421f, 0.983111f, 0}},
     5,
     {{{4.71087f, 77.3098f}, {10.9331f, 49.1194f}}, {{1.32841f, 18.2355f}, {-3.57155f, 21.7755f}}}},
    {"yunet_priors",
     120,
     160,
     1,
     0.6f,
     0.3f,
     100,
     {{"loc", {3, {1, 1076, 14}}, 61, -3, 3},
      {"conf", {3, {1, 1076, 2}}, 62, 0, 1},
      {"iou", {3, {1, 1076, 1}}, 63, -0.2f, 1.2f}},
     {{89.6257f, 98.1872f, 110.384f, 112.949f, 0.998496f, 0},
      {81.505f, 0, 95.5728f, 11.7476f, 0.994006f, 0}},
     5,
     {{{103.549f, 109.225f}, {102.776f, 112.716f}}, {{87.8026f, 2.61017f}, {92.0141f, 3.35718f}}}},
    {"blazeface",
     128,
     128,
     1,
     0.65f,
     1,
     92,
     {{"regressors", {3, {1, 896, 16}}, 71, 4, 24},
      {"classificators", {3, {1, 896, 1}}, 72, -12, 3}},
     {{127.414f, 105.036f, 128, 119.294f, 0.947737f, 0},
      {15.0638f, 24.1129f, 24.2025f, 45.2585f, 0.945896f, 0}},
     6,
     {{{129.189f, 121.417f}, {129.655f, 118.99f}}, {{16.7665f, 27.0266f}, {35.791f, 34.2241f}}}},
    {"blazeface",
     256,
     256,
     1,
     0.65f,
     1,
     100,
     {{"regressors", {3, {1, 896, 16}}, 71, 4, 24},
      {"classificators", {3, {1, 896, 1}}, 72, -12, 3}},
     {{243.201f, 65.7154f, 256, 87.2282f, 0.949485f, 0},
      {189.493f, 24.6455f, 201.918f, 44.9211f, 0.947954f, 0}},
     6,
     {{{245.563f, 63.0508f}, {254.172f, 63.637f}}, {{196.478f, 22.1479f}, {196.689f, 33.7641f}}}},
    {"movenet_multi",
     192,
     256,
     1,
     0.2f,
     1,
     2,
     {{"output_0", {3, {1, 6, 56}}, 81, 0, 1}},
     {{145.867f, 95.1099f, 235.466f, 125.033f, 0.898505f, 0},
      {172.782f, 55.3622f, 241.482f, 73.9032f, 0.227618f, 0}},
     17,
     {{{166.244f, 165.137f}, {183.804f, 176.671f}}, {{182.35f, 160.602f}, {138.638f, 33.6271f}}}},
    {"centernet",
     64,
     96,
     3,
     0.5f,
     1,
     100,
     {{"hm", {4, {1, 3, 16, 24}}, 91, -6, 3},
      {"wh", {4, {1, 2, 16, 24}}, 92, 1, 8},
      {"reg", {4, {1, 2, 16, 24}}, 93, 0, 1}},
     {{75.1799f, 1.7985f, 80.0634f, 12.5865f, 0.952483f, 2},
      {70.8415f, 31.8953f, 86.938f, 43.926f, 0.95239f, 1}},
     0,
     {{{0}}}},
    {"centernet_sigmoid",
     64,
     96,
     3,
     0.5f,
     1,
     100,
     {{"hm", {4, {1, 3, 16, 24}}, 91, 0, 1},
      {"wh", {4, {1, 2, 16, 24}}, 92, 1, 8},
      {"reg", {4, {1, 2, 16, 24}}, 93, 0, 1}},
     {{75.1799f, 1.7985f, 80.0634f, 12.5865f, 0.999777f, 2},
      {70.8415f, 31.8953f, 86.938f, 43.926f, 0.999548f, 1}},
     0,
     {{{0}}}},
    {"efficientdet",
     128,
     128,
     3,
     0.9f,
     0.2f,
     100,
     {{"regression", {3, {1, 3069, 4}}, 101, -1, 0.2f},
      {"classification", {3, {1, 3069, 3}}, 102, 0, 1}},
     {{47.3442f, 0, 128, 65.6024f, 0.999937f, 1},
      {38.0584f, 68.7805f, 63.3112f, 91.038f, 0.999844f, 1}},
     0,
     {{{0}}}},
    {"efficientdet_maps",
     128,
     128,
     3,
     0.9f,
     0.5f,
     100,
     {{"class_8", {4, {1, 27, 16, 16}}, 111, -5, 3},
      {"class_16", {4, {1, 27, 8, 8}}, 112, -5, 3},
      {"class_32", {4, {1, 27, 4, 4}}, 113, -5, 3},
      {"class_64", {4, {1, 27, 2, 2}}, 114, -5, 3},
      {"class_128", {4, {1, 27, 1, 1}}, 115, -5, 3},
      {"box_8", {4, {1, 36, 16, 16}}, 116, -1, 0.2f},
      {"box_16", {4, {1, 36, 8, 8}}, 117, -1, 0.2f},
      {"box_32", {4, {1, 36, 4, 4}}, 118, -1, 0.2f},
      {"box_64", {4, {1, 36, 2, 2}}, 119, -1, 0.2f},
      {"box_128", {4, {1, 36, 1, 1}}, 120, -1, 0.2f}},
     {{0, 43.586f, 5.37305f, 61.5707f, 0.952519f, 0},
      {49.2556f, 41.3083f, 78.649f, 70.173f, 0.952516f, 0}},
     0,
     {{{0}}}},
    {"efficientdet_maps",
     128,
     128,
     3,
     0.9f,
     0.5f,
     100,
     {{"class_8", {4, {1, 16, 16, 27}}, 111, -5, 3},
      {"class_16", {4, {1, 8, 8, 27}}, 112, -5, 3},
      {"class_32", {4, {1, 4, 4, 27}}, 113, -5, 3},
      {"class_64", {4, {1, 2, 2, 27}}, 114, -5, 3},
      {"class_128", {4, {1, 1, 1, 27}}, 115, -5, 3},
      {"box_8", {4, {1, 16, 16, 36}}, 116, -1, 0.2f},
      {"box_16", {4, {1, 8, 8, 36}}, 117, -1, 0.2f},
      {"box_32", {4, {1, 4, 4, 36}}, 118, -1, 0.2f},
      {"box_64", {4, {1, 2, 2, 36}}, 119, -1, 0.2f},
      {"box_128", {4, {1, 1, 1, 36}}, 120, -1, 0.2f}},
     {{80.3797f, 81.3292f, 102.201f, 114.202f, 0.952474f, 2},
      {39.4939f, 0, 75.7659f, 12.0538f, 0.952447f, 0}},
     0,
     {{{0}}}},
    {"yolact",
     96,
     96,
     3,
     0.9f,
     0.5f,
     8,
     {{"loc", {3, {1, 40, 4}}, 141, -1, 1},
      {"conf", {3, {1, 40, 4}}, 142, 0, 1},
      {"mask", {3, {1, 40, 8}}, 143, -1, 1},
      {"priors", {2, {40, 4}}, 144, 0.2f, 0.6f},
      {"proto", {4, {1, 24, 24, 8}}, 145, -1, 1}},
     {{16.8892f, 32.893f, 54.0497f, 60.1564f, 0.999642f, 1},
      {44.8374f, 1.66831f, 70.1379f, 42.4573f, 0.993227f, 1}},
     0,
     {{{0}}}},
    {"detr",
     480,
     640,
     7,
     0.5f,
     1,
     10,
     {{"pred_logits", {3, {1, 50, 8}}, 151, -2, 4},
      {"pred_boxes", {3, {1, 50, 4}}, 152, 0.2f, 0.6f}},
     {{73.9092f, 90.0162f, 384.694f, 287.731f, 0.692194f, 5},
      {12.2503f, 108.841f, 299.378f, 253.586f, 0.632524f, 4}},
     0,
     {{{0}}}},
    {"detr_sigmoid",
     480,
     640,
     7,
     0.9f,
     1,
     46,
     {{"pred_logits", {3, {1, 50, 7}}, 151, -2, 4},
      {"pred_boxes", {3, {1, 50, 4}}, 152, 0.2f, 0.6f}},
     {{115.522f, 55.743f, 379.435f, 327.407f, 0.981752f, 0},
      {7.45316f, 174.389f, 264.774f, 299.711f, 0.980644f, 6}},
     0,
     {{{0}}}},
    {"simcc",
     256,
     192,
     1,
     0.2f,
     1,
     1,
     {{"simcc_x", {3, {1, 17, 384}}, 161, -0.2f, 0.7f},
      {"simcc_y", {3, {1, 17, 512}}, 162, -0.2f, 0.9f}},
     {{32.5f, 4, 191.5f, 250, 0.69734f, 0}},
     17,
     {{{73.5f, 239.5f}, {77.5f, 181}}}},
    {"heatmaps",
     256,
     192,
     1,
     0.2f,
     1,
     1,
     {{"output", {4, {1, 17, 64, 48}}, 171, -0.2f, 0.8f}},
     {{16.5f, 12.5f, 188.5f, 249.5f, 0.799661f, 0}},
     17,
     {{{31, 235}, {39, 51}}}},
    {"movenet",
     192,
     192,
     1,
     0.2f,
     1,
     1,
     {{"output_0", {4, {1, 1, 17, 3}}, 181, 0, 1}},
     {{41.0145f, 40.7535f, 173.925f, 185.334f, 0.57302f, 0}},
     17,
     {{{165.188f, 62.6916f}, {52.0146f, 136.967f}}}},
};

// Numbers of low .. high that depend on their index alone.
static void fill(float *to, int64_t n, unsigned seed, float low, float high)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t x = (uint32_t)(i + 1) * 2654435761u + seed * 40503u;
        x = (x ^ x >> 15) * 2246822519u;
        x ^= x >> 13;
        to[i] = (float)((double)low + ((double)high - (double)low) * (x >> 8) / (1 << 24));
    }
}

static void expect_near(const published *c, const char *what, int i, float have, float want,
                        float tolerance)
{
    if (!(fabsf(have - want) <= tolerance))
        fail_msg("%s: %s of object %d is %g and not %g", c->head, what, i, have, want);
}

static void expect_objects(const published *c, const nn_result *r)
{
    const float place = 2e-5f * (float)(c->h + c->w);
    if (r->count != c->count)
        fail_msg("%s: %d objects and not %d", c->head, r->count, c->count);
    for (int i = 0; i < SHOWN && i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        expect_near(c, "the score", i, b->score, c->box[i].score, 2e-6f);
        expect_near(c, "x0", i, b->x0, c->box[i].x0, place);
        expect_near(c, "y0", i, b->y0, c->box[i].y0, place);
        expect_near(c, "x1", i, b->x1, c->box[i].x1, place);
        expect_near(c, "y1", i, b->y1, c->box[i].y1, place);
        assert_int_equal(b->label, c->box[i].label);
        const nn_detail *d = nn_result_detail(r, b);
        assert_int_equal(d ? d->keypoint_count : 0, c->keypoints);
        for (int k = 0; k < 2 && c->keypoints > 0; k++) {
            const nn_keypoint *p = nn_detail_keypoints(&r->details, d) + (k ? c->keypoints - 1 : 0);
            expect_near(c, "x of a keypoint", i, p->x, c->points[i][k][0], place);
            expect_near(c, "y of a keypoint", i, p->y, c->points[i][k][1], place);
        }
    }
}

static void check_case(const published *c)
{
    const nn_decoder *d = nn_decoder_find(c->head);
    nn_head_output o[OUTPUTS] = {{0}};
    nn_error err = {0};
    int n = 0;
    for (; n < OUTPUTS && c->output[n].name; n++) {
        o[n].name = c->output[n].name;
        assert_int_equal(nn_tensor_init(&o[n].tensor, NN_F32, &c->output[n].shape, NULL), NN_OK);
        fill(nn_tensor_f32(&o[n].tensor), nn_shape_count(&c->output[n].shape), c->output[n].seed,
             c->output[n].low, c->output[n].high);
    }
    assert_non_null(d);
    if (d->check(d, o, n, c->h, c->w, c->classes, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_letterbox l = nn_letterbox_fit(c->w, c->h, c->w, c->h);
    const nn_decode_options options = {.threshold = c->threshold, .classes = c->classes};
    const nn_decode_sample sample = {d, o, n, 0, c->classes, &l, c->threshold};
    const nn_nms_options nms = {.iou = c->iou, .max_detections = 100};
    nn_candidates *candidates = nn_candidates_new();
    nn_result r;
    nn_result_init(&r);
    d->decode(d, o, n, 0, &l, &options, candidates);
    assert_int_equal(nn_decode_finish(&sample, candidates, &nms, &r), NN_OK);
    expect_objects(c, &r);
    nn_result_release(&r);
    nn_candidates_free(candidates);
    for (int i = 0; i < n; i++)
        nn_tensor_release(&o[i].tensor);
}

static void test_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i]);
}

// Which head takes outputs of these shapes and names, and which are doubtful.
static void test_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *head; // NULL: several
        int h, w, classes;
        struct {
            const char *name;
            nn_shape shape;
        } output[OUTPUTS];
    } files[] = {
        {"detr", 800, 1066, 91, {{"logits", {3, {1, 100, 92}}}, {"pred_boxes", {3, {1, 100, 4}}}}},
        {"rtdetr_logits",
         640,
         640,
         80,
         {{"logits", {3, {1, 300, 80}}}, {"pred_boxes", {3, {1, 300, 4}}}}},
        {"detr_sigmoid",
         640,
         640,
         91,
         {{"logits", {3, {1, 300, 91}}}, {"pred_boxes", {3, {1, 300, 4}}}}},
        {NULL, 640, 640, 0, {{"logits", {3, {1, 300, 8}}}, {"pred_boxes", {3, {1, 300, 4}}}}},
        {"simcc", 256, 192, 1, {{"simcc_x", {3, {1, 17, 384}}}, {"simcc_y", {3, {1, 17, 512}}}}},
        {"simcc", 384, 288, 1, {{"a", {3, {1, 133, 576}}}, {"b", {3, {1, 133, 768}}}}},
        {"movenet", 192, 192, 1, {{"output_0", {4, {1, 1, 17, 3}}}}},
        {"movenet_multi", 256, 256, 1, {{"output_0", {3, {1, 6, 56}}}}},
        {"blazeface", 128, 128, 1, {{"r", {3, {1, 896, 16}}}, {"c", {3, {1, 896, 1}}}}},
        {"retinaface",
         640,
         640,
         1,
         {{"a", {3, {1, 16800, 4}}}, {"b", {3, {1, 16800, 2}}}, {"c", {3, {1, 16800, 10}}}}},
        {"yunet_priors",
         120,
         160,
         1,
         {{"conf", {3, {1, 1076, 2}}}, {"iou", {3, {1, 1076, 1}}}, {"loc", {3, {1, 1076, 14}}}}},
        {"efficientdet_nms", 512, 512, 90, {{"detections:0", {3, {1, 100, 7}}}}},
        {"rtdetr", 640, 640, 3, {{"output0", {3, {1, 300, 7}}}}},
        {NULL,
         512,
         512,
         0,
         {{"hm", {4, {1, 80, 128, 128}}},
          {"wh", {4, {1, 2, 128, 128}}},
          {"reg", {4, {1, 2, 128, 128}}}}},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        nn_head_output o[OUTPUTS];
        char fitting[96];
        int n = 0, classes = 0;
        for (; n < OUTPUTS && files[i].output[n].name; n++)
            o[n] = (nn_head_output){.name = files[i].output[n].name,
                                    .tensor = {.shape = files[i].output[n].shape, .dtype = NN_F32}};
        const nn_decoder *d =
            nn_decoder_guess(o, n, files[i].h, files[i].w, &classes, fitting, sizeof fitting);
        if ((d != NULL) != (files[i].head != NULL) ||
            (d && (strcmp(d->name, files[i].head) != 0 || classes != files[i].classes)))
            fail_msg("case %zu: %s, %d classes; fitting: %s", i, d ? d->name : "none", classes,
                     fitting);
    }
}

// A mask is where the prototypes, weighted, are positive, inside of the box.
static void test_yolact_mask(void **state)
{
    (void)state;
    enum { SIDE = 64, CELLS = 16 };
    static float loc[4], conf[] = {0.1f, 0.9f}, mask[] = {1, -1},
                         prior[] = {0.5f, 0.5f, 0.5f, 0.5f};
    static float proto[CELLS * CELLS * 2];
    for (int i = 0; i < CELLS * CELLS; i++) // positive in the left half
        proto[2 * i + (i % CELLS < CELLS / 2 ? 0 : 1)] = 1;
    const nn_head_output o[] = {
        {"loc", nn_tensor_dense(NN_F32, (nn_shape){3, {1, 1, 4}}, loc), NULL, false},
        {"conf", nn_tensor_dense(NN_F32, (nn_shape){3, {1, 1, 2}}, conf), NULL, false},
        {"mask", nn_tensor_dense(NN_F32, (nn_shape){3, {1, 1, 2}}, mask), NULL, false},
        {"priors", nn_tensor_dense(NN_F32, (nn_shape){2, {1, 4}}, prior), NULL, false},
        {"proto", nn_tensor_dense(NN_F32, (nn_shape){4, {1, CELLS, CELLS, 2}}, proto), NULL, false},
    };
    const nn_decoder *d = nn_decoder_find("yolact");
    const nn_letterbox l = nn_letterbox_fit(SIDE, SIDE, SIDE, SIDE);
    const nn_decode_options options = {.threshold = 0.5f, .classes = 1};
    const nn_decode_sample sample = {d, o, 5, 0, 1, &l, 0.5f};
    const nn_nms_options nms = {.iou = 0.5f, .max_detections = 100};
    nn_candidates *c = nn_candidates_new();
    nn_result r;
    nn_result_init(&r);
    assert_int_equal(d->check(d, o, 5, SIDE, SIDE, 1, NULL), NN_OK);
    d->decode(d, o, 5, 0, &l, &options, c);
    assert_int_equal(nn_decode_finish(&sample, c, &nms, &r), NN_OK);
    assert_int_equal(r.count, 1);
    assert_true(r.boxes[0].x0 == 16 && r.boxes[0].x1 == 48);
    const nn_detail *detail = nn_result_detail(&r, &r.boxes[0]);
    const uint8_t *elements = nn_detail_mask(&r.details, detail);
    for (int y = 0; y < detail->mask_height; y++)
        for (int x = 0; x < detail->mask_width; x++)
            assert_int_equal(elements[y * detail->mask_width + x], x < detail->mask_width / 2);
    nn_result_release(&r);
    nn_candidates_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_recognised),
        cmocka_unit_test(test_yolact_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
