// SPDX-License-Identifier: MIT
// Pictures from and to files: JPEG through turbojpeg, PNG through libpng's simplified interface.
#include "nn/io/image/image.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/image/image_turn.h"

#include <png.h>
#include <string.h>
#include <turbojpeg.h>

// MAX_DENSITY: no PNG holds more pixels in a byte (deflate packs 1032:1, 8 pixels of 1 bit), and no
// sensible JPEG does; a small file cannot make us allocate a large picture.
enum { MAX_PIXELS = 1 << 28, MAX_DENSITY = 8 * 1032 };

static const uint8_t PNG_MAGIC[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

nn_status nn_image_check_size(int64_t width, int64_t height, size_t bytes, nn_error *err)
{
    if (width <= 0 || height <= 0 || width > MAX_PIXELS / height)
        return nn_fail(err, NN_EUNSUPPORTED, "picture of %lldx%lld pixels", (long long)width,
                       (long long)height);
    if ((uint64_t)(width * height) / MAX_DENSITY > bytes)
        return nn_fail(err, NN_EFORMAT, "%zu bytes cannot hold %lldx%lld pixels", bytes,
                       (long long)width, (long long)height);
    return NN_OK;
}

static nn_status allocate(nn_image *image, int width, int height, nn_error *err)
{
    image->rgb = nn_alloc((size_t)width * (size_t)height * 3);
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", width, height);
    image->width = width;
    image->height = height;
    return NN_OK;
}

// The smallest of 1/8, 1/4, 1/2 and 1 that keeps both sides at least as asked for.
static tjscalingfactor choose_scale(int full_w, int full_h, int width, int height)
{
    tjscalingfactor scale = {1, 8};
    while (scale.denom > 1 && (width <= 0 || height <= 0 || TJSCALED(full_w, scale) < width ||
                               TJSCALED(full_h, scale) < height))
        scale.denom /= 2;
    return scale;
}

// Warnings count as errors: they mean missing data, which decodes as grey areas.
static nn_status read_jpeg(tjhandle tj, const nn_image *image, uint8_t *to, int format,
                           const uint8_t *bytes, size_t size, nn_error *err)
{
    if (tjDecompress2(tj, bytes, size, to, image->width, 0, image->height, format,
                      TJFLAG_LIMITSCANS) < 0)
        return nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(tj));
    return NN_OK;
}

// Ink on white paper, without the colours of any particular press.
static nn_status read_cmyk(tjhandle tj, nn_image *image, const uint8_t *bytes, size_t size,
                           nn_error *err)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    const uint8_t flip = nn_image_is_adobe(bytes, size) ? 0 : 255;
    uint8_t *cmyk = nn_alloc(4 * pixels);
    if (!cmyk)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", image->width,
                       image->height);
    nn_status status = read_jpeg(tj, image, cmyk, TJPF_CMYK, bytes, size, err);
    for (size_t i = 0; i < pixels && status == NN_OK; i++)
        for (int c = 0; c < 3; c++)
            image->rgb[3 * i + (size_t)c] =
                (uint8_t)((cmyk[4 * i + (size_t)c] ^ flip) * (cmyk[4 * i + 3] ^ flip) / 255);
    nn_free(cmyk);
    return status;
}

static nn_status decode_jpeg(nn_image *image, const uint8_t *bytes, size_t size, int width,
                             int height, int *full_w, int *full_h, nn_error *err)
{
    tjhandle tj = tjInitDecompress();
    if (!tj)
        return nn_fail(err, NN_ENOMEM, "JPEG: out of memory");
    int subsampling, space;
    nn_status status = NN_OK;
    if (tjDecompressHeader3(tj, bytes, size, full_w, full_h, &subsampling, &space) < 0)
        status = nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(tj));
    else
        status = nn_image_check_size(*full_w, *full_h, size, err);
    if (status == NN_OK) {
        tjscalingfactor scale = choose_scale(*full_w, *full_h, width, height);
        status = allocate(image, TJSCALED(*full_w, scale), TJSCALED(*full_h, scale), err);
    }
    if (status == NN_OK)
        status = space == TJCS_CMYK || space == TJCS_YCCK
                     ? read_cmyk(tj, image, bytes, size, err)
                     : read_jpeg(tj, image, image->rgb, TJPF_RGB, bytes, size, err);
    tjDestroy(tj);
    return status;
}

// libpng's simplified interface catches its own long jumps and frees what it allocated.
static nn_status decode_png(nn_image *image, const uint8_t *bytes, size_t size, int *full_w,
                            int *full_h, nn_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    nn_status status = nn_image_check_chunks(bytes, size, err);
    if (status != NN_OK)
        return status;
    if (!png_image_begin_read_from_memory(&png, bytes, size))
        return nn_fail(err, NN_EFORMAT, "PNG: %s", png.message);
    status = nn_image_check_size(png.width, png.height, size, err);
    if (status == NN_OK) {
        *full_w = (int)png.width;
        *full_h = (int)png.height;
        status = allocate(image, *full_w, *full_h, err);
    }
    if (status == NN_OK) {
        const png_color black = {0, 0, 0}; // shows through where the picture is transparent
        png.format = PNG_FORMAT_RGB;
        png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB; // as viewers take it, not as linear light
        // A positive value is a warning, for instance a checksum that fails.
        if (!png_image_finish_read(&png, &black, image->rgb, 0, NULL) || png.warning_or_error)
            status = nn_fail(err, NN_EFORMAT, "PNG: %s", png.message);
    }
    png_image_free(&png);
    return status;
}

static nn_status decode(nn_image *image, const uint8_t *bytes, size_t size, int width, int height,
                        int *full_w, int *full_h, nn_error *err)
{
    *image = (nn_image){0};
    int w, h;
    full_w = full_w ? full_w : &w;
    full_h = full_h ? full_h : &h;
    nn_status status;
    const int orientation = nn_image_orientation(bytes, size);
    if (nn_image_turns(orientation)) { // what is asked for and told is as it is seen
        int *const across = full_w;
        const int wanted = width;
        full_w = full_h;
        full_h = across;
        width = height;
        height = wanted;
    }
    if (size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
        status = decode_jpeg(image, bytes, size, width, height, full_w, full_h, err);
    else if (size >= sizeof PNG_MAGIC && memcmp(bytes, PNG_MAGIC, sizeof PNG_MAGIC) == 0)
        status = decode_png(image, bytes, size, full_w, full_h, err);
    else
        status = nn_fail(err, NN_EFORMAT, "neither JPEG nor PNG");
    if (status == NN_OK)
        status = nn_image_turn(image, orientation, err);
    if (status != NN_OK)
        nn_image_release(image);
    return status;
}

nn_status nn_image_parse(nn_image *image, const void *bytes, size_t size, nn_error *err)
{
    return decode(image, bytes, size, 0, 0, NULL, NULL, err);
}

nn_status nn_image_load_at_least(nn_image *image, const char *path, int width, int height,
                                 int *full_w, int *full_h, nn_error *err)
{
    *image = (nn_image){0};
    nn_file file;
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = decode(image, file.bytes, file.size, width, height, full_w, full_h, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

nn_status nn_image_load(nn_image *image, const char *path, nn_error *err)
{
    return nn_image_load_at_least(image, path, 0, 0, NULL, NULL, err);
}

static nn_status check_image(const nn_image *image, const char *path, nn_error *err)
{
    if (!image->rgb || image->width <= 0 || image->height <= 0 ||
        image->width > MAX_PIXELS / image->height)
        return nn_fail(err, NN_EINVAL, "%s: no picture to write", path);
    return NN_OK;
}

nn_status nn_image_save_jpeg(const nn_image *image, const char *path, int quality, nn_error *err)
{
    if (check_image(image, path, err) != NN_OK)
        return NN_EINVAL;
    if (quality < 1 || quality > 100)
        return nn_fail(err, NN_EINVAL, "%s: quality %d is not within 1 and 100", path, quality);
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    nn_status status;
    tjhandle tj = tjInitCompress();
    if (!tj)
        return nn_fail(err, NN_ENOMEM, "%s: JPEG: out of memory", path);
    if (tjCompress2(tj, image->rgb, image->width, 0, image->height, TJPF_RGB, &bytes, &size,
                    TJSAMP_420, quality, 0) == 0)
        status = nn_file_write(path, &(nn_file_part){bytes, size}, 1, err);
    else
        status = nn_fail(err, NN_EINVAL, "%s: JPEG: %s", path, tjGetErrorStr2(tj));
    tjFree(bytes);
    tjDestroy(tj);
    return status;
}

nn_status nn_image_save_png(const nn_image *image, const char *path, nn_error *err)
{
    if (check_image(image, path, err) != NN_OK)
        return NN_EINVAL;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = PNG_FORMAT_RGB,
                     .flags = PNG_IMAGE_FLAG_FAST};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *bytes = nn_alloc(size);
    if (!bytes)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    nn_status status;
    if (png_image_write_to_memory(&png, bytes, &size, 0, image->rgb, 0, NULL))
        status = nn_file_write(path, &(nn_file_part){bytes, size}, 1, err);
    else
        status = nn_fail(err, NN_EINVAL, "%s: PNG: %s", path, png.message);
    png_image_free(&png);
    nn_free(bytes);
    return status;
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
