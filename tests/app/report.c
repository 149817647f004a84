// SPDX-License-Identifier: MIT
// Figures of a report: confusion matrices of few and many classes, and a detector's worst pictures.
#include "app/report/report_confusion.h"
#include "app/report/report_mistakes.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

static nn_image load(const char *name)
{
    nn_image image;
    nn_error err = {0};
    if (nn_image_load(&image, test_temp(name).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    return image;
}

// Whether a pixel is much more red than blue (`red`), or more blue than red.
static bool has_colour(const nn_image *image, bool red)
{
    for (int i = 0; i < image->width * image->height; i++) {
        const int more = image->rgb[3 * i] - image->rgb[3 * i + 2];
        if ((red ? more : -more) > 60)
            return true;
    }
    return false;
}

// Writes a matrix of `classes` classes with `wrong` of 100 pictures in a wrong one.
static nn_status draw_confusion(const char *file, int classes, int wrong, nn_error *err)
{
    char *labels[200];
    nn_class_metrics *m = nn_class_metrics_new(classes, false);
    float *p = calloc((size_t)classes, sizeof *p);
    for (int i = 0; i < classes; i++) {
        labels[i] = malloc(64);
        snprintf(labels[i], 64, i == 1 ? "\xff bytes \xc3" : "a name that is rather long %d", i);
    }
    for (int i = 0; i < 100; i++) {
        const int32_t label = i % classes, predicted = (label + (i < wrong)) % classes;
        p[predicted] = 1;
        assert_int_equal(nn_class_metrics_add(m, i, &label, 1, p, NULL), NN_OK);
        p[predicted] = 0;
    }
    nn_status status = app_report_class_confusion(test_temp(file).text, m, labels, err);
    for (int i = 0; i < classes; i++)
        free(labels[i]);
    free(p);
    nn_class_metrics_free(m);
    return status;
}

static void test_confusion(void **state)
{
    (void)state;
    static const int classes[] = {1, 2, 10, 30, 100, 150};
    for (int i = 0; i < 6; i++) {
        nn_error err = {0};
        assert_int_equal(draw_confusion("c.png", classes[i], 20, &err), NN_OK);
        nn_image image = load("c.png");
        assert_true(has_colour(&image, false)); // correct predictions
        assert_int_equal(has_colour(&image, true), classes[i] > 1);
        // Names stay readable, because the number of cells is limited.
        const int shown = classes[i] < APP_CONFUSION_MOST ? classes[i] : APP_CONFUSION_MOST;
        assert_true(image.width > 16 * shown && image.height > 16 * shown);
        nn_image_release(&image);
    }
    nn_error err = {0};
    assert_int_equal(draw_confusion("c.png", 10, 0, &err), NN_OK);
    nn_image image = load("c.png");
    assert_false(has_colour(&image, true)); // no mistake
    nn_image_release(&image);
    assert_int_equal(draw_confusion("nowhere/c.png", 2, 1, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "nowhere/c.png"));
}

// Objects of each class: all but the first are found, and one box is on nothing.
static void test_box_confusion(void **state)
{
    (void)state;
    static const int classes[] = {1, 3, 150};
    char *names[150];
    for (int i = 0; i < 150; i++)
        names[i] = i == 1 ? "\xff bytes \xc3" : "a class";
    for (int i = 0; i < 3; i++) {
        nn_box_confusion *c = nn_box_confusion_new(classes[i], 0.5f);
        for (int k = 0; k < classes[i]; k++) {
            const nn_truth t = {10, 10, 50, 50, k, false, 0, 0};
            const nn_box b = {k ? 10 : 70, 10, k ? 50 : 99, 50, 0.9f, k, 0, false, 0};
            const nn_scored_objects o = {
                .truths = &t, .truth_count = 1, .boxes = &b, .box_count = 1};
            assert_int_equal(nn_box_confusion_add(c, &nn_similarity_box, &o, NULL), NN_OK);
        }
        nn_error err = {0};
        assert_int_equal(app_report_box_confusion(test_temp("b.png").text, c, names, &err), NN_OK);
        nn_image image = load("b.png");
        assert_int_equal(has_colour(&image, false), classes[i] > 1);
        assert_true(has_colour(&image, true));
        nn_image_release(&image);
        nn_box_confusion_free(c);
    }
}

enum { WIDTH = 400, HEIGHT = 300 };
static uint8_t grey[3 * WIDTH * HEIGHT];
static char *const labels[] = {"cat", "dog"};

static nn_frame make_frame(void)
{
    memset(grey, 90, sizeof grey);
    return (nn_frame){.format = NN_PIXEL_RGB,
                      .width = WIDTH,
                      .height = HEIGHT,
                      .plane = {grey},
                      .stride = {3 * WIDTH}};
}

// A picture where `missed` of 3 cats are missed, and a dog is found where none is.
static nn_status add(app_mistakes *m, int number, int missed, float dog, nn_error *err)
{
    char name[32];
    nn_truth truths[3];
    nn_box boxes[4];
    int n = 0;
    const nn_frame frame = make_frame();
    snprintf(name, sizeof name, "film.avi:%d", number);
    if (dog > 0)
        boxes[n++] = (nn_box){700, 500, 760, 580, dog, 1, 0, false, 0};
    for (int i = 0; i < 3; i++) {
        truths[i] = (nn_truth){40 + 100 * i, 100, 100 + 100 * i, 180, 0, false, 0, 0};
        if (i >= missed)
            boxes[n++] = (nn_box){truths[i].x0, 100, truths[i].x1, 180, 0.6f, 0, 0, false, 0};
    }
    // The full picture is twice as large as the frame.
    const nn_scored_objects o = {.truths = truths,
                                 .truth_count = 3,
                                 .boxes = boxes,
                                 .box_count = n,
                                 .width = 2 * WIDTH,
                                 .height = 2 * HEIGHT};
    return app_mistakes_add(m, name, &frame, &o, err);
}

static void test_mistakes(void **state)
{
    (void)state;
    nn_error err = {0};
    app_mistakes m = {.threshold = 0.5f, .labels = labels};
    assert_int_equal(add(&m, 1, 0, 0, &err), NN_OK);
    assert_int_equal(m.count, 0);
    assert_int_equal(m.pictures, 0);
    assert_int_equal(add(&m, 2, 0, 0.4f, &err), NN_OK); // below the threshold
    assert_int_equal(m.count, 0);
    assert_int_equal(add(&m, 3, 1, 0, &err), NN_OK);
    assert_int_equal(add(&m, 4, 2, 0.9f, &err), NN_OK);
    assert_int_equal(add(&m, 5, 0, 0.7f, &err), NN_OK);
    assert_int_equal(m.count, 3);
    assert_string_equal(m.list[0].name, "film.avi:4");
    assert_string_equal(m.list[1].name, "film.avi:3");
    assert_string_equal(m.list[2].name, "film.avi:5");
    assert_int_equal(m.list[0].missed, 2);
    assert_int_equal(m.list[0].wrong, 1);
    // The crop holds the mistakes: box 0 is the dog, the last two are the missed cats.
    const app_report_cell *cell = &m.list[0].cell;
    assert_int_equal(cell->box_count, 4);
    assert_int_equal(cell->boxes[0].kind, APP_BOX_FALSE);
    assert_string_equal(cell->boxes[0].text, "dog 0.90");
    assert_int_equal(cell->boxes[1].kind, APP_BOX_HIT);
    for (int i = 0; i < 4; i++) {
        const app_report_box *b = &cell->boxes[i];
        assert_true(b->x0 >= 0 && b->y0 >= 0 && b->x1 <= (float)cell->image.width &&
                    b->y1 <= (float)cell->image.height);
        assert_true(b->x1 - b->x0 == 30 && (b->y1 - b->y0 == 40));
    }
    // A single mistake is cropped closely.
    assert_true(m.list[2].cell.image.width == 160 && m.list[2].cell.image.height == 120);
    for (int i = 0; i < APP_MISTAKES; i++)
        assert_int_equal(add(&m, 10 + i, 3, 0, &err), NN_OK);
    assert_int_equal(m.count, APP_MISTAKES);
    assert_string_equal(m.list[0].name, "film.avi:10");
    assert_string_equal(m.list[APP_MISTAKES - 1].name, "film.avi:21");
    app_mistakes_release(&m);
}

static void test_sheet(void **state)
{
    (void)state;
    nn_error err = {0};
    app_mistakes m = {.threshold = 0.5f, .labels = labels};
    assert_int_equal(add(&m, 1, 2, 0.9f, &err), NN_OK);
    app_report_sheet sheet = {.title =
                                  "A title that is too long for a sheet of one picture, by far",
                              .subtitle = "",
                              .cells = &m.list[0].cell,
                              .count = 1,
                              .columns = 3,
                              .width = 300,
                              .height = 200,
                              .boxes = true};
    assert_int_equal(app_report_sheet_write(&sheet, test_temp("s.png").text, &err), NN_OK);
    nn_image image = load("s.png");
    assert_true(has_colour(&image, true)); // boxes
    nn_image_release(&image);
    sheet.count = 0; // an empty sheet
    sheet.boxes = false;
    assert_int_equal(app_report_sheet_write(&sheet, test_temp("s.png").text, &err), NN_OK);
    assert_int_equal(app_report_sheet_write(&sheet, test_temp("no/s.png").text, &err),
                     NN_ENOTFOUND);
    app_mistakes_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_box_confusion),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
