// SPDX-License-Identifier: MIT
// Blends rectangles and masks, component by component, with the subsampling of the format.
#include "plugins/overlay/blend.h"

#include "plugins/overlay/components.h"

// Whether GStreamer writes outside of small frames when it packs them: seen in 1.22.
static gboolean packs_badly(GstVideoFormat format)
{
    return format == GST_VIDEO_FORMAT_UYVP || format == GST_VIDEO_FORMAT_NV12_10BE_8L128;
}

gboolean nero_blend_supports(const GstVideoFormatInfo *format)
{
    return format->unpack_func && format->pack_func && !packs_badly(format->format) &&
           !GST_VIDEO_FORMAT_INFO_HAS_PALETTE(format);
}

NeroBlendColour nero_blend_colour(const GstVideoInfo *info, guint32 rgb)
{
    gdouble r = (rgb >> 16 & 255) / 255.0, g = (rgb >> 8 & 255) / 255.0, b = (rgb & 255) / 255.0;
    NeroBlendColour colour = {{rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255}, TRUE};
    if (GST_VIDEO_INFO_IS_RGB(info))
        return colour;
    gdouble kr, kb;
    GstVideoColorMatrix matrix = info->colorimetry.matrix;
    if (!gst_video_color_matrix_get_Kr_Kb(matrix, &kr, &kb))
        gst_video_color_matrix_get_Kr_Kb(GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
    gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
    const GstVideoFormat eight =
        GST_VIDEO_INFO_IS_GRAY(info) ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_Y444;
    gst_video_color_range_offsets(info->colorimetry.range, gst_video_format_get_info(eight), offset,
                                  scale);
    gdouble y = kr * r + (1 - kr - kb) * g + kb * b;
    colour.full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    colour.c[0] = offset[0] + scale[0] * y;
    colour.c[1] = colour.c[2] = 128; // values of unpacked grey
    if (GST_VIDEO_INFO_IS_YUV(info)) {
        colour.c[1] = CLAMP(offset[1] + scale[1] * (b - y) / (2 * (1 - kb)), 0, 255);
        colour.c[2] = CLAMP(offset[2] + scale[2] * (r - y) / (2 * (1 - kr)), 0, 255);
    }
    return colour;
}

// The level of the colour in the bit depth of a component.
static int level(const NeroComponent *l, int c, const NeroBlendColour *colour)
{
    const int most = (1 << l->depth) - 1;
    const gboolean full = colour->full || c == 3; // alpha has no other range
    const gfloat factor = full ? (gfloat)most / 255 : (gfloat)(1 << (l->depth - 8));
    return MIN((int)(colour->c[c] * factor + 0.5f), most);
}

static int blend(int below, int above, int opacity)
{
    return below + ((above - below) * opacity + (above < below ? -127 : 127)) / 255;
}

// Number of pixels in [low, high) that sample `i` covers.
static int overlap(int i, int shift, int low, int high)
{
    return MIN(high, (i + 1) << shift) - MAX(low, i << shift);
}

typedef struct Rect {
    int x0, x1;
    const NeroBlendColour *colour;
    int opacity;
} Rect;

// Samples that are covered as a whole.
static void fill_row(const NeroComponent *l, guint8 *p, int n, int value)
{
    if (!l->words && l->step == 1) {
        memset(p, value, (gsize)n);
        return;
    }
    for (int i = 0; i < n && !l->words; i++)
        p[(gssize)i * l->step] = (guint8)value;
    for (int i = 0; i < n && l->words; i++)
        nero_component_put(l, p + (gssize)i * l->step, value);
}

static void paint_layer(const NeroComponent *l, int c, int y0, int y1, gconstpointer data)
{
    const Rect *r = data;
    const int value = level(l, c, r->colour), first = r->x0 >> l->xs;
    const int last_column = (r->x1 - 1) >> l->xs, last_row = (y1 - 1) >> l->ys;
    const gboolean whole = r->opacity == 255 && r->x0 % (1 << l->xs) == 0 &&
                           r->x1 % (1 << l->xs) == 0; // no sample is at an edge
    for (int j = y0 >> l->ys; j <= last_row; j++) {
        int tall = overlap(j, l->ys, y0, y1);
        guint8 *p = l->data + (gsize)j * l->stride + (gsize)first * l->step;
        if (whole && tall == 1 << l->ys) {
            fill_row(l, p, last_column - first + 1, value);
            continue;
        }
        for (int i = first; i <= last_column; i++, p += l->step) {
            int share = (r->opacity * tall * overlap(i, l->xs, r->x0, r->x1)) >> (l->xs + l->ys);
            nero_component_put(
                l, p, share == 255 ? value : blend(nero_component_get(l, p), value, share));
        }
    }
}

void nero_blend_rect(GstVideoFrame *frame, int x0, int y0, int x1, int y1,
                     const NeroBlendColour *colour, int opacity)
{
    const Rect rect = {MAX(x0, 0), MIN(x1, GST_VIDEO_FRAME_WIDTH(frame)), colour, opacity};
    if (rect.x0 < rect.x1)
        nero_components_run(frame, MAX(y0, 0), MIN(y1, GST_VIDEO_FRAME_HEIGHT(frame)), paint_layer,
                            &rect);
}

typedef struct Stamp {
    int x, y;
    const NeroMask *mask;
    const NeroBlendColour *colour;
} Stamp;

// Mean coverage of the pixels of sample i, j.
static int mask_share(const NeroComponent *l, const Stamp *s, int i, int j)
{
    const NeroMask *m = s->mask;
    int sum = 0;
    int left = MAX(i << l->xs, s->x), right = MIN((i + 1) << l->xs, s->x + m->width);
    int top = MAX(j << l->ys, s->y), bottom = MIN((j + 1) << l->ys, s->y + m->height);
    for (int v = top; v < bottom; v++)
        for (int u = left; u < right; u++)
            sum += m->data[(v - s->y) * m->stride + u - s->x];
    return sum >> (l->xs + l->ys);
}

// The same as blend() for bytes side by side, without branches, so that the compiler uses vectors.
static guint8 blend_byte(guint below, guint above, guint opacity)
{
    const guint t = below * (255 - opacity) + above * opacity + 128;
    return (guint8)((t + (t >> 8)) >> 8);
}

static void stamp_bytes(guint8 *restrict p, const guint8 *restrict mask, int n, guint value)
{
    for (int i = 0; i < n; i++)
        p[i] = blend_byte(p[i], value, mask[i]);
}

static void stamp_half_bytes(guint8 *restrict p, const guint8 *restrict above,
                             const guint8 *restrict below, int n, guint value)
{
    for (int i = 0; i < n; i++) {
        const guint sum = (guint)above[2 * i] + above[2 * i + 1] + below[2 * i] + below[2 * i + 1];
        p[i] = blend_byte(p[i], value, sum >> 2);
    }
}

// One row of a component that has a sample for each pixel. Masks are empty in most places.
static void stamp_row(const NeroComponent *l, guint8 *p, const guint8 *mask, int n, int value)
{
    if (!l->words && l->step == 1) {
        stamp_bytes(p, mask, n, (guint)value);
        return;
    }
    for (int i = 0; i < n; i++) {
        guint64 eight;
        while (i + 8 <= n && (memcpy(&eight, mask + i, 8), eight == 0))
            i += 8;
        if (i >= n)
            return;
        guint8 *q = p + (gssize)i * l->step;
        if (mask[i] && !l->words)
            *q = (guint8)blend(*q, value, mask[i]);
        else if (mask[i])
            nero_component_put(l, q, blend(nero_component_get(l, q), value, mask[i]));
    }
}

// One row of samples of 2x2 pixels that all lie within the mask.
static void stamp_half_row(const NeroComponent *l, guint8 *p, const guint8 *above,
                           const guint8 *below, int n, int value)
{
    if (!l->words && l->step == 1) {
        stamp_half_bytes(p, above, below, n, (guint)value);
        return;
    }
    for (int i = 0; i < n; i++, p += l->step, above += 2, below += 2) {
        const int share = (above[0] + above[1] + below[0] + below[1]) >> 2;
        if (share)
            nero_component_put(l, p, blend(nero_component_get(l, p), value, share));
    }
}

// Chroma of 4:2:0: the samples whose four pixels are all in the mask at once, the others one by
// one.
static void stamp_layer(const NeroComponent *l, int c, int y0, int y1, gconstpointer data)
{
    const Stamp *s = data;
    const NeroMask *m = s->mask;
    const int value = level(l, c, s->colour), x0 = MAX(s->x, 0);
    const int x1 = MIN(s->x + m->width, l->columns);
    const int first = x0 >> l->xs, last = (x1 - 1) >> l->xs;
    for (int j = y0 >> l->ys; j <= (y1 - 1) >> l->ys; j++) {
        guint8 *row = l->data + (gsize)j * l->stride;
        int inner = first, end = first; // samples [inner, end) are done at once
        if (l->xs + l->ys == 0) {
            stamp_row(l, row + (gsize)x0 * l->step, m->data + (j - s->y) * m->stride + x0 - s->x,
                      x1 - x0, value);
            continue;
        }
        if (l->xs == 1 && l->ys == 1 && 2 * j >= y0 && 2 * j + 1 < y1) {
            inner = (x0 + 1) >> 1;
            end = MAX(x1 >> 1, inner);
            const guint8 *above = m->data + (2 * j - s->y) * m->stride + 2 * inner - s->x;
            stamp_half_row(l, row + (gsize)inner * l->step, above, above + m->stride, end - inner,
                           value);
        }
        for (int i = first; i <= last; i++) {
            guint8 *p = row + (gsize)i * l->step;
            if (i == inner && i < end) {
                i = end - 1;
                continue;
            }
            const int share = mask_share(l, s, i, j);
            if (share)
                nero_component_put(l, p, blend(nero_component_get(l, p), value, share));
        }
    }
}

void nero_blend_mask(GstVideoFrame *frame, int x, int y, const NeroMask *mask,
                     const NeroBlendColour *colour)
{
    const Stamp stamp = {x, y, mask, colour};
    if (x + mask->width > 0 && x < GST_VIDEO_FRAME_WIDTH(frame))
        nero_components_run(frame, MAX(y, 0), MIN(y + mask->height, GST_VIDEO_FRAME_HEIGHT(frame)),
                            stamp_layer, &stamp);
}

typedef struct Map {
    const guint8 *labels;
    int width, height;
    const NeroMapColours *colours;
    int *column; // for each sample of a row: the column of the map under its centre
} Map;

static void find_columns(const NeroComponent *l, int *column, int samples, int width)
{
    for (int i = 0; i < samples; i++) {
        const int x = MIN((2 * i + 1) << l->xs >> 1, l->columns - 1);
        column[i] = (int)((gint64)(2 * x + 1) * width / (2 * l->columns));
    }
}

static void tint_layer(const NeroComponent *l, int c, int y0, int y1, gconstpointer data)
{
    const Map *m = data;
    const NeroMapColours *t = m->colours;
    const int samples = (l->columns + (1 << l->xs) - 1) >> l->xs;
    const int last_row = (y1 - 1) >> l->ys;
    int value[256];
    for (int i = 0; i < 256; i++)
        value[i] = t->opacity[i] ? level(l, c, &t->colour[i]) : 0;
    find_columns(l, m->column, samples, m->width);
    for (int j = y0 >> l->ys; j <= last_row; j++) {
        const int y = MIN((2 * j + 1) << l->ys >> 1, l->rows - 1);
        const guint8 *row =
            m->labels + (gsize)((gint64)(2 * y + 1) * m->height / (2 * l->rows)) * m->width;
        guint8 *p = l->data + (gsize)j * l->stride;
        for (int i = 0; i < samples; i++, p += l->step) {
            const int label = row[m->column[i]];
            if (t->opacity[label])
                nero_component_put(
                    l, p, blend(nero_component_get(l, p), value[label], t->opacity[label]));
        }
    }
}

void nero_blend_map(GstVideoFrame *frame, const guint8 *labels, int width, int height,
                    const NeroMapColours *colours)
{
    if (width < 1 || height < 1)
        return;
    const Map map = {labels, width, height, colours, g_new(int, GST_VIDEO_FRAME_WIDTH(frame))};
    nero_components_run(frame, 0, GST_VIDEO_FRAME_HEIGHT(frame), tint_layer, &map);
    g_free(map.column);
}
