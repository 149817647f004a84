// SPDX-License-Identifier: MIT
// neroscale annotate: draws boxes by hand in pictures and videos.
#include "app/annotate/editor_window.h"
#include "app/annotate/store.h"
#include "app/annotate/suggest.h"
#include "app/cli/arguments.h"
#include "app/cli/folder.h"
#include "app/cli/image_size.h"
#include "app/cli/interrupt.h"
#include "app/cli/option_table.h"
#include "app/commands/command.h"
#include "nn/data/folder.h"
#include "po/translate.h"

#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    N_("Draws and edits boxes in pictures and videos, by hand or with suggestions of a model.\n"
       "\n"
       "Labels are read and written in place, and saved automatically. For pictures in DIR or\n"
       "DIR/images they are YOLO text in DIR/labels, Pascal VOC, or COCO, whose file may be given\n"
       "instead of DIR. For a VIDEO they are MOT text beside it. Lines that were not edited stay\n"
       "as they are, and FILE~ keeps each label file as it was before the first change.\n"
       "\n"
       "Examples:\n"
       "  neroscale annotate yard --names cat,dog,bicycle\n"
       "  neroscale annotate street.avi --model person\n"
       "  neroscale annotate street.avi --labels found/labels.txt # what 'neroscale label' wrote\n"
       "  neroscale annotate VOC2007 --model yolox_nano.onnx --threshold 0.3");

typedef struct annotate_options {
    char *model, *names, *format, *labels, *script, *size;
    double threshold;
    int width, height;
} annotate_options;

// The keys, from the table of the window.
static char *describe_keys(void)
{
    GString *text = g_string_new("Keys:\n");
    for (const ui_action *a = ui_actions(); a->help; a++)
        if (!a->keys)
            g_string_append_printf(text, " %s\n", a->help);
        else if (*a->help)
            g_string_append_printf(text, "  %-18s %s\n", a->keys, a->help);
    g_string_append_printf(text, "\n%s", ui_script_help);
    return g_string_free(text, FALSE);
}

enum { LEAST_SIDE = 64 }; // of the window

static nn_status check(annotate_options *o, int argc, nn_error *err)
{
    if (argc != 2)
        return nn_fail(err, NN_EINVAL, "%s (try --help)",
                       argc < 2 ? "which folder or video?" : "one folder or video at a time");
    if (o->format && !ui_label_format_find(o->format)) {
        g_autoptr(GString) known = g_string_new(NULL);
        for (int i = 0; ui_label_format_at(i); i++)
            g_string_append_printf(known, "%s%s", i ? ", " : "", ui_label_format_at(i)->name);
        return nn_fail(err, NN_EINVAL, "--format must be one of %s, not '%s'", known->str,
                       o->format);
    }
    const nn_status status = app_parse_size("--window-size", o->size, &o->width, &o->height, err);
    if (status == NN_OK && o->size && MIN(o->width, o->height) < LEAST_SIDE)
        return nn_fail(err, NN_EINVAL,
                       "--window-size %s: the window needs at least %d pixels in width and height",
                       o->size, LEAST_SIDE);
    return status;
}

static nn_status parse(annotate_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {
        APP_OPTION("model", &o->model, "none: no suggestions"),
        APP_OPTION("threshold", &o->threshold, "the model's"),
        APP_OPTION("names", &o->names, "those of the labels, else the model's"),
        APP_OPTION("format", &o->format, "that of the files, else yolo"),
        APP_OPTION("labels", &o->labels, "beside the pictures or the video"),
        APP_OPTION("window-size", &o->size, "1280x800"),
        APP_OPTION("script", &o->script, NULL),
        APP_OPTIONS_END};
    g_autofree char *keys = describe_keys();
    const app_arguments what = {
        .synopsis = "DIR|VIDEO", .summary = SUMMARY, .description = keys, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    return status == NN_OK ? check(o, *argc, err) : status;
}

// Everything that is open during the session.
typedef struct Session {
    ui_project project;
    ui_video *video;
    ui_suggest *suggest;
    ui_document *document;
    ui_lock lock;
    char *picture; // the first one to show; NULL: the first of all
} Session;

static nn_status open_input(Session *s, const annotate_options *o, const char *input, nn_error *err)
{
    const ui_label_format *format = o->format ? ui_label_format_find(o->format) : NULL;
    const bool video_labels = format && !format->find;
    if (g_file_test(input, G_FILE_TEST_IS_DIR) || nn_folder_ends(input, ".json"))
        return ui_project_open(&s->project, input, format, o->labels, err);
    if (!g_file_test(input, G_FILE_TEST_EXISTS))
        return nn_fail(err, NN_ENOTFOUND, "%s: no such folder or file", input);
    if (nn_folder_ends(input, nn_folder_pictures)) {
        g_autofree char *dir = g_path_get_dirname(input);
        s->picture = g_path_get_basename(input);
        return ui_project_open(&s->project, dir, format, o->labels, err);
    }
    if (format && !video_labels)
        return nn_fail(err, NN_EINVAL, "labels of a video are MOT text, not --format %s",
                       format->name);
    const nn_status status = ui_project_open_video(&s->project, input, o->labels, err);
    return status == NN_OK ? ui_video_open(&s->video, input, err) : status;
}

// Adds the model's classes only when there are no others.
static nn_status add_classes(Session *s, const annotate_options *o, nn_error *err)
{
    nn_names typed = {0};
    int count = 0;
    const char *const *names = NULL;
    if (o->names) {
        const nn_status status = nn_names_read(&typed, o->names, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "--names");
        names = (const char *const *)typed.name;
        count = typed.count;
    } else if (s->suggest && ui_document_project(s->document)->names.count == 0) {
        names = ui_suggest_classes(s->suggest, &count);
    }
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        if (ui_document_add_class(s->document, names[i]) < 0)
            status = nn_fail(err, NN_EINVAL, "more than %d classes", NN_CLASS_MAX);
    nn_names_release(&typed);
    return status;
}

// Waits for the first frame, so that there always is a page.
static nn_status wait_for_pages(ui_media *media, ui_project *p, const char *input, nn_error *err)
{
    bool done = false;
    nn_status status = ui_media_update(media, p, &done, err);
    while (status == NN_OK && !done && p->count == 0) {
        g_usleep(2000);
        status = ui_media_update(media, p, &done, err);
    }
    return status == NN_OK && p->count == 0
               ? nn_fail(err, NN_ENOTFOUND, "%s: contains no pictures and no frames", input)
               : status;
}

static nn_status show(Session *s, const annotate_options *o, const char *input, nn_error *err)
{
    ui_media *media = ui_media_new(g_steal_pointer(&s->video));
    if (o->script)
        ui_media_wait(media);
    nn_status status = wait_for_pages(media, ui_document_project(s->document), input, err);
    if (status != NN_OK) {
        ui_media_free(media);
        return status;
    }
    ui_editor *e =
        ui_editor_new(g_steal_pointer(&s->document), media, g_steal_pointer(&s->suggest));
    ui_window *window;
    g_autofree char *title = g_strdup_printf("%s - neroscale annotate", input);
    const bool offscreen = o->script && !g_getenv("SDL_VIDEODRIVER");
    if (s->picture)
        ui_editor_go(e, MAX(ui_project_find(ui_document_project(e->doc), s->picture), 0));
    status = ui_window_open(&window, e, title, o->width, o->height, offscreen, err);
    if (status == NN_OK && o->script)
        status = ui_script_run(window, e, o->script, err);
    else if (status == NN_OK)
        ui_window_run(window, app_interrupt_catch(NULL)); // edits are saved
    if (!ui_editor_save(e) && status == NN_OK)
        status = nn_fail(err, NN_EIO, "%s", e->message);
    ui_window_close(window);
    ui_editor_free(e);
    return status;
}

static nn_status run(Session *s, const annotate_options *o, const char *input, nn_error *err)
{
    nn_status status = open_input(s, o, input, err);
    if (status == NN_OK)
        status = ui_project_load_classes(&s->project, err);
    if (status == NN_OK && s->project.root && s->project.out && !s->project.format->single)
        app_folder_make(NULL, s->project.out, NULL); // the lock reports a failure
    if (status == NN_OK)
        status = ui_lock_take(&s->lock, ui_project_place(&s->project), err);
    if (status == NN_OK)
        status = ui_document_new(&s->document, &s->project, err);
    if (status == NN_OK)
        status = ui_document_check(s->document, err);
    if (status == NN_OK && o->model)
        status = ui_suggest_open(&s->suggest, o->model, o->threshold, err);
    if (status == NN_OK)
        status = add_classes(s, o, err);
    return status == NN_OK ? show(s, o, input, err) : status;
}

int app_cmd_annotate(int argc, char **argv)
{
    annotate_options o = {.threshold = APP_UNSET, .width = 1280, .height = 800};
    Session s = {.lock = {NULL, -1}};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = run(&s, &o, argv[1], &err);
    ui_document_free(s.document);
    ui_suggest_close(s.suggest);
    ui_video_close(s.video);
    ui_project_release(&s.project);
    ui_lock_drop(&s.lock);
    g_free(s.picture);
    g_free(o.model);
    g_free(o.names);
    g_free(o.format);
    g_free(o.labels);
    g_free(o.script);
    g_free(o.size);
    return app_end(status, &err);
}
