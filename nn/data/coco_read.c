// SPDX-License-Identifier: MIT
// Data sets in the JSON of COCO (Lin 2014): DIR/annotations/instances_LIST.json and the pictures in
// DIR/LIST or DIR/images.
#include "nn/data/coco_read.h"

#include "nn/base/memory.h"
#include "nn/data/coco_ids.h"
#include "nn/data/coco_shape.h"
#include "nn/io/file.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/json_stream.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLACE = 1 << 20 }; // pixels

typedef struct annotation {
    int64_t image;
    nn_truth truth;
    nn_coco_shape shape; // for masks
    bool broken;         // its picture is skipped
} annotation;

typedef struct reading {
    nn_dataset *data; // NULL when only names are read
    bool masks;       // reads masks instead of boxes
    const nn_folder *folder;
    nn_names *names;
    char file[PATH_MAX]; // the annotation file
    char base[PATH_MAX]; // folder of the pictures
    nn_coco_ids category_ids, image_ids, paths;
    int32_t *labels;   // label of each category number
    int64_t *pictures; // path number of each image number; -1: none
    bool *seen;        // by path number: the picture was read
    annotation *annotations;
    int64_t label_capacity, picture_capacity, annotation_count, annotation_capacity;
    int64_t annotations_read;
    int64_t strays;  // annotations whose picture or category is not in the file
    char stray[256]; // the first of them
    int source, wanted, dropped, turned;
} reading;

// Appends an item to an array that grows by doubling; NULL when memory is short.
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

static bool size_of(const cJSON *item, const char *key, int64_t *size)
{
    return nn_json_size(cJSON_GetObjectItemCaseSensitive(item, key), size);
}

// The number of the id in member `key`; NN_EFORMAT when there is none.
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
    if (!r->data)
        return nn_names_find(r->names, name) >= 0 ? NN_OK
                                                  : nn_names_add(r->names, name, strlen(name), err);
    if (number < count)
        return nn_fail(err, NN_EFORMAT, "two categories have the id %s",
                       r->category_ids.name[number]);
    int32_t *grown = grow(r->labels, &count, &r->label_capacity, sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for the categories");
    r->labels = grown;
    grown[number] = nn_class_map_get(r->folder->map, nn_names_find(r->folder->names, name));
    return NN_OK;
}

static nn_status find_picture(char *path, const reading *r, const char *name, nn_error *err)
{
    const char *list = r->folder->list ? r->folder->list : "images";
    char images[PATH_MAX];
    const char *const below[] = {"", "images", list, images, NULL};
    const nn_status status = nn_folder_join(images, err, "images/%s", list);
    return status == NN_OK ? nn_folder_locate(path, r->base, below, name, err) : status;
}

// The number of a picture's path, which several images may share; -1 when the name is invalid.
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

// Numbers the pictures before the annotations are read.
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

// Counts an annotation of a picture or category that is not in the file.
static void count_stray(reading *r, const nn_json_item *item, const char *key)
{
    size_t size = 0;
    const char *text = nn_json_member(item, key, &size);
    if (r->strays++ == 0)
        snprintf(r->stray, sizeof r->stray, "annotation %lld, whose %s is %.*s",
                 (long long)item->index, key, text ? (int)(size < 80 ? size : 80) : 7,
                 text ? text : "missing");
}

// Reads the box of an annotation; returns NULL or what is wrong.
static const char *read_annotation(const reading *r, const cJSON *item, int32_t label, nn_truth *t)
{
    const cJSON *box = cJSON_GetObjectItemCaseSensitive(item, "bbox");
    const cJSON *crowd = cJSON_GetObjectItemCaseSensitive(item, "iscrowd");
    float v[4], area;
    for (int i = 0; i < 4 && r->masks; i++) // masks use the outline instead
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
    *t = (nn_truth){v[0],
                    v[1],
                    v[0] + v[2],
                    v[1] + v[3],
                    label < 0 ? -1 : label,
                    label == NN_CLASS_IGNORE || cJSON_IsTrue(crowd) ||
                        (cJSON_IsNumber(crowd) && crowd->valuedouble != 0),
                    area};
    return NULL;
}

static nn_status take_annotation(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    annotation a = {0};
    int64_t category;
    int64_t image;
    r->annotations_read++;
    nn_status status = id_of(&r->image_ids, item, "image_id", false, &image, err);
    if (status == NN_ENOMEM)
        return status;
    if (image < 0) {
        count_stray(r, item, "image_id");
        return NN_OK;
    }
    a.image = r->pictures[image];
    status = id_of(&r->category_ids, item, "category_id", false, &category, err);
    if (status == NN_ENOMEM)
        return status;
    if (category < 0)
        count_stray(r, item, "category_id");
    const int32_t label = category < 0 ? NN_CLASS_DROP : r->labels[category];
    const char *wrong = category < 0 ? "its category is not in the file"
                                     : read_annotation(r, item->json, label, &a.truth);
    status = NN_OK;
    if (!wrong && r->masks && label != NN_CLASS_DROP)
        status = nn_coco_shape_parse(
            &a.shape, cJSON_GetObjectItemCaseSensitive(item->json, "segmentation"), &wrong, err);
    if (status != NN_OK)
        return status;
    if (wrong) {
        nn_dataset_note(r->data, 0, "%s: annotation %lld: %s, its picture is skipped", r->file,
                        (long long)item->index, wrong);
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

// For masks: large objects first, so that small ones are painted over them.
static int compare_areas(const void *a, const void *b)
{
    const annotation *x = a, *y = b;
    const int by_image = compare_annotations(a, b);
    return by_image ? by_image : (x->truth.area < y->truth.area) - (x->truth.area > y->truth.area);
}

// The annotations of a picture are contiguous: *first and their number.
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

// Paints the annotations in their order.
static nn_status paint(const reading *r, nn_sample *s, const annotation *a, int64_t count,
                       int orientation, nn_error *err)
{
    const bool turns = nn_exif_swaps_axes(orientation);
    const int width = turns ? s->height : s->width, height = turns ? s->width : s->height;
    const size_t pixels = (size_t)width * (size_t)height;
    uint8_t *labels = nn_calloc(turns ? 2 * pixels : pixels, 1);
    nn_status status =
        labels ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        const uint8_t label = a[i].truth.ignore ? NN_MASK_IGNORE : (uint8_t)a[i].truth.label;
        status = nn_coco_shape_paint(&a[i].shape, labels, width, height, label);
        if (status == NN_ENOMEM)
            nn_fail(err, status, "no memory to paint a polygon");
        if (status != NN_ESHAPE)
            continue;
        nn_dataset_note(r->data, 1, "%s: is %dx%d, a segmentation of it %dx%d, picture skipped",
                        s->name, width, height, a[i].shape.width, a[i].shape.height);
        status = NN_EFORMAT;
    }
    if (status == NN_OK && turns)
        nn_exif_apply_plane(labels + pixels, labels, width, height, orientation);
    if (status == NN_OK)
        status = nn_folder_take_mask(s, turns ? labels + pixels : labels, err);
    nn_free(labels);
    return status;
}

// Puts the annotations of a picture into the sample. NN_EFORMAT, counted, when one is damaged.
static nn_status collect(const reading *r, nn_sample *s, int64_t image, int orientation,
                         nn_error *err)
{
    int64_t first;
    const int64_t count = find_annotations(r, image, &first);
    int capacity = 0;
    nn_status status = NN_OK;
    for (int64_t i = first; i < first + count && status == NN_OK; i++) {
        if (r->annotations[i].broken) {
            r->data->skipped++; // reported with its annotation
            return NN_EFORMAT;
        }
        if (!r->masks)
            status = nn_folder_add_truth(s, &capacity, &r->annotations[i].truth, err);
    }
    nn_folder_apply_exif(s, orientation);
    return status == NN_OK && r->masks
               ? paint(r, s, r->annotations + first, count, orientation, err)
               : status;
}

// Whether the picture was read before.
static bool is_again(reading *r, int64_t number)
{
    const bool again = r->seen[number];
    r->seen[number] = true;
    return again;
}

static nn_status take_image(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    const cJSON *json = item->json;
    const char *name = text_of(json, "file_name");
    char path[PATH_MAX];
    int orientation = 1;
    int64_t number, width, height;
    nn_status status = id_of(&r->image_ids, item, "id", false, &number, err);
    if (status == NN_ENOMEM)
        return status;
    const int64_t picture = number < 0 ? -1 : r->pictures[number];
    if (!name || picture < 0) {
        nn_dataset_note(r->data, 1, "%s: image %lld has no id or no proper file_name, skipped",
                        r->file, (long long)item->index);
        return NN_OK;
    }
    if (is_again(r, picture)) {
        nn_dataset_note(r->data, 0, "%s: image %lld is '%s' again, which counts once", r->file,
                        (long long)item->index, name);
        return NN_OK;
    }
    const char *slash = strrchr(name, strchr(name, '/') ? '/' : '\\');
    if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, slash ? slash + 1 : name))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    status = nn_folder_join(path, err, "%s", r->paths.name[picture]);
    if (status == NN_OK)
        status = nn_folder_open_picture(r->data, &s, path, err);
    if (status == NN_OK && size_of(json, "width", &width) && size_of(json, "height", &height))
        orientation = nn_folder_find_exif(&s, width, height);
    if (orientation == 0) {
        nn_dataset_note(r->data, 1, "%s: is %dx%d, its labels are for %lldx%lld, picture skipped",
                        path, s.width, s.height, (long long)width, (long long)height);
        status = NN_EFORMAT;
    }
    r->turned += orientation > 1;
    if (status == NN_OK)
        status = collect(r, &s, picture, orientation, err);
    return status == NN_OK ? nn_dataset_add(r->data, &s, err) : nn_folder_drop(&s, status);
}

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
        status = nn_fail(err, NN_ENOTFOUND, "%s: %d annotation files, choose a list such as train",
                         dir, found.count);
    nn_names_release(&found);
    return status;
}

// The annotation file of a list, relative to the folder; false when there is none.
static bool find_listed(char *name, const char *path, const char *list)
{
    static const char *const patterns[][2] = {{"annotations/instances_", ".json"},
                                              {"annotations/", ".json"},
                                              {"", "/_annotations.coco.json"},
                                              {"", "/annotations.json"},
                                              {"", ".json"}};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (nn_folder_join(name, NULL, "%s%s%s", patterns[i][0], list, patterns[i][1]) == NN_OK &&
            nn_folder_has(path, name))
            return true;
    return false;
}

// The same for a split by any of its words.
static bool find_split(char *name, const char *path, nn_split split)
{
    const char *word;
    for (int i = 0; split != NN_SPLIT_NONE && (word = nn_split_word(split, i)); i++)
        if (find_listed(name, path, word))
            return true;
    return false;
}

nn_status nn_coco_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err)
{
    char name[PATH_MAX];
    (void)err;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS && !nn_folder_ends(f->path, ".json"); i++)
        there[i] = find_split(name, f->path, (nn_split)i);
    return NN_OK;
}

static nn_status find_file(reading *r, nn_error *err)
{
    static const char *const single[] = {"annotations.json", "_annotations.coco.json",
                                         "annotations/instances_default.json", "result.json"};
    const char *path = r->folder->path, *list = r->folder->list;
    char name[PATH_MAX];
    nn_status status = nn_folder_join(r->base, err, "%s", path);
    if (status == NN_OK && nn_folder_ends(path, ".json")) {
        char *slash = strrchr(r->base, '/');
        memcpy(slash ? slash : r->base, slash ? "" : ".", slash ? 1 : 2);
        return nn_folder_join(r->file, err, "%s", path);
    }
    if (status != NN_OK)
        return status;
    if (list && (find_listed(name, path, list) ||
                 find_split(name, path, nn_split_named(list, strlen(list)))))
        return nn_folder_join(r->file, err, "%s/%s", path, name);
    if (list)
        return nn_fail(err, NN_ENOTFOUND, "%s: no annotations/instances_%s.json", path, list);
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (nn_folder_has(path, single[i]))
            return nn_folder_join(r->file, err, "%s/%s", path, single[i]);
    // Without a list all that is there for training.
    if (find_split(name, path, NN_SPLIT_TRAIN))
        return nn_folder_join(r->file, err, "%s/%s", path, name);
    return find_only(r->file, path, err);
}

// Refuses a file most of whose annotations belong to nothing: it would teach that objects are
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
    nn_dataset_note(r->data, 0,
                    "%s: %lld of %lld annotations are of pictures or categories that are not in "
                    "the file, the first is %s",
                    r->file, (long long)r->strays, (long long)all, r->stray);
    return NN_OK;
}

static nn_status read_arrays(reading *r, const nn_file *json, nn_error *err)
{
    const char *text = json->bytes ? json->bytes : "";
    nn_status status = nn_json_stream_array(text, json->size, "categories", take_category, r, err);
    if (status != NN_OK || !r->data)
        return status;
    status = nn_json_stream_array(text, json->size, "images", take_image_id, r, err);
    if (status == NN_OK)
        status = nn_json_stream_array(text, json->size, "annotations", take_annotation, r, err);
    if (status == NN_OK)
        status = judge_strays(r, err);
    if (status == NN_OK && !(r->seen = nn_calloc((size_t)r->paths.count + 1, sizeof *r->seen)))
        status = nn_fail(err, NN_ENOMEM, "no memory for %lld pictures", (long long)r->paths.count);
    if (status == NN_OK && r->annotation_count > 1)
        qsort(r->annotations, (size_t)r->annotation_count, sizeof(annotation),
              r->masks ? compare_areas : compare_annotations);
    return status == NN_OK ? nn_json_stream_array(text, json->size, "images", take_image, r, err)
                           : status;
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
    nn_coco_ids_release(&r->category_ids);
    nn_coco_ids_release(&r->image_ids);
    nn_coco_ids_release(&r->paths);
    nn_free(r->pictures);
    nn_free(r->labels);
    nn_free(r->seen);
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
    nn_folder_note_exif(d, r.file, r.turned);
    if (status == NN_OK && r.dropped > 0)
        nn_dataset_note(d, 0,
                        "%s: %d %s of classes that the model does not have count as background",
                        r.file, r.dropped, r.masks ? "objects" : "boxes");
    return status;
}

bool nn_coco_recognise(const char *path)
{
    char name[PATH_MAX];
    if (nn_folder_ends(path, ".json"))
        return true;
    for (int i = NN_SPLIT_TRAIN; i < NN_SPLITS; i++)
        if (find_split(name, path, (nn_split)i))
            return true;
    return (nn_folder_has(path, "annotations") && !nn_folder_has(path, "labels")) ||
           nn_folder_has(path, "annotations.json") ||
           nn_folder_has(path, "_annotations.coco.json") || nn_folder_has(path, "result.json");
}
