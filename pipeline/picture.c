// SPDX-License-Identifier: MIT
// Converts a buffer to RGB without padding, and looks up its boxes.
#include "pipeline/picture.h"

#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

void vp_picture_release(vp_picture *p)
{
    if (p->rgb)
        gst_buffer_unmap(p->rgb, &p->map);
    gst_clear_buffer(&p->rgb);
    g_free(p->labels);
    *p = (vp_picture){0};
}

static bool convert(const GstVideoInfo *from, const GstVideoInfo *to, GstBuffer *in, GstBuffer *out)
{
    GstVideoFrame source, target;
    if (!gst_video_frame_map(&source, from, in, GST_MAP_READ))
        return false;
    if (!gst_video_frame_map(&target, to, out, GST_MAP_WRITE)) {
        gst_video_frame_unmap(&source);
        return false;
    }
    GstVideoConverter *converter = gst_video_converter_new(from, to, NULL);
    if (converter) {
        gst_video_converter_frame(converter, &source, &target);
        gst_video_converter_free(converter);
    }
    gst_video_frame_unmap(&target);
    gst_video_frame_unmap(&source);
    return converter != NULL;
}

static void read_boxes(vp_picture *p, GstBuffer *buffer)
{
    NeroMeta *meta = nero_meta_get(buffer);
    if (!meta)
        return;
    const int n = nero_labels_count(meta->labels);
    p->labels = g_new0(const char *, (gsize)n + 1);
    for (int i = 0; i < n; i++)
        p->labels[i] = nero_labels_name(meta->labels, i);
    p->still.result = &meta->result;
    p->still.model = nero_labels_model(meta->labels);
    p->still.labels = p->labels;
    p->still.label_count = n;
}

nn_status vp_picture_read(vp_picture *p, GstBuffer *buffer, const GstCaps *caps, nn_error *err)
{
    GstVideoInfo from, to;
    *p = (vp_picture){0};
    if (!caps || !gst_video_info_from_caps(&from, caps) ||
        !gst_video_info_set_format(&to, GST_VIDEO_FORMAT_RGB, (guint)from.width,
                                   (guint)from.height))
        return nn_fail(err, NN_EUNSUPPORTED, "a frame of an unknown format");
    to.fps_n = from.fps_n; // the converter needs equal rates
    to.fps_d = from.fps_d;
    to.interlace_mode = from.interlace_mode;
    to.stride[0] = 3 * from.width;
    to.size = (gsize)to.stride[0] * (gsize)from.height;
    GstBuffer *rgb = gst_buffer_new_allocate(NULL, to.size, NULL);
    if (!rgb || !convert(&from, &to, buffer, rgb) || !gst_buffer_map(rgb, &p->map, GST_MAP_READ)) {
        gst_clear_buffer(&rgb);
        return nn_fail(err, NN_ENOMEM, "a frame of %dx%d cannot be converted", from.width,
                       from.height);
    }
    p->rgb = rgb;
    p->frame = (nn_frame){.format = NN_PIXEL_RGB,
                          .width = from.width,
                          .height = from.height,
                          .plane = {p->map.data},
                          .stride = {to.stride[0]}};
    p->still.picture = &p->frame;
    p->still.pts = GST_BUFFER_PTS(buffer);
    read_boxes(p, buffer);
    return NN_OK;
}
