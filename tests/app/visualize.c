// SPDX-License-Identifier: MIT
// neroscale visualize: figures, numbers and errors of a small network on pictures made here.
#include "nn/base/features.h"
#include "nn/explain/explain.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "pipeline/reader.h"
#include "tests/pipeline/clip.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <stdio.h>

enum { WIDTH = 120, HEIGHT = 80 };
static const char *const labels[] = {"rose", "tulip", "iris"};

static test_path model_path(void)
{
    return test_temp("m.safetensors");
}

static int make_model(void **state)
{
    (void)state;
    nn_model *m;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=3,alpha=0.25,beta=0.5",
                    .task = "classify",
                    .input_h = 64,
                    .input_w = 64};
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_zoo_init_random(m, 5, NULL);
    assert_int_equal(nn_card_set_labels(&m->card, labels, 3, NULL), NN_OK);
    assert_int_equal(nn_model_save(m, model_path().text, false, NULL), NN_OK);
    nn_model_free(m);
    return 0;
}

// A bright disc on a dark ramp.
static nn_image paint(void)
{
    static uint8_t rgb[3 * WIDTH * HEIGHT];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *p = rgb + 3 * (y * WIDTH + x);
            const bool in = (x - 70) * (x - 70) + (y - 30) * (y - 30) < 400;
            p[0] = (uint8_t)(in ? 240 : x);
            p[1] = (uint8_t)(in ? 200 : y);
            p[2] = (uint8_t)(in ? 20 : 60);
        }
    return (nn_image){WIDTH, HEIGHT, rgb};
}

static test_path save_picture(const char *name)
{
    const test_path path = test_temp(name);
    const nn_image image = paint();
    assert_int_equal(nn_image_save_png(&image, path.text, NULL), NN_OK);
    return path;
}

// What the library says itself; the caller releases the map.
static nn_explain_map explain(const char *method, const char *layer, int channel, int strongest)
{
    nn_error err = {0};
    nn_explainer *e;
    nn_explain_target t;
    nn_explain_settings settings;
    nn_explain_map map = {0};
    const nn_image image = paint();
    const nn_frame frame = nn_image_frame(&image);
    if (nn_explainer_open(&e, model_path().text, NULL, &err) != NN_OK ||
        nn_explainer_see(e, &frame, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_explain_target_init(&t);
    nn_explain_settings_init(&settings);
    if (layer) {
        t.layer = nn_explainer_find_layer(e, layer, &err);
        t.channel = channel;
        t.strongest = strongest;
    }
    if (nn_explain(e, method, &t, &settings, &map, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_explainer_free(e);
    return map;
}

static void expect_same(const char *file, const char *name, const float *data, int count)
{
    nn_bundle b;
    nn_error err = {0};
    if (nn_bundle_load(&b, test_temp(file).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_tensor *t = nn_bundle_find(&b, name);
    assert_non_null(t);
    assert_int_equal(nn_shape_count(&t->shape), count);
    const float *have = t->data;
    for (int i = 0; i < count; i++)
        assert_float_equal(have[i], data[i], 1e-5 * (1 + fabs((double)data[i])));
    nn_bundle_release(&b);
}

static nn_image load(const char *name)
{
    nn_image image;
    nn_error err = {0};
    if (nn_image_load(&image, test_temp(name).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    return image;
}

static void test_gradcam(void **state)
{
    (void)state;
    const test_path picture = save_picture("disc.png"), out = test_temp("cam.png");
    const test_path raw = test_temp("cam.safetensors"), json = test_temp("cam.json");
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--out", out.text,
                                 "--raw", raw.text, "--json", json.text, NULL),
                     0);
    command_said("Grad-CAM of ");
    command_said("MiB of memory");
    nn_explain_map map = explain("gradcam", NULL, -1, 0);
    expect_same("cam.safetensors", "map", map.data, map.height * map.width);
    expect_same("cam.safetensors", "cells", map.cells, map.cells_h * map.cells_w);
    nn_image page = load("cam.png"); // two pictures beside each other and a bar
    assert_true(page.width > 900 && page.width < 1100 && page.height > 500 && page.height < 700);
    nn_image_release(&page);
    char *text = test_read_text("cam.json");
    cJSON *list = cJSON_Parse(text), *one = cJSON_GetArrayItem(list, 0);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "method")), "gradcam");
    assert_float_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "score")), (double)map.score,
                       1e-4 * fabs((double)map.score));
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(one, "bytes")) > 1e5);
    cJSON_Delete(list);
    free(text);
    nn_explain_map_release(&map);
}

static void test_channel(void **state)
{
    (void)state;
    const test_path picture = save_picture("disc.png"), out = test_temp("deconv.png");
    const test_path raw = test_temp("deconv.safetensors");
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--layer",
                                 "block1.gelu", "--channel", "2", "--strongest", "3", "--out",
                                 out.text, "--raw", raw.text, NULL),
                     0);
    command_said("Deconvnet of block1.gelu, channel 2");
    nn_explain_map map = explain("deconv", "block1.gelu", 2, 3);
    expect_same("deconv.safetensors", "map", map.data, 3 * map.height * map.width);
    nn_explain_map_release(&map);
}

static void test_sheets(void **state)
{
    (void)state;
    const test_path picture = save_picture("disc.png"), out = test_temp("sheet.png");
    static const char *const words[][6] = {
        {"--all-layers", "--method", "deconv", NULL},
        {"--all-layers", NULL},
        {"--layer", "block1.gelu", "--method", "deconv", NULL},
        {"--layer", "block1.gelu", "--method", "features", NULL},
        {"--all-layers", "--method", "features", NULL},
    };
    for (int i = 0; i < 5; i++) {
        const char *const *w = words[i];
        assert_int_equal(command_run("visualize", model_path().text, picture.text, "--out",
                                     out.text, "--force", w[0], w[1], w[1] ? w[2] : NULL,
                                     w[1] && w[2] ? w[3] : NULL, NULL),
                         0);
        nn_image page = load("sheet.png");
        assert_true(page.width >= 460 && page.height > 300);
        nn_image_release(&page);
    }
}

// Figures of the network alone, and of a data set: eight pictures, one of them with the disc.
static void test_alone(void **state)
{
    (void)state;
    const test_path out = test_temp("alone.png"), raw = test_temp("alone.safetensors");
    nn_bundle b;
    char name[64];
    assert_int_equal(command_run("visualize", model_path().text, "--method", "filters", "--layer",
                                 "block1.fine", "--out", out.text, "--raw", raw.text, NULL),
                     0);
    assert_int_equal(nn_bundle_load(&b, raw.text, NULL), NN_OK);
    assert_int_equal(nn_bundle_find(&b, "filters")->shape.dim[1], 3); // of the picture itself
    nn_bundle_release(&b);
    assert_int_equal(command_run("visualize", model_path().text, "--method", "maximize", "--class",
                                 "tulip", "--steps", "24", "--out", out.text, "--raw", raw.text,
                                 "--force", NULL),
                     0);
    assert_int_equal(nn_bundle_load(&b, raw.text, NULL), NN_OK);
    const nn_tensor *scores = nn_bundle_find(&b, "scores.1");
    assert_int_equal(nn_shape_count(&scores->shape), 25);
    assert_true(((const float *)scores->data)[24] > ((const float *)scores->data)[0]);
    nn_bundle_release(&b);
    test_make_dir("many");
    test_make_dir("many/below");
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, i < 4 ? "many/p%d.png" : "many/below/p%d.png", i);
        save_picture(name);
    }
    test_write_text("many/below/p9.png", "no picture");
    assert_int_equal(command_run("visualize", model_path().text, "--layer", "block1.gelu", "--top",
                                 "3", "--top-over", test_temp("many").text, "--out", out.text,
                                 "--raw", raw.text, "--json", test_temp("alone.json").text,
                                 "--force", NULL),
                     0);
    assert_int_equal(nn_bundle_load(&b, raw.text, NULL), NN_OK);
    const nn_tensor *hits = nn_bundle_find(&b, "hits");
    assert_true(hits->shape.dim[1] == 3 && hits->shape.dim[2] == 9 && hits->shape.dim[3] == 4);
    for (int c = 0; c < 3; c++) { // all pictures are the same: so are their values
        const float *row = (const float *)hits->data + (size_t)c * 36;
        for (int k = 1; k < 8; k++)
            assert_true(row[4 * k] == row[0] && row[4 * k + 1] == (float)k);
        assert_true(row[4 * 8] == 0);
    }
    nn_bundle_release(&b);
    char *text = test_read_text("alone.json");
    assert_non_null(strstr(text, "p3.png"));
    free(text);
}

static void test_invariance(void **state)
{
    (void)state;
    const test_path picture = save_picture("disc.png"), out = test_temp("curves.png");
    const test_path raw = test_temp("curves.safetensors");
    nn_bundle b;
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--invariance",
                                 "--out", out.text, "--raw", raw.text, NULL),
                     NN_HAS_plplot ? 0 : 2);
    if (!NN_HAS_plplot)
        return;
    assert_int_equal(nn_bundle_load(&b, raw.text, NULL), NN_OK);
    const nn_tensor *t = nn_bundle_find(&b, "rotation");
    const float *row = t->data;
    assert_int_equal(t->shape.dim[3], 4);
    assert_true(row[0] == 0 && row[1] == 0 && row[2] == 0); // not moved: the same features
    assert_true(row[4 * 5 + 1] > 0.05f && row[3] > 0 && row[3] <= 1);
    nn_bundle_release(&b);
}

// A video with heat over it: all of its frames, above a line of words.
static void test_video(void **state)
{
    (void)state;
    nn_error err = {0};
    nn_frame f;
    vp_reader *r;
    g_autofree char *clip = clip_make("ball.avi");
    const test_path out = test_temp("heat.mp4"), json = test_temp("heat.json");
    assert_int_equal(command_run("visualize", model_path().text, clip, "--class", "rose", "--out",
                                 out.text, "--json", json.text, NULL),
                     0);
    if (vp_reader_open(&r, out.text, 0, 0, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < CLIP_FRAMES; i++) {
        assert_int_equal(vp_reader_next(r, &f, &err), 1);
        assert_true(f.width == 320 && f.height == 240 + 46);
    }
    const uint8_t *strip = f.plane[0] + (size_t)(240 + 40) * (size_t)f.stride[0] + 3 * 150;
    assert_true(strip[0] < 60 && strip[2] < 80); // dark
    assert_int_equal(vp_reader_next(r, &f, &err), 0);
    vp_reader_close(r);
    char *text = test_read_text("heat.json");
    cJSON *list = cJSON_Parse(text);
    assert_int_equal(cJSON_GetArraySize(list), CLIP_FRAMES);
    cJSON_Delete(list);
    free(text);
    assert_int_equal(command_run("visualize", model_path().text, clip, "--interval", "5",
                                 "--method", "deconv", "--layer", "block1.gelu", "--out", out.text,
                                 "--force", NULL),
                     0);
    assert_int_equal(vp_reader_open(&r, out.text, 0, 0, &err), NN_OK);
    assert_int_equal(vp_reader_next(r, &f, &err), 1);
    assert_int_equal(f.width, 320); // the frame beside its projection
    vp_reader_close(r);
}

static void test_occlusion(void **state)
{
    (void)state;
    const test_path picture = save_picture("covered.png"), out = test_temp("occlusion.png");
    const test_path raw = test_temp("occlusion.safetensors");
    nn_bundle b;
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--occlusion",
                                 "--method", "gradcam", "--out", out.text, NULL),
                     2);
    assert_false(g_file_test(out.text, G_FILE_TEST_EXISTS));
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--occlusion",
                                 "--patch", "12", "--stride", "8", "--out", out.text, "--raw",
                                 raw.text, NULL),
                     0);
    assert_int_equal(nn_bundle_load(&b, raw.text, NULL), NN_OK);
    const nn_tensor *p = nn_bundle_find(&b, "probability"), *a = nn_bundle_find(&b, "activation");
    assert_true(p && a && nn_bundle_find(&b, "class"));
    assert_true(p->shape.dim[2] > 1 && nn_shape_equal(&p->shape, &a->shape));
    float low = 1, high = 0;
    for (int64_t i = 0; i < nn_shape_count(&p->shape); i++) {
        low = fminf(low, nn_tensor_f32(p)[i]);
        high = fmaxf(high, nn_tensor_f32(p)[i]);
    }
    assert_true(low >= 0 && low < high && high <= 1); // the square makes a difference
    nn_bundle_release(&b);
}

static void test_channel_use(void **state)
{
    (void)state;
    const test_path dir = test_make_dir("used"), empty = test_make_dir("unused");
    save_picture("used/a.png");
    save_picture("used/b.png");
    assert_int_equal(command_run("visualize", model_path().text, "--channel-use", dir.text, NULL),
                     0);
    command_said("saturated");
    command_said("block1.fine");
    assert_int_equal(command_run("visualize", model_path().text, "--channel-use", empty.text, NULL),
                     2);
    command_said_one_line("unused");
}

static void test_folder(void **state)
{
    (void)state;
    const test_path dir = test_make_dir("in"), out = test_temp("drawn");
    char name[64];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "in/p%d.png", i);
        save_picture(name);
    }
    assert_int_equal(command_run("visualize", model_path().text, dir.text, "--out", out.text, NULL),
                     0);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "drawn/p%d.png", i);
        nn_image page = load(name);
        nn_image_release(&page);
    }
    assert_int_equal(command_run("visualize", model_path().text, dir.text, "--out", out.text, NULL),
                     2);
    command_said_one_line("--force");
}

static void refuse(const char *words, const char *a, const char *b, const char *c, const char *d)
{
    const test_path picture = save_picture("disc.png"), out = test_temp("refused.png");
    assert_int_equal(command_run("visualize", model_path().text, picture.text, "--out", out.text, a,
                                 b, c, d, NULL),
                     2);
    command_said_one_line(words);
    nn_image image;
    assert_int_not_equal(nn_image_load(&image, out.text, NULL), NN_OK); // nothing was written
}

static void test_refused(void **state)
{
    (void)state;
    refuse("block1.gelu", "--layer", "block1.gelo", NULL, NULL); // the nearest name
    refuse("is 'tulip' meant?", "--class", "tulp", NULL, NULL);
    refuse("the model has 3 classes", "--class", "7", NULL, NULL);
    refuse("is 'gradcam' meant?", "--method", "grad-cam", NULL, NULL);
    refuse("of which --layer", "--channel", "1", NULL, NULL);
    refuse("channels, 0 to", "--channel", "9999", "--layer", "block1.gelu");
    refuse("--box 1: for detectors", "--box", "1", NULL, NULL);
    refuse("not both", "--box", "1", "--class", "rose");
    assert_int_equal(command_run("visualize", NULL), 2);
    command_said_one_line("which model?");
    assert_int_equal(command_run("visualize", model_path().text, NULL), 2);
    command_said_one_line("which picture or video?");
    refuse("needs no picture", "--method", "filters", NULL, NULL);
    refuse("needs no picture", "--top-over", ".", NULL, NULL);
    const test_path picture = save_picture("disc.png"), out = test_temp("a.mp4");
    assert_int_equal(
        command_run("visualize", model_path().text, picture.text, "--out", out.text, NULL), 2);
    command_said_one_line(".png");
}

static void test_layers(void **state)
{
    (void)state;
    assert_int_equal(command_run("visualize", model_path().text, "--list-layers", NULL), 0);
    command_said("block1.gelu");
    command_said("the one of Grad-CAM");
    assert_int_equal(command_count("the one of Grad-CAM"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradcam),    cmocka_unit_test(test_channel),
        cmocka_unit_test(test_sheets),     cmocka_unit_test(test_folder),
        cmocka_unit_test(test_video),      cmocka_unit_test(test_alone),
        cmocka_unit_test(test_invariance), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_occlusion),  cmocka_unit_test(test_channel_use),
        cmocka_unit_test(test_layers)};
    return NN_HAS_pango ? cmocka_run_group_tests(tests, make_model, NULL) : 77;
}
