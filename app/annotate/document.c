// SPDX-License-Identifier: MIT
// The document: all pages with their boxes, their label files, and undo.
#include "app/annotate/document.h"

#include "app/annotate/history.h"
#include "app/annotate/store.h"
#include "nn/base/memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// The state of a page.
typedef struct Leaf {
    // of ui_box, immutable because the history shares it; NULL before the page is opened
    GArray *boxes;
    ui_labels labels; // for formats with one file a page
    ui_store store;
    bool dirty;
} Leaf;

struct ui_document {
    ui_project project;
    GArray *leaves;   // of Leaf, as many as pages
    ui_labels labels; // for formats with one file for all pages
    ui_store store, classes_store;
    char *classes; // the file of class names as it was read
    size_t classes_size;
    bool dirty, classes_dirty; // changes that are not saved
    ui_history history;
};

static GArray *new_boxes(const ui_box *boxes, int count)
{
    GArray *a = g_array_sized_new(FALSE, FALSE, sizeof(ui_box), (guint)count);
    if (count > 0)
        g_array_append_vals(a, boxes, (guint)count);
    return a;
}

static Leaf *leaf_at(ui_document *d, int page)
{
    if ((guint)d->project.count > d->leaves->len)
        g_array_set_size(d->leaves, (guint)d->project.count); // zeroed
    return &g_array_index(d->leaves, Leaf, page);
}

static nn_status parse(ui_document *d, ui_labels *l, ui_store *store, const char *path, int page,
                       nn_error *err)
{
    char *text;
    size_t size;
    const ui_label_format *format = d->project.format;
    nn_status status = ui_store_read(store, path, &text, &size, err);
    if (status != NN_OK)
        return status;
    if (!text) {
        nn_buffer empty = {0};
        if (format->empty)
            format->empty(&empty, &d->project, page);
        nn_buffer_add(&empty, "", 0);
        if (empty.failed) {
            nn_buffer_release(&empty);
            return nn_fail(err, NN_ENOMEM, "out of memory");
        }
        text = empty.bytes;
        size = empty.size;
    }
    status = ui_labels_parse(l, &d->project, page, text, size, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

// Distributes the records of a shared file over their pages.
static void deal(ui_document *d)
{
    for (int i = 0; i < d->labels.count; i++) {
        const ui_record *r = &d->labels.records[i];
        Leaf *leaf = leaf_at(d, r->page);
        if (!leaf->boxes)
            leaf->boxes = new_boxes(NULL, 0);
        g_array_append_val(leaf->boxes, r->box);
    }
}

nn_status ui_document_new(ui_document **out, ui_project *project, nn_error *err)
{
    ui_document *d = g_new0(ui_document, 1);
    d->project = *project;
    *project = (ui_project){0};
    d->leaves = g_array_new(FALSE, TRUE, sizeof(Leaf));
    ui_history_init(&d->history);
    nn_status status = NN_OK;
    if (d->project.classes)
        status = ui_store_read(&d->classes_store, d->project.classes, &d->classes, &d->classes_size,
                               err);
    if (status == NN_OK && d->project.format->single) {
        status = parse(d, &d->labels, &d->store, d->project.labels, -1, err);
        if (status == NN_OK)
            deal(d);
    }
    *out = status == NN_OK ? d : NULL;
    if (status != NN_OK)
        ui_document_free(d);
    return status;
}

void ui_document_free(ui_document *d)
{
    if (!d)
        return;
    for (guint i = 0; i < d->leaves->len; i++) {
        Leaf *leaf = &g_array_index(d->leaves, Leaf, i);
        g_clear_pointer(&leaf->boxes, g_array_unref);
        ui_labels_release(&leaf->labels, d->project.format);
        ui_store_release(&leaf->store);
    }
    g_array_unref(d->leaves);
    ui_labels_release(&d->labels, d->project.format);
    ui_store_release(&d->store);
    ui_store_release(&d->classes_store);
    nn_free(d->classes);
    ui_history_release(&d->history);
    ui_project_release(&d->project);
    g_free(d);
}

ui_project *ui_document_project(ui_document *d)
{
    return &d->project;
}

static void load_page(ui_document *d, int page)
{
    Leaf *leaf = leaf_at(d, page);
    ui_page *p = &d->project.pages[page];
    nn_error err = {0};
    if (parse(d, &leaf->labels, &leaf->store, p->labels, page, &err) != NN_OK)
        ui_page_lock(p, "%s", err.text);
    leaf->boxes = new_boxes(NULL, 0);
    for (int i = 0; i < leaf->labels.count; i++)
        g_array_append_val(leaf->boxes, leaf->labels.records[i].box);
}

void ui_document_open(ui_document *d, int page, int width, int height)
{
    ui_page *p = &d->project.pages[page];
    Leaf *leaf = leaf_at(d, page);
    p->width = width;
    p->height = height;
    if (!leaf->boxes && d->project.format->single)
        leaf->boxes = new_boxes(NULL, 0);
    else if (!leaf->boxes)
        load_page(d, page);
    if (p->told_width > 0 && p->told_height > 0 && width > 0 &&
        (p->told_width != width || p->told_height != height))
        ui_page_lock(p, "the labels are for %dx%d pixels, the picture has %dx%d", p->told_width,
                     p->told_height, width, height);
}

ui_sheet ui_document_sheet(ui_document *d, int page)
{
    const Leaf *leaf = leaf_at(d, page);
    return leaf->boxes
               ? (ui_sheet){(const ui_box *)(void *)leaf->boxes->data, (int)leaf->boxes->len}
               : (ui_sheet){NULL, 0};
}

static void put(ui_document *d, int page, GArray *boxes)
{
    Leaf *leaf = leaf_at(d, page);
    g_array_unref(leaf->boxes);
    leaf->boxes = g_array_ref(boxes);
    leaf->dirty = true;
    d->dirty = d->dirty || d->project.format->single;
}

bool ui_document_set(ui_document *d, int page, const ui_box *boxes, int count)
{
    Leaf *leaf = leaf_at(d, page);
    if (!leaf->boxes && d->project.format->single)
        leaf->boxes = new_boxes(NULL, 0);
    if (!leaf->boxes || d->project.pages[page].locked)
        return false;
    GArray *after = new_boxes(boxes, count);
    ui_history_add(&d->history, page, leaf->boxes, after);
    put(d, page, after);
    g_array_unref(after);
    return true;
}

void ui_document_commit(ui_document *d, int tag)
{
    ui_history_commit(&d->history, tag);
}

int ui_document_undo(ui_document *d)
{
    const GArray *step = ui_history_undo(&d->history);
    for (guint i = 0; step && i < step->len; i++)
        put(d, g_array_index(step, ui_change, i).page, g_array_index(step, ui_change, i).before);
    return step ? g_array_index(step, ui_change, 0).page : -1;
}

int ui_document_redo(ui_document *d)
{
    const GArray *step = ui_history_redo(&d->history);
    for (guint i = 0; step && i < step->len; i++)
        put(d, g_array_index(step, ui_change, i).page, g_array_index(step, ui_change, i).after);
    return step ? g_array_index(step, ui_change, 0).page : -1;
}

int ui_document_add_class(ui_document *d, const char *name)
{
    int label;
    const int had = d->project.names.count;
    if (ui_project_add_class(&d->project, name, &label, NULL) != NN_OK)
        return -1;
    d->classes_dirty = d->classes_dirty || d->project.names.count > had;
    return label;
}

bool ui_document_matches(ui_document *d, int page, ui_filter f)
{
    if (f.what == UI_ALL)
        return true;
    Leaf *leaf = leaf_at(d, page);
    ui_sheet sheet = ui_document_sheet(d, page);
    bool found = false, any = false;
    if (!leaf->boxes && !d->project.format->single) {
        load_page(d, page); // without the picture's size: only the classes matter
        sheet = ui_document_sheet(d, page);
    }
    for (int i = 0; i < sheet.count; i++) {
        any = any || !sheet.boxes[i].suggested;
        found = found || (!sheet.boxes[i].suggested && sheet.boxes[i].label == f.label);
    }
    if (leaf->boxes && d->project.pages[page].width == 0 && !d->project.format->single) {
        g_clear_pointer(&leaf->boxes, g_array_unref); // opened again with its size later
        ui_labels_release(&leaf->labels, d->project.format);
        ui_store_release(&leaf->store);
    }
    const bool locked = d->project.pages[page].locked != NULL;
    return f.what == UI_LOCKED  ? locked
           : f.what == UI_EMPTY ? !any && !locked
           : f.what == UI_BOXED ? any
                                : found;
}

bool ui_document_dirty(const ui_document *d)
{
    bool dirty = d->dirty;
    for (guint i = 0; i < d->leaves->len && !d->project.format->single && !dirty; i++)
        dirty = g_array_index(d->leaves, Leaf, i).dirty;
    return dirty;
}

static nn_status write_labels(ui_document *d, ui_store *store, const ui_labels *l, const char *path,
                              const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    nn_buffer text = {0};
    nn_status status = ui_labels_print(&text, l, &d->project, sheets, first, pages, err);
    if (status == NN_OK)
        status = ui_store_write(store, path, text.bytes ? text.bytes : "", text.size, l->text,
                                l->size, err);
    nn_buffer_release(&text);
    return status;
}

static nn_status save_shared(ui_document *d, nn_error *err)
{
    const int pages = d->project.count;
    g_autofree ui_sheet *sheets = g_new0(ui_sheet, pages + 1);
    for (int i = 0; i < pages; i++)
        sheets[i] = ui_document_sheet(d, i);
    const nn_status status =
        write_labels(d, &d->store, &d->labels, d->project.labels, sheets, 0, pages, err);
    d->dirty = d->dirty && status != NN_OK;
    return status;
}

static nn_status save_pages(ui_document *d, nn_error *err)
{
    nn_status first = NN_OK;
    for (guint i = 0; i < d->leaves->len; i++) {
        Leaf *leaf = &g_array_index(d->leaves, Leaf, i);
        if (!leaf->dirty)
            continue;
        nn_error why = {0};
        const ui_sheet sheet = ui_document_sheet(d, (int)i);
        ui_page *page = &d->project.pages[i];
        const nn_status status =
            write_labels(d, &leaf->store, &leaf->labels, page->labels, &sheet, (int)i, 1, &why);
        leaf->dirty = status != NN_OK && status != NN_EINVAL;
        if (status == NN_EINVAL) // another program changed the file
            ui_page_lock(page, "%s", why.text);
        if (status != NN_OK && first == NN_OK)
            first = nn_fail(err, status, "%s", why.text);
    }
    return first;
}

// Writes the file of class names: its old text with the new names appended.
static nn_status save_classes(ui_document *d, nn_error *err)
{
    nn_buffer text = {0};
    ui_project *p = &d->project;
    if (!d->classes_dirty || !p->classes)
        return NN_OK;
    nn_buffer_add(&text, d->classes ? d->classes : "", d->classes_size);
    if (d->classes_size > 0 && d->classes[d->classes_size - 1] != '\n')
        nn_buffer_add(&text, "\n", 1);
    for (int i = p->named; i < p->names.count; i++)
        nn_buffer_print(&text, "%s\n", p->names.name[i]);
    nn_status status = text.failed ? nn_fail(err, NN_ENOMEM, "out of memory") : NN_OK;
    if (status == NN_OK)
        status = ui_store_write(&d->classes_store, p->classes, text.bytes ? text.bytes : "",
                                text.size, d->classes ? d->classes : "", d->classes_size, err);
    nn_buffer_release(&text);
    d->classes_dirty = status != NN_OK;
    return status;
}

nn_status ui_document_save(ui_document *d, nn_error *err)
{
    ui_history_commit(&d->history, 0);
    nn_status status = ui_document_dirty(d) ? save_classes(d, err) : NN_OK;
    if (status == NN_OK && d->project.format->single && d->dirty)
        status = save_shared(d, err);
    else if (status == NN_OK && !d->project.format->single)
        status = save_pages(d, err);
    return status;
}

// Whether the nearest existing folder is writable.
static nn_status check_place(const char *path, nn_error *err)
{
    g_autofree char *dir = g_path_get_dirname(path);
    while (access(dir, F_OK) != 0 && strlen(dir) > 1) {
        char *up = g_path_get_dirname(dir);
        g_free(dir);
        dir = up;
    }
    return access(dir, W_OK) == 0
               ? NN_OK
               : nn_fail(err, NN_EIO, "labels cannot be written into %s: %s", dir, strerror(errno));
}

nn_status ui_document_check(ui_document *d, nn_error *err)
{
    nn_status status = NN_OK;
    if (d->project.labels)
        status = check_place(d->project.labels, err);
    if (status == NN_OK && d->project.count > 0 && d->project.pages[0].labels)
        status = check_place(d->project.pages[0].labels, err);
    return status;
}
