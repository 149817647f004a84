// SPDX-License-Identifier: MIT
// The count at a line of a real video agrees with the count by eye. The tracks were recorded from
// neroinfer and nerotrack; the slow test `crossings` makes them anew.
#include "nn/vision/analytics/analytics.h"
#include "tests/support/crossings.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>

enum { W = 768, H = 576, FRAMES = 795, STEP = 100, MOST = 64 };

typedef struct tracks {
    nn_sighting at[FRAMES + 1][MOST]; // frames count from 1
    int count[FRAMES + 1];
} tracks;

static tracks recorded;

static void read_tracks(void)
{
    char line[160];
    FILE *f = fopen(test_data("analytics/vtest-tracks.csv").text, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        int frame, id, measured;
        nn_box b = {.score = 1};
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%d,%d,%f,%f,%f,%f,%d", &frame, &id, &b.x0, &b.y0, &b.x1,
                                &b.y1, &measured),
                         7);
        assert_true(frame >= 1 && frame <= FRAMES && recorded.count[frame] < MOST);
        b.track_id = id;
        recorded.at[frame][recorded.count[frame]++] =
            (nn_sighting){.box = b, .label = "person", .measured = measured != 0};
    }
    fclose(f);
}

// Counts with every `interval`th frame measured only; in between the boxes count as predicted.
static int count(const char *lines, int interval, crossing *found, nn_area *total)
{
    nn_error err;
    nn_analytics_config c;
    nn_analytics_options o = {.lost_ms = 5000};
    int n = 0;
    for (int i = 0; i < NN_SETTINGS; i++)
        o.setting[i] = -1;
    nn_analytics_config_init(&c);
    nn_analytics *a = nn_analytics_new();
    assert_non_null(a);
    assert_int_equal(nn_analytics_config_parse(&c, true, lines, &err), NN_OK);
    assert_int_equal(nn_analytics_configure(a, &c, &o, &err), NN_OK);
    for (int f = 1; f <= FRAMES; f++) {
        for (int i = 0; i < recorded.count[f] && f % interval; i++)
            recorded.at[f][i].measured = false;
        assert_int_equal(
            nn_analytics_frame(a, recorded.at[f], recorded.count[f], W, H, (double)f * STEP, &err),
            NN_OK);
        const nn_report *r = nn_analytics_report(a);
        for (int i = 0; i < r->event_count; i++) {
            assert_true(n < MOST_CROSSINGS);
            assert_string_equal(r->events[i].type, "cross");
            found[n++] = (crossing){f, r->events[i].direction};
        }
    }
    *total = nn_analytics_report(a)->areas[0];
    nn_analytics_free(a);
    nn_analytics_config_release(&c);
    return n;
}

static void check(const char *lines, int interval, int late)
{
    crossing seen[MOST_CROSSINGS], found[MOST_CROSSINGS];
    nn_area total;
    const int by_eye = crossings_by_eye(seen), n = count(lines, interval, found, &total);
    assert_int_equal(by_eye, 27);
    assert_int_equal(n, by_eye);
    assert_int_equal(crossings_match(seen, by_eye, found, n, late), by_eye);
    assert_int_equal(total.in, 12);
    assert_int_equal(total.out, 15);
}

static void test_count_by_eye(void **state)
{
    (void)state;
    check(CROSSINGS_LINE, 1, 5);
    check(CROSSINGS_LINE ":inertia=2", 1, 5);
    check(CROSSINGS_LINE ":inertia=5", 1, 8);
}

static void test_measured_now_and_then(void **state)
{
    (void)state;
    check(CROSSINGS_LINE, 3, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_count_by_eye),
                                       cmocka_unit_test(test_measured_now_and_then)};
    read_tracks();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
