// SPDX-License-Identifier: MIT
// neroscale label on a clip and on pictures, with a teacher that always finds the same two objects:
// output, continuation, and training on it. Also people in a real video, where it is installed.
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/support/files.h"
#include "tests/support/film.h"
#include "tests/support/heads.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/io/image/image.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { W = 160, H = 96 }; // the teacher's input; frames are 160x120

static char *teacher, *clip;

static int make_files(void **state)
{
    (void)state;
    const head_object objects[] = {{40, 40, 24, 36, 0.9f, 0}, {110, 50, 40, 30, 0.7f, 1}};
    teacher = clip_path("teacher.onnx");
    heads_write_teacher(teacher, H, W, objects, 2, 2, "[\"person\", \"car\"]");
    clip = clip_make("clip.avi");
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(teacher);
    g_free(clip);
    return 0;
}

// Fails unless the command succeeds and prints `words`.
static void expect(spawn_output o, const char *words)
{
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.out, words);
    spawn_release(&o);
}

static void refuse(spawn_output o, const char *words)
{
    if (o.status != 2)
        fail_msg("%s: status %d\n%s%s", words, o.status, o.out, o.err);
    spawn_expect(o.err, words);
    spawn_release(&o);
}

static char *text_of(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail_msg("%s is missing", path);
    return text;
}

static int count_files(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    GDir *d = g_dir_open(path, 0, NULL);
    int n = 0;
    while (d && g_dir_read_name(d))
        n++;
    if (d)
        g_dir_close(d);
    return n;
}

static void test_video(void **state)
{
    (void)state;
    const test_path out = test_temp("video");
    expect(spawn_run("label", clip, "--teacher", teacher, "--no-mirror", "--out", out.text,
                     "--val-split", "0.2", NULL),
           "25 pictures: 50 labels, 0 boxes to be ignored");
    assert_int_equal(count_files(out.text, "images"), CLIP_FRAMES);
    g_autofree char *labels = text_of(out.text, "labels/clip-000013.txt"),
                    *classes = text_of(out.text, "classes.txt");
    double v[12];
    assert_int_equal(sscanf(labels, "%lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf", v, v + 1,
                            v + 2, v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9, v + 10, v + 11),
                     12);
    // The input shows the frame at 0.8 times its size, with 16 pixels to the left of it.
    const double want[] = {0, 24 / 128.0, 40 / 96.0, 24 / 128.0, 36 / 96.0, 0.9,
                           1, 94 / 128.0, 50 / 96.0, 40 / 128.0, 30 / 96.0, 0.7};
    for (int i = 0; i < 12; i++)
        if (fabs(v[i] - want[i]) > 0.01)
            fail_msg("number %d is %g, not %g: %s", i, v[i], want[i], labels);
    assert_string_equal(classes, "person\ncar\n");
    g_free(text_of(out.text, "labels/held-clip-000021.txt"));
    assert_true(g_file_test(test_temp("video/sheet.png").text, G_FILE_TEST_EXISTS));
    cJSON *json = json_load("video/report.json");
    assert_int_equal(json_number(json, "pictures"), CLIP_FRAMES);
    assert_int_equal(json_number(cJSON_GetObjectItem(json, "all"), "labels"), 50);
    assert_int_equal(json_number(cJSON_GetObjectItem(json, "tracks"), "count"), 2);
    cJSON_Delete(json);
    // `train` reads the labels and classes.
    expect(spawn_run("train", "--data", out.text, "--ignore-below", "0.5", "--val-match", "held-*",
                     "--options", "alpha=0.25,beta=0.25", "--size", "96x96", "--epochs", "1",
                     "--epoch-size", "4", "--batch", "4", "--out", test_temp("m.safetensors").text,
                     NULL),
           "");
}

static void test_mirror_and_mot(void **state)
{
    (void)state;
    // The teacher finds the same boxes on the mirror image, so each is found by one pass of two.
    const test_path out = test_temp("mot");
    expect(spawn_run("label", clip, "--teacher", teacher, "--out", out.text, "--format", "mot",
                     "--classes", "car", "--threshold", "0.3", "--interval", "2", "--frames",
                     "3-24", NULL),
           "11 pictures: 22 labels");
    g_autofree char *text = text_of(out.text, "labels.txt");
    assert_true(g_str_has_prefix(text, "3,"));
    assert_non_null(strstr(text, "\n23,"));
    assert_null(strstr(text, "\n4,"));
    assert_int_equal(count_files(out.text, "images"), 0);
}

static void test_goes_on(void **state)
{
    (void)state;
    const test_path a = test_temp("whole"), b = test_temp("parts");
    expect(spawn_run("label", clip, "--teacher", teacher, "--threshold", "0.4", "--out", a.text,
                     "--max-pictures", "6", NULL),
           "6 are written");
    g_autofree char *finds = text_of(a.text, "teacher-boxes.txt"),
                    *first = text_of(a.text, "report.json");
    assert_int_equal(count_files(a.text, "images"), 6);
    assert_int_equal(g_mkdir(b.text, 0777), 0);
    finds[strlen(finds) / 2] = '\0'; // within a picture
    g_autofree char *path = g_build_filename(b.text, "teacher-boxes.txt", NULL);
    assert_true(g_file_set_contents(path, finds, -1, NULL));
    spawn_output o = spawn_run("label", clip, "--teacher", teacher, "--threshold", "0.4", "--out",
                               b.text, "--max-pictures", "6", NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.err, "25 pictures, 12 done");
    spawn_release(&o);
    g_autofree char *again = text_of(b.text, "teacher-boxes.txt"),
                    *all = text_of(a.text, "teacher-boxes.txt");
    assert_string_equal(again, all);
    refuse(spawn_run("label", clip, "--teacher", teacher, "--force", "--out", b.text, "--no-mirror",
                     NULL),
           "made with other settings");
    // Other thresholds need no new detections.
    o = spawn_run("label", clip, "--teacher", teacher, "--force", "--out", b.text, "--threshold",
                  "0.6", NULL);
    spawn_expect(o.err, "25 pictures, 25 done");
    spawn_release(&o);
    expect(spawn_run("label", clip, "--teacher", teacher, "--force", "--out", b.text, "--threshold",
                     "0.2", NULL),
           "25 are written");
    g_autofree char *report = text_of(b.text, "report.txt");
    spawn_expect(report, "labels from score 0.2 on, to be ignored from 0.1 on");
}

// Labels the clip into `dir`, and interrupts that once a picture is done. Returns the exit status:
// 0 when it was ready before. What it says goes into DIR.err.
static int interrupt(const char *dir, const char *threshold)
{
    const char *argv[] = {"/bin/sh",
                          "-c",
                          "exec \"$0\" label \"$1\" --teacher \"$2\" --threshold \"$3\" "
                          "--out \"$4\" 2>\"$4.err\"",
                          g_getenv("NEROSCALE"),
                          clip,
                          teacher,
                          threshold,
                          dir,
                          NULL};
    g_autofree char *finds = g_build_filename(dir, "teacher-boxes.txt", NULL);
    GPid pid;
    int status;
    assert_true(g_spawn_async(NULL, (char **)argv, NULL,
                              G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                              &pid, NULL));
    for (bool done = false; !done && waitpid(pid, &status, WNOHANG) == 0;) {
        g_autofree char *text = NULL;
        const char *line =
            g_file_get_contents(finds, &text, NULL, NULL) ? strchr(text, '\n') : NULL;
        done = line && strchr(line + 1, '\n');
        if (done) {
            kill(pid, SIGINT);
            assert_int_equal(waitpid(pid, &status, 0), pid);
        } else
            g_usleep(500);
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// The same command goes on after Ctrl-C, without --force.
static void test_interrupted(void **state)
{
    (void)state;
    test_path dir;
    int status = 0;
    for (int i = 0; i < 50 && status != 130; i++) { // the machine may be too fast, or too busy
        g_autofree char *name = g_strdup_printf("stopped%d", i);
        dir = test_temp(name);
        status = interrupt(dir.text, "0.4");
        g_autofree char *report = g_build_filename(dir.text, "report.json", NULL);
        if (status == 130 && g_file_test(report, G_FILE_TEST_EXISTS))
            status = 0; // while the labels of all pictures were written
    }
    assert_int_equal(status, 130);
    g_autofree char *text = text_of(dir.text, "report.txt");
    spawn_expect(text, "before it was stopped");
    expect(spawn_run("label", clip, "--teacher", teacher, "--threshold", "0.4", "--out", dir.text,
                     NULL),
           "25 are written");
    g_free(text_of(dir.text, "report.json"));
}

// Nothing was found so far: that is no reason to take another teacher yet.
static void test_interrupted_without_finds(void **state)
{
    (void)state;
    bool told = false;
    for (int i = 0; i < 50 && !told; i++) {
        g_autofree char *name = g_strdup_printf("nothing%d", i),
                        *said = g_strconcat(name, ".err", NULL);
        assert_int_equal(interrupt(test_temp(name).text, "0.95"), 2);
        g_autofree char *text = text_of(test_temp(".").text, said);
        told = strstr(text, "the same command goes on") != NULL;
        assert_true(told || strstr(text, "lower --threshold")); // or it was ready
    }
    assert_true(told);
}

static void test_folder(void **state)
{
    (void)state;
    static uint8_t rgb[3 * 160 * 120];
    const nn_image image = {160, 120, rgb};
    const test_path in = test_make_dir("in"), out = test_temp("a folder");
    assert_int_equal(nn_image_save_png(&image, test_temp("in/a b.png").text, NULL), NN_OK);
    assert_int_equal(nn_image_save_jpeg(&image, test_temp("in/c.jpg").text, 90, NULL), NN_OK);
    test_write_text("in/broken.jpg", "no picture");
    test_write_text("in/notes.txt", "none either");
    spawn_output o =
        spawn_run("label", in.text, "--teacher", teacher, "--no-mirror", "--teacher-scales", "1,2",
                  "--tiles", "2x1", "--out", out.text, NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.out, "2 pictures");
    spawn_expect(o.out, "a folder.safetensors'"); // quoted, to be copied into a shell
    spawn_expect(o.err, "broken.jpg");
    spawn_expect(o.err, "cannot be run at scale 2"); // the teacher has a fixed input size
    spawn_expect(o.err, "3 passes each");
    spawn_release(&o);
    assert_int_equal(count_files(out.text, "images"), 2);
    assert_int_equal(count_files(out.text, "labels"), 2);
    g_free(text_of(out.text, "labels/a b.txt"));
}

static void test_refused(void **state)
{
    (void)state;
    const test_path out = test_temp("bad"), empty = test_make_dir("empty");
    refuse(spawn_run("label", clip, "--out", out.text, NULL), "--teacher");
    refuse(spawn_run("label", clip, "--teacher", teacher, NULL), "--out DIR is missing");
    refuse(spawn_run("label", "--teacher", teacher, "--out", out.text, NULL), "which pictures");
    refuse(spawn_run("label", clip, "--teacher", "nobody", "--out", out.text, NULL), "nobody");
    refuse(
        spawn_run("label", clip, "--teacher", teacher, "--classes", "cat", "--out", out.text, NULL),
        "no teacher has the class 'cat'");
    refuse(spawn_run("label", clip, "--teacher", teacher, "--teacher-scales", "1,x", "--out",
                     out.text, NULL),
           "--teacher-scales");
    refuse(
        spawn_run("label", clip, "--teacher", teacher, "--tiles", "9x9", "--out", out.text, NULL),
        "--tiles 9x9");
    refuse(spawn_run("label", clip, "--teacher", teacher, "--threshold", "0.2", "--ignore", "0.3",
                     "--out", out.text, NULL),
           "--threshold");
    refuse(spawn_run("label", empty.text, "--teacher", teacher, "--out", out.text, NULL),
           "no picture (JPEG, PNG");
    refuse(spawn_run("label", empty.text, "--teacher", teacher, "--format", "mot", "--out",
                     out.text, NULL),
           "--format mot is for videos");
    refuse(spawn_run("label", clip, "--teacher", teacher, "--threshold", "0.95", "--out",
                     test_temp("none").text, NULL),
           "lower --threshold");
    spawn_output o = spawn_run("label", "--help", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "Examples:");
    spawn_release(&o);
}

// The test source of GStreamer, which stands for a camera.
static void test_camera(void **state)
{
    (void)state;
    const test_path out = test_temp("camera");
    spawn_output o = spawn_run("label", "test", "--minutes", "0.017", "--teacher", teacher,
                               "--no-mirror", "--out", out.text, NULL);
    if (o.status != 0)
        fail_msg("%s", o.err);
    spawn_expect(o.err, "recording test for 0:01");
    spawn_expect(o.out, "labels");
    spawn_release(&o);
    assert_true(g_file_test(test_temp("camera/camera.mkv").text, G_FILE_TEST_EXISTS));
    assert_int_equal(spawn_run("label", "test", "--minutes", "0.017", "--teacher", teacher,
                               "--no-mirror", "--force", "--out", out.text, NULL)
                         .status,
                     0); // the recording of the run before is used
}

// The model of this scene as teacher, on frames it was not trained on: labels are about as good as
// the model.
static void test_people(void **state)
{
    (void)state;
    char film[1024];
    if (!find_film(film, sizeof film)) {
        print_message("/" FILM " is missing (Debian: opencv-doc)\n");
        skip();
    }
    const test_path out = test_temp("people");
    expect(spawn_run("label", film, "--teacher", "person", "--frames", "601-640", "--out", out.text,
                     "--threshold", "0.4", "--max-pictures", "10", NULL),
           "10 are written");
    cJSON *json = json_load("people/report.json");
    const double labels = json_number(cJSON_GetObjectItem(json, "all"), "labels");
    assert_true(labels > 150 && labels < 400); // 131 people on 17 of these frames, counted by hand
    // Three input sizes from 384x288 to the size of the film, each also mirrored.
    assert_int_equal(json_number(json, "passes"), 6);
    assert_true(json_number(json, "agreeing_passes") > 0.7);
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_video),
                                       cmocka_unit_test(test_mirror_and_mot),
                                       cmocka_unit_test(test_goes_on),
                                       cmocka_unit_test(test_interrupted),
                                       cmocka_unit_test(test_interrupted_without_finds),
                                       cmocka_unit_test(test_folder),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_camera),
                                       cmocka_unit_test(test_people)};
    return cmocka_run_group_tests(tests, make_files, free_files);
}
