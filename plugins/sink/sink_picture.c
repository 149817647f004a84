// SPDX-License-Identifier: MIT
// Chooses texture formats and YUV matrices, and uploads frames plane by plane.
#include "plugins/sink/sink_picture.h"

static Uint32 texture_format(GstVideoFormat format)
{
    static const struct {
        GstVideoFormat gst;
        Uint32 sdl;
    } rows[] = {
        {GST_VIDEO_FORMAT_I420, SDL_PIXELFORMAT_IYUV},
        {GST_VIDEO_FORMAT_YV12, SDL_PIXELFORMAT_IYUV}, // planes are passed by component
        {GST_VIDEO_FORMAT_GRAY8, SDL_PIXELFORMAT_IYUV},
        {GST_VIDEO_FORMAT_NV12, SDL_PIXELFORMAT_NV12},
        {GST_VIDEO_FORMAT_NV21, SDL_PIXELFORMAT_NV21},
        {GST_VIDEO_FORMAT_YUY2, SDL_PIXELFORMAT_YUY2},
        {GST_VIDEO_FORMAT_UYVY, SDL_PIXELFORMAT_UYVY},
        {GST_VIDEO_FORMAT_YVYU, SDL_PIXELFORMAT_YVYU},
        {GST_VIDEO_FORMAT_RGB, SDL_PIXELFORMAT_RGB24},
        {GST_VIDEO_FORMAT_BGR, SDL_PIXELFORMAT_BGR24},
        {GST_VIDEO_FORMAT_RGBx, SDL_PIXELFORMAT_RGBA32},
        {GST_VIDEO_FORMAT_RGBA, SDL_PIXELFORMAT_RGBA32},
        {GST_VIDEO_FORMAT_BGRx, SDL_PIXELFORMAT_BGRA32},
        {GST_VIDEO_FORMAT_BGRA, SDL_PIXELFORMAT_BGRA32},
        {GST_VIDEO_FORMAT_xRGB, SDL_PIXELFORMAT_ARGB32},
        {GST_VIDEO_FORMAT_ARGB, SDL_PIXELFORMAT_ARGB32},
        {GST_VIDEO_FORMAT_xBGR, SDL_PIXELFORMAT_ABGR32},
        {GST_VIDEO_FORMAT_ABGR, SDL_PIXELFORMAT_ABGR32},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].gst == format)
            return rows[i].sdl;
    return SDL_PIXELFORMAT_UNKNOWN;
}

// SDL knows three matrices. Full-range BT.709 is not among them and is shown as full-range BT.601:
// a wrong range is visible, a slightly wrong hue is not.
static SDL_YUV_CONVERSION_MODE matrix_of(const GstVideoInfo *info)
{
    if (info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255)
        return SDL_YUV_CONVERSION_JPEG;
    return info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709 ? SDL_YUV_CONVERSION_BT709
                                                                    : SDL_YUV_CONVERSION_BT601;
}

// Formats that SDL does not know become BGRx of the same size.
static gboolean open_converter(NeroPicture *p)
{
    GstVideoInfo *to = &p->converted_info;
    if (!gst_video_info_set_format(to, GST_VIDEO_FORMAT_BGRx, (guint)p->info.width,
                                   (guint)p->info.height))
        return FALSE;
    to->interlace_mode = p->info.interlace_mode;
    to->fps_n = p->info.fps_n;
    to->fps_d = p->info.fps_d;
    p->converted = gst_buffer_new_allocate(NULL, to->size, NULL);
    p->converter = gst_video_converter_new(&p->info, to, NULL);
    return p->converter && p->converted;
}

static gboolean upload_converted(NeroPicture *p, const GstVideoFrame *f)
{
    GstVideoFrame out;
    if (!gst_video_frame_map(&out, &p->converted_info, p->converted, GST_MAP_READWRITE))
        return SDL_SetError("no memory for a converted frame") == 0;
    gst_video_converter_frame(p->converter, f, &out);
    const gboolean ok = SDL_UpdateTexture(p->texture, NULL, GST_VIDEO_FRAME_PLANE_DATA(&out, 0),
                                          GST_VIDEO_FRAME_PLANE_STRIDE(&out, 0)) == 0;
    gst_video_frame_unmap(&out);
    return ok;
}

gboolean nero_picture_set_info(NeroPicture *p, SDL_Renderer *renderer, const GstVideoInfo *info)
{
    nero_picture_release(p);
    p->info = *info;
    p->scaled = nero_scaled_new(renderer, info);
    if (p->scaled)
        return TRUE;
    Uint32 format = texture_format(GST_VIDEO_INFO_FORMAT(info));
    if (format == SDL_PIXELFORMAT_UNKNOWN) {
        if (!open_converter(p)) {
            SDL_SetError("%s cannot be converted; put videoconvert before the sink",
                         GST_VIDEO_INFO_NAME(info));
            return FALSE;
        }
        format = SDL_PIXELFORMAT_BGRA32;
    }
    p->texture =
        SDL_CreateTexture(renderer, format, SDL_TEXTUREACCESS_STREAMING, info->width, info->height);
    if (!p->texture)
        return FALSE;
    SDL_SetTextureBlendMode(p->texture, SDL_BLENDMODE_NONE);
    SDL_SetTextureScaleMode(p->texture, SDL_ScaleModeLinear);
    if (GST_VIDEO_INFO_FORMAT(info) == GST_VIDEO_FORMAT_GRAY8) {
        gsize n = (gsize)((info->width + 1) / 2) * (gsize)((info->height + 1) / 2);
        p->grey = g_malloc(n);
        memset(p->grey, 128, n);
    }
    return TRUE;
}

gboolean nero_picture_upload(NeroPicture *p, const GstVideoFrame *f)
{
    const guint8 *first = GST_VIDEO_FRAME_PLANE_DATA(f, 0);
    int stride = GST_VIDEO_FRAME_PLANE_STRIDE(f, 0);
    if (p->scaled) {
        nero_scaled_take(p->scaled, f->buffer);
        return TRUE;
    }
    if (p->converter)
        return upload_converted(p, f);
    SDL_SetYUVConversionMode(matrix_of(&f->info));
    switch (GST_VIDEO_FRAME_FORMAT(f)) {
    case GST_VIDEO_FORMAT_I420:
    case GST_VIDEO_FORMAT_YV12:
        return SDL_UpdateYUVTexture(
                   p->texture, NULL, first, stride, GST_VIDEO_FRAME_COMP_DATA(f, 1),
                   GST_VIDEO_FRAME_COMP_STRIDE(f, 1), GST_VIDEO_FRAME_COMP_DATA(f, 2),
                   GST_VIDEO_FRAME_COMP_STRIDE(f, 2)) == 0;
    case GST_VIDEO_FORMAT_GRAY8:
        return SDL_UpdateYUVTexture(p->texture, NULL, first, stride, p->grey,
                                    (f->info.width + 1) / 2, p->grey, (f->info.width + 1) / 2) == 0;
    case GST_VIDEO_FORMAT_NV12:
    case GST_VIDEO_FORMAT_NV21:
        return SDL_UpdateNVTexture(p->texture, NULL, first, stride,
                                   GST_VIDEO_FRAME_PLANE_DATA(f, 1),
                                   GST_VIDEO_FRAME_PLANE_STRIDE(f, 1)) == 0;
    default:
        return SDL_UpdateTexture(p->texture, NULL, first, stride) == 0;
    }
}

void nero_picture_draw_part(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *from,
                            const SDL_Rect *area)
{
    if (p->scaled) {
        nero_scaled_draw(p->scaled, from, area);
        return;
    }
    SDL_SetYUVConversionMode(matrix_of(&p->info)); // software textures are converted here
    SDL_RenderCopy(renderer, p->texture, from, area);
}

void nero_picture_draw(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *area)
{
    nero_picture_draw_part(p, renderer, NULL, area);
}

void nero_picture_release(NeroPicture *p)
{
    if (p->texture)
        SDL_DestroyTexture(p->texture);
    p->texture = NULL;
    g_clear_pointer(&p->scaled, nero_scaled_free);
    g_clear_pointer(&p->grey, g_free);
    g_clear_pointer(&p->converter, gst_video_converter_free);
    gst_clear_buffer(&p->converted);
}
