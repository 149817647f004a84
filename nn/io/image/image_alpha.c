// SPDX-License-Identifier: MIT
// PNG with alpha.
#include "nn/io/image/image_alpha.h"

#include "nn/base/memory.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image_format.h"

#include <png.h>

// Turns colours and alpha by the Exif orientation.
static nn_status turn(nn_image *image, uint8_t **alpha, int orientation, nn_error *err)
{
    if (orientation == 1)
        return NN_OK;
    uint8_t *turned = nn_alloc((size_t)image->width * (size_t)image->height);
    if (!turned)
        return nn_fail(err, NN_ENOMEM, "PNG: out of memory");
    nn_exif_apply_plane(turned, *alpha, image->width, image->height, orientation);
    nn_free(*alpha);
    *alpha = turned;
    return nn_exif_apply(image, orientation, err);
}

// The picture as it is shown, then its colours and alpha, as they are stored, in place of that.
static nn_status read_alpha(nn_image *image, uint8_t **alpha, png_image *png, nn_error *err)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    image->width = (int)png->width;
    image->height = (int)png->height;
    uint8_t *rgba = nn_alloc(4 * pixels);
    nn_status status = NN_OK;
    *alpha = nn_alloc(pixels);
    png->format = PNG_FORMAT_RGBA;
    png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    if (!rgba || !*alpha)
        status = nn_fail(err, NN_ENOMEM, "PNG: out of memory");
    else if (!png_image_finish_read(png, NULL, rgba, 0, NULL) || png->warning_or_error)
        status = nn_fail(err, NN_EFORMAT, "PNG: %s", png->message);
    for (size_t i = 0; i < pixels && status == NN_OK; i++) {
        for (int c = 0; c < 3; c++)
            image->rgb[3 * i + c] = rgba[4 * i + c];
        (*alpha)[i] = rgba[4 * i + 3];
    }
    nn_free(rgba);
    return status;
}

nn_status nn_image_load_alpha(nn_image *image, uint8_t **alpha, const char *path, nn_error *err)
{
    *alpha = NULL;
    nn_status status = nn_image_load(image, path, err);
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (status != NN_OK || !png_image_begin_read_from_file(&png, path)) {
        png_image_free(&png);
        return status; // other formats have no alpha here
    }
    const bool same = (uint64_t)png.width * png.height ==
                      (uint64_t)image->width * (uint64_t)image->height;
    if (png.format & PNG_FORMAT_FLAG_ALPHA && same)
        status = read_alpha(image, alpha, &png, err);
    if (*alpha && status == NN_OK)
        status = turn(image, alpha, nn_exif_orientation_of_file(path), err);
    png_image_free(&png);
    if (status != NN_OK) {
        nn_free(*alpha);
        *alpha = NULL;
        nn_image_release(image);
        return nn_fail_prefix(err, status, "%s", path);
    }
    return NN_OK;
}

nn_status nn_image_save_alpha(const nn_image *image, const uint8_t *alpha, const char *path,
                              nn_error *err)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    bool grey = true;
    for (size_t i = 0; i < pixels && grey; i++)
        grey = image->rgb[3 * i] == image->rgb[3 * i + 1] &&
               image->rgb[3 * i] == image->rgb[3 * i + 2];
    const int colours = grey ? 1 : 3, each = colours + (alpha != NULL);
    uint8_t *packed = nn_alloc((size_t)each * pixels);
    if (!packed)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    for (size_t i = 0; i < pixels; i++) {
        for (int c = 0; c < colours; c++)
            packed[(size_t)each * i + (size_t)c] = image->rgb[3 * i + (size_t)c];
        if (alpha)
            packed[(size_t)each * i + (size_t)colours] = alpha[i];
    }
    const nn_status status = nn_image_write_png(packed, image->width, image->height,
                                                (grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB) |
                                                    (alpha ? PNG_FORMAT_FLAG_ALPHA : 0u),
                                                path, err);
    nn_free(packed);
    return status;
}
