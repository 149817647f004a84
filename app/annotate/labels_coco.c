// SPDX-License-Identifier: MIT
// COCO (Lin 2014): one JSON file for all pictures. Crowds are ignore boxes. What is not edited
// stays: unknown members, outlines, order, the spelling of numbers.
#include "app/annotate/coco_text.h"
#include "app/annotate/layout.h"
#include "nn/base/memory.h"
#include "nn/data/write/label_text.h"
#include "nn/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Writes a category: those of the file first, then new ones with the next ids.
static void print_category(nn_buffer *out, const ui_labels *l, const ui_project *p, int label)
{
    const ui_coco *c = l->extra;
    long long fresh = c->categories.next_id;
    for (int64_t i = 0; i < c->category_ids.count; i++)
        if (c->label[i] == label) {
            nn_buffer_add(out, l->text + c->category_id[i].at,
                          c->category_id[i].end - c->category_id[i].at);
            return;
        }
    for (int k = 0; k < label && k < p->names.count; k++) {
        bool known = false;
        for (int64_t i = 0; i < c->category_ids.count && !known; i++)
            known = c->label[i] == k;
        fresh += !known;
    }
    nn_buffer_print(out, "%lld", fresh);
}

// Writes a picture: those of the file are the first pages.
static void print_image(nn_buffer *out, const ui_labels *l, int page)
{
    const ui_coco *c = l->extra;
    if (page < c->image_ids.count)
        nn_buffer_add(out, l->text + c->image_id[page].at,
                      c->image_id[page].end - c->image_id[page].at);
    else
        nn_buffer_print(out, "%lld", c->images.next_id + page - (long long)c->image_ids.count);
}

static bool field(nn_buffer *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field f, const ui_box *b)
{
    const double v[] = {0, b->x0, b->y0, b->x1 - b->x0, b->y1 - b->y0};
    if (f == UI_CLASS)
        print_category(out, l, p, b->label);
    else if (f >= UI_X && f <= UI_H)
        nn_buffer_number(out, v[f], 3);
    else if (f == UI_SCORE && (r->columns || b->ignore))
        nn_buffer_print(out, "%s%d", r->columns ? "" : ", \"iscrowd\": ", b->ignore);
    else if (f == UI_AREA)
        nn_buffer_number(out, ui_box_area(b), 3);
    return f <= UI_SCORE || f == UI_AREA;
}

// Appends items behind the `left` remaining ones, with the same layout.
static void append(ui_edits *e, const ui_labels *l, const ui_coco_array *a, int left,
                   const nn_buffer *items)
{
    nn_buffer out = {0};
    const char *const text = l->text;
    const ui_span gap = a->count > 1   ? (ui_span){a->items[0].end, a->items[1].at}
                        : a->count > 0 ? (ui_span){a->open + 1, a->items[0].at}
                                       : (ui_span){0, 0};
    // Each item ends with a newline; JSON text itself contains none.
    for (const char *at = items->bytes; at && at < items->bytes + items->size;) {
        const char *end = strchr(at, '\n');
        if (left++ > 0)
            nn_buffer_add(&out, ",", 1);
        if (a->count == 0)
            nn_buffer_add(&out, "\n  ", 3);
        for (size_t i = gap.at; i < gap.end && left > 1; i++)
            if (text[i] != ',')
                nn_buffer_add(&out, text + i, 1);
        nn_buffer_add(&out, at, (size_t)(end - at));
        at = end + 1;
    }
    if (a->count == 0 && out.size > 0)
        nn_buffer_add(&out, "\n", 1);
    const size_t place = a->count > 0 ? a->items[a->count - 1].end : a->close;
    if (out.size > 0)
        ui_edits_replace(e, place, place, out.bytes, out.size);
    e->failed = e->failed || out.failed || items->failed;
    nn_buffer_release(&out);
}

// Removes items with one comma each; returns the number of items left.
static int remove_items(ui_edits *e, const ui_coco *c, const bool *gone)
{
    const ui_coco_array *a = &c->annotations;
    // removed items before the first one that stays take the comma behind them
    int left = 0, head = 0;
    for (int i = 0; i < a->count; i++) {
        const bool goes = c->record[i] >= 0 && gone[c->record[i]];
        if (!goes && left++ == 0)
            head = i;
        if (goes && left > 0)
            ui_edits_replace(e, a->items[i - 1].end, a->items[i].end, "", 0);
    }
    if (left == 0 && a->count > 0)
        ui_edits_replace(e, a->items[0].at, a->items[a->count - 1].end, "", 0);
    else if (head > 0)
        ui_edits_replace(e, a->items[0].at, a->items[head].at, "", 0);
    return left;
}

static void add_annotation(nn_buffer *out, const ui_labels *l, const ui_project *p, int page,
                           const ui_box *b, long long id)
{
    nn_buffer image = {0}, category = {0};
    print_image(&image, l, page);
    print_category(&category, l, p, b->label);
    const nn_coco_label label = {.id = id,
                                 .image = image.bytes ? image.bytes : "",
                                 .category = category.bytes ? category.bytes : "",
                                 .box = {b->x0, b->y0, b->x1, b->y1},
                                 .area = ui_box_area(b),
                                 .crowd = b->ignore,
                                 .score = -1};
    nn_coco_print_label(out, &label);
    nn_buffer_add(out, "\n", 1);
    out->failed = out->failed || image.failed || category.failed;
    nn_buffer_release(&image);
    nn_buffer_release(&category);
}

static void add_categories(ui_edits *e, const ui_labels *l, const ui_project *p)
{
    const ui_coco *c = l->extra;
    nn_buffer text = {0};
    for (int k = 0; k < p->names.count; k++) {
        bool known = false;
        for (int64_t i = 0; i < c->category_ids.count && !known; i++)
            known = c->label[i] == k;
        if (known)
            continue;
        nn_buffer id = {0};
        print_category(&id, l, p, k);
        nn_coco_print_category(&text, id.bytes ? id.bytes : "", p->names.name[k], NULL);
        nn_buffer_add(&text, "\n", 1);
        text.failed = text.failed || id.failed;
        nn_buffer_release(&id);
    }
    append(e, l, &c->categories, c->categories.count, &text);
    nn_buffer_release(&text);
}

static void add_image(nn_buffer *out, const ui_labels *l, const ui_project *p, int page)
{
    const ui_page *g = &p->pages[page];
    nn_buffer id = {0};
    print_image(&id, l, page);
    nn_coco_print_image(out, id.bytes ? id.bytes : "", g->name, g->width, g->height);
    nn_buffer_add(out, "\n", 1);
    out->failed = out->failed || id.failed;
    nn_buffer_release(&id);
}

static nn_status change(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err)
{
    const ui_coco *c = l->extra;
    nn_buffer boxes = {0}, images = {0};
    long long id = c->annotations.next_id;
    (void)err;
    const int left = remove_items(e, c, gone);
    for (int i = 0; i < pages; i++) {
        int fresh = 0;
        for (int k = 0; k < sheets[i].count; k++) {
            const ui_box *b = &sheets[i].boxes[k];
            if (b->record >= 0 || b->suggested)
                continue;
            add_annotation(&boxes, l, p, first + i, b, id++);
            fresh++;
        }
        if (fresh > 0 && first + i >= c->image_ids.count)
            add_image(&images, l, p, first + i);
    }
    append(e, l, &c->annotations, left, &boxes);
    append(e, l, &c->images, c->images.count, &images);
    add_categories(e, l, p);
    nn_buffer_release(&boxes);
    nn_buffer_release(&images);
    return NN_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Adds the pictures of a list that are not among these sorted paths.
static nn_status add_unknown(ui_project *p, const char *dir, const nn_names *list,
                             char *const *known, int count, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < list->count && status == NN_OK; i++) {
        char path[PATH_MAX];
        const char *key = path;
        status = nn_folder_join(path, err, "%s/%s", dir, list->name[i]);
        if (status == NN_OK && !bsearch(&key, known, (size_t)count, sizeof *known, compare_texts))
            status = ui_project_add(p, list->name[i], path, NULL, err);
    }
    return status;
}

// Adds pictures of the folder that the file does not have yet.
static nn_status add_others(ui_project *p, nn_error *err)
{
    char dir[PATH_MAX];
    nn_names list = {0};
    if (!p->root || ui_layout_pictures(dir, p->root, NULL) != NN_OK ||
        nn_folder_list(&list, dir, nn_folder_pictures, NULL) != NN_OK)
        return NN_OK;
    const int count = p->count;
    char **known = nn_calloc((size_t)count + 1, sizeof *known);
    nn_status status = known ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for the pictures");
    for (int i = 0; i < count && status == NN_OK; i++)
        known[i] = p->pages[i].path;
    if (status == NN_OK) {
        qsort(known, (size_t)count, sizeof *known, compare_texts);
        status = add_unknown(p, dir, &list, known, count, err);
    }
    nn_free(known);
    nn_names_release(&list);
    return status;
}

static nn_status parse(ui_labels *l, ui_project *p, int page, nn_error *err)
{
    (void)page;
    const nn_status status = ui_coco_read(l, p, err);
    return status == NN_OK ? add_others(p, err) : status;
}

static void release(ui_labels *l)
{
    ui_coco_free(l->extra);
}

static void empty(nn_buffer *out, const ui_project *p, int page)
{
    (void)p;
    (void)page;
    nn_buffer_print(out, "{\"images\": [],\n\"annotations\": [],\n\"categories\": []}\n");
}

// The folder of the pictures, when the file itself was named.
static nn_status set_base(ui_project *p, nn_error *err)
{
    char base[PATH_MAX];
    const char *slash = strrchr(p->root, '/');
    const int length = slash ? (int)(slash - p->root) : 0;
    nn_status status =
        nn_folder_join(base, err, "%.*s", length > 0 ? length : 1, slash ? p->root : ".");
    const char *last = strrchr(base, '/');
    if (status == NN_OK && strcmp(last ? last + 1 : base, "annotations") == 0)
        status = last ? nn_folder_join(base, err, "%.*s", (int)(last - base), p->root)
                      : nn_folder_join(base, err, ".");
    if (status != NN_OK)
        return status;
    nn_free(p->root);
    p->root = nn_strdup(base);
    return p->root ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
}

static nn_status find_only(char *out, const ui_project *p, nn_error *err)
{
    nn_names list = {0};
    char dir[PATH_MAX];
    nn_status status = nn_folder_join(dir, err, "%s/annotations", p->root);
    if (status != NN_OK || nn_folder_list(&list, dir, ".json", NULL) != NN_OK || list.count == 0)
        status = nn_folder_join(out, err, "%s/annotations.json", p->root);
    else if (list.count == 1)
        status = nn_folder_join(out, err, "%s/%s", dir, list.name[0]);
    else
        status = nn_fail(err, NN_EINVAL, "%s: %d annotation files; name one, such as %s/%s", dir,
                         list.count, dir, list.name[0]);
    nn_names_release(&list);
    return status;
}

static nn_status find(ui_project *p, nn_error *err)
{
    static const char *const files[] = {"annotations.json", "_annotations.coco.json"};
    char path[PATH_MAX] = "";
    nn_status status = NN_OK;
    if (nn_folder_ends(p->root, ".json")) {
        status = nn_folder_join(path, err, "%s", p->root);
        if (status == NN_OK)
            status = set_base(p, err);
    }
    for (int i = 0; i < 2 && status == NN_OK && !*path; i++)
        if (nn_folder_has(p->root, files[i]))
            status = nn_folder_join(path, err, "%s/%s", p->root, files[i]);
    if (status == NN_OK && !*path && !p->out)
        status = find_only(path, p, err);
    if (status == NN_OK && p->out)
        status = nn_folder_join(path, err, "%s", p->out);
    p->labels = status == NN_OK ? nn_strdup(path) : NULL;
    return status == NN_OK && !p->labels ? nn_fail(err, NN_ENOMEM, "out of memory") : status;
}

static bool recognise(const char *dir)
{
    return nn_folder_ends(dir, ".json") || nn_folder_has(dir, "annotations.json") ||
           nn_folder_has(dir, "_annotations.coco.json") ||
           (nn_folder_has(dir, "annotations") && !nn_folder_has(dir, "labels"));
}

const ui_label_format ui_labels_coco = {
    .name = "coco",
    .title = "COCO's JSON",
    .single = true,
    .empty = empty,
    .recognise = recognise,
    .find = find,
    .parse = parse,
    .field = field,
    .change = change,
    .release = release,
};
