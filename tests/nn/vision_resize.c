// SPDX-License-Identifier: MIT
// Preprocessing against a per-pixel definition in float64: all formats, odd sizes, alignment,
// padding.
#include "nn/base/rng.h"
#include "nn/vision/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/alloc.h"
#include "tests/support/test.h"

static const float no_mean[3] = {0, 0, 0}, to_levels[3] = {1.f / 255, 1.f / 255, 1.f / 255};

// A frame whose planes end with their last used byte, for sanitizers.
static nn_frame make_frame(nn_pixel_format format, int w, int h, int extra_stride)
{
    nn_frame f = {.format = format, .width = w, .height = h};
    for (int p = 0; p < nn_pixel_format_layout(format)->planes; p++) {
        int bytes = (int)nn_frame_row_bytes(&f, p), rows = nn_frame_plane_rows(&f, p);
        f.stride[p] = bytes + extra_stride;
        f.plane[p] = calloc(1, (size_t)(f.stride[p] * (rows - 1) + bytes));
        assert_non_null(f.plane[p]);
    }
    return f;
}

static void release_frame(nn_frame *f)
{
    for (int p = 0; p < 3; p++)
        free((void *)f->plane[p]);
}

static uint8_t *component_at(const nn_frame *f, int c, int x, int y)
{
    const nn_pixel_component *p = &nn_pixel_format_layout(f->format)->component[c];
    return (uint8_t *)f->plane[p->plane] + (ptrdiff_t)y * f->stride[p->plane] + p->offset +
           (ptrdiff_t)x * p->step;
}

static void component_size(const nn_frame *f, int c, int *w, int *h)
{
    const nn_pixel_component *p = &nn_pixel_format_layout(f->format)->component[c];
    *w = (f->width + (1 << p->shift_x) - 1) >> p->shift_x;
    *h = (f->height + (1 << p->shift_y) - 1) >> p->shift_y;
}

static void fill_random(nn_frame *f, nn_rng *rng)
{
    for (int c = 0; c < nn_pixel_format_layout(f->format)->components; c++) {
        int w, h;
        component_size(f, c, &w, &h);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                *component_at(f, c, x, y) = (uint8_t)nn_rng_below(rng, 256);
    }
}

static nn_tensor make_input(int w, int h)
{
    nn_shape s = nn_shape_4d(1, 3, h, w);
    nn_tensor t;
    assert_int_equal(nn_tensor_init(&t, NN_F32, &s, NULL), NN_OK);
    for (int64_t i = 0; i < nn_shape_count(&s); i++)
        nn_tensor_f32(&t)[i] = NAN; // every element must be written
    return t;
}

static float input_at(const nn_tensor *t, int c, int x, int y)
{
    const int64_t *d = t->shape.dim;
    return nn_tensor_f32(t)[((int64_t)c * d[2] + y) * d[3] + x];
}

// Component c at a point of the frame (edges are whole numbers), straight from the definition: a
// triangle of radius max(1, reduction) in samples, weights normalised over what exists.
static double sample(const nn_frame *f, int c, double px, double py, const nn_letterbox *l)
{
    const nn_pixel_component *p = &nn_pixel_format_layout(f->format)->component[c];
    int w, h;
    component_size(f, c, &w, &h);
    // Chroma: on the first pixel of a pair horizontally, between the rows of a pair vertically.
    double at_x = (px - 0.5) / (1 << p->shift_x);
    double at_y = p->shift_y ? (py - 1) / 2 : py - 0.5;
    double rx = fmax(1, 1 / l->scale_x / (1 << p->shift_x));
    double ry = fmax(1, 1 / l->scale_y / (1 << p->shift_y));
    double sum = 0, weights = 0;
    at_x = fmin(fmax(at_x, 0), w - 1);
    at_y = fmin(fmax(at_y, 0), h - 1);
    for (int y = 0; y < h; y++) {
        for (int x = 0; fabs(y - at_y) < ry && x < w; x++) {
            if (fabs(x - at_x) >= rx)
                continue;
            double weight = (1 - fabs(x - at_x) / rx) * (1 - fabs(y - at_y) / ry);
            sum += weight * *component_at(f, c, x, y);
            weights += weight;
        }
    }
    return sum / weights;
}

static double level(double x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

static void expected_rgb(double rgb[3], const nn_frame *f, double px, double py,
                         const nn_letterbox *l)
{
    const nn_pixel_layout *layout = nn_pixel_format_layout(f->format);
    double v[3];
    for (int c = 0; c < 3; c++)
        v[c] = sample(f, c < layout->components ? c : 0, px, py, l);
    if (layout->yuv) { // BT.601 / BT.709, the usual rounded coefficients
        double y = f->full_range ? v[0] : (v[0] - 16) * 255 / 219;
        double k = f->full_range ? 1 : 255.0 / 224, cb = (v[1] - 128) * k, cr = (v[2] - 128) * k;
        rgb[0] = level(y + (f->matrix == NN_YUV_BT709 ? 1.5748 : 1.402) * cr);
        rgb[1] = level(y - (f->matrix == NN_YUV_BT709 ? 0.187324 : 0.344136) * cb -
                       (f->matrix == NN_YUV_BT709 ? 0.468124 : 0.714136) * cr);
        rgb[2] = level(y + (f->matrix == NN_YUV_BT709 ? 1.8556 : 1.772) * cb);
    } else {
        memcpy(rgb, v, sizeof(v));
    }
}

static void check_picture(const nn_frame *f, const nn_letterbox *l, const nn_tensor *t)
{
    for (int y = 0; y < l->input_h; y++) {
        for (int x = 0; x < l->input_w; x++) {
            double px = (x + 0.5 - l->pad_x) / l->scale_x, py = (y + 0.5 - l->pad_y) / l->scale_y;
            double want[3] = {114, 114, 114};
            bool thin = f->width * l->scale_x < 1 || f->height * l->scale_y < 1;
            if (thin && input_at(t, 0, x, y) != want[0]) // shown as one row although it is thinner
                continue;
            if (px >= 0 && px < f->width && py >= 0 && py < f->height)
                expected_rgb(want, f, px, py, l);
            for (int c = 0; c < 3; c++)
                if (!(fabs(input_at(t, c, x, y) - want[c]) < 0.02))
                    fail_msg("%s %dx%d at scale %g: channel %d at %d, %d of %dx%d is %g and not %g",
                             nn_pixel_format_name(f->format), f->width, f->height, l->scale_x, c, x,
                             y, l->input_w, l->input_h, input_at(t, c, x, y), want[c]);
        }
    }
}

static void check_frame(nn_resizer *r, nn_frame *f, const nn_letterbox *l, nn_pool *pool,
                        const nn_kernels *k)
{
    nn_error err;
    nn_tensor t = make_input(l->input_w, l->input_h);
    if (nn_preprocess(r, f, l, no_mean, to_levels, &t, pool, k, &err) != NN_OK)
        fail_msg("%s", err.text);
    check_picture(f, l, &t);
    nn_tensor_release(&t);
}

static void test_formats(void **state)
{
    (void)state;
    static const int sizes[][4] = {{37, 23, 64, 32}, {64, 48, 32, 32}, {65, 49, 32, 24},
                                   {7, 5, 32, 32},   {90, 31, 33, 17}, {1, 1, 8, 8},
                                   {2, 40, 16, 16},  {41, 1, 16, 16},  {32, 32, 32, 32}};
    nn_rng rng = nn_rng_seed(1);
    nn_resizer *r = nn_resizer_new();
    nn_pool *pool = nn_pool_new(2);
    nn_kernels c_kernels;
    nn_kernels_init(&c_kernels, 0);
    assert_true(r && pool);
    for (int format = 0; format < NN_PIXEL_FORMAT_COUNT; format++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            const int *s = sizes[i];
            nn_frame f = make_frame((nn_pixel_format)format, s[0], s[1], (int)i % 3 * 5);
            nn_letterbox l = nn_letterbox_fit(s[0], s[1], s[2], s[3]);
            fill_random(&f, &rng);
            f.matrix = i % 2 ? NN_YUV_BT709 : NN_YUV_BT601;
            f.full_range = i % 4 >= 2;
            check_frame(r, &f, &l, i % 2 ? pool : NULL, i % 3 ? NULL : &c_kernels);
            // A part of the frame, off the grid.
            l.scale_x *= 1.37f;
            l.scale_y *= 1.21f;
            l.pad_x = s[0] > 8 ? -1.3f : -0.3f;
            l.pad_y = 2.6f;
            check_frame(r, &f, &l, pool, NULL);
            release_frame(&f);
        }
    }
    nn_resizer_free(r);
    nn_pool_free(pool);
}

// R = x and G = y of the frame, so each input pixel tells its sampling position, to 1/100 pixel.
static void test_alignment(void **state)
{
    (void)state;
    static const int inputs[][2] = {{96, 96}, {112, 64},  {32, 64},
                                    {64, 64}, {300, 200}, {240, 160}};
    nn_resizer *r = nn_resizer_new();
    nn_frame f = make_frame(NN_PIXEL_RGB, 240, 160, 0);
    for (int y = 0; y < f.height; y++) {
        for (int x = 0; x < f.width; x++) {
            *component_at(&f, 0, x, y) = (uint8_t)x;
            *component_at(&f, 1, x, y) = (uint8_t)y;
        }
    }
    for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
        nn_letterbox l = nn_letterbox_fit(f.width, f.height, inputs[i][0], inputs[i][1]);
        nn_tensor t = make_input(l.input_w, l.input_h);
        assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &t, NULL, NULL, NULL), NN_OK);
        double radius = fmax(1, 1 / l.scale_x); // the filter is cut off at the edges
        for (int y = 0; y < l.input_h; y++) {
            for (int x = 0; x < l.input_w; x++) {
                double px = (x + 0.5 - l.pad_x) / l.scale_x, py = (y + 0.5 - l.pad_y) / l.scale_y;
                if (px < radius + 1 || py < radius + 1 || px > f.width - radius - 1 ||
                    py > f.height - radius - 1)
                    continue;
                // Sample i has its centre at i + 0.5. The triangle is not exactly symmetric on the
                // grid of samples: a few hundredths.
                assert_true(fabs(input_at(&t, 0, x, y) + 0.5 - px) < 0.06);
                assert_true(fabs(input_at(&t, 1, x, y) + 0.5 - py) < 0.06);
            }
        }
        nn_tensor_release(&t);
    }
    release_frame(&f);
    nn_resizer_free(r);
}

// A one-pixel checkerboard must become an even grey and not a pattern.
static void test_no_aliasing(void **state)
{
    (void)state;
    static const int inputs[] = {32, 53, 64, 77, 90};
    nn_resizer *r = nn_resizer_new();
    nn_frame f = make_frame(NN_PIXEL_GRAY8, 192, 192, 0);
    for (int y = 0; y < f.height; y++)
        for (int x = 0; x < f.width; x++)
            *component_at(&f, 0, x, y) = (x + y) % 2 ? 255 : 0;
    for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
        int n = inputs[i];
        nn_letterbox l = nn_letterbox_fit(f.width, f.height, n, n);
        nn_tensor t = make_input(n, n);
        assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &t, NULL, NULL, NULL), NN_OK);
        for (int y = 2; y < n - 2; y++)
            for (int x = 2; x < n - 2; x++)
                assert_true(fabsf(input_at(&t, 1, x, y) - 127.5f) < 4);
        nn_tensor_release(&t);
    }
    release_frame(&f);
    nn_resizer_free(r);
}

// A smooth picture converted to YUV by the test, against the same picture in RGB.
static void test_formats_agree(void **state)
{
    (void)state;
    static const nn_pixel_format formats[] = {NN_PIXEL_I420, NN_PIXEL_NV12, NN_PIXEL_YUY2,
                                              NN_PIXEL_BGRX};
    enum { W = 101, H = 75 };
    const float mean[3] = {0.5f, 0.4f, 0.3f}, std[3] = {0.5f, 0.25f, 0.2f};
    nn_resizer *r = nn_resizer_new();
    nn_letterbox l = nn_letterbox_fit(W, H, 64, 64);
    nn_frame rgb = make_frame(NN_PIXEL_RGB, W, H, 1);
    nn_tensor want = make_input(64, 64), got = make_input(64, 64);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++)
                *component_at(&rgb, c, x, y) =
                    (uint8_t)lrint(128 + 70 * sin(x * 0.05 + c) * cos(y * 0.06 - c));
    assert_int_equal(nn_preprocess(r, &rgb, &l, mean, std, &want, NULL, NULL, NULL), NN_OK);
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        nn_frame f = make_frame(formats[i], W, H, 3);
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                const nn_pixel_layout *layout = nn_pixel_format_layout(f.format);
                double v[3], k = 219.0 / 255;
                for (int c = 0; c < 3; c++)
                    v[c] = *component_at(&rgb, c, x, y);
                double luma = 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2];
                double yuv[3] = {16 + k * luma, 128 + (v[2] - luma) / 1.772 * 224 / 255,
                                 128 + (v[0] - luma) / 1.402 * 224 / 255};
                for (int c = 0; c < 3; c++)
                    *component_at(&f, c, x >> layout->component[c].shift_x,
                                  y >> layout->component[c].shift_y) =
                        (uint8_t)lrint(layout->yuv ? yuv[c] : v[c]);
            }
        }
        assert_int_equal(nn_preprocess(r, &f, &l, mean, std, &got, NULL, NULL, NULL), NN_OK);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < 64 * 64; p++)
                assert_true(fabsf(input_at(&got, c, p % 64, p / 64) -
                                  input_at(&want, c, p % 64, p / 64)) < 7 / (255 * std[c]));
        release_frame(&f);
    }
    release_frame(&rgb);
    nn_tensor_release(&want);
    nn_tensor_release(&got);
    nn_resizer_free(r);
}

static void copy_row(const nn_frame *f, int plane, int row, uint8_t *out)
{
    const nn_frame *from = f->source;
    memcpy(out, from->plane[plane] + (ptrdiff_t)row * from->stride[plane],
           (size_t)nn_frame_row_bytes(from, plane));
}

// Rows that are asked for give what rows in memory give, to the bit.
static void test_rows_that_are_read(void **state)
{
    (void)state;
    static const int inputs[][2] = {{64, 48}, {7, 9}, {33, 129}, {300, 200}};
    enum { W = 203, H = 151 };
    nn_rng rng = nn_rng_seed(9);
    nn_resizer *r = nn_resizer_new();
    nn_pool *pool = nn_pool_new(2);
    for (int format = 0; format < NN_PIXEL_FORMAT_COUNT; format++) {
        nn_frame f = make_frame((nn_pixel_format)format, W, H, 5);
        nn_frame read = {.width = W,
                         .height = H,
                         .layout = nn_pixel_format_layout(f.format),
                         .read_row = copy_row,
                         .source = &f};
        fill_random(&f, &rng);
        for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
            const int w = inputs[i][0], h = inputs[i][1];
            nn_letterbox l = nn_letterbox_fit(W, H, w, h);
            nn_tensor want = make_input(w, h), got = make_input(w, h);
            assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &want, NULL, NULL, NULL),
                             NN_OK);
            assert_int_equal(
                nn_preprocess(r, &read, &l, no_mean, to_levels, &got, pool, NULL, NULL), NN_OK);
            assert_memory_equal(got.data, want.data, nn_tensor_bytes(&want));
            nn_tensor_release(&want);
            nn_tensor_release(&got);
        }
        release_frame(&f);
    }
    nn_resizer_free(r);
    nn_pool_free(pool);
}

// Pure red in the five matrices, by the definition of Cb and Cr; and grey levels from 16 to 235.
static void test_colours(void **state)
{
    (void)state;
    static const double red[NN_YUV_MATRIX_COUNT][3] = {
        // Y = Kr, Cb = -Kr / (2 - 2 Kb), Cr = 1/2, in 16..235 and 16..240
        [NN_YUV_BT601] = {81.48, 90.20, 240},  [NN_YUV_BT709] = {62.56, 102.34, 240},
        [NN_YUV_BT2020] = {73.53, 96.72, 240}, [NN_YUV_SMPTE240M] = {62.43, 101.99, 240},
        [NN_YUV_FCC] = {81.70, 90.25, 240},
    };
    nn_pixel_layout narrow = *nn_pixel_format_layout(NN_PIXEL_GRAY8);
    nn_resizer *r = nn_resizer_new();
    nn_letterbox l = nn_letterbox_fit(8, 8, 8, 8);
    nn_tensor t = make_input(8, 8);
    for (int m = 0; m < NN_YUV_MATRIX_COUNT; m++) {
        nn_frame f = make_frame(NN_PIXEL_I420, 8, 8, 0);
        f.matrix = (nn_yuv_matrix)m;
        for (int p = 0; p < 3; p++)
            memset((uint8_t *)f.plane[p], (int)lrint(red[m][p]), p ? 16 : 64);
        assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &t, NULL, NULL, NULL), NN_OK);
        for (int c = 0; c < 3; c++)
            assert_float_equal(input_at(&t, c, 4, 4), c ? 0 : 255, 1.5);
        release_frame(&f);
    }
    narrow.limited = true;
    nn_frame grey = make_frame(NN_PIXEL_GRAY8, 8, 8, 0);
    grey.layout = &narrow;
    for (int i = 0; i < 2; i++) {
        memset((uint8_t *)grey.plane[0], i ? 235 : 16, 64);
        assert_int_equal(nn_preprocess(r, &grey, &l, no_mean, to_levels, &t, NULL, NULL, NULL),
                         NN_OK);
        for (int c = 0; c < 3; c++)
            assert_float_equal(input_at(&t, c, 4, 4), i ? 255 : 0, 0.01);
    }
    release_frame(&grey);
    nn_tensor_release(&t);
    nn_resizer_free(r);
}

static void test_threads_and_memory(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(5);
    nn_resizer *r = nn_resizer_new();
    nn_pool *pool = nn_pool_new(3);
    nn_frame f = make_frame(NN_PIXEL_I420, 203, 151, 0);
    nn_letterbox l = nn_letterbox_fit(203, 151, 128, 96), m = nn_letterbox_fit(203, 151, 64, 64);
    nn_tensor one = make_input(128, 96), three = make_input(128, 96), small = make_input(64, 64);
    fill_random(&f, &rng);
    assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &three, pool, NULL, NULL), NN_OK);
    alloc_reset(-1);
    assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &one, NULL, NULL, NULL), NN_OK);
    assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &three, pool, NULL, NULL), NN_OK);
    assert_int_equal(alloc_count(), 0);
    assert_memory_equal(one.data, three.data, nn_tensor_bytes(&one));
    // Out of memory at each place, then good again.
    for (long n = 0;; n++) {
        assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &one, pool, NULL, NULL),
                         NN_OK);
        alloc_reset(n);
        nn_status status = nn_preprocess(r, &f, &m, no_mean, to_levels, &small, NULL, NULL, NULL);
        alloc_reset(-1);
        if (status == NN_OK)
            break;
        assert_int_equal(status, NN_ENOMEM);
        assert_true(n < 20);
    }
    nn_tensor_release(&one);
    nn_tensor_release(&three);
    nn_tensor_release(&small);
    release_frame(&f);
    nn_resizer_free(r);
    nn_pool_free(pool);
}

static void test_refusals(void **state)
{
    (void)state;
    nn_error err;
    nn_resizer *r = nn_resizer_new();
    nn_frame f = make_frame(NN_PIXEL_I420, 20, 10, 0), bad;
    nn_letterbox l = nn_letterbox_fit(20, 10, 32, 32);
    nn_tensor t = make_input(32, 32), wrong = make_input(32, 64);
    const float zero[3] = {1, 0, 1};
    assert_int_equal(nn_preprocess(r, &f, &l, no_mean, to_levels, &wrong, NULL, NULL, &err),
                     NN_ESHAPE);
    assert_non_null(strstr(err.text, "1x3x64x32"));
    assert_int_equal(nn_preprocess(r, &f, &l, no_mean, zero, &t, NULL, NULL, &err), NN_EINVAL);
    bad = f;
    bad.width = 18;
    assert_int_equal(nn_preprocess(r, &bad, &l, no_mean, to_levels, &t, NULL, NULL, &err),
                     NN_EINVAL);
    bad = f;
    bad.stride[1] = 9;
    assert_int_equal(nn_frame_check(&bad, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "plane 1"));
    bad = f;
    bad.plane[2] = NULL;
    assert_int_equal(nn_frame_check(&bad, &err), NN_EINVAL);
    bad = f;
    bad.height = 0;
    assert_int_equal(nn_frame_check(&bad, &err), NN_EINVAL);
    bad = f;
    bad.width = 1 << 20;
    assert_int_equal(nn_frame_check(&bad, &err), NN_EINVAL);
    bad = f;
    bad.format = NN_PIXEL_FORMAT_COUNT;
    assert_int_equal(nn_frame_check(&bad, &err), NN_EINVAL);
    assert_string_equal(nn_pixel_format_name(bad.format), "?");
    assert_string_equal(nn_pixel_format_name(NN_PIXEL_NV12), "NV12");
    release_frame(&f);
    nn_tensor_release(&t);
    nn_tensor_release(&wrong);
    nn_resizer_free(r);
    nn_resizer_free(NULL);
}

static void test_letterbox(void **state)
{
    (void)state;
    nn_rng rng = nn_rng_seed(7);
    nn_letterbox l = nn_letterbox_fit(768, 576, 416, 320);
    assert_true(l.scale_x == 416.0f / 768 && l.scale_y == l.scale_x && l.pad_x == 0 &&
                l.pad_y == 4);
    l = nn_letterbox_cover(768, 576, 224, 224); // the middle: 299 columns, 37 cut at each side
    assert_true(l.pad_x == -37 && l.pad_y == 0);
    assert_float_equal(l.scale_x, 224 / 576.0f, 1e-6f);
    l = nn_letterbox_fit(10, 1000, 64, 32); // never thinner than a pixel
    assert_true(l.scale_x == 0.032f && l.pad_x == 31 && l.pad_y == 0);
    for (int i = 0; i < 200; i++) {
        int w = 1 + (int)nn_rng_below(&rng, 2000), h = 1 + (int)nn_rng_below(&rng, 2000);
        int input_w = 32 * (1 + (int)nn_rng_below(&rng, 20));
        int input_h = 32 * (1 + (int)nn_rng_below(&rng, 20));
        l = i % 2 ? nn_letterbox_fit(w, h, input_w, input_h)
                  : nn_letterbox_stretch(w, h, input_w, input_h);
        // The frame fills the input along one axis, stretched along both.
        assert_true(fabsf((float)w * l.scale_x - (float)input_w) < 1e-2f ||
                    (i % 2 && fabsf((float)h * l.scale_y - (float)input_h) < 1e-2f));
        assert_true(l.pad_x >= 0 && l.pad_y >= 0);
        nn_box box = {.x0 = nn_rng_range(&rng, 0, (float)w / 2), .x1 = (float)w};
        box.y0 = nn_rng_range(&rng, 0, (float)h / 2);
        box.y1 = box.y0 + (float)h / 4;
        nn_box in = box;
        in.x0 = box.x0 * l.scale_x + l.pad_x;
        in.x1 = box.x1 * l.scale_x + l.pad_x + 50; // clipped
        in.y0 = box.y0 * l.scale_y + l.pad_y;
        in.y1 = box.y1 * l.scale_y + l.pad_y;
        assert_true(nn_letterbox_to_frame(&l, &in));
        assert_true(fabsf(in.x0 - box.x0) < 0.02f && in.x1 == box.x1);
        assert_true(fabsf(in.y0 - box.y0) < 0.02f && fabsf(in.y1 - box.y1) < 0.02f);
    }
    nn_box outside = {.x0 = -50, .y0 = -50, .x1 = -20, .y1 = -20};
    nn_box nan = {.x0 = 1, .y0 = NAN, .x1 = 3, .y1 = 4};
    assert_false(nn_letterbox_to_frame(&l, &outside));
    assert_false(nn_letterbox_to_frame(&l, &nan));
}

static void test_trim(void **state)
{
    (void)state;
    // frame, input, expected input
    static const int cases[][6] = {
        {768, 576, 416, 320, 416, 320},   // fits well: stays
        {1280, 720, 416, 320, 416, 256},  // 27 % padding
        {1280, 720, 384, 384, 384, 224},  // 384 x 216
        {720, 1280, 416, 320, 192, 320},  // 180 x 320
        {1920, 1080, 640, 384, 640, 384}, // 640 x 360
        {5000, 10, 416, 320, 416, 32},    // never under 32
        {100, 100, 20, 40, 20, 32},       // inputs smaller than that stay within their size
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const int *k = cases[i];
        int w = k[2], h = k[3];
        nn_letterbox before = nn_letterbox_fit(k[0], k[1], w, h);
        nn_letterbox_trim(k[0], k[1], &w, &h);
        assert_int_equal(w, k[4]);
        assert_int_equal(h, k[5]);
        nn_letterbox after = nn_letterbox_fit(k[0], k[1], w, h);
        assert_true(fabsf(after.scale_x / before.scale_x - 1) < 1e-6f);
    }
}

static void test_reshape(void **state)
{
    (void)state;
    static const int cases[][6] = {
        // frame, input, input in its shape
        {640, 480, 416, 416, 480, 352},   {768, 576, 416, 416, 480, 352},
        {1920, 1080, 416, 416, 544, 320}, {1080, 1920, 416, 416, 320, 544},
        {500, 500, 416, 416, 416, 416},   {640, 360, 384, 288, 416, 256},
        {5000, 10, 416, 320, 832, 32},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const int *k = cases[i];
        int w = k[2], h = k[3];
        nn_letterbox_reshape(k[0], k[1], &w, &h);
        assert_int_equal(w, k[4]);
        assert_int_equal(h, k[5]);
        assert_true(w * h <= 1.03 * k[2] * k[3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_reshape),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_no_aliasing),
        cmocka_unit_test(test_formats_agree),
        cmocka_unit_test(test_threads_and_memory),
        cmocka_unit_test(test_rows_that_are_read),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_letterbox),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
