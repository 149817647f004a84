// SPDX-License-Identifier: MIT
// Times preprocessing and scene figures by format and size, decoding with NMS, and with `vision
// MODEL` the detector.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/predict/detector.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/resize.h"
#include "nn/vision/scene.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

typedef struct size_case {
    int frame_w, frame_h, input_w, input_h;
} size_case;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static nn_frame noise_frame(nn_pixel_format format, int w, int h)
{
    nn_rng rng = nn_rng_seed(1);
    nn_frame f = {.format = format, .width = w, .height = h};
    for (int p = 0; p < nn_pixel_format_layout(format)->planes; p++) {
        f.stride[p] = (int)nn_frame_row_bytes(&f, p);
        size_t bytes = (size_t)f.stride[p] * (size_t)nn_frame_plane_rows(&f, p);
        uint8_t *plane = nn_alloc(bytes);
        for (size_t i = 0; plane && i < bytes; i++)
            plane[i] = (uint8_t)nn_rng_next(&rng);
        f.plane[p] = plane;
    }
    return f;
}

static void release_frame(nn_frame *f)
{
    for (int p = 0; p < 3; p++)
        nn_free((void *)f->plane[p]);
}

static void time_preprocess(nn_pixel_format format, const size_case *s)
{
    static const float half[3] = {0.5f, 0.5f, 0.5f};
    nn_frame f = noise_frame(format, s->frame_w, s->frame_h);
    nn_letterbox l = nn_letterbox_fit(s->frame_w, s->frame_h, s->input_w, s->input_h);
    nn_shape shape = nn_shape_4d(1, 3, s->input_h, s->input_w);
    nn_tensor t = {0};
    nn_resizer *r = nn_resizer_new();
    double best = INFINITY;
    bool good = r && nn_tensor_init(&t, NN_F32, &shape, NULL) == NN_OK;
    for (int i = 0; good && i < 100; i++) {
        double start = now_ms();
        good = nn_preprocess(r, &f, &l, half, half, &t, NULL, NULL, NULL) == NN_OK;
        best = fmin(best, now_ms() - start);
    }
    if (good)
        printf("preprocess %-5s %4dx%-4d -> %dx%d: %6.3f ms\n", nn_pixel_format_name(format),
               s->frame_w, s->frame_h, s->input_w, s->input_h, best);
    nn_resizer_free(r);
    nn_tensor_release(&t);
    release_frame(&f);
}

static void time_scene(nn_pixel_format format, int w, int h)
{
    nn_frame f = noise_frame(format, w, h);
    nn_scene *s = nn_scene_new();
    nn_scene_figures figures;
    double best = INFINITY;
    bool good = s != NULL;
    for (int i = 0; good && i < 100; i++) {
        double start = now_ms();
        good = nn_scene_measure(s, &f, &figures, NULL) == NN_OK;
        best = fmin(best, now_ms() - start);
    }
    if (good)
        printf("scene %-5s %4dx%-4d: %6.3f ms\n", nn_pixel_format_name(format), w, h, best);
    nn_scene_free(s);
    release_frame(&f);
}

// A stride-8 map of 416 x 320 on which every `every`-th cell is a box of 20 x 40 pixels.
static void time_decode(int classes, int every)
{
    nn_head_output o[2] = {{.name = "cls8"}, {.name = "box8"}};
    nn_shape cls = nn_shape_4d(1, classes, 40, 52), box = nn_shape_4d(1, 4, 40, 52);
    const nn_decoder *d = nn_decoder_find("fcos");
    nn_candidates *c = nn_candidates_new();
    nn_letterbox l = nn_letterbox_fit(768, 576, 416, 320);
    nn_decode_options options = {.threshold = 0.3f, .classes = classes};
    nn_rng rng = nn_rng_seed(2);
    nn_result r;
    double best = INFINITY;
    int candidates = 0;
    nn_result_init(&r);
    bool good = d && c && nn_tensor_init(&o[0].tensor, NN_F32, &cls, NULL) == NN_OK &&
                nn_tensor_init(&o[1].tensor, NN_F32, &box, NULL) == NN_OK;
    for (int64_t i = 0; good && i < nn_shape_count(&cls); i++)
        nn_tensor_f32(&o[0].tensor)[i] = i % every ? -5 : nn_rng_range(&rng, 0, 3);
    for (int64_t i = 0; good && i < nn_shape_count(&box); i++)
        nn_tensor_f32(&o[1].tensor)[i] = i / 2080 % 2 ? 0.9f : 0.2f;
    for (int i = 0; good && i < 100; i++) {
        double start = now_ms();
        nn_candidates_clear(c);
        d->decode(d, o, 2, 0, &l, &options, c);
        candidates = nn_candidates_count(c);
        good = nn_nms(c, &(nn_nms_options){.iou = 0.6f, .max_detections = 300}, &r) == NN_OK;
        best = fmin(best, now_ms() - start);
    }
    if (good)
        printf("decode + NMS, %d classes, %d candidates, %d boxes: %6.3f ms\n", classes, candidates,
               r.count, best);
    nn_result_release(&r);
    nn_tensor_release(&o[0].tensor);
    nn_tensor_release(&o[1].tensor);
    nn_candidates_free(c);
}

// FastestDet's map for 352 x 352 and 80 classes; every `every`-th cell is a box.
static void time_fastestdet(int every)
{
    enum { CLASSES = 80, SIDE = 22, CELLS = SIDE * SIDE };
    nn_head_output o = {.name = "out"};
    const nn_shape shape = nn_shape_4d(1, 5 + CLASSES, SIDE, SIDE);
    const nn_decoder *d = nn_decoder_find("fastestdet");
    nn_candidates *c = nn_candidates_new();
    nn_letterbox l = nn_letterbox_stretch(768, 576, 352, 352);
    nn_decode_options options = {.threshold = 0.3f, .classes = CLASSES};
    nn_rng rng = nn_rng_seed(3);
    nn_result r;
    double best = INFINITY;
    int candidates = 0;
    nn_result_init(&r);
    bool good = d && c && nn_tensor_init(&o.tensor, NN_F32, &shape, NULL) == NN_OK;
    for (int64_t i = 0; good && i < nn_shape_count(&shape); i++)
        nn_tensor_f32(&o.tensor)[i] = i < CELLS && i % every ? 0.0f : nn_rng_range(&rng, 0.7f, 1);
    for (int i = 0; good && i < 100; i++) {
        double start = now_ms();
        nn_candidates_clear(c);
        d->decode(d, &o, 1, 0, &l, &options, c);
        candidates = nn_candidates_count(c);
        good = nn_nms(c, &(nn_nms_options){.iou = 0.45f, .max_detections = 300}, &r) == NN_OK;
        best = fmin(best, now_ms() - start);
    }
    if (good)
        printf("decode + NMS, FastestDet, %d candidates, %d boxes: %6.3f ms\n", candidates, r.count,
               best);
    nn_result_release(&r);
    nn_tensor_release(&o.tensor);
    nn_candidates_free(c);
}

static int time_detector(const char *model, int threads)
{
    nn_error err = {0};
    nn_detector *d = NULL;
    nn_result r;
    nn_frame f = noise_frame(NN_PIXEL_I420, 768, 576), g = noise_frame(NN_PIXEL_I420, 768, 300);
    double best = INFINITY, start = now_ms();
    nn_result_init(&r);
    nn_detector_options o = {.threads = threads, .threshold = -1, .iou_threshold = -1};
    nn_status status = nn_detector_open(&d, model, &o, &err);
    double opened = now_ms() - start;
    for (int i = 0; status == NN_OK && i < 60; i++) {
        status = nn_detector_run(d, &f, &r, &err);
        best = fmin(best, r.infer_ms);
    }
    if (status == NN_OK)
        status = nn_detector_run(d, &g, &r, &err);
    if (status == NN_OK)
        printf(
            "detector, %d threads: opened in %.1f ms, 768x576 in %.2f ms, first of another shape "
            "%.2f ms\n",
            threads, opened, best, (double)r.infer_ms);
    else
        fprintf(stderr, "%s\n", err.text);
    nn_detector_free(d);
    nn_result_release(&r);
    release_frame(&f);
    release_frame(&g);
    return status == NN_OK ? 0 : 2;
}

int main(int argc, char **argv)
{
    static const size_case sizes[] = {{768, 576, 416, 320},
                                      {1280, 720, 384, 384},
                                      {1920, 1080, 416, 256},
                                      {3840, 2160, 640, 384},
                                      {320, 240, 416, 320}};
    static const nn_pixel_format formats[] = {NN_PIXEL_I420, NN_PIXEL_NV12, NN_PIXEL_YUY2,
                                              NN_PIXEL_RGB, NN_PIXEL_BGRX};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
        for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++)
            time_preprocess(formats[f], &sizes[s]);
    time_scene(NN_PIXEL_I420, 1920, 1080);
    time_scene(NN_PIXEL_BGRX, 1920, 1080);
    time_scene(NN_PIXEL_I420, 3840, 2160);
    time_decode(1, 100);
    time_decode(1, 10);
    time_decode(8, 10);
    time_decode(8, 1);
    time_fastestdet(10);
    time_fastestdet(1);
    int status = 0;
    for (int threads = 1; argc > 1 && threads <= 2; threads++)
        status |= time_detector(argv[1], threads);
    return status;
}
