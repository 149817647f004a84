// SPDX-License-Identifier: MIT
// An RTSP camera for tests, a program of its own so that it can be killed or held like a real one.
#include "tests/support/stamp.h"

#include <glib-unix.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static gint noisy; // atomic

// Draws the time into the frames that leave the element "clock".
static GstPadProbeReturn draw_time(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    (void)unused;
    stamp_draw(buffer, caps, stamp_now());
    info->data = buffer;
    return GST_PAD_PROBE_OK;
}

// Replaces what leaves the element "noise" by random bytes, as long as that is switched on.
static GstPadProbeReturn disturb(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    GstMapInfo map;
    (void)pad;
    (void)unused;
    if (!g_atomic_int_get(&noisy))
        return GST_PAD_PROBE_OK;
    GstBuffer *noise = gst_buffer_copy_deep(GST_PAD_PROBE_INFO_BUFFER(info));
    if (gst_buffer_map(noise, &map, GST_MAP_WRITE)) {
        for (gsize i = 5; i < map.size; i++)
            map.data[i] = (guint8)g_random_int();
        gst_buffer_unmap(noise, &map);
    }
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    info->data = noise;
    return GST_PAD_PROBE_OK;
}

static GWeakRef size_filter; // the element "size" of the stream

static void set_up(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer unused)
{
    g_autoptr(GstElement) bin = gst_rtsp_media_get_element(media);
    g_autoptr(GstElement) clock = gst_bin_get_by_name(GST_BIN(bin), "clock");
    g_autoptr(GstElement) noise = gst_bin_get_by_name(GST_BIN(bin), "noise");
    g_autoptr(GstElement) size = gst_bin_get_by_name(GST_BIN(bin), "size");
    (void)factory;
    (void)unused;
    g_weak_ref_set(&size_filter, size);
    if (clock) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(clock, "src");
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, draw_time, NULL, NULL);
    }
    if (noise) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(noise, "src");
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, disturb, NULL, NULL);
    }
}

// The other size, in the middle of the stream.
static gboolean change_size(gpointer unused)
{
    static gboolean large;
    g_autoptr(GstElement) filter = g_weak_ref_get(&size_filter);
    (void)unused;
    large = !large;
    if (filter)
        gst_util_set_object_arg(G_OBJECT(filter), "caps",
                                large ? "video/x-raw,format=I420,width=384,height=288"
                                      : "video/x-raw,format=I420,width=192,height=144");
    return G_SOURCE_CONTINUE;
}

static gboolean switch_noise(gpointer unused)
{
    (void)unused;
    g_atomic_int_set(&noisy, !g_atomic_int_get(&noisy));
    return G_SOURCE_CONTINUE;
}

// The permissions of a client that gives this user and password.
static void demand_password(GstRTSPAuth *auth, GstRTSPMediaFactory *factory, const char *user,
                            const char *password)
{
    GstRTSPToken *token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", NULL);
    g_autofree char *basic = gst_rtsp_auth_make_basic(user, password);
    gst_rtsp_auth_add_basic(auth, basic, token);
    gst_rtsp_token_unref(token);
    gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                    G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                    G_TYPE_BOOLEAN, TRUE, NULL);
}

// Who gives no password may see it, too: with a certificate the server asks for permissions.
static void admit_all(GstRTSPAuth *auth, GstRTSPMediaFactory *factory)
{
    GstRTSPToken *token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "anyone", NULL);
    gst_rtsp_auth_set_default_token(auth, token);
    gst_rtsp_token_unref(token);
    gst_rtsp_media_factory_add_role(factory, "anyone", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                    G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                    G_TYPE_BOOLEAN, TRUE, NULL);
}

// Called with PORT (0: any free one), "tcp", "udp" or "any", and a gst-launch description whose
// payloader is called pay0. Serves it as rtsp://127.0.0.1:PORT/live until it is killed, and prints
// the port when it listens. Everyone who connects gets a stream from the beginning. With USER and
// PASSWORD nobody else is let in. Into frames that pass an element called "clock" the time is drawn
// (tests/support/stamp.h). SIGUSR1 changes the size of the capsfilter "size"; SIGUSR2 begins and
// ends random bytes in what passes an element "noise". RTSP_CERTIFICATE names a PEM file with a
// certificate and its key: then the server speaks rtsps:// only.
int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: rtsp_server PORT tcp|udp|any DESCRIPTION [USER PASSWORD]\n");
        return 2;
    }
    GstRTSPServer *server = gst_rtsp_server_new();
    GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    g_autofree char *launch = g_strdup_printf("( %s )", argv[3]);
    gst_rtsp_media_factory_set_launch(factory, launch);
    gst_rtsp_media_factory_set_latency(factory, 0);
    g_signal_connect(factory, "media-configure", G_CALLBACK(set_up), NULL);
    g_unix_signal_add(SIGUSR1, change_size, NULL);
    g_unix_signal_add(SIGUSR2, switch_noise, NULL);
    if (strcmp(argv[2], "any") != 0)
        gst_rtsp_media_factory_set_protocols(factory, strcmp(argv[2], "tcp") == 0
                                                          ? GST_RTSP_LOWER_TRANS_TCP
                                                          : GST_RTSP_LOWER_TRANS_UDP);
    GstRTSPAuth *auth = gst_rtsp_auth_new();
    const char *pem = g_getenv("RTSP_CERTIFICATE");
    if (pem) {
        GError *error = NULL;
        GTlsCertificate *certificate = g_tls_certificate_new_from_file(pem, &error);
        if (!certificate) {
            fprintf(stderr, "rtsp_server: %s: %s\n", pem, error->message);
            return 1;
        }
        gst_rtsp_auth_set_tls_certificate(auth, certificate);
        g_object_unref(certificate);
        if (argc != 6)
            admit_all(auth, factory);
    }
    if (argc == 6)
        demand_password(auth, factory, argv[4], argv[5]);
    if (pem || argc == 6)
        gst_rtsp_server_set_auth(server, auth);
    g_object_unref(auth);
    gst_rtsp_mount_points_add_factory(mounts, "/live", factory);
    g_object_unref(mounts);
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, argv[1]);
    if (gst_rtsp_server_attach(server, NULL) == 0) {
        fprintf(stderr, "rtsp_server: cannot listen on port %s\n", argv[1]);
        return 1;
    }
    printf("%d\n", gst_rtsp_server_get_bound_port(server));
    fflush(stdout);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
