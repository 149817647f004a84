// SPDX-License-Identifier: MIT
// The table of pixel formats, and the check of a frame view.
#include "nn/vision/frame.h"

#include <stddef.h>

enum { MAX_SIDE = 1 << 15 }; // keeps the byte offsets of a row far inside an int

#define PACKED(r, g, b, step)                                                                      \
    {                                                                                              \
        {0, r, step, 0, 0}, {0, g, step, 0, 0},                                                    \
        {                                                                                          \
            0, b, step, 0, 0                                                                       \
        }                                                                                          \
    }

static const nn_pixel_layout layouts[NN_PIXEL_FORMAT_COUNT] = {
    [NN_PIXEL_I420] =
        {"I420", 3, true, 3, {{0, 0, 1, 0, 0}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 1}}, false},
    [NN_PIXEL_NV12] =
        {"NV12", 2, true, 3, {{0, 0, 1, 0, 0}, {1, 0, 2, 1, 1}, {1, 1, 2, 1, 1}}, false},
    [NN_PIXEL_YUY2] =
        {"YUY2", 1, true, 3, {{0, 0, 2, 0, 0}, {0, 1, 4, 1, 0}, {0, 3, 4, 1, 0}}, false},
    [NN_PIXEL_RGB] = {"RGB", 1, false, 3, PACKED(0, 1, 2, 3), false},
    [NN_PIXEL_BGR] = {"BGR", 1, false, 3, PACKED(2, 1, 0, 3), false},
    [NN_PIXEL_RGBX] = {"RGBx", 1, false, 3, PACKED(0, 1, 2, 4), false},
    [NN_PIXEL_BGRX] = {"BGRx", 1, false, 3, PACKED(2, 1, 0, 4), false},
    [NN_PIXEL_XRGB] = {"xRGB", 1, false, 3, PACKED(1, 2, 3, 4), false},
    [NN_PIXEL_XBGR] = {"xBGR", 1, false, 3, PACKED(3, 2, 1, 4), false},
    [NN_PIXEL_GRAY8] = {"GRAY8", 1, false, 1, {{0, 0, 1, 0, 0}}, false},
};

const nn_pixel_layout *nn_pixel_format_layout(nn_pixel_format f)
{
    return (unsigned)f < NN_PIXEL_FORMAT_COUNT ? &layouts[f] : NULL;
}

const char *nn_pixel_format_name(nn_pixel_format f)
{
    const nn_pixel_layout *layout = nn_pixel_format_layout(f);
    return layout ? layout->name : "?";
}

const nn_pixel_layout *nn_frame_layout(const nn_frame *f)
{
    return f->layout ? f->layout : nn_pixel_format_layout(f->format);
}

void nn_yuv_weights(nn_yuv_matrix m, double *kr, double *kb)
{
    static const double weights[NN_YUV_MATRIX_COUNT][2] = {
        [NN_YUV_BT601] = {0.299, 0.114},    [NN_YUV_BT709] = {0.2126, 0.0722},
        [NN_YUV_BT2020] = {0.2627, 0.0593}, [NN_YUV_SMPTE240M] = {0.212, 0.087},
        [NN_YUV_FCC] = {0.30, 0.11},
    };
    const unsigned i = (unsigned)m < NN_YUV_MATRIX_COUNT ? (unsigned)m : NN_YUV_BT601;
    *kr = weights[i][0];
    *kb = weights[i][1];
}

int64_t nn_frame_row_bytes(const nn_frame *f, int plane)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    int64_t bytes = 0;
    for (int c = 0; layout && c < layout->components; c++) {
        const nn_pixel_component *p = &layout->component[c];
        int64_t samples = ((int64_t)f->width + (1 << p->shift_x) - 1) >> p->shift_x;
        // A row has whole pixels: with the padding byte of a 32-bit pixel, and with the last Y of
        // an odd YUY2 row.
        if (p->plane == plane && samples * p->step > bytes)
            bytes = samples * p->step;
    }
    return bytes;
}

int nn_frame_plane_rows(const nn_frame *f, int plane)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    for (int c = 0; layout && c < layout->components; c++) {
        const nn_pixel_component *p = &layout->component[c];
        if (p->plane == plane)
            return (f->height + (1 << p->shift_y) - 1) >> p->shift_y;
    }
    return 0;
}

nn_status nn_frame_check(const nn_frame *f, nn_error *err)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    if (!layout)
        return nn_fail(err, NN_EINVAL, "frame: unknown pixel format %d", (int)f->format);
    if (f->width < 1 || f->height < 1 || f->width > MAX_SIDE || f->height > MAX_SIDE)
        return nn_fail(err, NN_EINVAL, "frame: size %dx%d is not within 1..%d", f->width, f->height,
                       MAX_SIDE);
    for (int p = 0; p < layout->planes && !f->read_row; p++) {
        if (!f->plane[p])
            return nn_fail(err, NN_EINVAL, "frame: %s has no plane %d", layout->name, p);
        if (f->stride[p] < nn_frame_row_bytes(f, p))
            return nn_fail(err, NN_EINVAL,
                           "frame: stride %d of %s plane %d is less than %lld bytes", f->stride[p],
                           layout->name, p, (long long)nn_frame_row_bytes(f, p));
    }
    return NN_OK;
}
