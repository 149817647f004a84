// SPDX-License-Identifier: MIT
// neroscale classify: pictures of one colour, classified by a network with chosen weights.
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <cjson/cJSON.h>

static nn_model *make_network(void)
{
    nn_model *m;
    nn_card card = {.network = "neroscale_alexpp",
                    .options = "classes=3,alpha=0.25,beta=0.5",
                    .task = "classify",
                    .input_h = 64,
                    .input_w = 64};
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_zoo_init_random(m, 5, NULL);
    return m;
}

static test_path save(const char *file, bool labels)
{
    test_path path = test_temp(file);
    nn_model *m = make_network();
    if (labels)
        assert_int_equal(
            nn_card_set_labels(&m->card, (const char *const[]){"rose", "tulip", "iris"}, 3, NULL),
            NN_OK);
    assert_int_equal(nn_model_save(m, path.text, false, NULL), NN_OK);
    nn_model_free(m);
    return path;
}

static test_path save_picture(const char *file, int red, int blue)
{
    enum { WIDTH = 90, HEIGHT = 70 };
    static uint8_t rgb[WIDTH * HEIGHT * 3];
    test_path path = test_temp(file);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        rgb[3 * i] = (uint8_t)(red + i % 7);
        rgb[3 * i + 2] = (uint8_t)blue;
    }
    const nn_image image = {.width = WIDTH, .height = HEIGHT, .rgb = rgb};
    assert_int_equal(nn_image_save_png(&image, path.text, NULL), NN_OK);
    return path;
}

static void test_text_and_json(void **state)
{
    (void)state;
    const test_path model = save("m.safetensors", true), red = save_picture("red.png", 240, 5),
                    blue = save_picture("blue.png", 3, 250), json = test_temp("out.jsonl");
    assert_int_equal(command_run("classify", model.text, red.text, blue.text, "--top", "2",
                                 "--json", json.text, NULL),
                     0);
    command_said("red.png\n");
    command_said("blue.png\n");
    command_said(" %  ");
    size_t size;
    char *text = (char *)test_read(json.text, &size);
    const char *end = NULL;
    cJSON *line = cJSON_ParseWithLengthOpts(text, size, &end, false);
    assert_non_null(line);
    assert_int_equal(cJSON_GetObjectItem(line, "width")->valueint, 90);
    const cJSON *classes = cJSON_GetObjectItem(line, "classes");
    assert_int_equal(cJSON_GetArraySize(classes), 2);
    const double first =
        cJSON_GetObjectItem(cJSON_GetArrayItem(classes, 0), "probability")->valuedouble;
    const double second =
        cJSON_GetObjectItem(cJSON_GetArrayItem(classes, 1), "probability")->valuedouble;
    assert_true(first >= second && second > 0 && first + second <= 1.000001);
    cJSON_Delete(line);
    line = cJSON_ParseWithLength(end + 1, size - (size_t)(end + 1 - text));
    assert_non_null(line);
    assert_non_null(strstr(cJSON_GetObjectItem(line, "file")->valuestring, "blue.png"));
    cJSON_Delete(line);
    free(text);
    // Stdout holds nothing but JSON.
    assert_int_equal(command_run("classify", model.text, red.text, "--json", "-", NULL), 0);
    command_said("{\"file\":");
    command_did_not_say(" %  ");
}

// A folder and a pattern stand for their pictures, in natural order; names may have any bytes.
static void test_names(void **state)
{
    (void)state;
    const test_path model = save("m.safetensors", true), dir = test_make_dir("photos"),
                    json = test_temp("names.jsonl"), pattern = test_temp("photos/a%d.png"),
                    none = test_temp("photos/b*.png");
    save_picture("photos/a10.png", 3, 250);
    save_picture("photos/a9.png", 240, 5);
    save_picture("photos/lat\xe9.png", 240, 5);
    assert_int_equal(command_run("classify", model.text, "--json", json.text, "--", dir.text, NULL),
                     0);
    char *text = test_read_text("names.jsonl");
    const char *first = strstr(text, "a9.png"), *second = strstr(text, "a10.png");
    assert_true(first && second && first < second);
    assert_non_null(strstr(second, "lat\xef\xbf\xbd.png")); // JSON is always UTF-8
    free(text);
    assert_int_equal(command_run("classify", model.text, pattern.text, NULL), 0);
    command_said("a10.png\n");
    command_did_not_say("lat");
    assert_int_equal(command_run("classify", model.text, none.text, NULL), 2);
    command_said("no file matches '");
}

static void test_formats(void **state)
{
    (void)state;
    const test_path model = save("m.safetensors", true), onnx = test_temp("m.onnx"),
                    red = save_picture("red.png", 240, 5), names = test_temp("names.txt");
    test_write(names.text, "ALPHA\nBETA\nGAMMA\n", 17);
    assert_int_equal(command_run("convert", model.text, onnx.text, NULL), 0);
    assert_int_equal(command_run("classify", onnx.text, red.text, NULL), 0);
    command_said("rose");
    // Weights without a card.
    nn_model *m = make_network();
    const char *list[256];
    const int count = nn_graph_param_count(m->graph);
    assert_true(count <= 256);
    for (int i = 0; i < count; i++)
        list[i] = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
    const test_path weights = test_temp("weights.safetensors");
    assert_int_equal(nn_bundle_save(weights.text, list, m->params, count, NULL, 0, NULL), NN_OK);
    nn_model_free(m);
    assert_int_equal(command_run("classify", weights.text, red.text, NULL), 2);
    command_said("of which network");
    assert_int_equal(command_run("classify", weights.text, red.text, "--network",
                                 "neroscale_alexpp", "--options", "classes=3,alpha=0.25,beta=0.5",
                                 "--names", names.text, "--size", "64x64", NULL),
                     0);
    command_said("ALPHA");
    // Without names, classes are numbers.
    assert_int_equal(command_run("classify", save("n.safetensors", false).text, red.text, NULL), 0);
    command_said("class 2");
}

static void test_wrong_use(void **state)
{
    (void)state;
    const test_path model = save("m.safetensors", true), red = save_picture("red.png", 240, 5);
    assert_int_equal(command_run("classify", model.text, NULL), 2);
    command_said("which pictures?");
    // A missing picture does not keep the others from being classified.
    assert_int_equal(command_run("classify", model.text, "absent.png", red.text, NULL), 2);
    command_said("absent.png");
    command_said("red.png\n");
    assert_int_equal(command_run("classify", "person", red.text, NULL), 2);
    command_said("finds boxes");
    assert_int_equal(command_run("classify", model.text, red.text, "--centre-crop", "2", NULL), 2);
    command_said("--centre-crop");
    assert_int_equal(command_run("classify", model.text, red.text, "--json", "/dev/null/x", NULL),
                     2);
    command_said("/dev/null/x");
    assert_int_equal(command_run("classify", model.text, red.text, "--threads", "-1", NULL), 2);
    command_said("--threads -1 is too small (at least 0): threads");
    assert_int_equal(command_run("classify", model.text, red.text, "--precision", "f16", NULL), 2);
    command_said("--precision: there is no precision 'f16', only float32, bf16 and auto");
    assert_int_equal(command_run("classify", model.text, red.text, "--precision", "auto", NULL), 0);
    assert_int_equal(command_run("classify", model.text, red.text, "--precision", "bf16", NULL), 0);
    // Old output stays when no picture could be classified.
    const test_path kept = test_temp("kept.jsonl");
    size_t size;
    test_write(kept.text, "{}\n", 3);
    assert_int_equal(command_run("classify", model.text, "absent.png", "--json", kept.text, NULL),
                     2);
    free(test_read(kept.text, &size));
    assert_int_equal(size, 3);
    assert_int_equal(command_run("classify", model.text, red.text, "--json", kept.text, NULL), 0);
    free(test_read(kept.text, &size));
    assert_true(size > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_json),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_wrong_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
