// SPDX-License-Identifier: MIT
// What the window looks like in each of its states, against pictures in tests/data/window that were
// looked at. Letters may differ a little (another FreeType, other digits), a missing word may not:
// pictures are compared cell by cell. With NEROSCALE_WINDOW_OUT set to a folder they are written
// there, and not compared.
#include "nn/base/memory.h"
#include "nn/io/image/image.h"
#include "tests/plugins/frames.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char font[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

enum {
    CELL = 16,    // pixels of its side: a letter or two
    ALLOWED = 20, // of 255, in the mean of a cell: another digit changes about 10, no text 30
};

typedef struct State {
    const char *name;
    int width, height;
    const nn_box *boxes;
    int count;
    float age_ms;
    const char *message;
    double retry_in;
    bool window;                       // not off screen: it hears keys and clicks
    bool waits, pauses, ends, records; // no frame yet; the stream stands still; it is over; key r
    const char *events;                // "z" a key, "120,80" a click, "@120,80" the mouse is there
    const char *source;                // its name; NULL: cam-yard
    bool live;
    bool tiles;  // two cameras, of which one is lost
    bool early;  // the tiles are told before there is a window
    int seconds; // from the first frame to a second one; 0: there is one only
} State;

// A ramp, so that a stretched or shifted picture is seen.
static guint8 ramp(int x, int y, int width, int height)
{
    return (guint8)(60 + 100 * x / width + 40 * y / height);
}

// The mean of squares, so that large pictures are kept small; takes `image`.
static nn_image shrink(nn_image image)
{
    const int by = MAX(image.width, image.height) / 640;
    if (by < 2)
        return image;
    nn_image s = {image.width / by, image.height / by, NULL};
    s.rgb = nn_alloc((size_t)s.width * (size_t)s.height * 3);
    assert_non_null(s.rgb);
    for (int y = 0; y < s.height; y++)
        for (int x = 0; x < s.width; x++)
            for (int c = 0; c < 3; c++) {
                int sum = 0;
                for (int k = 0; k < by * by; k++)
                    sum += image.rgb[3 * ((y * by + k / by) * image.width + x * by + k % by) + c];
                s.rgb[3 * (y * s.width + x) + c] = (uint8_t)(sum / (by * by));
            }
    nn_image_release(&image);
    return s;
}

// What is shown; events that were waiting are handled between the two pictures.
static nn_image save(GstElement *sink)
{
    nn_image image = {0};
    nn_error err = {0};
    test_path path = test_temp("state.png");
    for (int i = 0; i < 2; i++) {
        gboolean ok = FALSE;
        g_signal_emit_by_name(sink, "save-snapshot", path.text, &ok);
        assert_true(ok);
    }
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_OK);
    return image;
}

static void push_mouse(Uint32 type, int x, int y)
{
    SDL_Event e = {.button = {.type = type, .windowID = 1}};
    if (type == SDL_MOUSEMOTION) {
        e.motion.x = x;
        e.motion.y = y;
    } else {
        e.button.button = SDL_BUTTON_LEFT;
        e.button.clicks = 1;
        e.button.x = x;
        e.button.y = y;
    }
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static void do_one(const char *event)
{
    int x = 0, y = 0;
    const bool moves = event[0] == '@';
    SDL_Event e = {.key = {.type = SDL_KEYDOWN, .windowID = 1}};
    if (sscanf(event + moves, "%d,%d", &x, &y) == 2) {
        push_mouse(SDL_MOUSEMOTION, x, y);
        if (moves)
            return;
        push_mouse(SDL_MOUSEBUTTONDOWN, x, y);
        push_mouse(SDL_MOUSEBUTTONUP, x, y);
        return;
    }
    e.key.keysym.sym = event[0] == '?' ? SDLK_F1 : event[0];
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static void do_all(GstElement *sink, const char *events)
{
    g_auto(GStrv) each = g_strsplit(events, " ", -1);
    for (int i = 0; each[i]; i++) {
        do_one(each[i]);
        nn_image image = save(sink);
        nn_image_release(&image);
    }
}

// A hint of the first seconds is not there without figures.
static GstHarness *open_state(const State *s)
{
    g_autofree char *text = g_strdup_printf(
        "nerosink name=s offscreen=%s hud=%s sync=false source-name=%s controls=true font=%s",
        s->window ? "no" : "yes", s->window && !s->ends && !s->pauses ? "false" : "true",
        s->source ? s->source : "cam-yard", font);
    GstHarness *h = gst_harness_new_parse(text);
    gst_harness_set_live(h, s->live);
    return h;
}

static void add_tile(GValue *list, GstStructure *tile)
{
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, tile);
    gst_value_array_append_and_take_value(list, &value);
}

static void set_tiles(GstElement *sink)
{
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_ARRAY);
    add_tile(&list,
             gst_structure_new("tile", "width", G_TYPE_INT, 320, "height", G_TYPE_INT, 360, "name",
                               G_TYPE_STRING, "gate", "live", G_TYPE_BOOLEAN, TRUE, "silent",
                               G_TYPE_DOUBLE, 71.5, "retry-in", G_TYPE_DOUBLE, 59.5, NULL));
    add_tile(&list, gst_structure_new("tile", "x", G_TYPE_INT, 320, "width", G_TYPE_INT, 320,
                                      "height", G_TYPE_INT, 360, "name", G_TYPE_STRING, "yard",
                                      "live", G_TYPE_BOOLEAN, TRUE, NULL));
    g_object_set_property(G_OBJECT(sink), "tiles", &list);
    g_value_unset(&list);
}

static nn_image draw(const State *s)
{
    GstHarness *h = open_state(s);
    g_autoptr(GstElement) sink = gst_harness_find_element(h, "nerosink");
    if (s->message && s->waits)
        g_object_set(sink, "message", s->message, NULL);
    if (s->tiles && s->early)
        set_tiles(sink);
    for (int i = 0; !s->waits && i <= (s->ends || s->seconds > 0); i++) {
        GstBuffer *b = frame_grey(s->width, s->height, ramp);
        frame_caps(h, "GRAY8", s->width, s->height, "");
        frame_add_boxes(b, s->boxes, s->count, s->width, s->height, s->age_ms);
        if (s->seconds > 0)
            GST_BUFFER_PTS(b) = (GstClockTime)(i * s->seconds) * GST_SECOND;
        assert_int_equal(gst_harness_push(h, b), GST_FLOW_OK);
    }
    if (s->message && !s->waits)
        g_object_set(sink, "message", s->message, NULL);
    if (s->retry_in > 0)
        g_object_set(sink, "retry-in", s->retry_in, NULL);
    if (s->tiles && !s->early)
        set_tiles(sink);
    if (s->records)
        g_object_set(sink, "recording", TRUE, NULL);
    if (s->ends)
        gst_harness_push_event(h, gst_event_new_eos());
    if (s->pauses)
        gst_element_set_state(sink, GST_STATE_PAUSED);
    do_all(sink, s->events ? s->events : "");
    nn_image image = save(sink);
    if (s->pauses)
        gst_element_set_state(sink, GST_STATE_PLAYING);
    gst_harness_teardown(h);
    return shrink(image);
}

// The sum of a channel over a cell.
static int sum_cell(const nn_image *image, int x0, int y0, int channel)
{
    int sum = 0;
    for (int y = y0; y < MIN(y0 + CELL, image->height); y++)
        for (int x = x0; x < MIN(x0 + CELL, image->width); x++)
            sum += image->rgb[3 * (y * image->width + x) + channel];
    return sum;
}

// The largest difference between means of a cell of both pictures, which have the same size.
static int largest_difference(const nn_image *a, const nn_image *b)
{
    int largest = 0;
    for (int y = 0; y < a->height; y += CELL)
        for (int x = 0; x < a->width; x += CELL)
            for (int c = 0; c < 3; c++)
                largest = MAX(largest, abs(sum_cell(a, x, y, c) - sum_cell(b, x, y, c)));
    return largest / (CELL * CELL);
}

static int difference_of(const State *s)
{
    nn_image got = draw(s), want = {0};
    nn_error err = {0};
    g_autofree char *from =
        g_strdup_printf("%s/window/%s.png", getenv("NEROSCALE_TEST_DATA"), s->name);
    assert_int_equal(nn_image_load(&want, from, &err), NN_OK);
    assert_int_equal(got.width, want.width);
    assert_int_equal(got.height, want.height);
    const int difference = largest_difference(&got, &want);
    nn_image_release(&got);
    nn_image_release(&want);
    return difference;
}

static void write_picture(const State *s, const char *folder)
{
    nn_error err = {0};
    nn_image got = draw(s);
    g_autofree char *to = g_strdup_printf("%s/%s.png", folder, s->name);
    assert_int_equal(nn_image_save_png(&got, to, &err), NN_OK);
    nn_image_release(&got);
}

static void compare(const State *s)
{
    const char *out = getenv("NEROSCALE_WINDOW_OUT");
    if (out) {
        write_picture(s, out);
        return;
    }
    const int difference = difference_of(s);
    if (difference > ALLOWED)
        fail_msg("%s: a part of the picture differs by %d", s->name, difference);
}

// What is found in most states.
static const nn_box street[] = {{60, 120, 110, 280, 0.91f, 0, 3, false, 0},
                                {300, 150, 480, 260, 0.84f, 1, 0, false, 0},
                                {500, 80, 512, 110, 0.6f, 0, 7, true, 0},
                                {560, 150, 610, 300, 0.55f, 0, 9, true, 0}};

static void states_look_as_they_did(void **state)
{
    (void)state;
    static const nn_box upright[] = {{60, 200, 130, 400, 0.9f, 0, 1, false, 0}};
    static const nn_box large[] = {{400, 700, 700, 1700, 0.91f, 0, 3, false, 0},
                                   {1800, 900, 2900, 1600, 0.84f, 1, 0, false, 0}};
    static const nn_box small[] = {{20, 90, 50, 170, 0.91f, 0, 3, false, 0},
                                   {150, 90, 158, 106, 0.8f, 0, 4, false, 0}};
    static const nn_box whole[] = {{0, 0, 320, 240, 0.77f, 1, 0, false, 0},
                                   {0, 0, 320, 240, 0.52f, 0, 0, false, 0}};
    const State states[] = {
        {.name = "found", .width = 640, .height = 360, .boxes = street, .count = 4, .age_ms = 250},
        {.name = "lost", .width = 640, .height = 360, .boxes = street, .count = 4, .retry_in = 60},
        {.name = "message",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 0,
         .message = "the file ends too early: it is damaged\n(q closes)"},
        {.name = "upright", .width = 270, .height = 480, .boxes = upright, .count = 1},
        {.name = "4k", .width = 3840, .height = 2160, .boxes = large, .count = 2},
        {.name = "small", .width = 320, .height = 240, .boxes = small, .count = 2},
        {.name = "classes", .width = 320, .height = 240, .boxes = whole, .count = 2},
        {.name = "paused",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .pauses = true},
        {.name = "recording",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .records = true},
        {.name = "end",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .ends = true},
        {.name = "keys",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .events = "?"},
        {.name = "zone",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .events = "z 100,300 200,120 @420,150"},
        {.name = "line",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .events = "l 100,300 @420,320"},
        {.name = "selected",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .events = "350,200"},
        {.name = "tiles",
         .width = 640,
         .height = 360,
         .live = true,
         .tiles = true,
         .source = "\"\""},
        {.name = "tiles",
         .width = 640,
         .height = 360,
         .live = true,
         .tiles = true,
         .early = true,
         .source = "\"\""},
        {.name = "track",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .seconds = 72,
         .events = "85,200"},
        {.name = "enlarged",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .window = true,
         .events = "350,200 u"},
        {.name = "waiting",
         .width = 640,
         .height = 360,
         .window = true,
         .waits = true,
         .message = "waiting for the camera cam-yard \xe2\x80\xa6\n"
                    "cannot open '/dev/video0': No such file or directory"},
    };
    if (access(font, R_OK) != 0)
        skip(); // another font has other letters
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        compare(&states[i]);
}

// The same states, each without a word, or with one more: a first frame is known to be live.
static void a_missing_word_is_seen(void **state)
{
    (void)state;
    static const nn_box none[] = {{60, 120, 110, 280, 0.91f, 0, 3, false, 0}};
    const State states[] = {
        {.name = "message",
         .width = 640,
         .height = 360,
         .boxes = none,
         .message = "the file ends too early: it is damaged\n(q)"},
        {.name = "waiting",
         .width = 640,
         .height = 360,
         .window = true,
         .waits = true,
         .message = "waiting for the camera cam-yard \xe2\x80\xa6\n"
                    "cannot open '/dev/video0': No such file or"},
        {.name = "upright",
         .width = 270,
         .height = 480,
         .boxes = (const nn_box[]){{60, 200, 130, 400, 0.9f, 0, 1, false, 0}},
         .count = 1,
         .source = "cam"},
        {.name = "recording",
         .width = 640,
         .height = 360,
         .boxes = street,
         .count = 2,
         .records = true,
         .live = true},
    };
    if (access(font, R_OK) != 0)
        skip();
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        const int difference = difference_of(&states[i]);
        print_message("%s: %d\n", states[i].name, difference);
        assert_true(difference > ALLOWED);
    }
}

int main(int argc, char **argv)
{
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    g_setenv("LC_ALL", "C", TRUE); // English
    const struct CMUnitTest tests[] = {cmocka_unit_test(states_look_as_they_did),
                                       cmocka_unit_test(a_missing_word_is_seen)};
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
