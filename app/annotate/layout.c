// SPDX-License-Identifier: MIT
// Finds pictures and labels in a folder, for several formats.
#include "app/annotate/layout.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nn_status ui_layout_pictures(char *out, const char *dir, nn_error *err)
{
    return nn_folder_join(out, err, nn_folder_has(dir, "images") ? "%s/images" : "%s", dir);
}

static int stem_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return (int)(dot ? (size_t)(dot - name) : strlen(name));
}

bool ui_layout_beside(const char *dir, const char *ending)
{
    nn_names list = {0};
    bool found = false;
    if (nn_folder_list(&list, dir, nn_folder_pictures, NULL) != NN_OK)
        return false;
    for (int i = 0; i < list.count && !found; i++) {
        char name[PATH_MAX];
        found = nn_folder_join(name, NULL, "%.*s%s", stem_of(list.name[i]), list.name[i], ending) ==
                    NN_OK &&
                nn_folder_has(dir, name);
    }
    nn_names_release(&list);
    return found;
}

// "data/images/train" into "data/labels/train", when that exists.
static bool swap_images(char *out, const char *pictures)
{
    char real[PATH_MAX];
    if (!realpath(pictures, real))
        return false;
    for (char *at = strstr(real, "/images"); at; at = strstr(at + 1, "/images")) {
        if (at[7] != '\0' && at[7] != '/')
            continue;
        if (nn_folder_join(out, NULL, "%.*s/labels%s", (int)(at - real), real, at + 7) == NN_OK &&
            nn_folder_has(out, ""))
            return true;
    }
    return false;
}

nn_status ui_layout_labels(char *out, const char *dir, const char *pictures, nn_error *err)
{
    const bool own = strcmp(dir, pictures) == 0;
    if (own && !nn_folder_has(dir, "labels")) {
        if (swap_images(out, pictures))
            return NN_OK;
        if (ui_layout_beside(dir, ".txt"))
            return nn_folder_join(out, err, "%s", dir);
    }
    return nn_folder_join(out, err, "%s/labels", dir);
}

nn_status ui_layout_classes(ui_project *p, const char *labels, nn_error *err)
{
    char path[PATH_MAX];
    const bool there =
        nn_folder_has(labels, "classes.txt") && !nn_folder_has(p->root, "classes.txt");
    const nn_status status = nn_folder_join(path, err, "%s/classes.txt", there ? labels : p->root);
    if (status != NN_OK)
        return status;
    p->classes = nn_strdup(path);
    return p->classes ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}

nn_status ui_layout_add(ui_project *p, const char *pictures, const char *labels, const char *ending,
                        nn_error *err)
{
    nn_names list = {0};
    nn_status status = nn_folder_list(&list, pictures, nn_folder_pictures, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        const char *name = list.name[i];
        char path[PATH_MAX], file[PATH_MAX];
        status = nn_folder_join(path, err, "%s/%s", pictures, name);
        if (status == NN_OK)
            status = nn_folder_join(file, err, "%s/%.*s%s", labels, stem_of(name), name, ending);
        if (status == NN_OK)
            status = ui_project_add(p, name, path, file, err);
    }
    if (status == NN_OK && list.count == 0)
        status = nn_fail(err, NN_ENOTFOUND, "%s: no picture (" NN_IMAGE_KINDS ") in it", pictures);
    nn_names_release(&list);
    return status;
}
