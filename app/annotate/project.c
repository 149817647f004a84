// SPDX-License-Identifier: MIT
// The project of the editor: its pictures or frames, the files of their labels, and the class
// names.
#include "app/annotate/project.h"

#include "app/annotate/labels.h"
#include "nn/base/memory.h"
#include "nn/data/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "no memory for the list of pictures");
}

void ui_project_release(ui_project *p)
{
    for (int i = 0; i < p->count; i++) {
        nn_free(p->pages[i].name);
        nn_free(p->pages[i].path);
        nn_free(p->pages[i].labels);
        nn_free(p->pages[i].locked);
    }
    nn_free(p->pages);
    nn_free(p->root);
    nn_free(p->out);
    nn_free(p->labels);
    nn_free(p->classes);
    nn_names_release(&p->names);
    *p = (ui_project){0};
}

nn_status ui_project_add(ui_project *p, const char *name, const char *path, const char *labels,
                         nn_error *err)
{
    if (p->count == p->capacity) {
        const int larger = p->capacity ? p->capacity * 2 : 64;
        ui_page *grown = nn_realloc(p->pages, (size_t)p->capacity * sizeof *grown,
                                    (size_t)larger * sizeof *grown);
        if (!grown)
            return no_memory(err);
        p->pages = grown;
        p->capacity = larger;
    }
    ui_page *page = &p->pages[p->count++];
    *page = (ui_page){nn_strdup(name), nn_strdup(path), nn_strdup(labels), 0, 0, 0, 0, NULL};
    return (!name || page->name) && (!path || page->path) && (!labels || page->labels)
               ? NN_OK
               : no_memory(err);
}

void ui_page_lock(ui_page *page, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!page->locked)
        page->locked = nn_strdup(text);
}

nn_status ui_project_name_class(ui_project *p, int label, nn_error *err)
{
    while (p->names.count <= label) {
        char name[32];
        const int n = snprintf(name, sizeof name, "class %d", p->names.count);
        const nn_status status = nn_names_add(&p->names, name, (size_t)n, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

nn_status ui_project_add_class(ui_project *p, const char *name, int *label, nn_error *err)
{
    *label = nn_names_find(&p->names, name);
    if (*label >= 0)
        return NN_OK;
    const nn_status status = nn_names_add(&p->names, name, strlen(name), err);
    *label = p->names.count - 1;
    return status;
}

const char *ui_page_name(const ui_project *p, int page, char room[UI_NAME])
{
    if (p->pages[page].name)
        return p->pages[page].name;
    snprintf(room, UI_NAME, "frame %d", page + 1);
    return room;
}

int ui_project_find(const ui_project *p, const char *name)
{
    for (int i = 0; i < p->count; i++)
        if (p->pages[i].name && strcmp(p->pages[i].name, name) == 0)
            return i;
    return -1;
}

static const ui_label_format *recognise(const char *dir)
{
    for (int i = 0; ui_label_format_at(i); i++)
        if (ui_label_format_at(i)->recognise && ui_label_format_at(i)->recognise(dir))
            return ui_label_format_at(i);
    return ui_label_format_find("yolo");
}

nn_status ui_project_open(ui_project *p, const char *dir, const ui_label_format *format,
                          const char *out, nn_error *err)
{
    *p = (ui_project){
        .format = format ? format : recognise(dir), .root = nn_strdup(dir), .out = nn_strdup(out)};
    if (!p->root || (out && !p->out))
        return no_memory(err);
    if (!p->format->find)
        return nn_fail(err, NN_EINVAL, "%s: %s is for videos", dir, p->format->title);
    return p->format->find(p, err);
}

const char *ui_project_place(const ui_project *p)
{
    return p->labels ? p->labels : p->out ? p->out : p->root;
}

// "street.avi" to "street.txt", and "street.classes.txt" for the names.
nn_status ui_project_open_video(ui_project *p, const char *video, const char *labels, nn_error *err)
{
    char path[PATH_MAX], classes[PATH_MAX];
    *p = (ui_project){.format = ui_label_format_find("mot")};
    const char *from = labels ? labels : video, *slash = strrchr(from, '/');
    const char *dot = strrchr(slash ? slash : from, '.');
    const int stem = (int)(dot ? (size_t)(dot - from) : strlen(from));
    nn_status status = labels ? nn_folder_join(path, err, "%s", labels)
                              : nn_folder_join(path, err, "%.*s.txt", stem, from);
    if (status == NN_OK)
        status = nn_folder_join(classes, err, "%.*s.classes.txt", stem, from);
    if (status == NN_OK && labels && access(classes, F_OK) != 0) { // as "label" writes it
        char beside[PATH_MAX];
        status = nn_folder_join(beside, err, "%.*sclasses.txt", slash ? (int)(slash + 1 - from) : 0,
                                from);
        if (status == NN_OK && access(beside, F_OK) == 0)
            memcpy(classes, beside, sizeof classes);
    }
    if (status != NN_OK)
        return status;
    p->labels = nn_strdup(path);
    p->classes = nn_strdup(classes);
    return p->labels && p->classes ? NN_OK : no_memory(err);
}

nn_status ui_project_load_classes(ui_project *p, nn_error *err)
{
    struct stat st;
    if (!p->classes || (stat(p->classes, &st) != 0 && errno == ENOENT))
        return NN_OK;
    nn_names_release(&p->names);
    const nn_status status = nn_names_load(&p->names, p->classes, err);
    p->named = p->names.count;
    return status;
}
