// SPDX-License-Identifier: MIT
// run --trails, --color-by and --anonymize: what the window shows, and what is refused.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

static char film[1024];

// What the window shows of a frame of the film.
static nn_image shoot(const char *frames, const char *option, const char *value)
{
    const test_path png = test_temp("shown.png"), json = test_temp("found.jsonl");
    nn_image image = {0};
    nn_error err;
    unlink(png.text);
    unlink(json.text);
    assert_int_equal(command_run("run", film, "--model", "person", "--no-window", "-n", frames,
                                 "--snapshot", png.text, "--json", json.text, option, value, NULL),
                     0);
    assert_int_equal(nn_image_load(&image, png.text, &err), NN_OK);
    return image;
}

// The part of the pixels inside the boxes where one differs from that beside it.
static double detail(const nn_image *image)
{
    enum { LINE = 5 }; // of a box
    cJSON *frame = json_load("found.jsonl");
    const cJSON *o;
    int all = 0, differ = 0;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(frame, "objects"))
    {
        const int x0 = (int)json_number(o, "x") + LINE, y0 = (int)json_number(o, "y") + LINE;
        const int x1 = x0 + (int)json_number(o, "w") - 2 * LINE;
        const int y1 = y0 + (int)json_number(o, "h") - 2 * LINE;
        for (int j = y0; j < y1; j++)
            for (int i = x0; i < x1; i++, all++) {
                const uint8_t *p = image->rgb + 3 * ((size_t)j * (size_t)image->width + (size_t)i);
                differ += abs(p[3] - p[0]) + abs(p[4] - p[1]) + abs(p[5] - p[2]) > 3;
            }
    }
    cJSON_Delete(frame);
    assert_true(all > 3000);
    return (double)differ / all;
}

static void test_anonymize(void **state)
{
    (void)state;
    if (!find_film(film, sizeof film))
        skip();
    nn_image image = shoot("1", NULL, NULL);
    const double before = detail(&image);
    nn_image_release(&image);
    image = shoot("1", "--anonymize", "person");
    const double after = detail(&image);
    print_message("pixels of a person that differ: %.2f, anonymized %.2f\n", before, after);
    assert_true(before > 0.2 && after < before / 2);
    nn_image_release(&image);
    // A class that the model does not have: no frame shows anything.
    image = shoot("1", "--anonymize", "face");
    assert_true(detail(&image) < before / 2);
    nn_image_release(&image);
}

static int differing(const nn_image *a, const nn_image *b)
{
    int n = 0;
    assert_true(a->width == b->width && a->height == b->height);
    for (int i = 0; i < 3 * a->width * a->height; i += 3)
        n += abs(a->rgb[i] - b->rgb[i]) + abs(a->rgb[i + 1] - b->rgb[i + 1]) +
                 abs(a->rgb[i + 2] - b->rgb[i + 2]) >
             60;
    return n;
}

static void test_drawing(void **state)
{
    (void)state;
    if (!find_film(film, sizeof film))
        skip();
    nn_image plain = shoot("12", NULL, NULL), trails = shoot("12", "--trails=2", NULL);
    nn_image classes = shoot("12", "--color-by", "class");
    assert_true(differing(&plain, &trails) > 50);
    assert_true(differing(&plain, &classes) > 500);
    nn_image_release(&plain);
    nn_image_release(&trails);
    nn_image_release(&classes);
}

static void refuse(const char *const *words, const char *reason)
{
    assert_int_equal(command_run("run", "test", words[0], words[1], words[2], words[3], NULL), 2);
    command_said_one_line(reason);
}

static void test_refused(void **state)
{
    (void)state;
    refuse((const char *const[]){"--color-by", "size", NULL, NULL}, "not by 'size'");
    refuse((const char *const[]){"--trails=-1", NULL, NULL, NULL}, "not a number of seconds");
    refuse((const char *const[]){"--trails", "--no-track", NULL, NULL}, "--no-track");
    refuse((const char *const[]){"--anonymize", "person", "--classes", "car"},
           "'person' is to be anonymized but is not among the classes");
    refuse((const char *const[]){"--anonymize", "all", "--record-events", "clips"},
           "clips of events are cut from what the camera sends");
    refuse((const char *const[]){"--anonymize", "", NULL, NULL}, "no classes to anonymize");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_anonymize),
                                       cmocka_unit_test(test_drawing),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
