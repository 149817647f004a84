// SPDX-License-Identifier: MIT
// Copies mapped video frames into memory of their own.
#include "plugins/common/frame_copy.h"

gboolean nero_frame_copy(NeroFrameCopy *c, const GstVideoFrame *frame)
{
    const GstVideoInfo *in = &frame->info;
    GstVideoInfo *own = &c->info;
    if (!c->pixels || own->finfo != in->finfo || own->width != in->width ||
        own->height != in->height) {
        gst_clear_buffer(&c->pixels);
        if (!gst_video_info_set_format(own, GST_VIDEO_INFO_FORMAT(in), (guint)in->width,
                                       (guint)in->height))
            return FALSE;
        c->pixels = gst_buffer_new_allocate(NULL, own->size, NULL);
    }
    own->colorimetry = in->colorimetry;
    GstVideoFrame copy;
    if (!c->pixels || !gst_video_frame_map(&copy, own, c->pixels, GST_MAP_WRITE))
        return FALSE;
    const gboolean ok = gst_video_frame_copy(&copy, frame);
    gst_video_frame_unmap(&copy);
    return ok;
}

void nero_frame_copy_release(NeroFrameCopy *c)
{
    gst_clear_buffer(&c->pixels);
}
