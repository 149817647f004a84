// SPDX-License-Identifier: MIT
// Preprocessing: letterboxes, resizes and normalises a frame of any size and format into a network
// input, in one pass.
#ifndef NN_VISION_RESIZE_H
#define NN_VISION_RESIZE_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/kernels/kernels.h"
#include "nn/tensor/tensor.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

// Where a frame lies in the network input. Pixel i covers [i, i + 1) on both sides, so a point maps
// as input = frame * scale + pad, and the centre of a pixel is at i + 0.5.
typedef struct nn_letterbox {
    float scale_x, scale_y; // input pixels per frame pixel; equal unless the frame was stretched
    float pad_x, pad_y; // top left corner of the frame in the input; negative when it is cropped
    int frame_w, frame_h;
    int input_w, input_h;
} nn_letterbox;

// The whole frame, as large as it fits, in the middle of the input. Sizes must be >= 1.
NN_API nn_letterbox nn_letterbox_fit(int frame_w, int frame_h, int input_w, int input_h);
// The frame in the middle, large enough to cover the input; what lies outside is cropped.
nn_letterbox nn_letterbox_cover(int frame_w, int frame_h, int input_w, int input_h);
// Only the middle part of the cropped frame: 0 < part <= 1 of its width and height. ImageNet's
// evaluation uses 224/256: it resizes the shorter side to 256 and crops 224.
#define NN_LETTERBOX_IMAGENET (224.0f / 256.0f)
NN_API nn_letterbox nn_letterbox_crop(int frame_w, int frame_h, int input_w, int input_h,
                                      float part);
// The frame stretched to the size of the input, for networks that were trained so.
NN_API nn_letterbox nn_letterbox_stretch(int frame_w, int frame_h, int input_w, int input_h);

// Shrinks an input for a frame of another shape. When nn_letterbox_fit would pad more than a
// quarter of the input, *w and *h become the smallest multiples of 32 that hold the frame at the
// same scale.
void nn_letterbox_trim(int frame_w, int frame_h, int *w, int *h);

// An input in the shape of the frame with about as many pixels as *w x *h. Its sides are multiples
// of 32, at most twice *w and *h; of all that need up to 3 % more pixels it takes the one with the
// largest scale.
void nn_letterbox_reshape(int frame_w, int frame_h, int *w, int *h);

// Maps a box from input to frame pixels and clips it to the frame. False when nothing is left, or
// when it holds a NaN.
bool nn_letterbox_to_frame(const nn_letterbox *l, nn_box *box);

// Maps a point from input to frame pixels.
static inline void nn_letterbox_point(const nn_letterbox *l, float *x, float *y)
{
    *x = (*x - l->pad_x) / l->scale_x;
    *y = (*y - l->pad_y) / l->scale_y;
}

// Tables and row buffers of the preprocessing, kept from frame to frame. One thread at a time.
typedef struct nn_resizer nn_resizer;
NN_API nn_resizer *nn_resizer_new(void); // NULL when memory is short
NN_API void nn_resizer_free(nn_resizer *r);
// Allocates what nn_preprocess needs for such a frame (checked), so that it need not.
nn_status nn_resizer_prepare(nn_resizer *r, const nn_frame *frame, const nn_letterbox *letterbox,
                             const nn_pool *pool, nn_error *err);

// Fills `out` (float32, 1 x 3 x input_h x input_w, planes R, G, B) with (rgb / 255 - mean) / std of
// the frame as the letterbox places it, and with grey (114) around it. Shrinking uses a triangle
// filter as wide as the reduction, enlarging is bilinear, so there is no aliasing. Chroma is sited
// left horizontally and centred vertically (MPEG-2, H.264). It allocates only when sizes,
// subsampling, letterbox or number of threads change.
NN_API nn_status nn_preprocess(nn_resizer *r, const nn_frame *frame, const nn_letterbox *letterbox,
                               const float mean[3], const float std[3], const nn_tensor *out,
                               nn_pool *pool, const nn_kernels *kernels, nn_error *err);

// How YUV of 8 bits becomes RGB, as nn_pixel_kernels and ITU-T H.273, section 8.3, have it.
void nn_yuv_matrix_rgb(float m[6], nn_yuv_matrix matrix, bool full_range);

// Swaps the planes R and B of a 1 x 3 x height x width float32 tensor.
void nn_swap_red_and_blue(const nn_tensor *input);

#endif
