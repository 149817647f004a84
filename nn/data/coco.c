// SPDX-License-Identifier: MIT
// Reads the boxes of COCO's JSON; crowds become ignore boxes.
#include "nn/data/coco_read.h"

static nn_status add(nn_dataset *d, const nn_folder *f, nn_error *err)
{
    return nn_coco_add(d, f, NN_DATA_BOXES, err);
}

const nn_data_format nn_data_coco = {
    .name = "COCO",
    .looks_like = "annotations/*.json or a COCO JSON file",
    .kind = NN_DATA_BOXES,
    .recognise = nn_coco_recognise,
    .names = nn_coco_names,
    .splits = nn_coco_splits,
    .add = add,
};
