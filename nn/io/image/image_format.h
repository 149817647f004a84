// SPDX-License-Identifier: MIT
// Private to nn/io: the interface of picture formats.
#ifndef NN_IO_IMAGE_IMAGE_FORMAT_H
#define NN_IO_IMAGE_IMAGE_FORMAT_H

#include "nn/io/image/image.h"

// A whole file and the requested size. Decoders return pictures as stored; the caller rotates them
// by nn_exif_orientation.
typedef struct nn_image_input {
    const uint8_t *bytes;
    size_t size;
    int width, height;  // smallest useful sides, <= 0: full size; used by JPEG only
    int full_w, full_h; // out: size in the file
} nn_image_input;

// Animations are read picture by picture; `next` and `close` as in nn_image_player.
typedef struct nn_image_movie {
    nn_status (*open)(void **state, const nn_image_input *in, nn_error *err);
    int (*next)(void *state, nn_image *image, int *ms, nn_error *err);
    void (*close)(void *state);
} nn_image_movie;

typedef struct nn_image_format {
    const char *name;
    bool (*is)(const uint8_t *bytes, size_t size);
    // Either of both; with neither, `why_not` says why the format cannot be read.
    nn_status (*decode)(nn_image *image, nn_image_input *in, nn_error *err);
    const nn_image_movie *movie;
    const char *why_not;
    const char *feature; // or the one that this build lacks when there is neither
} nn_image_format;

// NULL: no known picture format.
const nn_image_format *nn_image_find_format(const uint8_t *bytes, size_t size);

// Checks the size against that of the file and allocates.
nn_status nn_image_allocate(nn_image *image, int64_t width, int64_t height, size_t bytes,
                            nn_error *err);
// Converts four-byte pixels with premultiplied alpha to RGB over black.
void nn_image_drop_alpha(uint8_t *rgb, const uint8_t *rgba, size_t pixels);

nn_status nn_image_decode_bmp(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_jpeg(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_png(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_tiff(nn_image *image, nn_image_input *in, nn_error *err);
// Writes pixels in one of libpng's formats (PNG_FORMAT_GRAY, ...) without padding.
nn_status nn_image_write_png(const void *pixels, int width, int height, uint32_t format,
                             const char *path, nn_error *err);
extern const nn_image_movie nn_image_movie_gif, nn_image_movie_webp;

#endif
