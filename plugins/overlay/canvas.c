// SPDX-License-Identifier: MIT
// Unpacks and packs rows of awkward formats, and cuts a layer into rectangles.
#include "plugins/overlay/canvas.h"

#include "plugins/common/video.h"

enum { TILE_W = 64, TILE_H = 32 };

// Columns of a row that are unpacked; x1 0: none.
typedef struct Span {
    int x0, x1;
} Span;

struct NeroCanvas {
    GstVideoFrame *frame; // that of the caller; NULL: a layer
    GstVideoFrame own;    // unpacked rows or the layer, on `pixels`
    gboolean unpacks;     // the rows of `frame` are drawn on in `own`
    guint8 *pixels;       // owned
    gsize capacity;       // bytes of `pixels`
    Span *rows;           // owned: what of each row is unpacked
    int group, bytes;     // columns that are packed together, into so many bytes; 0: whole rows
    guint8 *tiles;        // owned: which tiles of the layer are drawn on
    int across, down;     // number of tiles
    guint32 rgb;          // of `colour`
    gboolean has_colour;  //
    NeroBlendColour colour;
};

NeroCanvas *nero_canvas_new(void)
{
    return g_new0(NeroCanvas, 1);
}

void nero_canvas_free(NeroCanvas *c)
{
    if (!c)
        return;
    g_free(c->pixels);
    g_free(c->rows);
    g_free(c->tiles);
    g_free(c);
}

// Describes our own memory as a mapped frame, with `slack` unused bytes behind each row. The memory
// is zero when it is new.
static void make_own(NeroCanvas *c, GstVideoFormat format, int width, int height, int slack)
{
    GstVideoInfo *info = &c->own.info;
    memset(&c->own, 0, sizeof c->own);
    gst_video_info_set_format(info, format, (guint)width, (guint)height);
    info->stride[0] += slack;
    info->size = (gsize)info->stride[0] * (gsize)height;
    if (info->size > c->capacity) {
        g_free(c->pixels);
        c->capacity = info->size;
        c->pixels = g_malloc0(c->capacity);
    }
    c->own.data[0] = c->pixels;
}

void nero_canvas_begin(NeroCanvas *c, GstVideoFrame *frame)
{
    enum { SLACK = 64 }; // some unpack functions write whole groups of pixels
    const GstVideoFormatInfo *f = frame->info.finfo;
    c->frame = frame;
    c->has_colour = FALSE;
    c->unpacks = !nero_video_has_samples(f);
    if (!c->unpacks)
        return;
    make_own(c, f->unpack_format, GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame),
             SLACK);
    g_free(c->rows);
    c->rows = g_new0(Span, (gsize)GST_VIDEO_FRAME_HEIGHT(frame));
    const gboolean groups = GST_VIDEO_INFO_FORMAT(&frame->info) == GST_VIDEO_FORMAT_v210;
    c->group = groups ? 6 : 0;
    c->bytes = groups ? 16 : 0;
}

static GstVideoPackFlags pack_flags(const GstVideoFrame *frame)
{
    return GST_VIDEO_FRAME_IS_INTERLACED(frame) ? GST_VIDEO_PACK_FLAG_INTERLACED : 0;
}

static guint8 *own_row(const NeroCanvas *c, int y)
{
    return c->pixels + (gsize)y * (gsize)c->own.info.stride[0];
}

static int row_bytes(const NeroCanvas *c)
{
    return GST_VIDEO_FORMAT_INFO_PSTRIDE(c->own.info.finfo, 0);
}

static void unpack(NeroCanvas *c, int y, int x0, int x1)
{
    const GstVideoFormatInfo *f = c->frame->info.finfo;
    gpointer data[GST_VIDEO_MAX_PLANES];
    memcpy(data, c->frame->data, sizeof data);
    if (x1 <= x0)
        return;
    if (c->group)
        data[0] = (guint8 *)data[0] + (gsize)(x0 / c->group) * (gsize)c->bytes;
    f->unpack_func(f, pack_flags(c->frame) | GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE,
                   own_row(c, y) + (gsize)x0 * (gsize)row_bytes(c), data, c->frame->info.stride, 0,
                   y, x1 - x0);
}

static void pack(const NeroCanvas *c, int y, const Span *s)
{
    const GstVideoFormatInfo *f = c->frame->info.finfo;
    gpointer data[GST_VIDEO_MAX_PLANES];
    memcpy(data, c->frame->data, sizeof data);
    if (c->group)
        data[0] = (guint8 *)data[0] + (gsize)(s->x0 / c->group) * (gsize)c->bytes;
    f->pack_func(f, pack_flags(c->frame), own_row(c, y) + (gsize)s->x0 * (gsize)row_bytes(c), 0,
                 data, c->frame->info.stride, c->frame->info.chroma_site, y, s->x1 - s->x0);
}

// Whole groups of columns around [x0, x1); all of a row where the format has none.
static Span span_of(const NeroCanvas *c, int x0, int x1)
{
    const int width = c->own.info.width, g = c->group;
    x0 = CLAMP(x0, 0, width);
    x1 = CLAMP(x1, 0, width);
    if (!g)
        return (Span){0, width};
    return x1 > x0 ? (Span){x0 / g * g, MIN((x1 + g - 1) / g * g, width)} : (Span){0};
}

GstVideoFrame *nero_canvas_touch(NeroCanvas *c, int x0, int y0, int x1, int y1)
{
    if (!c->frame)
        return &c->own;
    if (!c->unpacks)
        return c->frame;
    const Span wanted = span_of(c, x0, x1);
    for (int y = MAX(y0, 0); wanted.x1 > 0 && y < MIN(y1, c->own.info.height); y++) {
        Span *s = &c->rows[y];
        if (s->x1 == 0)
            *s = (Span){wanted.x0, wanted.x0};
        unpack(c, y, wanted.x0, s->x0);
        unpack(c, y, s->x1, wanted.x1);
        *s = (Span){MIN(s->x0, wanted.x0), MAX(s->x1, wanted.x1)};
    }
    return &c->own;
}

void nero_canvas_end(NeroCanvas *c)
{
    for (int y = 0; c->unpacks && y < c->own.info.height; y++) {
        if (c->rows[y].x1 > 0)
            pack(c, y, &c->rows[y]);
    }
    c->frame = NULL;
    c->unpacks = FALSE;
}

// --- layers ---

void nero_canvas_begin_layer(NeroCanvas *c, int width, int height)
{
    c->frame = NULL;
    c->unpacks = c->has_colour = FALSE;
    const gboolean same = c->own.info.width == width && c->own.info.height == height &&
                          GST_VIDEO_INFO_FORMAT(&c->own.info) == GST_VIDEO_FORMAT_BGRA && c->tiles;
    if (same)
        return; // nero_canvas_end_layer() left it transparent
    make_own(c, GST_VIDEO_FORMAT_BGRA, width, height, 0);
    memset(c->pixels, 0, c->capacity);
    c->across = (width + TILE_W - 1) / TILE_W;
    c->down = (height + TILE_H - 1) / TILE_H;
    g_free(c->tiles);
    c->tiles = g_malloc0((gsize)c->across * (gsize)c->down);
}

// Moves columns [x0, x1) and rows [y0, y1) of the layer into a buffer of their own.
static GstVideoOverlayRectangle *cut(NeroCanvas *c, int x0, int y0, int x1, int y1)
{
    const gsize bytes = (gsize)(x1 - x0) * 4;
    GstBuffer *b = gst_buffer_new_allocate(NULL, bytes * (gsize)(y1 - y0), NULL);
    GstMapInfo map;
    gst_buffer_add_video_meta(b, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_BGRA, (guint)(x1 - x0),
                              (guint)(y1 - y0));
    gst_buffer_map(b, &map, GST_MAP_WRITE);
    for (int y = y0; y < y1; y++) {
        guint8 *from = own_row(c, y) + 4 * (gsize)x0;
        memcpy(map.data + (gsize)(y - y0) * bytes, from, bytes);
        memset(from, 0, bytes);
    }
    gst_buffer_unmap(b, &map);
    GstVideoOverlayRectangle *r =
        gst_video_overlay_rectangle_new_raw(b, x0, y0, (guint)(x1 - x0), (guint)(y1 - y0),
                                            GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    gst_buffer_unref(b);
    return r;
}

static void add_rectangle(GstVideoOverlayComposition **all, GstVideoOverlayRectangle *r)
{
    if (*all)
        gst_video_overlay_composition_add_rectangle(*all, r);
    else
        *all = gst_video_overlay_composition_new(r);
    gst_video_overlay_rectangle_unref(r);
}

GstVideoOverlayComposition *nero_canvas_end_layer(NeroCanvas *c)
{
    GstVideoOverlayComposition *all = NULL;
    const int width = c->own.info.width, height = c->own.info.height;
    for (int j = 0; j < c->down; j++) {
        guint8 *row = c->tiles + (gsize)j * (gsize)c->across;
        for (int i = 0; i < c->across; i++) {
            int end = i;
            while (end < c->across && row[end])
                row[end++] = FALSE;
            if (end > i)
                add_rectangle(&all, cut(c, i * TILE_W, j * TILE_H, MIN(end * TILE_W, width),
                                        MIN((j + 1) * TILE_H, height)));
            i = end;
        }
    }
    return all;
}

static void mark_tiles(NeroCanvas *c, int x0, int y0, int x1, int y1)
{
    x0 = MAX(x0, 0) / TILE_W;
    y0 = MAX(y0, 0) / TILE_H;
    x1 = MIN(x1, c->own.info.width) - 1;
    y1 = MIN(y1, c->own.info.height) - 1;
    for (int j = y0; y1 >= 0 && j <= y1 / TILE_H; j++)
        for (int i = x0; x1 >= 0 && i <= x1 / TILE_W; i++)
            c->tiles[(gsize)j * (gsize)c->across + (gsize)i] = TRUE;
}

// --- drawing ---

static const GstVideoInfo *info_of(const NeroCanvas *c)
{
    return c->frame ? &c->frame->info : &c->own.info;
}

int nero_canvas_width(const NeroCanvas *c)
{
    return info_of(c)->width;
}

int nero_canvas_height(const NeroCanvas *c)
{
    return info_of(c)->height;
}

static const NeroBlendColour *find_colour(NeroCanvas *c, guint32 rgb)
{
    if (!c->has_colour || c->rgb != rgb) {
        c->colour = nero_blend_colour(info_of(c), rgb);
        c->rgb = rgb;
        c->has_colour = TRUE;
    }
    return &c->colour;
}

// Makes an area ready to be drawn on.
static GstVideoFrame *prepare(NeroCanvas *c, int x0, int y0, int x1, int y1)
{
    if (!c->frame)
        mark_tiles(c, x0, y0, x1, y1);
    return nero_canvas_touch(c, x0, y0, x1, y1);
}

void nero_canvas_rect(NeroCanvas *c, int x0, int y0, int x1, int y1, guint32 rgb, int opacity)
{
    nero_blend_rect(prepare(c, x0, y0, x1, y1), x0, y0, x1, y1, find_colour(c, rgb), opacity);
}

void nero_canvas_mask(NeroCanvas *c, int x, int y, const NeroMask *mask, guint32 rgb)
{
    nero_blend_mask(prepare(c, x, y, x + mask->width, y + mask->height), x, y, mask,
                    find_colour(c, rgb));
}

void nero_canvas_map(NeroCanvas *c, const guint8 *labels, int width, int height,
                     const NeroMapStyle *style)
{
    NeroMapColours colours = {0};
    for (int i = 0; i < 256; i++) {
        colours.opacity[i] = style->opacity[i];
        if (style->opacity[i])
            colours.colour[i] = nero_blend_colour(info_of(c), style->rgb[i]);
    }
    nero_blend_map(prepare(c, 0, 0, nero_canvas_width(c), nero_canvas_height(c)), labels, width,
                   height, &colours);
}
