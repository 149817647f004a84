// SPDX-License-Identifier: MIT
// Walks the files below a folder.
#include "nn/data/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct walk {
    int depth;
    const char *endings;
    nn_status (*visit)(void *ctx, const char *path, nn_error *err);
    void *ctx;
    struct {
        dev_t device;
        ino_t inode;
    } above[NN_WALK_DEPTH]; // folders that the walk is in: links back into them are not followed
} walk;

static bool enter(walk *w, const char *path, int depth)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    for (int i = 0; i < depth; i++)
        if (w->above[i].device == info.st_dev && w->above[i].inode == info.st_ino)
            return false;
    w->above[depth].device = info.st_dev;
    w->above[depth].inode = info.st_ino;
    return true;
}

static nn_status walk_folder(walk *w, const char *path, int depth, nn_error *err)
{
    nn_names list;
    char below[PATH_MAX];
    if (!enter(w, path, depth))
        return NN_OK;
    nn_status status = nn_folder_list(&list, path, w->endings, err);
    for (int i = 0; status == NN_OK && i < list.count; i++)
        if ((status = nn_folder_join(below, err, "%s/%s", path, list.name[i])) == NN_OK)
            status = w->visit(w->ctx, below, err);
    nn_names_release(&list);
    if (status != NN_OK || depth + 1 == w->depth)
        return status;
    status = nn_folder_list(&list, path, NULL, err);
    for (int i = 0; status == NN_OK && i < list.count; i++)
        if (strcmp(list.name[i], "__MACOSX") != 0 && // what macOS adds to archives
            (status = nn_folder_join(below, err, "%s/%s", path, list.name[i])) == NN_OK)
            status = walk_folder(w, below, depth + 1, err);
    nn_names_release(&list);
    return status;
}

nn_status nn_folder_walk(const char *path, int depth, const char *endings,
                         nn_status (*visit)(void *ctx, const char *path, nn_error *err), void *ctx,
                         nn_error *err)
{
    nn_names list;
    nn_status status = nn_folder_list(&list, path, endings, err); // says when there is none
    nn_names_release(&list);
    walk w = {.depth = depth, .endings = endings, .visit = visit, .ctx = ctx};
    return status == NN_OK ? walk_folder(&w, path, 0, err) : status;
}
