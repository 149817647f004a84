// SPDX-License-Identifier: MIT
// The line of figures in the window, the figures behind it, and what the window says of the stream.
#include "plugins/sink/sink_figures.h"

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_states.h"
#include "tests/support/test.h"

#define DOT NERO_FIGURES_DOT

static NeroLabels *labels;
static const NeroStatistics usual = {.rate = 29.97, .infer_rate = 14.9};

static void expect(const NeroFigures *f, const char *text)
{
    char line[200];
    nero_figures_write(f, line, sizeof line);
    assert_string_equal(line, text);
}

static void the_line_says_what_a_first_look_wants(void **state)
{
    (void)state;
    nn_box boxes[9] = {{.x1 = 5, .y1 = 5, .label = 0}};
    nn_result r = {
        .boxes = boxes, .count = 1, .infer_ms = 12.34f, .frame_width = 50, .frame_height = 50};
    for (int i = 1; i < 9; i++)
        boxes[i] = (nn_box){.x1 = 5, .y1 = 5, .label = i < 4 ? 0 : i < 6 ? 1 : i < 8 ? 2 : 3};
    NeroFigures f = {.source = "cam-yard",
                     .live = TRUE,
                     .is = &usual,
                     .result = &r,
                     .labels = labels,
                     .delay = 0.123,
                     .recording = 12,
                     .lost = -1};
    expect(&f, "cam-yard LIVE 30 fps" DOT "inference 12 ms" DOT "delay 0.1 s" DOT "1 person" DOT
               "REC 00:12");
    r.count = 9;
    f.live = FALSE;
    f.recording = -1;
    f.source = NULL;
    expect(&f, "30 fps" DOT "inference 12 ms" DOT "4 persons, 2 buses, 2 cities, 1 more");
    f.paused = TRUE;
    r.count = 0;
    r.infer_ms = 0.72f;
    expect(&f, "PAUSED" DOT "inference 0.7 ms");
    boxes[0] = (nn_box){.x1 = 50, .y1 = 50}; // the class of a picture is no object
    r.count = 1;
    expect(&f, "PAUSED" DOT "inference 0.7 ms");
    f.source = "cam-yard";
    f.lost = 12.5;
    expect(&f, "cam-yard NO SIGNAL 0:12");
    f.told = TRUE; // in the middle of the window, once
    expect(&f, "cam-yard");
    f.recording = 12;
    expect(&f, "cam-yard" DOT "REC 00:12");
    f.source = NULL;
    f.recording = -1;
    expect(&f, "");
    f.told = FALSE;
    expect(&f, "NO SIGNAL 0:12");
    f.source = "cam-yard";
    char tiny[5];
    nero_figures_write(&f, tiny, sizeof tiny);
    assert_string_equal(tiny, "cam-");
}

static void figures_are_measured(void **state)
{
    (void)state;
    NeroStatistics s = {0};
    nn_result r = {.infer_ms = 8, .input_width = 320, .input_height = 256};
    char text[300];
    // 25 frames a second, every second one inferred; every tenth inference takes 20 ms.
    for (int i = 0; i < 200; i++) {
        r.age_ms = i % 2 ? 40 : 0;
        r.source_pts = (guint64)(i / 2);
        r.infer_ms = i / 2 % 10 == 9 ? 20 : 8;
        nero_statistics_inference(&s, 1, (guint64)i / 2);
        nero_statistics_frame(&s, &r, 1000000 + 40000 * (gint64)i);
    }
    assert_float_equal(s.rate, 25, 0.5);
    assert_float_equal(s.infer_rate, 12.5, 0.5);
    assert_float_equal(s.p50, 8, 0);
    assert_float_equal(s.p95, 20, 0);
    assert_true(s.skips); // every frame was due
    assert_true(s.memory > 1);
    nero_figures_details(&(NeroFigures){.is = &s, .result = &r}, text, sizeof text);
    assert_non_null(
        strstr(text, "p50 8.0 ms, p95 20.0 ms at 320x256\ninferred 12.5 of 25.0 fps, 99"));
    for (int i = 0; i < 100; i++) { // as it was asked for
        nero_statistics_inference(&s, 2, 100 + (guint64)i / 2);
        nero_statistics_frame(&s, &r, 9000000 + 40000 * (gint64)i);
    }
    assert_false(s.skips);
    nero_figures_details(&(NeroFigures){.is = &s, .result = &r}, text, sizeof text);
    assert_non_null(strstr(text, ", every 2nd frame, "));
}

static void labels_say_what_is_not_known(void **state)
{
    (void)state;
    char line[64];
    NeroObject o = {.box = {.score = 0.82f, .track_id = 7}, .label = "person"};
    nero_draw_label_text(line, sizeof line, &o, FALSE);
    assert_string_equal(line, "person #7 82%");
    nero_draw_label_text(line, sizeof line, &o, TRUE);
    assert_string_equal(line, "#7");
    o.class = "walks";
    o.class_score = 0.5f;
    nero_draw_label_text(line, sizeof line, &o, TRUE);
    assert_string_equal(line, "#7  walks 50%");
    o.box.track_id = 0;
    nero_draw_label_text(line, sizeof line, &o, TRUE);
    assert_string_equal(line, "walks 50%");
    o.class = NULL;
    nero_draw_label_text(line, sizeof line, &o, TRUE);
    assert_string_equal(line, "");
}

static void states_have_words(void **state)
{
    (void)state;
    char line[200];
    const gint64 second = G_USEC_PER_SEC, now = 100 * second;
    NeroStates s = {.opened = now - second};
    assert_false(nero_states_middle(&s, now, line, sizeof line));
    assert_true(nero_states_hint(&s, now, TRUE, TRUE, line, sizeof line));
    assert_string_equal(line, "? shows all keys" DOT "space pauses" DOT "q closes");
    assert_false(nero_states_hint(&s, now, FALSE, TRUE, line, sizeof line));
    s.opened = now - 4 * second;
    assert_false(nero_states_hint(&s, now, TRUE, TRUE, line, sizeof line));
    s.empty = now - 6 * second;
    s.threshold = 0.5f;
    assert_true(nero_states_hint(&s, now, TRUE, TRUE, line, sizeof line));
    assert_string_equal(line, "no object above 0.5: lower with -");
    s.lost = now - 12 * second;
    s.retry = now + 3500000;
    assert_false(nero_states_hint(&s, now, TRUE, TRUE, line, sizeof line));
    assert_true(nero_states_middle(&s, now, line, sizeof line));
    assert_string_equal(line, "NO SIGNAL 0:12\nretry in 4 s");
    s = (NeroStates){.ended = TRUE, .message = "waiting for the camera yard"};
    assert_true(nero_states_hint(&s, now, TRUE, TRUE, line, sizeof line));
    assert_string_equal(line, "end, r replays");
    assert_true(nero_states_middle(&s, now, line, sizeof line));
    assert_string_equal(line, "waiting for the camera yard");
}

int main(void)
{
    static const char *const names[] = {"person", "bus", "city", "cat"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_says_what_a_first_look_wants),
        cmocka_unit_test(figures_are_measured),
        cmocka_unit_test(labels_say_what_is_not_known),
        cmocka_unit_test(states_have_words),
    };
    labels = nero_labels_new("test", names, 4);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nero_labels_unref(labels);
    return failed;
}
