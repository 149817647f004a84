// SPDX-License-Identifier: MIT
// Data sets in a table: FILE.csv, DIR/labels.csv or DIR/LIST.csv with lines "path,label"; paths are
// relative to the table's folder, several labels stand apart by '|' or ';'.
#include "nn/train/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = PATH_MAX + 1024 };

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

// Cuts blanks and one pair of quotes off a field.
static char *trim(char *text)
{
    text += strspn(text, " \t\"");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n\"", text[length - 1]))
        text[--length] = '\0';
    return text;
}

// Splits at the last comma, for labels hold none. NULL or what is wrong.
static const char *split(char *line, char **picture, char **labels)
{
    char *comma = strrchr(line, ',');
    if (!comma)
        return "not 'path,label'";
    *comma = '\0';
    *picture = trim(line);
    *labels = trim(comma + 1);
    if (!**picture || !**labels)
        return "an empty path or label";
    return NULL;
}

// Is given each line of a table that is not blank or the heading.
typedef nn_status visit_line(void *ctx, const char *where, const char *wrong, const char *picture,
                             char *labels, nn_error *err);

static nn_status walk(const char *path, visit_line *visit, void *ctx, nn_error *err)
{
    char line[LINE_BYTES], where[PATH_MAX + 16], *picture = line, *labels = line;
    FILE *file = fopen(path, "r");
    if (!file)
        return nn_fail(err, errno == ENOENT ? NN_ENOTFOUND : NN_EIO, "%s: %s", path,
                       strerror(errno));
    nn_status status = NN_OK;
    for (int number = 1; status == NN_OK && fgets(line, sizeof line, file); number++) {
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        bool cut = !strchr(line, '\n') && !feof(file);
        for (int c = 0; cut && c != '\n' && c != EOF;)
            c = fgetc(file);
        const char *wrong = cut ? "a line too long" : split(line, &picture, &labels);
        if (number == 1 && !wrong && !nn_folder_ends(picture, nn_folder_pictures))
            continue; // the heading
        snprintf(where, sizeof where, "%s:%d", path, number);
        status = visit(ctx, where, wrong, picture, labels, err);
    }
    fclose(file);
    return status;
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

// Classes that the model does not have are not among the sample's.
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
    const char *slash = strrchr(picture, '/');
    if (wrong) {
        r->wanted++;
        nn_dataset_note(r->data, 1, "%s: %s, line skipped", where, wrong);
        return NN_OK;
    }
    if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, slash ? slash + 1 : picture))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    nn_status status = picture[0] == '/' ? nn_folder_join(path, err, "%s", picture)
                                         : nn_folder_join(path, err, "%s/%s", r->base, picture);
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
