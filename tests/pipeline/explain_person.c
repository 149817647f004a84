// SPDX-License-Identifier: MIT
// Grad-CAM of the model `person` lies on people: frames of a film that it was not trained on, with
// boxes drawn by hand, against a network with random weights.
#include "nn/explain/explain.h"
#include "nn/zoo/zoo.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/test.h"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <math.h>
#include <stdio.h>

enum { FIRST = 601, LAST = 793, STEP = 24, MOST = 64, WIDTH = 768, HEIGHT = 576 };

// Boxes of a frame: lines "frame,track,x,y,w,h,...".
static int read_boxes(int frame, nn_box *boxes)
{
    FILE *f = fopen(test_data("person/vtest-601-793.txt").text, "r");
    char line[200];
    int count = 0, at;
    float x, y, w, h;
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%d,%*d,%f,%f,%f,%f", &at, &x, &y, &w, &h) == 5 && at == frame &&
            count < MOST)
            boxes[count++] = (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h};
    fclose(f);
    return count;
}

static bool is_inside(const nn_box *boxes, int count, float x, float y)
{
    for (int i = 0; i < count; i++)
        if (x >= boxes[i].x0 && x < boxes[i].x1 && y >= boxes[i].y0 && y < boxes[i].y1)
            return true;
    return false;
}

// The mean heat inside of boxes over the mean heat of the frame: 1 for a uniform map.
static double focus(nn_explainer *e, const nn_frame *frame, const nn_box *boxes, int count)
{
    nn_explain_map map = {0};
    nn_explain_target t;
    nn_error err = {0};
    double sum[2] = {0}, area[2] = {0};
    nn_explain_target_init(&t);
    t.channel = 0;
    if (nn_explainer_see(e, frame, &err) != NN_OK ||
        nn_explain(e, "gradcam", &t, NULL, &map, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_letterbox l = nn_explainer_letterbox(e);
    for (int y = 0; y < map.height; y++)
        for (int x = 0; x < map.width; x++) {
            const float fx = ((float)x + 0.5f - l.pad_x) / l.scale_x;
            const float fy = ((float)y + 0.5f - l.pad_y) / l.scale_y;
            if (fx < 0 || fy < 0 || fx >= WIDTH || fy >= HEIGHT)
                continue;
            const bool in = is_inside(boxes, count, fx, fy);
            sum[in] += (double)map.data[y * map.width + x];
            area[in]++;
        }
    nn_explain_map_release(&map);
    const double all = sum[0] + sum[1];
    return all > 0 && area[1] > 0 ? sum[1] / all / (area[1] / (area[0] + area[1])) : 0;
}

static nn_explainer *open_model(bool random)
{
    nn_explainer *e;
    nn_error err = {0};
    nn_status status = nn_explainer_open(&e, "person", NULL, &err);
    if (status == NN_OK && random) {
        nn_model *m;
        status = nn_zoo_build(&m, nn_explainer_card(e), &err);
        nn_explainer_free(e);
        if (status == NN_OK) {
            nn_zoo_init_random(m, 1, (const float[2]){30, 60});
            status = nn_explainer_new(&e, m, "random", NULL, &err);
        }
    }
    if (status != NN_OK)
        fail_msg("%s", err.text);
    return e;
}

static GstElement *open_film(GstElement **sink)
{
    char film[1024];
    if (!find_film(film, sizeof film))
        return NULL;
    g_autofree char *text = g_strdup_printf(
        "filesrc location=\"%s\" ! decodebin ! videoconvert ! video/x-raw,format=BGRx ! "
        "appsink name=out sync=false max-buffers=4",
        film);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    *sink = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    return pipeline;
}

static void test_focus(void **state)
{
    (void)state;
    GstElement *sink = NULL, *pipeline = open_film(&sink);
    if (!pipeline)
        skip();
    nn_explainer *trained = open_model(false), *random = open_model(true);
    double focused = 0, blind = 0;
    int frames = 0;
    for (int i = 1; i <= LAST; i++) {
        GstSample *sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
        nn_box boxes[MOST];
        assert_non_null(sample);
        const int count = i >= FIRST && (i - FIRST) % STEP == 0 ? read_boxes(i, boxes) : 0;
        GstMapInfo info;
        if (count > 0 && gst_buffer_map(gst_sample_get_buffer(sample), &info, GST_MAP_READ)) {
            const nn_frame frame = {.format = NN_PIXEL_BGRX,
                                    .width = WIDTH,
                                    .height = HEIGHT,
                                    .plane = {info.data},
                                    .stride = {4 * WIDTH}};
            assert_true(info.size >= 4 * WIDTH * HEIGHT);
            focused += focus(trained, &frame, boxes, count);
            blind += focus(random, &frame, boxes, count);
            frames++;
            gst_buffer_unmap(gst_sample_get_buffer(sample), &info);
        }
        gst_sample_unref(sample);
    }
    assert_true(frames >= 5);
    print_message("heat inside boxes over that of a uniform map, %d frames: %.2f, random %.2f\n",
                  frames, focused / frames, blind / frames);
    assert_true(focused / frames >= 3 && focused > blind);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    nn_explainer_free(trained);
    nn_explainer_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_focus)};
    gst_init(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
