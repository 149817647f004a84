// SPDX-License-Identifier: MIT
// Pictures with transparent pixels, whose colours are not blended with anything.
#ifndef NN_IO_IMAGE_IMAGE_ALPHA_H
#define NN_IO_IMAGE_IMAGE_ALPHA_H

#include "nn/base/api.h"
#include "nn/io/image/image.h"

// As nn_image_load; of a PNG with alpha, *alpha gets it (width x height bytes, 0 transparent; the
// caller frees it with nn_image_free_pixels) and the picture its own colours. Else *alpha is NULL.
NN_API nn_status nn_image_load_alpha(nn_image *image, uint8_t **alpha, const char *path,
                                     nn_error *err);
// Writes a PNG with alpha (NULL: without). A picture without colours becomes one of grey levels.
NN_API nn_status nn_image_save_alpha(const nn_image *image, const uint8_t *alpha, const char *path,
                                     nn_error *err);

#endif
