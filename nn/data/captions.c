// SPDX-License-Identifier: MIT
// Pictures with captions: tables FILE.csv, FILE.tsv, DIR/captions.csv or DIR/LIST.csv with rows
// "file,text" or a heading that names these columns; and COCO's captions_LIST.json (Chen 2015). A
// picture may be there several times, each time with another caption.
#include "nn/base/memory.h"
#include "nn/data/csv_columns.h"
#include "nn/data/folder.h"
#include "nn/data/label_files.h"
#include "nn/io/file.h"
#include "nn/io/json_stream.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A caption, and the picture that it is of.
typedef struct row {
    char *picture, *text; // owned
    int64_t order;
} row;

// An image of a COCO file.
typedef struct image {
    int64_t id;
    char *name; // owned
} image;

typedef struct reading {
    nn_dataset *data;
    const nn_folder *folder;
    char file[PATH_MAX], base[PATH_MAX];
    int source, wanted;
    row *rows;
    int64_t row_count, row_room;
    image *images;
    int64_t image_count, image_room;
    int picture, text; // columns of a table
    bool begun;
} reading;

static void *grow(void *items, int64_t count, int64_t *room, size_t size)
{
    if (count < *room)
        return items;
    const int64_t larger = *room ? 2 * *room : 256;
    void *grown = nn_realloc(items, (size_t)*room * size, (size_t)larger * size);
    if (grown)
        *room = larger;
    return grown;
}

static nn_status add_row(reading *r, const char *picture, const char *text, nn_error *err)
{
    row *grown = grow(r->rows, r->row_count, &r->row_room, sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for captions");
    r->rows = grown;
    row *one = &r->rows[r->row_count];
    *one = (row){nn_strdup(picture), nn_strdup(text), r->row_count};
    r->row_count++;
    return one->picture && one->text ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for captions");
}

// --- tables ---

static const char *const headings[] = {"text",     "caption", "captions",    "title",
                                       "sentence", "label",   "description", NULL};

static nn_status take_line(void *ctx, const nn_csv_row *row, nn_error *err)
{
    reading *r = ctx;
    const bool heading = !r->begun && nn_csv_find_columns(row, headings, &r->picture, &r->text);
    r->begun = true;
    if (heading)
        return NN_OK;
    const bool whole = r->picture < row->count && r->text < row->count;
    if (whole && *row->field[r->picture] && *row->field[r->text])
        return add_row(r, row->field[r->picture], row->field[r->text], err);
    nn_dataset_note(r->data, 1, "%s:%d: %s, line skipped", r->file, row->line,
                    whole ? "an empty name or caption" : "not 'file,text'");
    return NN_OK;
}

// --- COCO ---

static nn_status take_image(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    int64_t id;
    const char *name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item->json, "file_name"));
    if (!name || !nn_json_plain_text(name) ||
        !nn_json_size(cJSON_GetObjectItemCaseSensitive(item->json, "id"), &id)) {
        nn_dataset_note(r->data, 1, "%s: image %lld has no id or no proper file_name, skipped",
                        r->file, (long long)item->index);
        return NN_OK;
    }
    image *grown = grow(r->images, r->image_count, &r->image_room, sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for images");
    r->images = grown;
    r->images[r->image_count] = (image){id, nn_strdup(name)};
    return r->images[r->image_count++].name ? NN_OK
                                            : nn_fail(err, NN_ENOMEM, "no memory for images");
}

static int compare_images(const void *a, const void *b)
{
    const image *p = a, *q = b;
    return p->id < q->id ? -1 : p->id > q->id;
}

static nn_status take_caption(void *ctx, const nn_json_item *item, nn_error *err)
{
    reading *r = ctx;
    image key = {0};
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item->json, "caption"));
    const bool known =
        text && *text &&
        nn_json_size(cJSON_GetObjectItemCaseSensitive(item->json, "image_id"), &key.id);
    const image *of = known && r->image_count > 0 ? bsearch(&key, r->images, (size_t)r->image_count,
                                                            sizeof key, compare_images)
                                                  : NULL;
    if (of)
        return add_row(r, of->name, text, err);
    nn_dataset_note(r->data, 1,
                    "%s: annotation %lld has no caption, or is of an image that is not "
                    "there, skipped",
                    r->file, (long long)item->index);
    return NN_OK;
}

static nn_status read_coco(reading *r, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, r->file, err);
    if (status != NN_OK)
        return status;
    const char *text = file.size ? file.bytes : "";
    status = nn_json_stream_array(text, file.size, "images", take_image, r, err);
    if (status == NN_OK && r->image_count > 1)
        qsort(r->images, (size_t)r->image_count, sizeof *r->images, compare_images);
    if (status == NN_OK)
        status = nn_json_stream_array(text, file.size, "annotations", take_caption, r, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", r->file);
}

// --- where the file is ---

static const char *const patterns[] = {"%s.csv",
                                       "%s.tsv",
                                       "captions_%s.csv",
                                       "captions_%s.tsv",
                                       "annotations/captions_%s.json",
                                       "captions_%s.json",
                                       "%s.json"};
static const char *const usual[] = {"captions.csv", "captions.tsv", "captions.json", "captions.txt",
                                    "annotations/captions.json"};

static bool find_listed(char *name, const char *path, const char *list)
{
    char pattern[64];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const char *mark = strstr(patterns[i], "%s");
        snprintf(pattern, sizeof pattern, "%.*s", (int)(mark - patterns[i]), patterns[i]);
        if (nn_folder_join(name, NULL, "%s%s%s", pattern, list, mark + 2) == NN_OK &&
            nn_folder_has(path, name))
            return true;
    }
    return false;
}

static bool find_in(char *name, const char *path, const char *list)
{
    if (list)
        return find_listed(name, path, list);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (nn_folder_has(path, usual[i]))
            return nn_folder_join(name, NULL, "%s", usual[i]) == NN_OK;
    return find_listed(name, path, "train") || find_listed(name, path, "train2017") ||
           find_listed(name, path, "train2014");
}

static bool is_file(const char *path)
{
    return nn_folder_ends(path, ".csv.tsv.json") || nn_folder_ends(path, ".txt");
}

static bool recognise(const char *path)
{
    char name[PATH_MAX];
    return is_file(path) || find_in(name, path, NULL);
}

static nn_status find_file(reading *r, nn_error *err)
{
    char name[PATH_MAX];
    const nn_folder *f = r->folder;
    if (is_file(f->path)) {
        nn_status status = nn_path_folder(r->base, f->path, err);
        return status == NN_OK ? nn_folder_join(r->file, err, "%s", f->path) : status;
    }
    if (!find_in(name, f->path, f->list))
        return nn_fail(err, NN_ENOTFOUND, "%s: no captions%s%s.csv, .tsv or .json", f->path,
                       f->list ? "_" : "", f->list ? f->list : "");
    nn_status status = nn_folder_join(r->base, err, "%s", f->path);
    return status == NN_OK ? nn_folder_join(r->file, err, "%s/%s", f->path, name) : status;
}

// --- samples ---

static int compare_rows(const void *a, const void *b)
{
    const row *p = a, *q = b;
    const int by_name = strcmp(p->picture, q->picture);
    return by_name ? by_name : p->order < q->order ? -1 : p->order > q->order;
}

// The captions of rows [begin, end) move into the sample.
static nn_status take_texts(nn_sample *s, row *rows, int64_t begin, int64_t end, nn_error *err)
{
    s->texts = nn_calloc((size_t)(end - begin), sizeof *s->texts);
    if (!s->texts)
        return nn_fail(err, NN_ENOMEM, "no memory for captions");
    for (int64_t i = begin; i < end; i++) {
        s->texts[s->text_count++] = rows[i].text;
        rows[i].text = NULL;
    }
    return NN_OK;
}

static nn_status add_picture(reading *r, int64_t begin, int64_t end, nn_error *err)
{
    static const char *const below[] = {"",          "images",  "train2017", "val2017",
                                        "train2014", "val2014", "Images",    NULL};
    const char *name = r->rows[begin].picture;
    const char *slash = strrchr(name, strchr(name, '/') ? '/' : '\\');
    char path[PATH_MAX];
    if (r->folder->filter && !r->folder->filter(r->folder->filter_ctx, slash ? slash + 1 : name))
        return NN_OK;
    r->wanted++;
    nn_sample s = {.source = r->source};
    nn_status status = nn_folder_locate(path, r->base, below, name, err);
    if (status == NN_EFORMAT) {
        nn_dataset_note(r->data, 1, "%s: '%s' is not the name of a picture, skipped", r->file,
                        name);
        return NN_OK;
    }
    if (status == NN_OK)
        status = take_texts(&s, r->rows, begin, end, err);
    if (status == NN_OK)
        status = nn_folder_open_picture(r->data, &s, path, err);
    if (status == NN_OK)
        return nn_dataset_add(r->data, &s, err);
    return nn_folder_drop(&s, status);
}

static nn_status add_pictures(reading *r, nn_error *err)
{
    nn_status status = NN_OK;
    if (r->row_count > 1)
        qsort(r->rows, (size_t)r->row_count, sizeof *r->rows, compare_rows);
    for (int64_t begin = 0, end; begin < r->row_count && status == NN_OK; begin = end) {
        for (end = begin + 1;
             end < r->row_count && strcmp(r->rows[end].picture, r->rows[begin].picture) == 0;)
            end++;
        status = add_picture(r, begin, end, err);
    }
    return status;
}

static void release(reading *r)
{
    for (int64_t i = 0; i < r->row_count; i++) {
        nn_free(r->rows[i].picture);
        nn_free(r->rows[i].text);
    }
    for (int64_t i = 0; i < r->image_count; i++)
        nn_free(r->images[i].name);
    nn_free(r->rows);
    nn_free(r->images);
    nn_free(r);
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    reading *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for captions");
    r->data = d;
    r->folder = f;
    nn_status status = find_file(r, err);
    if (status == NN_OK)
        status = nn_dataset_add_source(d, f->source, &r->source, err);
    if (status == NN_OK)
        status = nn_folder_ends(r->file, ".json") ? read_coco(r, err)
                                                  : nn_csv_each(r->file, take_line, r, err);
    if (status == NN_OK)
        status = add_pictures(r, err);
    if (status == NN_OK)
        status = nn_folder_finish(d, f, r->wanted, 0, err);
    release(r);
    return status;
}

const nn_data_format nn_data_captions = {
    .name = "captions",
    .looks_like = "captions.csv with file,text, or annotations/captions_*.json of COCO",
    .kind = NN_DATA_CAPTIONS,
    .vague = true,
    .recognise = recognise,
    .add = add,
};
