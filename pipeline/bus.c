// SPDX-License-Identifier: MIT
// Turns bus messages into one clear line: what failed, where, and what to install.
#include "pipeline/bus.h"

#include "nn/base/credentials.h"
#include "pipeline/packages.h"

#include <string.h>

static void note_missing(vp_bus_notes *notes, const char *name, const GstStructure *missing)
{
    g_strlcpy(notes->missing, name, sizeof notes->missing);
    notes->package = vp_package_of_missing(missing);
}

void vp_bus_note(vp_bus_notes *notes, GstMessage *message)
{
    const GstStructure *s = gst_message_get_structure(message);
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT || !s ||
        !gst_structure_has_name(s, "missing-plugin"))
        return;
    const char *name = gst_structure_get_string(s, "name");
    // Only the video decoder matters: audio is not played.
    if (name && (!notes->missing[0] || strstr(name, "ideo") || strstr(name, "H.26")))
        note_missing(notes, name, s);
}

static void flatten(char *text)
{
    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
}

// The factory of the element; elements inside of decoding bins have names like "avidemux0".
static const char *factory_of(GstObject *src)
{
    GstElementFactory *f = GST_IS_ELEMENT(src) ? gst_element_get_factory(GST_ELEMENT(src)) : NULL;
    return f ? GST_OBJECT_NAME(f) : "pipeline";
}

static bool has_video(const vp_bus_notes *notes)
{
    if (!notes->head)
        return true;
    g_autoptr(GstPad) sink = gst_element_get_static_pad(notes->head, "sink");
    return gst_pad_is_linked(sink);
}

static bool on_network(const char *input)
{
    return strstr(input, "://") && !g_str_has_prefix(input, "file:");
}

// Elements often put the real reason ("Failed to connect.") into the last line of the debug text,
// and a generic text of the error code into the message.
static void find_reason(const GError *error, const char *debug, char *text, size_t size)
{
    bool known = error->domain == GST_RESOURCE_ERROR || error->domain == GST_STREAM_ERROR;
    g_autofree char *common = known ? gst_error_get_message(error->domain, error->code) : NULL;
    const char *line = debug ? strrchr(debug, '\n') : NULL;
    bool told = g_strcmp0(error->message, common) != 0 &&
                strcmp(error->message, "Unhandled error") != 0; // rtspsrc, for most status codes
    g_strlcpy(text, !told && line && line[1] && strlen(line) < 120 ? line + 1 : error->message,
              size);
    nn_mask_credentials(text, size); // here, where it may have been cut off inside of a password
    flatten(text);
    if (g_str_has_suffix(text, " (Generic error)"))
        text[strlen(text) - strlen(" (Generic error)")] = 0;
    if (g_str_has_suffix(text, "."))
        text[strlen(text) - 1] = 0;
}

void vp_bus_reason(GstMessage *message, char *text, size_t size)
{
    GError *error = NULL;
    g_autofree char *debug = NULL;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, &error, &debug);
    else
        gst_message_parse_warning(message, &error, &debug);
    find_reason(error, debug, text, size);
    g_clear_error(&error);
}

static bool is_refused(const GError *error)
{
    return g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ) ||
           g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE);
}

static nn_status describe(const vp_bus_notes *notes, const GError *error, const char *debug,
                          const char *element, const char *input, nn_error *err)
{
    if (g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
        g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND) ||
        notes->missing[0])
        return nn_fail(err, NN_EUNSUPPORTED, "cannot decode '%s': %s is missing; install %s", input,
                       notes->missing[0] ? notes->missing : "a decoder",
                       notes->package ? notes->package : "gstreamer1.0-libav");
    if (g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
        g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
        return nn_fail(err, NN_EFORMAT, "'%s' is not a video that can be read: %s", input,
                       error->message);
    // pictures that this program decoded
    if (strcmp(element, "appsrc") == 0 || strcmp(element, "appsink") == 0)
        return strstr(error->message, input)
                   ? nn_fail(err, NN_EFORMAT, "%s", error->message)
                   : nn_fail(err, NN_EFORMAT, "'%s': %s", input, error->message);
    if (strcmp(element, "nerosink") == 0 && error->domain == GST_RESOURCE_ERROR &&
        strstr(error->message, "output window"))
        return nn_fail(err, NN_EIO, "%s; --no-window runs without one", error->message);
    if (g_str_has_prefix(element, "nero"))
        return nn_fail(err, error->domain == GST_RESOURCE_ERROR ? NN_EIO : NN_EINVAL, "%s",
                       error->message);
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
        return nn_fail(err, NN_ENOTFOUND, "cannot open '%s': %s", input, error->message);
    char reason[160];
    find_reason(error, debug, reason, sizeof reason);
    if (strcmp(element, "filesink") == 0)
        return nn_fail(err, NN_EIO, "cannot write the recording: %s", reason);
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
        return nn_fail(err, NN_EIO,
                       "'%s' needs the right user and password; write them as in "
                       "rtsp://USER:PASSWORD@HOST/PATH",
                       input);
    if (strcmp(element, "pipewiresrc") == 0 &&
        g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED))
        return nn_fail(err, NN_EIO,
                       "'%s' gives no raw video, or nothing connects it: does a session manager "
                       "(wireplumber) run?",
                       input);
    if (on_network(input) && !has_video(notes) && is_refused(error))
        return nn_fail(err, NN_EIO, "cannot connect to '%s': %s; are host, port and path right?",
                       input, reason);
    if (g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED) && !has_video(notes))
        return on_network(input)
                   ? nn_fail(err, NN_EIO, "cannot connect to '%s', or it has no video%s", input,
                             g_str_has_prefix(input, "https:") && !notes->any_certificate
                                 // souphttpsrc does not tell
                                 ? " (--insecure takes any certificate)"
                                 : "")
                   : nn_fail(err, NN_EFORMAT, "'%s' has no video", input);
    return nn_fail(err, NN_EIO, "'%s': %s (%s)", input, reason, element);
}

nn_status vp_bus_error(const vp_bus_notes *notes, GstMessage *message, const char *input,
                       nn_error *err)
{
    GError *error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    flatten(error->message);
    nn_status status =
        describe(notes, error, debug, factory_of(GST_MESSAGE_SRC(message)), input, err);
    g_clear_error(&error);
    return status;
}

static GQuark origin(void)
{
    return g_quark_from_static_string("neroscale-origin");
}

static GstBusSyncReply keep_origin(GstBus *bus, GstMessage *message, gpointer pipeline)
{
    (void)bus;
    if (!(GST_MESSAGE_TYPE(message) & (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)) ||
        !GST_MESSAGE_SRC(message))
        return GST_BUS_PASS;
    GstObject *around, *from = gst_object_ref(GST_MESSAGE_SRC(message));
    while ((around = gst_object_get_parent(from)) && around != pipeline) {
        gst_object_unref(from);
        from = around;
    }
    gst_clear_object(&around);
    gst_mini_object_set_qdata(GST_MINI_OBJECT(message), origin(), from, gst_object_unref);
    return GST_BUS_PASS;
}

void vp_bus_keep_origins(GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_bus_set_sync_handler(bus, keep_origin, pipeline, NULL);
}

GstObject *vp_bus_origin(GstMessage *message)
{
    GstObject *from = gst_mini_object_get_qdata(GST_MINI_OBJECT(message), origin());
    return from ? from : GST_MESSAGE_SRC(message);
}

GstMessage *vp_bus_find_error(vp_bus_notes *notes, GstElement *pipeline, GstClockTime wait)
{
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *found = NULL;
    for (GstMessage *m; !found && (m = gst_bus_timed_pop_filtered(
                                       bus, wait, GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT));) {
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
            found = m;
        } else {
            vp_bus_note(notes, m);
            gst_message_unref(m);
        }
    }
    gst_object_unref(bus);
    return found;
}
