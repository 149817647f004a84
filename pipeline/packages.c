// SPDX-License-Identifier: MIT
// Formats and protocols with the Debian 12 packages that read them (by apt-file; of several
// packages the one that the program installs anyway).
#include "pipeline/packages.h"

#include <string.h>

#define GOOD "gstreamer1.0-plugins-good"
#define BAD "gstreamer1.0-plugins-bad"
#define UGLY "gstreamer1.0-plugins-ugly"
#define BASE "gstreamer1.0-plugins-base"
#define LIBAV "gstreamer1.0-libav"

typedef struct Row {
    const char *name, *package;
} Row;

// By the name of the caps. All other video is read by libav.
static const Row formats[] = {
    {"video/x-vp8", GOOD},       {"video/x-vp9", GOOD},
    {"video/x-matroska", GOOD},  {"video/webm", GOOD},
    {"video/quicktime", GOOD},   {"video/x-msvideo", GOOD},
    {"video/x-flv", GOOD},       {"video/x-dv", GOOD},
    {"image/jpeg", GOOD},        {"image/png", GOOD},
    {"application/x-rtp", GOOD}, {"application/x-rtsp", GOOD},
    {"multipart/", GOOD},        {"video/x-av1", BAD},
    {"video/mpegts", BAD},       {"application/dash+xml", BAD},
    {"application/x-hls", BAD},  {"application/mxf", BAD},
    {"video/x-ms-asf", UGLY},    {"application/vnd.rn-realmedia", UGLY},
    {"video/x-theora", BASE},    {"application/ogg", BASE},
    {"video/ogg", BASE},
};

static const Row protocols[] = {
    {"http", GOOD}, {"https", GOOD}, {"rtsp", GOOD}, {"rtspt", GOOD}, {"udp", GOOD},
    {"rtp", GOOD},  {"rtmp", BAD},   {"srt", BAD},   {"rist", BAD},   {"mms", BAD},
};

const char *vp_package_of_missing(const GstStructure *missing)
{
    g_autoptr(GstCaps) caps = NULL;
    const char *type = gst_structure_get_string(missing, "type");
    const char *detail = gst_structure_get_string(missing, "detail");
    if (g_strcmp0(type, "urisource") == 0 && detail && vp_package_of_protocol(detail))
        return vp_package_of_protocol(detail);
    if (!gst_structure_get(missing, "detail", GST_TYPE_CAPS, &caps, NULL) || !caps ||
        gst_caps_get_size(caps) == 0)
        return GOOD ", -bad or -ugly";
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_has_prefix(name, formats[i].name))
            return formats[i].package;
    return LIBAV;
}

const char *vp_package_of_protocol(const char *protocol)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
        if (g_ascii_strcasecmp(protocols[i].name, protocol) == 0)
            return protocols[i].package;
    return NULL;
}

char *vp_known_protocols(void)
{
    GString *known = g_string_new("file");
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++)
        if (gst_uri_protocol_is_supported(GST_URI_SRC, protocols[i].name))
            g_string_append_printf(known, ", %s", protocols[i].name);
    return g_string_free(known, FALSE);
}
