// SPDX-License-Identifier: MIT
// Masks from files: the part that all readers share.
#include "nn/base/memory.h"
#include "nn/data/folder.h"
#include "nn/io/image/exif_orientation.h"

// Translates values of the file into labels, in place. Returns the index of the first value that is
// no class; -1: none.
static int64_t translate(uint8_t *value, int64_t n, const nn_class_map *map)
{
    uint8_t label[256];
    for (int v = 0; v < 256; v++) {
        const int32_t to = nn_class_map_get(map, v);
        label[v] = to == NN_CLASS_IGNORE || v == NN_MASK_IGNORE ? NN_MASK_IGNORE
                   : to == NN_CLASS_DROP                        ? NN_MASK_BACKGROUND
                                                                : (uint8_t)to;
    }
    for (int64_t i = 0; i < n; i++) {
        if (value[i] >= map->count && value[i] != NN_MASK_IGNORE)
            return i;
        value[i] = label[value[i]];
    }
    return -1;
}

nn_status nn_folder_take_mask(nn_sample *s, const uint8_t *labels, nn_error *err)
{
    int64_t counts[256] = {0};
    nn_status status = nn_mask_pack(&s->mask, labels, s->width, s->height, err);
    if (status == NN_OK)
        nn_mask_count(&s->mask, counts);
    for (int label = NN_MASK_BACKGROUND + 1; label < NN_MASK_CLASSES && status == NN_OK; label++)
        if (counts[label] > 0)
            status = nn_folder_add_class(s, label, err);
    return status;
}

static nn_status turn_values(nn_indices *v, int orientation, nn_error *err)
{
    uint8_t *turned = nn_alloc((size_t)v->width * (size_t)v->height);
    if (!turned)
        return nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", v->width, v->height);
    nn_exif_apply_plane(turned, v->value, v->width, v->height, orientation);
    nn_free(v->value);
    *v = (nn_indices){v->height, v->width, turned};
    return NN_OK;
}

// Reports what is wrong with a mask.
static nn_status take_values(nn_dataset *d, nn_sample *s, const nn_folder *f, const char *path,
                             nn_indices *values, nn_error *err)
{
    nn_status status = NN_OK;
    const int orientation = nn_folder_find_exif(s, values->width, values->height);
    if (orientation > 1)
        status = turn_values(values, orientation, err);
    if (status != NN_OK)
        return status;
    if (orientation == 0) {
        nn_dataset_note(d, 1, "%s: is %dx%d, its picture %dx%d, picture skipped", path,
                        values->width, values->height, s->width, s->height);
        return NN_EFORMAT;
    }
    const int64_t wrong = translate(values->value, (int64_t)s->width * s->height, f->map);
    if (wrong >= 0) {
        nn_dataset_note(d, 1,
                        "%s: the value %d at (%d, %d) is no class: there are 0 to %d, and %d for "
                        "what is to be ignored; picture skipped",
                        path, values->value[wrong], (int)(wrong % s->width),
                        (int)(wrong / s->width), f->map->count - 1, NN_MASK_IGNORE);
        return NN_EFORMAT;
    }
    return nn_folder_take_mask(s, values->value, err);
}

nn_status nn_folder_open_mask(nn_dataset *d, nn_sample *s, const nn_folder *f, const char *path,
                              nn_error *err)
{
    nn_indices values;
    nn_error why = {0};
    nn_status status = nn_indices_load(&values, path, &why);
    if (status == NN_ENOMEM) // not a fault of the mask
        return nn_fail(err, status, "%s", why.text);
    if (status != NN_OK) {
        nn_dataset_note(d, 1, "%s, picture skipped", why.text);
        return NN_EFORMAT;
    }
    status = take_values(d, s, f, path, &values, err);
    nn_indices_release(&values);
    return status;
}
