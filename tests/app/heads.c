// SPDX-License-Identifier: MIT
// neroscale run with a small model of every head, a second model inside of boxes, and convert
// --head.
#include "tests/support/heads.h"
#include "nn/io/image/image.h"
#include "nn/vision/decode/decode.h"
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <glib.h>
#include <math.h>

enum { W = 96, H = 64 };

static const head_object objects[] = {{20, 14, 14, 18, 0.9f, 0}, {60, 40, 30, 20, 0.8f, 0}};

static char *clip;

static char *write_model(const char *head)
{
    g_autofree char *name = g_strdup_printf("%s.onnx", head);
    char *path = clip_path(name);
    head_outputs o = heads_make(head, H, W, 1, heads_classes(head, 3));
    for (int i = 0; i < 2; i++)
        heads_plant(&o, head, H, W, 0, i, &objects[i]);
    heads_write_model(path, &o, 1, H, W);
    heads_release(&o);
    return path;
}

// The objects in the first line of JSON; the caller frees *line.
static const cJSON *first_objects(const char *text, cJSON **line)
{
    *line = cJSON_ParseWithOpts(text, NULL, false);
    assert_non_null(*line);
    return cJSON_GetObjectItemCaseSensitive(*line, "objects");
}

// Fails unless the planted objects are found on a frame of CLIP_WIDTH x CLIP_HEIGHT.
static void expect_objects(const char *json, const nn_decoder *d)
{
    cJSON *line;
    const cJSON *list = first_objects(json, &line);
    const nn_letterbox l = d->input.stretch ? nn_letterbox_stretch(CLIP_WIDTH, CLIP_HEIGHT, W, H)
                                            : nn_letterbox_fit(CLIP_WIDTH, CLIP_HEIGHT, W, H);
    if (cJSON_GetArraySize(list) != (d->whole_frame ? 1 : 2))
        fail_msg("%s: %s", d->name, json);
    for (int i = 0; i < 2 && !d->whole_frame; i++) {
        const cJSON *detection =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, i), "detection");
        const cJSON *box = cJSON_GetObjectItemCaseSensitive(detection, "bounding_box");
        const double x0 =
            ((double)(objects[i].cx - objects[i].w / 2) - (double)l.pad_x) / (double)l.scale_x;
        const double y1 =
            ((double)(objects[i].cy + objects[i].h / 2) - (double)l.pad_y) / (double)l.scale_y;
        if (fabs(json_number(box, "x_min") * CLIP_WIDTH - fmax(x0, 0)) > 0.1 ||
            fabs(json_number(box, "y_max") * CLIP_HEIGHT - fmin(y1, CLIP_HEIGHT)) > 0.1)
            fail_msg("%s: %s", d->name, json);
    }
    cJSON_Delete(line);
}

static void runs_every_head(void **state)
{
    (void)state;
    for (int i = 0; i < nn_decoder_count(); i++) {
        const nn_decoder *d = nn_decoder_at(i);
        if (!heads_plants(d) && !d->whole_frame) // segmentation: tests/app/segment.c
            continue;
        g_autofree char *model = write_model(d->name);
        spawn_output o = spawn_run("run", clip, "--no-window", "-n", "2", "-m", model, "--head",
                                   d->name, "--json", "-", NULL);
        if (o.status != 0)
            fail_msg("%s", o.err);
        expect_objects(o.out, d);
        spawn_release(&o);
    }
}

static void says_what_it_guesses(void **state)
{
    (void)state;
    g_autofree char *model = write_model("yolov8");
    spawn_output o = spawn_run("run", clip, "--no-window", "-n", "2", "-m", model, NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.err, "taken for 'yolov8' with 3 classes at 96x64");
    spawn_release(&o);
    o = spawn_run("run", clip, "--no-window", "-m", model, "--head", "fcos", NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "output0 1x7x126");
    spawn_expect(o.err, "\"clsS\"");
    spawn_release(&o);
    g_autofree char *yolox = write_model("yolox");
    o = spawn_run("run", clip, "--no-window", "-m", yolox, NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "could be those of yolov6, yolox, yolox_decoded, yolox_legacy");
    spawn_release(&o);
    o = spawn_run("eval", yolox, "--video", clip, "--labels", clip, "--frames", "1-1", "--head",
                  "none", NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "no head called 'none'");
    spawn_release(&o);
}

static void names_classes(void **state)
{
    (void)state;
    g_autofree char *model = write_model("yolov8");
    g_autofree char *names = clip_text("names.txt", "cat\ndog\ncow\n");
    spawn_output o = spawn_run("run", clip, "--no-window", "-n", "1", "-m", model, "--names", names,
                               "--classes", "cat", "--json", "-", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "\"cat\"");
    spawn_release(&o);
    // convert --head stores the head in the file.
    g_autofree char *yolox = write_model("yolox_decoded"), *kept = clip_path("kept.onnx");
    o = spawn_run("convert", yolox, kept, "--head", "yolox_decoded", "--names", names, NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_release(&o);
    o = spawn_run("run", clip, "--no-window", "-n", "1", "-m", kept, "--json", "-", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    expect_objects(o.out, nn_decoder_find("yolox_decoded"));
    spawn_expect(o.out, "\"cat\"");
    spawn_release(&o);
}

static void lists_heads(void **state)
{
    (void)state;
    spawn_output o = spawn_run("list", "heads", NULL);
    assert_int_equal(o.status, 0);
    for (int i = 0; i < nn_decoder_count(); i++)
        spawn_expect(o.out, nn_decoder_at(i)->name);
    spawn_release(&o);
}

// A model of the keypoints of one person: the first in the middle of its input, the second to the
// right of it, the others unseen.
static char *write_pose(const char *name, double right)
{
    char *path = clip_path(name);
    head_outputs o = heads_make("movenet", 64, 64, 1, 1);
    float *k = nn_tensor_f32(&o.output[0].tensor);
    k[0] = k[1] = k[3] = 0.5f;
    k[4] = 0.5f + (float)right;
    for (int i = 0; i < 17; i++)
        k[3 * i + 2] = i < 2 ? 0.9f : 0.2f;
    heads_write_model(path, &o, 1, 64, 64);
    heads_release(&o);
    return path;
}

// The keypoints of a second model that runs inside of boxes are those of the boxes.
static void finds_keypoints_inside(void **state)
{
    (void)state;
    const double right = 0.3, margin = 1.25;
    g_autofree char *model = write_model("yolov8"), *pose = write_pose("pose.onnx", right);
    g_autofree char *inside = g_strdup_printf("class 0:%s", pose);
    spawn_output o = spawn_run("run", clip, "--no-window", "-n", "1", "-m", model, "--inside",
                               inside, "--json", "-", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    cJSON *line;
    const cJSON *list = first_objects(o.out, &line);
    const nn_letterbox l = nn_letterbox_fit(CLIP_WIDTH, CLIP_HEIGHT, W, H);
    assert_int_equal(cJSON_GetArraySize(list), 2); // and no object more
    for (int i = 0; i < 2; i++) {
        const cJSON *points =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(list, i), "keypoints");
        if (cJSON_GetArraySize(points) != 17)
            fail_msg("%s", o.out);
        const double side = margin * (double)fmaxf(objects[i].w, objects[i].h) / (double)l.scale_x;
        const double x = ((double)objects[i].cx - (double)l.pad_x) / (double)l.scale_x;
        const double y = ((double)objects[i].cy - (double)l.pad_y) / (double)l.scale_y;
        const double want[2][2] = {{x, y}, {x + right * side, y}};
        for (int k = 0; k < 2 && i == 1; k++) { // the margin of the other ends at the frame
            const cJSON *p = cJSON_GetArrayItem(points, k);
            if (fabs(json_number(p, "x") * CLIP_WIDTH - want[k][0]) > 1.5 ||
                fabs(json_number(p, "y") * CLIP_HEIGHT - want[k][1]) > 1.5)
                fail_msg("keypoint %d of %g, %g: %s", k, want[k][0], want[k][1], o.out);
        }
    }
    cJSON_Delete(line);
    spawn_release(&o);
    // The same model for all of a frame finds one person.
    o = spawn_run("run", clip, "--no-window", "-n", "1", "-m", pose, "--json", "-", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    list = first_objects(o.out, &line);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    cJSON_Delete(line);
    spawn_release(&o);
}

// A model with nodes whose sizes depend on the picture runs within the limits that are given.
static void limits_tails(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *told; // told NULL: it runs
    } cases[] = {{"--tail-memory", "16", NULL},
                 {"--tail-memory", "0.00001", "of the limit for sizes that depend on data"},
                 {"--tail-seconds", "1e-12", "take"},
                 {"--tail-seconds", "-1", "tail-seconds"}};
    static uint8_t white[3 * W * H];
    memset(white, 255, sizeof white);
    g_autofree char *model = clip_path("list.onnx"), *picture = clip_path("white.png");
    assert_int_equal(nn_image_save_png(&(nn_image){W, H, white}, picture, NULL), NN_OK);
    heads_write_list(model, 1, H, W);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        spawn_output o = spawn_run("run", picture, "--no-window", "-m", model, "--json", "-",
                                   cases[i].option, cases[i].value, NULL);
        assert_int_equal(o.status == 0, cases[i].told == NULL);
        spawn_expect(cases[i].told ? o.err : o.out, cases[i].told ? cases[i].told : "\"objects\"");
        spawn_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_every_head),        cmocka_unit_test(says_what_it_guesses),
        cmocka_unit_test(names_classes),          cmocka_unit_test(lists_heads),
        cmocka_unit_test(finds_keypoints_inside), cmocka_unit_test(limits_tails),
    };
    g_unsetenv("DISPLAY");
    g_unsetenv("WAYLAND_DISPLAY");
    clip = clip_make("heads.avi");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_free(clip);
    return failed;
}
