// SPDX-License-Identifier: MIT
// The window's keys, zoom, and the zones and lines that are drawn in it, without a window; and what
// neroanalytics makes of them.
#include "nn/io/analytics_file.h"
#include "plugins/common/adjust.h"
#include "plugins/meta/analytics.h"
#include "plugins/sink/sink_actions.h"
#include "plugins/sink/sink_shape.h"
#include "plugins/sink/sink_zoom.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <gst/check/gstharness.h>

static void keys_do_what_the_page_says(void **state)
{
    (void)state;
    assert_int_equal(nero_action_of_key(SDLK_SPACE, TRUE), NERO_ACTION_PAUSE);
    assert_int_equal(nero_action_of_key(SDLK_SPACE, FALSE), NERO_ACTION_NONE); // for others
    assert_int_equal(nero_action_of_key(SDLK_F11, FALSE), NERO_ACTION_FULLSCREEN);
    assert_int_equal(nero_action_of_key(SDLK_ESCAPE, FALSE), NERO_ACTION_CLOSE);
    assert_int_equal(nero_action_of_key(SDLK_KP_MINUS, TRUE), NERO_ACTION_LESS);
    assert_int_equal(nero_action_of_key('-', TRUE), NERO_ACTION_NONE); // it is typed, as text
    assert_int_equal(nero_action_of_text("-", TRUE), NERO_ACTION_LESS);
    assert_int_equal(nero_action_of_text("?", FALSE), NERO_ACTION_HELP);
    assert_int_equal(nero_action_of_text("??", TRUE), NERO_ACTION_NONE);
    assert_int_equal(nero_action_of_key(0, TRUE), NERO_ACTION_NONE);
    g_autofree char *all = nero_actions_page(TRUE, TRUE, TRUE);
    g_autofree char *few = nero_actions_page(FALSE, FALSE, FALSE);
    assert_non_null(strstr(all, "\nz\tdraws a zone"));
    assert_non_null(strstr(all, "\n1 to 9, 0\t"));
    assert_null(strstr(few, "zone"));
    assert_non_null(strstr(few, "\nf\tfull screen"));
}

static void zooms_at_the_pointer(void **state)
{
    (void)state;
    const SDL_Rect fit = {100, 0, 400, 300};
    NeroZoom z = {0};
    SDL_Rect a = nero_zoom_area(&z, &fit);
    assert_memory_equal(&a, &fit, sizeof a);
    nero_zoom_wheel(&z, &fit, 200, 75, 4); // a quarter from the left and the top
    a = nero_zoom_area(&z, &fit);
    assert_in_range(a.w, 970, 980);           // 1.25 to the fourth
    assert_in_range(a.x + a.w / 4, 198, 202); // the point stays where it was
    assert_in_range(a.y + a.h / 4, 73, 77);
    nero_zoom_drag(&z, &fit, 5000, 5000); // not beyond its border
    a = nero_zoom_area(&z, &fit);
    assert_int_equal(a.x, fit.x);
    assert_int_equal(a.y, fit.y);
    nero_zoom_wheel(&z, &fit, 300, 150, -20);
    a = nero_zoom_area(&z, &fit);
    assert_memory_equal(&a, &fit, sizeof a);
    const nn_box b = {.x0 = 30, .y0 = 40, .x1 = 34, .y1 = 50};
    for (int i = 0; i < 100; i++)
        nero_zoom_follow(&z, &b, 100, 100);
    assert_float_equal(z.scale, 100.0 / 30, 0.05);
    assert_float_equal(z.x, 0.32, 0.01);
    assert_float_equal(z.y, 0.45, 0.01);
}

static gboolean press(NeroShape *s, float x, float y, const nn_report *r, NeroShapeChange *c)
{
    return nero_shape_press(s, (nn_point){x, y}, 0.02f, r, c);
}

static void draws_edits_and_removes_shapes(void **state)
{
    (void)state;
    nn_area there = {.name = "zone1", .count = 3};
    nn_point points[] = {{0.1f, 0.1f}, {0.5f, 0.1f}, {0.5f, 0.5f}};
    const nn_report r = {.areas = &there, .area_count = 1, .points = points, .point_count = 3};
    NeroShape s = {.corner = -1};
    NeroShapeChange c;
    nn_error err = {0};
    nero_shape_begin(&s, NERO_SHAPE_ZONE);
    assert_false(press(&s, 0.2f, 0.2f, &r, &c));
    assert_false(press(&s, 0.8f, 0.2f, &r, &c));
    assert_false(press(&s, 0.8f, 0.2f, &r, &c)); // a double click adds no corner
    assert_false(nero_shape_close(&s, &r, &c));  // two are no zone
    assert_false(press(&s, 0.8f, 1.7f, &r, &c)); // outside: its border
    assert_true(press(&s, 0.21f, 0.2f, &r, &c));
    assert_string_equal(c.name, "zone2");
    assert_int_equal(c.count, 3);
    assert_float_equal(c.points[2].y, 1, 0);
    assert_int_equal(s.mode, NERO_SHAPE_NONE);
    nero_shape_begin(&s, NERO_SHAPE_LINE);
    assert_false(press(&s, 0.1f, 0.6f, &r, &c));
    assert_true(press(&s, 0.9f, 0.6f, &r, &c));
    assert_string_equal(c.name, "line1");
    assert_true(c.line);
    nero_shape_begin(&s, NERO_SHAPE_ZONE); // the report is an old one
    press(&s, 0.2f, 0.2f, &r, &c);
    press(&s, 0.8f, 0.8f, &r, &c);
    press(&s, 0.8f, 0.2f, &r, &c);
    press(&s, 0.2f, 0.8f, &r, &c);
    assert_true(nero_shape_close(&s, &r, &c));
    assert_string_equal(c.name, "zone3");
    assert_int_equal(nero_shape_check(&c, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "cross"));
    c.count = 3;
    assert_int_equal(nero_shape_check(&c, &err), NN_OK);
    c.points[2] = (nn_point){0.5f, 0.5f};
    assert_int_equal(nero_shape_check(&c, &err), NN_EINVAL); // nothing lies in it
    nero_shape_begin(&s, NERO_SHAPE_EDIT);
    assert_false(nero_shape_remove(&s, &c)); // nothing is chosen
    press(&s, 0.05f, 0.9f, &r, &c);
    assert_string_equal(s.name, "");
    press(&s, 0.4f, 0.2f, &r, &c);
    assert_string_equal(s.name, "zone1");
    press(&s, 0.5f, 0.5f, &r, &c);
    nero_shape_move(&s, (nn_point){0.6f, 0.7f});
    assert_true(nero_shape_drop(&s, &c));
    assert_float_equal(c.points[2].x, 0.6, 1e-6);
    assert_true(nero_shape_remove(&s, &c));
    assert_true(c.remove);
    nero_shape_begin(&s, NERO_SHAPE_EDIT); // once more ends it
    assert_null(nero_shape_hint(&s));
}

// A stream that stands still says nothing: what was drawn is shown, moved and gone all the same.
static void shows_a_change_before_the_stream_does(void **state)
{
    (void)state;
    nn_report r = {0};
    NeroShapeChange zone = {.name = "zone1", .count = 3, .points = {{0, 0}, {1, 0}, {1, 1}}},
                    line = {.name = "line1", .line = TRUE, .count = 2, .points = {{0, 0}, {1, 1}}};
    assert_int_equal(nero_shape_show(&r, &zone), NN_OK);
    assert_int_equal(nero_shape_show(&r, &line), NN_OK);
    assert_int_equal(r.area_count, 2);
    assert_false(r.areas[0].line);
    assert_true(r.areas[1].line);
    r.areas[0].in = 7;
    zone.points[3] = (nn_point){0, 0.25f};
    zone.count = 4;
    assert_int_equal(nero_shape_show(&r, &zone), NN_OK); // another shape, the same counts
    assert_int_equal(r.area_count, 2);
    assert_int_equal(r.areas[0].count, 4);
    assert_int_equal(r.areas[0].in, 7);
    assert_float_equal(nn_report_points(&r, &r.areas[0])[3].y, 0.25, 0);
    assert_float_equal(nn_report_points(&r, &r.areas[1])[1].y, 1, 0);
    zone.remove = TRUE;
    assert_int_equal(nero_shape_show(&r, &zone), NN_OK);
    assert_int_equal(nero_shape_show(&r, &zone), NN_OK); // it is gone already
    assert_int_equal(r.area_count, 1);
    assert_string_equal(r.areas[0].name, "line1");
    assert_float_equal(nn_report_points(&r, &r.areas[0])[1].x, 1, 0);
    nn_report_release(&r);
}

static const nn_report *pass(GstHarness *h)
{
    static GstBuffer *last;
    GstBuffer *b = frame_new("GRAY8", 32, 32, 0);
    gst_clear_buffer(&last);
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    last = gst_harness_pull(h);
    const nn_report *r = nero_analytics_report(last);
    return r;
}

static gboolean send(GstHarness *h, GstStructure *s)
{
    return gst_harness_push_upstream_event(h, gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, s));
}

static void drawn_zones_count_and_are_kept(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_analytics_config c;
    test_path path = test_temp("zones.json");
    const nn_point p[] = {{0.25f, 0.25f}, {0.75f, 0.25f}, {0.5f, 0.75f}},
                   ends[] = {{0, 0.5f}, {1, 0.5f}},
                   crossing[] = {{0.1f, 0.1f}, {0.9f, 0.9f}, {0.9f, 0.1f}, {0.1f, 0.9f}};
    GstHarness *h = gst_harness_new("neroanalytics");
    g_object_set(h->element, "save-config", path.text, "zones", "yard:0,0,0.5,0.5:max-objects=5",
                 NULL);
    frame_caps(h, "GRAY8", 32, 32, "");
    assert_int_equal(pass(h)->area_count, 1);
    assert_false(g_file_test(path.text, G_FILE_TEST_EXISTS)); // nobody has changed anything
    assert_false(send(h, nero_adjust_area("zone1", FALSE, FALSE, crossing, 4)));
    assert_false(send(h, nero_adjust_area("yard", TRUE, FALSE, ends, 2))); // it is a zone
    assert_true(send(h, nero_adjust_area("zone1", FALSE, FALSE, p, 3)));
    assert_true(send(h, nero_adjust_area("line1", TRUE, FALSE, ends, 2)));
    const nn_report *r = pass(h);
    assert_int_equal(r->area_count, 3);
    assert_string_equal(r->areas[1].name, "zone1");
    assert_true(r->areas[2].line);
    assert_true(send(h, nero_adjust_area("yard", FALSE, FALSE, p, 3))); // another shape
    assert_true(send(h, nero_adjust_area("line1", TRUE, TRUE, NULL, 0)));
    assert_int_equal(pass(h)->area_count, 2);
    nn_analytics_config_init(&c);
    assert_int_equal(nn_analytics_config_load(&c, path.text, &err), NN_OK);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.areas[0].name, "yard");
    assert_int_equal(c.areas[0].shape.count, 3);
    int most = 0;
    while (strcmp(nn_setting_at(most)->key ? nn_setting_at(most)->key : "", "max-objects") != 0)
        most++;
    assert_float_equal(c.areas[0].setting[most], 5, 0); // it keeps what else it has
    nn_analytics_config_release(&c);
    gst_harness_teardown(h);
    // The next run has the file, and may say the same zone again: what it says goes before.
    h = gst_harness_new("neroanalytics");
    g_object_set(h->element, "config", path.text, "save-config", path.text, "zones",
                 "yard:0,0,0.25,0.25:max-objects=7", NULL);
    frame_caps(h, "GRAY8", 32, 32, "");
    assert_int_equal(pass(h)->area_count, 2);
    assert_true(send(h, nero_adjust_area("zone2", FALSE, FALSE, p, 3)));
    assert_int_equal(pass(h)->area_count, 3);
    nn_analytics_config_init(&c);
    assert_int_equal(nn_analytics_config_load(&c, path.text, &err), NN_OK);
    assert_int_equal(c.count, 3);
    assert_string_equal(c.areas[0].name, "zone1");
    assert_string_equal(c.areas[1].name, "yard");
    assert_int_equal(c.areas[1].shape.count, 4);
    assert_float_equal(c.areas[1].setting[most], 7, 0);
    assert_string_equal(c.areas[2].name, "zone2");
    nn_analytics_config_release(&c);
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_do_what_the_page_says),
        cmocka_unit_test(zooms_at_the_pointer),
        cmocka_unit_test(draws_edits_and_removes_shapes),
        cmocka_unit_test(shows_a_change_before_the_stream_does),
        cmocka_unit_test(drawn_zones_count_and_are_kept),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
