// SPDX-License-Identifier: MIT
// Folders of pictures with folders of label files.
#include "nn/data/label_table.h"

#include "nn/io/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float nn_label_table_number(const char *word)
{
    char *end;
    const double v = strtod(word, &end);
    return end != word && *end == '\0' && fabs(v) < 1e7 ? (float)v : NAN;
}

// The pair of folders that `path` has; -1.
static int find_pair(const nn_label_table *t, const char *path)
{
    for (int i = 0; t->pictures[i]; i++)
        if (nn_folder_has(path, t->pictures[i]) && nn_folder_has(path, t->labels[i]))
            return i;
    return -1;
}

// Whether a label folder holds text files: annotations/ may hold JSON.
static bool holds_text(const nn_label_table *t, const char *path, int pair)
{
    char folder[PATH_MAX];
    nn_names list;
    if (pair < 0 || nn_folder_join(folder, NULL, "%s/%s", path, t->labels[pair]) != NN_OK ||
        nn_folder_list(&list, folder, ".txt", NULL) != NN_OK)
        return false;
    const bool any = list.count > 0;
    nn_names_release(&list);
    return any;
}

bool nn_label_table_recognise(const nn_label_table *t, const char *path)
{
    nn_names list;
    bool found = holds_text(t, path, find_pair(t, path));
    if (found || nn_folder_list(&list, path, NULL, NULL) != NN_OK)
        return found;
    for (int i = 0; i < list.count && !found; i++) {
        char below[PATH_MAX];
        found = nn_folder_join(below, NULL, "%s/%s", path, list.name[i]) == NN_OK &&
                holds_text(t, below, find_pair(t, below));
    }
    nn_names_release(&list);
    return found;
}

static nn_status read_lines(const nn_label_table *t, nn_annotation_reader *r, const char *path,
                            nn_error *err)
{
    char line[4096], where[PATH_MAX + 16];
    nn_text text;
    nn_error why = {0};
    nn_status status = nn_text_open(&text, path, &why);
    if (status != NN_OK) {
        nn_annotation_skip(r, "%s", why.text);
        return NN_OK;
    }
    while (status == NN_OK && !r->broken && nn_text_next(&text, line, sizeof line)) {
        char *word[NN_TABLE_WORDS], *rest;
        int words = 0;
        for (char *w = strtok_r(line, t->separators, &rest); w && words < NN_TABLE_WORDS;
             w = strtok_r(NULL, t->separators, &rest))
            word[words++] = w;
        snprintf(where, sizeof where, "%s:%d", path, text.number);
        if (text.cut)
            nn_annotation_skip(r, "%s: the line is too long", where);
        else if (words > 0)
            status = t->line(r, word, words, where, err);
    }
    if (nn_text_close(&text, path, &why) != NN_OK)
        nn_annotation_skip(r, "%s", why.text);
    return status;
}

typedef struct reading {
    const nn_label_table *table;
    nn_annotation_reader *r;
    const char *labels; // the folder
    nn_split split;     // that the folder's name ends in
} reading;

// Pictures without a label file are not labelled.
static nn_status read_picture(void *ctx, const char *path, nn_error *err)
{
    const reading *d = ctx;
    char labels[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
               *dot = strrchr(name, '.');
    nn_status status =
        nn_folder_join(labels, err, "%.*s.txt", (int)(dot ? dot - name : (long)strlen(name)), name);
    if (status != NN_OK || !nn_folder_has(d->labels, labels))
        return status;
    char full[PATH_MAX];
    status = nn_folder_join(full, err, "%s/%s", d->labels, labels);
    if (status == NN_OK)
        status = nn_annotation_begin(d->r, path, err);
    if (d->split != NN_SPLIT_NONE)
        d->r->picture.split = d->split;
    if (status == NN_OK)
        status = read_lines(d->table, d->r, full, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

static nn_split split_by_end(const char *path)
{
    const char *end = strrchr(path, '-');
    return end ? nn_split_named(end + 1, strlen(end + 1)) : NN_SPLIT_NONE;
}

static nn_status read_pair(const nn_label_table *t, nn_annotation_reader *r, const char *path,
                           int pair, nn_error *err)
{
    char pictures[PATH_MAX], labels[PATH_MAX];
    nn_status status = nn_folder_join(pictures, err, "%s/%s", path, t->pictures[pair]);
    if (status == NN_OK)
        status = nn_folder_join(labels, err, "%s/%s", path, t->labels[pair]);
    reading d = {.table = t, .r = r, .labels = labels};
    if (t->named_by_end)
        d.split = split_by_end(path);
    return status == NN_OK
               ? nn_folder_walk(pictures, NN_WALK_DEPTH, nn_folder_pictures, read_picture, &d, err)
               : status;
}

nn_status nn_label_table_read(const nn_label_table *t, nn_annotation_reader *r, const char *path,
                              nn_error *err)
{
    nn_names list;
    const int pair = find_pair(t, path);
    if (pair >= 0)
        return read_pair(t, r, path, pair, err);
    nn_status status = nn_folder_list(&list, path, NULL, err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        char below[PATH_MAX];
        status = nn_folder_join(below, err, "%s/%s", path, list.name[i]);
        const int there = status == NN_OK ? find_pair(t, below) : -1;
        if (there >= 0)
            status = read_pair(t, r, below, there, err);
    }
    nn_names_release(&list);
    return status;
}
