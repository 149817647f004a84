// SPDX-License-Identifier: MIT
// Every registered element: states up and down, descriptions, and nothing left over (leaks tracer);
// the elements together on the real engine.
#include "tests/plugins/frames.h"
#include "tests/plugins/live_objects.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static test_path model_path;

static int make_model(void **state)
{
    (void)state;
    model_path = test_temp("small.safetensors");
    model_write(model_path.text);
    return 0;
}

static GList *list_elements(void)
{
    GList *features = frame_elements();
    assert_true(g_list_length(features) >= 4);
    return features;
}

// An element that can start here: with our model, without a display.
static GstElement *make_element(const char *factory)
{
    GstElement *e = gst_element_factory_make(factory, NULL);
    assert_non_null(e);
    gst_object_ref_sink(e);
    GObjectClass *klass = G_OBJECT_GET_CLASS(e);
    model_give(e, model_path.text);
    if (g_object_class_find_property(klass, "offscreen"))
        gst_util_set_object_arg(G_OBJECT(e), "offscreen", "yes");
    return e;
}

static void walk_states(const char *factory)
{
    static const GstState walk[] = {
        GST_STATE_READY,   GST_STATE_NULL,   GST_STATE_READY,   GST_STATE_PAUSED,
        GST_STATE_READY,   GST_STATE_PAUSED, GST_STATE_PLAYING, GST_STATE_PAUSED,
        GST_STATE_PLAYING, GST_STATE_READY,  GST_STATE_PLAYING, GST_STATE_NULL,
    };
    GstElement *e = make_element(factory);
    for (int round = 0; round < 2; round++) {
        for (gsize i = 0; i < G_N_ELEMENTS(walk); i++) {
            if (gst_element_set_state(e, walk[i]) == GST_STATE_CHANGE_FAILURE)
                fail_msg("%s does not reach %s", factory, gst_element_state_get_name(walk[i]));
        }
    }
    // Straight to dispose, without a way down, must be possible from NULL.
    gst_object_unref(e);
}

static void test_states(void **state)
{
    (void)state;
    GList *features = list_elements();
    for (GList *f = features; f; f = f->next)
        walk_states(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(f->data)));
    gst_plugin_feature_list_free(features);
}

// Whether a blurb says what a number counts.
static gboolean has_unit(const char *blurb)
{
    static const char *const units[] = {"second", "pixel",    "score",    "frame",  "byte",
                                        "thread", "boxes",    "messages", "object", "lines",
                                        "files",  "attempts", "union",    "lost",   "cameras"};
    g_autofree char *text = g_ascii_strdown(blurb, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strstr(text, units[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_number(const GParamSpec *spec)
{
    return spec->value_type == G_TYPE_INT || spec->value_type == G_TYPE_UINT ||
           spec->value_type == G_TYPE_INT64 || spec->value_type == G_TYPE_UINT64 ||
           spec->value_type == G_TYPE_FLOAT || spec->value_type == G_TYPE_DOUBLE;
}

// gst-inspect is the manual: every element and property of ours has a description.
static void test_descriptions(void **state)
{
    (void)state;
    GList *features = list_elements();
    for (GList *f = features; f; f = f->next) {
        GstElementFactory *factory = GST_ELEMENT_FACTORY(f->data);
        // No element puts itself into other people's pipelines, but for the window where there is
        // no other.
        assert_true(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)) < GST_RANK_SECONDARY);
        assert_non_null(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS));
        const char *text =
            gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_DESCRIPTION);
        assert_true(text && strlen(text) > 20);
        GstElement *e = make_element(GST_OBJECT_NAME(factory));
        guint n;
        g_autofree GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(e), &n);
        for (guint i = 0; i < n; i++) {
            const char *blurb = g_param_spec_get_blurb(specs[i]);
            if (!blurb || strlen(blurb) < 10)
                fail_msg("%s::%s has no description", GST_OBJECT_NAME(e), specs[i]->name);
            if (specs[i]->owner_type == G_OBJECT_TYPE(e) && is_number(specs[i]) && !has_unit(blurb))
                fail_msg("%s::%s has no unit: %s", GST_OBJECT_NAME(e), specs[i]->name, blurb);
        }
        gst_object_unref(e);
    }
    gst_plugin_feature_list_free(features);
}

// The defaults that properties declare are those that a new element has.
static void test_defaults(void **state)
{
    (void)state;
    GList *features = list_elements();
    for (GList *f = features; f; f = f->next) {
        GstElement *e = gst_element_factory_create(GST_ELEMENT_FACTORY(f->data), NULL);
        guint n;
        g_autofree GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(e), &n);
        for (guint i = 0; i < n; i++) {
            GValue value = G_VALUE_INIT;
            GType owner = specs[i]->owner_type;
            if ((specs[i]->flags & G_PARAM_READWRITE) != G_PARAM_READWRITE ||
                owner != G_OBJECT_TYPE(e))
                continue;
            g_value_init(&value, specs[i]->value_type);
            g_object_get_property(G_OBJECT(e), specs[i]->name, &value);
            if (!g_param_value_defaults(specs[i], &value))
                fail_msg("%s::%s does not begin with its default", GST_OBJECT_NAME(e),
                         specs[i]->name);
            g_value_unset(&value);
        }
        gst_object_unref(gst_object_ref_sink(e));
    }
    gst_plugin_feature_list_free(features);
}

static void run_pipeline(const char *text)
{
    GError *error = NULL;
    GstElement *pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s: %s", text, error->message);
    GstBus *bus = gst_element_get_bus(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(m);
    if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(m, &error, NULL);
        fail_msg("%s", error->message);
    }
    gst_message_unref(m);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(pipeline);
}

// Number of lines of a file and of objects in them; the first line and object numbers are checked.
static int count_text(const char *path, const char *word)
{
    gsize size;
    g_autofree guint8 *bytes = test_read(path, &size);
    g_autofree char *text = g_strndup((char *)bytes, size);
    int n = 0;
    for (char *at = text; (at = strstr(at, word)); at++)
        n++;
    return n;
}

// Detections of the real engine reach the far end of a chain of conversions.
static void test_chain(void **state)
{
    (void)state;
    test_path direct = test_temp("direct.jsonl"), far = test_temp("far.jsonl");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc num-buffers=6 pattern=ball ! video/x-raw,format=NV12,width=160,height=120 ! "
        "neroinfer model=%s threshold=0.001 threads=1 ! neropublish location=%s ! "
        "nerooverlay ! videoconvert ! videoscale ! video/x-raw,format=BGRx,width=320,height=240 ! "
        "queue ! neropublish location=%s ! nerooverlay ! fakesink",
        model_path.text, direct.text, far.text);
    run_pipeline(text);
    assert_int_equal(count_text(direct.text, "\"frame\":"), 6);
    int objects = count_text(direct.text, "\"confidence\":");
    assert_true(objects > 0);
    assert_int_equal(count_text(far.text, "\"confidence\":"), objects);
    assert_int_equal(count_text(far.text, "\"predicted\":false"), objects);
    assert_int_equal(count_text(far.text, "\"width\":320"), 6);
}

// Two runs over the same frames write the same bytes.
static void test_repeatable(void **state)
{
    (void)state;
    gsize size[2];
    guint8 *bytes[2];
    test_path path = test_temp("run.jsonl");
    for (int i = 0; i < 2; i++) {
        g_autofree char *text = g_strdup_printf(
            "videotestsrc num-buffers=8 pattern=smpte ! "
            "video/x-raw,format=I420,width=161,height=121 ! neroinfer model=%s threshold=0.001 "
            "threads=%d ! neropublish location=%s ! fakesink",
            model_path.text, i + 1, path.text);
        run_pipeline(text);
        bytes[i] = test_read(path.text, &size[i]);
    }
    assert_true(size[0] > 500);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    g_free(bytes[0]);
    g_free(bytes[1]);
}

// A truncated model file and one of noise: NULL to PAUSED fails and the error names the file.
static void test_damaged_models(void **state)
{
    (void)state;
    gsize size;
    guint8 *bytes = test_read(model_path.text, &size);
    test_path path = test_temp("damaged.safetensors");
    const gsize lengths[] = {0, 7, 100, size / 2, size - 1};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        test_write(path.text, bytes, lengths[i]);
        GstElement *e = gst_object_ref_sink(gst_element_factory_make("neroinfer", NULL));
        g_object_set(e, "model", path.text, NULL);
        GstBus *bus = gst_bus_new();
        gst_element_set_bus(e, bus);
        assert_int_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
        GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        assert_non_null(m);
        GError *error = NULL;
        gst_message_parse_error(m, &error, NULL);
        assert_non_null(strstr(error->message, path.text));
        assert_null(strchr(error->message, '\n'));
        g_error_free(error);
        gst_message_unref(m);
        assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
        gst_element_set_state(e, GST_STATE_NULL);
        gst_element_set_bus(e, NULL);
        gst_object_unref(bus);
        gst_object_unref(e);
    }
    free(bytes);
}

// The second time round nothing may be alive that was not alive after the first.
static void test_leaks(void **state)
{
    (void)state;
    g_autofree char *text = g_strdup_printf(
        "videotestsrc is-live=true num-buffers=8 ! video/x-raw,format=I420,width=160,height=120,"
        "framerate=50/1 ! tee name=t ! queue ! neroinfer model=%s ! nerotrack camera-motion=true ! "
        "neroanalytics zones=yard:0.1,0.1,0.9,0.9 lines=gate:0,0.5,1,0.5 ! videoconvert ! "
        "video/x-raw,format=BGRx ! nerooverlay ! neropublish location=/dev/null ! "
        "nerosink offscreen=yes sync=false inner-view=true t. ! queue ! "
        "neroinfer model=%s async=false ! neroview name=v ! fakesink v.view ! queue ! "
        "videoconvert ! fakesink",
        model_path.text, model_path.text);
    run_pipeline(text);
    g_usleep(G_USEC_PER_SEC);
    int before = live_settled(0x7fffffff);
    run_pipeline(text);
    int after = live_settled(before);
    if (after > before)
        live_count(TRUE);
    assert_true(after <= before);
}

int main(int argc, char **argv)
{
    g_setenv("GST_TRACERS", "leaks", TRUE);
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); // G_DEBUG=fatal-criticals
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),     cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_defaults),   cmocka_unit_test(test_chain),
        cmocka_unit_test(test_repeatable), cmocka_unit_test(test_damaged_models),
        cmocka_unit_test(test_leaks),
    };
    return cmocka_run_group_tests(tests, make_model, NULL);
}
