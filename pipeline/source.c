// SPDX-License-Identifier: MIT
// Source elements: uridecodebin for files and networks, cameras, pictures, the screen, a test
// picture.
#include "pipeline/source.h"

#include "pipeline/camera.h"
#include "pipeline/pictures.h"
#include "pipeline/pipewire.h"
#include "pipeline/telemetry.h"
#include "pipeline/trust.h"
#include "po/translate.h"

#include <gio/gio.h>

static GstElement *make(const char *factory, const char *package, nn_error *err)
{
    GstElement *e = gst_element_factory_make(factory, NULL);
    if (!e)
        nn_fail(err, NN_EUNSUPPORTED, "the element %s is missing; install %s", factory, package);
    return e;
}

static const char *distrust(GTlsCertificateFlags why)
{
    return why & G_TLS_CERTIFICATE_UNKNOWN_CA ? _("nobody whom this machine trusts has signed it")
           : why & G_TLS_CERTIFICATE_BAD_IDENTITY  ? _("it is for another host")
           : why & G_TLS_CERTIFICATE_EXPIRED       ? _("it has expired")
           : why & G_TLS_CERTIFICATE_NOT_ACTIVATED ? _("it is not valid yet; check this clock")
                                                   : _("it cannot be checked");
}

// "accept-certificate" of rtspsrc, which itself says "Failed to connect" only.
static gboolean refuse(GstElement *source, GTlsConnection *connection, GTlsCertificate *certificate,
                       GTlsCertificateFlags why, gpointer unused)
{
    (void)connection;
    (void)certificate;
    (void)unused;
    GST_ELEMENT_ERROR(
        source, RESOURCE, SETTINGS,
        (_("the server's certificate is refused: %s; --insecure takes any"), distrust(why)),
        (NULL));
    return FALSE;
}

static void set_certificates(GstElement *source, GObjectClass *c, bool any)
{
    if (any && g_object_class_find_property(c, "tls-validation-flags")) // rtspsrc
        g_object_set(source, "tls-validation-flags", 0, NULL);
    else if (g_object_class_find_property(c, "ssl-strict")) // souphttpsrc
        g_object_set(source, "ssl-strict", (gboolean)!any, NULL);
    else if (!any && g_signal_lookup("accept-certificate", G_OBJECT_TYPE(source)))
        g_signal_connect(source, "accept-certificate", G_CALLBACK(refuse), NULL);
}

enum { POLL_MS = 500 };

// Some cameras are slow to answer on TCP-only networks. A jitter buffer of 200 ms instead of 2 s
// keeps the delay low. Their clock goes into the lines of JSON. By itself srtsrc waits without an
// end for a sender that is connected and silent, and cannot be stopped meanwhile.
static void set_up_network_source(GstElement *decoder, GstElement *source, gpointer any_certificate)
{
    (void)decoder;
    GObjectClass *c = G_OBJECT_GET_CLASS(source);
    set_certificates(source, c, any_certificate != NULL);
    if (g_object_class_find_property(c, "latency") && g_object_class_find_property(c, "protocols"))
        g_object_set(source, "latency", 200, NULL);
    if (g_object_class_find_property(c, "poll-timeout"))
        g_object_set(source, "poll-timeout", POLL_MS, NULL);
    if (g_object_class_find_property(c, "add-reference-timestamp-meta")) // GStreamer 1.22
        g_object_set(source, "add-reference-timestamp-meta", TRUE, NULL);
}

static const char STILL[] = "neroscale-still";

// Whether a server sends a picture, alone and not inside of another stream. It is collected and
// read like a file.
static bool is_still(GstElement *decoder, const GstCaps *caps)
{
    static const char FIRST[] = "neroscale-looked";
    if (g_object_get_data(G_OBJECT(decoder), FIRST))
        return false;
    g_object_set_data(G_OBJECT(decoder), FIRST, GINT_TO_POINTER(1));
    const bool still =
        g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "image/");
    if (still)
        g_object_set_data(G_OBJECT(decoder), STILL, GINT_TO_POINTER(1));
    return still;
}

bool vp_source_is_still(GstElement *source)
{
    return g_object_get_data(G_OBJECT(source), STILL) != NULL;
}

// Audio and text are not decoded: a missing audio decoder is no error.
static gboolean goes_on(GstElement *decoder, GstPad *pad, GstCaps *caps, gpointer may_be_still)
{
    (void)pad;
    if (may_be_still && is_still(decoder, caps))
        return FALSE;
    if (vp_telemetry_is(caps))
        return FALSE;
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    return !g_str_has_prefix(name, "audio/") && !g_str_has_prefix(name, "text/") &&
           !g_str_has_prefix(name, "subpicture/");
}

// The sources of the parts of an HLS or DASH stream are inside of its demuxer.
static void set_up_part(GstBin *bin, GstBin *sub_bin, GstElement *e, gpointer any_certificate)
{
    (void)bin;
    (void)sub_bin;
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), "ssl-strict"))
        set_certificates(e, G_OBJECT_GET_CLASS(e), any_certificate != NULL);
}

// By itself a decoder has a thread for each core, and frames for each thread.
static void limit_threads(GstBin *bin, GstBin *sub_bin, GstElement *e, gpointer decoders)
{
    (void)bin;
    (void)sub_bin;
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(e), "max-threads");
    const int share = (int)g_get_num_processors() / GPOINTER_TO_INT(decoders);
    if (spec && spec->value_type == G_TYPE_INT)
        g_object_set(e, "max-threads", MAX(share, 1), NULL);
}

static GstElement *new_decoder(const vp_input *input, int decoders, nn_error *err)
{
    GstElement *e = make("uridecodebin", "gstreamer1.0-plugins-base", err);
    if (!e)
        return NULL;
    g_object_set(e, "uri", input->uri, NULL);
    g_signal_connect(e, "source-setup", G_CALLBACK(set_up_network_source),
                     GINT_TO_POINTER(input->any_certificate));
    if (input->any_certificate)
        vp_trust_lists();
    g_signal_connect(e, "deep-element-added", G_CALLBACK(set_up_part),
                     GINT_TO_POINTER(input->any_certificate));
    if (decoders > 1)
        g_signal_connect(e, "deep-element-added", G_CALLBACK(limit_threads),
                         GINT_TO_POINTER(decoders));
    const bool may_be_still = input->kind == VP_INPUT_NETWORK && !input->live;
    g_signal_connect(e, "autoplug-continue", G_CALLBACK(goes_on), GINT_TO_POINTER(may_be_still));
    return e;
}

static GstElement *new_bin(const char *text, const char *package, nn_error *err)
{
    GError *error = NULL;
    GstElement *bin = gst_parse_bin_from_description(text, TRUE, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED, "%s; install %s", error->message, package);
        g_clear_error(&error);
        gst_clear_object(&bin);
    }
    return bin;
}

static GstElement *make_source(const vp_input *input, int decoders, nn_error *err)
{
    switch (input->kind) {
    case VP_INPUT_IMAGE:
        return vp_pictures_new(input->names, input->seconds, err);
    case VP_INPUT_TEST:
        return new_bin("videotestsrc pattern=ball ! "
                       "video/x-raw,width=640,height=480,framerate=30/1 ! identity",
                       "gstreamer1.0-plugins-base", err);
    case VP_INPUT_SCREEN: // without damage: the rate stays the same when nothing moves
        return new_bin("ximagesrc use-damage=false ! video/x-raw,framerate=15/1 ! identity",
                       "gstreamer1.0-plugins-good", err);
    case VP_INPUT_PIPEWIRE:
        return vp_pipewire_source(input->text, err);
    case VP_INPUT_DEVICE:
        return vp_camera_source(input->camera, err);
    default:
        return new_decoder(input, decoders, err);
    }
}

GstElement *vp_source_new(const vp_input *input, int decoders, nn_error *err)
{
    GstElement *source = make_source(input, decoders, err);
    // A bin with a live source is through as NO_PREROLL, and does not tell any more when its
    // decoder is: the pipeline, which was told of a beginning, would wait for that end and leave
    // its sinks in PAUSED (seen in GStreamer 1.22). With this it is not told of either.
    if (source && input->live && GST_IS_BIN(source))
        g_object_set(source, "async-handling", TRUE, NULL);
    return source;
}

static void link_pad(GstElement *source, GstPad *pad, GstElement *head)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(head, "sink");
    g_autoptr(GstCaps) caps = gst_pad_query_caps(pad, NULL);
    g_autoptr(GstObject) bin = gst_object_get_parent(GST_OBJECT(source));
    if (vp_source_is_still(source) && bin) {
        vp_pictures_fetch(GST_BIN(bin), pad, head);
        return;
    }
    if (vp_telemetry_is(caps)) {
        vp_telemetry_take(pad, head);
        return;
    }
    bool video = gst_caps_get_size(caps) > 0 &&
                 gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-raw");
    if (video && !gst_pad_is_linked(sink))
        gst_pad_link(pad, sink);
}

nn_status vp_source_attach(GstElement *source, GstBin *bin, GstElement *head, nn_error *err)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(source, "src");
    gst_bin_add(bin, source);
    if (!pad) {
        // The pipeline owns both, so `head` outlives the signal.
        g_signal_connect(source, "pad-added", G_CALLBACK(link_pad), head);
        return NN_OK;
    }
    if (!gst_element_link(source, head))
        return nn_fail(err, NN_EUNSUPPORTED, "the source gives no video that can be used");
    return NN_OK;
}
