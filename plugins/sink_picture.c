// SPDX-License-Identifier: MIT
// Chooses texture formats and YUV matrices, and uploads frames plane by plane.
#include "plugins/sink_picture.h"

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

// SDL knows three matrices; full-range BT.709 has none and is shown with the full-range BT.601 one,
// because a wrong range is seen and a slightly wrong hue is not.
static SDL_YUV_CONVERSION_MODE matrix_of(const GstVideoInfo *info)
{
    if (info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255)
        return SDL_YUV_CONVERSION_JPEG;
    return info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709 ? SDL_YUV_CONVERSION_BT709
                                                                    : SDL_YUV_CONVERSION_BT601;
}

gboolean nero_picture_set_info(NeroPicture *p, SDL_Renderer *renderer, const GstVideoInfo *info)
{
    nero_picture_release(p);
    p->info = *info;
    p->texture = SDL_CreateTexture(renderer, texture_format(GST_VIDEO_INFO_FORMAT(info)),
                                   SDL_TEXTUREACCESS_STREAMING, info->width, info->height);
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

void nero_picture_draw(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *area)
{
    SDL_SetYUVConversionMode(matrix_of(&p->info)); // software textures are converted here
    SDL_RenderCopy(renderer, p->texture, NULL, area);
}

void nero_picture_release(NeroPicture *p)
{
    if (p->texture)
        SDL_DestroyTexture(p->texture);
    p->texture = NULL;
    g_clear_pointer(&p->grey, g_free);
}
