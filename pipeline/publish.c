// SPDX-License-Identifier: MIT
// Where the lines of JSON of a run go: an element for each place.
#include "pipeline/publish.h"

#include <string.h>

typedef struct Place {
    const char *name, *method, *what;
} Place;

static const Place places[] = {
    {"publish", "file", "the JSON"},
    {"publish-mqtt", "mqtt", "MQTT"},
    {"publish-kafka", "kafka", "Kafka"},
};

static const char *value_of(const vp_options *o, gsize i)
{
    const char *const values[G_N_ELEMENTS(places)] = {o->json, o->mqtt, o->kafka};
    return values[i];
}

void vp_publish_append(GString *text, const vp_options *o)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        if (value_of(o, i))
            g_string_append_printf(text, " ! neropublish name=%s method=%s add-empty-results=true",
                                   places[i].name, places[i].method);
}

// Sets a property from text. It must be one that a URL may set.
static bool set_from_text(GstElement *e, const char *key, const char *text)
{
    static const char *const others[] = {"name",     "parent", "method", "address",
                                         "location", "source", NULL};
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(e), key);
    if (!spec || !(spec->flags & G_PARAM_WRITABLE) || g_strv_contains(others, key))
        return false;
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    if (G_VALUE_HOLDS_STRING(&value))
        g_value_set_string(&value, text);
    else if (!gst_value_deserialize(&value, text))
        return false;
    g_object_set_property(G_OBJECT(e), key, &value);
    return true;
}

// Takes the settings behind "?" in a URL, KEY=VALUE with "&" between.
static nn_status set_query(GstElement *e, const Place *place, const char *query, nn_error *err)
{
    g_auto(GStrv) pairs = g_strsplit(query, "&", -1);
    for (char **p = pairs; *p; p++) {
        char *equals = strchr(*p, '=');
        if (equals)
            *equals = 0;
        g_autofree char *value = g_uri_unescape_string(equals ? equals + 1 : "", NULL);
        if (**p && (!equals || !value || !set_from_text(e, *p, value)))
            return nn_fail(
                err, NN_EINVAL,
                "the URL of %s: '%s' is no setting, or has no such value; 'gst-inspect-1.0 "
                "neropublish' lists them",
                place->what, *p);
    }
    return NN_OK;
}

// Kafka's properties are in the address, too.
static nn_status set_url(GstElement *e, const Place *place, const char *url, nn_error *err)
{
    const char *query = strchr(url, '?');
    g_autofree char *address = g_strndup(url, query ? (gsize)(query - url) : strlen(url));
    g_object_set(e, "address", address, NULL);
    return query ? set_query(e, place, query + 1, err) : NN_OK;
}

nn_status vp_publish_set_up(GstElement *pipeline, const vp_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (gsize i = 0; i < G_N_ELEMENTS(places) && status == NN_OK; i++) {
        g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(pipeline), places[i].name);
        if (!e)
            continue;
        g_object_set(e, "source", o->input, NULL);
        if (strcmp(places[i].method, "file") == 0)
            g_object_set(e, "location", value_of(o, i), NULL);
        else
            status = set_url(e, &places[i], value_of(o, i), err);
    }
    return status;
}

bool vp_publish_is_from(GstMessage *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        if (g_strcmp0(GST_MESSAGE_SRC_NAME(message), places[i].name) == 0)
            return true;
    return false;
}

nn_status vp_publish_check(GstElement *pipeline, nn_error *err)
{
    nn_status status = NN_OK;
    for (gsize i = 0; i < G_N_ELEMENTS(places) && status == NN_OK; i++) {
        g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(pipeline), places[i].name);
        g_autoptr(GstStructure) s = NULL;
        guint64 sent = 0, lost = 0, queued = 0, in_flight = 0;
        guint elements = 0;
        if (e)
            g_object_get(e, "stats", &s, NULL);
        if (!s)
            continue;
        gst_structure_get(s, "sent", G_TYPE_UINT64, &sent, "lost", G_TYPE_UINT64, &lost, NULL);
        gst_structure_get(s, "queued", G_TYPE_UINT64, &queued, "in-flight", G_TYPE_UINT64,
                          &in_flight, NULL);
        // The last of several runs that share a connection waits for all lines.
        if (gst_structure_get_uint(s, "elements", &elements) && elements == 1)
            lost += queued + in_flight;
        if (lost > 0)
            status =
                nn_fail(err, NN_EIO,
                        "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " lines did not reach %s",
                        lost, sent + lost, places[i].what);
    }
    return status;
}
