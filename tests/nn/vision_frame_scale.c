// SPDX-License-Identifier: MIT
// Frames for a screen against a definition in float64: all formats, odd sizes, parts, and sizes
// that are halved before; planes and rows end where a sanitizer sees it.
#include "nn/base/rng.h"
#include "nn/vision/frame_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/alloc.h"
#include "tests/support/test.h"

static nn_frame make_frame(nn_pixel_format format, int w, int h, nn_rng *rng)
{
    nn_frame f = {.format = format, .width = w, .height = h, .matrix = NN_YUV_BT709};
    for (int p = 0; p < nn_pixel_format_layout(format)->planes; p++) {
        const int bytes = (int)nn_frame_row_bytes(&f, p), rows = nn_frame_plane_rows(&f, p);
        f.stride[p] = bytes + w % 3;
        const int size = f.stride[p] * (rows - 1) + bytes;
        uint8_t *plane = malloc((size_t)size);
        assert_non_null(plane);
        for (int i = 0; i < size; i++)
            plane[i] = (uint8_t)nn_rng_below(rng, 256);
        f.plane[p] = plane;
    }
    return f;
}

static void release_frame(nn_frame *f)
{
    for (int p = 0; p < 3; p++)
        free((void *)f->plane[p]);
}

static double at(const nn_frame *f, int c, int x, int y)
{
    const nn_pixel_component *p = &nn_frame_layout(f)->component[c];
    return f->plane[p->plane][(ptrdiff_t)y * f->stride[p->plane] + x * p->step + p->offset];
}

// Component c at a point of the frame, between the four samples around it.
static double sample(const nn_frame *f, int c, double px, double py)
{
    const nn_pixel_component *p = &nn_frame_layout(f)->component[c];
    const int w = (f->width + (1 << p->shift_x) - 1) >> p->shift_x,
              h = (f->height + (1 << p->shift_y) - 1) >> p->shift_y;
    double x = (px - 0.5) / (1 << p->shift_x), y = p->shift_y ? (py - 1) / 2 : py - 0.5;
    x = fmin(fmax(x, 0), w - 1);
    y = fmin(fmax(y, 0), h - 1);
    const int x0 = (int)x, y0 = (int)y, x1 = x0 + 1 < w ? x0 + 1 : x0,
              y1 = y0 + 1 < h ? y0 + 1 : y0;
    const double a = at(f, c, x0, y0) + (x - x0) * (at(f, c, x1, y0) - at(f, c, x0, y0)),
                 b = at(f, c, x0, y1) + (x - x0) * (at(f, c, x1, y1) - at(f, c, x0, y1));
    return a + (y - y0) * (b - a);
}

static double level(double x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

static void expected_bgr(double bgr[3], const nn_frame *f, double px, double py)
{
    const nn_pixel_layout *l = nn_frame_layout(f);
    double v[3];
    for (int c = 0; c < 3; c++)
        v[c] = sample(f, c < l->components ? c : 0, px, py);
    const double y = (v[0] - 16) * 255 / 219, cb = (v[1] - 128) * 255 / 224,
                 cr = (v[2] - 128) * 255 / 224;
    bgr[0] = l->yuv ? level(y + 1.8556 * cb) : v[2];
    bgr[1] = l->yuv ? level(y - 0.187324 * cb - 0.468124 * cr) : v[1];
    bgr[2] = l->yuv ? level(y + 1.5748 * cr) : v[0];
}

// The rows of `seen`, in two calls.
static uint8_t *show(nn_frame_scaler *s, const nn_frame *f, const nn_showing *w)
{
    nn_error err;
    const int width = w->seen.width, height = w->seen.height, half = height / 2;
    uint8_t *out = malloc((size_t)width * (size_t)height * 4);
    assert_non_null(out);
    if (nn_frame_scaler_prepare(s, f, w, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_frame_scaler_rows(s, f, 0, half, out, 4 * width);
    nn_frame_scaler_rows(s, f, half, height - half, out + (ptrdiff_t)half * width * 4, 4 * width);
    return out;
}

static void check(nn_frame_scaler *s, const nn_frame *f, const nn_showing *w)
{
    // Weights have 7 bits, and rows are bytes before they are resampled across.
    const double allowed = nn_frame_layout(f)->yuv ? 6 : 3;
    uint8_t *out = show(s, f, w);
    for (int y = 0; y < w->seen.height; y++)
        for (int x = 0; x < w->seen.width; x++) {
            const uint8_t *got = out + 4 * (y * w->seen.width + x);
            const double sx = (double)w->from.width / w->to.width,
                         sy = (double)w->from.height / w->to.height;
            double want[3];
            expected_bgr(want, f, w->from.x + (w->seen.x - w->to.x + x + 0.5) * sx,
                         w->from.y + (w->seen.y - w->to.y + y + 0.5) * sy);
            for (int c = 0; c < 3; c++)
                if (fabs(got[c] - want[c]) > allowed)
                    fail_msg("%s %dx%d on %dx%d: channel %d at %d, %d is %d and not %g",
                             nn_pixel_format_name(f->format), f->width, f->height, w->to.width,
                             w->to.height, c, x, y, got[c], want[c]);
            assert_int_equal(got[3], 255);
        }
    free(out);
}

static void all_formats_are_shown(void **state)
{
    (void)state;
    static const int sizes[][4] = {{37, 23, 37, 23}, {64, 48, 200, 100}, {65, 49, 66, 50},
                                   {7, 5, 40, 60},   {1, 1, 9, 9},       {2, 40, 31, 41},
                                   {41, 1, 90, 3},   {80, 60, 41, 31},   {33, 31, 17, 62}};
    nn_rng rng = nn_rng_seed(1);
    nn_frame_scaler *s = nn_frame_scaler_new();
    for (int format = 0; format < NN_PIXEL_FORMAT_COUNT; format++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            const int *z = sizes[i];
            nn_frame f = make_frame((nn_pixel_format)format, z[0], z[1], &rng);
            nn_showing w = {{0, 0, z[0], z[1]}, {5, -7, z[2], z[3]}, {5, -7, z[2], z[3]}};
            check(s, &f, &w);
            w.seen = (nn_rect){5 + z[2] / 3, -7 + z[3] / 2, z[2] / 2 + 1, z[3] / 3 + 1};
            check(s, &f, &w); // a part of the screen
            w.from = (nn_rect){z[0] / 4, z[1] / 3, z[0] / 2 + 1, z[1] / 2 + 1};
            check(s, &f, &w); // of a part of the frame
            release_frame(&f);
        }
    nn_frame_scaler_free(s);
}

// Red is x and green y, so that each pixel tells where it comes from, also after halvings; a fine
// chequer pattern in blue becomes grey and no moire.
static void smaller_pictures_do_not_move(void **state)
{
    (void)state;
    static const int sizes[][2] = {{64, 64}, {80, 40}, {51, 23}, {200, 20}, {7, 150}, {1, 1}};
    nn_rng rng = nn_rng_seed(2);
    nn_frame_scaler *s = nn_frame_scaler_new();
    nn_frame f = make_frame(NN_PIXEL_RGB, 240, 160, &rng);
    for (int y = 0; y < f.height; y++)
        for (int x = 0; x < f.width; x++) {
            uint8_t *p = (uint8_t *)f.plane[0] + y * f.stride[0] + 3 * x;
            p[0] = (uint8_t)x;
            p[1] = (uint8_t)y;
            p[2] = (x + y) % 2 ? 255 : 0;
        }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        const int w = sizes[i][0], h = sizes[i][1];
        const nn_showing showing = {{0, 0, f.width, f.height}, {0, 0, w, h}, {0, 0, w, h}};
        uint8_t *out = show(s, &f, &showing);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                const uint8_t *p = out + 4 * (y * w + x);
                const double px = (x + 0.5) * f.width / w - 0.5,
                             py = (y + 0.5) * f.height / h - 0.5;
                // The last sample of an odd number stands for two: an eighth of a pixel at most.
                if (fabs(p[2] - px) > fmax(1.1, f.width / 8.0 / w) ||
                    fabs(p[1] - py) > fmax(1.1, f.height / 8.0 / h))
                    fail_msg("%dx%d: %d, %d comes from %d, %d and not %g, %g", w, h, x, y, p[2],
                             p[1], px, py);
                if (w < f.width / 2 && h < f.height / 2 && abs(p[0] - 128) > 1)
                    fail_msg("%dx%d: a pattern of pixels is %d", w, h, p[0]);
            }
        free(out);
    }
    release_frame(&f);
    nn_frame_scaler_free(s);
}

static void read_component(const nn_frame *f, int plane, int row, uint8_t *out)
{
    const nn_frame *of = f->source;
    memcpy(out, of->plane[plane] + row * of->stride[plane], (size_t)nn_frame_row_bytes(of, plane));
}

static void rows_may_be_read(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(3);
    nn_frame_scaler *s = nn_frame_scaler_new();
    for (int format = 0; format < NN_PIXEL_FORMAT_COUNT; format++) {
        nn_frame f = make_frame((nn_pixel_format)format, 67, 45, &rng), read = f;
        const nn_showing w = {{0, 0, 67, 45}, {0, 0, 21, 50}, {0, 0, 21, 50}};
        memset(read.plane, 0, sizeof read.plane);
        read.read_row = read_component;
        read.source = &f;
        uint8_t *want = show(s, &f, &w), *got = show(s, &read, &w);
        assert_memory_equal(got, want, 4 * 21 * 50);
        free(want);
        free(got);
        release_frame(&f);
    }
    nn_frame_scaler_free(s);
}

static void what_cannot_be_shown_is_refused(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_rng rng = nn_rng_seed(4);
    nn_frame f = make_frame(NN_PIXEL_I420, 64, 48, &rng);
    nn_showing w = {{0, 0, 64, 48}, {0, 0, 640, 480}, {0, 0, 640, 480}};
    for (int n = 0; n < 2; n++) { // allocations that succeed before one fails
        alloc_reset(n);
        nn_frame_scaler *s = nn_frame_scaler_new();
        if (s)
            assert_int_equal(nn_frame_scaler_prepare(s, &f, &w, &err), NN_ENOMEM);
        alloc_reset(-1);
        assert_true(n == 0 ? !s : s != NULL);
        if (s) // and works as soon as there is memory
            check(s, &f, &w);
        nn_frame_scaler_free(s);
    }
    nn_frame_scaler *s = nn_frame_scaler_new();
    w.from.width = 65;
    assert_int_equal(nn_frame_scaler_prepare(s, &f, &w, &err), NN_EINVAL);
    w.from.width = 0;
    assert_int_equal(nn_frame_scaler_prepare(s, &f, &w, &err), NN_EINVAL);
    w.from.width = 64;
    w.seen.y = 1;
    assert_int_equal(nn_frame_scaler_prepare(s, &f, &w, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "640x480"));
    nn_frame_scaler_free(s);
    release_frame(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_formats_are_shown),
        cmocka_unit_test(smaller_pictures_do_not_move),
        cmocka_unit_test(rows_may_be_read),
        cmocka_unit_test(what_cannot_be_shown_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
