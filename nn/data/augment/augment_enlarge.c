// SPDX-License-Identifier: MIT
// A window of a picture, perhaps made smaller itself, that is made small, turned and degraded.
#include "nn/data/augment/augment_enlarge.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/vision/filter_resize.h"

#include <math.h>

enum { MARGIN = 4 }; // pixels of the small picture around the view that filters read

// A picture in memory: 3 x height x width, levels 0 .. 255.
typedef struct levels {
    int height, width;
    float *planes; // owned
} levels;

static nn_status make_levels(levels *l, int height, int width, nn_error *err)
{
    *l = (levels){height, width, nn_alloc(sizeof(float) * 3 * (size_t)height * (size_t)width)};
    return l->planes ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a view");
}

static void round_levels(const levels *l)
{
    for (ptrdiff_t i = 0; i < (ptrdiff_t)3 * l->height * l->width; i++) {
        const float v = l->planes[i];
        l->planes[i] = floorf((v > 0 ? v < 255 ? v : 255 : 0) + 0.5f);
    }
}

// Resizes all planes; pixel 0 of `to` begins at (x, y) of `from`.
static nn_status resize(const levels *from, const levels *to, nn_filter filter, double scale,
                        double x, double y, nn_error *err)
{
    nn_filter_taps across = {0}, down = {0};
    nn_status status = nn_filter_taps_new(&across, filter, from->width, to->width, scale, x, err);
    if (status == NN_OK)
        status = nn_filter_taps_new(&down, filter, from->height, to->height, scale, y, err);
    for (ptrdiff_t c = 0; c < 3 && status == NN_OK; c++)
        status = nn_filter_resize(from->planes + c * from->height * from->width,
                                  to->planes + c * to->height * to->width, &across, &down, err);
    nn_filter_taps_release(&across);
    nn_filter_taps_release(&down);
    return status;
}

// Copies pixels from (x, y) on; beyond the picture its edges go on.
static void copy_window(const levels *to, const nn_image *image, int x, int y)
{
    for (int c = 0; c < 3; c++)
        for (int row = 0; row < to->height; row++) {
            const ptrdiff_t at = nn_max(nn_min(y + row, image->height - 1), 0);
            float *out = to->planes + ((ptrdiff_t)c * to->height + row) * to->width;
            for (int i = 0; i < to->width; i++)
                out[i] =
                    image
                        ->rgb[3 * (at * image->width + nn_max(nn_min(x + i, image->width - 1), 0)) +
                              c];
        }
}

static int draw_place(int side, double window, nn_rng *rng)
{
    return (int)nn_rng_below(rng, nn_max(side - (int64_t)ceil(window) + 1, 1));
}

// A random window of the picture at a random scale, with the margin.
static nn_status draw_large(levels *large, const nn_image *image, const nn_augment_options *o,
                            int factor, nn_rng *rng, nn_error *err)
{
    const int h = large->height, w = large->width, margin = MARGIN * factor;
    double scale = 1;
    if (o->scale[0] < o->scale[1] || o->scale[0] != 1) // log-uniform, at most 1: nothing is made up
        scale = exp((double)nn_rng_range(rng, logf(o->scale[0]), logf(o->scale[1])));
    const double fit =
        fmax((double)(h - 2 * margin) / image->height, (double)(w - 2 * margin) / image->width);
    scale = fmin(fmax(scale, fit), 1);
    const int x = draw_place(image->width, (w - 2 * margin) / scale, rng);
    const int y = draw_place(image->height, (h - 2 * margin) / scale, rng);
    if (scale == 1) {
        copy_window(large, image, x - margin, y - margin);
        return NN_OK;
    }
    enum { REACH = 4 }; // pixels more, in those of the window
    const int more = (int)ceil((margin + REACH) / scale);
    levels source;
    nn_status status = make_levels(&source, (int)ceil((h - 2 * margin) / scale) + 2 * more,
                                   (int)ceil((w - 2 * margin) / scale) + 2 * more, err);
    if (status == NN_OK) {
        copy_window(&source, image, x - more, y - more);
        const double start = more - margin / scale;
        status = resize(&source, large, NN_FILTER_BICUBIC, scale, start, start, err);
    }
    nn_free(source.planes);
    return status;
}

// One of the eight ways to lay a square down, or four for other views.
typedef struct turn {
    bool flip_h, flip_v, swap;
} turn;

static turn draw_turn(const nn_view *v, const nn_augment_options *o, nn_rng *rng)
{
    turn t = {0};
    t.flip_h = o->flip_h > 0 && nn_rng_uniform(rng) < o->flip_h;
    t.flip_v = o->flip_v > 0 && nn_rng_uniform(rng) < o->flip_v;
    t.swap = o->rotate > 0 && nn_rng_uniform(rng) < o->rotate && v->height == v->width;
    return t;
}

// Luma of `l` without its margin, times `scale` plus `shift`, turned.
static void put_luma(float *out, const levels *l, int margin, turn t, float scale, float shift)
{
    const int h = l->height - 2 * margin, w = l->width - 2 * margin;
    const ptrdiff_t area = (ptrdiff_t)l->height * l->width;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const int row = t.flip_v ? h - 1 - y : y, column = t.flip_h ? w - 1 - x : x;
            const float *p = l->planes + ((ptrdiff_t)margin + (t.swap ? column : row)) * l->width +
                             margin + (t.swap ? row : column);
            out[(ptrdiff_t)y * w + x] =
                (0.299f * p[0] + 0.587f * p[area] + 0.114f * p[2 * area]) * scale + shift;
        }
}

static nn_filter draw_filter(const nn_augment_options *o, nn_rng *rng)
{
    if (o->shrink != NN_AUGMENT_SHRINK_ANY)
        return o->shrink == NN_AUGMENT_SHRINK_AREA ? NN_FILTER_AREA : NN_FILTER_BICUBIC;
    return nn_rng_uniform(rng) < 0.5f ? NN_FILTER_AREA : NN_FILTER_BICUBIC;
}

static nn_status draw(nn_view *view, levels *small, levels *large, const nn_image *image,
                      const nn_augment_options *o, nn_rng *rng, nn_error *err)
{
    nn_status status = draw_large(large, image, o, view->factor, rng, err);
    if (status == NN_OK)
        status = resize(large, small, draw_filter(o, rng), 1.0 / view->factor, 0, 0, err);
    if (status != NN_OK)
        return status;
    round_levels(small);
    status = nn_camera_apply(small->planes, small->height, small->width, o->camera, rng, err);
    if (status != NN_OK)
        return status;
    round_levels(small);
    const turn t = draw_turn(view, o, rng);
    put_luma(view->enlarged, large, MARGIN * view->factor, t, 1.0f / 255, 0);
    put_luma(view->planes, small, MARGIN, t, 1.0f / (255 * o->std[0]), -o->mean[0] / o->std[0]);
    return NN_OK;
}

nn_status nn_augment_enlarge(nn_view *view, nn_dataset *data, int index,
                             const nn_augment_options *o, nn_rng *rng, nn_error *err)
{
    nn_image image;
    bool borrowed;
    levels small = {0}, large = {0};
    nn_status status = nn_dataset_picture(data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const int h = view->height + 2 * MARGIN, w = view->width + 2 * MARGIN;
    status = make_levels(&small, h, w, err);
    if (status == NN_OK)
        status = make_levels(&large, h * view->factor, w * view->factor, err);
    if (status == NN_OK)
        status = draw(view, &small, &large, &image, o, rng, err);
    nn_free(small.planes);
    nn_free(large.planes);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}
