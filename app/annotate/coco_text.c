// SPDX-License-Identifier: MIT
// Finds the arrays, ids and annotations in the text of a COCO file.
#include "app/annotate/coco_text.h"

#include "app/annotate/project.h"
#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/io/json_stream.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reading {
    ui_labels *labels;
    ui_project *project;
    ui_coco *coco;
} Reading;

void ui_coco_free(ui_coco *c)
{
    if (!c)
        return;
    nn_free(c->images.items);
    nn_free(c->annotations.items);
    nn_free(c->categories.items);
    nn_free(c->image_id);
    nn_free(c->category_id);
    nn_free(c->label);
    nn_free(c->record);
    nn_coco_ids_release(&c->image_ids);
    nn_coco_ids_release(&c->category_ids);
    nn_free(c);
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "no memory for the annotations");
}

// Makes room for item `at` of an array that grows by doubling.
static bool grow(void *items, int at, size_t size)
{
    void *old, *grown;
    memcpy(&old, items, sizeof old);
    if (at >= 16 && (at & (at - 1)) != 0)
        return true;
    if (at > 0 && at < 16)
        return true;
    const size_t room = at < 16 ? 16 : (size_t)at * 2;
    grown = nn_realloc(old, (size_t)at * size, room * size);
    if (grown)
        memcpy(items, &grown, sizeof grown);
    return grown != NULL;
}

static ui_span span_of(const ui_labels *l, const char *text, size_t size)
{
    const size_t at = (size_t)(text - l->text);
    return (ui_span){at, at + size};
}

static ui_span member(const ui_labels *l, const nn_json_item *item, const char *key)
{
    size_t size;
    const char *text = nn_json_member(item, key, &size);
    return text ? span_of(l, text, size) : (ui_span){0, 0};
}

static nn_status add_item(const ui_labels *l, ui_coco_array *a, const nn_json_item *item,
                          nn_error *err)
{
    if (a->count == INT_MAX / 2 || !grow(&a->items, a->count, sizeof *a->items))
        return no_memory(err);
    a->items[a->count++] = span_of(l, item->text, item->size);
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(item->json, "id");
    int64_t number;
    if (nn_json_size(id, &number) && number >= a->next_id)
        a->next_id = number + 1;
    return NN_OK;
}

static const char *name_of(const nn_json_item *item, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item->json, key);
    return cJSON_IsString(value) && nn_json_plain_text(value->valuestring) ? value->valuestring
                                                                           : NULL;
}

// The number of the id in `at`; *number is -1 when there is none, or it is unknown and not to be
// added.
static nn_status find_id(nn_coco_ids *ids, const ui_labels *l, ui_span at, bool add,
                         int64_t *number, nn_error *err)
{
    *number = -1;
    if (at.end == 0)
        return NN_OK;
    const nn_status status =
        nn_coco_ids_find(ids, l->text + at.at, at.end - at.at, add, number, err);
    return status == NN_EFORMAT ? NN_OK : status;
}

static nn_status take_category(void *ctx, const nn_json_item *item, nn_error *err)
{
    Reading *r = ctx;
    ui_coco *c = r->coco;
    const char *name = name_of(item, "name");
    const ui_span id = member(r->labels, item, "id");
    const int count = (int)c->category_ids.count;
    int64_t number;
    int label;
    nn_status status = add_item(r->labels, &c->categories, item, err);
    if (status == NN_OK)
        status = find_id(&c->category_ids, r->labels, id, true, &number, err);
    if (status != NN_OK)
        return status;
    if (!name || number < count)
        return nn_fail(err, NN_EFORMAT, "category %lld has no name or no unique id",
                       (long long)item->index);
    status = ui_project_add_class(r->project, name, &label, err);
    if (status != NN_OK)
        return status;
    if (!grow(&c->category_id, count, sizeof *c->category_id) ||
        !grow(&c->label, count, sizeof *c->label))
        return no_memory(err);
    c->category_id[count] = id;
    c->label[count] = label;
    return NN_OK;
}

static nn_status add_page(ui_project *p, const nn_json_item *item, const char *name, nn_error *err)
{
    static const char *const below[] = {"", "images", "train", "val", "train2017", "val2017", NULL};
    char path[PATH_MAX];
    int64_t width = 0, height = 0;
    const bool sizes =
        nn_json_size(cJSON_GetObjectItemCaseSensitive(item->json, "width"), &width) &&
        nn_json_size(cJSON_GetObjectItemCaseSensitive(item->json, "height"), &height);
    nn_status status = nn_folder_locate(path, p->root ? p->root : ".", below, name, err);
    if (status == NN_OK)
        status = ui_project_add(p, name, path, NULL, err);
    if (status == NN_OK && sizes && width < INT_MAX && height < INT_MAX) {
        p->pages[p->count - 1].told_width = (int)width;
        p->pages[p->count - 1].told_height = (int)height;
    }
    return status;
}

static nn_status take_image(void *ctx, const nn_json_item *item, nn_error *err)
{
    Reading *r = ctx;
    ui_coco *c = r->coco;
    const char *name = name_of(item, "file_name");
    const ui_span id = member(r->labels, item, "id");
    const int count = (int)c->image_ids.count;
    int64_t number;
    nn_status status = add_item(r->labels, &c->images, item, err);
    if (status == NN_OK)
        status = find_id(&c->image_ids, r->labels, id, true, &number, err);
    if (status != NN_OK)
        return status;
    if (!name || number < count)
        return nn_fail(err, NN_EFORMAT, "image %lld has no file_name or no unique id",
                       (long long)item->index);
    if (!grow(&c->image_id, count, sizeof *c->image_id))
        return no_memory(err);
    c->image_id[count] = id;
    return add_page(r->project, item, name, err);
}

// Reads the numbers of "[x, y, w, h]" with their positions; false when it is something else.
static bool take_box(const ui_labels *l, const nn_json_item *item, ui_record *rec)
{
    const ui_span box = member(l, item, "bbox");
    double v[4];
    size_t at = box.at + 1;
    if (box.end == 0 || l->text[box.at] != '[')
        return false;
    for (int i = 0; i < 4; i++) {
        at += strspn(l->text + at, " \t\r\n");
        char *end;
        v[i] = strtod(l->text + at, &end);
        if (end == l->text + at || !isfinite(v[i]) || fabs(v[i]) > 1 << 20)
            return false;
        rec->field[UI_X + i] = span_of(l, l->text + at, (size_t)(end - l->text) - at);
        at = (size_t)(end - l->text) + strspn(end, " \t\r\n");
        if (l->text[at] != (i < 3 ? ',' : ']'))
            return false;
        at++;
    }
    rec->box.x0 = v[0];
    rec->box.y0 = v[1];
    rec->box.x1 = v[0] + v[2];
    rec->box.y1 = v[1] + v[3];
    return v[2] > 0 && v[3] > 0;
}

// Whether the annotation has an outline: then "area" is not width times height.
static bool has_outline(const nn_json_item *item)
{
    const cJSON *s = cJSON_GetObjectItemCaseSensitive(item->json, "segmentation");
    return cJSON_IsObject(s) || (cJSON_IsArray(s) && s->child);
}

static void take_flags(const ui_labels *l, const nn_json_item *item, ui_record *rec)
{
    const cJSON *crowd = cJSON_GetObjectItemCaseSensitive(item->json, "iscrowd");
    const ui_span where = member(l, item, "iscrowd"), area = member(l, item, "area");
    const size_t end = rec->span.end - 1; // the closing bracket
    rec->box.ignore = cJSON_IsTrue(crowd) || (cJSON_IsNumber(crowd) && crowd->valuedouble != 0);
    rec->columns = where.end > 0;
    rec->field[UI_SCORE] = where.end > 0 ? where : (ui_span){end, end};
    if (area.end > 0 && !has_outline(item))
        rec->field[UI_AREA] = area;
}

static nn_status take_annotation(void *ctx, const nn_json_item *item, nn_error *err)
{
    Reading *r = ctx;
    ui_coco *c = r->coco;
    ui_labels *l = r->labels;
    const ui_span category = member(l, item, "category_id"), image = member(l, item, "image_id");
    int64_t page, number;
    const int at = c->annotations.count;
    nn_status status = add_item(l, &c->annotations, item, err);
    if (status == NN_OK && !grow(&c->record, at, sizeof *c->record))
        status = no_memory(err);
    if (status == NN_OK)
        status = find_id(&c->image_ids, l, image, false, &page, err);
    if (status == NN_OK)
        status = find_id(&c->category_ids, l, category, false, &number, err);
    if (status != NN_OK)
        return status;
    c->record[at] = -1;
    if (page < 0) // of an unknown picture: it stays as it is
        return NN_OK;
    ui_record rec = {.span = span_of(l, item->text, item->size), .page = (int)page};
    if (number < 0 || !take_box(l, item, &rec)) {
        ui_page_lock(&r->project->pages[page], "annotation %lld: %s", (long long)item->index,
                     number < 0 ? "its category is not in the file"
                                : "bbox is not [x, y, width, height]");
        return NN_OK;
    }
    ui_record *added = ui_labels_add(l, (int)page);
    if (!added)
        return no_memory(err);
    rec.box.record = added->box.record;
    rec.box.score = 1;
    rec.box.label = c->label[number];
    rec.field[UI_CLASS] = category;
    take_flags(l, item, &rec);
    *added = rec;
    c->record[at] = rec.box.record;
    return NN_OK;
}

static nn_status read_array(Reading *r, const char *key, ui_coco_array *a, nn_json_visit *visit,
                            nn_error *err)
{
    const ui_labels *l = r->labels;
    a->next_id = 1;
    const nn_status status = nn_json_stream_array(l->text, l->size, key, visit, r, err);
    if (status != NN_OK)
        return status;
    const size_t mark = l->size >= 3 && memcmp(l->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const nn_json_item all = {NULL, l->text + mark, l->size - mark, 0};
    const ui_span whole = member(l, &all, key);
    a->open = whole.at;
    a->close = whole.end - 1;
    return whole.end > whole.at + 1 ? NN_OK : nn_fail(err, NN_EFORMAT, "%s is not an array", key);
}

nn_status ui_coco_read(ui_labels *l, ui_project *p, nn_error *err)
{
    ui_coco *c = nn_calloc(1, sizeof *c);
    if (!c)
        return no_memory(err);
    l->extra = c;
    Reading r = {l, p, c};
    nn_status status = read_array(&r, "categories", &c->categories, take_category, err);
    if (status == NN_OK)
        status = read_array(&r, "images", &c->images, take_image, err);
    if (status == NN_OK)
        status = read_array(&r, "annotations", &c->annotations, take_annotation, err);
    return status;
}
