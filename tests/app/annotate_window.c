// SPDX-License-Identifier: MIT
// neroscale annotate as a program: scripts off screen and through SDL's dummy driver, screenshots,
// errors.
#include "app/annotate/store.h"
#include "nn/io/image/image.h"
#include "tests/app/annotate_scene.h"
#include "tests/support/command.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(const char *dir)
{
    char name[64];
    test_make_dir(dir);
    snprintf(name, sizeof name, "%s/a.png", dir);
    scene_picture(name, 320, 200);
    snprintf(name, sizeof name, "%s/b.png", dir);
    scene_picture(name, 200, 320);
}

// The fraction of a picture's pixels that are not grey.
static double coloured(const char *name)
{
    nn_image image = {0};
    nn_error err = {0};
    assert_int_equal(nn_image_load(&image, test_temp(name).text, &err), NN_OK);
    long count = 0;
    const long all = (long)image.width * image.height;
    for (long i = 0; i < all; i++) {
        const uint8_t *p = image.rgb + 3 * i;
        count += abs(p[0] - p[1]) + abs(p[1] - p[2]) > 60;
    }
    nn_image_release(&image);
    return (double)count / (double)all;
}

static const char script[] = "size 640x480\n"
                             "shot empty.png\n"
                             "key 2\n"
                             "drag @20,20 @220,140\n"
                             "shot drawn.png\n"
                             "key c\n"
                             "type dog\n"
                             "key Return\n"
                             "key n\n"
                             "drag @10.0,10.0 @110.0,60.0\n"
                             "key Shift+Alt+Right\n" // modifiers in any order
                             "key Alt+Shift+Left\n"
                             "wheel 100,100 2\n"
                             "key Shift+/\n"
                             "shot help.png\n"
                             "key Escape\n"
                             "key q\n";

static void run_script(const char *dir)
{
    char line[256], name[64];
    make(dir);
    test_write_text("script.txt", script);
    snprintf(line, sizeof line, "annotate %s --names person,car,dog --script script.txt", dir);
    assert_int_equal(command_line("", line), 0);
    snprintf(name, sizeof name, "%s/labels/a.txt", dir);
    scene_expect(name, "2 0.375 0.4 0.625 0.6\n");
    snprintf(name, sizeof name, "%s/labels/b.txt", dir);
    scene_expect(name, "2 0.3 0.109375 0.5 0.15625\n");
    snprintf(name, sizeof name, "%s/classes.txt", dir);
    scene_expect(name, "person\ncar\ndog\n");
    snprintf(name, sizeof name, "%s/.annotate.lock", dir);
    assert_false(scene_has(name));
    assert_true(coloured("empty.png") < 0.003); // the class of new boxes, in the status line
    assert_true(coloured("drawn.png") > coloured("empty.png") + 0.005);
    assert_true(scene_has("help.png"));
}

static void follows_a_script(void **state)
{
    (void)state;
    unsetenv("SDL_VIDEODRIVER");
    run_script("offscreen");
}

static void follows_a_script_in_a_window(void **state)
{
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    run_script("dummy");
    unsetenv("SDL_VIDEODRIVER");
}

static void is_legible_at_any_size(void **state)
{
    (void)state;
    make("sizes");
    test_write_text("script.txt", "size 320x240\ndrag @20,20 @220,140\nshot small.png\n"
                                  "key Shift+/\nshot small-help.png\nkey Escape\n"
                                  "size 3840x2160\nshot large.png\nkey c\nshot large-list.png\n");
    assert_int_equal(command_line("", "annotate sizes --script script.txt"), 0);
    nn_image image = {0};
    nn_error err = {0};
    assert_int_equal(nn_image_load(&image, test_temp("large.png").text, &err), NN_OK);
    assert_int_equal(image.width, 3840);
    assert_int_equal(image.height, 2160);
    nn_image_release(&image);
}

static void lets_one_edit(void **state)
{
    (void)state;
    ui_lock lock;
    nn_error err = {0};
    make("taken");
    test_write_text("script.txt", "key n\n");
    assert_int_equal(ui_lock_take(&lock, test_temp("taken").text, &err), NN_OK);
    assert_int_equal(command_line("", "annotate taken --script script.txt"), 2);
    command_said_one_line("taken is being edited by process");
    ui_lock_drop(&lock);
    assert_int_equal(command_line("", "annotate taken --script script.txt"), 0);
    assert_int_equal(command_line("", "annotate taken --labels here --script script.txt"), 0);
    assert_true(scene_has("here"));
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    make("wrong");
    test_make_dir("empty");
    command_line("", "annotate");
    command_said_one_line("which folder or video?");
    assert_int_equal(command_line("", "annotate nowhere"), 2);
    command_said_one_line("nowhere: no such folder or file");
    assert_int_equal(command_line("", "annotate empty"), 2);
    command_said_one_line("no picture (JPEG, PNG, BMP");
    assert_int_equal(command_line("", "annotate wrong --format cvat"), 2);
    command_said_one_line("--format must be one of coco, voc, yolo, mot");
    test_write_text("script.txt", "key n\nfly away\n");
    assert_int_equal(command_line("", "annotate wrong --script script.txt"), 2);
    command_said_one_line("script.txt:2: 'fly away' is not understood");
    assert_int_equal(
        command_line("env -u DISPLAY -u WAYLAND_DISPLAY SDL_VIDEODRIVER=x11", "annotate wrong"), 2);
    command_said_one_line("cannot open a window");
    assert_int_equal(command_line("env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER timeout 20",
                                  "annotate wrong"),
                     2);
    command_said_one_line("cannot open a window: no display was found");
    assert_int_equal(command_line("", "annotate --help"), 0);
    command_said("Ctrl+Z Ctrl+Y");
    command_said("Lines of a script");
}

static void says_that_nothing_can_be_written(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); // root may write everywhere
    make("sealed");
    chmod(test_temp("sealed").text, 0555);
    assert_int_equal(command_line("", "annotate sealed"), 2);
    command_said_one_line("cannot write");
    chmod(test_temp("sealed").text, 0755);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_a_script),
        cmocka_unit_test(follows_a_script_in_a_window),
        cmocka_unit_test(is_legible_at_any_size),
        cmocka_unit_test(lets_one_edit),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(says_that_nothing_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
