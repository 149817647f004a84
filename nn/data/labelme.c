// SPDX-License-Identifier: MIT
// Labels of labelme: NAME.json beside NAME.jpg with "shapes" (polygons, rectangles, circles).
#include "nn/data/label_files.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

// The picture that a file speaks of: what it names, relative to it, or the one of the same stem.
static nn_status locate(char *picture, const cJSON *json, const char *path, nn_error *err)
{
    static const char *const below[] = {"", NULL};
    char folder[PATH_MAX];
    const char *name = nn_json_text(json, "imagePath");
    nn_status status = nn_path_folder(folder, path, err);
    if (status == NN_OK && name && *name &&
        nn_folder_locate(picture, folder, below, name, NULL) == NN_OK && access(picture, F_OK) == 0)
        return NN_OK;
    return status == NN_OK ? nn_label_files_picture(picture, path, err) : status;
}

// A circle is its centre and a point of its edge: the corners of the square around it.
static void square_circle(float xy[4])
{
    const float r = hypotf(xy[2] - xy[0], xy[3] - xy[1]), x = xy[0], y = xy[1];
    xy[0] = x - r;
    xy[1] = y - r;
    xy[2] = x + r;
    xy[3] = y + r;
}

static nn_status add_shape(nn_annotation_reader *r, const cJSON *shape, nn_error *err)
{
    const char *label = nn_json_text(shape, "label"), *type = nn_json_text(shape, "shape_type");
    nn_annotation a = {.score = 1};
    float *xy;
    int corners;
    if (!label || !*label) {
        nn_annotation_skip(r, "%s: a shape without label", r->picture.path);
        return NN_OK;
    }
    if (strcmp(label, "_background_") == 0)
        return NN_OK;
    type = type ? type : "polygon";
    if (strcmp(type, "point") == 0 || strcmp(type, "line") == 0 || strcmp(type, "linestrip") == 0 ||
        strcmp(type, "points") == 0)
        return NN_OK; // has no area
    nn_status status =
        nn_json_points(cJSON_GetObjectItemCaseSensitive(shape, "points"), &xy, &corners, err);
    if (status != NN_OK)
        return status;
    a.ignore = strcmp(label, "__ignore__") == 0;
    a.class_index = a.ignore ? -1 : nn_annotation_class(r, label, strlen(label), err);
    const bool box = strcmp(type, "polygon") != 0 && corners == 2;
    if (a.class_index < 0 && !a.ignore) {
        status = err->status;
    } else if (corners < 2 || (!box && corners < 3)) {
        nn_annotation_skip(r, "%s: a %s of %d points has no area", r->picture.path, type, corners);
    } else if (box) {
        if (strcmp(type, "circle") == 0)
            square_circle(xy);
        a.x0 = fminf(xy[0], xy[2]);
        a.y0 = fminf(xy[1], xy[3]);
        a.x1 = fmaxf(xy[0], xy[2]);
        a.y1 = fmaxf(xy[1], xy[3]);
        status = nn_annotation_add(r, &a, err);
    } else {
        status = nn_annotation_add_outline(r, &a, xy, corners, err);
    }
    nn_free(xy);
    return status;
}

static nn_status read_file(void *ctx, const char *path, nn_error *err)
{
    nn_annotation_reader *r = ctx;
    cJSON *json;
    nn_error why = {0};
    char picture[PATH_MAX];
    nn_status status = nn_json_load(&json, path, &why);
    const cJSON *shapes = cJSON_GetObjectItemCaseSensitive(json, "shapes"), *shape;
    if (status == NN_OK && !cJSON_IsArray(shapes)) {
        cJSON_Delete(json); // another JSON file
        return NN_OK;
    }
    if (status == NN_OK)
        status = locate(picture, json, path, &why);
    if (status == NN_ENOMEM)
        nn_fail(err, status, "%s", why.text);
    else if (status != NN_OK)
        status = nn_annotation_begin(r, path, err);
    else
        status = nn_annotation_begin(r, picture, err);
    if (status == NN_OK && why.status != NN_OK)
        nn_annotation_skip(r, "%s", why.text);
    const int64_t w = nn_json_whole(json, "imageWidth"), h = nn_json_whole(json, "imageHeight");
    if (status == NN_OK && w > 0 && w <= INT32_MAX && h > 0 && h <= INT32_MAX) {
        r->picture.width = (int)w;
        r->picture.height = (int)h;
    }
    cJSON_ArrayForEach(shape, shapes)
    {
        if (status == NN_OK && !r->broken)
            status = add_shape(r, shape, err);
    }
    if (status == NN_OK)
        status = nn_annotation_end(r, err);
    cJSON_Delete(json);
    return status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    return nn_folder_walk(f->path, NN_WALK_DEPTH, ".json", read_file, r, err);
}

static bool recognise(const char *path)
{
    return nn_label_files_beside(path, ".json");
}

const nn_data_format nn_data_labelme = {
    .name = "labelme",
    .looks_like = "NAME.json beside NAME.jpg (labelme)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
