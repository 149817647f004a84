// SPDX-License-Identifier: MIT
// Where the JSON files of COCO (Lin 2014) lie: DIR/annotations/instances_LIST.json, for keypoints
// person_keypoints_LIST.json, and other places that labelling tools choose.
#include "nn/data/coco_read.h"
#include "nn/data/label_files.h"

#include <limits.h>
#include <string.h>

// The only JSON file in DIR/annotations.
static nn_status find_only(char *out, const char *path, nn_error *err)
{
    char dir[PATH_MAX];
    nn_names found;
    nn_status status = nn_folder_join(dir, err, "%s/annotations", path);
    if (status == NN_OK)
        status = nn_folder_list(&found, dir, ".json", err);
    if (status != NN_OK)
        return status;
    if (found.count == 1)
        status = nn_folder_join(out, err, "%s/%s", dir, found.name[0]);
    else
        status = nn_fail(err, NN_ENOTFOUND,
                         "%s: %d annotation files; choose one by --list, such as train", dir,
                         found.count);
    nn_names_release(&found);
    return status;
}

// The annotation file of a list, relative to the folder; false: there is none. `details` are those
// of nn_folder: the file of COCO that has keypoints has people only, and comes first for them.
static bool find_listed(char *name, const char *path, const char *list, unsigned details)
{
    static const char *const patterns[][2] = {{"annotations/person_keypoints_", ".json"},
                                              {"annotations/instances_", ".json"},
                                              {"annotations/person_keypoints_", ".json"},
                                              {"annotations/", ".json"},
                                              {"", "/_annotations.coco.json"},
                                              {"", "/annotations.json"},
                                              {"", ".json"}};
    for (size_t i = !(details & NN_DETAIL_KEYPOINTS); i < sizeof patterns / sizeof *patterns; i++)
        if (nn_folder_join(name, NULL, "%s%s%s", patterns[i][0], list, patterns[i][1]) == NN_OK &&
            nn_folder_has(path, name))
            return true;
    return false;
}

// The same for a split; returns its name in that file name, or NULL.
static const char *find_split(char *name, const char *path, nn_split split, unsigned details)
{
    const char *word;
    for (int i = 0; split != NN_SPLIT_NONE && (word = nn_split_word(split, i)); i++)
        if (find_listed(name, path, word, details))
            return word;
    return NULL;
}

nn_status nn_coco_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err)
{
    char name[PATH_MAX];
    (void)err;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && !nn_folder_ends(f->path, ".json"); i++)
        there[i] = find_split(name, f->path, (nn_split)i, f->details) != NULL;
    return NN_OK;
}

static nn_status make_file(nn_coco_file *p, const char *path, const char *name, const char *list,
                           nn_split split, nn_error *err)
{
    p->list = list;
    p->split = split;
    nn_status status = nn_folder_join(p->base, err, "%s", path);
    return status == NN_OK ? nn_folder_join(p->path, err, "%s/%s", path, name) : status;
}

// For a file that the user names: pictures are beside it, or beside its folder annotations/.
static nn_status set_file(nn_coco_file *p, const char *path, nn_error *err)
{
    char folder[PATH_MAX];
    p->list = NULL;
    p->split = NN_SPLIT_NONE;
    nn_status status = nn_folder_join(p->path, err, "%s", path);
    if (status == NN_OK)
        status = nn_path_folder(folder, path, err);
    if (status != NN_OK)
        return status;
    const char *slash = strrchr(folder, '/');
    return strcmp(slash ? slash + 1 : folder, "annotations") == 0
               ? nn_path_folder(p->base, folder, err)
               : nn_folder_join(p->base, err, "%s", folder);
}

static nn_status find_listed_file(nn_coco_file *p, const nn_folder *f, nn_error *err)
{
    char name[PATH_MAX];
    const nn_split split = nn_split_named(f->list, strlen(f->list));
    if (find_listed(name, f->path, f->list, f->details))
        return make_file(p, f->path, name, f->list, split, err);
    const char *word = find_split(name, f->path, split, f->details);
    return word ? make_file(p, f->path, name, word, split, err)
                : nn_fail(err, NN_ENOTFOUND, "%s: no annotations/instances_%s.json", f->path,
                          f->list);
}

nn_status nn_coco_find_files(nn_coco_file files[NN_SPLITS], int *count, const nn_folder *f,
                             nn_error *err)
{
    static const char *const single[] = {"annotations.json", "_annotations.coco.json",
                                         "annotations/instances_default.json", "result.json"};
    char name[PATH_MAX];
    *count = 1;
    if (nn_folder_ends(f->path, ".json"))
        return set_file(files, f->path, err);
    if (f->list)
        return find_listed_file(files, f, err);
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (nn_folder_has(f->path, single[i]))
            return make_file(files, f->path, single[i], NULL, NN_SPLIT_NONE, err);
    *count = 0;
    nn_status status = NN_OK;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && status == NN_OK; i++) {
        const char *word = find_split(name, f->path, (nn_split)i, f->details);
        if (word)
            status = make_file(&files[(*count)++], f->path, name, word, (nn_split)i, err);
    }
    if (status != NN_OK || *count > 0)
        return status;
    *count = 1;
    status = find_only(files->path, f->path, err);
    files->list = NULL;
    files->split = NN_SPLIT_NONE;
    return status == NN_OK ? nn_folder_join(files->base, err, "%s", f->path) : status;
}

bool nn_coco_recognise(const char *path)
{
    char name[PATH_MAX];
    if (nn_folder_ends(path, ".json"))
        return true;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        if (find_split(name, path, (nn_split)i, 0))
            return true;
    return (nn_folder_has(path, "annotations") && !nn_folder_has(path, "labels")) ||
           nn_folder_has(path, "annotations.json") ||
           nn_folder_has(path, "_annotations.coco.json") || nn_folder_has(path, "result.json");
}
