// SPDX-License-Identifier: MIT
// BMP of Windows and OS/2: 1 to 32 bits a pixel, palettes, bit fields, run lengths ([MS-WMF] 2.2.2,
// "DeviceIndependentBitmap Object"). Alpha is ignored, because most writers leave it at 0.
#include "nn/io/image/image_format.h"

#include <string.h>

enum {
    FILE_HEADER = 14,
    CORE_HEADER = 12, // OS/2: 16-bit sizes, palette with 3 bytes a colour
    INFO_HEADER = 40,
    MASKED_HEADER = 52, // headers from this size on contain the masks
    RGB = 0,
    RLE8 = 1,
    RLE4 = 2,
    FIELDS = 3,
    ALPHA_FIELDS = 6,
};

typedef struct bitmap {
    const uint8_t *bytes;
    size_t size, header;
    size_t pixels; // where they begin
    int64_t width, height;
    bool top_down;
    unsigned bits, kind;
    uint32_t mask[3];
    const uint8_t *palette; // blue, green, red
    size_t colours, step;   // of the palette; bytes of a colour
} bitmap;

static uint32_t little(const uint8_t *p, int n)
{
    uint32_t v = 0;
    for (int i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static nn_status read_sizes(bitmap *b, nn_error *err)
{
    const uint8_t *h = b->bytes + FILE_HEADER;
    const bool core = b->header == CORE_HEADER;
    int64_t height;
    if (core) {
        b->width = little(h + 4, 2);
        height = little(h + 6, 2);
        b->bits = little(h + 10, 2);
    } else {
        b->width = (int32_t)little(h + 4, 4);
        height = (int32_t)little(h + 8, 4);
        b->bits = little(h + 14, 2);
        b->kind = b->header >= 20 ? little(h + 16, 4) : RGB;
    }
    b->top_down = height < 0;
    b->height = b->top_down ? -height : height;
    b->pixels = little(b->bytes + 10, 4);
    b->step = core ? 3 : 4;
    const bool known = b->bits == 1 || b->bits == 2 || b->bits == 4 || b->bits == 8 ||
                       b->bits == 16 || b->bits == 24 || b->bits == 32;
    const bool fits =
        b->kind == RGB || (b->kind == RLE8 && b->bits == 8) || (b->kind == RLE4 && b->bits == 4) ||
        ((b->kind == FIELDS || b->kind == ALPHA_FIELDS) && (b->bits == 16 || b->bits == 32));
    if (!known || !fits)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "BMP: %u bits a pixel with compression %u are not supported", b->bits,
                       b->kind);
    return NN_OK;
}

// Masks and palette are between header and pixels.
static nn_status read_colours(bitmap *b, nn_error *err)
{
    size_t at = FILE_HEADER + b->header;
    const bool fields = b->kind == FIELDS || b->kind == ALPHA_FIELDS;
    static const uint32_t usual[2][3] = {{0x7c00, 0x3e0, 0x1f}, {0xff0000, 0xff00, 0xff}};
    memcpy(b->mask, usual[b->bits == 32], sizeof b->mask);
    if (fields) { // behind a short header, or inside of a long one
        if (b->size < FILE_HEADER + MASKED_HEADER)
            return nn_fail(err, NN_EFORMAT, "BMP: it ends in the masks");
        for (int i = 0; i < 3; i++)
            b->mask[i] = little(b->bytes + FILE_HEADER + INFO_HEADER + 4 * i, 4);
    } else if (b->bits <= 8) {
        const size_t told = b->header >= 36 ? little(b->bytes + FILE_HEADER + 32, 4) : 0;
        const size_t most = (size_t)1 << b->bits;
        b->colours = told > 0 && told < most ? told : most;
        b->palette = b->bytes + at;
        if (b->pixels > at && (b->pixels - at) / b->step < b->colours)
            b->colours = (b->pixels - at) / b->step;
        if (at > b->size || (b->size - at) / b->step < b->colours)
            return nn_fail(err, NN_EFORMAT, "BMP: it ends in the palette");
        at += b->colours * b->step;
    }
    if (b->pixels < at && !fields)
        b->pixels = at; // some writers omit it
    if (b->pixels > b->size)
        return nn_fail(err, NN_EFORMAT, "BMP: its pixels begin after the end of the file");
    return NN_OK;
}

static void put_index(const bitmap *b, uint8_t *rgb, size_t index)
{
    const uint8_t *p = b->palette + index * b->step;
    if (index < b->colours)
        memcpy(rgb, (const uint8_t[]){p[2], p[1], p[0]}, 3);
}

// The bits of a mask, scaled to 0 .. 255.
static uint8_t field(uint32_t pixel, uint32_t mask)
{
    if (mask == 0)
        return 0;
    const int shift = __builtin_ctz(mask);
    const uint64_t most = mask >> shift;
    return (uint8_t)(((pixel & mask) >> shift) * UINT64_C(255) / most);
}

static void put_row(const bitmap *b, uint8_t *rgb, const uint8_t *row)
{
    for (size_t x = 0; x < (size_t)b->width; x++, rgb += 3) {
        if (b->bits <= 8) {
            const unsigned each = 8 / b->bits, turn = each - 1 - (unsigned)(x % each);
            put_index(b, rgb, row[x / each] >> turn * b->bits & ((1U << b->bits) - 1));
        } else if (b->bits == 24) {
            memcpy(rgb, (const uint8_t[]){row[3 * x + 2], row[3 * x + 1], row[3 * x]}, 3);
        } else {
            const int bytes = (int)b->bits / 8;
            const uint32_t pixel = little(row + x * (size_t)bytes, bytes);
            for (int c = 0; c < 3; c++)
                rgb[c] = field(pixel, b->mask[c]);
        }
    }
}

static uint8_t *row_of(const bitmap *b, const nn_image *image, int64_t y)
{
    return image->rgb + 3 * (size_t)b->width * (size_t)(b->top_down ? y : b->height - 1 - y);
}

// Rows are padded to four bytes.
static nn_status read_rows(const bitmap *b, nn_image *image, nn_error *err)
{
    const size_t stride = ((size_t)b->width * b->bits + 31) / 32 * 4;
    const size_t last = ((size_t)b->width * b->bits + 7) / 8; // the last row may lack its padding
    const size_t left = b->size - b->pixels;
    if (left < last || (left - last) / stride < (size_t)b->height - 1)
        return nn_fail(err, NN_EFORMAT, "BMP: %zu bytes are too few for %lldx%lld pixels", left,
                       (long long)b->width, (long long)b->height);
    for (int64_t y = 0; y < b->height; y++)
        put_row(b, row_of(b, image, y), b->bytes + b->pixels + (size_t)y * stride);
    return NN_OK;
}

// Index of pixel i of a run or of literal pixels.
static unsigned run_index(const bitmap *b, const uint8_t *from, bool same, int i)
{
    if (b->bits == 8)
        return from[same ? 0 : i];
    const unsigned both = from[same ? 0 : i / 2];
    return i % 2 ? both & 15 : both >> 4;
}

// Pixels past the end of the row are dropped.
static void put_run(const bitmap *b, uint8_t *row, int64_t x, int count, const uint8_t *from,
                    bool same)
{
    for (int i = 0; i < count && x + i < b->width; i++)
        put_index(b, row + 3 * (x + i), run_index(b, from, same, i));
}

static nn_status read_runs(const bitmap *b, nn_image *image, nn_error *err)
{
    const uint8_t *p = b->bytes + b->pixels, *const end = b->bytes + b->size;
    int64_t x = 0, y = 0;
    for (int64_t i = 0; i < b->width * b->height; i++) // skipped pixels have the first colour
        put_index(b, image->rgb + 3 * i, 0);
    while (y < b->height) {
        if (end - p < 2)
            return nn_fail(err, NN_EFORMAT, "BMP: it ends too early");
        const int count = p[0], code = p[1];
        const int bytes = b->bits == 8 ? code : (code + 1) / 2;
        p += 2;
        if (count > 0) {
            put_run(b, row_of(b, image, y), x, count, p - 1, true);
            x += count;
        } else if (code == 0) { // end of the row
            x = 0;
            y++;
        } else if (code == 1) { // end of the picture
            break;
        } else if (code == 2 && end - p >= 2) {
            x += p[0];
            y += p[1];
            p += 2;
        } else if (code > 2 && end - p >= bytes) {
            put_run(b, row_of(b, image, y), x, code, p, false);
            x += code;
            p += end - p > bytes ? (bytes + 1) / 2 * 2 : bytes;
        } else {
            return nn_fail(err, NN_EFORMAT, "BMP: it ends too early");
        }
    }
    return NN_OK;
}

nn_status nn_image_decode_bmp(nn_image *image, nn_image_input *in, nn_error *err)
{
    bitmap b = {.bytes = in->bytes, .size = in->size, .header = little(in->bytes + FILE_HEADER, 4)};
    if ((b.header != CORE_HEADER && b.header < 16) || b.header > in->size - FILE_HEADER)
        return nn_fail(err, NN_EFORMAT, "BMP: a header of %zu bytes is not supported", b.header);
    nn_status status = read_sizes(&b, err);
    if (status == NN_OK)
        status = read_colours(&b, err);
    if (status == NN_OK)
        status = nn_image_allocate(image, b.width, b.height, in->size, err);
    if (status != NN_OK)
        return status;
    in->full_w = image->width;
    in->full_h = image->height;
    memset(image->rgb, 0, 3 * (size_t)b.width * (size_t)b.height);
    return b.kind == RLE8 || b.kind == RLE4 ? read_runs(&b, image, err) : read_rows(&b, image, err);
}
