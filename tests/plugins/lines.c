// SPDX-License-Identifier: MIT
// What the tests of neropublish share: frames with boxes into it, and its lines out of files.
#include "tests/plugins/lines.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

const nn_box lines_two[2] = {{8, 4.4f, 16, 24, 0.75f, 1, 5, true, 0},
                             {0, 0, 64, 48, 0.5f, 0, 0, false, 0}};

GstHarness *lines_open(const char *path, const char *settings)
{
    g_autofree char *text =
        g_strdup_printf("neropublish %s%s %s", path ? "location=" : "", path ? path : "", settings);
    GstElement *e = gst_object_ref_sink(gst_parse_launch(text, NULL));
    g_autoptr(GstBus) bus = gst_bus_new(); // before it starts
    gst_element_set_bus(e, bus);
    GstHarness *h = gst_harness_new_with_element(e, "sink", "src");
    gst_object_unref(e);
    frame_caps(h, "GRAY8", LINES_W, LINES_H, "");
    return h;
}

void lines_push(GstHarness *h, GstClockTime pts, const nn_box *boxes, int count, float age_ms)
{
    GstBuffer *in = frame_new("GRAY8", LINES_W, LINES_H, pts);
    if (count >= 0)
        frame_add_boxes(in, boxes, count, LINES_W, LINES_H, age_ms);
    assert_int_equal(gst_harness_push(h, in), GST_FLOW_OK);
    GstBuffer *out = gst_harness_pull(h);
    assert_ptr_equal(out, in);
    gst_buffer_unref(out);
}

char *lines_file(const char *path)
{
    gsize size;
    g_autofree char *text = (char *)test_read(path, &size);
    return g_strndup(text, size);
}

GPtrArray *lines_read(const char *path)
{
    g_autofree char *whole = lines_file(path);
    g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
    for (char **l = lines; *l; l++) {
        if (!**l) {
            assert_null(l[1]); // a newline ends the file
            break;
        }
        cJSON *json = cJSON_Parse(*l);
        assert_non_null(json);
        g_ptr_array_add(found, json);
    }
    return found;
}

double lines_number(const cJSON *json, const char *path)
{
    g_auto(GStrv) keys = g_strsplit(path, ".", -1);
    for (char **k = keys; *k; k++) {
        json = cJSON_GetObjectItemCaseSensitive(json, *k);
        if (!json)
            fail_msg("no \"%s\" of %s", *k, path);
    }
    assert_true(cJSON_IsNumber(json));
    return json->valuedouble;
}

const char *lines_text(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    assert_non_null(text);
    return text;
}

static GstElement *find_element(GstHarness *h)
{
    return gst_harness_find_element(h, "neropublish");
}

guint64 lines_stat(GstHarness *h, const char *name)
{
    GstStructure *stats = NULL;
    guint64 value = 0;
    GstElement *e = find_element(h);
    g_object_get(e, "stats", &stats, NULL);
    gst_object_unref(e);
    if (!gst_structure_get_uint64(stats, name, &value))
        fail_msg("no \"%s\" in the stats", name);
    gst_structure_free(stats);
    return value;
}

GstBus *lines_bus(GstHarness *h)
{
    GstElement *e = find_element(h);
    GstBus *bus = gst_element_get_bus(e);
    gst_object_unref(e);
    return bus;
}

char *lines_said(GstBus *bus, GstMessageType type)
{
    GError *error = NULL;
    GstMessage *m = gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, type);
    assert_non_null(m);
    if (type == GST_MESSAGE_ERROR)
        gst_message_parse_error(m, &error, NULL);
    else if (type == GST_MESSAGE_WARNING)
        gst_message_parse_warning(m, &error, NULL);
    else
        gst_message_parse_info(m, &error, NULL);
    char *text = g_strdup(error->message);
    g_error_free(error);
    gst_message_unref(m);
    return text;
}
