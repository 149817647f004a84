// SPDX-License-Identifier: MIT
// Tables of boxes. TensorFlow's tutorials and Roboflow: filename, width, height, class, xmin, ymin,
// xmax, ymax. RetinaNet, without heading: path, x1, y1, x2, y2, class. Open Images, in fractions:
// ImageID, LabelName, XMin, XMax, YMin, YMax, IsGroupOf.
#include "nn/data/annotation_rows.h"
#include "nn/data/label_files.h"
#include "nn/io/csv_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TABLE_DEPTH = 2 }; // the folder itself, and folders such as train/

typedef enum column { PICTURE, CLASS, X0, Y0, X1, Y1, WIDTH, HEIGHT, GROUP, SCORE, COLUMNS } column;

// Accepted headings of each column.
static const char *const headings[COLUMNS][8] = {
    [PICTURE] = {"filename", "file_name", "image", "image_path", "path", "imageid", "image_id"},
    [CLASS] = {"class", "label", "class_name", "labelname", "category", "name"},
    [X0] = {"xmin", "x1", "x_min", "left"},
    [Y0] = {"ymin", "y1", "y_min", "top"},
    [X1] = {"xmax", "x2", "x_max", "right"},
    [Y1] = {"ymax", "y2", "y_max", "bottom"},
    [WIDTH] = {"width", "image_width"},
    [HEIGHT] = {"height", "image_height"},
    [GROUP] = {"isgroupof"},
    [SCORE] = {"score"},
};

typedef struct table {
    nn_annotation_reader *r;
    const char *path;
    char base[PATH_MAX];
    int at[COLUMNS]; // index of each column; -1: none
    bool begun, open_images;
    nn_names codes, words; // of Open Images: "/m/01g317" and "Person"
    nn_annotation_rows rows;
    nn_split split;
} table;

static int find_column(const nn_csv_row *row, column which)
{
    for (int k = 0; k < 8 && headings[which][k]; k++)
        for (int i = 0; i < row->count; i++)
            if (strcasecmp(row->field[i], headings[which][k]) == 0)
                return i;
    return -1;
}

static double number(const nn_csv_row *row, int at)
{
    char *end;
    if (at < 0 || at >= row->count)
        return NAN;
    const double v = strtod(row->field[at], &end);
    return end != row->field[at] && end[strspn(end, " ")] == '\0' ? v : NAN;
}

// Finds the columns in the first row; *heading: the row is a heading. False: no table of boxes.
static bool read_heading(int at[COLUMNS], const nn_csv_row *row, bool *heading)
{
    for (int i = 0; i < COLUMNS; i++)
        at[i] = find_column(row, (column)i);
    *heading = true;
    for (int i = PICTURE; i <= Y1; i++)
        *heading = *heading && at[i] >= 0;
    if (*heading)
        return true;
    // RetinaNet writes empty fields for pictures without objects.
    if (row->count != 6 || !nn_folder_ends(row->field[0], nn_folder_pictures))
        return false;
    for (int i = 1; i < 5; i++)
        if (*row->field[i] && isnan(number(row, i)))
            return false;
    static const int places[COLUMNS] = {0, 5, 1, 2, 3, 4, -1, -1, -1, -1};
    memcpy(at, places, sizeof places);
    return true;
}

static int class_of(table *t, const char *name, nn_error *err)
{
    const int code = t->open_images ? nn_names_find(&t->codes, name) : -1;
    if (code >= 0)
        name = t->words.name[code];
    return nn_annotation_class(t->r, name, strlen(name), err);
}

static nn_status take_row(void *ctx, const nn_csv_row *row, nn_error *err)
{
    table *t = ctx;
    bool heading = false;
    if (!t->begun) {
        t->begun = true;
        if (!read_heading(t->at, row, &heading))
            return nn_fail(
                err, NN_EFORMAT,
                "%s: no columns of boxes in it (filename, class, xmin, ymin, xmax, ymax)", t->path);
        t->open_images = t->at[PICTURE] >= 0 && heading &&
                         strcasecmp(row->field[t->at[PICTURE]], "ImageID") == 0;
        if (heading)
            return NN_OK;
    }
    if (t->at[PICTURE] >= row->count || !*row->field[t->at[PICTURE]])
        return NN_OK;
    const int picture = nn_annotation_rows_picture(&t->rows, row->field[t->at[PICTURE]], err);
    if (picture < 0)
        return err->status;
    nn_row_picture *p = &t->rows.pictures[picture];
    const double w = number(row, t->at[WIDTH]), h = number(row, t->at[HEIGHT]),
                 group = number(row, t->at[GROUP]), score = number(row, t->at[SCORE]);
    p->split = t->split;
    if (w >= 1 && w < 1e6 && h >= 1 && h < 1e6) {
        p->width = (int)w;
        p->height = (int)h;
    }
    const bool whole = t->at[CLASS] < row->count && *row->field[t->at[CLASS]];
    nn_annotation a = {.x0 = (float)number(row, t->at[X0]),
                       .y0 = (float)number(row, t->at[Y0]),
                       .x1 = (float)number(row, t->at[X1]),
                       .y1 = (float)number(row, t->at[Y1]),
                       .score = isnan(score) ? 1 : (float)score,
                       .ignore = group > 0};
    if (!whole && isnan(a.x0)) // a picture without objects
        return NN_OK;
    if (!whole || isnan(a.x0) || isnan(a.y0) || isnan(a.x1) || isnan(a.y1)) {
        p->broken = true;
        return NN_OK;
    }
    a.class_index = class_of(t, row->field[t->at[CLASS]], err);
    return a.class_index < 0 ? err->status : nn_annotation_rows_add(&t->rows, picture, &a, err);
}

static nn_status locate(void *ctx, char *path, const char *name, nn_error *err)
{
    static const char *const folders[] = {
        ".",          "images", "train",        "validation",
        "test",       "data",   "images/train", "images/validation",
        "images/test"};
    static const char *const below[] = {"", "images", "train", "valid", "test", "data", NULL};
    const table *t = ctx;
    if (!t->open_images) {
        nn_status status = nn_folder_locate(path, t->base, below, name, err);
        return status != NN_OK || access(path, F_OK) == 0
                   ? status
                   : nn_fail(err, NN_EFORMAT, "%s: picture '%s' is not there", t->path, name);
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders && nn_folder_is_below(name); i++) {
        char folder[PATH_MAX], file[PATH_MAX];
        nn_status status = nn_folder_join(folder, err, "%s/%s", t->base, folders[i]);
        if (status != NN_OK)
            return status;
        if (nn_folder_find_picture(file, sizeof file, folder, name))
            return nn_folder_join(path, err, "%s/%s", folder, file);
    }
    return nn_fail(err, NN_EFORMAT, "%s: picture '%s' is not there", t->path, name);
}

static nn_status take_word(void *ctx, const nn_csv_row *row, nn_error *err)
{
    table *t = ctx;
    if (row->count < 2 || !*row->field[0] || !*row->field[1] || row->field[0][0] != '/')
        return NN_OK;
    nn_status status = nn_names_add(&t->codes, row->field[0], strlen(row->field[0]), err);
    return status == NN_OK ? nn_names_add(&t->words, row->field[1], strlen(row->field[1]), err)
                           : status;
}

// Reads the names of Open Images' codes from class-descriptions*.csv beside the table.
static nn_status read_words(table *t, nn_error *err)
{
    nn_names list;
    nn_status status = nn_folder_list(&list, t->base, ".csv", err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        char path[PATH_MAX];
        if (strstr(list.name[i], "class-descriptions") && t->codes.count == 0 &&
            (status = nn_folder_join(path, err, "%s/%s", t->base, list.name[i])) == NN_OK)
            status = nn_csv_each(path, take_word, t, err);
    }
    nn_names_release(&list);
    return status;
}

static nn_status read_table(nn_annotation_reader *r, const char *path, nn_error *err)
{
    table t = {.r = r, .path = path};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    nn_status status = nn_path_folder(t.base, path, err);
    // The file name may tell the split (train-annotations-bbox.csv, train_labels.csv), otherwise
    // the folder does.
    t.split = nn_split_named(name, strcspn(name, "-_."));
    if (status == NN_OK)
        status = read_words(&t, err);
    if (status == NN_OK)
        status = nn_csv_each(path, take_row, &t, err);
    if (status == NN_OK)
        status = nn_annotation_rows_give(&t.rows, r, locate, &t, t.open_images, err);
    nn_annotation_rows_release(&t.rows);
    nn_names_release(&t.codes);
    nn_names_release(&t.words);
    return status;
}

static nn_status look(void *ctx, const nn_csv_row *row, nn_error *err)
{
    int at[COLUMNS];
    bool heading;
    *(bool *)ctx = read_heading(at, row, &heading);
    return nn_fail(err, NN_EINVAL, "enough"); // stops after the first row
}

static bool is_table(const char *path)
{
    bool found = false;
    nn_csv_each(path, look, &found, NULL);
    return found;
}

static nn_status visit(void *ctx, const char *path, nn_error *err)
{
    return is_table(path) ? read_table(ctx, path, err) : NN_OK;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    return nn_folder_ends(f->path, ".csv")
               ? read_table(r, f->path, err)
               : nn_folder_walk(f->path, TABLE_DEPTH, ".csv", visit, r, err);
}

static nn_status find(void *ctx, const char *path, nn_error *err)
{
    *(bool *)ctx = is_table(path);
    return *(bool *)ctx ? nn_fail(err, NN_EINVAL, "enough") : NN_OK;
}

static bool recognise(const char *path)
{
    bool found = false;
    if (nn_folder_ends(path, ".csv"))
        return is_table(path);
    nn_folder_walk(path, TABLE_DEPTH, ".csv", find, &found, NULL);
    return found;
}

const nn_data_format nn_data_csv_boxes = {
    .name = "CSV of boxes",
    .looks_like = "a CSV with filename, class, xmin, ... (TensorFlow, Open Images)",
    .kind = NN_DATA_BOXES,
    .recognise = recognise,
    .read = read_set,
};
