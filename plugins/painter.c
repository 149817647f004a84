// SPDX-License-Identifier: MIT
// Rectangles and masks, component by component, with subsampling taken from the format.
#include "plugins/painter.h"

NeroInk nero_ink(const GstVideoInfo *info, guint32 rgb)
{
    gdouble r = (rgb >> 16 & 255) / 255.0, g = (rgb >> 8 & 255) / 255.0, b = (rgb & 255) / 255.0;
    NeroInk ink = {{rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255}};
    if (GST_VIDEO_INFO_IS_RGB(info))
        return ink;
    gdouble kr, kb;
    GstVideoColorMatrix matrix = info->colorimetry.matrix;
    if (!gst_video_color_matrix_get_Kr_Kb(matrix, &kr, &kb))
        gst_video_color_matrix_get_Kr_Kb(GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
    gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
    gst_video_color_range_offsets(info->colorimetry.range, info->finfo, offset, scale);
    gdouble y = kr * r + (1 - kr - kb) * g + kb * b;
    ink.c[0] = offset[0] + scale[0] * y + 0.5;
    if (GST_VIDEO_INFO_IS_YUV(info)) {
        ink.c[1] = CLAMP(offset[1] + scale[1] * (b - y) / (2 * (1 - kb)) + 0.5, 0, 255);
        ink.c[2] = CLAMP(offset[2] + scale[2] * (r - y) / (2 * (1 - kr)) + 0.5, 0, 255);
    }
    return ink;
}

static guint8 blend(guint8 below, guint8 above, int opacity)
{
    return below + ((above - below) * opacity + (above < below ? -127 : 127)) / 255;
}

// One component of a frame.
typedef struct Layer {
    guint8 *data;
    int stride, step;  // bytes from row to row, from sample to sample
    int xs, ys;        // log2 of the pixels that a sample stands for
    int columns, rows; // pixels of the frame
} Layer;

static int get_layers(GstVideoFrame *frame, Layer *layers)
{
    const GstVideoFormatInfo *f = frame->info.finfo;
    int n = MIN((int)GST_VIDEO_FRAME_N_COMPONENTS(frame), 4);
    for (int c = 0; c < n; c++)
        layers[c] = (Layer){.data = GST_VIDEO_FRAME_COMP_DATA(frame, c),
                            .stride = GST_VIDEO_FRAME_COMP_STRIDE(frame, c),
                            .step = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c),
                            .xs = GST_VIDEO_FORMAT_INFO_W_SUB(f, c),
                            .ys = GST_VIDEO_FORMAT_INFO_H_SUB(f, c),
                            .columns = GST_VIDEO_FRAME_WIDTH(frame),
                            .rows = GST_VIDEO_FRAME_HEIGHT(frame)};
    return n;
}

// Pixels of [low, high) that sample `i` stands for.
static int overlap(int i, int shift, int low, int high)
{
    return MIN(high, (i + 1) << shift) - MAX(low, i << shift);
}

static void paint_layer(const Layer *l, int x0, int y0, int x1, int y1, guint8 value, int opacity)
{
    int last_column = (x1 - 1) >> l->xs, last_row = (y1 - 1) >> l->ys;
    for (int j = y0 >> l->ys; j <= last_row; j++) {
        int tall = overlap(j, l->ys, y0, y1);
        guint8 *p = l->data + (gsize)j * l->stride + (gsize)(x0 >> l->xs) * l->step;
        for (int i = x0 >> l->xs; i <= last_column; i++, p += l->step) {
            int share = (opacity * tall * overlap(i, l->xs, x0, x1)) >> (l->xs + l->ys);
            *p = share == 255 ? value : blend(*p, value, share);
        }
    }
}

void nero_paint_rect(GstVideoFrame *frame, int x0, int y0, int x1, int y1, const NeroInk *ink,
                     int opacity)
{
    x0 = MAX(x0, 0);
    y0 = MAX(y0, 0);
    x1 = MIN(x1, GST_VIDEO_FRAME_WIDTH(frame));
    y1 = MIN(y1, GST_VIDEO_FRAME_HEIGHT(frame));
    if (x0 >= x1 || y0 >= y1)
        return;
    Layer layers[4];
    int n = get_layers(frame, layers);
    for (int c = 0; c < n; c++)
        paint_layer(&layers[c], x0, y0, x1, y1, ink->c[c], opacity);
}

// Mean coverage of the pixels that sample i, j stands for.
static int mask_share(const Layer *l, const NeroMask *m, int x, int y, int i, int j)
{
    int sum = 0;
    if (l->xs + l->ys == 0)
        return m->data[(j - y) * m->stride + i - x];
    int left = MAX(i << l->xs, x), right = MIN((i + 1) << l->xs, x + m->width);
    int top = MAX(j << l->ys, y), bottom = MIN((j + 1) << l->ys, y + m->height);
    for (int v = top; v < bottom; v++)
        for (int u = left; u < right; u++)
            sum += m->data[(v - y) * m->stride + u - x];
    return sum >> (l->xs + l->ys);
}

static void stamp_layer(const Layer *l, int x, int y, const NeroMask *m, guint8 value)
{
    int first_column = MAX(x, 0) >> l->xs, first_row = MAX(y, 0) >> l->ys;
    int last_column = (MIN(x + m->width, l->columns) - 1) >> l->xs;
    int last_row = (MIN(y + m->height, l->rows) - 1) >> l->ys;
    for (int j = first_row; j <= last_row; j++) {
        guint8 *p = l->data + (gsize)j * l->stride + (gsize)first_column * l->step;
        for (int i = first_column; i <= last_column; i++, p += l->step) {
            int share = mask_share(l, m, x, y, i, j);
            if (share)
                *p = blend(*p, value, share);
        }
    }
}

void nero_paint_mask(GstVideoFrame *frame, int x, int y, const NeroMask *mask, const NeroInk *ink)
{
    if (x + mask->width <= 0 || y + mask->height <= 0)
        return;
    Layer layers[4];
    int n = get_layers(frame, layers);
    for (int c = 0; c < n; c++)
        stamp_layer(&layers[c], x, y, mask, ink->c[c]);
}

// For each sample of a layer's row the column of the map that the sample's middle lies on.
static void find_columns(const Layer *l, int *column, int samples, int width)
{
    for (int i = 0; i < samples; i++) {
        const int x = MIN((2 * i + 1) << l->xs >> 1, l->columns - 1);
        column[i] = (int)((gint64)(2 * x + 1) * width / (2 * l->columns));
    }
}

static void tint_layer(const Layer *l, int c, const guint8 *labels, int width, int height,
                       const NeroTints *t, int *column)
{
    const int samples = (l->columns + (1 << l->xs) - 1) >> l->xs;
    const int rows = (l->rows + (1 << l->ys) - 1) >> l->ys;
    find_columns(l, column, samples, width);
    for (int j = 0; j < rows; j++) {
        const int y = MIN((2 * j + 1) << l->ys >> 1, l->rows - 1);
        const guint8 *row = labels + (gsize)((gint64)(2 * y + 1) * height / (2 * l->rows)) * width;
        guint8 *p = l->data + (gsize)j * l->stride;
        for (int i = 0; i < samples; i++, p += l->step) {
            const int label = row[column[i]];
            if (t->opacity[label])
                *p = blend(*p, t->ink[label].c[c], t->opacity[label]);
        }
    }
}

void nero_paint_map(GstVideoFrame *frame, const guint8 *labels, int width, int height,
                    const NeroTints *tints)
{
    Layer layers[4];
    if (width < 1 || height < 1)
        return;
    const int n = get_layers(frame, layers);
    int *column = g_new(int, GST_VIDEO_FRAME_WIDTH(frame));
    for (int c = 0; c < n; c++)
        tint_layer(&layers[c], c, labels, width, height, tints, column);
    g_free(column);
}
