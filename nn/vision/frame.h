// SPDX-License-Identifier: MIT
// A view of one video frame or picture, in the pixel formats that cameras and decoders deliver.
#ifndef NN_VISION_FRAME_H
#define NN_VISION_FRAME_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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

// Where the bytes of one component (R, G, B or Y, U, V) lie.
typedef struct nn_pixel_component {
    uint8_t plane, offset, step; // plane, first byte in a row, bytes from sample to sample
    uint8_t shift_x, shift_y;    // log2 of the subsampling
} nn_pixel_component;

typedef struct nn_pixel_layout {
    const char *name;
    int planes;
    bool yuv;
    int components;                  // 3; 1 for grey
    nn_pixel_component component[3]; // R, G, B or Y, U, V; U and V have the same subsampling
    bool limited;                    // R, G, B and grey use 16 .. 235 instead of 0 .. 255
} nn_pixel_layout;

// Which weights of R, G and B give Y (ITU-T H.273, table 4).
typedef enum nn_yuv_matrix {
    NN_YUV_BT601,
    NN_YUV_BT709,
    NN_YUV_BT2020, // non-constant luminance
    NN_YUV_SMPTE240M,
    NN_YUV_FCC,
    NN_YUV_MATRIX_COUNT
} nn_yuv_matrix;

enum { NN_FRAME_ROW_SLACK = 64 }; // bytes behind a row that read_row may overwrite

typedef struct nn_frame nn_frame;
struct nn_frame {
    nn_pixel_format format;
    int width, height;       // pixels, any size >= 1, odd sizes too
    const uint8_t *plane[3]; // not owned
    int stride[3];           // bytes from row to row
    nn_yuv_matrix matrix;    // YUV formats only
    bool full_range;         // YUV range 0..255, otherwise 16..235 / 16..240

    // For frames in none of these formats; zero otherwise.
    const nn_pixel_layout *layout; // borrowed; when set, it replaces `format`
    // When set, the engine calls it for rows instead of reading `plane`. It writes row `row` of
    // plane `plane` in the given layout: nn_frame_row_bytes() bytes, at most NN_FRAME_ROW_SLACK
    // more. `out` is aligned to 64 bytes. Several threads call it at once.
    void (*read_row)(const nn_frame *f, int plane, int row, uint8_t *out);
    const void *source; // for read_row; borrowed
};

NN_API const char *nn_pixel_format_name(nn_pixel_format f); // "I420", ...; "?" when unknown
NN_API const nn_pixel_layout *nn_pixel_format_layout(nn_pixel_format f); // NULL when unknown
// f->layout, else that of its format
NN_API const nn_pixel_layout *nn_frame_layout(const nn_frame *f);
// Weights of red and blue in the luma of a matrix.
NN_API void nn_yuv_weights(nn_yuv_matrix m, double *kr, double *kb);
// Bytes of a row and number of rows of a plane, from the frame's format and size. A stride must be
// at least as large.
NN_API int64_t nn_frame_row_bytes(const nn_frame *f, int plane);
NN_API int nn_frame_plane_rows(const nn_frame *f, int plane);
// Checks a frame: a known format, sides from 1 to 2^15 pixels, all planes present, strides large
// enough. NN_EINVAL otherwise.
NN_API nn_status nn_frame_check(const nn_frame *f, nn_error *err);

#ifdef __cplusplus
}
#endif

#endif
