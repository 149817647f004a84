// SPDX-License-Identifier: MIT
// An RTSP camera for tests, a program of its own so that it can be killed or held like a real one.
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>
#include <string.h>

// The permissions of a client that gives this user and password.
static void demand_password(GstRTSPServer *server, GstRTSPMediaFactory *factory, const char *user,
                            const char *password)
{
    GstRTSPAuth *auth = gst_rtsp_auth_new();
    GstRTSPToken *token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", NULL);
    g_autofree char *basic = gst_rtsp_auth_make_basic(user, password);
    gst_rtsp_auth_add_basic(auth, basic, token);
    gst_rtsp_token_unref(token);
    gst_rtsp_server_set_auth(server, auth);
    g_object_unref(auth);
    gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                    G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                    G_TYPE_BOOLEAN, TRUE, NULL);
}

// Called with PORT (0: any free one), "tcp", "udp" or "any", and a gst-launch description whose
// payloader is called pay0. Serves it as rtsp://127.0.0.1:PORT/live until it is killed, and prints
// the port when it listens. Everyone who connects gets a stream from the beginning. With USER and
// PASSWORD nobody else is let in.
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
    if (strcmp(argv[2], "any") != 0)
        gst_rtsp_media_factory_set_protocols(factory, strcmp(argv[2], "tcp") == 0
                                                          ? GST_RTSP_LOWER_TRANS_TCP
                                                          : GST_RTSP_LOWER_TRANS_UDP);
    if (argc == 6)
        demand_password(server, factory, argv[4], argv[5]);
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
