// SPDX-License-Identifier: MIT
// Reference im2col and col2im; picks the level.
#include "nn/kernels/gemm.h"

#include <string.h>

// Common strides are spelled out, because compilers vectorise only constant strides.
static void gather_strided(float *restrict dst, const float *restrict src, int64_t stride,
                           int64_t n)
{
    if (stride == 1)
        memcpy(dst, src, (size_t)n * sizeof *dst);
    else if (stride == 2)
        for (int64_t i = 0; i < n; i++)
            dst[i] = src[2 * i];
    else if (stride == 4)
        for (int64_t i = 0; i < n; i++)
            dst[i] = src[4 * i];
    else
        for (int64_t i = 0; i < n; i++)
            dst[i] = src[stride * i];
}

static void gather_row(float *dst, const float *src, int64_t offset, int64_t stride, int64_t width,
                       int64_t begin, int64_t end, int64_t n)
{
    // Columns [left, right) lie inside the image.
    int64_t left = nn_conv_first_column(0, offset, stride, n);
    int64_t right = nn_conv_first_column(width, offset, stride, n);
    left = left < begin ? begin : left > end ? end : left;
    right = right < left ? left : right > end ? end : right;
    memset(dst, 0, (size_t)(left - begin) * sizeof *dst);
    if (right > left)
        gather_strided(dst + (left - begin), src + offset + left * stride, stride, right - left);
    memset(dst + (right - begin), 0, (size_t)(end - right) * sizeof *dst);
}

// One row of `col`: the pixels [begin, end) as kernel tap (ky, kx) reads them.
static void gather_tap(float *dst, const float *plane, const nn_conv_geometry *w, int ky, int kx,
                       int64_t begin, int64_t end)
{
    int64_t offset = (int64_t)kx * w->dilation_w - w->pad_left;
    for (int64_t p = begin; p < end;) {
        int64_t oy = p / w->out_w, x0 = p % w->out_w;
        int64_t x1 = x0 + (end - p) < w->out_w ? x0 + (end - p) : w->out_w;
        int64_t y = oy * w->stride_h - w->pad_top + (int64_t)ky * w->dilation_h;
        if (y < 0 || y >= w->in_h)
            memset(dst, 0, (size_t)(x1 - x0) * sizeof *dst);
        else
            gather_row(dst, plane + y * w->in_w, offset, w->stride_w, w->in_w, x0, x1, w->out_w);
        dst += x1 - x0;
        p += x1 - x0;
    }
}

static void im2col_c(float *col, int64_t ld, const float *image, const nn_conv_geometry *w,
                     int64_t begin, int64_t end)
{
    for (int c = 0; c < w->channels; c++) {
        const float *plane = image + (int64_t)c * w->in_h * w->in_w;
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < w->kernel_w; kx++, col += ld)
                gather_tap(col, plane, w, ky, kx, begin, end);
    }
}

static void scatter_tap(float *plane, const float *src, const nn_conv_geometry *w, int ky, int kx,
                        int64_t begin, int64_t end)
{
    int64_t offset = (int64_t)kx * w->dilation_w - w->pad_left;
    int64_t left = nn_conv_first_column(0, offset, w->stride_w, w->out_w);
    int64_t right = nn_conv_first_column(w->in_w, offset, w->stride_w, w->out_w);
    for (int64_t p = begin; p < end;) {
        int64_t oy = p / w->out_w, x0 = p % w->out_w;
        int64_t x1 = x0 + (end - p) < w->out_w ? x0 + (end - p) : w->out_w;
        int64_t y = oy * w->stride_h - w->pad_top + (int64_t)ky * w->dilation_h;
        if (y >= 0 && y < w->in_h) {
            float *row = plane + y * w->in_w;
            int64_t a = left > x0 ? left : x0, b = right < x1 ? right : x1;
            if (w->stride_w == 1)
                for (int64_t x = a; x < b; x++)
                    row[offset + x] += src[x - x0];
            else
                for (int64_t x = a; x < b; x++)
                    row[offset + x * w->stride_w] += src[x - x0];
        }
        src += x1 - x0;
        p += x1 - x0;
    }
}

static void col2im_c(float *image, const float *col, int64_t ld, const nn_conv_geometry *w,
                     int64_t begin, int64_t end)
{
    for (int c = 0; c < w->channels; c++) {
        float *plane = image + (int64_t)c * w->in_h * w->in_w;
        for (int ky = 0; ky < w->kernel_h; ky++)
            for (int kx = 0; kx < w->kernel_w; kx++, col += ld)
                scatter_tap(plane, col, w, ky, kx, begin, end);
    }
}

void nn_gemm_init(nn_gemm_kernels *k, unsigned cpu)
{
    *k = (nn_gemm_kernels){
        .sgemm = nn_gemm_sgemm,
        .im2col = im2col_c,
        .col2im = col2im_c,
    };
    if (cpu)
        nn_gemm_init_blas(k);
}
