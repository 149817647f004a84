// SPDX-License-Identifier: MIT
// Describes GStreamer's frames to the engine.
#include "plugins/common/video.h"

static gboolean translate_format(GstVideoFormat format, nn_pixel_format *out)
{
    static const struct {
        GstVideoFormat gst;
        nn_pixel_format nn;
    } table[] = {
        {GST_VIDEO_FORMAT_I420, NN_PIXEL_I420}, {GST_VIDEO_FORMAT_NV12, NN_PIXEL_NV12},
        {GST_VIDEO_FORMAT_YUY2, NN_PIXEL_YUY2}, {GST_VIDEO_FORMAT_RGB, NN_PIXEL_RGB},
        {GST_VIDEO_FORMAT_BGR, NN_PIXEL_BGR},   {GST_VIDEO_FORMAT_RGBx, NN_PIXEL_RGBX},
        {GST_VIDEO_FORMAT_BGRx, NN_PIXEL_BGRX}, {GST_VIDEO_FORMAT_xRGB, NN_PIXEL_XRGB},
        {GST_VIDEO_FORMAT_xBGR, NN_PIXEL_XBGR}, {GST_VIDEO_FORMAT_RGBA, NN_PIXEL_RGBX},
        {GST_VIDEO_FORMAT_BGRA, NN_PIXEL_BGRX}, {GST_VIDEO_FORMAT_ARGB, NN_PIXEL_XRGB},
        {GST_VIDEO_FORMAT_ABGR, NN_PIXEL_XBGR}, {GST_VIDEO_FORMAT_GRAY8, NN_PIXEL_GRAY8},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].gst == format) {
            *out = table[i].nn;
            return TRUE;
        }
    }
    return FALSE;
}

// --- components whose samples lie in memory ---

// How the samples of a component are stored: as bytes, as words whose high byte is enough, as words
// with fewer bits, or in another way.
typedef enum Kept { KEPT_ODDLY, KEPT_BYTES, KEPT_HIGH_BYTE, KEPT_WORDS } Kept;

// Whether the offsets of words are known: GStreamer has wrong ones for some packed formats.
static gboolean has_known_offsets(const GstVideoFormatInfo *f)
{
    const gboolean planar = f->plane[0] != f->plane[1] && f->plane[0] != f->plane[2];
    if (GST_VIDEO_FORMAT_INFO_IS_GRAY(f))
        return f->pixel_stride[0] == 2;
    if (planar && f->plane[1] != f->plane[2]) // a plane for each of U and V
        return f->pixel_stride[0] == 2 && f->pixel_stride[1] == 2 && f->pixel_stride[2] == 2;
    if (planar) // U and V in one plane
        return f->pixel_stride[0] == 2 && f->pixel_stride[1] == 4 && f->pixel_stride[2] == 4;
    return f->pixel_stride[0] == 8 && f->depth[0] == 16; // ARGB64 and similar formats
}

static Kept find_kept(const GstVideoFormatInfo *f, int c)
{
    const int bits = (int)f->depth[c] + (int)f->shift[c];
    if (f->depth[c] == 8 && f->shift[c] == 0 && f->pixel_stride[c] > 0)
        return KEPT_BYTES;
    if (f->depth[c] < 9 || !has_known_offsets(f))
        return KEPT_ODDLY;
    if (bits == 16)
        return KEPT_HIGH_BYTE;
    return f->shift[c] == 0 && bits < 16 ? KEPT_WORDS : KEPT_ODDLY;
}

static nn_pixel_component describe(const GstVideoFormatInfo *f, int c, Kept kept)
{
    nn_pixel_component p = {.plane = (guint8)f->plane[c],
                            .offset = (guint8)f->poffset[c],
                            .step = (guint8)f->pixel_stride[c],
                            .shift_x = (guint8)f->w_sub[c],
                            .shift_y = (guint8)f->h_sub[c]};
    if (kept != KEPT_BYTES && p.step == 4) // U and V interleaved
        p.offset = c == 2 ? 2 : 0;
    if (kept == KEPT_HIGH_BYTE && GST_VIDEO_FORMAT_INFO_IS_LE(f))
        p.offset++;
    if (kept == KEPT_WORDS) { // after narrow_row()
        p.offset /= 2;
        p.step /= 2;
    }
    return p;
}

// The layout of a format whose samples are where GStreamer says.
static Kept describe_format(const GstVideoFormatInfo *f, nn_pixel_layout *layout)
{
    const int components = GST_VIDEO_FORMAT_INFO_IS_GRAY(f) ? 1 : 3;
    const Kept kept = find_kept(f, 0);
    if (f->format == GST_VIDEO_FORMAT_VYUY || // GStreamer up to 1.22 describes it as UYVY
        GST_VIDEO_FORMAT_INFO_IS_COMPLEX(f) || GST_VIDEO_FORMAT_INFO_IS_TILED(f) ||
        GST_VIDEO_FORMAT_INFO_HAS_PALETTE(f) || (int)f->n_components < components)
        return KEPT_ODDLY;
    *layout = (nn_pixel_layout){
        .name = f->name, .yuv = GST_VIDEO_FORMAT_INFO_IS_YUV(f), .components = components};
    for (int c = 0; c < components; c++) {
        if (find_kept(f, c) != kept || f->plane[c] > 2)
            return KEPT_ODDLY;
        layout->component[c] = describe(f, c, kept);
        layout->planes = MAX(layout->planes, layout->component[c].plane + 1);
    }
    return kept;
}

// The first byte of row `row` of a plane, inside the area.
static const guint8 *find_row(const NeroView *v, int plane, int row)
{
    const nn_pixel_component *p = v->layout.component;
    while (p->plane != plane)
        p++;
    // Samples are two bytes apart (KEPT_WORDS) where the layout says one.
    const gsize step = (gsize)p->step << (v->narrow > 0);
    return (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(v->video, plane) +
           (gssize)((v->y >> p->shift_y) + row) * GST_VIDEO_FRAME_PLANE_STRIDE(v->video, plane) +
           (gsize)(v->x >> p->shift_x) * step;
}

// Rounds words with fewer than 16 bits to bytes.
static void narrow_row(const nn_frame *frame, int plane, int row, uint8_t *out)
{
    const NeroView *v = frame->source;
    const guint8 *in = find_row(v, plane, row);
    const int n = (int)nn_frame_row_bytes(frame, plane), half = 1 << v->narrow >> 1;
    const int low = GST_VIDEO_FORMAT_INFO_IS_LE(v->video->info.finfo) ? 0 : 1;
    for (int i = 0; i < n; i++) {
        const int value = (in[2 * i + low] | in[2 * i + 1 - low] << 8) + half;
        out[i] = (guint8)MIN(value >> v->narrow, 255);
    }
}

// --- all other formats ---

// Unpacks a row with GStreamer: A, then Y, U, V or R, G, B, in bytes or words.
static void unpack_row(const nn_frame *frame, int plane, int row, uint8_t *out)
{
    const NeroView *v = frame->source;
    const GstVideoFormatInfo *f = v->video->info.finfo;
    (void)plane;
    GstVideoPackFlags flags = GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE;
    if (GST_VIDEO_FRAME_IS_INTERLACED(v->video))
        flags |= GST_VIDEO_PACK_FLAG_INTERLACED;
    // Some unpack functions ignore the first column.
    const gsize step = v->layout.component[0].step;
    guint8 *whole =
        v->x > 0 ? g_malloc((gsize)(v->x + frame->width) * step + NN_FRAME_ROW_SLACK) : out;
    f->unpack_func(f, flags, whole, v->video->data, v->video->info.stride, 0, v->y + row,
                   v->x + frame->width);
    if (v->x > 0) {
        memcpy(out, whole + (gsize)v->x * step, (gsize)frame->width * step);
        g_free(whole);
    }
}

static gboolean describe_unpacked(const GstVideoFormatInfo *f, nn_pixel_layout *layout)
{
    static const int one = 1;
    const gboolean little = *(const char *)&one == 1;
    *layout = (nn_pixel_layout){.name = f->name, .planes = 1, .components = 3};
    switch (f->unpack_format) {
    case GST_VIDEO_FORMAT_AYUV:
    case GST_VIDEO_FORMAT_AYUV64:
        layout->yuv = true;
        break;
    case GST_VIDEO_FORMAT_ARGB:
    case GST_VIDEO_FORMAT_ARGB64:
        break;
    default:
        return FALSE;
    }
    const int bytes =
        f->unpack_format == GST_VIDEO_FORMAT_AYUV64 || f->unpack_format == GST_VIDEO_FORMAT_ARGB64
            ? 2
            : 1;
    for (int c = 0; c < 3; c++)
        layout->component[c] =
            (nn_pixel_component){.offset = (guint8)((c + 1) * bytes + (bytes == 2 && little)),
                                 .step = (guint8)(4 * bytes)};
    return f->unpack_func != NULL;
}

// --- views ---

static nn_yuv_matrix translate_matrix(GstVideoColorMatrix m)
{
    switch (m) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
        return NN_YUV_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
        return NN_YUV_BT2020;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
        return NN_YUV_SMPTE240M;
    case GST_VIDEO_COLOR_MATRIX_FCC:
        return NN_YUV_FCC;
    default:
        return NN_YUV_BT601;
    }
}

GstVideoRectangle nero_video_area(const GstVideoFrame *video, const GstVideoInfo *caps)
{
    const int w = GST_VIDEO_FRAME_WIDTH(video), h = GST_VIDEO_FRAME_HEIGHT(video);
    const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(video->buffer);
    if (crop && crop->width == (guint)caps->width && crop->height == (guint)caps->height &&
        crop->width <= (guint)w && crop->x <= (guint)w - crop->width && crop->height <= (guint)h &&
        crop->y <= (guint)h - crop->height)
        return (GstVideoRectangle){(int)crop->x, (int)crop->y, caps->width, caps->height};
    return (GstVideoRectangle){0, 0, w, h};
}

// Chooses how to read the pixels; view->layout is that of the memory.
static gboolean choose_way(NeroView *view)
{
    const GstVideoInfo *info = &view->video->info;
    nn_frame *frame = &view->frame;
    frame->layout = &view->layout;
    switch (describe_format(info->finfo, &view->layout)) {
    case KEPT_BYTES:
    case KEPT_HIGH_BYTE:
        if (translate_format(GST_VIDEO_INFO_FORMAT(info), &frame->format))
            frame->layout = NULL;
        return TRUE;
    case KEPT_WORDS:
        view->narrow = (int)info->finfo->depth[0] - 8;
        frame->read_row = narrow_row;
        return TRUE;
    default:
        frame->read_row = unpack_row;
        return describe_unpacked(info->finfo, &view->layout);
    }
}

gboolean nero_video_view(const GstVideoFrame *video, const GstVideoRectangle *area, NeroView *view)
{
    const GstVideoInfo *info = &video->info;
    nn_frame *frame = &view->frame;
    *view = (NeroView){.video = video, .x = area->x, .y = area->y};
    if (!choose_way(view))
        return FALSE;
    frame->source = view;
    frame->width = area->w;
    frame->height = area->h;
    if (frame->read_row != unpack_row) { // pixels that share chroma stay together
        const nn_pixel_component *last = &view->layout.component[view->layout.components - 1];
        view->x = view->x >> last->shift_x << last->shift_x;
        view->y = view->y >> last->shift_y << last->shift_y;
    }
    for (int i = 0; i < view->layout.planes && !frame->read_row; i++) {
        frame->plane[i] = find_row(view, i, 0);
        frame->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(video, i);
    }
    frame->matrix = translate_matrix(info->colorimetry.matrix);
    frame->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    // Nobody applies the range of RGB, not even GStreamer's converter.
    if (GST_VIDEO_INFO_IS_GRAY(info) && !view->layout.yuv &&
        info->colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235) {
        view->layout.limited = true;
        frame->layout = &view->layout;
    }
    return TRUE;
}

gboolean nero_video_can_view(const GstVideoFormatInfo *format)
{
    nn_pixel_layout layout;
    return describe_format(format, &layout) != KEPT_ODDLY || describe_unpacked(format, &layout);
}

gboolean nero_video_has_samples(const GstVideoFormatInfo *format)
{
    nn_pixel_layout layout;
    return describe_format(format, &layout) != KEPT_ODDLY;
}

// Formats that are read and drawn in place and that cameras, decoders and windows use.
static gboolean is_usual(GstVideoFormat format)
{
    static const GstVideoFormat usual[] = {
        GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12,  GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV21,
        GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY,  GST_VIDEO_FORMAT_YVYU, GST_VIDEO_FORMAT_RGB,
        GST_VIDEO_FORMAT_BGR,  GST_VIDEO_FORMAT_RGBx,  GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB,
        GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_RGBA,  GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_ARGB,
        GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_GRAY8,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
        if (usual[i] == format)
            return TRUE;
    return FALSE;
}

GstCaps *nero_video_caps(nero_takes_format *takes)
{
    guint all;
    const GstVideoFormat *formats = gst_video_formats_raw(&all);
    g_autofree GstVideoFormat *some = g_new(GstVideoFormat, all);
    GstCaps *caps = gst_caps_new_empty();
    for (int usual = 1; usual >= 0; usual--) {
        guint n = 0;
        for (guint i = 0; i < all; i++)
            if (is_usual(formats[i]) == usual && takes(gst_video_format_get_info(formats[i])))
                some[n++] = formats[i];
        if (n > 0)
            gst_caps_append(caps, gst_video_make_raw_caps(some, n));
    }
    return caps;
}

void nero_video_add_pads(GstElementClass *element, nero_takes_format *takes)
{
    g_autoptr(GstCaps) caps = nero_video_caps(takes);
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
}
