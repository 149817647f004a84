// SPDX-License-Identifier: MIT
// Low light, grey and infrared pictures, sensor noise, compression.
#include "nn/data/augment/camera_effects.h"

#include "nn/base/arith.h"
#include "nn/io/image/image.h"

#include <math.h>

enum { LEVELS = 256 };

// Maps each value by a curve, linear between whole levels; curve[LEVELS] is its end.
static void map_levels(float *plane, ptrdiff_t n, const float curve[LEVELS + 1])
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const float level = nn_camera_clip(plane[i]);
        const int k = (int)level;
        plane[i] = curve[k] + (level - (float)k) * (curve[k + 1] - curve[k]);
    }
}

static void make_curve(float curve[LEVELS + 1], float gain, float gamma)
{
    for (int k = 0; k <= LEVELS; k++)
        curve[k] = nn_camera_clip(255 * gain * powf((float)k / 255, gamma));
}

nn_status nn_camera_gamma(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    float curve[LEVELS + 1];
    make_curve(curve, 1, expf((nn_rng_uniform(rng) < 0.5f ? -0.8f : 0.8f) * amount));
    map_levels(v->planes, 3 * nn_camera_pixels(v), curve);
    return NN_OK;
}

// The sum of four bytes minus its mean: nearly normal (Irwin, Hall 1927), with variance FOUR_BYTES.
#define FOUR_BYTES (4 * (65536 - 1) / 12.0f)
static float sum_bytes(uint32_t bits)
{
    return (float)(int)((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24)) - 510;
}

// Read noise, which is constant, and shot noise, which grows with the level (Foi 2008): variance
// read^2 + photons * level.
static void add_noise(const nn_camera_view *v, float read, float photons, bool grey, nn_rng *rng)
{
    const ptrdiff_t n = nn_camera_pixels(v);
    float deviation[LEVELS];
    for (int k = 0; k < LEVELS; k++)
        deviation[k] = sqrtf((read * read + photons * (float)k) / FOUR_BYTES);
    for (ptrdiff_t i = 0; i < n; i += 2) {
        uint64_t bits = nn_rng_next(rng);
        for (int c = 0; c < 3; c++) {
            float *p = v->planes + c * n + i;
            p[0] += deviation[(int)nn_camera_clip(p[0])] * sum_bytes((uint32_t)bits);
            if (i + 1 < n)
                p[1] += deviation[(int)nn_camera_clip(p[1])] * sum_bytes((uint32_t)(bits >> 32));
            if (!grey && c < 2)
                bits = nn_rng_next(rng);
        }
    }
    for (ptrdiff_t i = 0; i < 3 * n; i++)
        v->planes[i] = nn_camera_clip(v->planes[i]);
}

nn_status nn_camera_noise(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    const float read = 20 * amount * nn_rng_uniform(rng);
    const float photons = 2.5f * amount * amount * nn_rng_uniform(rng);
    add_noise(v, read, photons, nn_rng_uniform(rng) < 0.4f, rng);
    return NN_OK;
}

// Low light with the colour cast of lamps or the sky, and the noise of a high gain.
nn_status nn_camera_night(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    static const float casts[][3] = {{1.15f, 0.95f, 0.65f}, {0.8f, 0.95f, 1.15f}, {1, 1, 1}};
    const float *cast = casts[nn_rng_below(rng, 3)];
    const float light = 1 - 0.75f * amount, gamma = 1 + 0.6f * amount;
    for (int c = 0; c < 3; c++) {
        float curve[LEVELS + 1];
        make_curve(curve, light * (1 + amount * (cast[c] - 1)), gamma);
        map_levels(v->planes + c * nn_camera_pixels(v), nn_camera_pixels(v), curve);
    }
    add_noise(v, 7 * amount * nn_rng_uniform(rng), 1.5f * amount * nn_rng_uniform(rng), false, rng);
    return NN_OK;
}

static void mix_channels(const nn_camera_view *v, const float weight[3])
{
    const ptrdiff_t n = nn_camera_pixels(v);
    float *r = v->planes, *g = r + n, *b = g + n;
    for (ptrdiff_t i = 0; i < n; i++)
        r[i] = g[i] = b[i] = nn_camera_clip(weight[0] * r[i] + weight[1] * g[i] + weight[2] * b[i]);
}

nn_status nn_camera_grey(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)amount;
    (void)rng;
    (void)err;
    mix_channels(v, (const float[3]){0.299f, 0.587f, 0.114f});
    return NN_OK;
}

// Light from a lamp beside the lens: level = level * (1 - part * r^2), with r = 1 in the corners.
static void darken_corners(const nn_camera_view *v, float part)
{
    const float cx = 0.5f * (float)(v->w - 1), cy = 0.5f * (float)(v->h - 1);
    const float scale = 1 / (cx * cx + cy * cy + 1);
    for (int y = 0; y < v->h; y++)
        for (int c = 0; c < 3; c++) {
            float *row = v->planes + c * nn_camera_pixels(v) + (ptrdiff_t)y * v->w;
            const float dy = (float)y - cy;
            for (int x = 0; x < v->w; x++)
                row[x] *= 1 - part * scale * (dy * dy + ((float)x - cx) * ((float)x - cx));
        }
}

// Cloth, leaves and skin reflect infrared differently from visible light: grey with random weights,
// sometimes inverted as in thermal cameras.
nn_status nn_camera_infrared(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    float weight[3], sum = 0, curve[LEVELS + 1];
    for (int c = 0; c < 3; c++)
        sum += weight[c] = nn_rng_range(rng, c == 1 ? -0.2f : 0.1f, 1);
    for (int c = 0; c < 3; c++)
        weight[c] /= sum;
    mix_channels(v, weight);
    const bool inverted = nn_rng_uniform(rng) < 0.3f * amount;
    make_curve(curve, 1, nn_rng_range(rng, 0.6f, 1.4f));
    for (int k = 0; k <= LEVELS && inverted; k++)
        curve[k] = 255 - curve[k];
    map_levels(v->planes, 3 * nn_camera_pixels(v), curve);
    darken_corners(v, 0.8f * amount * nn_rng_uniform(rng));
    add_noise(v, 8 * amount * nn_rng_uniform(rng), 0, true, rng);
    return NN_OK;
}

nn_status nn_camera_jpeg(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)rng;
    const ptrdiff_t n = nn_camera_pixels(v);
    uint8_t *rgb = (uint8_t *)v->scratch; // 3 of its 4 bytes a pixel
    for (int c = 0; c < 3; c++)
        for (ptrdiff_t i = 0; i < n; i++)
            rgb[3 * i + c] = (uint8_t)(nn_camera_clip(v->planes[c * n + i]) + 0.5f);
    const nn_image image = {v->w, v->h, rgb};
    const nn_status status = nn_image_recompress(&image, (int)(92 - 80 * amount), err);
    for (int c = 0; c < 3 && status == NN_OK; c++)
        for (ptrdiff_t i = 0; i < n; i++)
            v->planes[c * n + i] = rgb[3 * i + c];
    return status;
}
