// SPDX-License-Identifier: MIT
// Data sets to learn from without labels: all pictures of a folder and of those below it.
#include "nn/data/pictures.h"

const nn_data_format nn_data_views = {
    .name = "unlabelled pictures",
    .looks_like = "any folder with pictures, which need no labels",
    .kind = NN_DATA_VIEWS,
    .vague = true,
    .recognise = nn_pictures_recognise,
    .add = nn_pictures_add,
};
