// SPDX-License-Identifier: MIT
// The table of data formats: which one a folder or file has.
#include "nn/data/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NN_DATA(word) extern const nn_data_format nn_data_##word;
#include "nn/data/data_formats.inc"
#undef NN_DATA

#define NN_DATA(word) &nn_data_##word,
static const nn_data_format *const formats[] = {
#include "nn/data/data_formats.inc"
};
#undef NN_DATA

enum { FORMATS = sizeof formats / sizeof formats[0] };

const nn_data_format *nn_data_format_at(int i)
{
    return i < FORMATS ? formats[i] : NULL;
}

static bool is_of_other_kind(const char *path, nn_data_kind kind)
{
    for (int i = 0; i < FORMATS; i++)
        if (formats[i]->kind != kind && !formats[i]->vague && formats[i]->recognise(path))
            return true;
    return false;
}

// The formats of a kind in the order in which they are asked: for masks, these are between others.
enum { EARLY, OUTLINES, LATE, TURNS };

static bool is_asked(const nn_data_format *f, nn_data_kind kind, int turn)
{
    if (turn == OUTLINES)
        return nn_data_kind_facts(kind)->pixels && f->outlines;
    return f->kind == kind && f->late == (turn == LATE);
}

nn_status nn_data_find(const nn_data_format **format, const char *path, nn_data_kind kind,
                       nn_error *err)
{
    *format = NULL;
    if (access(path, R_OK) != 0)
        return nn_fail(err, NN_ENOTFOUND, "%s: %s", path, strerror(errno));
    char known[320] = "";
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < FORMATS; i++) {
            if (!is_asked(formats[i], kind, turn))
                continue;
            if (formats[i]->recognise(path) &&
                (nn_data_kind_facts(kind)->unlabelled || !formats[i]->vague ||
                 !is_of_other_kind(path, kind))) {
                *format = formats[i];
                return NN_OK;
            }
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", formats[i]->name);
        }
    return nn_fail(err, NN_ENOTFOUND, "%.120s: no labelled pictures of a known kind: %s", path,
                   known);
}

nn_status nn_dataset_add_folder(nn_dataset *d, const nn_folder *f, nn_data_kind kind, nn_error *err)
{
    const nn_data_format *format;
    nn_status status = nn_data_find(&format, f->path, kind, err);
    if (status != NN_OK)
        return status;
    if (f->label_dir && !format->label_dir)
        return nn_fail(err, NN_EINVAL, "%s: %s has no folder of label files like '%s'", f->path,
                       format->name, f->label_dir);
    if (f->label_dir && !nn_folder_has(f->path, f->label_dir))
        return nn_fail(err, NN_ENOTFOUND, "%s: no folder '%s' of label files in it", f->path,
                       f->label_dir);
    nn_folder given = *f;
    given.masks = nn_data_kind_facts(kind)->pixels;
    return format->read ? nn_annotated_add(d, format, &given, err) : format->add(d, &given, err);
}
