// SPDX-License-Identifier: MIT
// Zones and lines: what counts, what does not, and all kinds of events.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/analytics/analytics.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 1000, H = 500, STEP = 40 }; // ms

typedef struct scene {
    nn_analytics *a;
    nn_analytics_config config;
    nn_analytics_options options;
    double time;
} scene;

static nn_analytics_options plain_options(void)
{
    nn_analytics_options o = {.lost_ms = 1000};
    for (int i = 0; i < NN_SETTINGS; i++)
        o.setting[i] = -1;
    return o;
}

static void configure(scene *s, const char *zones, const char *lines)
{
    nn_error err;
    nn_analytics_config_release(&s->config);
    assert_int_equal(nn_analytics_config_parse(&s->config, false, zones, &err), NN_OK);
    assert_int_equal(nn_analytics_config_parse(&s->config, true, lines, &err), NN_OK);
    assert_int_equal(nn_analytics_configure(s->a, &s->config, &s->options, &err), NN_OK);
}

static scene open_scene(const char *zones, const char *lines)
{
    scene s = {.a = nn_analytics_new(), .options = plain_options()};
    nn_analytics_config_init(&s.config);
    assert_non_null(s.a);
    configure(&s, zones, lines);
    return s;
}

static void close_scene(scene *s)
{
    nn_analytics_free(s->a);
    nn_analytics_config_release(&s->config);
}

// A person of 20 x 60 pixels that stands at x, y.
static nn_sighting person(int id, float x, float y)
{
    return (nn_sighting){
        .box = {.x0 = x - 10, .y0 = y - 60, .x1 = x + 10, .y1 = y, .score = 0.9f, .track_id = id},
        .label = "person",
        .measured = true};
}

static nn_sighting guess(int id, float x, float y)
{
    nn_sighting g = person(id, x, y);
    g.measured = false;
    return g;
}

static const nn_report *show(scene *s, const nn_sighting *seen, int count)
{
    nn_error err;
    s->time += STEP;
    assert_int_equal(nn_analytics_frame(s->a, seen, count, W, H, s->time, &err), NN_OK);
    return nn_analytics_report(s->a);
}

// The same for `frames` frames; returns the number of events.
static int stay(scene *s, nn_sighting seen, int frames)
{
    int events = 0;
    for (int i = 0; i < frames; i++)
        events += show(s, &seen, 1)->event_count;
    return events;
}

static int nobody(scene *s, int frames)
{
    int events = 0;
    for (int i = 0; i < frames; i++)
        events += show(s, NULL, 0)->event_count;
    return events;
}

static const nn_area *area(const scene *s, int i)
{
    return &nn_analytics_report(s->a)->areas[i];
}

static const nn_event *last(const scene *s)
{
    const nn_report *r = nn_analytics_report(s->a);
    assert_true(r->event_count > 0);
    return &r->events[r->event_count - 1];
}

// --- zones ---

static const char yard[] = "yard:0.4,0.4,0.6,0.4,0.6,0.8,0.4,0.8";

static void test_enter_and_leave(void **state)
{
    (void)state;
    scene s = open_scene(yard, NULL);
    assert_int_equal(stay(&s, person(7, 300, 300), 5), 0);
    assert_int_equal(stay(&s, person(7, 500, 300), 2), 0); // inertia is 3
    assert_int_equal(area(&s, 0)->occupancy, 0);
    assert_int_equal(stay(&s, person(7, 500, 300), 1), 1);
    const nn_event *e = last(&s);
    assert_string_equal(e->type, "enter");
    assert_int_equal(e->area, 0);
    assert_int_equal(e->track_id, 7);
    assert_string_equal(e->label, "person");
    assert_true(e->at.x == 0.5f && e->at.y == 0.6f);
    assert_int_equal(e->in, 1);
    assert_int_equal(e->occupancy, 1);
    assert_false(e->lost);
    assert_true(e->speed < 0);
    assert_int_equal(area(&s, 0)->event_count, 1);
    assert_true(area(&s, 0)->since_ms == 0);
    assert_int_equal(stay(&s, person(7, 500, 300), 10), 0);
    assert_int_equal(area(&s, 0)->event_count, 0);
    assert_int_equal(area(&s, 0)->occupancy, 1);
    // since the first frame inside, 12 frames before this one
    assert_true(fabsf(area(&s, 0)->stay_ms - 12 * STEP) < 0.1f);
    assert_int_equal(nn_analytics_report(s.a)->objects[0].zones, 1);
    assert_int_equal(stay(&s, person(7, 700, 300), 3), 1);
    e = last(&s);
    assert_string_equal(e->type, "leave");
    assert_false(e->lost);
    assert_true(fabsf(e->dwell_ms - 13 * STEP) < 0.1f); // up to the first frame outside
    assert_int_equal(area(&s, 0)->in, 1);
    assert_int_equal(area(&s, 0)->out, 1);
    assert_int_equal(area(&s, 0)->occupancy, 0);
    assert_true(fabsf(area(&s, 0)->dwell_ms - 13 * STEP) < 0.1f);
    assert_true(area(&s, 0)->stay_ms == 0);
    close_scene(&s);
}

// A box that jitters over the edge neither enters nor leaves.
static void test_jitter(void **state)
{
    (void)state;
    scene s = open_scene(yard, NULL);
    int events = 0;
    for (int i = 0; i < 40; i++)
        events += stay(&s, person(1, i % 2 ? 401 : 399, 300), 1);
    assert_int_equal(events, 0);
    assert_int_equal(stay(&s, person(1, 410, 300), 3), 1);
    for (int i = 0; i < 40; i++)
        events += stay(&s, person(1, i % 3 == 2 ? 401 : 399, 300), 1);
    assert_int_equal(events, 0);
    assert_int_equal(area(&s, 0)->occupancy, 1);
    close_scene(&s);
}

// The bottom centre counts, or the middle.
static void test_anchor(void **state)
{
    (void)state;
    scene s = open_scene(yard, NULL);
    assert_int_equal(stay(&s, person(1, 500, 430), 5), 0); // stands below, reaches in
    s.options.center = true;
    configure(&s, yard, NULL);
    assert_int_equal(stay(&s, person(1, 500, 420), 5), 1);
    close_scene(&s);
}

static void test_lost(void **state)
{
    (void)state;
    scene s = open_scene(yard, NULL);
    stay(&s, person(1, 500, 300), 5);
    assert_int_equal(nobody(&s, 20), 0); // 800 ms: it may come back
    assert_int_equal(area(&s, 0)->occupancy, 1);
    assert_int_equal(stay(&s, person(1, 510, 300), 5), 0); // it was there all the time
    assert_int_equal(nobody(&s, 25), 0);
    assert_int_equal(nobody(&s, 1), 1);
    const nn_event *e = last(&s);
    assert_string_equal(e->type, "leave");
    assert_true(e->lost);
    assert_true(fabsf(e->dwell_ms - 29 * STEP) < 0.1f); // up to when it was last seen
    assert_int_equal(area(&s, 0)->occupancy, 0);
    assert_int_equal(nobody(&s, 5), 0);
    // one that was already outside has left, it was not lost
    stay(&s, person(2, 500, 300), 5);
    stay(&s, person(2, 700, 300), 1);
    assert_int_equal(nobody(&s, 26), 1);
    assert_false(last(&s)->lost);
    assert_int_equal(area(&s, 0)->in, 2);
    assert_int_equal(area(&s, 0)->out, 2);
    close_scene(&s);
}

// Predicted places move an object; only a measured one makes it count.
static void test_predicted(void **state)
{
    (void)state;
    scene s = open_scene(yard, "gate:0.3,0,0.3,1");
    stay(&s, person(1, 200, 300), 2);
    assert_int_equal(stay(&s, guess(1, 500, 300), 10), 0);
    assert_int_equal(stay(&s, person(1, 510, 300), 1), 2);
    assert_string_equal(last(&s)->type, "cross");
    assert_int_equal(area(&s, 0)->in, 1);
    // predicted over the line and back again: it never was there
    assert_int_equal(stay(&s, guess(1, 200, 300), 10), 0);
    assert_int_equal(stay(&s, person(1, 510, 300), 5), 0);
    close_scene(&s);
}

static void test_loiter(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,0.5,1:loitering-time=400;b:0.5,0,1,1", NULL);
    assert_int_equal(stay(&s, person(1, 100, 300), 10), 1);
    assert_int_equal(stay(&s, person(1, 100, 300), 1), 1); // 400 ms after its first frame
    assert_string_equal(last(&s)->type, "loiter");
    assert_true(fabsf(last(&s)->dwell_ms - 400) < 0.1f);
    assert_int_equal(area(&s, 0)->loitering, 1);
    assert_int_equal(stay(&s, person(1, 100, 300), 50), 0); // once a visit
    assert_int_equal(stay(&s, person(1, 900, 300), 50), 2); // leave, enter
    assert_int_equal(area(&s, 0)->loitering, 0);
    assert_int_equal(stay(&s, person(1, 100, 300), 20), 3);
    close_scene(&s);
}

static void test_overcrowd(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,1,1:max-objects=2:inertia=2", NULL);
    const nn_sighting three[] = {person(1, 100, 300), person(2, 200, 300), person(3, 300, 300)};
    show(&s, three, 2);
    assert_int_equal(show(&s, three, 2)->event_count, 2);
    assert_false(area(&s, 0)->crowded);
    show(&s, three, 3);
    const nn_report *r = show(&s, three, 3);
    assert_int_equal(r->event_count, 1); // the third enters; inertia
    r = show(&s, three, 3);
    assert_int_equal(r->event_count, 1);
    assert_string_equal(last(&s)->type, "overcrowd");
    assert_int_equal(last(&s)->track_id, 0);
    assert_int_equal(last(&s)->occupancy, 3);
    assert_true(last(&s)->at.x == 0.5f);
    assert_true(area(&s, 0)->crowded);
    for (int i = 0; i < 10; i++)
        assert_int_equal(show(&s, three, 3)->event_count, 0);
    int events = 0;
    for (int i = 0; i < 30; i++)
        events += show(&s, three, 2)->event_count;
    assert_int_equal(events, 1); // the third leaves
    assert_false(area(&s, 0)->crowded);
    close_scene(&s);
}

static void test_without_identities(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,0.5,1:max-objects=1", "gate:0.3,0,0.3,1");
    const nn_sighting two[] = {person(0, 100, 300), person(0, 200, 300), person(0, 900, 300)};
    assert_int_equal(show(&s, two, 3)->event_count, 0);
    assert_int_equal(area(&s, 0)->occupancy, 2);
    assert_false(nn_analytics_has_identities(s.a));
    show(&s, two, 3);
    assert_int_equal(show(&s, two, 3)->event_count, 1);
    assert_string_equal(last(&s)->type, "overcrowd");
    assert_int_equal(area(&s, 0)->in, 0);
    show(&s, NULL, 0);
    assert_int_equal(area(&s, 0)->occupancy, 0);
    // with identities, those without are not counted: they may be no objects
    const nn_sighting mixed[] = {person(4, 100, 300), person(0, 200, 300)};
    for (int i = 0; i < 5; i++)
        show(&s, mixed, 2);
    assert_true(nn_analytics_has_identities(s.a));
    assert_int_equal(area(&s, 0)->occupancy, 1);
    close_scene(&s);
}

static void test_classes(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,1,1:classes=car, bus", "gate:0.3,0,0.3,1:classes=car");
    nn_sighting car = person(2, 100, 300), bus = person(3, 100, 300);
    car.label = "car";
    bus.label = "bus";
    assert_int_equal(stay(&s, person(1, 100, 300), 5), 0);
    assert_int_equal(stay(&s, person(1, 900, 300), 5), 0);
    assert_int_equal(stay(&s, car, 5), 1);
    assert_int_equal(stay(&s, bus, 5), 1);
    car = person(2, 900, 300);
    car.label = "car";
    assert_int_equal(stay(&s, car, 5), 1);
    close_scene(&s);
}

// --- lines ---

static void walk(scene *s, int id, float x0, float y0, float x1, float y1, int frames)
{
    for (int i = 0; i <= frames; i++) {
        const float t = (float)i / (float)frames;
        stay(s, person(id, x0 + t * (x1 - x0), y0 + t * (y1 - y0)), 1);
    }
}

static void test_directions(void **state)
{
    (void)state;
    // from left to right: down is in. The same from right to left: down is out
    scene s = open_scene(NULL, "there:0.1,0.5,0.9,0.5;back:0.9,0.5,0.1,0.5");
    walk(&s, 1, 500, 100, 510, 400, 30);
    assert_int_equal(area(&s, 0)->in, 1);
    assert_int_equal(area(&s, 0)->out, 0);
    assert_int_equal(area(&s, 1)->in, 0);
    assert_int_equal(area(&s, 1)->out, 1);
    walk(&s, 1, 510, 400, 300, 100, 30);
    assert_int_equal(area(&s, 0)->in, 1);
    assert_int_equal(area(&s, 0)->out, 1);
    walk(&s, 2, 50, 100, 50, 400, 30); // past the end
    walk(&s, 2, 50, 400, 500, 300, 30);
    assert_int_equal(area(&s, 0)->in, 1);
    walk(&s, 2, 500, 300, 500, 100, 30);
    assert_int_equal(area(&s, 0)->out, 2);
    close_scene(&s);
}

static void test_crossing(void **state)
{
    (void)state;
    scene s = open_scene(NULL, "gate:0,0.5,1,0.5");
    stay(&s, person(1, 500, 240), 3);
    assert_int_equal(stay(&s, person(1, 500, 260), 2), 0);
    assert_int_equal(stay(&s, person(1, 500, 260), 1), 1);
    const nn_event *e = last(&s);
    assert_string_equal(e->type, "cross");
    assert_int_equal(e->direction, 1);
    assert_int_equal(e->in, 1);
    assert_int_equal(e->out, 0);
    assert_int_equal(e->dwell_ms, 0);
    // so near that it is on neither side, for as long as it likes
    assert_int_equal(stay(&s, person(1, 500, 248), 50), 0);
    assert_int_equal(stay(&s, person(1, 500, 240), 2), 0);
    assert_int_equal(stay(&s, person(1, 500, 251), 1), 0);
    assert_int_equal(stay(&s, person(1, 500, 240), 2), 0);
    assert_int_equal(stay(&s, person(1, 500, 260), 1), 0);
    // fast, with a gap
    nobody(&s, 10);
    assert_int_equal(stay(&s, person(1, 510, 100), 3), 1);
    assert_int_equal(last(&s)->direction, -1);
    close_scene(&s);
}

// A box that jitters on the line counts once: by any amount from frame to frame, or at random by
// less than 0.15 of its width.
static void test_jitter_on_line(void **state)
{
    (void)state;
    for (int size = 1; size <= 40; size++) {
        scene s = open_scene(NULL, "gate:0,0.5,1,0.5");
        nn_rng rng = nn_rng_seed((uint64_t)size);
        walk(&s, 1, 500, 100, 500, 248, 20);
        for (int i = 0; i < 400; i++) {
            const float part = nn_rng_uniform(&rng);
            const float d = size > 6 ? (i % 2 ? 1.0f : -1.0f) * (float)size * part
                                     : (part - 0.5f) * (float)size;
            stay(&s, person(1, 500, 250 + d), 1);
        }
        walk(&s, 1, 500, 252, 500, 400, 20);
        assert_int_equal(area(&s, 0)->in, 1);
        assert_int_equal(area(&s, 0)->out, 0);
        close_scene(&s);
    }
}

// --- speed ---

static void test_speed(void **state)
{
    (void)state;
    nn_error err;
    // a road 5 m wide and 20 m long that goes away from the camera
    scene s = open_scene(NULL, "gate:0,0.25,1,0.25");
    const char ground[] = "0.4,0.2,0.6,0.2,1,1,0,1/0,20,5,20,5,0,0,0";
    assert_int_equal(nn_analytics_config_ground(&s.config, ground, &err), NN_OK);
    assert_int_equal(nn_analytics_configure(s.a, &s.config, &s.options, &err), NN_OK);
    nn_ground g;
    double m[2];
    assert_true(nn_ground_solve(&g, &s.config.ground, W, H));
    assert_true(nn_ground_place(&g, (nn_point){0.6f, 0.2f}, m));
    assert_float_equal(m[0], 5, 1e-4);
    assert_float_equal(m[1], 20, 1e-4);
    assert_false(nn_ground_place(&g, (nn_point){0.5f, 0}, m)); // sky
    // along the middle of the road at 2 m/s: find the place of each metre by halving
    int events = 0;
    for (int f = 0; f < 100; f++) {
        const double want = 18 - 2.0 * STEP / 1000 * f;
        float low = 0.1f, high = 1;
        for (int i = 0; i < 40; i++) {
            const float y = (low + high) / 2;
            const bool far = !nn_ground_place(&g, (nn_point){0.5f, y}, m) || m[1] > want;
            *(far ? &low : &high) = y;
        }
        events += stay(&s, person(1, 500, low * H), 1);
        const nn_report *r = nn_analytics_report(s.a);
        assert_int_equal(r->object_count, 1);
        if (f < 7)
            assert_true(r->objects[0].speed < 0);
        if (f > 9)
            assert_float_equal(r->objects[0].speed, 2, 0.02);
        if (r->event_count)
            assert_float_equal(r->events[0].speed, 2, 0.02);
    }
    assert_int_equal(events, 1);
    stay(&s, person(1, 500, 400), 30);
    assert_float_equal(nn_analytics_report(s.a)->objects[0].speed, 0, 1e-3);
    close_scene(&s);
}

// A zone's own ground holds inside of it.
static void test_ground_of_zone(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,0.5,1:ground=0,0,1,0,1,1,0,1/0,0,100,0,100,50,0,50", NULL);
    for (int f = 0; f < 30; f++)
        stay(&s, person(1, 100 + (float)f * 4, 250), 1); // 4 px = 0.4 m in 40 ms
    assert_float_equal(nn_analytics_report(s.a)->objects[0].speed, 10, 0.01);
    stay(&s, person(1, 600, 250), 1);
    assert_true(nn_analytics_report(s.a)->objects[0].speed < 0);
    close_scene(&s);
}

// --- changes ---

static void test_restart_and_doubt(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,1,1", "gate:0,0.5,1,0.5");
    stay(&s, person(1, 500, 100), 5);
    nn_analytics_restart(s.a);
    s.time = -STEP; // time may begin again
    nn_sighting below = person(1, 500, 400);
    const nn_report *r = show(&s, &below, 1);
    assert_int_equal(r->event_count, 1); // the old one has left; the new one did not cross
    assert_string_equal(r->events[0].type, "leave");
    assert_true(r->events[0].lost);
    assert_true(fabsf(r->events[0].dwell_ms - 4 * STEP) < 0.1f);
    assert_int_equal(stay(&s, below, 5), 1);
    assert_int_equal(area(&s, 0)->in, 2);
    assert_int_equal(area(&s, 0)->out, 1);
    assert_int_equal(area(&s, 1)->in, 0);
    // other numbers after a change of caps
    nn_analytics_doubt(s.a);
    assert_int_equal(stay(&s, person(2, 500, 400), 1), 1);
    assert_string_equal(last(&s)->type, "leave");
    stay(&s, person(2, 500, 400), 3);
    nn_analytics_doubt(s.a);
    assert_int_equal(stay(&s, person(2, 500, 400), 3), 0); // the same one
    assert_int_equal(area(&s, 0)->in - area(&s, 0)->out, area(&s, 0)->occupancy);
    close_scene(&s);
}

static void test_pixels(void **state)
{
    (void)state;
    scene s = open_scene("a:400,200,600,400;b:0.4,0.4,0.6,0.8", NULL);
    assert_int_equal(stay(&s, person(1, 500, 300), 3), 2);
    const nn_report *r = nn_analytics_report(s.a);
    for (int i = 0; i < 4; i++) {
        assert_float_equal(nn_report_points(r, area(&s, 0))[i].x,
                           nn_report_points(r, area(&s, 1))[i].x, 1e-6);
        assert_float_equal(nn_report_points(r, area(&s, 0))[i].y,
                           nn_report_points(r, area(&s, 1))[i].y, 1e-6);
    }
    // frames of twice the size: the area keeps its part of the picture
    nn_sighting big = person(1, 1000, 600);
    nn_error err;
    for (int i = 0; i < 5; i++) {
        s.time += STEP;
        assert_int_equal(nn_analytics_frame(s.a, &big, 1, 2 * W, 2 * H, s.time, &err), NN_OK);
        assert_int_equal(nn_analytics_report(s.a)->event_count, 0);
    }
    assert_int_equal(area(&s, 0)->occupancy, 1);
    close_scene(&s);
}

static void test_configure_again(void **state)
{
    (void)state;
    scene s = open_scene("a:0,0,1,1;b:0,0,0.5,1", "gate:0,0.5,1,0.5");
    stay(&s, person(1, 100, 300), 5);
    walk(&s, 2, 100, 100, 100, 400, 20);
    assert_int_equal(area(&s, 2)->in, 1);
    s.options.lost_ms = 10000;
    configure(&s, "c:0,0,0.1,0.1;a:0,0,0.9,1", "gate:0,0.5,1,0.5;b:0,0,1,1");
    assert_int_equal(stay(&s, person(2, 100, 400), 5), 0); // it is in a still
    assert_string_equal(area(&s, 0)->name, "c");
    assert_int_equal(area(&s, 0)->in, 0);
    assert_string_equal(area(&s, 1)->name, "a");
    assert_int_equal(area(&s, 1)->in, 2);
    assert_int_equal(area(&s, 1)->occupancy, 2);
    assert_int_equal(area(&s, 2)->in, 1); // gate
    assert_true(area(&s, 3)->line);
    assert_int_equal(area(&s, 3)->in, 0);
    configure(&s, NULL, NULL);
    assert_int_equal(stay(&s, person(2, 100, 400), 5), 0);
    assert_int_equal(nn_analytics_report(s.a)->area_count, 0);
    close_scene(&s);
}

static void test_many(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    scene s = open_scene("a:0,0,1,1", NULL);
    static nn_sighting all[MANY];
    for (int i = 0; i < MANY; i++)
        all[i] = person(i / 2 * 2 + 1, 500, 300); // each twice
    for (int i = 0; i < 3; i++)
        show(&s, all, MANY);
    assert_int_equal(area(&s, 0)->occupancy, MANY / 2);
    for (int i = 0; i < MANY; i++)
        all[i].box.track_id = MANY + 1 + i;
    for (int i = 0; i < 3; i++)
        show(&s, all, MANY);
    assert_int_equal(nn_analytics_report(s.a)->object_count, 4096 - MANY / 2);
    nobody(&s, 30);
    assert_int_equal(area(&s, 0)->occupancy, 0);
    assert_int_equal(area(&s, 0)->in, 4096);
    assert_int_equal(area(&s, 0)->out, 4096);
    close_scene(&s);
}

// --- memory ---

static nn_status run_short_of_memory(void *ctx, nn_error *err)
{
    nn_analytics_config c;
    nn_report copy = {0};
    const nn_analytics_options o = plain_options();
    const nn_sighting p = person(1, 500, 300);
    (void)ctx;
    nn_analytics_config_init(&c);
    nn_analytics *a = nn_analytics_new();
    nn_status status = a ? nn_analytics_config_parse(&c, false, yard, err)
                         : nn_fail(err, NN_ENOMEM, "no memory for analytics");
    if (status == NN_OK)
        status = nn_analytics_configure(a, &c, &o, err);
    for (int i = 0; i < 4 && status == NN_OK; i++)
        status = nn_analytics_frame(a, &p, 1, W, H, i, err);
    if (status == NN_OK && nn_report_copy(&copy, nn_analytics_report(a)) != NN_OK)
        status = nn_fail(err, NN_ENOMEM, "no memory for a copy");
    nn_report_release(&copy);
    nn_analytics_free(a);
    nn_analytics_config_release(&c);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(alloc_fail_each(run_short_of_memory, NULL) > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter_and_leave),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_anchor),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_predicted),
        cmocka_unit_test(test_loiter),
        cmocka_unit_test(test_overcrowd),
        cmocka_unit_test(test_without_identities),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_directions),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_jitter_on_line),
        cmocka_unit_test(test_speed),
        cmocka_unit_test(test_ground_of_zone),
        cmocka_unit_test(test_restart_and_doubt),
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_configure_again),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
