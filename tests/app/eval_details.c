// SPDX-License-Identifier: MIT
// neroscale eval by keypoints, masks and rotated boxes, and what run saves of them. A model finds
// two objects in every picture; what it says of the second besides its box is wrong.
#include "nn/data/coco_shape.h"
#include "nn/io/image/image.h"
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/support/heads.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>

enum { W = 96, H = 64 };

static const head_object objects[] = {{20, 14, 14, 18, 0.9f, 0}, {52, 40, 40, 8, 0.8f, 0}};

static float *add_output(head_outputs *o, const char *name, const nn_shape *shape)
{
    nn_head_output *to = &o->output[o->n++];
    to->name = name;
    assert_int_equal(nn_tensor_init(&to->tensor, NN_F32, shape, NULL), NN_OK);
    return nn_tensor_f32(&to->tensor);
}

// Masks of the size of the input, or two keypoints, of eight objects: those of the second are
// wrong.
static void plant_torchvision(head_outputs *o, bool masks)
{
    const int rows = (int)o->output[0].tensor.shape.dim[0];
    float *to = masks ? add_output(o, "masks", &(nn_shape){4, {rows, 1, H, W}})
                      : add_output(o, "keypoints", &(nn_shape){3, {rows, 2, 3}});
    const head_object *b = &objects[0];
    for (int y = 0; y < H && masks; y++)
        for (int x = 0; x < W; x++)
            to[y * W + x] = fabsf((float)x + 0.5f - b->cx) < b->w / 2 &&
                            fabsf((float)y + 0.5f - b->cy) < b->h / 2;
    for (int i = 0; i < 4 && !masks; i++)
        for (int k = 0; k < 3; k++)
            to[3 * i + k] =
                k == 2 ? 1 : (k ? objects[i / 2].cy : objects[i / 2].cx) + (i % 2 ? 3 : -3);
}

// What follows the class in the columns of the outputs.
static void plant_details(head_outputs *o, const char *head)
{
    const nn_shape *s = &o->output[0].tensor.shape;
    float *rows = nn_tensor_f32(&o->output[0].tensor);
    const int64_t a = s->dim[2];
    for (int64_t i = 0; i < a; i++) {
        if (rows[4 * a + i] < 0.5f)
            continue;
        if (strstr(head, "pose"))
            for (int k = 0; k < 6; k++)
                rows[(5 + k) * a + i] =
                    k % 3 == 2 ? 0.9f : rows[(k % 3) * a + i] + (k < 3 ? -3 : 3);
        if (strstr(head, "seg"))
            rows[5 * a + i] = 5;
    }
    if (!strstr(head, "seg"))
        return;
    float *prototype = nn_tensor_f32(&o->output[1].tensor);
    for (int y = 0; y < H / 4; y++) // the second object has no pixel
        for (int x = 0; x < W / 4; x++)
            prototype[y * (W / 4) + x] = y < 7 ? 1 : -1;
}

static bool torchvision_masks; // Mask R-CNN; else Keypoint R-CNN

static char *write_model(const char *head)
{
    g_autofree char *name = g_strdup_printf("%s.onnx", head);
    char *path = clip_path(name);
    head_outputs o = heads_make(head, H, W, 1, 1);
    for (int i = 0; i < 2; i++)
        heads_plant(&o, head, H, W, 0, i, &objects[i]);
    if (strcmp(head, "torchvision") == 0)
        plant_torchvision(&o, torchvision_masks);
    else
        plant_details(&o, head);
    heads_write_model(path, &o, 1, H, W);
    heads_release(&o);
    return path;
}

// A data set of one picture in the YOLO layout (g_free).
static char *write_set(const char *name, const char *labels)
{
    char *root = clip_path(name);
    g_autofree char *images = g_build_filename(root, "images", NULL);
    g_autofree char *texts = g_build_filename(root, "labels", NULL);
    g_autofree char *picture = g_build_filename(images, "a.png", NULL);
    g_autofree char *text = g_build_filename(texts, "a.txt", NULL);
    g_autofree char *classes = g_build_filename(root, "classes.txt", NULL);
    static uint8_t rgb[3 * W * H];
    assert_int_equal(g_mkdir_with_parents(images, 0700), 0);
    assert_int_equal(g_mkdir_with_parents(texts, 0700), 0);
    assert_int_equal(nn_image_save_png(&(nn_image){W, H, rgb}, picture, NULL), NN_OK);
    assert_true(g_file_set_contents(text, labels, -1, NULL));
    assert_true(g_file_set_contents(classes, "cat\n", -1, NULL));
    return root;
}

// The labels of both objects: a box and more numbers.
static void add_box(GString *to, int i)
{
    const head_object *o = &objects[i];
    g_string_append_printf(to, "0 %.6f %.6f %.6f %.6f", (double)o->cx / W, (double)o->cy / H,
                           (double)o->w / W, (double)o->h / H);
}

// A rectangle around the object, turned by `angle`.
static void add_corners(GString *to, int i, double angle)
{
    const head_object *o = &objects[i];
    static const double side[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    g_string_append(to, "0");
    for (int k = 0; k < 4; k++) {
        const double u = side[k][0] * (double)o->w / 2, v = side[k][1] * (double)o->h / 2;
        g_string_append_printf(to, " %.6f %.6f",
                               ((double)o->cx + u * cos(angle) - v * sin(angle)) / W,
                               ((double)o->cy + u * sin(angle) + v * cos(angle)) / H);
    }
    g_string_append(to, "\n");
}

// The results of both objects, as COCO has them.
static void check_results(const char *path, const char *head)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    cJSON *list = cJSON_Parse(text);
    assert_int_equal(cJSON_GetArraySize(list), 2);
    const cJSON *one = cJSON_GetArrayItem(list, 0);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(one, "image_id")->valuestring, "a");
    assert_float_equal(json_number(one, "category_id"), 1, 0);
    assert_float_equal(json_number(one, "score"), 0.9, 1e-6);
    const cJSON *box = cJSON_GetObjectItemCaseSensitive(one, "bbox");
    assert_float_equal(cJSON_GetArrayItem(box, 2)->valuedouble, (double)objects[0].w, 1e-3);
    const cJSON *k = cJSON_GetObjectItemCaseSensitive(one, "keypoints");
    const cJSON *mask = cJSON_GetObjectItemCaseSensitive(one, "segmentation");
    const cJSON *rbox = cJSON_GetObjectItemCaseSensitive(one, "rbox");
    const bool torchvision = !strcmp(head, "torchvision");
    assert_int_equal(cJSON_GetArraySize(k),
                     strstr(head, "pose") || (torchvision && !torchvision_masks) ? 6 : 0);
    assert_int_equal(cJSON_GetArraySize(rbox), strstr(head, "obb") ? 5 : 0);
    assert_int_equal(mask != NULL,
                     strstr(head, "seg") != NULL || (torchvision && torchvision_masks));
    if (mask) { // 14 x 18 pixels from (13, 5) on: 14 columns of the 96
        nn_coco_shape shape;
        const char *wrong;
        uint8_t pixels[W * H] = {0};
        int count = 0;
        assert_int_equal(nn_coco_shape_parse(&shape, mask, &wrong, NULL), NN_OK);
        assert_null(wrong);
        assert_int_equal(nn_coco_shape_paint(&shape, pixels, W, H, 1), NN_OK);
        for (int i = 0; i < W * H; i++)
            count += pixels[i];
        assert_true(pixels[14 * W + 20] == 1 && count > 200 && count < 300);
        nn_coco_shape_release(&shape);
    }
    cJSON_Delete(list);
}

// Runs eval and checks the AP50, by the measure and by boxes (< 0: not there).
static void expect(const char *head, const char *set, const char *keypoints, const char *measure,
                   double ap50, double by_boxes, const char *told)
{
    g_autofree char *model = write_model(head);
    g_autofree char *names = clip_text("names.txt", "cat\n");
    g_autofree char *results = clip_path("found.json");
    spawn_output o = spawn_run("eval", model, "--head", head, "--model-names", names, "--data", set,
                               "--json", "-", "--save-results", results, "--force",
                               keypoints ? "--keypoints" : NULL, keypoints, NULL);
    if (o.status != 0)
        fail_msg("%s: %s", head, o.err);
    cJSON *json = cJSON_Parse(o.out);
    assert_non_null(json);
    const cJSON *boxes = cJSON_GetObjectItemCaseSensitive(json, "boxes");
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "similarity")->valuestring, measure);
    assert_float_equal(json_number(json, "ap50"), ap50, 1e-4);
    assert_int_equal(boxes != NULL, by_boxes >= 0);
    if (boxes)
        assert_float_equal(json_number(boxes, "ap50"), by_boxes, 1e-4);
    spawn_expect(o.err, told);
    check_results(results, head);
    cJSON_Delete(json);
    spawn_release(&o);
}

#define HALF (51.0 / 101) // one of two objects, found first

static void test_keypoints(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        const double x = (double)objects[i].cx, y = (double)objects[i].cy, far = i ? 30 : 3;
        add_box(labels, i);
        g_string_append_printf(labels, " %.6f %.6f 2 %.6f %.6f 1\n", (x - far) / W, (y - 3) / H,
                               (x + far) / W, (y + 3) / H);
    }
    g_autofree char *set = write_set("pose", labels->str);
    expect("yolov8_pose", set, "2,3", "keypoints", HALF, 1, "by OKS of keypoints; by boxes");
    g_string_free(labels, TRUE);
}

static void test_masks(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    for (int i = 0; i < 2; i++)
        add_corners(labels, i, 0);
    g_autofree char *set = write_set("seg", labels->str);
    expect("yolov8_seg", set, NULL, "mask", HALF, 1, "by IoU of masks");
    g_string_free(labels, TRUE);
}

// Mask R-CNN and Keypoint R-CNN of torchvision are scored by what their outputs hold.
static void test_torchvision(void **state)
{
    (void)state;
    GString *outlines = g_string_new(NULL), *points = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        const double x = (double)objects[i].cx, y = (double)objects[i].cy, far = i ? 30 : 3;
        add_corners(outlines, i, 0);
        add_box(points, i);
        g_string_append_printf(points, " %.6f %.6f 2 %.6f %.6f 1\n", (x - far) / W, (y - 3) / H,
                               (x + far) / W, (y + 3) / H);
    }
    g_autofree char *masks = write_set("rcnn-masks", outlines->str);
    g_autofree char *poses = write_set("rcnn-poses", points->str);
    torchvision_masks = true;
    expect("torchvision", masks, NULL, "mask", HALF, 1, "by IoU of masks");
    torchvision_masks = false;
    expect("torchvision", poses, "2,3", "keypoints", HALF, 1, "by OKS of keypoints");
    expect("torchvision", masks, NULL, "box", 1, -1, "has no keypoints");
    g_string_free(outlines, TRUE);
    g_string_free(points, TRUE);
}

// Sigmas that allow everything find both; 11 points of recall instead of 101.
static void test_choices(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        const double x = (double)objects[i].cx, y = (double)objects[i].cy, far = i ? 30 : 3;
        add_box(labels, i);
        g_string_append_printf(labels, " %.6f %.6f 2 %.6f %.6f 1\n", (x - far) / W, (y - 3) / H,
                               (x + far) / W, (y + 3) / H);
    }
    g_autofree char *set = write_set("choices", labels->str);
    g_autofree char *model = write_model("yolov8_pose");
    g_autofree char *names = clip_text("names.txt", "cat\n");
    const struct {
        const char *option, *value;
        double ap50; // < 0: refused
    } cases[] = {{"--sigmas", "9,9", 1},
                 {"--sigmas", "9,9,9", HALF}, // of other keypoints
                 {"--eleven-points", NULL, 6.0 / 11},
                 {"--sigmas", "9;9", -1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        spawn_output o =
            spawn_run("eval", model, "--head", "yolov8_pose", "--model-names", names, "--data", set,
                      "--keypoints", "2,3", "--json", "-", cases[i].option, cases[i].value, NULL);
        assert_int_equal(o.status == 0, cases[i].ap50 >= 0);
        cJSON *json = o.status == 0 ? cJSON_Parse(o.out) : NULL;
        if (json)
            assert_float_equal(json_number(json, "ap50"), cases[i].ap50, 1e-4);
        else
            spawn_expect(o.err, "--sigmas: '9;9': not numbers above 0");
        cJSON_Delete(json);
        spawn_release(&o);
    }
    g_string_free(labels, TRUE);
}

static void test_rotated(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    add_corners(labels, 0, 0);
    add_corners(labels, 1, 0.7);
    g_autofree char *set = write_set("obb", labels->str);
    expect("yolov8_obb", set, NULL, "rotated", HALF, HALF, "by IoU of rotated boxes");
    g_string_free(labels, TRUE);
}

// Data with boxes alone are scored by boxes, and eval says so.
static void test_boxes_alone(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    for (int i = 0; i < 2; i++) {
        add_box(labels, i);
        g_string_append(labels, "\n");
    }
    g_autofree char *set = write_set("boxes", labels->str);
    expect("yolov8_pose", set, NULL, "box", 1, -1, "has no keypoints: only boxes are scored");
    expect("yolov8_seg", set, NULL, "box", 1, -1, "has no outlines of objects");
    expect("yolov8_obb", set, NULL, "box", 1, -1, "has no rotated boxes");
    g_string_free(labels, TRUE);
}

// --names are those of the model, too, where it has none.
static void test_names(void **state)
{
    (void)state;
    GString *labels = g_string_new(NULL);
    add_box(labels, 0);
    g_string_append(labels, "\n");
    g_autofree char *set = write_set("names", labels->str), *model = write_model("yolov8");
    spawn_output o = spawn_run("eval", model, "--names", "cat", "--data", set, NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.out, "cat ");
    spawn_release(&o);
    g_string_free(labels, TRUE);
}

#define CATEGORY(more) "\"categories\": [{\"id\": 1, \"name\": \"cat\"" more "}]"
#define OBJECT(more)                                                                               \
    "{\"images\": [{\"id\": 7, \"file_name\": \"a.png\"}], \"annotations\": [{\"id\": 1, "         \
    "\"image_id\": 7, \"category_id\": 1, \"bbox\": [13, 5, 14, 18], \"area\": 252" more "}], "

// COCO as it is downloaded: keypoints are in a file of their own, which only poses take; the files
// tell the folder of the pictures.
static void test_coco_keypoints(void **state)
{
    (void)state;
    g_autofree char *root = clip_path("coco");
    g_autofree char *pictures = g_build_filename(root, "val2017", NULL);
    g_autofree char *picture = g_build_filename(pictures, "a.png", NULL);
    g_autofree char *texts = g_build_filename(root, "annotations", NULL);
    g_autofree char *boxes = g_build_filename(texts, "instances_val2017.json", NULL);
    g_autofree char *points = g_build_filename(texts, "person_keypoints_val2017.json", NULL);
    g_autofree char *model = write_model("yolov8_pose");
    static uint8_t rgb[3 * W * H];
    assert_int_equal(g_mkdir_with_parents(pictures, 0700), 0);
    assert_int_equal(g_mkdir_with_parents(texts, 0700), 0);
    assert_int_equal(nn_image_save_png(&(nn_image){W, H, rgb}, picture, NULL), NN_OK);
    assert_true(g_file_set_contents(boxes, OBJECT("") CATEGORY("") "}", -1, NULL));
    assert_true(g_file_set_contents(points,
                                    OBJECT(", \"num_keypoints\": 2, \"keypoints\": [17, 11, 2, "
                                           "23, 17, 2]")
                                        CATEGORY(", \"keypoints\": [\"nose\", \"tail\"]") "}",
                                    -1, NULL));
    const char *const data[] = {root, points, boxes};
    for (int i = 0; i < 3; i++) {
        spawn_output o = spawn_run("eval", model, "--head", "yolov8_pose", "--names", "cat",
                                   "--data", data[i], "--json", "-", NULL);
        if (o.status != 0)
            fail_msg("%s", o.err);
        cJSON *json = cJSON_Parse(o.out);
        assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "similarity")->valuestring,
                            i < 2 ? "keypoints" : "box");
        assert_float_equal(json_number(json, "ap50"), 1, 1e-4);
        cJSON_Delete(json);
        spawn_release(&o);
    }
}

static int count_words(const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    return (int)g_strv_length(words);
}

// run --save-txt and --save-json write what Ultralytics and COCO have for each kind.
static void test_saved(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int numbers; // of the first line
    } cases[] = {{"yolov8_pose", 11}, {"yolov8_obb", 9}, {"yolov8_seg", 0}};
    g_autofree char *set = write_set("saved", "");
    g_autofree char *picture = g_build_filename(set, "images", "a.png", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *model = write_model(cases[i].head);
        g_autofree char *dir = clip_path(cases[i].head), *json = clip_path("saved.json");
        g_autofree char *file = g_build_filename(dir, "a.txt", NULL), *text = NULL;
        spawn_output o =
            spawn_run("run", picture, "--no-window", "-m", model, "--head", cases[i].head,
                      "--save-txt", dir, "--save-json", json, "--force", NULL);
        if (o.status != 0 || !g_file_get_contents(file, &text, NULL, NULL))
            fail_msg("%s: %s", cases[i].head, o.err);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        const int n = count_words(lines[0]);
        if (cases[i].numbers ? n != cases[i].numbers : n < 9 || n % 2 == 0)
            fail_msg("%s: %s", cases[i].head, text);
        g_free(text);
        text = NULL;
        assert_true(g_file_get_contents(json, &text, NULL, NULL));
        spawn_expect(text, strstr(cases[i].head, "pose") ? "\"num_keypoints\": 2"
                                                         : "\"segmentation\": [[");
        spawn_release(&o);
    }
}

// Polygons of four corners in COCO's JSON are rotated boxes for models that find such.
static void test_coco_rotated(void **state)
{
    (void)state;
    g_autofree char *root = clip_path("coco-obb");
    g_autofree char *pictures = g_build_filename(root, "train", NULL);
    g_autofree char *picture = g_build_filename(pictures, "a.png", NULL);
    g_autofree char *file = g_build_filename(pictures, "_annotations.coco.json", NULL);
    g_autofree char *model = write_model("yolov8_obb");
    GString *text = g_string_new("{\"images\": [{\"id\": 7, \"file_name\": \"a.png\"}], " CATEGORY(
        "") ", \"annotations\": [");
    static uint8_t rgb[3 * W * H];
    assert_int_equal(g_mkdir_with_parents(pictures, 0700), 0);
    assert_int_equal(nn_image_save_png(&(nn_image){W, H, rgb}, picture, NULL), NN_OK);
    for (int i = 0; i < 2; i++) { // the second is turned
        const head_object *o = &objects[i];
        const double c = i ? cos(0.7) : 1, s = i ? sin(0.7) : 0;
        const double w = (double)o->w / 2, h = (double)o->h / 2, cx = (double)o->cx,
                     cy = (double)o->cy;
        const double bw = w * c + h * s, bh = w * s + h * c;
        g_string_append_printf(
            text,
            "%s{\"id\": %d, \"image_id\": 7, \"category_id\": 1, \"area\": 99, "
            "\"bbox\": [%f, %f, %f, %f], \"segmentation\": [[%f, %f, %f, %f, %f, "
            "%f, %f, %f]]}",
            i ? ", " : "", i + 1, cx - bw, cy - bh, 2 * bw, 2 * bh, cx - w * c + h * s,
            cy - w * s - h * c, cx + w * c + h * s, cy + w * s - h * c, cx + w * c - h * s,
            cy + w * s + h * c, cx - w * c - h * s, cy - w * s + h * c);
    }
    g_string_append(text, "]}");
    assert_true(g_file_set_contents(file, text->str, -1, NULL));
    spawn_output o = spawn_run("eval", model, "--head", "yolov8_obb", "--names", "cat", "--data",
                               root, "--list", "train", "--json", "-", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    cJSON *json = cJSON_Parse(o.out);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "similarity")->valuestring,
                        "rotated");
    assert_float_equal(json_number(json, "ap50"), HALF, 1e-4);
    cJSON_Delete(json);
    spawn_release(&o);
    g_string_free(text, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keypoints),    cmocka_unit_test(test_masks),
        cmocka_unit_test(test_rotated),      cmocka_unit_test(test_boxes_alone),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_coco_keypoints),
        cmocka_unit_test(test_coco_rotated), cmocka_unit_test(test_saved),
        cmocka_unit_test(test_torchvision),  cmocka_unit_test(test_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
