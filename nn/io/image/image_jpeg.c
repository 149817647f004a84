// SPDX-License-Identifier: MIT
// Reads and writes JPEG through libjpeg-turbo.
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image_format.h"

#include <turbojpeg.h>

// The smallest of 1/8, 1/4, 1/2 and 1 that keeps both sides at least as large as requested.
static tjscalingfactor choose_scale(int full_w, int full_h, int width, int height)
{
    tjscalingfactor scale = {1, 8};
    while (scale.denom > 1 && (width <= 0 || height <= 0 || TJSCALED(full_w, scale) < width ||
                               TJSCALED(full_h, scale) < height))
        scale.denom /= 2;
    return scale;
}

// Warnings count as errors: they mean missing data, which is decoded as grey areas.
static nn_status read_jpeg(tjhandle tj, const nn_image *image, uint8_t *to, int format,
                           const uint8_t *bytes, size_t size, nn_error *err)
{
    if (tjDecompress2(tj, bytes, size, to, image->width, 0, image->height, format,
                      TJFLAG_LIMITSCANS) < 0)
        return nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(tj));
    return NN_OK;
}

// Converts ink on white paper, without the profile of a press.
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

nn_status nn_image_decode_jpeg(nn_image *image, nn_image_input *in, nn_error *err)
{
    tjhandle tj = tjInitDecompress();
    if (!tj)
        return nn_fail(err, NN_ENOMEM, "JPEG: out of memory");
    int subsampling, space;
    nn_status status = NN_OK;
    if (tjDecompressHeader3(tj, in->bytes, in->size, &in->full_w, &in->full_h, &subsampling,
                            &space) < 0)
        status = nn_fail(err, NN_EFORMAT, "JPEG: %s", tjGetErrorStr2(tj));
    else
        status = nn_image_check_size(in->full_w, in->full_h, in->size, err);
    if (status == NN_OK) {
        const tjscalingfactor scale = choose_scale(in->full_w, in->full_h, in->width, in->height);
        status = nn_image_allocate(image, TJSCALED(in->full_w, scale), TJSCALED(in->full_h, scale),
                                   in->size, err);
    }
    if (status == NN_OK)
        status = space == TJCS_CMYK || space == TJCS_YCCK
                     ? read_cmyk(tj, image, in->bytes, in->size, err)
                     : read_jpeg(tj, image, image->rgb, TJPF_RGB, in->bytes, in->size, err);
    tjDestroy(tj);
    return status;
}

nn_status nn_image_save_jpeg(const nn_image *image, const char *path, int quality, nn_error *err)
{
    if (!image->rgb || nn_image_check_size(image->width, image->height, SIZE_MAX, NULL) != NN_OK)
        return nn_fail(err, NN_EINVAL, "%s: no picture to write", path);
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
