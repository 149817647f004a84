// SPDX-License-Identifier: MIT
// Masks of Pascal VOC (Everingham 2010): DIR/SegmentationClass/NAME.png with palette indices as
// class numbers, DIR/JPEGImages/NAME.jpg, and lists in DIR/ImageSets/Segmentation/LIST.txt.
#include "nn/data/folder.h"

#include <limits.h>
#include <string.h>

// Names of the class numbers without a classes.txt.
static const char *const voc_classes[] = {
    "background", "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",
    "car",        "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",
    "motorbike",  "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor",
};

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    nn_status status = NN_OK;
    (void)f;
    for (size_t i = 0; i < sizeof voc_classes / sizeof *voc_classes && status == NN_OK; i++)
        if (nn_names_find(names, voc_classes[i]) < 0)
            status = nn_names_add(names, voc_classes[i], strlen(voc_classes[i]), err);
    return status;
}

static nn_status list_stems(nn_names *stems, const nn_folder *f, nn_error *err)
{
    char path[PATH_MAX];
    nn_status status =
        f->list ? nn_folder_join(path, err, "%s/ImageSets/Segmentation/%s.txt", f->path, f->list)
                : nn_folder_join(path, err, "%s/SegmentationClass", f->path);
    if (status != NN_OK || f->list)
        return status == NN_OK ? nn_folder_read_stems(stems, path, err) : status;
    status = nn_folder_list(stems, path, ".png", err);
    for (int i = 0; status == NN_OK && i < stems->count; i++)
        *strrchr(stems->name[i], '.') = '\0';
    return status;
}

static nn_status add_picture(nn_dataset *d, const nn_folder *f, int source, const char *stem,
                             const char *name, nn_error *err)
{
    char picture[PATH_MAX], mask[PATH_MAX];
    nn_status status = nn_folder_join(picture, err, "%s/JPEGImages/%s", f->path, name);
    if (status == NN_OK)
        status = nn_folder_join(mask, err, "%s/SegmentationClass/%s.png", f->path, stem);
    if (status != NN_OK)
        return status;
    nn_sample s = {.source = source};
    status = nn_folder_open_picture(d, &s, picture, err); // reports a missing picture
    if (status == NN_OK)
        status = nn_folder_open_mask(d, &s, f, mask, err);
    return status == NN_OK ? nn_dataset_add(d, &s, err) : nn_folder_drop(&s, status);
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    char images[PATH_MAX], name[PATH_MAX];
    nn_names stems;
    nn_status status = nn_folder_join(images, err, "%s/JPEGImages", f->path);
    if (status == NN_OK)
        status = list_stems(&stems, f, err);
    if (status != NN_OK)
        return status;
    int wanted = 0, source = 0;
    status = nn_dataset_add_source(d, f->source, &source, err);
    for (int i = 0; i < stems.count && status == NN_OK; i++) {
        nn_folder_find_picture(name, sizeof name, images, stems.name[i]);
        if (f->filter && !f->filter(f->filter_ctx, name))
            continue;
        wanted++;
        status = add_picture(d, f, source, stems.name[i], name, err);
    }
    nn_names_release(&stems);
    return status == NN_OK ? nn_folder_finish(d, f, wanted, 0, err) : status;
}

static bool recognise(const char *path)
{
    return nn_folder_has(path, "SegmentationClass") && nn_folder_has(path, "JPEGImages");
}

const nn_data_format nn_data_voc_masks = {
    .name = "Pascal VOC masks",
    .looks_like = "SegmentationClass/*.png with JPEGImages/",
    .kind = NN_DATA_MASKS,
    .numbered = true,
    .recognise = recognise,
    .names = name_classes,
    .add = add,
};
