// SPDX-License-Identifier: MIT
// Writes BMP by hand and TIFF, WebP and GIF through their libraries.
#include "tests/support/pictures.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef TEST_WRITES_TIFF
#include <tiffio.h>
#endif
#ifdef TEST_WRITES_WEBP
#include <webp/encode.h>
#include <webp/mux.h>
#endif
#ifdef TEST_WRITES_GIF
#include <gif_lib.h>
#endif

void picture_paint(uint8_t *rgb, int width, int height, int step)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = rgb + 3 * (y * width + x);
            p[0] = (uint8_t)(255 * x / width);
            p[1] = (uint8_t)(255 * y / height);
            p[2] = (uint8_t)(60 * step);
        }
}

#if defined TEST_WRITES_WEBP || defined TEST_WRITES_GIF
static uint8_t *copy_of(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}
#endif

static void put(uint8_t *to, int count, uint32_t value)
{
    for (int i = 0; i < count; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

uint8_t *picture_bmp(const uint8_t *rgb, int width, int height, size_t *size)
{
    const size_t stride = ((size_t)width * 3 + 3) / 4 * 4;
    *size = 54 + stride * (size_t)height;
    uint8_t *b = calloc(*size, 1);
    assert_non_null(b);
    memcpy(b, "BM", 2);
    put(b + 2, 4, (uint32_t)*size);
    put(b + 10, 4, 54);
    put(b + 14, 4, 40);
    put(b + 18, 4, (uint32_t)width);
    put(b + 22, 4, (uint32_t)height);
    put(b + 26, 2, 1);
    put(b + 28, 2, 24);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                b[54 + stride * (size_t)(height - 1 - y) + 3 * (size_t)x + (size_t)c] =
                    rgb[3 * (y * width + x) + 2 - c];
    return b;
}

#ifdef TEST_WRITES_TIFF
static void describe_tiff(TIFF *t, int width, int height, const picture_tiff_options *o)
{
    const int samples = o->samples ? o->samples : 3;
    const uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, o->floats ? 32 : o->bits ? o->bits : 8);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, samples);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC,
                 o->cmyk        ? PHOTOMETRIC_SEPARATED
                 : samples == 1 ? PHOTOMETRIC_MINISBLACK
                                : PHOTOMETRIC_RGB);
    TIFFSetField(t, TIFFTAG_COMPRESSION, o->deflate ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_NONE);
    if (samples == 4 && !o->cmyk)
        TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, &alpha);
    if (o->floats)
        TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    if (o->orientation)
        TIFFSetField(t, TIFFTAG_ORIENTATION, o->orientation);
    if (o->tiled) {
        TIFFSetField(t, TIFFTAG_TILEWIDTH, 32);
        TIFFSetField(t, TIFFTAG_TILELENGTH, 32);
    } else {
        TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 8);
    }
}

static unsigned tiff_sample(const uint8_t *rgb, const picture_tiff_options *o, int s)
{
    if (s == 3)
        return o->cmyk ? 0 : 128;
    return o->cmyk ? 255U - rgb[s] : rgb[s];
}

// A row of samples from `from` on, beyond the picture black.
static void tiff_row(uint8_t *row, const uint8_t *rgb, int from, int count, int width,
                     const picture_tiff_options *o)
{
    const int samples = o->samples ? o->samples : 3, bytes = o->floats ? 4 : o->bits == 16 ? 2 : 1;
    memset(row, 0, (size_t)(count * samples * bytes));
    for (int x = 0; x < count && from + x < width; x++)
        for (int s = 0; s < samples; s++) {
            const unsigned v = tiff_sample(rgb + 3 * (from + x), o, s);
            const uint16_t wide = (uint16_t)(v * 257);
            uint8_t *to = row + (x * samples + s) * bytes;
            if (bytes == 2)
                memcpy(to, &wide, 2);
            else
                *to = (uint8_t)v;
        }
}

uint8_t *picture_tiff(const uint8_t *rgb, int width, int height, const picture_tiff_options *o,
                      size_t *size)
{
    static uint8_t row[1 << 16], tile[32 * 32 * 16];
    const int samples = o->samples ? o->samples : 3, bytes = o->floats ? 4 : o->bits == 16 ? 2 : 1;
    const test_path path = test_temp("made.tif");
    TIFF *t = TIFFOpen(path.text, "w");
    assert_true(t && (size_t)(width * samples * bytes) <= sizeof row);
    describe_tiff(t, width, height, o);
    for (int y = 0; y < height && !o->tiled; y++) {
        tiff_row(row, rgb + (size_t)3 * (size_t)(y * width), 0, width, width, o);
        assert_int_equal(TIFFWriteScanline(t, row, (uint32_t)y, 0), 1);
    }
    for (int y = 0; y < height && o->tiled; y += 32)
        for (int x = 0; x < width; x += 32) {
            memset(tile, 0, sizeof tile);
            for (int i = 0; i < 32 && y + i < height; i++)
                tiff_row(tile + 32 * i * samples * bytes,
                         rgb + (size_t)3 * (size_t)((y + i) * width), x, 32, width, o);
            assert_true(TIFFWriteTile(t, tile, (uint32_t)x, (uint32_t)y, 0, 0) > 0);
        }
    TIFFClose(t);
    return test_read(path.text, size);
}
#else
uint8_t *picture_tiff(const uint8_t *rgb, int width, int height, const picture_tiff_options *o,
                      size_t *size)
{
    (void)rgb, (void)width, (void)height, (void)o, (void)size;
    return NULL;
}
#endif

#ifdef TEST_WRITES_WEBP
static uint8_t *moving_webp(const uint8_t *rgb, int width, int height, int count, size_t *size)
{
    WebPAnimEncoderOptions options;
    WebPConfig config;
    WebPData data;
    assert_true(WebPAnimEncoderOptionsInit(&options) && WebPConfigInit(&config));
    config.lossless = 1;
    WebPAnimEncoder *encoder = WebPAnimEncoderNew(width, height, &options);
    assert_non_null(encoder);
    for (int i = 0; i < count; i++) {
        WebPPicture p;
        assert_true(WebPPictureInit(&p));
        p.use_argb = 1;
        p.width = width;
        p.height = height;
        assert_true(WebPPictureImportRGB(&p, rgb + 3 * i * width * height, 3 * width));
        assert_true(WebPAnimEncoderAdd(encoder, &p, 40 * i, &config));
        WebPPictureFree(&p);
    }
    assert_true(WebPAnimEncoderAdd(encoder, NULL, 40 * count, NULL));
    WebPDataInit(&data);
    assert_true(WebPAnimEncoderAssemble(encoder, &data));
    WebPAnimEncoderDelete(encoder);
    uint8_t *copy = copy_of(data.bytes, data.size);
    *size = data.size;
    WebPDataClear(&data);
    return copy;
}

uint8_t *picture_webp(const uint8_t *rgb, int width, int height, int count, size_t *size)
{
    uint8_t *bytes;
    if (count > 1)
        return moving_webp(rgb, width, height, count, size);
    *size = WebPEncodeLosslessRGB(rgb, width, height, 3 * width, &bytes);
    assert_true(*size > 0);
    uint8_t *copy = copy_of(bytes, *size);
    WebPFree(bytes);
    return copy;
}
#else
uint8_t *picture_webp(const uint8_t *rgb, int width, int height, int count, size_t *size)
{
    (void)rgb, (void)width, (void)height, (void)count, (void)size;
    return NULL;
}
#endif

#ifdef TEST_WRITES_GIF
typedef struct written {
    uint8_t bytes[1 << 18];
    size_t size;
} written;

static int write_bytes(GifFileType *file, const GifByteType *from, int count)
{
    written *w = file->UserData;
    assert_true(w->size + (size_t)count <= sizeof w->bytes);
    memcpy(w->bytes + w->size, from, (size_t)count);
    w->size += (size_t)count;
    return count;
}

uint8_t *picture_gif(const uint8_t *rgb, int width, int height, int count, size_t *size)
{
    static written w;
    GifColorType colours[256] = {{0, 0, 0}};
    for (int i = 0; i < 216; i++)
        colours[i] = (GifColorType){(GifByteType)(i / 36 * 51), (GifByteType)(i / 6 % 6 * 51),
                                    (GifByteType)(i % 6 * 51)};
    ColorMapObject *map = GifMakeMapObject(256, colours);
    w.size = 0;
    GifFileType *gif = EGifOpen(&w, write_bytes, NULL);
    assert_true(map && gif);
    assert_int_equal(EGifPutScreenDesc(gif, width, height, 8, 0, map), GIF_OK);
    for (int i = 0; i < count; i++, rgb += 3 * width * height) {
        const GraphicsControlBlock how = {.DelayTime = 4, .TransparentColor = NO_TRANSPARENT_COLOR};
        GifByteType block[4], row[1024];
        EGifGCBToExtension(&how, block);
        assert_int_equal(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, 4, block), GIF_OK);
        assert_int_equal(EGifPutImageDesc(gif, 0, 0, width, height, false, NULL), GIF_OK);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                const uint8_t *p = rgb + 3 * (y * width + x);
                row[x] = (GifByteType)(p[0] / 51 * 36 + p[1] / 51 * 6 + p[2] / 51);
            }
            assert_int_equal(EGifPutLine(gif, row, width), GIF_OK);
        }
    }
    assert_int_equal(EGifCloseFile(gif, NULL), GIF_OK);
    GifFreeMapObject(map);
    *size = w.size;
    return copy_of(w.bytes, w.size);
}
#else
uint8_t *picture_gif(const uint8_t *rgb, int width, int height, int count, size_t *size)
{
    (void)rgb, (void)width, (void)height, (void)count, (void)size;
    return NULL;
}
#endif
