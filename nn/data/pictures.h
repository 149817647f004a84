// SPDX-License-Identifier: MIT
// What the formats of pictures without labels share.
#ifndef NN_DATA_PICTURES_H
#define NN_DATA_PICTURES_H

#include "nn/data/folder.h"

bool nn_pictures_recognise(const char *path);
nn_status nn_pictures_add(nn_dataset *d, const nn_folder *f, nn_error *err);

#endif
