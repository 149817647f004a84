// SPDX-License-Identifier: MIT
// How near a picture is to the true one: PSNR and SSIM.
#ifndef NN_EVAL_PICTURE_METRICS_H
#define NN_EVAL_PICTURE_METRICS_H

#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/io/image/image.h"

// The luma of ITU-R BT.601 in 16 .. 235, as scores of super-resolution are published: one number a
// pixel, not rounded. Leaves out `border` pixels at each side; `out` has room for the rest.
NN_API void nn_score_luma(const nn_image *image, int border, double *out);

// 10 log10(255^2 / mean squared difference) of n numbers; infinite when there is none.
NN_API double nn_psnr(const double *a, const double *b, int64_t n);
// The mean structural similarity (Wang 2004, section III): Gaussian windows of 11x11 with a
// deviation of 1.5 that lie inside the picture, K1 0.01, K2 0.03, L 255. NN_EINVAL: a side is
// shorter than a window.
NN_API nn_status nn_ssim(double *ssim, const double *a, const double *b, int width, int height,
                         nn_error *err);

#endif
