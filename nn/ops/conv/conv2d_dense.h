// SPDX-License-Identifier: MIT
// Convolution of dense batches by tiles (kernels/microkernel.h), forward and both gradients.
//
// A slice of the batch is copied to where tiles can read it: in blocks of eight channels, or plane
// by plane when channels are few, with zeros around (a side). Forward slides the kernel over the
// side of x; the gradient of x slides the turned kernel over that of the gradient of y, once for
// each phase of a strided convolution; the gradient of the weights reads both.
#ifndef NN_OPS_CONV_CONV2D_TILES_H
#define NN_OPS_CONV_CONV2D_TILES_H

#include "nn/ops/conv/conv2d.h"

// A slice of images as tiles read it.
typedef struct nn_conv_padded {
    int64_t groups, channels; // of a group
    int64_t height, width;
    nn_halo halo;
    int unit;                  // floats of a pixel: 8 channels of a block, or 1
    int64_t blocks;            // of a group
    int64_t row, plane, image; // floats from one to the next
    float *data;               // pixel (0,0) of the first block of the first image
} nn_conv_padded;

// `planes`: may be in planes when channels are few.
nn_conv_padded nn_conv_padded_make(int64_t groups, int64_t channels, int64_t height, int64_t width,
                                   const nn_halo *halo, bool planes);
// Floats that `images` of it need, in whole cache lines.
int64_t nn_conv_padded_floats(const nn_conv_padded *s, int64_t images);
// Lets it use `memory`.
void nn_conv_padded_place(nn_conv_padded *s, float *memory);
// Copies dense images (N,C,H,W) and clears the halo.
void nn_conv_padded_fill(const nn_conv_padded *s, const nn_op_call *call, const float *dense,
                         int64_t images);

// The taps of a kernel along one axis, in the order of what they read: tap `tap` + i `tap_step`
// reads `shift` + i `shift_step` beyond its pixel.
typedef struct nn_conv_axis {
    int count, tap, tap_step, shift, shift_step;
} nn_conv_axis;

// A kernel sliding over a side: each of height x width grid pixels gives the sums of one pixel of a
// dense image.
typedef struct nn_conv_direct {
    const nn_op_call *call;
    const nn_conv_padded *side;
    nn_conv_axis y, x;
    int step_y, step_x;    // pixels of the side from one grid pixel to the next
    int64_t height, width; // of the grid
    // The dense images: channels of a group; their size; the pixels that the grid hits.
    int64_t out_channels, out_height, out_width;
    int first_y, first_x, out_step_y, out_step_x;
    bool add;          // to what is there; otherwise the grid is the whole image
    nn_act act;        // of what was added up; NN_ACT_NONE with add
    const float *bias; // of all output channels, or NULL
    // Weight of (output channel o of group g, input channel c, tap (ky,kx)) lies at
    // weight[g group + o out + c in + ky KW + kx].
    const float *weight;
    int64_t weight_group, weight_out, weight_in;
    int kernel_w;
    // Set by nn_conv_direct_place.
    float *packed;
    int32_t *offset;
    char *workers;
} nn_conv_direct;

// Memory for packed weights and offsets in floats, whole cache lines; that of each thread in bytes.
int64_t nn_conv_direct_floats(const nn_conv_direct *s);
size_t nn_conv_direct_worker_bytes(void);
void nn_conv_direct_place(nn_conv_direct *s, float *packed, void *workers);
// Packs the weights into s->packed; once for all slices.
void nn_conv_direct_pack(const nn_conv_direct *s);
// Computes `images` from the side into the dense images `out`.
void nn_conv_direct_run(const nn_conv_direct *s, float *out, int64_t images);

// The gradient of the weights.
typedef struct nn_conv_wgrad {
    const nn_conv_run *run;
    const nn_conv_padded *x, *gy; // gy in blocks
    float *packed;                // nn_conv_wgrad_floats
    char *workers;                // nn_conv_wgrad_worker_bytes for each thread
} nn_conv_wgrad;

int64_t nn_conv_wgrad_floats(const nn_conv_layout *l);
size_t nn_conv_wgrad_worker_bytes(const nn_conv_layout *l);
// Sums over a slice of `images`, added to what earlier slices gave or not.
void nn_conv_wgrad_run(const nn_conv_wgrad *w, int64_t images, bool add);
// Adds the packed sums to run->gw.
void nn_conv_wgrad_add(const nn_conv_wgrad *w);

// Winograd's filtering of slices in training, 3x3 with stride 1: forward, or back from the gradient
// of y to that of x.
typedef struct nn_conv_winograd_train {
    bool back;
    nn_winograd kind;
    nn_conv2d_params params; // of the convolution that it is
    nn_shape x, out;         // of one image
} nn_conv_winograd_train;

// Fills *f; false where tiles are faster, or the convolution is another one.
bool nn_conv_winograd_train_find(nn_conv_winograd_train *f, const nn_conv_layout *l, bool back);
int64_t nn_conv_winograd_train_floats(const nn_conv_winograd_train *f, int64_t slice,
                                      int threads); // of memory
// Transforms the weights into `memory`; once for all slices.
void nn_conv_winograd_train_pack(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                 float *memory);
// `images` of the side into the dense images `dense`; back adds to them.
void nn_conv_winograd_train_run(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                const nn_conv_padded *side, float *memory, float *dense,
                                int64_t images);

// The same for the gradient of the weights.
typedef struct nn_conv_wgrad_winograd {
    nn_winograd kind;          // whose outputs are the size of gy's tiles
    int64_t products;          // of a tile
    int64_t height, width;     // of gy in tiles
    int64_t channels, outputs; // rounded up to eight, sixteen
    int64_t images;            // of a pass
} nn_conv_wgrad_winograd;

bool nn_conv_wgrad_winograd_find(nn_conv_wgrad_winograd *f, const nn_conv_layout *l);
int64_t nn_conv_wgrad_winograd_floats(const nn_conv_wgrad_winograd *f); // of memory
// Sums over a slice, in `memory`; added to what earlier slices gave or not.
void nn_conv_wgrad_winograd_run(const nn_conv_wgrad_winograd *f, const nn_conv_wgrad *w,
                                float *memory, int64_t images, bool add);
// Brings the sums to w->packed.
void nn_conv_wgrad_winograd_finish(const nn_conv_wgrad_winograd *f, const nn_conv_wgrad *w,
                                   float *memory);

// Scratch floats, and the passes. Backward adds to gx and gw; results depend on nothing but shapes
// and data, not on the number of threads.
int64_t nn_conv_dense_scratch(const nn_conv_layout *l, int threads, bool backward);
void nn_conv_dense_forward(const nn_conv_run *r);
void nn_conv_dense_backward(const nn_conv_run *r);

#endif
