// SPDX-License-Identifier: MIT
// Makes test clips with GStreamer's own encoders.
#include "clip.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdlib.h>

static char *directory;

static void remove_directory(void)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_remove(path);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(directory);
    g_clear_pointer(&directory, g_free);
}

char *clip_path(const char *name)
{
    if (!directory) {
        directory = g_dir_make_tmp("neroscale-test-XXXXXX", NULL);
        if (!directory)
            abort();
        atexit(remove_directory);
    }
    return g_build_filename(directory, name, NULL);
}

void clip_play(const char *text)
{
    gst_init(NULL, NULL);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    if (!pipeline)
        abort();
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    GstMessage *end =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (!end || GST_MESSAGE_TYPE(end) != GST_MESSAGE_EOS)
        abort();
    gst_message_unref(end);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

char *clip_picture(const char *name)
{
    char *path = clip_path(name);
    g_autofree char *text = g_strdup_printf("videotestsrc num-buffers=1 ! "
                                            "video/x-raw,width=64,height=48 ! jpegenc ! "
                                            "filesink location=\"%s\"",
                                            path);
    clip_play(text);
    return path;
}

char *clip_make(const char *name)
{
    char *path = clip_path(name);
    g_autofree char *text =
        g_strdup_printf("videotestsrc pattern=ball num-buffers=%d ! "
                        "video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1 ! "
                        "jpegenc quality=95 ! avimux ! filesink location=\"%s\"",
                        CLIP_FRAMES, CLIP_WIDTH, CLIP_HEIGHT, CLIP_FPS, path);
    clip_play(text);
    return path;
}

char *clip_text(const char *name, const char *text)
{
    char *path = clip_path(name);
    if (!g_file_set_contents(path, text, -1, NULL))
        abort();
    return path;
}
