// SPDX-License-Identifier: MIT
// Private to app/visualize: small pictures of any size side by side in one picture.
#ifndef APP_VISUALIZE_MOSAIC_H
#define APP_VISUALIZE_MOSAIC_H

#include "nn/io/image/image.h"

typedef struct app_mosaic {
    nn_image image; // owned; white where nothing is
    int columns, rows, tile;
} app_mosaic;

// Room for rows x columns squares of `tile` pixels with thin gaps. NN_ENOMEM.
nn_status app_mosaic_init(app_mosaic *m, int rows, int columns, int tile, nn_error *err);
// Puts a picture into the middle of square `i`, as large as fits: reduced by means, or with its
// pixels as squares.
void app_mosaic_put(app_mosaic *m, int i, const nn_image *image);

#endif
