// SPDX-License-Identifier: MIT
// Reads PNGs of numbers through libpng's full interface; the simplified one returns colours.
#include "nn/base/memory.h"
#include "nn/io/file.h"
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

// State that survives a long jump out of libpng.
typedef struct decoding {
    nn_indices *out;
    png_bytepp rows; // owned
    const uint8_t *bytes;
    size_t left, size;
    nn_status status;
    nn_error *err;
} decoding;

static void fail_png(png_structp png, png_const_charp text)
{
    decoding *d = png_get_error_ptr(png);
    d->status = nn_fail(d->err, NN_EFORMAT, "PNG: %s", text);
    png_longjmp(png, 1);
}

// Warnings are about chunks that the numbers do not depend on.
static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep to, png_size_t count)
{
    decoding *d = png_get_io_ptr(png);
    if (count > d->left)
        png_error(png, "it ends too early");
    memcpy(to, d->bytes, count);
    d->bytes += count;
    d->left -= count;
}

static nn_status check_header(decoding *d, png_structp png, png_infop info)
{
    const int depth = png_get_bit_depth(png, info), kind = png_get_color_type(png, info);
    if (depth > 8 || (kind != PNG_COLOR_TYPE_GRAY && kind != PNG_COLOR_TYPE_PALETTE))
        return nn_fail(d->err, NN_EUNSUPPORTED,
                       "%s pixels of %d bits: not grey or palette of up to 8 bits, whose values "
                       "are class numbers",
                       kind & PNG_COLOR_MASK_ALPHA   ? "transparent"
                       : kind & PNG_COLOR_MASK_COLOR ? "RGB"
                                                     : "grey",
                       depth);
    return nn_image_check_size(png_get_image_width(png, info), png_get_image_height(png, info),
                               d->size, d->err);
}

static nn_status allocate(decoding *d, int width, int height)
{
    d->out->value = nn_alloc((size_t)width * height);
    d->rows = nn_calloc((size_t)height, sizeof *d->rows);
    if (!d->out->value || !d->rows)
        return nn_fail(d->err, NN_ENOMEM, "no memory for a picture of %dx%d", width, height);
    d->out->width = width;
    d->out->height = height;
    for (int y = 0; y < height; y++)
        d->rows[y] = d->out->value + (size_t)y * width;
    return NN_OK;
}

// Left by a long jump when libpng finds damage; d->status is the result.
static void decode(decoding *d, png_structp png, png_infop info)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return;
    png_set_read_fn(png, d, read_bytes);
    png_read_info(png, info);
    d->status = check_header(d, png, info);
    if (d->status == NN_OK)
        d->status =
            allocate(d, (int)png_get_image_width(png, info), (int)png_get_image_height(png, info));
    if (d->status != NN_OK)
        return;
    png_set_packing(png); // one byte a pixel
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    png_read_image(png, d->rows);
    png_read_end(png, NULL);
}

nn_status nn_indices_parse(nn_indices *indices, const void *bytes, size_t size, nn_error *err)
{
    decoding d = {.out = indices, .bytes = bytes, .left = size, .size = size, .err = err};
    *indices = (nn_indices){0};
    if (size < 8 || png_sig_cmp(bytes, 0, 8) != 0)
        return nn_fail(err, NN_EUNSUPPORTED, "not a PNG");
    d.status = nn_image_check_chunks(bytes, size, err);
    if (d.status != NN_OK)
        return d.status;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, fail_png, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info)
        decode(&d, png, info);
    else
        d.status = nn_fail(err, NN_ENOMEM, "PNG: out of memory");
    png_destroy_read_struct(&png, &info, NULL);
    nn_free(d.rows);
    if (d.status != NN_OK)
        nn_indices_release(indices);
    return d.status;
}

nn_status nn_indices_load(nn_indices *indices, const char *path, nn_error *err)
{
    nn_file file;
    *indices = (nn_indices){0};
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    status = nn_indices_parse(indices, file.bytes, file.size, err);
    nn_file_unmap(&file);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", path);
}

void nn_indices_release(nn_indices *indices)
{
    nn_free(indices->value);
    *indices = (nn_indices){0};
}
