// SPDX-License-Identifier: MIT
// From a frame of any size and format to a network input: letterboxed, resized, normalised in one
// pass.
#ifndef NN_VISION_RESIZE_H
#define NN_VISION_RESIZE_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/kernels/kernels.h"
#include "nn/tensor/tensor.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

// Where a frame lies in the network input. Both sides count in pixels with pixel i covering [i, i +
// 1), so a point maps as input = frame * scale + pad and a pixel's centre is at i + 0.5.
typedef struct nn_letterbox {
    float scale_x, scale_y; // input pixels per frame pixel; equal unless the frame was stretched
    float pad_x, pad_y;     // of the frame's top left corner in the input; may be negative (a crop)
    int frame_w, frame_h;
    int input_w, input_h;
} nn_letterbox;

// The whole frame centred in the input, as large as it fits. Sizes must be >= 1.
NN_API nn_letterbox nn_letterbox_fit(int frame_w, int frame_h, int input_w, int input_h);
// The frame centred and as large as it needs to be to cover the input: what is over is cut off.
nn_letterbox nn_letterbox_cover(int frame_w, int frame_h, int input_w, int input_h);
// Only the middle of that, `part` (0 < part <= 1) of its width and height: 224/256 is how
// ImageNet's classifiers are tested, with the shorter side resized to 256 and 224 of it cut out.
#define NN_LETTERBOX_IMAGENET (224.0f / 256.0f)
NN_API nn_letterbox nn_letterbox_crop(int frame_w, int frame_h, int input_w, int input_h,
                                      float part);
// The frame as large as the input, whatever its shape: for networks that were trained so.
NN_API nn_letterbox nn_letterbox_stretch(int frame_w, int frame_h, int input_w, int input_h);

// A smaller input for a frame whose shape is far from that of *w x *h: when the padding of
// nn_letterbox_fit would be more than a quarter of the input, shrinks *w, *h to the multiples of 32
// that still hold the frame at the same scale.
void nn_letterbox_trim(int frame_w, int frame_h, int *w, int *h);

// An input in the shape of the frame with about as many pixels as *w x *h: sides are multiples of
// 32 up to twice *w and *h, and the frame fits at the largest scale that up to 3 % more pixels
// allow.
void nn_letterbox_reshape(int frame_w, int frame_h, int *w, int *h);

// Box from input to frame pixels, clipped to the frame. False, when nothing is left of it (or it
// was not a number).
bool nn_letterbox_to_frame(const nn_letterbox *l, nn_box *box);

// Tables and row buffers of a preprocessing, kept from frame to frame. One thread at a time.
typedef struct nn_resizer nn_resizer;
NN_API nn_resizer *nn_resizer_new(void); // NULL when memory is short
NN_API void nn_resizer_free(nn_resizer *r);

// Fills `out` (float32, 1 x 3 x input_h x input_w, planes R, G, B) with (rgb / 255 - mean) / std of
// the frame as the letterbox places it; around it lies grey (114). Shrinking uses a triangle filter
// as wide as the reduction and enlarging is bilinear, so there is no aliasing. Chroma is taken to
// be sited left horizontally and centred vertically (MPEG-2, H.264). Allocates only when sizes,
// format subsampling, letterbox or the number of threads differ from the call before.
NN_API nn_status nn_preprocess(nn_resizer *r, const nn_frame *frame, const nn_letterbox *letterbox,
                               const float mean[3], const float std[3], const nn_tensor *out,
                               nn_pool *pool, const nn_kernels *kernels, nn_error *err);

// Turns the planes R, G, B of a 1 x 3 x height x width float32 tensor into B, G, R.
void nn_swap_red_and_blue(const nn_tensor *input);

#endif
