// SPDX-License-Identifier: MIT
// Data sets in the JSON of COCO (Lin 2014): DIR/annotations/instances_LIST.json and the pictures in
// DIR/LIST or DIR/images.
#include "nn/train/coco_read.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/json_each.h"
#include "nn/train/coco_shape.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLACE = 1 << 20 }; // pixels

typedef struct category {
    int64_t id;
    int32_t label;
} category;

typedef struct annotation {
    int64_t image;
    nn_truth truth;
    nn_coco_shape shape; // of masks
    bool broken;         // its picture is left out
} annotation;

typedef struct reading {
    nn_dataset *data; // NULL while only names are wanted
    bool masks;       // wanted in place of boxes
    const nn_folder *folder;
    nn_names *names;
    char file[PATH_MAX]; // annotations
    char base[PATH_MAX]; // pictures lie below
    category *categories;
    annotation *annotations;
    int64_t category_count, annotation_count;
    int64_t category_capacity, annotation_capacity;
    int source, wanted, dropped;
} reading;

// One more item in an array that grows by doubling; NULL when short of memory.
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

static bool id_of(const cJSON *item, const char *key, int64_t *id)
{
    return nn_json_size(cJSON_GetObjectItemCaseSensitive(item, key), id);
}

static nn_status take_category(void *ctx, const cJSON *item, int64_t index, nn_error *err)
{
    reading *r = ctx;
    category c;
    const char *name = text_of(item, "name");
    if (!name || !id_of(item, "id", &c.id))
        return nn_fail(err, NN_EFORMAT, "category %lld has no id or no name", (long long)index);
    if (!r->data)
        return nn_names_find(r->names, name) >= 0 ? NN_OK
                                                  : nn_names_add(r->names, name, strlen(name), err);
    c.label = nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, name));
    category *grown = grow(r->categories, &r->category_count, &r->category_capacity, sizeof c);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for the categories");
    r->categories = grown;
    grown[r->category_count - 1] = c;
    return NN_OK;
}

// The box of an annotation; NULL or what is wrong with it.
static const char *read_annotation(const reading *r, const cJSON *item, nn_truth *t, int32_t *label)
{
    const cJSON *box = cJSON_GetObjectItemCaseSensitive(item, "bbox");
    const cJSON *crowd = cJSON_GetObjectItemCaseSensitive(item, "iscrowd");
    int64_t id;
    float v[4], area;
    if (!id_of(item, "category_id", &id))
        return "no category_id";
    const category *c = NULL;
    for (int64_t i = 0; i < r->category_count && !c; i++)
        c = r->categories[i].id == id ? &r->categories[i] : NULL;
    if (!c)
        return "its category is not in the file";
    for (int i = 0; i < 4 && r->masks; i++) // the outline says it
        v[i] = 0;
    if (!r->masks && (!cJSON_IsArray(box) || cJSON_GetArraySize(box) != 4))
        return "bbox is not [x, y, width, height]";
    for (int i = 0; i < 4 && !r->masks; i++)
        if (!nn_json_float(cJSON_GetArrayItem(box, i), &v[i]) || fabsf(v[i]) > MAX_PLACE)
            return "bbox is not [x, y, width, height]";
    if (v[2] < 0 || v[3] < 0)
        return "a bbox of negative size";
    if (!nn_json_float(cJSON_GetObjectItemCaseSensitive(item, "area"), &area) || !(area > 0))
        area = 0;
    *label = c->label;
    *t = (nn_truth){v[0],
                    v[1],
                    v[0] + v[2],
                    v[1] + v[3],
                    c->label < 0 ? -1 : c->label,
                    c->label == NN_CLASS_IGNORE || cJSON_IsTrue(crowd) ||
                        (cJSON_IsNumber(crowd) && crowd->valuedouble != 0),
                    area};
    return NULL;
}

static nn_status take_annotation(void *ctx, const cJSON *item, int64_t index, nn_error *err)
{
    reading *r = ctx;
    annotation a = {0};
    int32_t label = 0;
    if (!id_of(item, "image_id", &a.image)) {
        nn_dataset_note(r->data, 0, "%s: annotation %lld has no image_id, skipped", r->file,
                        (long long)index);
        return NN_OK;
    }
    const char *wrong = read_annotation(r, item, &a.truth, &label);
    nn_status status = NN_OK;
    if (!wrong && r->masks && label != NN_CLASS_DROP)
        status = nn_coco_shape_parse(
            &a.shape, cJSON_GetObjectItemCaseSensitive(item, "segmentation"), &wrong, err);
    if (status != NN_OK)
        return status;
    if (wrong) {
        nn_dataset_note(r->data, 0, "%s: annotation %lld: %s, its picture is skipped", r->file,
                        (long long)index, wrong);
        a.broken = true;
    } else if (label == NN_CLASS_DROP) {
        r->dropped++;
        return NN_OK;
    }
    annotation *grown =
        grow(r->annotations, &r->annotation_count, &r->annotation_capacity, sizeof a);
    if (!grown) {
        nn_coco_shape_release(&a.shape);
        return nn_fail(err, NN_ENOMEM, "no memory for the annotations");
    }
    r->annotations = grown;
    grown[r->annotation_count - 1] = a;
    return NN_OK;
}

static int compare_annotations(const void *a, const void *b)
{
    const annotation *x = a, *y = b;
    return (x->image > y->image) - (x->image < y->image);
}

// For masks: small objects lie on large ones.
static int compare_areas(const void *a, const void *b)
{
    const annotation *x = a, *y = b;
    const int by_image = compare_annotations(a, b);
    return by_image ? by_image : (x->truth.area < y->truth.area) - (x->truth.area > y->truth.area);
}

// The annotations of a picture, which lie together: from *first on.
static int64_t find_annotations(const reading *r, int64_t image, int64_t *first)
{
    int64_t low = 0, high = r->annotation_count, end;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (r->annotations[middle].image < image)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < r->annotation_count && r->annotations[end].image == image; end++)
        ;
    *first = low;
    return end - low;
}

// They lie in the order in which they are painted.
static nn_status paint(const reading *r, nn_sample *s, const annotation *a, int64_t count,
                       nn_error *err)
{
    uint8_t *labels = nn_calloc((size_t)s->width, (size_t)s->height);
    nn_status status =
        labels ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        const uint8_t label = a[i].truth.ignore ? NN_MASK_IGNORE : (uint8_t)a[i].truth.label;
        status = nn_coco_shape_paint(&a[i].shape, labels, s->width, s->height, label);
        if (status == NN_ENOMEM)
            nn_fail(err, status, "no memory to paint a polygon");
        if (status != NN_ESHAPE)
            continue;
        nn_dataset_note(r->data, 1, "%s: is %dx%d, a segmentation of it %dx%d, picture skipped",
                        s->name, s->width, s->height, a[i].shape.width, a[i].shape.height);
        status = NN_EFORMAT;
    }
    if (status == NN_OK)
        status = nn_folder_take_mask(s, labels, err);
    nn_free(labels);
    return status;
}

// The annotations of a picture into the sample. NN_EFORMAT, counted, when one of them is damaged.
static nn_status collect(const reading *r, nn_sample *s, int64_t image, nn_error *err)
{
    int64_t first;
    const int64_t count = find_annotations(r, image, &first);
    int capacity = 0;
    nn_status status = NN_OK;
    for (int64_t i = first; i < first + count && status == NN_OK; i++) {
        if (r->annotations[i].broken) {
            r->data->skipped++; // noted with its annotation
            return NN_EFORMAT;
        }
        if (!r->masks)
            status = nn_folder_add_truth(s, &capacity, &r->annotations[i].truth, err);
    }
    return status == NN_OK && r->masks ? paint(r, s, r->annotations + first, count, err) : status;
}

static nn_status find_picture(char *path, const reading *r, const char *name, nn_error *err)
{
    const char *list = r->folder->list ? r->folder->list : "images";
    char below[4][PATH_MAX];
    nn_status status = nn_folder_join(below[0], err, "%s", name);
    if (status == NN_OK)
        status = nn_folder_join(below[1], err, "images/%s", name);
    if (status == NN_OK)
        status = nn_folder_join(below[2], err, "%s/%s", list, name);
    if (status == NN_OK)
        status = nn_folder_join(below[3], err, "images/%s/%s", list, name);
    for (int i = 0; i < 4 && status == NN_OK; i++)
        if (nn_folder_has(r->base, below[i]))
            return nn_folder_join(path, err, "%s/%s", r->base, below[i]);
    return status == NN_OK ? nn_folder_join(path, err, "%s/%s", r->base, name) : status;
}

static nn_status take_image(void *ctx, const cJSON *item, int64_t index, nn_error *err)
{
    reading *r = ctx;
    const char *name = text_of(item, "file_name");
    char path[PATH_MAX];
    int64_t id, width, height;
    if (!name || !id_of(item, "id", &id) || name[0] == '/' || strstr(name, "..")) {
        nn_dataset_note(r->data, 1, "%s: image %lld has no id or no proper file_name, skipped",
                        r->file, (long long)index);
        return NN_OK;
    }
    const char *slash = strrchr(name, '/');
    if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, slash ? slash + 1 : name))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    nn_status status = find_picture(path, r, name, err);
    if (status == NN_OK)
        status = nn_folder_open_picture(r->data, &s, path, err);
    if (status == NN_OK && id_of(item, "width", &width) && id_of(item, "height", &height) &&
        (width != s.width || height != s.height)) {
        nn_dataset_note(r->data, 1, "%s: is %dx%d, its labels are for %lldx%lld, picture skipped",
                        path, s.width, s.height, (long long)width, (long long)height);
        status = NN_EFORMAT;
    }
    if (status == NN_OK)
        status = collect(r, &s, id, err);
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

// The one JSON file in DIR/annotations.
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
        status = nn_fail(err, NN_ENOTFOUND, "%s: %d annotation files, choose a list such as train",
                         dir, found.count);
    nn_names_release(&found);
    return status;
}

static nn_status find_file(reading *r, nn_error *err)
{
    static const char *const listed[] = {"annotations/instances_%s.json", "annotations/%s.json",
                                         "%s/_annotations.coco.json"};
    static const char *const single[] = {"annotations.json", "_annotations.coco.json"};
    const char *path = r->folder->path, *list = r->folder->list;
    nn_status status = nn_folder_join(r->base, err, "%s", path);
    if (status == NN_OK && nn_folder_ends(path, ".json")) {
        char *slash = strrchr(r->base, '/');
        memcpy(slash ? slash : r->base, slash ? "" : ".", slash ? 1 : 2);
        return nn_folder_join(r->file, err, "%s", path);
    }
    for (int i = 0; i < (list ? 3 : 2) && status == NN_OK; i++) {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s", list ? "" : single[i]);
        if (list) {
            const char *mark = strstr(listed[i], "%s");
            status = nn_folder_join(name, err, "%.*s%s%s", (int)(mark - listed[i]), listed[i], list,
                                    mark + 2);
        }
        if (status == NN_OK && nn_folder_has(path, name))
            return nn_folder_join(r->file, err, "%s/%s", path, name);
    }
    if (status == NN_OK && list)
        return nn_fail(err, NN_ENOTFOUND, "%s: no annotations/instances_%s.json", path, list);
    return status == NN_OK ? find_only(r->file, path, err) : status;
}

static nn_status read_arrays(reading *r, const nn_file *json, nn_error *err)
{
    const char *text = json->bytes ? json->bytes : "";
    nn_status status = nn_json_each(text, json->size, "categories", take_category, r, err);
    if (status != NN_OK || !r->data)
        return status;
    status = nn_json_each(text, json->size, "annotations", take_annotation, r, err);
    if (status == NN_OK && r->annotation_count > 1)
        qsort(r->annotations, (size_t)r->annotation_count, sizeof(annotation),
              r->masks ? compare_areas : compare_annotations);
    return status == NN_OK ? nn_json_each(text, json->size, "images", take_image, r, err) : status;
}

static nn_status read_file(reading *r, nn_error *err)
{
    nn_file json;
    nn_status status = find_file(r, err);
    if (status == NN_OK)
        status = nn_file_map(&json, r->file, err);
    if (status != NN_OK)
        return status;
    status = read_arrays(r, &json, err);
    if (status == NN_EFORMAT || (status == NN_ENOTFOUND))
        nn_fail_prefix(err, status, "%s", r->file);
    nn_file_unmap(&json);
    nn_free(r->categories);
    for (int64_t i = 0; i < r->annotation_count; i++)
        nn_coco_shape_release(&r->annotations[i].shape);
    nn_free(r->annotations);
    return status;
}

nn_status nn_coco_names(const nn_folder *f, nn_names *names, nn_error *err)
{
    reading r = {.folder = f, .names = names};
    return read_file(&r, err);
}

nn_status nn_coco_add(nn_dataset *d, const nn_folder *f, nn_data_kind kind, nn_error *err)
{
    reading r = {.data = d, .folder = f, .masks = kind == NN_DATA_MASKS};
    nn_status status = nn_dataset_add_source(d, f->source, &r.source, err);
    if (status == NN_OK)
        status = read_file(&r, err);
    if (status == NN_OK && r.wanted == 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: no picture%s", r.file,
                       f->filter ? " that is asked for" : "");
    if (status == NN_OK && r.dropped > 0)
        nn_dataset_note(d, 0,
                        "%s: %d %s of classes that the model does not have count as background",
                        r.file, r.dropped, r.masks ? "objects" : "boxes");
    return status;
}

bool nn_coco_recognise(const char *path)
{
    return nn_folder_ends(path, ".json") ||
           (nn_folder_has(path, "annotations") && !nn_folder_has(path, "labels")) ||
           nn_folder_has(path, "annotations.json") ||
           nn_folder_has(path, "_annotations.coco.json") ||
           nn_folder_has(path, "train/_annotations.coco.json");
}
