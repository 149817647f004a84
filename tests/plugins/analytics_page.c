// SPDX-License-Identifier: MIT
// The pipelines and the example file of the page on neroanalytics.
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/gst.h>
#include <string.h>

// The example file of the page, under the name that it has there.
static void write_example(const char *page)
{
    const char *begin = strstr(page, "    {\"zones\"");
    assert_non_null(begin);
    const char *end = strstr(begin, "\n\n");
    assert_non_null(end);
    g_autofree char *json = g_strndup(begin, (gsize)(end - begin));
    test_write_text("crossing.json", json);
}

// A neroanalytics of the page takes its settings.
static void start_alone(GstElement *pipeline)
{
    GValue item = G_VALUE_INIT;
    GstIterator *it =
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline), "neroanalytics");
    assert_int_equal(gst_iterator_next(it, &item), GST_ITERATOR_OK);
    GstElement *e = g_value_get_object(&item);
    g_autofree char *config = NULL;
    g_object_get(e, "config", &config, NULL);
    if (config)
        g_object_set(e, "config", test_temp(config).text, NULL);
    assert_int_not_equal(gst_element_set_state(e, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    gst_element_set_state(e, GST_STATE_NULL);
    g_value_unset(&item);
    gst_iterator_free(it);
}

// The lines of the page are pipelines, and their zones and lines are right.
static void test_page(void **state)
{
    (void)state;
    int count = 0;
    gsize size;
    g_autofree guint8 *bytes =
        test_read(test_data("../../plugins/analytics/README.md").text, &size);
    g_autofree char *text = g_strndup((char *)bytes, size);
    write_example(text);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        GError *error = NULL;
        g_auto(GStrv) words = NULL;
        const char *at = strstr(*l, "    gst-launch-1.0 ") ? strstr(*l, "! videoconvert") : NULL;
        if (!at) // what comes before may need elements that are not here
            continue;
        g_autofree char *line = g_strconcat("videotestsrc ", at, NULL);
        assert_true(g_shell_parse_argv(line, NULL, &words, NULL));
        for (char **w = words; *w; w++)
            if (strcmp(*w, "nerosink") == 0)
                memcpy(*w, "fakesink", sizeof "fakesink");
        GstElement *pipeline = gst_parse_launchv((const char **)words, &error);
        if (error)
            fail_msg("%s: %s", line, error->message);
        start_alone(pipeline);
        gst_object_unref(gst_object_ref_sink(pipeline));
        count++;
    }
    assert_int_equal(count, 3);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
