// SPDX-License-Identifier: MIT
// Chooses encoder and container of a recording.
#include "pipeline/encoder.h"

#include <gst/gst.h>

// Writes fragments of half a second with an index each, so that an interrupted file can be played.
// At the end the file becomes an ordinary one with one index. Matroska needs no such option.
#define FRAGMENTS " fragment-duration=500 fragment-mode=first-moov-then-finalise"

typedef struct Encoder {
    const char *factory, *text;
    const char *often; // a key frame at least each 30 frames; for clips that begin anywhere
    const char *after; // behind the encoder
    gboolean mp4;      // can go into MP4; all can go into Matroska
} Encoder;

// Without look-ahead: frames inside of an encoder are lost when the program is killed.
static const Encoder encoders[] = {
    {"x264enc", "x264enc tune=zerolatency speed-preset=veryfast pass=quant quantizer=22",
     " key-int-max=30", " ! video/x-h264,profile=high ! h264parse", TRUE},
    {"openh264enc", "openh264enc complexity=low bitrate=6000000", " gop-size=30", " ! h264parse",
     TRUE},
    {"avenc_mpeg4", "avenc_mpeg4 bitrate=6000000", " gop-size=30", " ! mpeg4videoparse", TRUE},
    {"vp8enc", "vp8enc deadline=1 cpu-used=4 target-bitrate=6000000", " keyframe-max-dist=30", "",
     FALSE},
    {"jpegenc", "jpegenc quality=85", "", "", FALSE},
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

char *vp_encoder_text(const char *path, nn_error *err)
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
            return g_strdup_printf("%s%s ! %s%s", encoders[i].text, encoders[i].after, mux,
                                   mp4 ? FRAGMENTS : "");
    nn_fail(err, NN_EUNSUPPORTED,
            "cannot record to '%s': no encoder; install gstreamer1.0-plugins-good and "
            "gstreamer1.0-plugins-ugly",
            path);
    return NULL;
}

char *vp_encoder_for_clips(nn_error *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(encoders); i++)
        if (has_element(encoders[i].factory))
            return g_strconcat(encoders[i].text, encoders[i].often, encoders[i].after, NULL);
    nn_fail(err, NN_EUNSUPPORTED,
            "no encoder for clips; install gstreamer1.0-plugins-good and "
            "gstreamer1.0-plugins-ugly");
    return NULL;
}

int vp_encoder_size(int n)
{
    return (MAX(n, 16) + 1) / 2 * 2; // x264 needs at least 16
}
