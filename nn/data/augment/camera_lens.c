// SPDX-License-Identifier: MIT
// Blur of lenses and motion, low resolution, interlaced video.
#include "nn/data/augment/camera_effects.h"

#include "nn/base/arith.h"

#include <math.h>
#include <string.h>

enum { MAX_TAPS = 96 };

typedef struct taps {
    int count;
    int dx[MAX_TAPS], dy[MAX_TAPS];
    float weight[MAX_TAPS];
} taps;

static void add_tap(taps *t, int dx, int dy, float weight)
{
    if (t->count == MAX_TAPS || !(weight > 0))
        return;
    t->dx[t->count] = dx;
    t->dy[t->count] = dy;
    t->weight[t->count++] = weight;
}

static int clamp(int i, int n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

// to[x] += weight * from[x + dx], with the ends of the row extended.
static void add_row(float *restrict to, const float *restrict from, int w, int dx, float weight)
{
    const int begin = clamp(-dx, w + 1), end = dx > 0 ? clamp(w - dx, w + 1) : w;
    for (int x = 0; x < begin && x < w; x++)
        to[x] += weight * from[0];
    for (int x = begin; x < end; x++)
        to[x] += weight * from[x + dx];
    for (int x = end > begin ? end : begin; x < w; x++)
        to[x] += weight * from[w - 1];
}

static void filter(const nn_camera_view *v, taps *t)
{
    const ptrdiff_t n = nn_camera_pixels(v);
    float sum = 0;
    for (int i = 0; i < t->count; i++)
        sum += t->weight[i];
    for (int i = 0; i < t->count; i++)
        t->weight[i] /= sum;
    for (int c = 0; c < 3; c++) {
        float *plane = v->planes + c * n;
        memcpy(v->scratch, plane, (size_t)n * sizeof(float));
        memset(plane, 0, (size_t)n * sizeof(float));
        for (int y = 0; y < v->h; y++)
            for (int i = 0; i < t->count; i++)
                add_row(plane + (ptrdiff_t)y * v->w,
                        v->scratch + (ptrdiff_t)clamp(y + t->dy[i], v->h) * v->w, v->w, t->dx[i],
                        t->weight[i]);
    }
}

// Circle of confusion: a disc with a rim one pixel wide.
nn_status nn_camera_defocus(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    (void)rng;
    const float most = nn_min_float(0.0085f * (float)nn_max(v->h, v->w), 4);
    const float radius = 0.5f + amount * most;
    const int reach = (int)ceilf(radius);
    taps t = {0};
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++)
            add_tap(&t, dx, dy, nn_min_float(radius + 0.5f - sqrtf((float)(dx * dx + dy * dy)), 1));
    filter(v, &t);
    return NN_OK;
}

// Motion blur along a line.
nn_status nn_camera_motion(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    const float most = nn_min_float(0.035f * (float)nn_max(v->h, v->w), 30);
    const float length = 1 + amount * most, angle = nn_rng_range(rng, 0, 3.14159265f);
    const int steps = (int)ceilf(length);
    taps t = {0};
    for (int i = 0; i <= steps; i++) {
        const float at = length * ((float)i / (float)steps - 0.5f);
        const float x = at * cosf(angle), y = at * sinf(angle);
        const bool flat = fabsf(cosf(angle)) > fabsf(sinf(angle));
        // Whole steps along the longer axis, shared by two pixels across it.
        const float across = flat ? y : x, low = floorf(across), rest = across - low;
        const int along = (int)rintf(flat ? x : y);
        add_tap(&t, flat ? along : (int)low, flat ? (int)low : along, 1 - rest);
        add_tap(&t, flat ? along : (int)low + 1, flat ? (int)low + 1 : along, rest);
    }
    filter(v, &t);
    return NN_OK;
}

// Means of blocks: a plane of sh x sw.
static void shrink(float *small, const float *plane, int h, int w, int sh, int sw)
{
    for (int y = 0; y < sh; y++) {
        const int y0 = (int)((int64_t)y * h / sh), y1 = (int)((int64_t)(y + 1) * h / sh);
        for (int x = 0; x < sw; x++) {
            const int x0 = (int)((int64_t)x * w / sw), x1 = (int)((int64_t)(x + 1) * w / sw);
            float sum = 0;
            for (int i = y0; i < y1; i++)
                for (int k = x0; k < x1; k++)
                    sum += plane[(ptrdiff_t)i * w + k];
            small[(ptrdiff_t)y * sw + x] = sum / (float)((y1 - y0) * (x1 - x0));
        }
    }
}

// Enlarges it to h x w, bilinear.
static void enlarge(float *plane, const float *small, int h, int w, int sh, int sw)
{
    for (int y = 0; y < h; y++) {
        const float v = nn_max_float(((float)y + 0.5f) * (float)sh / (float)h - 0.5f, 0);
        const int top = (int)v, below = clamp(top + 1, sh);
        const float fy = v - (float)top, step = (float)sw / (float)w;
        const float *a = small + (ptrdiff_t)top * sw, *b = small + (ptrdiff_t)below * sw;
        for (int x = 0; x < w; x++) {
            const float u = nn_max_float(((float)x + 0.5f) * step - 0.5f, 0);
            const int left = (int)u, right = left + 1 < sw ? left + 1 : sw - 1;
            const float fx = u - (float)left;
            const float upper = a[left] + fx * (a[right] - a[left]);
            const float lower = b[left] + fx * (b[right] - b[left]);
            plane[(ptrdiff_t)y * w + x] = upper + fy * (lower - upper);
        }
    }
}

// A camera or stream with fewer pixels, enlarged.
nn_status nn_camera_lowres(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    (void)rng;
    const float factor = 1 + 3 * amount;
    const int sh = (int)nn_max(1, (int64_t)((float)v->h / factor));
    const int sw = (int)nn_max(1, (int64_t)((float)v->w / factor));
    for (int c = 0; c < 3; c++) {
        float *plane = v->planes + c * nn_camera_pixels(v);
        shrink(v->scratch, plane, v->h, v->w, sh, sw);
        enlarge(plane, v->scratch, v->h, v->w, sh, sw);
    }
    return NN_OK;
}

// The second field is captured later: its rows are shifted.
nn_status nn_camera_interlace(const nn_camera_view *v, float amount, nn_rng *rng, nn_error *err)
{
    (void)err;
    const int shift = 1 + (int)(amount * 0.02f * (float)v->w);
    const int dx = nn_rng_uniform(rng) < 0.5f ? -shift : shift;
    for (int c = 0; c < 3; c++)
        for (int y = 1; y < v->h; y += 2) {
            float *row = v->planes + c * nn_camera_pixels(v) + (ptrdiff_t)y * v->w;
            memcpy(v->scratch, row, (size_t)v->w * sizeof(float));
            for (int x = 0; x < v->w; x++)
                row[x] = v->scratch[clamp(x + dx, v->w)];
        }
    return NN_OK;
}
