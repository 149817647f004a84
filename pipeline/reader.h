// SPDX-License-Identifier: MIT
// Reads the frames of a video one after the other as RGB and drops none: for training and
// evaluation.
#ifndef PIPELINE_READER_H
#define PIPELINE_READER_H

#include "nn/vision/frame.h"

typedef struct vp_reader vp_reader;

// Opens a file, URI or camera (see pipeline/input.h). width and height > 0 stretch every frame to
// that size; 0, 0 keep the size of the stream. Starts GStreamer when needed. On failure *out is
// NULL, and `err` says which input and why.
nn_status vp_reader_open(vp_reader **out, const char *input, int width, int height, nn_error *err);

// Returns 1 with a frame (NN_PIXEL_RGB, valid until the next call on this reader), 0 at the end, -1
// with `err` on failure. One thread at a time.
int vp_reader_next(vp_reader *r, nn_frame *frame, nn_error *err);

// Number of frames (an estimate), and frames a second; 0 when the input does not tell. Known after
// the first frame.
int64_t vp_reader_length(const vp_reader *r);
double vp_reader_rate(const vp_reader *r);

// Time of the last frame in nanoseconds from the start of the stream; -1 when unknown.
int64_t vp_reader_time(const vp_reader *r);

// Continues with the frame at `time`, or a frame near it: compare vp_reader_time. NN_EUNSUPPORTED
// when the stream cannot seek.
nn_status vp_reader_seek(vp_reader *r, int64_t time, nn_error *err);

// Stops decoding and frees the reader; NULL is a no-op.
void vp_reader_close(vp_reader *r);

#endif
