// SPDX-License-Identifier: MIT
// Private to nn/io: what a kind of picture file has to offer.
#ifndef NN_IO_IMAGE_IMAGE_FORMAT_H
#define NN_IO_IMAGE_IMAGE_FORMAT_H

#include "nn/io/image/image.h"

// A whole file, and what is wanted of it. Decoders give pictures as they are stored; who calls
// them turns these by nn_exif_orientation.
typedef struct nn_image_input {
    const uint8_t *bytes;
    size_t size;
    int width, height;  // sides that are large enough, <= 0: full size; only JPEG makes use of it
    int full_w, full_h; // out: the size in the file
} nn_image_input;

// Pictures that may move are read one after the other; `next` and `close` as in nn_image_player.
typedef struct nn_image_movie {
    nn_status (*open)(void **state, const nn_image_input *in, nn_error *err);
    int (*next)(void *state, nn_image *image, int *ms, nn_error *err);
    void (*close)(void *state);
} nn_image_movie;

typedef struct nn_image_format {
    const char *name;
    bool (*is)(const uint8_t *bytes, size_t size);
    // One of both; none: `why_not` says why it is not read.
    nn_status (*decode)(nn_image *image, nn_image_input *in, nn_error *err);
    const nn_image_movie *movie;
    const char *why_not;
} nn_image_format;

// NULL: no picture of a kind that is known.
const nn_image_format *nn_image_find_format(const uint8_t *bytes, size_t size);

// Checks the size against the file's and allocates.
nn_status nn_image_allocate(nn_image *image, int64_t width, int64_t height, size_t bytes,
                            nn_error *err);
// Pixels of four bytes, the colours already multiplied by alpha, as RGB: black shows through.
void nn_image_drop_alpha(uint8_t *rgb, const uint8_t *rgba, size_t pixels);

nn_status nn_image_decode_bmp(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_jpeg(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_png(nn_image *image, nn_image_input *in, nn_error *err);
nn_status nn_image_decode_tiff(nn_image *image, nn_image_input *in, nn_error *err);
extern const nn_image_movie nn_image_movie_gif, nn_image_movie_webp;

#endif
