// SPDX-License-Identifier: MIT
// Geometry of the letterbox: where a frame lies in the network input, and back.
#include "nn/vision/resize.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>

static int rounded(double x, int low, int high)
{
    double y = floor(x + 0.5);
    return y < low ? low : y > high ? high : (int)y;
}

static nn_letterbox centre(int frame_w, int frame_h, int input_w, int input_h, double scale)
{
    // Whole pads keep frame pixels and input pixels aligned at scales of 1, 1/2, ...
    int w = rounded(frame_w * scale, 1, INT_MAX / 2), h = rounded(frame_h * scale, 1, INT_MAX / 2);
    return (nn_letterbox){.scale_x = (float)scale,
                          .scale_y = (float)scale,
                          .pad_x = (float)((input_w - w) / 2),
                          .pad_y = (float)((input_h - h) / 2),
                          .frame_w = frame_w,
                          .frame_h = frame_h,
                          .input_w = input_w,
                          .input_h = input_h};
}

nn_letterbox nn_letterbox_fit(int frame_w, int frame_h, int input_w, int input_h)
{
    double sx = (double)input_w / frame_w, sy = (double)input_h / frame_h;
    return centre(frame_w, frame_h, input_w, input_h, sx < sy ? sx : sy);
}

nn_letterbox nn_letterbox_cover(int frame_w, int frame_h, int input_w, int input_h)
{
    return nn_letterbox_crop(frame_w, frame_h, input_w, input_h, 1);
}

nn_letterbox nn_letterbox_crop(int frame_w, int frame_h, int input_w, int input_h, float part)
{
    double sx = (double)input_w / frame_w, sy = (double)input_h / frame_h;
    return centre(frame_w, frame_h, input_w, input_h, (sx > sy ? sx : sy) / (double)part);
}

nn_letterbox nn_letterbox_stretch(int frame_w, int frame_h, int input_w, int input_h)
{
    return (nn_letterbox){.scale_x = (float)((double)input_w / frame_w),
                          .scale_y = (float)((double)input_h / frame_h),
                          .frame_w = frame_w,
                          .frame_h = frame_h,
                          .input_w = input_w,
                          .input_h = input_h};
}

static int next_multiple(double size, int limit)
{
    int n = ((int)ceil(size - 0.5) + 31) / 32 * 32;
    return n < 32 ? (limit < 32 ? limit : 32) : n > limit ? limit : n;
}

void nn_letterbox_trim(int frame_w, int frame_h, int *w, int *h)
{
    double sx = (double)*w / frame_w, sy = (double)*h / frame_h;
    double scale = sx < sy ? sx : sy;
    double used = frame_w * scale * frame_h * scale;
    if (used >= 0.75 * *w * *h)
        return;
    *w = next_multiple(frame_w * scale, *w);
    *h = next_multiple(frame_h * scale, *h);
}

void nn_letterbox_reshape(int frame_w, int frame_h, int *w, int *h)
{
    enum { STEP = 32 };
    const double most = 1.03 * *w * *h;
    double best = 0;
    int best_w = *w, best_h = *h;
    for (int x = STEP; x <= 2 * *w; x += STEP) {
        int y = (int)(most / x) / STEP * STEP;
        const int needed =
            ((int)ceil((double)frame_h * x / frame_w - 0.5) + STEP - 1) / STEP * STEP;
        y = y > needed ? needed : y;
        y = y > 2 * *h ? 2 * *h / STEP * STEP : y;
        if (y < STEP)
            continue;
        const double sx = (double)x / frame_w, sy = (double)y / frame_h;
        const double scale = sx < sy ? sx : sy;
        const bool smaller = x * y < best_w * best_h;
        if (scale > best * (1 + 1e-9) || (scale >= best * (1 - 1e-9) && smaller)) {
            best = scale;
            best_w = x;
            best_h = y;
        }
    }
    *w = best_w;
    *h = best_h;
}

static float clip(double x, int high)
{
    return x > 0 ? x < high ? (float)x : (float)high : 0;
}

bool nn_letterbox_to_frame(const nn_letterbox *l, nn_box *box)
{
    if (!(box->x0 < box->x1 && box->y0 < box->y1)) // false for NaN, too
        return false;
    box->x0 = clip(((double)box->x0 - l->pad_x) / l->scale_x, l->frame_w);
    box->y0 = clip(((double)box->y0 - l->pad_y) / l->scale_y, l->frame_h);
    box->x1 = clip(((double)box->x1 - l->pad_x) / l->scale_x, l->frame_w);
    box->y1 = clip(((double)box->y1 - l->pad_y) / l->scale_y, l->frame_h);
    return box->x1 > box->x0 && box->y1 > box->y0;
}
