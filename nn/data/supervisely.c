// SPDX-License-Identifier: MIT
// Projects of Supervisely: meta.json, and for each data set img/NAME.jpg with ann/NAME.jpg.json.
#include "nn/data/label_files.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

static nn_status add_object(nn_annotation_reader *r, const cJSON *object, nn_error *err)
{
    const char *name = nn_json_text(object, "classTitle"),
               *type = nn_json_text(object, "geometryType");
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(object, "points");
    nn_annotation a = {.score = 1};
    float *xy;
    int corners;
    if (!name || !*name || !type) {
        nn_annotation_skip(r, "%s: an object without classTitle or geometryType", r->picture.path);
        return NN_OK;
    }
    if (strcmp(type, "rectangle") != 0 && strcmp(type, "polygon") != 0)
        return NN_OK; // points, lines and bitmaps are skipped
    nn_status status =
        nn_json_points(cJSON_GetObjectItemCaseSensitive(points, "exterior"), &xy, &corners, err);
    if (status != NN_OK)
        return status;
    a.class_index = nn_annotation_class(r, name, strlen(name), err);
    if (a.class_index < 0) {
        status = err->status;
    } else if (corners == 2) {
        a.x0 = fminf(xy[0], xy[2]), a.x1 = fmaxf(xy[0], xy[2]);
        a.y0 = fminf(xy[1], xy[3]), a.y1 = fmaxf(xy[1], xy[3]);
        status = nn_annotation_add(r, &a, err);
    } else if (corners > 2) {
        status = nn_annotation_add_outline(r, &a, xy, corners, err);
    } else {
        nn_annotation_skip(r, "%s: a %s of %d points has no area", r->picture.path, type, corners);
    }
    nn_free(xy);
    return status;
}

// "DS/ann/NAME.jpg.json" describes "DS/img/NAME.jpg".
static nn_status read_file(void *ctx, const char *path, nn_error *err)
{
    nn_annotation_reader *r = ctx;
    char folder[PATH_MAX], picture[PATH_MAX];
    const char *name = strrchr(path, '/') + 1;
    nn_status status = nn_path_folder(folder, path, err);
    const char *slash = strrchr(folder, '/');
    if (status != NN_OK || !slash || strcmp(slash + 1, "ann") != 0)
        return status;
    cJSON *json;
    nn_error why = {0};
    status = nn_folder_join(picture, err, "%.*s/img/%.*s", (int)(slash - folder), folder,
                            (int)strlen(name) - 5, name);
    if (status != NN_OK)
        return status;
    status = nn_json_load(&json, path, &why);
    if (status == NN_ENOMEM)
        return nn_fail(err, status, "%s", why.text);
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive(json, "objects"), *object,
                *size = cJSON_GetObjectItemCaseSensitive(json, "size");
    const int64_t w = nn_json_whole(size, "width"), h = nn_json_whole(size, "height");
    const nn_status broken = status;
    status = nn_annotation_begin(r, picture, err);
    if (status == NN_OK && broken != NN_OK)
        nn_annotation_skip(r, "%s", why.text);
    if (w > 0 && w <= INT32_MAX && h > 0 && h <= INT32_MAX) {
        r->picture.width = (int)w;
        r->picture.height = (int)h;
    }
    cJSON_ArrayForEach(object, objects)
    {
        if (status == NN_OK && !r->broken)
            status = add_object(r, object, err);
    }
    cJSON_Delete(json);
    return status == NN_OK ? nn_annotation_end(r, err) : status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    return nn_folder_walk(f->path, NN_WALK_DEPTH, ".json", read_file, r, err);
}

static bool recognise(const char *path)
{
    nn_names list;
    bool found = nn_folder_has(path, "ann") && nn_folder_has(path, "img");
    if (found || !nn_folder_has(path, "meta.json") ||
        nn_folder_list(&list, path, NULL, NULL) != NN_OK)
        return found;
    for (int i = 0; i < list.count && !found; i++) {
        char below[PATH_MAX];
        found = nn_folder_join(below, NULL, "%s/%s", path, list.name[i]) == NN_OK &&
                nn_folder_has(below, "ann") && nn_folder_has(below, "img");
    }
    nn_names_release(&list);
    return found;
}

const nn_data_format nn_data_supervisely = {
    .name = "Supervisely",
    .looks_like = "meta.json, img/ and ann/ (Supervisely)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
