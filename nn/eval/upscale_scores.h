// SPDX-License-Identifier: MIT
// Scores of networks that enlarge pictures: a picture is made small, enlarged, and compared.
#ifndef NN_EVAL_UPSCALE_SCORES_H
#define NN_EVAL_UPSCALE_SCORES_H

#include "nn/base/api.h"
#include "nn/predict/upscaler.h"

// The most PSNR that a picture counts with: one that is met in each pixel, such as a black one, has
// no finite one.
#define NN_UPSCALE_PSNR 100.0
enum { NN_UPSCALE_MODEL, NN_UPSCALE_BICUBIC, NN_UPSCALE_METHODS };

typedef struct nn_upscale_score {
    double psnr[NN_UPSCALE_METHODS], ssim[NN_UPSCALE_METHODS];
    double milliseconds; // of the model, colours with it
} nn_upscale_score;

typedef struct nn_upscale_scores { // sums
    nn_upscale_score sum;
    int count;
} nn_upscale_scores;

// Makes an RGB frame small bicubically, as published scores do, enlarges it by the model and
// bicubically, and compares the luma of both with the frame's (picture_metrics.h), without as many
// pixels at each side as the factor says. Rows and columns beyond a multiple of the factor are left
// out. NN_EINVAL: the picture is too small.
NN_API nn_status nn_upscale_score_picture(nn_upscale_score *out, nn_upscaler *u,
                                          const nn_frame *frame, nn_error *err);

void nn_upscale_scores_add(nn_upscale_scores *s, const nn_upscale_score *one);
// Of all pictures; 0 when there is none.
NN_API nn_upscale_score nn_upscale_scores_mean(const nn_upscale_scores *s);

#endif
