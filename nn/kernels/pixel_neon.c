// SPDX-License-Identifier: MIT
// Pixel kernels with NEON: eight rows of a tile side by side.
#include "nn/kernels/pixel.h"
#include "nn/kernels/vmath_neon.h"

enum { ROWS = NN_PIXEL_ROWS };

// Four columns of one output row.
NN_INLINE float32x4_t resample(const uint8_t *src, ptrdiff_t stride, const float *weight, int taps)
{
    float32x4_t sum = vdupq_n_f32(0.0f);
    for (int t = 0; t < taps; t++, src += stride) {
        uint32_t four;
        __builtin_memcpy(&four, src, sizeof four);
        const uint16x8_t words = vmovl_u8(vcreate_u8(four));
        sum = vfmaq_n_f32(sum, vcvtq_f32_u32(vmovl_u16(vget_low_u16(words))), weight[t]);
    }
    return sum;
}

static void down_neon(float *tile, const uint8_t *plane, ptrdiff_t stride, int n,
                      const nn_pixel_axis *rows, int row)
{
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int part = 0; part < ROWS; part += 4) {
            float32x4_t r[4];
            for (int k = 0; k < 4; k++) {
                const int at = row + part + k;
                r[k] = resample(plane + rows->first[at] * stride + i, stride,
                                rows->weight + (ptrdiff_t)at * rows->taps, rows->taps);
            }
            transpose_neon(r);
            for (int k = 0; k < 4; k++)
                vst1q_f32(tile + (ptrdiff_t)(i + k) * ROWS + part, r[k]);
        }
    for (; i < n; i++)
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *src = plane + rows->first[row + r] * stride + i;
            const float *weight = rows->weight + (ptrdiff_t)(row + r) * rows->taps;
            float sum = 0;
            for (int t = 0; t < rows->taps; t++)
                sum += weight[t] * src[t * stride];
            tile[(ptrdiff_t)i * ROWS + r] = sum;
        }
}

static void across_neon(float *out, int ld, const float *tile, const nn_pixel_axis *columns,
                        int step, int offset)
{
    const int taps = columns->taps;
    int x = 0;
    for (; x < columns->count; x += 4) {
        const int count = columns->count - x < 4 ? columns->count - x : 4;
        float32x4_t sum[2][4];
        for (int i = 0; i < 4; i++) {
            const int at = x + (i < count ? i : count - 1);
            const float *weight = columns->weight + (ptrdiff_t)at * taps;
            const float *from = tile + ((ptrdiff_t)columns->first[at] * step + offset) * ROWS;
            sum[0][i] = sum[1][i] = vdupq_n_f32(0.0f);
            for (int t = 0; t < taps; t++, from += (ptrdiff_t)step * ROWS) {
                sum[0][i] = vfmaq_n_f32(sum[0][i], vld1q_f32(from), weight[t]);
                sum[1][i] = vfmaq_n_f32(sum[1][i], vld1q_f32(from + 4), weight[t]);
            }
        }
        for (int part = 0; part < 2; part++) {
            transpose_neon(sum[part]);
            for (int r = 0; r < 4; r++) {
                float *to = out + (ptrdiff_t)(4 * part + r) * ld + x;
                if (count == 4) {
                    vst1q_f32(to, sum[part][r]);
                    continue;
                }
                float four[4];
                vst1q_f32(four, sum[part][r]);
                for (int i = 0; i < count; i++)
                    to[i] = four[i];
            }
        }
    }
}

NN_INLINE float32x4_t level(float32x4_t x, float scale, float shift)
{
    return vfmaq_n_f32(vdupq_n_f32(shift), clamp_neon(x, 0.0f, 255.0f), scale);
}

static void yuv_to_rgb_neon(float *r, float *g, float *b, const float *y, const float *u,
                            const float *v, int n, const float m[6], const float scale[3],
                            const float shift[3])
{
    const float32x4_t middle = vdupq_n_f32(128.0f);
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        const float32x4_t luma = vmulq_n_f32(vsubq_f32(vld1q_f32(y + i), vdupq_n_f32(m[0])), m[1]);
        const float32x4_t cb = vsubq_f32(vld1q_f32(u + i), middle);
        const float32x4_t cr = vsubq_f32(vld1q_f32(v + i), middle);
        vst1q_f32(r + i, level(vfmaq_n_f32(luma, cr, m[2]), scale[0], shift[0]));
        vst1q_f32(g + i,
                  level(vfmaq_n_f32(vfmaq_n_f32(luma, cb, m[3]), cr, m[4]), scale[1], shift[1]));
        vst1q_f32(b + i, level(vfmaq_n_f32(luma, cb, m[5]), scale[2], shift[2]));
    }
    for (; i < n; i++) {
        const float luma = (y[i] - m[0]) * m[1], cb = u[i] - 128, cr = v[i] - 128;
        const float rgb[3] = {luma + m[2] * cr, luma + m[3] * cb + m[4] * cr, luma + m[5] * cb};
        float *const to[3] = {r, g, b};
        for (int c = 0; c < 3; c++)
            to[c][i] = (rgb[c] < 0 ? 0 : rgb[c] > 255 ? 255 : rgb[c]) * scale[c] + shift[c];
    }
}

void nn_pixel_init_neon(nn_pixel_kernels *k)
{
    *k =
        (nn_pixel_kernels){.down = down_neon, .across = across_neon, .yuv_to_rgb = yuv_to_rgb_neon};
}
