// SPDX-License-Identifier: MIT
// Converts data sets between the formats of labelling tools.
#ifndef NN_DATA_WRITE_CONVERT_SET_H
#define NN_DATA_WRITE_CONVERT_SET_H

#include "nn/data/write/write_set.h"

typedef struct nn_conversion {
    const nn_data_format *from;
    const nn_folder *folder;
    const nn_write_format *to;
    nn_write_set_options options;
    nn_notes notes;
    // Called after each picture; false ends the conversion. May be NULL.
    bool (*went_on)(void *ctx, int pictures);
    void *ctx;
    // The result.
    nn_write_counts counts;
    int skipped;          // pictures left out because they or their labels are damaged
    long unwanted;        // objects left out because options.classes has not their class
    char first_skip[256]; // fault of the first picture left out
} nn_conversion;

// Reads all splits of c->folder, decodes each picture to check it, and writes it with its objects.
// Labels for the stored pixels are turned upright (Exif).
NN_API nn_status nn_data_convert(nn_conversion *c, nn_error *err);

#endif
