// SPDX-License-Identifier: MIT
// A borrowed view of one video frame or picture, in the pixel formats that cameras and decoders
// give.
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
    NN_PIXEL_GRAY8, // always 0..255
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

// Where the bytes of one component (R, G, B or Y, U, V) lie.
typedef struct nn_pixel_component {
    uint8_t plane, offset, step; // first byte in the row, bytes from sample to sample
    uint8_t shift_x, shift_y;    // log2 of the subsampling
} nn_pixel_component;

typedef struct nn_pixel_layout {
    const char *name;
    int planes;
    bool yuv;
    int components;                  // 3; 1 for grey
    nn_pixel_component component[3]; // R, G, B or Y, U, V
} nn_pixel_layout;

const char *nn_pixel_format_name(nn_pixel_format f);              // "I420", ...; "?" when unknown
const nn_pixel_layout *nn_pixel_format_layout(nn_pixel_format f); // NULL when unknown
// Bytes of a row and number of rows of plane `plane` at a frame size: what a stride must cover.
int64_t nn_frame_row_bytes(const nn_frame *f, int plane);
int nn_frame_plane_rows(const nn_frame *f, int plane);
// Format known, sizes positive (and at most 2^15), planes present, strides large enough.
nn_status nn_frame_check(const nn_frame *f, nn_error *err);

#endif
