// SPDX-License-Identifier: MIT
// Pictures from and to files: JPEG through turbojpeg, PNG through libpng.
#ifndef NN_IO_IMAGE_IMAGE_H
#define NN_IO_IMAGE_IMAGE_H

#include "nn/vision/frame.h"

#include <stddef.h>

typedef struct nn_image {
    int width, height;
    uint8_t *rgb; // owned, 3 width height bytes, rows top down without padding
} nn_image;

// Loads a JPEG or PNG (told by content); grey, palette, 16 bits, CMYK and alpha become RGB, and a
// picture is turned as its Exif data say. Refuses pictures over 2^28 pixels.
nn_status nn_image_load(nn_image *image, const char *path, nn_error *err);
// As above, but a JPEG may be decoded at 1/2, 1/4 or 1/8 as long as both sides stay >= the given
// ones. *full_w, *full_h (may be NULL) get the size of the file's picture.
nn_status nn_image_load_at_least(nn_image *image, const char *path, int width, int height,
                                 int *full_w, int *full_h, nn_error *err);
nn_status nn_image_parse(nn_image *image, const void *bytes, size_t size,
                         nn_error *err); // for fuzzing
nn_status nn_image_save_png(const nn_image *image, const char *path, nn_error *err);
// Quality 1 to 100; the colours at half the resolution, as cameras do it.
nn_status nn_image_save_jpeg(const nn_image *image, const char *path, int quality, nn_error *err);
void nn_image_release(nn_image *image);
// Makes of a picture in memory what a JPEG of this quality (1 .. 100, 4:2:0) keeps of it.
nn_status nn_image_recompress(const nn_image *image, int quality, nn_error *err);

// A picture of numbers: rows top down without padding.
typedef struct nn_indices {
    int width, height;
    uint8_t *value; // owned
} nn_indices;

// Loads a PNG of grey levels or of a palette, up to 8 bits: the numbers are the levels as they are
// stored (0 and 1 when they have 1 bit), or the places in the palette, whose colours are not looked
// at. NN_EUNSUPPORTED for PNGs of other kinds and other files.
nn_status nn_indices_load(nn_indices *indices, const char *path, nn_error *err);
nn_status nn_indices_parse(nn_indices *indices, const void *bytes, size_t size,
                           nn_error *err); // for fuzzing
void nn_indices_release(nn_indices *indices);

// Whether a file of `bytes` may hold that many pixels: for decoders, before they allocate.
nn_status nn_image_check_size(int64_t width, int64_t height, size_t bytes, nn_error *err);

nn_frame nn_image_frame(const nn_image *image); // a view

#endif
