// SPDX-License-Identifier: MIT
// The table of picture formats, recognised by their first bytes.
#include "nn/io/image/image_format.h"

#include "nn/base/features.h"

#include <string.h>

static bool begins(const uint8_t *bytes, size_t size, size_t at, const char *text, size_t length)
{
    return size >= at + length && memcmp(bytes + at, text, length) == 0;
}

static bool is_jpeg(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "\xff\xd8\xff", 3);
}

static bool is_png(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "\x89PNG\r\n\x1a\n", 8);
}

// "BM" and a header of a known size (image_bmp.c).
static bool is_bmp(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "BM", 2) && size >= 26 && bytes[14] >= 12 && bytes[14] <= 124 &&
           begins(bytes, size, 15, "\0\0\0", 3);
}

static bool is_tiff(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "II*\0", 4) || begins(bytes, size, 0, "MM\0*", 4) ||
           begins(bytes, size, 0, "II+\0", 4) || begins(bytes, size, 0, "MM\0+", 4);
}

static bool is_webp(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "RIFF", 4) && begins(bytes, size, 8, "WEBP", 4);
}

static bool is_gif(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "GIF87a", 6) || begins(bytes, size, 0, "GIF89a", 6);
}

// The brand of an ISO base media file.
static bool is_brand(const uint8_t *bytes, size_t size, const char *const *brands)
{
    if (!begins(bytes, size, 4, "ftyp", 4))
        return false;
    for (; *brands; brands++)
        if (begins(bytes, size, 8, *brands, 4))
            return true;
    return false;
}

static bool is_heif(const uint8_t *bytes, size_t size)
{
    static const char *const brands[] = {"heic", "heix", "hevc", "heim", "mif1", "msf1", NULL};
    return is_brand(bytes, size, brands);
}

static bool is_avif(const uint8_t *bytes, size_t size)
{
    static const char *const brands[] = {"avif", "avis", NULL};
    return is_brand(bytes, size, brands);
}

static bool is_jxl(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "\xff\x0a", 2) || begins(bytes, size, 0, "\0\0\0\x0cJXL ", 8);
}

static bool is_jp2(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "\0\0\0\x0cjP  ", 8) ||
           begins(bytes, size, 0, "\xff\x4f\xff\x51", 4);
}

static bool is_psd(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, 0, "8BPS", 4);
}

#define CONVERT "is not read: convert it to JPEG or PNG"

static const nn_image_format formats[] = {
    {"JPEG", is_jpeg, nn_image_decode_jpeg, NULL, NULL, NULL},
    {"PNG", is_png, nn_image_decode_png, NULL, NULL, NULL},
    {"BMP", is_bmp, nn_image_decode_bmp, NULL, NULL, NULL},
    {"TIFF", is_tiff, NN_HAS_tiff ? nn_image_decode_tiff : NULL, NULL, NULL, "tiff"},
    {"WebP", is_webp, NULL, NN_HAS_webp ? &nn_image_movie_webp : NULL, NULL, "webp"},
    {"GIF", is_gif, NULL, NN_HAS_gif ? &nn_image_movie_gif : NULL, NULL, "gif"},
    {"HEIF", is_heif, NULL, NULL, CONVERT " (heif-convert of Debian's libheif-examples does)",
     NULL},
    {"AVIF", is_avif, NULL, NULL, CONVERT, NULL},
    {"JPEG XL", is_jxl, NULL, NULL, CONVERT, NULL},
    {"JPEG 2000", is_jp2, NULL, NULL, CONVERT, NULL},
    {"Photoshop", is_psd, NULL, NULL, CONVERT, NULL},
};

const nn_image_format *nn_image_find_format(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].is(bytes, size))
            return &formats[i];
    return NULL;
}
