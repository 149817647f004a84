// SPDX-License-Identifier: MIT
// Feedback in the window: selecting, marking as wrong, drawing missed boxes; each belongs to the
// frame that was shown. On SDL's driver without a screen.
#include "nn/io/image/image.h"
#include "plugins/sink/sink_pick.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <SDL.h>

enum { SIDE = 200 }; // of the frames, grey from 10 on: frame i is 10 + 10 i

typedef struct Screen {
    GstHarness *h;
    GstBus *bus;
    int frames;
    gint heard;       // atomic: signals
    GstClockTime pts; // of the last one's frame
    guint8 grey;      // of its first pixel
} Screen;

static void on_feedback(GstElement *e, GstSample *sample, GstStructure *said, gpointer data)
{
    Screen *s = data;
    (void)e;
    GstBuffer *b = gst_sample_get_buffer(sample);
    guint64 at;
    assert_true(gst_structure_get_uint64(said, "timestamp", &at));
    s->pts = GST_BUFFER_PTS(b);
    assert_int_equal(at, s->pts);
    gst_buffer_extract(b, 0, &s->grey, 1);
    assert_non_null(nero_meta_get(b)); // with all its boxes
    g_atomic_int_inc(&s->heard);
}

// The application has no window of its own to offer.
static GstBusSyncReply drop_question(GstBus *bus, GstMessage *m, gpointer data)
{
    (void)bus, (void)data;
    return gst_message_has_name(m, "prepare-window-handle") ? GST_BUS_DROP : GST_BUS_PASS;
}

static Screen *open_screen(const char *settings)
{
    Screen *s = g_new0(Screen, 1);
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    g_autofree char *text = g_strdup_printf(
        "nerosink offscreen=no sync=false hud=false window-width=%d %s", SIDE, settings);
    s->h = gst_harness_new_parse(text);
    s->bus = gst_bus_new();
    gst_bus_set_sync_handler(s->bus, drop_question, NULL, NULL);
    g_autoptr(GstElement) e = gst_harness_find_element(s->h, "nerosink");
    gst_element_set_bus(e, s->bus);
    g_signal_connect(e, "feedback", G_CALLBACK(on_feedback), s);
    frame_caps(s->h, "GRAY8", SIDE, SIDE, "");
    return s;
}

static void close_screen(Screen *s)
{
    gst_element_set_bus(s->h->element, NULL);
    gst_harness_teardown(s->h);
    gst_object_unref(s->bus);
    g_free(s);
    g_unsetenv("SDL_VIDEODRIVER");
}

static void show(Screen *s, const nn_box *boxes, int count)
{
    GstBuffer *b = frame_new("GRAY8", SIDE, SIDE, (GstClockTime)s->frames * GST_SECOND);
    gst_buffer_memset(b, 0, (guint8)(10 + 10 * s->frames++), SIDE * SIDE);
    frame_add_boxes(b, boxes, count, SIDE, SIDE, 0);
    assert_int_equal(gst_harness_push(s->h, b), GST_FLOW_OK);
}

static nn_image save(Screen *s)
{
    nn_image image = {0};
    nn_error err;
    test_path path = test_temp("shown.png");
    g_autoptr(GstElement) e = gst_harness_find_element(s->h, "nerosink");
    for (int i = 0; i < 2; i++) { // events that were waiting are handled between the two
        gboolean ok = FALSE;
        g_signal_emit_by_name(e, "save-snapshot", path.text, &ok);
        assert_true(ok);
    }
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    return image;
}

static void settle(Screen *s)
{
    nn_image image = save(s);
    nn_image_release(&image);
}

static void press(Screen *s, SDL_Keycode key)
{
    SDL_Event e = {.key = {.type = SDL_KEYDOWN, .windowID = 1}};
    e.key.keysym.sym = key;
    assert_int_equal(SDL_PushEvent(&e), 1);
    settle(s);
}

static void button(Screen *s, Uint32 type, int x, int y)
{
    SDL_Event e = {.button = {.type = type, .windowID = 1}};
    e.button.button = SDL_BUTTON_LEFT;
    e.button.x = x;
    e.button.y = y;
    assert_int_equal(SDL_PushEvent(&e), 1);
    settle(s);
}

static void click(Screen *s, int x, int y)
{
    button(s, SDL_MOUSEBUTTONDOWN, x, y);
    button(s, SDL_MOUSEBUTTONUP, x, y);
}

static void move(Screen *s, int x, int y)
{
    SDL_Event e = {.motion = {.type = SDL_MOUSEMOTION, .windowID = 1}};
    e.motion.x = x;
    e.motion.y = y;
    assert_int_equal(SDL_PushEvent(&e), 1);
    settle(s);
}

// The message of signal number `heard`. The caller unrefs it.
static GstMessage *expect_said(Screen *s, int heard, const char *verdict, const char *label)
{
    const char *names[] = {"verdict", "label", "model"}, *want[] = {verdict, label, "street"};
    GstMessage *m = gst_bus_timed_pop_filtered(s->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT);
    assert_non_null(m);
    assert_true(gst_message_has_name(m, "feedback"));
    const GstStructure *t = gst_message_get_structure(m);
    for (int i = 0; i < 3; i++)
        assert_string_equal(gst_structure_get_string(t, names[i]), want[i]);
    assert_int_equal(g_atomic_int_get(&s->heard), heard);
    return m;
}

static void expect_box(const GstMessage *m, guint id, float x0, float y0, float x1, float y1)
{
    const char *names[] = {"x0", "y0", "x1", "y1"};
    const float want[] = {x0, y0, x1, y1};
    const GstStructure *t = gst_message_get_structure((GstMessage *)m);
    guint got_id;
    assert_true(gst_structure_get_uint(t, "id", &got_id));
    assert_int_equal(got_id, id);
    for (int i = 0; i < 4; i++) {
        double v;
        assert_true(gst_structure_get_double(t, names[i], &v));
        assert_float_equal(v, want[i], 0.5);
    }
}

static int red_at(const nn_image *image, int x, int y)
{
    const uint8_t *p = image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return p[0] > 200 && p[1] < 100 && p[2] < 100;
}

static int white_at(const nn_image *image, int x, int y)
{
    const uint8_t *p = image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return p[0] == 255 && p[1] == 255 && p[2] == 255;
}

static const nn_box person = {20, 40, 60, 140, 0.8f, 0, 0, false, 0},
                    car = {100, 60, 180, 120, 0.6f, 1, 0, false, 0};

static void marks_what_is_wrong(void **state)
{
    (void)state;
    Screen *s = open_screen("");
    show(s, (nn_box[]){person, car}, 2);
    click(s, 140, 90);
    nn_image image = save(s);
    assert_true(white_at(&image, 99, 90)); // the ring of the selected one
    assert_false(white_at(&image, 19, 90));
    assert_false(red_at(&image, 140, 90));
    nn_image_release(&image);
    press(s, SDLK_x);
    GstMessage *m = expect_said(s, 1, "wrong", "car");
    expect_box(m, 1, 100, 60, 180, 120);
    gst_message_unref(m);
    assert_int_equal(s->pts, 0);
    assert_int_equal(s->grey, 10);
    image = save(s);
    assert_true(red_at(&image, 140, 90)); // crossed
    nn_image_release(&image);
    // It moves, and is still the one; the next verdict is about the frame that is shown then.
    nn_box moved = car;
    moved.x0 += 10, moved.x1 += 10;
    show(s, (nn_box[]){moved, person}, 2);
    image = save(s);
    assert_true(white_at(&image, 109, 70) && red_at(&image, 150, 90));
    nn_image_release(&image);
    press(s, SDLK_x);
    m = expect_said(s, 2, "withdrawn", "car");
    expect_box(m, 1, 110, 60, 190, 120);
    gst_message_unref(m);
    assert_int_equal(s->pts, GST_SECOND);
    assert_int_equal(s->grey, 20);
    image = save(s);
    assert_false(red_at(&image, 150, 90));
    nn_image_release(&image);
    click(s, 5, 5); // nothing there: nothing is selected
    press(s, SDLK_x);
    assert_int_equal(g_atomic_int_get(&s->heard), 2);
    close_screen(s);
}

static void draws_what_was_missed(void **state)
{
    (void)state;
    Screen *s = open_screen("");
    show(s, (nn_box[]){person}, 1);
    press(s, SDLK_a);
    for (int i = 0; i < 3; i++)
        show(s, (nn_box[]){car}, 1); // they pass, but the picture stands still
    nn_image image = save(s);
    assert_int_equal(image.rgb[3 * (SIDE - 1)], 10);
    nn_image_release(&image);
    press(s, SDLK_2);
    button(s, SDL_MOUSEBUTTONDOWN, 150, 50);
    move(s, 101, 151);
    image = save(s);
    assert_int_not_equal(image.rgb[3 * (100 * SIDE + 149)], image.rgb[3 * (SIDE - 1)]);
    nn_image_release(&image);
    button(s, SDL_MOUSEBUTTONUP, 101, 151);
    GstMessage *m = expect_said(s, 1, "missed", "car");
    expect_box(m, 1, 101, 50, 150, 151);
    gst_message_unref(m);
    assert_int_equal(s->pts, 0);
    assert_int_equal(s->grey, 10);
    image = save(s); // the box stays on its frame
    assert_int_equal(image.rgb[3 * (SIDE - 1)], 10);
    assert_int_not_equal(image.rgb[3 * (100 * SIDE + 149)], 10);
    nn_image_release(&image);
    show(s, (nn_box[]){car}, 1); // and on it goes
    image = save(s);
    assert_int_equal(image.rgb[3 * (SIDE - 1)], 50);
    assert_int_equal(image.rgb[3 * (120 * SIDE + 101)], 50);
    nn_image_release(&image);
    press(s, SDLK_BACKSPACE); // also when its frame is gone; and there is no other
    m = expect_said(s, 2, "withdrawn", "car");
    expect_box(m, 1, 101, 50, 150, 151);
    gst_message_unref(m);
    press(s, SDLK_BACKSPACE);
    assert_int_equal(g_atomic_int_get(&s->heard), 2);
    close_screen(s);
}

// Escape ends drawing, then the selection, then the run.
static void escape_cancels(void **state)
{
    (void)state;
    Screen *s = open_screen("on-close=error");
    show(s, (nn_box[]){person, car}, 2);
    click(s, 140, 90);
    press(s, SDLK_a);
    button(s, SDL_MOUSEBUTTONDOWN, 10, 10);
    move(s, 80, 80);
    press(s, SDLK_ESCAPE);
    button(s, SDL_MOUSEBUTTONUP, 80, 80);
    nn_image image = save(s);
    assert_true(white_at(&image, 99, 90)); // still selected
    nn_image_release(&image);
    press(s, SDLK_ESCAPE);
    image = save(s);
    assert_false(white_at(&image, 99, 90));
    nn_image_release(&image);
    assert_null(gst_bus_pop_filtered(s->bus, GST_MESSAGE_ELEMENT));
    assert_null(gst_bus_pop_filtered(s->bus, GST_MESSAGE_ERROR));
    press(s, SDLK_ESCAPE);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(s->bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
    assert_non_null(m); // the window was closed
    assert_int_equal(g_atomic_int_get(&s->heard), 0);
    close_screen(s);
}

static void can_be_turned_off(void **state)
{
    (void)state;
    Screen *s = open_screen("feedback=false");
    show(s, (nn_box[]){person, car}, 2);
    click(s, 140, 90);
    press(s, SDLK_x);
    press(s, SDLK_a);
    show(s, (nn_box[]){car}, 1);
    nn_image image = save(s);
    assert_int_equal(image.rgb[3 * (SIDE - 1)], 20); // nothing holds the picture
    assert_false(white_at(&image, 99, 90));
    nn_image_release(&image);
    assert_int_equal(g_atomic_int_get(&s->heard), 0);
    close_screen(s);
}

// A note is drawn for a while, also without figures.
static void shows_a_note(void **state)
{
    (void)state;
    Screen *s = open_screen("");
    show(s, (nn_box[]){car}, 1);
    g_autoptr(GstElement) e = gst_harness_find_element(s->h, "nerosink");
    g_object_set(e, "note", "learnt", NULL);
    nn_image image = save(s);
    int bright = 0;
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 100; x++)
            bright += image.rgb[3 * (y * SIDE + x)] > 200;
    assert_true(bright > 20);
    nn_image_release(&image);
    close_screen(s);
}

// --- sink_pick alone ---

static void selects_from_the_inside_out(void **state)
{
    (void)state;
    NeroPick p;
    nero_pick_init(&p);
    nn_box boxes[] = {{0, 0, 100, 100, 0.9f, 0, 0, false, 0},
                      {20, 20, 60, 60, 0.8f, 1, 0, false, 0},
                      {30, 30, 40, 40, 0.7f, 0, 0, false, 0}};
    const nn_result r = {.boxes = boxes, .count = 3};
    const float want[] = {30, 20, 0, 30};
    for (int i = 0; i < 4; i++) {
        nero_pick_click(&p, &r, 35, 35);
        assert_true(p.selected);
        assert_float_equal(p.choice.box.x0, want[i], 0);
    }
    nero_pick_click(&p, &r, 150, 35);
    assert_false(p.selected);
    nero_pick_release(&p);
}

static void follows_and_forgets(void **state)
{
    (void)state;
    NeroPick p;
    NeroFeedback f;
    nero_pick_init(&p);
    nn_box near[] = {{0, 0, 20, 20, 0.9f, 0, 0, false, 0}, {12, 0, 32, 20, 0.9f, 0, 0, false, 0}};
    nn_box tracked = {0, 0, 20, 20, 0.9f, 0, 7, false, 0},
           far = {80, 80, 99, 99, 0.9f, 0, 7, false, 0};
    const nn_result two = {.boxes = near, .count = 2}, none = {0};
    nero_pick_click(&p, &two, 5, 5);
    assert_true(nero_pick_mark(&p, &f));
    assert_true(nero_pick_is_wrong(&p, &near[0]));
    assert_false(nero_pick_is_wrong(&p, &near[1])); // a neighbour in the crowd
    nero_pick_follow(&p, &none);
    assert_true(p.selected);
    assert_false(nero_pick_mark(&p, &f)); // not on this frame
    for (int i = 0; i < 20; i++)
        nero_pick_follow(&p, &none);
    assert_false(p.selected);
    nero_pick_follow(&p, &two);
    assert_false(nero_pick_is_wrong(&p, &near[0]));
    // A selected track is followed when it moves.
    nero_pick_click(&p, &(nn_result){.boxes = &tracked, .count = 1}, 5, 5);
    nero_pick_follow(&p, &(nn_result){.boxes = &far, .count = 1});
    assert_true(p.selected);
    assert_float_equal(p.choice.box.x0, 80, 0);
    nero_pick_release(&p);
}

static void refuses_a_box_without_size(void **state)
{
    (void)state;
    NeroPick p;
    NeroFeedback f;
    nero_pick_init(&p);
    nero_pick_add(&p);
    nero_pick_press(&p, 10, 10);
    nero_pick_move(&p, 12, 90);
    assert_false(nero_pick_drop(&p, 100, 100, &f));
    assert_true(p.adding); // and it may be tried again
    nero_pick_press(&p, -50, 10);
    nero_pick_move(&p, 900, 90);
    assert_true(nero_pick_drop(&p, 100, 100, &f));
    assert_float_equal(f.box.x0, 0, 0);
    assert_float_equal(f.box.x1, 100, 0);
    assert_false(nero_pick_drop(&p, 100, 100, &f));
    assert_int_equal(p.missed->len, 1);
    nero_pick_follow(&p, &(nn_result){.count = 0});
    assert_int_equal(p.missed->len, 0); // it belongs to its frame
    nero_pick_release(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_what_is_wrong), cmocka_unit_test(draws_what_was_missed),
        cmocka_unit_test(escape_cancels),      cmocka_unit_test(can_be_turned_off),
        cmocka_unit_test(shows_a_note),        cmocka_unit_test(selects_from_the_inside_out),
        cmocka_unit_test(follows_and_forgets), cmocka_unit_test(refuses_a_box_without_size),
    };
    gst_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
