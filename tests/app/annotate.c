// SPDX-License-Identifier: MIT
// The editor without its window: what keys and the mouse do to boxes, undo, saving, and locked
// files.
#include "app/annotate/edit.h"
#include "app/annotate/store.h"
#include "tests/app/annotate_scene.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

// Three pictures of 200x100 in DIR/images; the labels of b were written by another program, in its
// own style.
static const char habits[] = "1 0.500000 0.5 0.25 0.5\r\n"
                             "0  0.1250 5e-1 .25 0.5 0.90\r\n"
                             "\r\n"
                             "2 0.8 0.2 0.1 0.1";

static ui_editor *open_three(const char *dir)
{
    char name[64];
    test_make_dir(dir);
    for (const char *const *sub = (const char *const[]){"images", "labels", NULL}; *sub; sub++) {
        snprintf(name, sizeof name, "%s/%s", dir, *sub);
        test_make_dir(name);
    }
    for (const char *c = "abc"; *c; c++) {
        snprintf(name, sizeof name, "%s/images/%c.png", dir, *c);
        scene_picture(name, 200, 100);
    }
    snprintf(name, sizeof name, "%s/labels/b.txt", dir);
    test_write_text(name, habits);
    snprintf(name, sizeof name, "%s/classes.txt", dir);
    test_write_text(name, "person\ncar\ndog\n");
    return scene_open(dir, NULL);
}

static int boxes(const ui_editor *e)
{
    return ui_editor_sheet(e).count;
}

static ui_box box(const ui_editor *e, int i)
{
    assert_in_range(i, 0, boxes(e) - 1);
    return ui_editor_sheet(e).boxes[i];
}

static void expect_box(const ui_editor *e, int i, double x0, double y0, double x1, double y1)
{
    const ui_box b = box(e, i);
    assert_float_equal(b.x0, x0, 1e-6);
    assert_float_equal(b.y0, y0, 1e-6);
    assert_float_equal(b.x1, x1, 1e-6);
    assert_float_equal(b.y1, y1, 1e-6);
}

static void draws_and_saves(void **state)
{
    (void)state;
    ui_editor *e = open_three("draw");
    scene_drag(e, 20, 10, 120, 60);
    assert_int_equal(boxes(e), 1);
    expect_box(e, 0, 20, 10, 120, 60);
    assert_true(ui_document_dirty(e->doc));
    assert_false(scene_has("draw/labels/a.txt"));
    ui_editor_tick(e, 500);
    assert_false(scene_has("draw/labels/a.txt"));
    ui_editor_tick(e, 2000); // the pause after an edit
    assert_false(ui_document_dirty(e->doc));
    scene_expect("draw/labels/a.txt", "0 0.35 0.35 0.5 0.5\n");
    ui_editor_key(e, "3");
    ui_editor_key(e, "n"); // leaving the picture saves, too
    scene_expect("draw/labels/a.txt", "2 0.35 0.35 0.5 0.5\n");
    assert_false(scene_has("draw/labels/a.txt~")); // there was no file to keep
    ui_editor_free(e);
}

static void keeps_what_is_not_edited(void **state)
{
    (void)state;
    ui_editor *e = open_three("keep");
    ui_editor_key(e, "n");
    assert_int_equal(boxes(e), 3);
    expect_box(e, 0, 75, 25, 125, 75);
    // Changes one class: only its digit changes.
    e->selected = 1;
    ui_editor_key(e, "3");
    ui_editor_key(e, "s");
    scene_expect("keep/labels/b.txt", "1 0.500000 0.5 0.25 0.5\r\n"
                                      "2  0.1250 5e-1 .25 0.5 0.90\r\n"
                                      "\r\n"
                                      "2 0.8 0.2 0.1 0.1");
    scene_expect("keep/labels/b.txt~", habits);
    // A moved box is written anew; a new one gets a line in the style of the file.
    e->selected = 0;
    ui_editor_key(e, "Shift+Right");
    e->selected = -1;
    ui_editor_key(e, "1");
    scene_drag(e, 0, 80, 20, 100);
    ui_editor_key(e, "s");
    scene_expect("keep/labels/b.txt", "1 0.505 0.5 0.25 0.5\r\n"
                                      "2  0.1250 5e-1 .25 0.5 0.90\r\n"
                                      "\r\n"
                                      "2 0.8 0.2 0.1 0.1\r\n"
                                      "0 0.05 0.9 0.1 0.2\r\n");
    // After all is undone, the file is as it was, byte by byte.
    for (int i = 0; i < 3; i++)
        ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "s");
    scene_expect("keep/labels/b.txt", habits);
    ui_editor_key(e, "Ctrl+Z");
    assert_string_equal(e->message, "nothing to undo");
    ui_editor_free(e);
}

static void deletes_and_ignores(void **state)
{
    (void)state;
    ui_editor *e = open_three("delete");
    ui_editor_key(e, "n");
    e->selected = 0;
    ui_editor_key(e, "Delete");
    ui_editor_key(e, "Delete"); // nothing is selected: nothing happens
    assert_int_equal(boxes(e), 2);
    ui_editor_key(e, "Tab");
    ui_editor_key(e, "Tab");
    assert_int_equal(e->selected, 1);
    ui_editor_key(e, "x");
    ui_editor_key(e, "s");
    scene_expect("delete/labels/b.txt", "0  0.1250 5e-1 .25 0.5 0.90\r\n\r\n2 0.8 0.2 0.1 0.1 0");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "Ctrl+Z");
    assert_int_equal(boxes(e), 3);
    ui_editor_key(e, "Ctrl+Y");
    assert_int_equal(boxes(e), 2);
    ui_editor_key(e, "Ctrl+Y");
    assert_true(box(e, 1).ignore);
    ui_editor_key(e, "s");
    ui_editor_free(e);
    e = scene_open("delete", NULL); // opens the folder again
    ui_editor_key(e, "n");
    assert_int_equal(boxes(e), 2);
    assert_true(box(e, 1).ignore);
    ui_editor_free(e);
}

static void moves_and_resizes(void **state)
{
    (void)state;
    ui_editor *e = open_three("move");
    scene_drag(e, 20, 10, 120, 60);
    scene_drag(e, 50, 40, 60, 55); // moves it: the pointer is on the box
    assert_int_equal(boxes(e), 1);
    expect_box(e, 0, 30, 25, 130, 75);
    scene_drag(e, 130, 75, 150, 90); // resizes it at a corner
    expect_box(e, 0, 30, 25, 150, 90);
    scene_drag(e, 90, 25, 95, 5); // resizes it at its upper edge
    expect_box(e, 0, 30, 5, 150, 90);
    scene_drag(e, 60, 40, 190, 95); // not beyond the picture
    expect_box(e, 0, 80, 15, 200, 100);
    ui_editor_key(e, "w");
    scene_drag(e, 100, 40, 110, 50); // moves it inside of the picture
    assert_int_equal(boxes(e), 2);
    ui_editor_key(e, "Escape");
    ui_editor_press(e, e->left + 105 * e->zoom, e->top + 45 * e->zoom, 1, false);
    ui_editor_release(e, e->left + 105 * e->zoom, e->top + 45 * e->zoom, 1);
    assert_int_equal(e->selected, 1); // the smaller box
    for (int i = 0; i < 5; i++)
        ui_editor_key(e, "Alt+Shift+Left");
    expect_box(e, 1, 50, 40, 60, 50);
    ui_editor_key(e, "Ctrl+Down");
    ui_editor_key(e, "Ctrl+Z"); // one undo for a row of small steps
    expect_box(e, 1, 100, 40, 110, 50);
    ui_editor_free(e);
}

static void undoes_where_it_happened(void **state)
{
    (void)state;
    ui_editor *e = open_three("undo");
    scene_drag(e, 20, 10, 120, 60);
    ui_editor_key(e, "n");
    ui_editor_key(e, "n");
    scene_drag(e, 20, 10, 120, 60);
    ui_editor_key(e, "Home");
    ui_editor_key(e, "Ctrl+Z");
    assert_int_equal(e->page, 2);
    assert_int_equal(boxes(e), 0);
    ui_editor_key(e, "Ctrl+Z");
    assert_int_equal(e->page, 0);
    assert_int_equal(boxes(e), 0);
    ui_editor_key(e, "Ctrl+Y");
    assert_int_equal(boxes(e), 1);
    scene_drag(e, 150, 10, 190, 60); // a new edit ends redo
    ui_editor_key(e, "Ctrl+Y");
    assert_string_equal(e->message, "nothing to redo");
    ui_editor_free(e);
}

static void copies(void **state)
{
    (void)state;
    ui_editor *e = open_three("copy");
    ui_editor_key(e, "End");
    ui_editor_key(e, "v"); // on b, which was not shown yet
    assert_int_equal(boxes(e), 3);
    expect_box(e, 0, 75, 25, 125, 75);
    ui_editor_key(e, "v"); // both boxes were pasted
    assert_int_equal(boxes(e), 3);
    e->selected = 0;
    ui_editor_key(e, "d");
    assert_int_equal(boxes(e), 4);
    expect_box(e, 3, 85, 35, 135, 85);
    ui_editor_key(e, "Ctrl+C");
    ui_editor_key(e, "Home");
    ui_editor_key(e, "Ctrl+V");
    assert_int_equal(boxes(e), 1);
    expect_box(e, 0, 85, 35, 135, 85);
    ui_editor_save(e);
    scene_expect("copy/labels/a.txt", "1 0.55 0.6 0.25 0.5\n");
    scene_expect("copy/labels/b.txt", habits);
    ui_editor_free(e);
}

static void lists(void **state)
{
    (void)state;
    ui_editor *e = open_three("list");
    ui_editor_key(e, "c");
    ui_editor_text(e, "DO");
    assert_int_equal(e->list.items->len, 2); // dog, and a new class
    ui_editor_key(e, "Return");
    assert_int_equal(e->label, 2);
    ui_editor_key(e, "c");
    ui_editor_text(e, "bicycle");
    ui_editor_key(e, "Return");
    assert_int_equal(e->label, 3);
    scene_drag(e, 20, 10, 120, 60);
    ui_editor_save(e);
    scene_expect("list/classes.txt", "person\ncar\ndog\nbicycle\n");
    scene_expect("list/labels/a.txt", "3 0.35 0.35 0.5 0.5\n");
    ui_editor_key(e, "g");
    ui_editor_text(e, "3");
    ui_editor_key(e, "Return");
    assert_int_equal(e->page, 2);
    ui_editor_key(e, "g");
    ui_editor_text(e, "b.p");
    ui_editor_key(e, "Return");
    assert_int_equal(e->page, 1);
    ui_editor_key(e, "/");
    ui_editor_text(e, "bicycle");
    ui_editor_key(e, "Return"); // only a has a box of this class
    assert_int_equal(e->page, 0);
    ui_editor_key(e, "n");
    assert_int_equal(e->page, 0);
    ui_editor_key(e, "/");
    ui_editor_text(e, "without");
    ui_editor_key(e, "Return");
    assert_int_equal(e->page, 2);
    ui_editor_key(e, "c");
    ui_editor_key(e, "n"); // next in the list, not in the folder
    assert_int_equal(e->page, 2);
    ui_editor_free(e);
}

static void does_not_touch_what_it_cannot_read(void **state)
{
    (void)state;
    static const char outline[] = "0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n";
    ui_editor *e = open_three("locked");
    test_write_text("locked/labels/c.txt", outline);
    test_write_text("locked/images/d.png", "no picture");
    ui_editor_free(e);
    e = scene_open("locked", NULL);
    ui_editor_key(e, "g");
    ui_editor_text(e, "c.png");
    ui_editor_key(e, "Return");
    assert_non_null(ui_editor_page(e)->locked);
    assert_non_null(strstr(ui_editor_page(e)->locked, "c.txt: line 1: not 'class cx cy w h'"));
    scene_drag(e, 20, 10, 120, 60);
    assert_int_equal(boxes(e), 0);
    assert_non_null(strstr(e->message, "read-only"));
    ui_editor_key(e, "n");
    assert_null(e->image);
    assert_non_null(strstr(e->broken, "no picture of a kind that is read"));
    scene_drag(e, 20, 10, 120, 60);
    ui_editor_key(e, "v");
    ui_editor_key(e, "p");
    ui_editor_save(e);
    scene_expect("locked/labels/c.txt", outline);
    assert_false(scene_has("locked/labels/d.txt"));
    ui_editor_free(e);
}

static void does_not_overwrite_others(void **state)
{
    (void)state;
    ui_editor *e = open_three("others");
    ui_editor_key(e, "n");
    e->selected = 0;
    ui_editor_key(e, "3");
    test_write_text("others/labels/b.txt", "0 0.5 0.5 1 1\n");
    ui_editor_key(e, "s");
    scene_expect("others/labels/b.txt", "0 0.5 0.5 1 1\n");
    assert_non_null(strstr(e->message, "another program changed it"));
    assert_non_null(ui_editor_page(e)->locked);
    ui_editor_free(e);
}

static void locks_a_folder(void **state)
{
    (void)state;
    ui_lock first, second;
    nn_error err = {0};
    const test_path dir = test_make_dir("lock");
    assert_int_equal(ui_lock_take(&first, dir.text, &err), NN_OK);
    assert_int_equal(ui_lock_take(&second, dir.text, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "is being edited by process"));
    ui_lock_drop(&second);
    ui_lock_drop(&first);
    assert_int_equal(ui_lock_take(&second, dir.text, &err), NN_OK);
    ui_lock_drop(&second);
    assert_int_equal(ui_lock_take(&first, test_temp("nowhere/at/all").text, &err), NN_EIO);
}

static void zooms_at_the_pointer(void **state)
{
    (void)state;
    ui_editor *e = open_three("zoom");
    const double x = 120, y = 130, px = (x - e->left) / e->zoom, py = (y - e->top) / e->zoom;
    const double zoom = e->zoom;
    ui_editor_wheel(e, x, y, 3);
    assert_true(e->zoom > zoom * 1.5);
    assert_float_equal((x - e->left) / e->zoom, px, 1e-9);
    assert_float_equal((y - e->top) / e->zoom, py, 1e-9);
    ui_editor_press(e, 50, 50, 2, false);
    ui_editor_move(e, 60, 45);
    ui_editor_release(e, 60, 45, 2);
    assert_float_equal((x + 10 - e->left) / e->zoom, px, 1e-9);
    ui_editor_key(e, "0");
    assert_float_equal(e->zoom, zoom, 1e-9);
    ui_editor_resize(e, 800, 600, 16); // a fitted picture follows the size of the window
    assert_float_equal(e->zoom, zoom * 2, 1e-9);
    ui_editor_free(e);
}

// Keys and their help come from one table: no key is there twice, and each has a help text.
static void names_keys_once(void **state)
{
    (void)state;
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const ui_action *a = ui_actions(); a->help; a++) {
        g_auto(GStrv) keys = g_strsplit(a->run && a->keys ? a->keys : "", " ", -1);
        for (int i = 0; keys[i] && *keys[i]; i++)
            assert_true(g_hash_table_add(seen, g_ascii_strdown(keys[i], -1)));
    }
    assert_true(g_hash_table_size(seen) > 50);
    g_hash_table_unref(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_and_saves),
        cmocka_unit_test(keeps_what_is_not_edited),
        cmocka_unit_test(deletes_and_ignores),
        cmocka_unit_test(moves_and_resizes),
        cmocka_unit_test(undoes_where_it_happened),
        cmocka_unit_test(copies),
        cmocka_unit_test(lists),
        cmocka_unit_test(does_not_touch_what_it_cannot_read),
        cmocka_unit_test(does_not_overwrite_others),
        cmocka_unit_test(locks_a_folder),
        cmocka_unit_test(zooms_at_the_pointer),
        cmocka_unit_test(names_keys_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
