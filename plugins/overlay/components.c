// SPDX-License-Identifier: MIT
// Finds the samples of each component in memory.
#include "plugins/overlay/components.h"

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

void nero_components_run(GstVideoFrame *frame, int y0, int y1, nero_component_task *task,
                         gconstpointer data)
{
    NeroComponent components[4];
    if (y0 >= y1)
        return;
    const int n = get_components(frame, components);
    for (int c = 0; c < n; c++)
        task(&components[c], c, y0, y1, data);
}
