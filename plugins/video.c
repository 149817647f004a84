// SPDX-License-Identifier: MIT
// Translates GStreamer's description of a frame into the engine's.
#include "plugins/video.h"

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

gboolean nero_video_view(const GstVideoFrame *video, nn_frame *frame)
{
    const GstVideoInfo *info = &video->info;
    *frame = (nn_frame){0};
    if (!translate_format(GST_VIDEO_INFO_FORMAT(info), &frame->format))
        return FALSE;
    frame->width = GST_VIDEO_INFO_WIDTH(info);
    frame->height = GST_VIDEO_INFO_HEIGHT(info);
    int planes = MIN((int)GST_VIDEO_INFO_N_PLANES(info), 3);
    for (int i = 0; i < planes; i++) {
        frame->plane[i] = GST_VIDEO_FRAME_PLANE_DATA(video, i);
        frame->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(video, i);
    }
    frame->bt709 = info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
    frame->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    return TRUE;
}
