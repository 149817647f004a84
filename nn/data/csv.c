// SPDX-License-Identifier: MIT
// Data sets in a table, FILE.csv, DIR/labels.csv or DIR/LIST.csv: rows "path,label", or a heading
// that names these columns. Paths are relative to the table's folder; several labels are separated
// by '|' or ';'.
#include "nn/data/csv_columns.h"
#include "nn/data/folder.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static nn_status find_table(char *path, char *base, const nn_folder *f, nn_error *err)
{
    nn_status status = nn_folder_join(base, err, "%s", f->path);
    if (status != NN_OK || !nn_folder_ends(f->path, ".csv"))
        return status == NN_OK
                   ? nn_folder_join(path, err, "%s/%s.csv", f->path, f->list ? f->list : "labels")
                   : status;
    char *slash = strrchr(base, '/');
    if (slash)
        *slash = '\0';
    else
        memcpy(base, ".", 2);
    return nn_folder_join(path, err, "%s", f->path);
}

// Removes blanks around a label, in place.
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        text[--length] = '\0';
    return text;
}

// Receives each row but the heading. `wrong`: what is wrong with the row; NULL: nothing.
typedef nn_status visit_line(void *ctx, const char *where, const char *wrong, const char *picture,
                             char *labels, nn_error *err);

// State of reading a table.
typedef struct table {
    const char *path;
    visit_line *visit;
    void *ctx;
    int picture, label; // index of each column
    bool begun;
} table;

static const char *const headings[] = {"label",    "labels", "class",   "class_name",
                                       "category", "target", "species", NULL};

static nn_status take_row(void *ctx, const nn_csv_row *row, nn_error *err)
{
    table *t = ctx;
    char where[PATH_MAX + 16], none[] = "";
    const bool heading = !t->begun && nn_csv_find_columns(row, headings, &t->picture, &t->label);
    t->begun = true;
    if (heading)
        return NN_OK;
    const bool whole = t->picture < row->count && t->label < row->count;
    char *picture = whole ? row->field[t->picture] : none,
         *labels = whole ? row->field[t->label] : none;
    const char *wrong = !whole                  ? "not 'path,label'"
                        : !*picture || !*labels ? "an empty path or label"
                                                : NULL;
    snprintf(where, sizeof where, "%s:%d", t->path, row->line);
    return t->visit(t->ctx, where, wrong, picture, labels, err);
}

static nn_status walk(const char *path, visit_line *visit, void *ctx, nn_error *err)
{
    table t = {.path = path, .visit = visit, .ctx = ctx};
    return nn_csv_each(path, take_row, &t, err);
}

static nn_status take_names(void *ctx, const char *where, const char *wrong, const char *picture,
                            char *labels, nn_error *err)
{
    nn_names *names = ctx;
    nn_status status = NN_OK;
    char *rest;
    (void)where;
    (void)picture;
    if (wrong)
        return NN_OK;
    for (char *l = strtok_r(labels, "|;", &rest); l && status == NN_OK;
         l = strtok_r(NULL, "|;", &rest)) {
        const char *name = trim(l);
        if (*name && nn_names_find(names, name) < 0)
            status = nn_names_add(names, name, strlen(name), err);
    }
    return status;
}

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    char base[PATH_MAX];
    int source, wanted, left_out;
} reading;

// Adds the labels to the sample; classes that the model does not have are left out.
static nn_status add_labels(const reading *r, nn_sample *s, char *labels, nn_error *err)
{
    nn_status status = NN_OK;
    char *rest;
    for (char *l = strtok_r(labels, "|;", &rest); l && status == NN_OK;
         l = strtok_r(NULL, "|;", &rest)) {
        int32_t label = nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, trim(l)));
        if (label >= 0)
            status = nn_folder_add_class(s, label, err);
    }
    return status;
}

static nn_status take_picture(void *ctx, const char *where, const char *wrong, const char *picture,
                              char *labels, nn_error *err)
{
    reading *r = ctx;
    char path[PATH_MAX];
    const char *slash = strrchr(picture, strchr(picture, '/') ? '/' : '\\');
    if (wrong) {
        r->wanted++;
        nn_dataset_note(r->data, 1, "%s: %s, line skipped", where, wrong);
        return NN_OK;
    }
    if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, slash ? slash + 1 : picture))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    static const char *const below[] = {"", "images", NULL};
    nn_status status = nn_folder_locate(path, r->base, below, picture, err);
    if (status == NN_EFORMAT) {
        nn_dataset_note(r->data, 1, "%s: '%s' is not the name of a picture, line skipped", where,
                        picture);
        return NN_OK;
    }
    if (status == NN_OK)
        status = add_labels(r, &s, labels, err);
    if (status == NN_OK && s.class_count == 0) {
        r->left_out++;
        return NN_OK;
    }
    if (status == NN_OK)
        status = nn_folder_open_picture(r->data, &s, path, err);
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    char path[PATH_MAX], base[PATH_MAX];
    nn_status status = find_table(path, base, f, err);
    return status == NN_OK ? walk(path, take_names, names, err) : status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX];
    reading r = {.data = d, .folder = f};
    nn_status status = find_table(path, r.base, f, err);
    if (status == NN_OK)
        status = nn_dataset_add_source(d, f->source, &r.source, err);
    if (status == NN_OK)
        status = walk(path, take_picture, &r, err);
    return status == NN_OK ? nn_folder_finish(d, f, r.wanted, r.left_out, err) : status;
}

static bool recognise(const char *path)
{
    return nn_folder_ends(path, ".csv") || nn_folder_has(path, "labels.csv") ||
           nn_folder_has(path, "train.csv");
}

const nn_data_format nn_data_csv = {
    .name = "CSV",
    .looks_like = "labels.csv with path,label",
    .kind = NN_DATA_CLASSES,
    .recognise = recognise,
    .names = name_classes,
    .add = add,
};
