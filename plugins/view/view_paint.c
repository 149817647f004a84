// SPDX-License-Identifier: MIT
// Resizes frame and map to the picture and blends them.
#include "plugins/view/view_paint.h"

#include <math.h>
#include <string.h>

// A position between two samples: value = (1 - part) * x[a] + part * x[b].
typedef struct NeroSample {
    int a, b;
    float part;
} NeroSample;

void nero_paint_init(NeroPaint *p)
{
    *p = (NeroPaint){.palette = -1};
}

void nero_paint_release(NeroPaint *p)
{
    nn_resizer_free(p->resizer);
    nn_tensor_release(&p->frame);
    g_free(p->column);
    nero_paint_init(p);
}

static NeroSample find_sample(float position, int samples)
{
    const float at = CLAMP(position - 0.5f, 0, (float)(samples - 1));
    const int a = (int)at;
    return (NeroSample){a, MIN(a + 1, samples - 1), at - (float)a};
}

static nn_status prepare(NeroPaint *p, int width, int height, nn_colour_map palette, nn_error *err)
{
    const nn_shape shape = nn_shape_4d(1, 3, height, width);
    if (!p->resizer && !(p->resizer = nn_resizer_new()))
        return nn_fail(err, NN_ENOMEM, "no memory for a picture");
    if (p->palette != (int)palette)
        nn_colour_map_fill(palette, p->colours);
    p->palette = (int)palette;
    if (p->columns != width)
        p->column = g_renew(NeroSample, p->column, width);
    p->columns = width;
    if (nn_shape_equal(&p->frame.shape, &shape))
        return NN_OK;
    nn_tensor_release(&p->frame);
    return nn_tensor_init(&p->frame, NN_F32, &shape, err);
}

static nn_status resize_frame(NeroPaint *p, const nn_frame *frame, int width, int height,
                              nn_error *err)
{
    static const float mean[3] = {0, 0, 0}, levels[3] = {1.f / 255, 1.f / 255, 1.f / 255};
    const nn_letterbox l = nn_letterbox_stretch(frame->width, frame->height, width, height);
    return nn_preprocess(p->resizer, frame, &l, mean, levels, &p->frame, NULL, NULL, err);
}

// The value that all but one in 500 do not exceed; 0 when there is none above 0.
static float find_scale(const NeroHeat *h)
{
    enum { BINS = 1024, RARE = 500 };
    guint bin[BINS] = {0};
    const gsize n = (gsize)h->channels * (gsize)h->height * (gsize)h->width;
    const gboolean sign = h->channels == 3;
    float most = 0;
    for (gsize i = 0; i < n; i++) {
        const float v = sign ? fabsf(h->data[i]) : h->data[i];
        most = v > most ? v : most; // not a NaN
    }
    if (!(most > 0) || !isfinite(most))
        return 0;
    for (gsize i = 0; i < n; i++) {
        const float v = sign ? fabsf(h->data[i]) : h->data[i];
        bin[v > 0 ? (int)(v / most * (BINS - 1)) : 0]++;
    }
    gsize above = 0;
    int i = BINS - 1;
    while (i > 1 && above + bin[i] <= n / RARE)
        above += bin[i--];
    return most * (float)(i + 1) / BINS;
}

static float sample(const float *up, const float *down, const NeroSample *x, float part)
{
    const float u = up[x->a] + x->part * (up[x->b] - up[x->a]);
    const float d = down[x->a] + x->part * (down[x->b] - down[x->a]);
    return u + part * (d - u);
}

static guint8 to_byte(float v)
{
    return (guint8)(CLAMP(v, 0, 255) + 0.5f);
}

// How much of a value of 0 .. 1 is seen: much of it at once with a high alpha, so that the frame
// stays clear where there is nothing.
static void find_weights(NeroPaint *p, double alpha)
{
    for (int i = 0; i < NN_COLOUR_STEPS; i++)
        p->weight[i] =
            alpha <= 0 ? 0 : (float)pow((double)i / (NN_COLOUR_STEPS - 1), 1 / alpha - 1);
}

static int to_step(float v)
{
    return (int)(CLAMP(v, 0, 1) * (NN_COLOUR_STEPS - 1) + 0.5f);
}

// Blends the map over the frame, which loses colour and light, so that those of the map are read.
static void blend(const NeroPaint *p, const float v[3], int channels, float fade,
                  const float frame[3], guint8 out[3])
{
    const float most = channels == 1 ? v[0] : MAX(MAX(fabsf(v[0]), fabsf(v[1])), fabsf(v[2]));
    const guint32 rgb = p->colours[to_step(most)];
    const float grey = 0.299f * frame[0] + 0.587f * frame[1] + 0.114f * frame[2];
    const float weight = p->weight[to_step(most)];
    for (int c = 0; c < 3; c++) {
        const float map = channels == 1 ? (float)(rgb >> (16 - 8 * c) & 255) : 128 + 127 * v[c];
        const float under = (frame[c] + fade * (grey - frame[c])) * (1 - 0.4f * fade);
        out[c] = to_byte(weight * map + (1 - weight) * under);
    }
}

// Writes R, G, B at their places and 255 into what is left.
static void put(const GstVideoFormatInfo *f, const guint8 rgb[3], guint8 *out)
{
    memset(out, 255, f->pixel_stride[0]);
    for (int c = 0; c < 3; c++)
        out[f->poffset[c]] = rgb[c];
}

static void paint_row(const NeroPaint *p, const NeroHeat *h, int y, float scale, float fade,
                      GstVideoFrame *to)
{
    const GstVideoFormatInfo *f = to->info.finfo;
    const int height = GST_VIDEO_FRAME_HEIGHT(to);
    guint8 *out = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(to, 0) +
                  (gsize)y * GST_VIDEO_FRAME_PLANE_STRIDE(to, 0);
    const float part = ((float)y + 0.5f) / (float)height;
    const NeroSample at = find_sample(h->y + part * h->frame_h, h->height);
    const gsize plane = (gsize)h->height * (gsize)h->width, size = (gsize)p->columns * height;
    const float *picture = nn_tensor_f32(&p->frame) + (gsize)y * (gsize)p->columns;
    for (int x = 0; x < p->columns; x++, out += f->pixel_stride[0]) {
        const float frame[3] = {picture[x], picture[size + x], picture[2 * size + x]};
        float v[3] = {0, 0, 0};
        guint8 rgb[3];
        for (int c = 0; c < h->channels && scale > 0; c++) {
            const float *values = h->data + (gsize)c * plane;
            v[c] = sample(values + (gsize)at.a * h->width, values + (gsize)at.b * h->width,
                          &p->column[x], at.part) /
                   scale;
        }
        blend(p, v, h->channels, fade, frame, rgb);
        put(f, rgb, out);
    }
}

nn_status nero_paint(NeroPaint *p, const nn_frame *frame, const NeroHeat *heat,
                     nn_colour_map palette, double alpha, GstVideoFrame *picture, nn_error *err)
{
    const int width = GST_VIDEO_FRAME_WIDTH(picture), height = GST_VIDEO_FRAME_HEIGHT(picture);
    nn_status status = prepare(p, width, height, palette, err);
    if (status == NN_OK)
        status = resize_frame(p, frame, width, height, err);
    if (status != NN_OK)
        return status;
    for (int x = 0; x < width; x++) {
        const float part = ((float)x + 0.5f) / (float)width;
        p->column[x] = find_sample(heat->x + part * heat->frame_w, heat->width);
    }
    const float scale = find_scale(heat), fade = (float)MIN(2 * alpha, 1);
    find_weights(p, alpha);
    for (int y = 0; y < height; y++)
        paint_row(p, heat, y, scale, fade, picture);
    return NN_OK;
}
