// SPDX-License-Identifier: MIT
// The time of a frame, drawn into its upper edge so that encoders cannot take it away.
#ifndef TESTS_SUPPORT_STAMP_H
#define TESTS_SUPPORT_STAMP_H

#include <glib.h>
#include <gst/video/video.h>

// A row of squares, dark or bright: 16 bits of the time and 8 bits that check them. Frames of
// raw video with 8 bits of luma in the first plane and a width of 192 pixels or a multiple.
enum { STAMP_BITS = 24, STAMP_UNIT_MS = 10 };

// Hundredths of a second, the lower 16 bits; the same in all processes.
static inline guint stamp_now(void)
{
    return (guint)(g_get_monotonic_time() / (STAMP_UNIT_MS * 1000)) & 0xffff;
}

static inline guint stamp_check(guint time)
{
    return ((time >> 8) ^ (time * 7) ^ 0xa5) & 0xff;
}

static inline void stamp_draw(GstBuffer *buffer, const GstCaps *caps, guint time)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    const guint word = time << 8 | stamp_check(time);
    if (!gst_video_info_from_caps(&info, caps) ||
        !gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE))
        return;
    const int side = GST_VIDEO_INFO_WIDTH(&info) / STAMP_BITS;
    for (int y = 0; y < 2 * side; y++) {
        guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) +
                      (size_t)y * (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
        for (int x = 0; x < side * STAMP_BITS; x++)
            row[x] = word >> (STAMP_BITS - 1 - x / side) & 1 ? 220 : 30;
    }
    gst_video_frame_unmap(&frame);
}

// Age of a frame in milliseconds; negative: its stamp cannot be read.
static inline int stamp_age_ms(GstBuffer *buffer, const GstCaps *caps)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    guint word = 0;
    if (!gst_video_info_from_caps(&info, caps) ||
        !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ))
        return -1;
    const int side = GST_VIDEO_INFO_WIDTH(&info) / STAMP_BITS;
    const guint8 *row = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) +
                        (size_t)side * (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
    for (int i = 0; i < STAMP_BITS; i++)
        word = word << 1 | (row[i * side + side / 2] > 125);
    gst_video_frame_unmap(&frame);
    if (stamp_check(word >> 8) != (word & 0xff))
        return -1;
    return (int)((stamp_now() - (word >> 8)) & 0xffff) * STAMP_UNIT_MS;
}

#endif
