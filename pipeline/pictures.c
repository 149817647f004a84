// SPDX-License-Identifier: MIT
// Pictures as frames: an appsrc that delivers one picture after the other, and an appsink that
// collects what a server sends.
#include "pipeline/pictures.h"

#include "nn/io/image/image.h"
#include "po/translate.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <string.h>

// limits of GStreamer's video formats; of a download
enum { MAX_SIDE = 32767, MAX_BYTES = 512 << 20 };

typedef struct Pictures {
    char **names; // owned; NULL: the picture is in `bytes`
    GBytes *bytes;
    guint next;              // index into `names`
    nn_image_player *player; // of the current file; NULL: none is open
    const char *name;        // its name, borrowed
    double seconds;          // time to show a still picture
    GstClockTime time;       // of the next frame
    int64_t given;           // frames delivered
    char *wrong;             // names the first file that could not be read
} Pictures;

static void free_pictures(gpointer data)
{
    Pictures *p = data;
    nn_image_player_close(p->player);
    g_strfreev(p->names);
    g_clear_pointer(&p->bytes, g_bytes_unref);
    g_free(p->wrong);
    g_free(p);
}

static nn_status open_next(Pictures *p, nn_error *err)
{
    if (p->names) {
        p->name = p->names[p->next++];
        return nn_image_player_open(&p->player, p->name, err);
    }
    gsize size;
    const void *bytes = g_bytes_get_data(p->bytes, &size);
    p->next++;
    return nn_image_player_parse(&p->player, bytes, size, err);
}

static bool has_more(const Pictures *p)
{
    return p->names ? p->names[p->next] != NULL : p->next == 0;
}

// Makes a buffer; GStreamer's rows of RGB begin at multiples of four bytes. Takes the picture over.
static GstBuffer *wrap(nn_image *image, const GstVideoInfo *info)
{
    const size_t row = 3 * (size_t)image->width, stride = (size_t)info->stride[0];
    if (row == stride)
        return gst_buffer_new_wrapped_full(0, image->rgb, info->size, 0, info->size, image->rgb,
                                           (GDestroyNotify)nn_image_free_pixels);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstMapInfo map;
    if (buffer && gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
        for (size_t y = 0; y < (size_t)image->height; y++)
            memcpy(map.data + y * stride, image->rgb + y * row, row);
        gst_buffer_unmap(buffer, &map);
    }
    nn_image_release(image);
    return buffer;
}

// Sends a tag before each frame, on the streaming thread. The next picture is opened after the
// frame has left.
static GstPadProbeReturn announce(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const Pictures *p = data;
    (void)info;
    if (p->name) {
        g_autofree char *shown = g_utf8_make_valid(p->name, -1);
        GstTagList *tags = gst_tag_list_new(GST_TAG_LOCATION, shown, NULL);
        gst_pad_push_event(pad, gst_event_new_tag(tags));
    }
    return GST_PAD_PROBE_OK;
}

static nn_status push(GstAppSrc *src, Pictures *p, nn_image *image, int ms, nn_error *err)
{
    GstVideoInfo info;
    if (image->width > MAX_SIDE || image->height > MAX_SIDE ||
        !gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, (guint)image->width,
                                   (guint)image->height)) {
        nn_fail(err, NN_EUNSUPPORTED, "%dx%d pixels: a side of a frame has at most %d",
                image->width, image->height, MAX_SIDE);
        nn_image_release(image);
        return NN_EUNSUPPORTED;
    }
    const double seconds = ms > 0 ? ms / 1000.0 : p->seconds;
    gst_util_double_to_fraction(1 / seconds, &info.fps_n, &info.fps_d);
    g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
    GstBuffer *buffer = wrap(image, &info);
    if (!buffer)
        return nn_fail(err, NN_ENOMEM, "no memory for a frame");
    GST_BUFFER_PTS(buffer) = p->time;
    GST_BUFFER_DURATION(buffer) = (GstClockTime)(seconds * GST_SECOND);
    p->time += GST_BUFFER_DURATION(buffer);
    p->given++;
    g_autoptr(GstSample) sample = gst_sample_new(buffer, caps, NULL, NULL);
    gst_buffer_unref(buffer);
    gst_app_src_push_sample(src, sample);
    return NN_OK;
}

static void leave_out(GstAppSrc *src, Pictures *p, const char *why)
{
    g_autofree char *text = p->name && !g_str_has_prefix(why, p->name)
                                ? g_strdup_printf("%s: %s", p->name, why)
                                : g_strdup(why);
    g_autofree char *shown = g_utf8_make_valid(text, -1);
    if (has_more(p) || p->given > 0)
        GST_ELEMENT_WARNING(src, STREAM, DECODE, (_("%s, left out"), shown), (NULL));
    if (!p->wrong)
        p->wrong = g_steal_pointer(&shown);
}

// Called on the streaming thread when the queue is empty: pushes one frame, or the end.
static void feed(GstAppSrc *src, guint bytes, gpointer data)
{
    Pictures *p = data;
    (void)bytes;
    while (p->player || has_more(p)) {
        nn_error err = {0};
        nn_image image;
        int ms, got = -1;
        if (p->player || open_next(p, &err) == NN_OK)
            got = nn_image_player_next(p->player, &image, &ms, &err);
        if (got == 1 && push(src, p, &image, ms, &err) == NN_OK)
            return;
        g_clear_pointer(&p->player, nn_image_player_close);
        if (got != 0)
            leave_out(src, p, err.text);
    }
    if (p->given == 0)
        GST_ELEMENT_ERROR(src, STREAM, DECODE, ("%s", p->wrong ? p->wrong : "no picture"), (NULL));
    gst_app_src_end_of_stream(src);
}

// Takes `p` over.
static GstElement *new_source(Pictures *p, nn_error *err)
{
    GstElement *src = gst_element_factory_make("appsrc", NULL);
    if (!src) {
        free_pictures(p);
        nn_fail(err, NN_EUNSUPPORTED,
                "the element appsrc is missing; install gstreamer1.0-plugins-base");
        return NULL;
    }
    g_object_set(src, "format", GST_FORMAT_TIME, "max-buffers", (guint64)1, "max-bytes", (guint64)0,
                 NULL);
    g_object_set_data_full(G_OBJECT(src), "pictures", p, free_pictures);
    g_signal_connect(src, "need-data", G_CALLBACK(feed), p);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(src, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, announce, p, NULL);
    return src;
}

GstElement *vp_pictures_new(char *const *names, double seconds, nn_error *err)
{
    Pictures *p = g_new0(Pictures, 1);
    p->names = g_strdupv((char **)names);
    p->seconds = seconds;
    return new_source(p, err);
}

// --- from a network ---

typedef struct Fetching {
    GstElement *head; // borrowed: lives in the same bin
    GByteArray *got;
} Fetching;

static void free_fetching(gpointer data, GClosure *closure)
{
    Fetching *f = data;
    (void)closure;
    g_byte_array_unref(f->got);
    g_free(f);
}

static GstFlowReturn take_part(GstElement *sink, gpointer data)
{
    Fetching *f = data;
    GstMapInfo map;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ))
        return GST_FLOW_OK;
    const bool fits = map.size <= MAX_BYTES - f->got->len;
    if (fits)
        g_byte_array_append(f->got, map.data, (guint)map.size);
    gst_buffer_unmap(buffer, &map);
    if (fits)
        return GST_FLOW_OK;
    GST_ELEMENT_ERROR(sink, STREAM, DECODE, (_("a picture of over %d MiB"), MAX_BYTES >> 20),
                      (NULL));
    return GST_FLOW_ERROR;
}

static void take_end(GstElement *sink, gpointer data)
{
    Fetching *f = data;
    nn_error err = {0};
    g_autoptr(GstObject) bin = gst_object_get_parent(GST_OBJECT(sink));
    if (!bin || !f->head)
        return;
    Pictures *p = g_new0(Pictures, 1);
    p->bytes = g_byte_array_free_to_bytes(f->got);
    f->got = g_byte_array_new();
    p->seconds = 1;
    GstElement *src = new_source(p, &err);
    if (!src) {
        GST_ELEMENT_ERROR(sink, STREAM, DECODE, ("%s", err.text), (NULL));
        return;
    }
    gst_bin_add(GST_BIN(bin), src);
    if (!gst_element_link(src, f->head))
        GST_ELEMENT_ERROR(sink, STREAM, DECODE, (_("two pictures at once")), (NULL));
    f->head = NULL;
    gst_element_sync_state_with_parent(src);
}

void vp_pictures_fetch(GstBin *bin, GstPad *pad, GstElement *head)
{
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    if (!sink)
        return;
    Fetching *f = g_new0(Fetching, 1);
    f->head = head;
    f->got = g_byte_array_new();
    g_object_set(sink, "sync", FALSE, "async", FALSE, "emit-signals", TRUE, "enable-last-sample",
                 FALSE, NULL);
    g_signal_connect_data(sink, "new-sample", G_CALLBACK(take_part), f, free_fetching, 0);
    g_signal_connect(sink, "eos", G_CALLBACK(take_end), f);
    gst_bin_add(bin, sink);
    gst_element_sync_state_with_parent(sink);
    g_autoptr(GstPad) target = gst_element_get_static_pad(sink, "sink");
    gst_pad_link(pad, target);
}
