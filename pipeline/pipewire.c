// SPDX-License-Identifier: MIT
// Finds nodes by GStreamer's device provider, and reads them by pipewiresrc.
#include "pipeline/pipewire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *vp_pipewire_name(const char *text)
{
    return text + strlen(VP_PIPEWIRE_PREFIX);
}

nn_status vp_pipewire_check(const char *text, nn_error *err)
{
    g_autoptr(GstElementFactory) f = gst_element_factory_find("pipewiresrc");
    return f ? NN_OK
             : nn_fail(err, NN_EUNSUPPORTED,
                       "'%s' needs the element pipewiresrc; install gstreamer1.0-pipewire", text);
}

// The socket of the server, as libpipewire finds it (g_free).
static char *find_socket(void)
{
    const char *name = g_getenv("PIPEWIRE_REMOTE"), *dir = g_getenv("PIPEWIRE_RUNTIME_DIR");
    return g_build_filename(name && *name == '/' ? "/"
                            : dir                ? dir
                                                 : g_get_user_runtime_dir(),
                            name && *name ? name : "pipewire-0", NULL);
}

// Every source has a connection of its own. The plug-in otherwise shares one between sources and
// its device provider, whose nodes then outlive the list of devices and crash when they go away
// (seen in PipeWire 0.3.65).
static nn_status connect_server(int *fd, nn_error *err)
{
    g_autofree char *path = find_socket();
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *fd = -1;
    if (g_strlcpy(at.sun_path, path, sizeof at.sun_path) >= sizeof at.sun_path)
        return nn_fail(err, NN_EINVAL, "the socket '%s' has too long a name", path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && connect(*fd, (struct sockaddr *)&at, sizeof at) == 0)
        return NN_OK;
    nn_fail(err, NN_ENOTFOUND, "PipeWire does not run for this user: cannot open '%s': %s", path,
            g_strerror(errno));
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return NN_ENOTFOUND;
}

static nn_status check_server(nn_error *err)
{
    int fd;
    nn_status status = connect_server(&fd, err);
    if (status == NN_OK)
        close(fd);
    return status;
}

// For one thread at a time: its connection must not be shared either.
static GList *list_devices(void)
{
    static GMutex one;
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&one);
    g_autoptr(GstDeviceProvider) all =
        gst_device_provider_factory_get_by_name("pipewiredeviceprovider");
    return all ? gst_device_provider_get_devices(all) : NULL;
}

static bool gives_video(GstDevice *device)
{
    return gst_device_has_classes(device, "Video/Source");
}

static bool has_value(const GstStructure *s, const char *key, const char *value)
{
    return g_strcmp0(gst_structure_get_string(s, key), value) == 0;
}

static bool is_named(GstDevice *device, const char *name)
{
    g_autoptr(GstStructure) s = gst_device_get_properties(device);
    return s && (has_value(s, "node.name", name) || has_value(s, "node.description", name) ||
                 has_value(s, "object.serial", name) || has_value(s, "object.id", name));
}

// "yard (Integrated Camera), ..."
static void add_name(GString *names, GstDevice *device)
{
    g_autoptr(GstStructure) s = gst_device_get_properties(device);
    const char *name = s ? gst_structure_get_string(s, "node.name") : NULL;
    const char *more = s ? gst_structure_get_string(s, "node.description") : NULL;
    if (!name)
        return;
    g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
    if (more && *more && strcmp(more, name) != 0)
        g_string_append_printf(names, " (%s)", more);
}

// The object.serial of the node of this name, or of any for "" (g_free); NULL: none. `names` gets
// those of all nodes with video.
static char *find(const char *name, GString *names)
{
    char *serial = NULL;
    GList *devices = list_devices();
    for (GList *d = devices; d; d = d->next) {
        if (!gives_video(d->data))
            continue;
        add_name(names, d->data);
        if (serial || (*name && !is_named(d->data, name)))
            continue;
        g_autoptr(GstStructure) s = gst_device_get_properties(d->data);
        serial = g_strdup(s ? gst_structure_get_string(s, "object.serial") : NULL);
    }
    g_list_free_full(devices, gst_object_unref);
    return serial;
}

nn_status vp_pipewire_find(const char *text, nn_error *err)
{
    const char *name = vp_pipewire_name(text);
    if (check_server(err) != NN_OK)
        return NN_ENOTFOUND;
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree char *serial = find(name, names);
    if (serial)
        return NN_OK;
    if (names->len > 0)
        return nn_fail(err, NN_ENOTFOUND, "PipeWire has no video source '%s'; it has %s", name,
                       names->str);
    return nn_fail(err, NN_ENOTFOUND,
                   "PipeWire has no video source (pw-cli ls Node lists what it has)");
}

// Times of the server's clock mean nothing to this pipeline; the frames are taken when they come.
static GstPadProbeReturn forget_time(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    (void)pad;
    (void)unused;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    info->data = buffer;
    return GST_PAD_PROBE_OK;
}

static void close_connection(gpointer fd)
{
    if (GPOINTER_TO_INT(fd) >= 0)
        close(GPOINTER_TO_INT(fd));
}

enum { KEEPALIVE_MS = 500 };

// A screen whose picture stands still sends nothing: its last one is sent again. Frames are
// copied, because the node may take their memory away. A named node is not replaced by another.
static void set_up(GstElement *source, const char *name)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree char *serial = NULL;
    g_autoptr(GstStructure) stays = gst_structure_new_empty("properties");
    nn_error ignored = {0}; // the run looks for the node before it starts this
    int fd;
    if (connect_server(&fd, &ignored) == NN_OK && *name)
        serial = find(name, names);
    g_object_set(source, "always-copy", TRUE, "keepalive-time", KEEPALIVE_MS, "fd", fd, NULL);
    g_object_set_data_full(G_OBJECT(source), "neroscale-fd", GINT_TO_POINTER(fd), close_connection);
    GST_OBJECT_FLAG_UNSET(source, GST_ELEMENT_FLAG_PROVIDE_CLOCK); // it goes away with the source
    g_autoptr(GstPad) pad = gst_element_get_static_pad(source, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, forget_time, NULL, NULL);
    if (!*name)
        return;
    gst_structure_set(stays, "node.dont-reconnect", G_TYPE_STRING, "true", NULL);
    g_object_set(source, "target-object", serial ? serial : name, "stream-properties", stays, NULL);
}

GstElement *vp_pipewire_source(const char *text, nn_error *err)
{
    GError *error = NULL;
    GstElement *bin = gst_parse_bin_from_description(
        "pipewiresrc name=node ! video/x-raw ! identity", TRUE, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED, "%s; install gstreamer1.0-pipewire", error->message);
        g_clear_error(&error);
        gst_clear_object(&bin);
        return NULL;
    }
    g_autoptr(GstElement) node = gst_bin_get_by_name(GST_BIN(bin), "node");
    set_up(node, vp_pipewire_name(text));
    return bin;
}
