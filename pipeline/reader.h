// SPDX-License-Identifier: MIT
// Reads the frames of a video one after the other as RGB, dropping none: for training and scoring.
#ifndef PIPELINE_READER_H
#define PIPELINE_READER_H

#include "nn/vision/frame.h"

typedef struct vp_reader vp_reader;

// Opens a file, URI or camera (see pipeline/input.h). width and height > 0 resize every frame to
// that size, stretching; both 0 keep the stream's own. Starts GStreamer if need be. On failure *out
// is NULL and err says which input and why.
nn_status vp_reader_open(vp_reader **out, const char *input, int width, int height, nn_error *err);

// 1 and a frame (NN_PIXEL_RGB; its pixels stay valid until the next call on this reader), 0 at the
// end, -1 on failure with err filled. One thread at a time.
int vp_reader_next(vp_reader *r, nn_frame *frame, nn_error *err);

// About how many frames there are, and how many a second, 0 where the input does not tell; known
// once a frame was given.
int64_t vp_reader_length(const vp_reader *r);
double vp_reader_rate(const vp_reader *r);

// When the last frame is shown, in nanoseconds from the start of the stream; -1 when it does not
// say.
int64_t vp_reader_time(const vp_reader *r);

// Goes on with the frame shown at `time`, or what comes nearest: compare vp_reader_time.
// NN_EUNSUPPORTED when the stream cannot be wound.
nn_status vp_reader_seek(vp_reader *r, int64_t time, nn_error *err);

// Stops decoding and frees; NULL is a no-op.
void vp_reader_close(vp_reader *r);

#endif
