// SPDX-License-Identifier: MIT
// Picks encoder and container for a recording.
#include "pipeline/recorder.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

typedef struct Encoder {
    const char *factory, *text;
    gboolean mp4; // may go into MP4; all may go into Matroska
} Encoder;

// No look-ahead: beside a window on the same stream a frame held back by the encoder would hold the
// window back too.
static const Encoder encoders[] = {
    {"x264enc",
     "x264enc tune=zerolatency speed-preset=veryfast pass=quant quantizer=22 ! "
     "video/x-h264,profile=high ! h264parse",
     TRUE},
    {"openh264enc", "openh264enc complexity=low bitrate=6000000 ! h264parse", TRUE},
    {"avenc_mpeg4", "avenc_mpeg4 bitrate=6000000 ! mpeg4videoparse", TRUE},
    {"vp8enc", "vp8enc deadline=1 cpu-used=4 target-bitrate=6000000", FALSE},
    {"jpegenc", "jpegenc quality=85", FALSE},
};

static gboolean has_element(const char *name)
{
    g_autoptr(GstElementFactory) f = gst_element_factory_find(name);
    return f != NULL;
}

static gboolean ends_in(const char *path, const char *ending)
{
    gsize n = strlen(path), k = strlen(ending);
    return n > k && g_ascii_strcasecmp(path + n - k, ending) == 0;
}

char *vp_recorder_text(const char *path, nn_error *err)
{
    gboolean mp4 = ends_in(path, ".mp4") || ends_in(path, ".m4v") || ends_in(path, ".mov");
    if (!mp4 && !ends_in(path, ".mkv")) {
        nn_fail(err, NN_EUNSUPPORTED, "cannot record to '%s': the name must end in .mp4 or .mkv",
                path);
        return NULL;
    }
    const char *mux = mp4 ? "mp4mux" : "matroskamux";
    for (size_t i = 0; i < G_N_ELEMENTS(encoders) && has_element(mux); i++)
        if (has_element(encoders[i].factory) && (encoders[i].mp4 || !mp4))
            return g_strdup_printf("%s ! %s ! filesink name=file async=false", encoders[i].text,
                                   mux);
    nn_fail(err, NN_EUNSUPPORTED,
            "cannot record to '%s': no encoder; install gstreamer1.0-plugins-good and "
            "gstreamer1.0-plugins-ugly",
            path);
    return NULL;
}

char *vp_recorder_part(const char *path)
{
    return g_strconcat(path, ".part", NULL);
}

char *vp_recorder_settle(const char *path, bool frames, bool whole)
{
    g_autofree char *part = vp_recorder_part(path);
    if (!frames) {
        g_unlink(part);
        return NULL;
    }
    if (whole || g_access(path, F_OK) != 0)
        return g_rename(part, path) == 0 ? NULL : g_steal_pointer(&part);
    return g_steal_pointer(&part);
}
