// SPDX-License-Identifier: MIT
// Exports of Label Studio, JSON and JSON-MIN: an array of tasks with rectangles and polygons in
// per cent of the picture, whose files it has renamed ("1a2b3c4d-NAME.jpg").
#include "nn/data/label_files.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json_stream.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct reading {
    nn_annotation_reader *r;
    const char *path, *base;
} reading;

// The file name in what a task says about its picture: an address, "?d=folder/name" of a local one.
static const char *file_of(const char *said)
{
    const char *local = strstr(said, "?d=");
    said = local ? local + 3 : said;
    const char *slash = strrchr(said, '/');
    return slash ? slash + 1 : said;
}

// "%20" is a blank again.
static void unescape(char *out, size_t size, const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < size; name++) {
        unsigned v;
        if (*name == '%' && isxdigit((unsigned char)name[1]) && isxdigit((unsigned char)name[2]) &&
            sscanf(name + 1, "%2x", &v) == 1 && v > 31) {
            out[n++] = (char)v;
            name += 2;
        } else {
            out[n++] = *name;
        }
    }
    out[n] = '\0';
}

static bool find(char *path, const char *base, const char *name)
{
    static const char *const below[] = {"", "images", "data", NULL};
    return *name && nn_folder_locate(path, base, below, name, NULL) == NN_OK &&
           access(path, F_OK) == 0;
}

static nn_status locate(char *path, const reading *d, const cJSON *task, nn_error *err)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(task, "data"), *value;
    const char *said = nn_json_text(task, "file_upload");
    char name[1024];
    if (!said)
        said = nn_json_text(data ? data : task, "image");
    cJSON_ArrayForEach(value, data)
    {
        // The picture may have any key; it is the text that ends like one.
        const char *text = cJSON_GetStringValue(value);
        if (!said && text && nn_folder_ends(text, nn_folder_pictures))
            said = text;
    }
    if (!said)
        return nn_fail(err, NN_EFORMAT, "%s: a task without picture", d->path);
    unescape(name, sizeof name, file_of(said));
    const char *dash = strchr(name, '-');
    if (find(path, d->base, name) || (dash && find(path, d->base, dash + 1)))
        return NN_OK;
    return nn_fail(err, NN_EFORMAT, "%s: picture '%.200s' is not there", d->path, name);
}

// The first of the labels of a result, which has one key a kind of shape.
static const char *label_of(const cJSON *value)
{
    static const char *const keys[] = {"rectanglelabels", "polygonlabels", "ellipselabels",
                                       "labels"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *label = cJSON_GetStringValue(
            cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(value, keys[i]), 0));
        if (label && *label)
            return label;
    }
    return NULL;
}

static float per_cent(const cJSON *value, const char *key)
{
    float v;
    return nn_json_float(cJSON_GetObjectItemCaseSensitive(value, key), &v) ? v / 100 : NAN;
}

// A rectangle, which is turned about its upper left corner in pixels: w and h are the picture's.
static nn_status add_rectangle(nn_annotation_reader *r, nn_annotation *a, const cJSON *value,
                               float w, float h, nn_error *err)
{
    const float x = per_cent(value, "x"), y = per_cent(value, "y"), dx = per_cent(value, "width"),
                dy = per_cent(value, "height"), turn = per_cent(value, "rotation") * 100;
    if (!(fabsf(turn) > 0.01f) || !(w > 0) || !(h > 0)) {
        a->x0 = x, a->y0 = y, a->x1 = x + dx, a->y1 = y + dy;
        return nn_annotation_add(r, a, err);
    }
    const float c = cosf(turn * (float)M_PI / 180), s = sinf(turn * (float)M_PI / 180);
    float xy[8];
    for (int i = 0; i < 4; i++) {
        const float along = (i == 1 || i == 2) ? dx * w : 0, down = i >= 2 ? dy * h : 0;
        xy[2 * i] = x + (along * c - down * s) / w;
        xy[2 * i + 1] = y + (along * s + down * c) / h;
    }
    a->rotated = true;
    return nn_annotation_add_outline(r, a, xy, 4, err);
}

// A result of JSON with its value, or of JSON-MIN, which is the value itself.
static nn_status add_result(nn_annotation_reader *r, const cJSON *result, nn_error *err)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(result, "value");
    value = value ? value : result;
    const char *label = label_of(value);
    const int64_t w = nn_json_whole(result, "original_width"),
                  h = nn_json_whole(result, "original_height");
    nn_annotation a = {.score = 1};
    if (!label)
        return NN_OK; // a choice or a text
    if (w > 0 && w <= INT32_MAX && h > 0 && h <= INT32_MAX) {
        r->picture.width = (int)w;
        r->picture.height = (int)h;
    }
    a.class_index = nn_annotation_class(r, label, strlen(label), err);
    if (a.class_index < 0)
        return err->status;
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(value, "points");
    if (!points && cJSON_GetObjectItemCaseSensitive(value, "radiusX")) {
        const float x = per_cent(value, "x"), y = per_cent(value, "y"),
                    rx = per_cent(value, "radiusX"), ry = per_cent(value, "radiusY");
        a.x0 = x - rx, a.x1 = x + rx, a.y0 = y - ry, a.y1 = y + ry;
        return nn_annotation_add(r, &a, err);
    }
    if (!points)
        return add_rectangle(r, &a, value, (float)w, (float)h, err);
    float *xy;
    int corners;
    nn_status status = nn_json_points(points, &xy, &corners, err);
    for (int i = 0; i < 2 * corners; i++)
        xy[i] /= 100;
    if (status == NN_OK && corners < 3)
        nn_annotation_skip(r, "%s: a polygon of %d corners has no area", r->picture.path, corners);
    else if (status == NN_OK)
        status = nn_annotation_add_outline(r, &a, xy, corners, err);
    nn_free(xy);
    return status;
}

static nn_status add_results(nn_annotation_reader *r, const cJSON *list, nn_error *err)
{
    const cJSON *result;
    nn_status status = NN_OK;
    cJSON_ArrayForEach(result, list)
    {
        if (status == NN_OK && !r->broken)
            status = add_result(r, result, err);
    }
    return status;
}

// The annotation of a task that counts: the first one that is not cancelled.
static const cJSON *results_of(const cJSON *task, bool *labelled)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(task, "annotations"), *one;
    if (!list)
        list = cJSON_GetObjectItemCaseSensitive(task, "completions");
    *labelled = true;
    cJSON_ArrayForEach(one, list)
    {
        if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(one, "was_cancelled")))
            return cJSON_GetObjectItemCaseSensitive(one, "result");
    }
    const cJSON *member;
    *labelled = !list;
    if (!list) // JSON-MIN: the list under the name of the control
        cJSON_ArrayForEach(member, task)
        {
            if (cJSON_IsArray(member) && label_of(cJSON_GetArrayItem(member, 0)))
                return member;
        }
    return NULL;
}

static nn_status read_task(void *ctx, const nn_json_item *item, nn_error *err)
{
    const reading *d = ctx;
    char path[PATH_MAX];
    nn_error why = {0};
    bool labelled;
    const cJSON *results = results_of(item->json, &labelled);
    if (!labelled)
        return NN_OK; // nobody has looked at it yet
    nn_status status = locate(path, d, item->json, &why);
    if (status == NN_ENOMEM)
        return nn_fail(err, status, "%s", why.text);
    nn_status begun = nn_annotation_begin(d->r, status == NN_OK ? path : d->path, err);
    if (begun != NN_OK)
        return begun;
    if (status != NN_OK)
        nn_annotation_skip(d->r, "%s", why.text);
    d->r->picture.fractions = true;
    status = add_results(d->r, results, err);
    return status == NN_OK ? nn_annotation_end(d->r, err) : status;
}

// Whether a file is an array of objects: COCO's is an object.
static bool is_array(const char *path)
{
    char text[64] = "";
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    const char *p = text + (strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    p += strspn(p, " \t\r\n");
    return *p == '[' && p[1 + strspn(p + 1, " \t\r\n")] == '{';
}

// The file itself, or the one JSON file of a folder that is an array.
static nn_status find_file(char *out, const char *path, nn_error *err)
{
    nn_names list;
    int found = 0;
    nn_status status = nn_folder_join(out, err, "%s", path);
    if (status != NN_OK || nn_folder_ends(path, ".json"))
        return status != NN_OK || is_array(out)
                   ? status
                   : nn_fail(err, NN_ENOTFOUND,
                             "%s: no array of tasks: export from Label Studio as JSON or JSON-MIN",
                             path);
    status = nn_folder_list(&list, path, ".json", err);
    for (int i = 0; i < list.count && status == NN_OK; i++) {
        char one[PATH_MAX];
        status = nn_folder_join(one, err, "%s/%s", path, list.name[i]);
        if (status == NN_OK && is_array(one)) {
            memcpy(out, one, sizeof one);
            found++;
        }
    }
    nn_names_release(&list);
    if (status == NN_OK && found != 1)
        status = nn_fail(err, NN_ENOTFOUND, "%s: %d exports of Label Studio in it: name one", path,
                         found);
    return status;
}

static nn_status read_set(nn_annotation_reader *r, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX], base[PATH_MAX];
    nn_file file;
    nn_status status = find_file(path, f->path, err);
    if (status == NN_OK)
        status = nn_path_folder(base, path, err);
    if (status == NN_OK)
        status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    reading d = {.r = r, .path = path, .base = base};
    status =
        nn_json_stream_array(file.bytes ? file.bytes : "", file.size, NULL, read_task, &d, err);
    nn_file_unmap(&file);
    return status == NN_EFORMAT ? nn_fail_prefix(err, status, "%s", path) : status;
}

static bool recognise(const char *path)
{
    char file[PATH_MAX];
    return find_file(file, path, NULL) == NN_OK;
}

const nn_data_format nn_data_label_studio = {
    .name = "Label Studio",
    .looks_like = "an array of tasks in JSON (Label Studio)",
    .kind = NN_DATA_BOXES,
    .outlines = true,
    .recognise = recognise,
    .read = read_set,
};
