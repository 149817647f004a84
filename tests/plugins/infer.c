// SPDX-License-Identifier: MIT
// A harness around neroinfer with the stand-in detector.
#include "tests/plugins/infer.h"

#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/support/test.h"

GstHarness *infer_open(const char *settings)
{
    fake_reset();
    g_autofree char *text = g_strdup_printf("neroinfer model=street name=i %s", settings);
    GstHarness *h = gst_harness_new_parse(text);
    assert_non_null(h);
    gst_harness_set_live(h, FALSE);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

GstBuffer *infer_push(GstHarness *h, GstClockTime pts)
{
    GstBuffer *out = gst_harness_push_and_pull(h, frame_new("GRAY8", W, H, pts));
    assert_non_null(out);
    assert_int_equal(GST_BUFFER_PTS(out), pts);
    return out;
}

guint64 infer_stat(GstHarness *h, const char *field)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstStructure) stats = NULL;
    guint64 value = 0;
    g_object_get(e, "stats", &stats, NULL);
    if (!gst_structure_get_uint64(stats, field, &value))
        fail_msg("no %s in the statistics", field);
    return value;
}

void infer_set(GstHarness *h, const char *name, const char *value)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    gst_util_set_object_arg(G_OBJECT(e), name, value);
}

void infer_check_age(GstBuffer *out, double age, gboolean predicted)
{
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_float_equal(m->result.age_ms, age, 1e-3);
    for (int i = 0; i < m->result.count; i++)
        assert_int_equal(m->result.boxes[i].predicted, predicted);
    gst_buffer_unref(out);
}
