// SPDX-License-Identifier: MIT
// Reads masks from the polygons and run lengths of COCO's JSON. Small objects are painted over
// large ones, pixels without an object are background, and crowds are ignored.
#include "nn/data/coco_read.h"

#include <string.h>

static nn_status name_classes(const nn_folder *f, nn_names *names, nn_error *err)
{
    static const char background[] = "background";
    nn_status status = NN_OK;
    if (nn_names_find(names, background) < 0)
        status = nn_names_add(names, background, strlen(background), err);
    return status == NN_OK ? nn_coco_names(f, names, err) : status;
}

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    return nn_coco_add(d, f, NN_DATA_MASKS, err);
}

const nn_data_format nn_data_coco_masks = {
    .name = "COCO masks",
    .looks_like = "annotations/*.json with segmentations",
    .kind = NN_DATA_MASKS,
    .recognise = nn_coco_recognise,
    .names = name_classes,
    .add = add,
};
