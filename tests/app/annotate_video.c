// SPDX-License-Identifier: MIT
// Frames by number: the same however they are reached, also without seeking. Labels of a video,
// from keys to text.
#include "app/annotate/video.h"
#include "tests/app/annotate_scene.h"
#include "tests/pipeline/clip.h"
#include "tests/support/command.h"
#include "tests/support/film.h"
#include "tests/support/test.h"

#include <stdio.h>

static nn_image read_frame(ui_video *v, int number)
{
    nn_image image = {0};
    nn_error err = {0};
    const nn_status status = ui_video_read(v, number, &image, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, NN_OK);
    assert_int_equal(image.width, CLIP_WIDTH);
    assert_int_equal(image.height, CLIP_HEIGHT);
    return image;
}

static bool same(const nn_image *a, const nn_image *b)
{
    return memcmp(a->rgb, b->rgb, (size_t)CLIP_WIDTH * CLIP_HEIGHT * 3) == 0;
}

static void compare_frames(const char *path)
{
    static const int order[] = {24, 3, 4, 0, 23, 10, 24, 9};
    nn_image frames[CLIP_FRAMES];
    ui_video *v;
    nn_error err = {0};
    bool done;
    assert_int_equal(ui_video_open(&v, path, &err), NN_OK);
    for (int i = 0; i < CLIP_FRAMES; i++)
        frames[i] = read_frame(v, i);
    assert_false(same(&frames[3], &frames[4]));
    ui_video_wait(v);
    assert_int_equal(ui_video_count(v, &done), CLIP_FRAMES);
    assert_true(done);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        nn_image again = read_frame(v, order[i]);
        assert_true(same(&again, &frames[order[i]]));
        nn_image_release(&again);
    }
    nn_image none = {0};
    assert_int_equal(ui_video_read(v, CLIP_FRAMES, &none, &err), NN_ENOTFOUND);
    nn_image again = read_frame(v, 7); // reading goes on after a failure
    assert_true(same(&again, &frames[7]));
    nn_image_release(&again);
    for (int i = 0; i < CLIP_FRAMES; i++)
        nn_image_release(&frames[i]);
    ui_video_close(v);
}

static void finds_frames_of_avi(void **state)
{
    (void)state;
    char *path = clip_make("clip.avi");
    compare_frames(path);
    g_free(path);
}

// Frames that depend on others, and a container with timestamps of its own.
static void finds_frames_between_key_frames(void **state)
{
    (void)state;
    char *path = clip_path("clip.mkv");
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball num-buffers=%d ! video/x-raw,width=%d,height=%d,framerate=25/1 "
        "! "
        "vp8enc keyframe-max-dist=12 deadline=1 ! matroskamux ! filesink location=%s",
        CLIP_FRAMES, CLIP_WIDTH, CLIP_HEIGHT, path);
    clip_play(text);
    compare_frames(path);
    g_free(path);
}

static void labels_a_video(void **state)
{
    (void)state;
    char *path = clip_make("street.avi");
    g_autofree char *line =
        g_strdup_printf("annotate %s --names ball --labels street.txt --script script.txt", path);
    test_write_text("script.txt", "size 640x480\n"
                                  "drag @10,10 @40,50\n"
                                  "key Ctrl+C\n"
                                  "key PageDown\n"
                                  "key Ctrl+V\n"
                                  "drag @20,20 @40,40\n"
                                  "key i\n"
                                  "key End\n"
                                  "key v\n" // of the last frame with boxes
                                  "shot end.png\n"
                                  "key q\n");
    assert_int_equal(command_line("", line), 0);
    g_autoptr(GString) text = g_string_new("");
    for (int i = 0; i <= 10; i++)
        g_string_append_printf(text, "%d,1,%d,%d,30,40,1,1\n", i + 1, 10 + 2 * i, 10 + 2 * i);
    g_string_append(text, "25,1,30,30,30,40,1,1\n");
    scene_expect("street.txt", text->str);
    scene_expect("street.classes.txt", "ball\n");
    assert_false(scene_has("street.txt.annotate.lock"));
    g_free(path);
}

// Suggestions become labels only when the user accepts them.
static void asks_a_model(void **state)
{
    (void)state;
    char film[1024];
    if (!find_film(film, sizeof film))
        skip();
    g_autofree char *line =
        g_strdup_printf("annotate %s --model person --labels people.txt --script script.txt", film);
    test_write_text("script.txt", "size 768x620\nkey m\nshot asked.png\nkey n\nkey q\n");
    assert_int_equal(command_line("", line), 0);
    assert_false(scene_has("people.txt"));
    test_write_text("script.txt", "size 768x620\nkey m\nkey Backspace\nkey n\nkey m\nkey a\n"
                                  "key q\n");
    assert_int_equal(command_line("", line), 0);
    char *text = test_read_text("people.txt");
    int rows = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') + 1, rows++)
        assert_int_equal(strncmp(at, "2,", 2), 0);
    assert_in_range(rows, 2, 6);
    free(text);
    scene_expect("people.classes.txt", "person\n");
}

static void refuses_what_is_no_video(void **state)
{
    (void)state;
    test_write_text("no.avi", "this is no video");
    test_write_text("script.txt", "key q\n");
    assert_int_equal(command_line("", "annotate no.avi --script script.txt"), 2);
    command_said_one_line("no.avi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_frames_of_avi),
        cmocka_unit_test(finds_frames_between_key_frames),
        cmocka_unit_test(labels_a_video),
        cmocka_unit_test(asks_a_model),
        cmocka_unit_test(refuses_what_is_no_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
