// SPDX-License-Identifier: MIT
// Curves from history.csv, complete and while it is being written.
#include "app/report/report_curves.h"
#include "app/report/report_table.h"
#include "nn/io/image/image.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Writes `text` to history.csv in a new folder.
static test_path make_work(const char *name, const char *text)
{
    char file[64];
    const test_path dir = test_temp(name);
    assert_int_equal(mkdir(dir.text, 0777), 0);
    snprintf(file, sizeof file, "%s/history.csv", name);
    test_write(test_temp(file).text, text, strlen(text));
    return dir;
}

#define HEADER "step,epoch,rate,loss,aux_loss,train_top1,top1,top5,val_loss\n"

static void test_table(void **state)
{
    (void)state;
    app_table t;
    nn_error err = {0};
    make_work("table", "a,b,c\n1,2,3\n4,,x\n5,6\n7,8,9,10\n-1e3,0.5,nan\r\n11,12,13");
    assert_int_equal(app_table_load(&t, test_temp("table/history.csv").text, &err), NN_OK);
    assert_int_equal(t.columns, 3);
    assert_int_equal(t.rows, 3); // two rows have another length, the last one is incomplete
    assert_int_equal(app_table_find(&t, "c"), 2);
    assert_int_equal(app_table_find(&t, "d"), -1);
    assert_true(t.cell[2] == 3 && t.cell[3] == 4 && isnan(t.cell[4]) && isnan(t.cell[5]));
    assert_true(t.cell[6] == -1000 && t.cell[7] == 0.5 && isnan(t.cell[8]));
    app_table_release(&t);
    make_work("empty", "");
    assert_int_equal(app_table_load(&t, test_temp("empty/history.csv").text, &err), NN_EFORMAT);
    assert_int_equal(app_table_load(&t, test_temp("nowhere").text, &err), NN_EIO);
    assert_non_null(strstr(err.text, "nowhere"));
}

// Whether the picture has pixels close to this colour.
static bool shows(const nn_image *image, int r, int g, int b)
{
    for (int i = 0; i < image->width * image->height; i++) {
        const uint8_t *p = image->rgb + 3 * i;
        if (abs(p[0] - r) + abs(p[1] - g) + abs(p[2] - b) < 12)
            return true;
    }
    return false;
}

static void expect_curves(const char *png, const char *svg)
{
    nn_image image;
    nn_error err = {0};
    if (nn_image_load(&image, test_temp(png).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(image.width >= 800 && image.height >= 600);
    assert_true(shows(&image, 255, 255, 255));
    assert_true(shows(&image, 37, 99, 235)); // colour of the first line
    nn_image_release(&image);
    size_t size;
    char *text = (char *)test_read(test_temp(svg).text, &size);
    assert_true(size > 1000);
    assert_true(memmem(text, size, "<svg", 4) && memmem(text, size, "</svg>", 6));
    free(text);
}

static void test_curves(void **state)
{
    (void)state;
    nn_error err = {0};
    const test_path dir = make_work("work", HEADER "10,1,0.01,2.5,0,0.2,,,\n"
                                                   "20,2,0.008,1.5,0,0.4,0.45,0.9,1.7\n"
                                                   "30,3,nan,inf,0,0.5,,,\n"
                                                   "40,4,0.001,1.1,0,0.6,0.55,0.95,1.3\n"
                                                   "50,5,0.0");
    nn_status status = app_report_curves(dir.text, "#1: ein T\xc3\xa4st", &err);
    if (status == NN_EUNSUPPORTED) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    assert_int_equal(status, NN_OK);
    expect_curves("work/curves.png", "work/curves.svg");
    // Draws several times, with unusual titles.
    assert_int_equal(app_report_curves(dir.text, "\xff\xfe", &err), NN_OK);
    char title[1000];
    memset(title, '#', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    assert_int_equal(app_report_curves(dir.text, title, &err), NN_OK);
    expect_curves("work/curves.png", "work/curves.svg");
}

// A single epoch, and a constant. A sweep with its mark; losses that diverged are cut off.
static void test_rates(void **state)
{
    (void)state;
    nn_error err = {0};
    const test_path dir = make_work("sweep", HEADER);
    assert_int_equal(app_report_rates(dir.text, 1e-3, &err), NN_EIO);
    test_write_text("sweep/lr.csv", "rate,loss,smoothed,picked\n1e-5,3,3,0\n1e-4,2.9,2.8,0\n"
                                    "1e-3,2,2.1,1\n1e-2,1,1.2,0\n1e-1,1e9,1e8,0\n0,1,1,0\n");
    const nn_status status = app_report_rates(dir.text, 1e-3, &err);
    if (status == NN_EUNSUPPORTED)
        skip();
    if (status != NN_OK)
        fail_msg("%s", err.text);
    nn_image image;
    assert_int_equal(nn_image_load(&image, test_temp("sweep/lr.png").text, &err), NN_OK);
    assert_true(image.width > 300 && image.height > 150);
    nn_image_release(&image);
    test_write_text("sweep/lr.csv", "rate,loss,smoothed,picked\n-1,1,1,1\nnan,2,2,0\n");
    assert_int_equal(app_report_rates(dir.text, 1e-3, &err), NN_EFORMAT);
    test_write_text("sweep/lr.csv", "a,b\n1,2\n3,4\n");
    assert_int_equal(app_report_rates(dir.text, 1e-3, &err), NN_EFORMAT);
}

static void test_few_numbers(void **state)
{
    (void)state;
    nn_error err = {0};
    const test_path one = make_work("one", HEADER "10,1,0.01,2.5,0,0.2,0.3,0.4,2\n");
    nn_status status = app_report_curves(one.text, NULL, &err);
    if (status == NN_EUNSUPPORTED)
        skip();
    assert_int_equal(status, NN_OK);
    expect_curves("one/curves.png", "one/curves.svg");
    const test_path flat =
        make_work("flat", "loss,ap50\n1e-9,1\n1e-9,1\n-3,1\n1e300,1\n5,1\n0,1\n");
    assert_int_equal(app_report_curves(flat.text, NULL, &err), NN_OK);
}

static void test_nothing_to_draw(void **state)
{
    (void)state;
    nn_error err = {0};
    assert_int_equal(app_report_curves(test_temp("absent").text, NULL, &err), NN_EIO);
    assert_int_equal(app_report_curves(make_work("head", HEADER).text, NULL, &err), NN_ENOTFOUND);
    assert_int_equal(app_report_curves(make_work("other", "a,b\n1,2\n").text, NULL, &err),
                     NN_ENOTFOUND);
    assert_int_not_equal(access(test_temp("other/curves.png").text, F_OK), 0);
}

// A full disk or a missing driver costs only the curves.
static void test_failures(void **state)
{
    (void)state;
    nn_error err = {0};
    const test_path dir = make_work("blocked", HEADER "10,1,0.01,2.5,0,0.2,0.3,0.4,2\n");
    assert_int_equal(mkdir(test_temp("blocked/curves.png").text, 0777), 0);
    nn_status status = app_report_curves(dir.text, NULL, &err);
    if (status == NN_EUNSUPPORTED)
        skip();
    assert_int_equal(status, NN_EIO);
    assert_non_null(strstr(err.text, "curves.png"));
}

// Runs in a process of its own, because PLplot looks for drivers once.
static void test_no_drivers(void **state)
{
    (void)state;
    const test_path dir = make_work("driverless", HEADER "10,1,0.01,2.5,0,0.2,0.3,0.4,2\n");
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        nn_error err = {0};
        setenv("PLPLOT_DRV_DIR", "/nonexistent", 1);
        nn_status status = app_report_curves(dir.text, NULL, &err);
        _exit(status == NN_EUNSUPPORTED && strstr(err.text, "plplot-driver-cairo") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_drivers),  cmocka_unit_test(test_table),
        cmocka_unit_test(test_curves),      cmocka_unit_test(test_rates),
        cmocka_unit_test(test_few_numbers), cmocka_unit_test(test_nothing_to_draw),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
