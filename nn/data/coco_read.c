// SPDX-License-Identifier: MIT
// Reads COCO's JSON (Lin 2014) as a stream: categories, images, annotations sorted by picture, and
// the images again with their annotations.
#include "nn/data/coco_read.h"

#include "nn/base/memory.h"
#include "nn/data/coco_ids.h"
#include "nn/io/file.h"
#include "nn/io/json_stream.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLACE = 1 << 20 }; // pixels

typedef struct reading {
    nn_coco_reader *r;
    nn_names *names; // only category names are read, into this list; otherwise NULL
    nn_coco_ids category_ids, image_ids, paths;
    int64_t *pictures; // path number of each image number; -1: none
    bool *seen;        // by path number: the picture was given to the visitor
    nn_coco_annotation *annotations;
    int64_t picture_capacity, annotation_count, annotation_capacity;
    int64_t annotations_read;
    int64_t strays;  // annotations whose image or category is not in the file
    char stray[256]; // description of the first of them
} reading;

// Appends an item to an array that grows by doubling; NULL: no memory.
static void *grow(void *items, int64_t *count, int64_t *capacity, size_t size)
{
    if (*count == *capacity) {
        int64_t larger = *capacity ? *capacity * 2 : 64;
        void *grown = nn_realloc(items, (size_t)*capacity * size, (size_t)larger * size);
        if (!grown)
            return NULL;
        items = grown;
        *capacity = larger;
    }
    ++*count;
    return items;
}

static const char *text_of(const cJSON *item, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, key);
    return cJSON_IsString(value) && nn_json_plain_text(value->valuestring) ? value->valuestring
                                                                           : NULL;
}

static void note(const reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(const reading *r, const char *format, ...)
{
    char line[PATH_MAX + 512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (r->r->note)
        r->r->note(r->r->ctx, line);
}

// The number of the id in member `key`; NN_EFORMAT without such a member.
static nn_status id_of(nn_coco_ids *ids, const nn_json_item *item, const char *key, bool add,
                       int64_t *number, nn_error *err)
{
    size_t size;
    const char *text = nn_json_member(item, key, &size);
    *number = -1;
    return text ? nn_coco_ids_find(ids, text, size, add, number, err)
                : nn_fail(err, NN_EFORMAT, "it is missing");
}

static nn_status take_category(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    const char *name = text_of(item->json, "name");
    int64_t number, count = r->category_ids.count;
    const nn_status status = id_of(&r->category_ids, item, "id", true, &number, err);
    if (status == NN_ENOMEM)
        return status;
    if (!name || status != NN_OK)
        return nn_fail(err, NN_EFORMAT, "category %lld has no id or no name",
                       (long long)item->index);
    if (r->names)
        return nn_names_find(r->names, name) >= 0 ? NN_OK
                                                  : nn_names_add(r->names, name, strlen(name), err);
    if (r->r->keypoints) {
        const nn_status read = nn_coco_keypoints_of_category(r->r->keypoints, item->json, err);
        if (read != NN_OK)
            return nn_fail_prefix(err, read, "category '%s'", name);
    }
    if (number < count)
        return nn_fail(err, NN_EFORMAT, "two categories have the id %s",
                       r->category_ids.name[number]);
    return nn_names_add(&r->r->categories, name, strlen(name), err);
}

// The list that the name of a file tells: val2017 of instances_val2017.json.
static void list_of_file(char list[PATH_MAX], const char *path)
{
    static const char *const kinds[] = {"instances_", "person_keypoints_"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
            name += strlen(kinds[i]);
    snprintf(list, PATH_MAX, "%s", name);
    char *ending = strrchr(list, '.');
    if (ending)
        *ending = '\0';
}

static nn_status find_picture(char *path, const reading *r, const char *name, nn_error *err)
{
    const nn_coco_file *p = r->r->file;
    const char *list = p->list ? p->list : "images";
    char images[PATH_MAX], told[PATH_MAX], told_images[PATH_MAX];
    const char *const below[] = {"",   "images",    list,          images,
                                 told, told_images, "annotations", NULL};
    list_of_file(told, p->path);
    nn_status status = nn_folder_join(images, err, "images/%s", list);
    if (status == NN_OK)
        status = nn_folder_join(told_images, err, "images/%s", told);
    return status == NN_OK ? nn_folder_locate(path, p->base, below, name, err) : status;
}

// The number of an image's path, which several images may share; -1: the name is invalid.
static nn_status number_path(reading *r, const nn_json_item *item, int64_t *number, nn_error *err)
{
    const char *name = text_of(item->json, "file_name");
    char path[PATH_MAX], quoted[PATH_MAX + 2];
    *number = -1;
    if (!name || find_picture(path, r, name, NULL) != NN_OK)
        return NN_OK;
    const int length = snprintf(quoted, sizeof quoted, "\"%s\"", path);
    const nn_status status = nn_coco_ids_find(&r->paths, quoted, (size_t)length, true, number, err);
    return status == NN_ENOMEM ? status : NN_OK;
}

// Numbers the images before the annotations are read.
static nn_status take_image_id(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    int64_t number, count = r->image_ids.count;
    nn_status status = id_of(&r->image_ids, item, "id", true, &number, err);
    if (status != NN_OK || number < count) // a missing id is reported when the image is read
        return status == NN_ENOMEM ? status : NN_OK;
    int64_t *grown = grow(r->pictures, &count, &r->picture_capacity, sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for the pictures");
    r->pictures = grown;
    return number_path(r, item, &grown[number], err);
}

// Counts an annotation whose image or category is not in the file.
static void count_stray(reading *r, const nn_json_item *item, const char *key)
{
    size_t size = 0;
    const char *text = nn_json_member(item, key, &size);
    if (r->strays++ == 0)
        snprintf(r->stray, sizeof r->stray, "annotation %lld, whose %s is %.*s",
                 (long long)item->index, key, text ? (int)(size < 80 ? size : 80) : 7,
                 text ? text : "missing");
}

// Reads the box of an annotation; returns NULL, or what is wrong.
static const char *read_box(nn_coco_annotation *a, const cJSON *item)
{
    const cJSON *box = cJSON_GetObjectItemCaseSensitive(item, "bbox");
    float v[4];
    if (!cJSON_IsArray(box) || cJSON_GetArraySize(box) != 4)
        return "bbox is not [x, y, width, height]";
    for (int i = 0; i < 4; i++)
        if (!nn_json_float(cJSON_GetArrayItem(box, i), &v[i]) || fabsf(v[i]) > MAX_PLACE)
            return "bbox is not [x, y, width, height]";
    if (v[2] < 0 || v[3] < 0)
        return "a bbox of negative size";
    a->x0 = v[0];
    a->y0 = v[1];
    a->x1 = v[0] + v[2];
    a->y1 = v[1] + v[3];
    return NULL;
}

static void release_annotation(nn_coco_annotation *a)
{
    nn_coco_shape_release(&a->shape);
    nn_free(a->keypoints);
}

static nn_status read_annotation(const reading *r, nn_coco_annotation *a, const cJSON *item,
                                 nn_error *err)
{
    const cJSON *crowd = cJSON_GetObjectItemCaseSensitive(item, "iscrowd");
    const char *wrong = NULL;
    nn_status status = NN_OK;
    if (!nn_json_float(cJSON_GetObjectItemCaseSensitive(item, "area"), &a->area) || !(a->area > 0))
        a->area = 0;
    a->crowd = cJSON_IsTrue(crowd) || (cJSON_IsNumber(crowd) && crowd->valuedouble != 0);
    if (r->r->boxes)
        a->wrong = read_box(a, item);
    if (r->r->shapes && !a->wrong)
        status = nn_coco_shape_parse(
            &a->shape, cJSON_GetObjectItemCaseSensitive(item, "segmentation"), &wrong, err);
    if (r->r->masks && !a->wrong)
        a->wrong = wrong;
    if (status == NN_OK && r->r->keypoints && !a->wrong)
        status =
            nn_coco_keypoints_parse(&a->keypoints, item, r->r->keypoints->count, &a->wrong, err);
    return status;
}

// Finds image and category; `*keep` is false for an annotation that is not wanted.
static nn_status place_annotation(reading *r, nn_coco_annotation *a, const nn_json_item *item,
                                  bool *keep, nn_error *err)
{
    int64_t category, image;
    *keep = false;
    nn_status status = id_of(&r->image_ids, item, "image_id", false, &image, err);
    if (status == NN_ENOMEM)
        return status;
    if (image < 0) {
        count_stray(r, item, "image_id");
        return NN_OK;
    }
    a->picture = r->pictures[image];
    status = id_of(&r->category_ids, item, "category_id", false, &category, err);
    if (status == NN_ENOMEM)
        return status;
    a->category = (int)category;
    if (category < 0) {
        count_stray(r, item, "category_id");
        a->wrong = "its category is not in the file";
    } else if (r->r->wants && !r->r->wants(r->r->ctx, r->r->categories.name[category])) {
        r->r->unwanted++;
        return NN_OK;
    }
    *keep = true;
    return NN_OK;
}

static nn_status take_annotation(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    nn_coco_annotation a = {.index = item->index};
    bool keep;
    r->annotations_read++;
    nn_status status = place_annotation(r, &a, item, &keep, err);
    if (status == NN_OK && keep && !a.wrong)
        status = read_annotation(r, &a, item->json, err);
    if (status != NN_OK || !keep) {
        release_annotation(&a);
        return status;
    }
    nn_coco_annotation *grown =
        grow(r->annotations, &r->annotation_count, &r->annotation_capacity, sizeof a);
    if (!grown) {
        release_annotation(&a);
        return nn_fail(err, NN_ENOMEM, "no memory for the annotations");
    }
    r->annotations = grown;
    grown[r->annotation_count - 1] = a;
    return NN_OK;
}

static int compare_annotations(const void *a, const void *b)
{
    const nn_coco_annotation *x = a, *y = b;
    return x->picture != y->picture ? (x->picture > y->picture) - (x->picture < y->picture)
                                    : (x->index > y->index) - (x->index < y->index);
}

// Large objects come first, so that small ones are painted over them.
static int compare_areas(const void *a, const void *b)
{
    const nn_coco_annotation *x = a, *y = b;
    return x->picture != y->picture || x->area == y->area
               ? compare_annotations(a, b)
               : (x->area < y->area) - (x->area > y->area);
}

// Sets the annotations of a picture, which are contiguous after sorting.
static void find_annotations(const reading *r, int64_t picture, nn_coco_image *image)
{
    int64_t low = 0, high = r->annotation_count, end;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (r->annotations[middle].picture < picture)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < r->annotation_count && r->annotations[end].picture == picture; end++)
        ;
    image->list = r->annotations + low;
    image->count = end - low;
}

static int size_of(const cJSON *item, const char *key)
{
    int64_t size;
    return nn_json_size(cJSON_GetObjectItemCaseSensitive(item, key), &size) && size <= MAX_PLACE
               ? (int)size
               : 0;
}

static nn_status take_image(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    nn_coco_image image = {.index = item->index};
    int64_t number;
    nn_status status = id_of(&r->image_ids, item, "id", false, &number, err);
    if (status == NN_ENOMEM)
        return status;
    const int64_t picture = number < 0 ? -1 : r->pictures[number];
    const char *name = text_of(item->json, "file_name");
    if (!name || picture < 0)
        return r->r->visit(r->r->ctx, &image, err);
    if (r->seen[picture]) {
        note(r, "%s: image %lld is '%s' again, which counts once", r->r->file->path,
             (long long)item->index, name);
        return NN_OK;
    }
    r->seen[picture] = true;
    image.name = name;
    image.id = r->image_ids.name[number];
    image.path = r->paths.name[picture];
    image.width = size_of(item->json, "width");
    image.height = size_of(item->json, "height");
    find_annotations(r, picture, &image);
    return r->r->visit(r->r->ctx, &image, err);
}

// Fails when most annotations have no image or category: such a set would teach that objects are
// background.
static nn_status judge_strays(const reading *r, nn_error *err)
{
    const int64_t all = r->annotations_read;
    if (r->strays == 0)
        return NN_OK;
    if (2 * r->strays > all)
        return nn_fail(err, NN_EFORMAT,
                       "%lld of %lld annotations are of pictures or categories that are not in the "
                       "file, the first is %s",
                       (long long)r->strays, (long long)all, r->stray);
    note(r,
         "%s: %lld of %lld annotations are of pictures or categories that are not in the file, the "
         "first is %s",
         r->r->file->path, (long long)r->strays, (long long)all, r->stray);
    return NN_OK;
}

static nn_status read_arrays(reading *r, const nn_file *json, nn_error *err)
{
    const char *text = json->bytes ? json->bytes : "";
    nn_status status = nn_json_stream_array(text, json->size, "categories", take_category, r, err);
    if (status != NN_OK || r->names)
        return status;
    r->r->category_ids = (const char *const *)r->category_ids.name;
    status = nn_json_stream_array(text, json->size, "images", take_image_id, r, err);
    if (status == NN_OK)
        status = nn_json_stream_array(text, json->size, "annotations", take_annotation, r, err);
    if (status == NN_OK)
        status = judge_strays(r, err);
    if (status == NN_OK && !(r->seen = nn_calloc((size_t)r->paths.count + 1, sizeof *r->seen)))
        status = nn_fail(err, NN_ENOMEM, "no memory for %lld pictures", (long long)r->paths.count);
    if (status == NN_OK && r->annotation_count > 1)
        qsort(r->annotations, (size_t)r->annotation_count, sizeof *r->annotations,
              r->r->masks ? compare_areas : compare_annotations);
    return status == NN_OK ? nn_json_stream_array(text, json->size, "images", take_image, r, err)
                           : status;
}

static nn_status read_file(reading *r, const char *path, nn_error *err)
{
    nn_file json;
    nn_status status = nn_file_map(&json, path, err);
    if (status != NN_OK)
        return status;
    status = read_arrays(r, &json, err);
    if (status == NN_EFORMAT || status == NN_ENOTFOUND)
        nn_fail_prefix(err, status, "%s", path);
    nn_file_unmap(&json);
    nn_coco_ids_release(&r->category_ids);
    nn_coco_ids_release(&r->image_ids);
    nn_coco_ids_release(&r->paths);
    nn_free(r->pictures);
    nn_free(r->seen);
    for (int64_t i = 0; i < r->annotation_count; i++)
        release_annotation(&r->annotations[i]);
    nn_free(r->annotations);
    return status;
}

nn_status nn_coco_names(const nn_folder *f, nn_names *names, nn_error *err)
{
    nn_coco_file *files = nn_calloc(NN_SPLITS, sizeof *files);
    int count = 0;
    if (!files)
        return nn_fail(err, NN_ENOMEM, "no memory for the names of files");
    nn_status status = nn_coco_find_files(files, &count, f, err);
    for (int i = 0; i < count && status == NN_OK; i++) {
        reading r = {.names = names};
        status = read_file(&r, files[i].path, err);
    }
    nn_free(files);
    return status;
}

nn_status nn_coco_read(nn_coco_reader *reader, const nn_coco_file *file, nn_error *err)
{
    reading r = {.r = reader};
    reader->file = file;
    const nn_status status = read_file(&r, file->path, err);
    nn_names_release(&reader->categories);
    return status;
}
