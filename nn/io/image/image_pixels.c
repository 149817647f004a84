// SPDX-License-Identifier: MIT
// The memory of pictures: sizes that are believed, pixels that are allocated and freed.
#include "nn/base/memory.h"
#include "nn/io/image/image_format.h"

// MAX_DENSITY: no PNG has more pixels in a byte (deflate reaches 1032:1, 8 pixels of 1 bit), and no
// sensible picture does. A small file therefore cannot allocate a large picture; pictures that are
// small anyway may be blank.
enum { MAX_PIXELS = 1 << 28, MAX_DENSITY = 8 * 1032, SMALL = 1 << 24 };

nn_status nn_image_check_size(int64_t width, int64_t height, size_t bytes, nn_error *err)
{
    if (width <= 0 || height <= 0)
        return nn_fail(err, NN_EFORMAT, "a picture of %lldx%lld pixels is empty", (long long)width,
                       (long long)height);
    if (width > MAX_PIXELS / height)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "a picture of %lldx%lld pixels is too large: up to %d pixels are supported",
                       (long long)width, (long long)height, MAX_PIXELS);
    if (width * height > SMALL && (uint64_t)(width * height) / MAX_DENSITY > bytes)
        return nn_fail(err, NN_EFORMAT, "%zu bytes cannot hold %lldx%lld pixels", bytes,
                       (long long)width, (long long)height);
    return NN_OK;
}

nn_status nn_image_allocate(nn_image *image, int64_t width, int64_t height, size_t bytes,
                            nn_error *err)
{
    const nn_status status = nn_image_check_size(width, height, bytes, err);
    *image = (nn_image){0};
    if (status != NN_OK)
        return status;
    image->rgb = nn_alloc((size_t)width * (size_t)height * 3);
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", (int)width, (int)height);
    image->width = (int)width;
    image->height = (int)height;
    return NN_OK;
}

void nn_image_drop_alpha(uint8_t *rgb, const uint8_t *rgba, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            rgb[3 * i + c] = rgba[4 * i + c];
}

void nn_image_free_pixels(uint8_t *rgb)
{
    nn_free(rgb);
}

void nn_image_release(nn_image *image)
{
    nn_free(image->rgb);
    *image = (nn_image){0};
}

nn_frame nn_image_frame(const nn_image *image)
{
    return (nn_frame){.format = NN_PIXEL_RGB,
                      .width = image->width,
                      .height = image->height,
                      .plane = {image->rgb},
                      .stride = {3 * image->width}};
}
