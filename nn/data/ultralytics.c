// SPDX-License-Identifier: MIT
// Data sets described by a data.yaml, as Ultralytics and Roboflow write them: class names, a root
// folder, and for each split folders or lists of pictures. Labels are in labels/ beside images/, or
// beside the pictures.
#include "nn/data/folder.h"
#include "nn/data/yolo_keypoints.h"
#include "nn/data/yolo_labels.h"
#include "nn/io/text.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct reading {
    nn_annotation_reader *r;
    const nn_names *names;
    nn_split split; // split that is being read
    const char *yaml, *base;
} reading;

static nn_status read_picture(void *ctx, const char *path, nn_error *err)
{
    const reading *d = ctx;
    char labels[PATH_MAX];
    nn_status status = nn_annotation_begin(d->r, path, err);
    if (status == NN_OK)
        status = nn_yolo_labels_path(labels, path, NULL, err);
    d->r->picture.split = d->split;
    if (status == NN_OK)
        status = nn_yolo_labels_read(d->r, labels, d->names, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

// Reads a text file with the path of a picture on each line, relative to the root.
static nn_status read_list(reading *d, const char *path, const char *root, nn_error *err)
{
    static const char *const below[] = {"", NULL};
    char line[PATH_MAX], picture[PATH_MAX];
    nn_text text;
    nn_status status = nn_text_open(&text, path, err);
    if (status != NN_OK)
        return status;
    while (status == NN_OK && nn_text_next(&text, line, sizeof line)) {
        if (line[strspn(line, " \t")] == '\0')
            continue;
        status = line[0] == '/' && access(line, F_OK) == 0
                     ? nn_folder_join(picture, err, "%s", line)
                     : nn_folder_locate(picture, root, below, line, err);
        if (status == NN_OK)
            status = read_picture(d, picture, err);
    }
    const nn_status closed = nn_text_close(&text, path, status == NN_OK ? err : NULL);
    return status == NN_OK ? closed : status;
}

// Finds `name`: below the root, below the folder of data.yaml, or without leading "..", as
// Roboflow's "../train/images" needs.
static nn_status locate(char *path, const reading *d, const char *root, const char *name,
                        nn_error *err)
{
    const char *tail = name;
    while (strncmp(tail, "../", 3) == 0 || strncmp(tail, "./", 2) == 0)
        tail = strchr(tail, '/') + 1;
    const struct {
        const char *base, *name;
    } tries[] = {{root, name}, {d->base, name}, {root, tail}, {d->base, tail}};
    if (name[0] == '/' && access(name, F_OK) == 0)
        return nn_folder_join(path, err, "%s", name);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        nn_status status = nn_folder_join(path, err, "%s/%s", tries[i].base, tries[i].name);
        if (status != NN_OK || access(path, F_OK) == 0)
            return status;
    }
    // A path of another machine: takes the longest tail that exists here.
    static const char *const below[] = {"", NULL};
    if (nn_folder_locate(path, d->base, below, name, NULL) == NN_OK && access(path, F_OK) == 0)
        return NN_OK;
    return nn_fail(err, NN_ENOTFOUND, "%s: %s: '%s' is not there", d->yaml, nn_split_name(d->split),
                   name);
}

static nn_status read_one(reading *d, const char *root, const char *name, nn_error *err)
{
    char path[PATH_MAX];
    struct stat info;
    nn_status status = locate(path, d, root, name, err);
    if (status != NN_OK)
        return status;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return nn_folder_walk(path, NN_WALK_DEPTH, nn_folder_pictures, read_picture, d, err);
    return read_list(d, path, root, err);
}

static nn_status read_splits(reading *d, const nn_yaml *y, const char *root, nn_error *err)
{
    static const struct {
        const char *key;
        nn_split split;
    } keys[] = {{"train", NN_SPLIT_TRAIN},
                {"val", NN_SPLIT_VAL},
                {"valid", NN_SPLIT_VAL},
                {"validation", NN_SPLIT_VAL},
                {"test", NN_SPLIT_TEST}};
    nn_status status = NN_OK;
    int there = 0;
    bool done[NN_SPLITS] = {false};
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == NN_OK; i++) {
        const int count = done[keys[i].split] ? 0 : nn_yaml_count(y, keys[i].key);
        d->split = keys[i].split;
        for (int k = 0; k < count && status == NN_OK; k++) {
            nn_error why = {0};
            const char *name = nn_yaml_text(y, keys[i].key, k);
            if (!name || !*name)
                continue;
            done[d->split] = true;
            status = read_one(d, root, name, &why);
            // Exports often name a split that they do not contain.
            if (status == NN_ENOTFOUND && d->split != NN_SPLIT_TRAIN) {
                status = NN_OK;
                if (d->r->note && d->split == NN_SPLIT_VAL)
                    d->r->note(d->r->ctx, why.text);
            } else if (status != NN_OK)
                nn_fail(err, status, "%s", why.text);
            else
                there++;
        }
    }
    if (status == NN_OK && there == 0)
        return nn_fail(err, NN_EFORMAT, "%s: names no pictures (train, val, test)", d->yaml);
    return status;
}

static const char *const files[] = {"data.yaml", "dataset.yaml", "data.yml", "dataset.yml", NULL};

// The description of a data set: `path` itself, or a file with one of the usual names.
static nn_status find_yaml(char *yaml, char *base, const char *path, nn_error *err)
{
    nn_status status = nn_folder_join(base, err, "%s", path);
    if (status == NN_OK && nn_folder_ends(path, ".yaml.yml")) {
        char *slash = strrchr(base, '/');
        memcpy(slash ? slash : base, slash ? "" : ".", slash ? 1 : 2);
        return nn_folder_join(yaml, err, "%s", path);
    }
    for (int i = 0; files[i] && status == NN_OK; i++)
        if (nn_folder_has(path, files[i]))
            return nn_folder_join(yaml, err, "%s/%s", path, files[i]);
    return status == NN_OK ? nn_fail(err, NN_ENOTFOUND, "%s: no data.yaml in it", path) : status;
}

static const char *find_writer(const nn_yaml *y, const char *base)
{
    const bool roboflow = nn_yaml_has(y, "roboflow") ||
                          nn_folder_has(base, "README.roboflow.txt") ||
                          nn_folder_has(base, "README.dataset.txt");
    return roboflow ? "Roboflow YOLO export" : NULL;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    char yaml[PATH_MAX], base[PATH_MAX], root[PATH_MAX];
    nn_yaml y;
    nn_names names = {0};
    nn_status status = find_yaml(yaml, base, f->path, err);
    if (status == NN_OK)
        status = nn_yaml_open(&y, yaml, err);
    if (status != NN_OK)
        return status;
    const char *path = nn_yaml_text(&y, "path", 0);
    status = !path || !*path ? nn_folder_join(root, err, "%s", base)
             : *path == '/'  ? nn_folder_join(root, err, "%s", path)
                             : nn_folder_join(root, err, "%s/%s", base, path);
    if (status == NN_OK && access(root, F_OK) != 0) // a path of another machine
        status = nn_folder_join(root, err, "%s", base);
    r->found.called = find_writer(&y, base);
    if (status == NN_OK)
        status = nn_yaml_names(&y, "names", &names, err);
    if (status == NN_OK && (status = nn_yolo_keypoints_read(&r->found.keypoints, &y, err)) != NN_OK)
        nn_fail_prefix(err, status, "%s", yaml);
    if (status == NN_OK)
        status = nn_annotation_classes(r, &names, err);
    if (status == NN_OK) {
        reading d = {.r = r, .names = &names, .yaml = yaml, .base = base};
        status = read_splits(&d, &y, root, err);
    }
    nn_names_release(&names);
    nn_yaml_close(&y);
    return status;
}

static bool recognise(const char *path)
{
    bool any = nn_folder_ends(path, ".yaml.yml");
    for (int i = 0; files[i] && !any; i++)
        any = nn_folder_has(path, files[i]);
    return any;
}

const nn_data_format nn_data_ultralytics = {
    .name = "YOLO with data.yaml",
    .looks_like = "data.yaml (Ultralytics, Roboflow)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
