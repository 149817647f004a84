// SPDX-License-Identifier: MIT
// TIFF through libtiff: the first picture of a file, of any kind that can be shown.
#include "nn/base/memory.h"
#include "nn/io/image/image_format.h"

#include "nn/late_tiff.h"
#include <stdio.h>
#include <string.h>

nn_late late_tiff = {.folder = "nn", .word = "tiff", .list = LATE_TIFF_LIST};

enum { HEADERS = 16 << 20 }; // bytes that a tag, or a strip of a small picture, may take

// A file in memory, and the first error in it.
typedef struct reading {
    const uint8_t *bytes;
    toff_t size, at;
    char wrong[200];
} reading;

static tmsize_t read_some(thandle_t handle, void *to, tmsize_t count)
{
    reading *r = handle;
    const toff_t left = r->at < r->size ? r->size - r->at : 0;
    const size_t n = (toff_t)count < left ? (size_t)count : (size_t)left;
    memcpy(to, r->bytes + (n ? r->at : 0), n);
    r->at += n;
    return (tmsize_t)n;
}

static tmsize_t write_none(thandle_t handle, void *from, tmsize_t count)
{
    (void)handle;
    (void)from;
    (void)count;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    reading *r = handle;
    r->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? r->at + offset : r->size + offset;
    return r->at;
}

static int close_none(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t tell_size(thandle_t handle)
{
    return ((reading *)handle)->size;
}

static int note_error(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    reading *r = user;
    (void)tiff;
    (void)module;
    if (!r->wrong[0])
        vsnprintf(r->wrong, sizeof r->wrong, format, args);
    return 1; // the message is not printed
}

static int ignore_warning(TIFF *tiff, void *user, const char *module, const char *format,
                          va_list args)
{
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)args;
    return 1;
}

// libtiff allocates at most `most` bytes at a time. NULL with r->wrong.
static TIFF *open_tiff(reading *r, size_t most)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    r->at = 0;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most);
    TIFFOpenOptionsSetErrorHandlerExtR(options, note_error, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, r);
    TIFF *tiff = TIFFClientOpenExt("TIFF", "rm", r, read_some, write_none, seek, close_none,
                                   tell_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

static nn_status fail(const reading *r, const char *otherwise, nn_error *err)
{
    return nn_fail(err, NN_EFORMAT, "TIFF: %s", r->wrong[0] ? r->wrong : otherwise);
}

static nn_status read_size(reading *r, uint32_t *width, uint32_t *height, nn_error *err)
{
    TIFF *tiff = open_tiff(r, HEADERS);
    if (!tiff)
        return fail(r, "its directory cannot be read", err);
    const bool told = TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, width) &&
                      TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFClose(tiff);
    return told ? nn_image_check_size(*width, *height, r->size, err)
                : fail(r, "it does not tell its size", err);
}

// Reads rows as stored, with premultiplied alpha.
static nn_status read_pixels(reading *r, TIFF *tiff, uint32_t *raster, nn_error *err)
{
    TIFFRGBAImage rgba;
    char why[1024] = "";
    if (!TIFFRGBAImageOK(tiff, why) || !TIFFRGBAImageBegin(&rgba, tiff, 1, why))
        return nn_fail(err, NN_EUNSUPPORTED, "TIFF: %.200s", why[0] ? why : r->wrong);
    rgba.req_orientation = rgba.orientation;
    const int read = TIFFRGBAImageGet(&rgba, raster, rgba.width, rgba.height);
    TIFFRGBAImageEnd(&rgba);
    return read && !r->wrong[0] ? NN_OK : fail(r, "its pixels cannot be read", err);
}

static nn_status decode(nn_image *image, reading *r, size_t pixels, nn_error *err)
{
    uint32_t *raster = nn_calloc(pixels, sizeof *raster);
    TIFF *tiff = open_tiff(r, 8 * pixels + HEADERS);
    nn_status status = NN_OK;
    if (!raster)
        status = nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", image->width,
                         image->height);
    else if (!tiff)
        status = fail(r, "it cannot be read", err);
    else
        status = read_pixels(r, tiff, raster, err);
    for (size_t i = 0; i < pixels && status == NN_OK; i++) {
        image->rgb[3 * i] = (uint8_t)TIFFGetR(raster[i]);
        image->rgb[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
        image->rgb[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
    if (tiff)
        TIFFClose(tiff);
    nn_free(raster);
    return status;
}

nn_status nn_image_decode_tiff(nn_image *image, nn_image_input *in, nn_error *err)
{
    reading r = {.bytes = in->bytes, .size = in->size};
    uint32_t width = 0, height = 0;
    nn_status status = nn_late_open(&late_tiff, err);
    if (status == NN_OK)
        status = read_size(&r, &width, &height, err);
    if (status == NN_OK)
        status = nn_image_allocate(image, width, height, in->size, err);
    if (status != NN_OK)
        return status;
    in->full_w = image->width;
    in->full_h = image->height;
    r.wrong[0] = '\0'; // warnings about tags that are not needed
    return decode(image, &r, (size_t)width * height, err);
}
