// SPDX-License-Identifier: MIT
// Folders of small pictures for the tests of the editor.
#include "tests/app/annotate_scene.h"

#include "nn/io/image/image.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

void scene_picture(const char *name, int width, int height)
{
    nn_image image = {width, height, malloc((size_t)width * (size_t)height * 3)};
    nn_error err = {0};
    memset(image.rgb, 128, (size_t)width * (size_t)height * 3);
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, &err), NN_OK);
    free(image.rgb);
}

ui_editor *scene_open(const char *dir, const char *format)
{
    ui_project p = {0};
    ui_document *d;
    nn_error err = {0};
    const ui_label_format *f = format ? ui_label_format_find(format) : NULL;
    nn_status status = ui_project_open(&p, test_temp(dir).text, f, NULL, &err);
    if (status == NN_OK)
        status = ui_project_load_classes(&p, &err);
    if (status == NN_OK)
        status = ui_document_new(&d, &p, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, NN_OK);
    ui_editor *e = ui_editor_new(d, ui_media_new(NULL), NULL);
    ui_editor_resize(e, 400, 300, 16);
    ui_editor_tick(e, 1);
    return e;
}

void scene_drag(ui_editor *e, double x0, double y0, double x1, double y1)
{
    x0 = e->left + x0 * e->zoom;
    x1 = e->left + x1 * e->zoom;
    y0 = e->top + y0 * e->zoom;
    y1 = e->top + y1 * e->zoom;
    ui_editor_move(e, x0, y0);
    ui_editor_press(e, x0, y0, 1, false);
    ui_editor_move(e, (x0 + x1) / 2, (y0 + y1) / 2);
    ui_editor_release(e, x1, y1, 1);
}

void scene_expect(const char *name, const char *text)
{
    char *is = test_read_text(name);
    assert_string_equal(is, text);
    free(is);
}

int scene_has(const char *name)
{
    return access(test_temp(name).text, F_OK) == 0;
}
