// SPDX-License-Identifier: MIT
// Opens a V4L2 camera with a chosen format, at the node where it is now.
#include "pipeline/camera.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/videodev2.h>

enum { MOST_NODES = 64 };

typedef struct identity {
    bool known;
    char card[32], bus[32]; // of struct v4l2_capability
} identity;

struct vp_camera {
    char *path;
    int width, height;
    identity id; // of its first opening
    char *news;
};

vp_camera *vp_camera_new(const char *path)
{
    vp_camera *c = g_new0(vp_camera, 1);
    c->path = g_strdup(path);
    return c;
}

void vp_camera_free(vp_camera *c)
{
    if (!c)
        return;
    g_free(c->path);
    g_free(c->news);
    g_free(c);
}

void vp_camera_set_size(vp_camera *c, int width, int height)
{
    c->width = width;
    c->height = height;
}

char *vp_camera_news(vp_camera *c)
{
    return g_steal_pointer(&c->news);
}

// --- which camera is where ---

static identity identify(const char *path)
{
    identity id = {0};
    struct v4l2_capability caps = {0};
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return id;
    if (ioctl(fd, VIDIOC_QUERYCAP, &caps) == 0) {
        const guint32 flags =
            caps.capabilities & V4L2_CAP_DEVICE_CAPS ? caps.device_caps : caps.capabilities;
        id.known = flags & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE);
        memcpy(id.card, caps.card, sizeof id.card);
        memcpy(id.bus, caps.bus_info, sizeof id.bus);
    }
    close(fd);
    return id;
}

static bool same(const char *a, const char *b)
{
    return strncmp(a, b, sizeof((identity *)0)->card) == 0;
}

char *vp_camera_find(const vp_camera *c)
{
    g_autofree char *other = NULL; // the same kind at another port
    const identity here = c->id.known ? identify(c->path) : c->id;
    if (!c->id.known || (here.known && same(here.card, c->id.card)))
        return g_strdup(c->path);
    for (int i = 0; i < MOST_NODES; i++) {
        g_autofree char *path = g_strdup_printf("/dev/video%d", i);
        const identity id = access(path, F_OK) == 0 ? identify(path) : (identity){0};
        if (!id.known || !same(id.card, c->id.card))
            continue;
        if (same(id.bus, c->id.bus))
            return g_steal_pointer(&path);
        if (!other)
            other = g_steal_pointer(&path);
    }
    return other ? g_steal_pointer(&other) : g_strdup(c->path);
}

// --- the source ---

// Says when the camera has another size than was asked for, the first time.
static void note_size(vp_camera *c, const GstCaps *chosen)
{
    const GstStructure *s = gst_caps_get_structure(chosen, 0);
    int width = 0, height = 0;
    gst_structure_get(s, "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL);
    if (c->width > 0 && !c->id.known && (width != c->width || height != c->height))
        c->news = g_strdup_printf("'%s' has no pictures of %dx%d; it sends %dx%d", c->path,
                                  c->width, c->height, width, height);
}

// Asks the camera, which is opened for that. ANY when it cannot be opened: an error follows.
static GstCaps *choose(vp_camera *c, GstElement *source)
{
    GstCaps *chosen = NULL;
    if (gst_element_set_state(source, GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(source, "src");
        g_autoptr(GstCaps) offers = gst_pad_query_caps(pad, NULL);
        chosen = vp_camera_choose(offers, c->width, c->height);
    }
    gst_element_set_state(source, GST_STATE_NULL);
    if (chosen)
        note_size(c, chosen);
    return chosen ? chosen : gst_caps_new_any();
}

static void show_pad(GstElement *decoder, GstPad *pad, gpointer bin)
{
    GstPad *ghost = gst_ghost_pad_new(NULL, pad);
    (void)decoder;
    gst_pad_set_active(ghost, TRUE);
    gst_element_add_pad(bin, ghost);
}

GstElement *vp_camera_source(vp_camera *c, nn_error *err)
{
    GError *error = NULL;
    GstElement *bin = gst_parse_bin_from_description(
        "v4l2src name=camera ! capsfilter name=format ! decodebin name=decoder", FALSE, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "%s; install gstreamer1.0-plugins-good and gstreamer1.0-plugins-base",
                error->message);
        g_clear_error(&error);
        gst_clear_object(&bin);
        return NULL;
    }
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(bin), "camera");
    g_autoptr(GstElement) format = gst_bin_get_by_name(GST_BIN(bin), "format");
    g_autoptr(GstElement) decoder = gst_bin_get_by_name(GST_BIN(bin), "decoder");
    g_autofree char *path = vp_camera_find(c);
    g_object_set(source, "device", path, NULL);
    g_autoptr(GstCaps) caps = choose(c, source);
    g_object_set(format, "caps", caps, NULL);
    if (!c->id.known)
        c->id = identify(path);
    g_signal_connect(decoder, "pad-added", G_CALLBACK(show_pad), bin);
    return bin;
}
