// SPDX-License-Identifier: MIT
// Finds the samples of each component in memory, or unpacks them row by row.
#include "plugins/overlay/components.h"

#include "plugins/common/video.h"

static int get_components(GstVideoFrame *frame, NeroComponent *components)
{
    const GstVideoFormatInfo *f = frame->info.finfo;
    const int n = MIN((int)GST_VIDEO_FRAME_N_COMPONENTS(frame), 4);
    for (int c = 0; c < n; c++) {
        const gboolean words = f->depth[c] > 8;
        const gboolean beside = words && f->pixel_stride[c] == 4; // U and V interleaved
        components[c] =
            (NeroComponent){.data = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(frame, f->plane[c]) +
                                    (beside ? (c == 2 ? 2 : 0) : f->poffset[c]),
                            .stride = GST_VIDEO_FRAME_COMP_STRIDE(frame, c),
                            .step = f->pixel_stride[c],
                            .xs = (int)f->w_sub[c],
                            .ys = (int)f->h_sub[c],
                            .columns = GST_VIDEO_FRAME_WIDTH(frame),
                            .rows = GST_VIDEO_FRAME_HEIGHT(frame),
                            .depth = (int)f->depth[c],
                            .shift = words ? (int)f->shift[c] : 0,
                            .words = words,
                            .high = GST_VIDEO_FORMAT_INFO_IS_LE(f) ? 1 : 0};
    }
    return n;
}

// Components of an unpacked row: A, then three others, in bytes or native words.
static int get_row_components(const GstVideoFrame *frame, guint8 *row, NeroComponent *components)
{
    const GstVideoFormatInfo *u = gst_video_format_get_info(frame->info.finfo->unpack_format);
    const int bytes = u->depth[0] > 8 ? 2 : 1;
    for (int c = 0; c < 4; c++)
        components[c] = (NeroComponent){.data = row + (c + 1) % 4 * bytes,
                                        .step = 4 * bytes,
                                        .columns = GST_VIDEO_FRAME_WIDTH(frame),
                                        .rows = GST_VIDEO_FRAME_HEIGHT(frame),
                                        .depth = 8 * bytes,
                                        .words = bytes == 2,
                                        .high = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 1 : 0};
    return 4;
}

static void run_unpacked(GstVideoFrame *frame, int y0, int y1, nero_component_task *task,
                         gconstpointer data)
{
    enum { MOST_BYTES = 8, SLACK = 64 }; // largest pixel; bytes behind a row
    const GstVideoFormatInfo *f = frame->info.finfo;
    const int width = GST_VIDEO_FRAME_WIDTH(frame);
    guint8 *row = g_malloc((gsize)width * MOST_BYTES + SLACK);
    NeroComponent components[4];
    const GstVideoPackFlags flags =
        GST_VIDEO_FRAME_IS_INTERLACED(frame) ? GST_VIDEO_PACK_FLAG_INTERLACED : 0;
    const int n = get_row_components(frame, row, components);
    for (int y = y0; y < y1; y++) {
        f->unpack_func(f, flags | GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE, row, frame->data,
                       frame->info.stride, 0, y, width);
        for (int c = 0; c < n; c++)
            task(&components[c], c, y, y + 1, data);
        f->pack_func(f, flags, row, 0, frame->data, frame->info.stride, frame->info.chroma_site, y,
                     width);
    }
    g_free(row);
}

void nero_components_run(GstVideoFrame *frame, int y0, int y1, nero_component_task *task,
                         gconstpointer data)
{
    NeroComponent components[4];
    if (y0 >= y1)
        return;
    if (!nero_video_has_samples(frame->info.finfo)) {
        run_unpacked(frame, y0, y1, task, data);
        return;
    }
    const int n = get_components(frame, components);
    for (int c = 0; c < n; c++)
        task(&components[c], c, y0, y1, data);
}
