// SPDX-License-Identifier: MIT
// Warps pictures by an affine transform.
#include "nn/explain/warp.h"

#include "nn/base/memory.h"
#include "nn/vision/resize.h"

#include <math.h>

#define TURN (3.14159265358979323846 / 180)

nn_status nn_image_of_frame(nn_image *out, const nn_frame *frame, nn_error *err)
{
    static const float zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
    *out = (nn_image){0};
    nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    const int w = frame->width, h = frame->height;
    const size_t pixels = (size_t)w * (size_t)h;
    const nn_letterbox place = nn_letterbox_fit(w, h, w, h);
    const nn_shape shape = nn_shape_4d(1, 3, h, w);
    nn_tensor planes = {0};
    nn_resizer *resizer = nn_resizer_new();
    uint8_t *rgb = nn_alloc(3 * pixels);
    status = !resizer || !rgb ? nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", w, h)
                              : nn_tensor_init(&planes, NN_F32, &shape, err);
    if (status == NN_OK)
        status =
            nn_preprocess(resizer, frame, &place, zero, one, &planes, NULL, nn_kernels_best(), err);
    if (status == NN_OK) {
        const float *x = nn_tensor_f32(&planes);
        for (size_t i = 0; i < pixels; i++)
            for (size_t c = 0; c < 3; c++)
                rgb[3 * i + c] =
                    (uint8_t)(nn_min_float(nn_max_float(x[c * pixels + i] * 255, 0), 255) + 0.5f);
        *out = (nn_image){.width = w, .height = h, .rgb = rgb};
        rgb = NULL;
    }
    nn_tensor_release(&planes);
    nn_resizer_free(resizer);
    nn_free(rgb);
    return status;
}

nn_warp nn_warp_move(double right, double down)
{
    return (nn_warp){.xx = 1, .yy = 1, .dx = -right, .dy = -down};
}

nn_warp nn_warp_scale(double scale)
{
    return (nn_warp){.xx = 1 / scale, .yy = 1 / scale};
}

// Quarter turns are exact.
nn_warp nn_warp_rotate(double degrees)
{
    const double quarter = degrees / 90;
    double c = cos(degrees * TURN), s = sin(degrees * TURN);
    if (quarter == rint(quarter)) {
        c = rint(c);
        s = rint(s);
    }
    return (nn_warp){.xx = c, .xy = s, .yx = -s, .yy = c};
}

// A level of one channel at a place between pixels; places outside have `fill`.
static double sample(const nn_image *in, int64_t x, int64_t y, double px, double py, int c,
                     uint8_t fill)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const int64_t at_x = x + i % 2, at_y = y + i / 2;
        const double weight = (i % 2 ? px : 1 - px) * (i / 2 ? py : 1 - py);
        const bool inside = at_x >= 0 && at_y >= 0 && at_x < in->width && at_y < in->height;
        sum += weight * (inside ? in->rgb[3 * (at_y * in->width + at_x) + c] : fill);
    }
    return sum;
}

void nn_image_warp(nn_image *out, const nn_image *in, const nn_warp *warp, const uint8_t fill[3])
{
    const double middle_x = 0.5 * in->width, middle_y = 0.5 * in->height;
    uint8_t *to = out->rgb;
    for (int row = 0; row < in->height; row++)
        for (int column = 0; column < in->width; column++) {
            const double u = column + 0.5 - middle_x, v = row + 0.5 - middle_y;
            const double x = warp->xx * u + warp->xy * v + warp->dx + middle_x - 0.5;
            const double y = warp->yx * u + warp->yy * v + warp->dy + middle_y - 0.5;
            const double left = floor(x), top = floor(y);
            const bool near = x > -1 && y > -1 && x < in->width && y < in->height;
            for (int c = 0; c < 3; c++)
                *to++ = near ? (uint8_t)lrint(sample(in, (int64_t)left, (int64_t)top, x - left,
                                                     y - top, c, fill[c]))
                             : fill[c];
        }
}
