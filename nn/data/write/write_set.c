// SPDX-License-Identifier: MIT
// Shared by all written formats: names, pictures, folders, and counts of what is lost.
#include "nn/data/write/write_set.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARTS = 8 }; // parts of a file name

#define NN_WRITE(word) extern const nn_write_format nn_write_##word;
#include "nn/data/write_formats.inc"
#undef NN_WRITE

#define NN_WRITE(word) &nn_write_##word,
static const nn_write_format *const formats[] = {
#include "nn/data/write_formats.inc"
};
#undef NN_WRITE

const nn_write_format *nn_write_format_at(int index)
{
    return index >= 0 && index < (int)(sizeof formats / sizeof *formats) ? formats[index] : NULL;
}

const nn_write_format *nn_write_format_named(const char *name)
{
    for (int i = 0; nn_write_format_at(i); i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

nn_status nn_set_writer_begin(nn_set_writer *w, const nn_write_format *format,
                              const nn_write_set_options *options, nn_error *err)
{
    *w = (nn_set_writer){.format = format, .options = *options};
    return format->begin ? format->begin(w, err) : NN_OK;
}

nn_status nn_set_writer_save(const nn_set_writer *w, const char *name, const nn_buffer *texts,
                             int count, nn_error *err)
{
    nn_file_part parts[MOST_PARTS];
    char path[PATH_MAX];
    nn_status status = nn_folder_join(path, err, "%s/%s", w->options.out, name);
    for (int i = 0; i < count && status == NN_OK; i++) {
        parts[i] = (nn_file_part){texts[i].bytes, texts[i].size};
        if (texts[i].failed)
            status = nn_fail(err, NN_ENOMEM, "%s: no memory for its text", path);
    }
    return status == NN_OK ? nn_file_create(path, parts, count, err) : status;
}

// Takes a name for a picture; *is_free: no picture has it yet. Endings are ignored, because label
// files have others.
static nn_status take_name(nn_set_writer *w, const char *name, bool *is_free, nn_error *err)
{
    char quoted[PATH_MAX + 2];
    const int64_t before = w->stems.count;
    int64_t number;
    const int length = snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const nn_status status =
        nn_coco_ids_find(&w->stems, quoted, (size_t)length, true, &number, err);
    *is_free = number == before;
    return status;
}

// Name of a picture DIR/FOLDER/NAME.jpg: "NAME", or "FOLDER_NAME" or "NAME-2" when that is taken.
static nn_status choose_name(nn_set_writer *w, const char *path, char *stem, char *ending,
                             nn_error *err)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path,
               *dot = strrchr(file, '.');
    const int length = dot ? (int)(dot - file) : (int)strlen(file);
    const char *folder = slash;
    bool is_free = false;
    snprintf(ending, 16, "%.15s", dot ? dot : "");
    while (folder && folder > path && folder[-1] != '/')
        folder--;
    for (int i = 0; !is_free; i++) {
        nn_status status = NN_OK;
        if (i == 0)
            status = nn_folder_join(stem, err, "%.*s", length, file);
        else if (i == 1 && folder)
            status =
                nn_folder_join(stem, err, "%.*s_%.*s", (int)(slash - folder), folder, length, file);
        else
            status = nn_folder_join(stem, err, "%.*s-%d", length, file, i + (folder == NULL));
        if (status == NN_OK)
            status = take_name(w, stem, &is_free, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

static nn_status reserve(nn_set_writer *w, int count, nn_error *err)
{
    if (count <= w->capacity)
        return NN_OK;
    nn_annotation *grown =
        nn_realloc(w->list, (size_t)w->capacity * sizeof *grown, (size_t)count * sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for %d objects of a picture", count);
    w->list = grown;
    w->capacity = count;
    return NN_OK;
}

// Counts what the format cannot hold of an object.
static void count(nn_set_writer *w, const nn_annotation *a)
{
    const nn_write_format *f = w->format;
    const bool shape = a->corners > 2 && !f->outlines && !(f->or_outlines && w->options.outlines);
    w->counts.objects++;
    w->counts.outlines += shape && !a->rotated;
    w->counts.rotated += a->rotated && (shape || a->corners < 3);
    w->counts.keypoints +=
        a->keypoints > 0 && (!f->keypoints || (f->or_outlines && w->options.outlines));
    w->counts.scores += a->score < 1 && !f->scores;
    w->counts.tracks += a->track > 0 && !f->tracks;
}

nn_status nn_set_writer_add(nn_set_writer *w, const nn_annotated_picture *p, nn_error *err)
{
    const nn_write_format *f = w->format;
    char stem[PATH_MAX], ending[16], file[PATH_MAX], path[PATH_MAX];
    nn_annotated_picture held = *p;
    nn_status status = reserve(w, p->count, err);
    if (status != NN_OK)
        return status;
    held.list = w->list;
    held.count = 0;
    for (int i = 0; i < p->count; i++) {
        const nn_annotation *a = &p->list[i];
        if (a->class_index < 0 ? !f->any_ignores : a->ignore && !f->ignores) {
            w->counts.ignored++;
            continue;
        }
        count(w, a);
        w->list[held.count++] = *a;
    }
    w->counts.pictures++;
    w->counts.split[p->split]++;
    w->counts.empty += held.count == 0 && !f->empty;
    held.split = p->split == NN_SPLIT_NONE ? NN_SPLIT_TRAIN : p->split;
    status = choose_name(w, p->path, stem, ending, err);
    if (status == NN_OK)
        status = f->picture(w, &held, stem, ending, file, err);
    if (status == NN_OK)
        status = nn_folder_join(path, err, "%s/%s", w->options.out, file);
    return status == NN_OK ? nn_file_copy(path, p->path, w->options.link, err) : status;
}

nn_status nn_set_writer_end(nn_set_writer *w, nn_status status, nn_error *err)
{
    if (status == NN_OK && w->format->end)
        status = w->format->end(w, err);
    if (w->format->release)
        w->format->release(w);
    nn_coco_ids_release(&w->stems);
    nn_free(w->list);
    w->state = w->list = NULL;
    return status;
}
