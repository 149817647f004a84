// SPDX-License-Identifier: MIT
// Scores of networks that enlarge pictures.
#include "nn/eval/upscale_scores.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/eval/picture_metrics.h"

#include <math.h>
#include <string.h>

// The frame without what is beyond a multiple of the factor.
static nn_status cut(nn_image *out, const nn_frame *frame, int factor, nn_error *err)
{
    *out = (nn_image){frame->width / factor * factor, frame->height / factor * factor, NULL};
    if (frame->format != NN_PIXEL_RGB || frame->layout || out->width <= 2 * factor ||
        out->height <= 2 * factor)
        return nn_fail(err, NN_EINVAL, "a picture of %dx%d cannot be scored", frame->width,
                       frame->height);
    const size_t row = 3 * (size_t)out->width;
    out->rgb = nn_alloc(row * (size_t)out->height);
    if (!out->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture");
    for (int y = 0; y < out->height; y++)
        memcpy(out->rgb + row * (size_t)y, frame->plane[0] + (ptrdiff_t)y * frame->stride[0], row);
    return NN_OK;
}

static nn_status compare(nn_upscale_score *s, int method, const double *truth,
                         const nn_image *image, int border, nn_error *err)
{
    const int w = image->width - 2 * border, h = image->height - 2 * border;
    double *luma = nn_calloc((size_t)w * (size_t)h, sizeof *luma);
    if (!luma)
        return nn_fail(err, NN_ENOMEM, "no memory to score a picture of %dx%d", image->width,
                       image->height);
    nn_score_luma(image, border, luma);
    s->psnr[method] = fmin(nn_psnr(luma, truth, (int64_t)w * h), NN_UPSCALE_PSNR);
    const nn_status status = nn_ssim(&s->ssim[method], luma, truth, w, h, err);
    nn_free(luma);
    return status;
}

static nn_status compare_both(nn_upscale_score *s, nn_upscaler *u, const nn_image *picture,
                              const nn_image *small, const double *truth, nn_error *err)
{
    const int border = nn_upscaler_factor(u);
    nn_image large;
    const double began = nn_clock_seconds();
    nn_status status = nn_upscaler_picture(u, small, &large, err);
    s->milliseconds = 1000 * (nn_clock_seconds() - began);
    if (status != NN_OK)
        return status;
    status = compare(s, NN_UPSCALE_MODEL, truth, &large, border, err);
    nn_image_release(&large);
    if (status == NN_OK)
        status = nn_bicubic_picture(small, picture->width, picture->height, &large, err);
    if (status != NN_OK)
        return status;
    status = compare(s, NN_UPSCALE_BICUBIC, truth, &large, border, err);
    nn_image_release(&large);
    return status;
}

nn_status nn_upscale_score_picture(nn_upscale_score *out, nn_upscaler *u, const nn_frame *frame,
                                   nn_error *err)
{
    const int factor = nn_upscaler_factor(u);
    nn_image picture, small = {0};
    double *truth = NULL;
    *out = (nn_upscale_score){0};
    nn_status status = cut(&picture, frame, factor, err);
    if (status == NN_OK)
        status = nn_bicubic_picture(&picture, picture.width / factor, picture.height / factor,
                                    &small, err);
    if (status == NN_OK &&
        !(truth = nn_calloc((size_t)picture.width * (size_t)picture.height, sizeof *truth)))
        status = nn_fail(err, NN_ENOMEM, "no memory to score a picture");
    if (status == NN_OK) {
        nn_score_luma(&picture, factor, truth);
        status = compare_both(out, u, &picture, &small, truth, err);
    }
    nn_free(truth);
    nn_image_release(&small);
    nn_image_release(&picture);
    return status;
}

static void add(nn_upscale_score *to, const nn_upscale_score *one, double part)
{
    for (int i = 0; i < NN_UPSCALE_METHODS; i++) {
        to->psnr[i] += part * one->psnr[i];
        to->ssim[i] += part * one->ssim[i];
    }
    to->milliseconds += part * one->milliseconds;
}

void nn_upscale_scores_add(nn_upscale_scores *s, const nn_upscale_score *one)
{
    add(&s->sum, one, 1);
    s->count++;
}

nn_upscale_score nn_upscale_scores_mean(const nn_upscale_scores *s)
{
    nn_upscale_score mean = {0};
    if (s->count > 0)
        add(&mean, &s->sum, 1.0 / s->count);
    return mean;
}
