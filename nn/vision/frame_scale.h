// SPDX-License-Identifier: MIT
// Shows a frame of any format on a screen: scaled linearly and converted to BGRx in one pass.
#ifndef NN_VISION_FRAME_SCALE_H
#define NN_VISION_FRAME_SCALE_H

#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/vision/frame.h"
#include "nn/vision/tiles.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether this processor has better than the portable kernels, which are slower than what programs
// for screens bring along.
NN_API bool nn_frame_scaler_is_fast(void);

// Tables and row buffers, kept from frame to frame. One thread at a time.
typedef struct nn_frame_scaler nn_frame_scaler;
NN_API nn_frame_scaler *nn_frame_scaler_new(void); // NULL when memory is short
NN_API void nn_frame_scaler_free(nn_frame_scaler *s);

// Where pixels of a frame are shown.
typedef struct nn_showing {
    nn_rect from; // of the frame, in its pixels
    nn_rect to;   // on the screen
    nn_rect seen; // the part of `to` that is made
} nn_showing;

// Makes ready for frames of this size, format and colours. It does nothing when that is known
// already. NN_EINVAL for a bad frame or an empty or impossible rectangle, NN_ENOMEM.
NN_API nn_status nn_frame_scaler_prepare(nn_frame_scaler *s, const nn_frame *frame,
                                         const nn_showing *showing, nn_error *err);
// Writes rows first, first + 1, ... first + count - 1 of `seen`, counted from its top, as pixels of
// four bytes: blue, green, red, 255. Two samples along each axis make a pixel; before that a frame
// is halved until it is at most twice as large. Chroma is sited left and between rows.
NN_API void nn_frame_scaler_rows(nn_frame_scaler *s, const nn_frame *frame, int first, int count,
                                 uint8_t *out, ptrdiff_t stride);

#endif
