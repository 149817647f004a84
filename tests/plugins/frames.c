// SPDX-License-Identifier: MIT
// Makes the buffers that the element tests push.
#include "tests/plugins/frames.h"
#include "nn/base/rng.h"
#include "tests/support/test.h"

const char *const frame_formats[] = {"I420", "NV12", "YUY2", "RGB",   "BGR",
                                     "RGBx", "BGRx", "xRGB", "xBGR",  "RGBA",
                                     "BGRA", "ARGB", "ABGR", "GRAY8", NULL};

GstVideoInfo frame_info(const char *format, int width, int height)
{
    GstVideoInfo info;
    gst_video_info_set_format(&info, gst_video_format_from_string(format), width, height);
    return info;
}

GstBuffer *frame_new(const char *format, int width, int height, GstClockTime pts)
{
    GstVideoInfo info = frame_info(format, width, height);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    GstMapInfo map;
    nn_rng rng = nn_rng_seed(info.size);
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = nn_rng_below(&rng, 256);
    gst_buffer_unmap(buffer, &map);
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
    return buffer;
}

GstBuffer *frame_grey(int width, int height, frame_level *level)
{
    GstBuffer *b = frame_new("GRAY8", width, height, 0);
    const GstVideoInfo info = frame_info("GRAY8", width, height);
    GstMapInfo map;
    assert_true(gst_buffer_map(b, &map, GST_MAP_WRITE));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            map.data[(gsize)y * (gsize)info.stride[0] + (gsize)x] = level(x, y, width, height);
    gst_buffer_unmap(b, &map);
    return b;
}

void frame_caps(GstHarness *h, const char *format, int width, int height, const char *more)
{
    g_autofree char *caps = g_strdup_printf(
        "video/x-raw,format=%s,width=%d,height=%d,framerate=25/1%s", format, width, height, more);
    gst_harness_set_src_caps_str(h, caps);
}

void frame_add_boxes(GstBuffer *b, const nn_box *boxes, int count, int width, int height,
                     float age_ms)
{
    static const char *const names[] = {"person", "car"};
    NeroLabels *labels = nero_labels_new("street", names, 2);
    nn_result r = {.boxes = (nn_box *)boxes,
                   .count = count,
                   .capacity = count,
                   .frame_width = width,
                   .frame_height = height,
                   .age_ms = age_ms,
                   .source_pts = UINT64_MAX};
    nero_meta_add(b, &r, labels);
    nero_labels_unref(labels);
}

GBytes *frame_bytes(GstBuffer *b)
{
    gpointer data;
    gsize size;
    gst_buffer_extract_dup(b, 0, -1, &data, &size);
    return g_bytes_new_take(data, size);
}

GstMessage *frame_message(GstBus *bus, GstMessageType type)
{
    return gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, type);
}

GList *frame_elements(void)
{
    GList *plugins = gst_registry_get_plugin_list(gst_registry_get()), *all = NULL;
    for (GList *p = plugins; p; p = p->next)
        if (g_strcmp0(gst_plugin_get_package(p->data), "NeroScale") == 0)
            all = g_list_concat(all, gst_registry_get_feature_list_by_plugin(
                                         gst_registry_get(), gst_plugin_get_name(p->data)));
    gst_plugin_list_free(plugins);
    return all;
}
