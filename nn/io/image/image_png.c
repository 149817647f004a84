// SPDX-License-Identifier: MIT
// Reads and writes PNG through libpng's simplified interface.
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image_format.h"

#include <png.h>

// The interface catches its own long jumps and frees what it allocated.
nn_status nn_image_decode_png(nn_image *image, nn_image_input *in, nn_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    nn_status status = nn_image_check_chunks(in->bytes, in->size, err);
    if (status != NN_OK)
        return status;
    if (!png_image_begin_read_from_memory(&png, in->bytes, in->size))
        return nn_fail(err, NN_EFORMAT, "PNG: %s", png.message);
    status = nn_image_allocate(image, png.width, png.height, in->size, err);
    if (status == NN_OK) {
        in->full_w = image->width;
        in->full_h = image->height;
        const png_color black = {0, 0, 0}; // behind transparent pixels
        png.format = PNG_FORMAT_RGB;
        png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; // as viewers show it, not as linear light
        // A positive value is a warning, such as a wrong checksum.
        if (!png_image_finish_read(&png, &black, image->rgb, 0, NULL) || png.warning_or_error)
            status = nn_fail(err, NN_EFORMAT, "PNG: %s", png.message);
    }
    png_image_free(&png);
    return status;
}

nn_status nn_image_write_png(const void *pixels, int width, int height, uint32_t format,
                             const char *path, nn_error *err)
{
    if (!pixels || nn_image_check_size(width, height, SIZE_MAX, NULL) != NN_OK)
        return nn_fail(err, NN_EINVAL, "%s: no picture to write", path);
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)width,
                     .height = (png_uint_32)height,
                     .format = format,
                     .flags = PNG_IMAGE_FLAG_FAST};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *bytes = nn_alloc(size);
    if (!bytes)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    nn_status status;
    if (png_image_write_to_memory(&png, bytes, &size, 0, pixels, 0, NULL))
        status = nn_file_write(path, &(nn_file_part){bytes, size}, 1, err);
    else
        status = nn_fail(err, NN_EINVAL, "%s: PNG: %s", path, png.message);
    png_image_free(&png);
    nn_free(bytes);
    return status;
}

nn_status nn_image_save_png(const nn_image *image, const char *path, nn_error *err)
{
    return nn_image_write_png(image->rgb, image->width, image->height, PNG_FORMAT_RGB, path, err);
}

nn_status nn_indices_save(const nn_indices *indices, const char *path, nn_error *err)
{
    return nn_image_write_png(indices->value, indices->width, indices->height, PNG_FORMAT_GRAY,
                              path, err);
}
