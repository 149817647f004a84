// SPDX-License-Identifier: MIT
// A borrowed view of one video frame or picture, in the pixel formats that cameras and decoders give.
#ifndef NN_VISION_FRAME_H
#define NN_VISION_FRAME_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum nn_pixel_format {
    NN_PIXEL_I420, // planes Y, U, V
    NN_PIXEL_NV12, // planes Y, UV interleaved
    NN_PIXEL_YUY2, // one plane, Y0 U Y1 V
    NN_PIXEL_RGB,
    NN_PIXEL_BGR,
    NN_PIXEL_RGBX, // 32-bit formats in byte order; the fourth byte is ignored
    NN_PIXEL_BGRX,
    NN_PIXEL_XRGB,
    NN_PIXEL_XBGR,
    NN_PIXEL_GRAY8,
    NN_PIXEL_FORMAT_COUNT
} nn_pixel_format;

typedef struct nn_frame {
    nn_pixel_format format;
    int width, height;       // pixels, any size >= 1, odd sizes too
    const uint8_t *plane[3]; // not owned
    int stride[3];           // bytes from row to row
    bool bt709;              // YUV matrix: BT.709, otherwise BT.601
    bool full_range;         // YUV range 0..255, otherwise 16..235 / 16..240
} nn_frame;

const char *nn_pixel_format_name(nn_pixel_format f); // "I420", ...
// Planes present, strides large enough, sizes positive.
nn_status nn_frame_check(const nn_frame *f, nn_error *err);

#endif
