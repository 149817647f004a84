// SPDX-License-Identifier: MIT
// Finds the Exif data of JPEG, PNG, WebP and TIFF files, and rotates pictures.
#include "nn/io/image/exif_orientation.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"

#include <string.h>

enum {
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
    SCAN = 0xda,
    TIFF_HEADER = 8,
    ENTRY = 12,
    ORIENTATION = 274
};

// A part of a file; NULL: none.
typedef struct part {
    const uint8_t *bytes;
    size_t size;
} part;

static uint32_t read_big(const uint8_t *p, int n)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

// The content of the first segment of this kind that begins with `word`.
static part find_segment(const uint8_t *bytes, size_t size, int kind, const char *word,
                         size_t length)
{
    for (size_t at = 2; at + 4 <= size && bytes[at] == 0xff && bytes[at + 1] != SCAN;) {
        if (bytes[at + 1] == 0xff) { // padding
            at++;
            continue;
        }
        const size_t n = read_big(bytes + at + 2, 2);
        const uint8_t *data = bytes + at + 4;
        if (n < 2 || n > size - at - 2)
            break;
        if (bytes[at + 1] == kind && n - 2 >= length && memcmp(data, word, length) == 0)
            return (part){data + length, n - 2 - length};
        at += 2 + n;
    }
    return (part){0};
}

enum { PNG_SIGNATURE = 8, PNG_AROUND = 12 }; // length, type and checksum of a chunk
enum { RIFF_HEADER = 12, RIFF_CHUNK = 8 };

// The content of the chunk at `at`; NULL when its length exceeds the file.
static part chunk_at(const uint8_t *bytes, size_t size, size_t at)
{
    if (size - at < PNG_AROUND)
        return (part){0};
    const size_t n = read_big(bytes + at, 4);
    return n > size - at - PNG_AROUND ? (part){0} : (part){bytes + at + 8, n};
}

static part find_chunk(const uint8_t *bytes, size_t size)
{
    for (size_t at = PNG_SIGNATURE; at < size;) {
        const part chunk = chunk_at(bytes, size, at);
        if (!chunk.bytes || memcmp(bytes + at + 4, "eXIf", 4) == 0)
            return chunk;
        at += PNG_AROUND + chunk.size;
    }
    return (part){0};
}

nn_status nn_image_check_chunks(const uint8_t *bytes, size_t size, nn_error *err)
{
    for (size_t at = PNG_SIGNATURE; at < size;) {
        const part chunk = chunk_at(bytes, size, at);
        if (!chunk.bytes)
            return nn_fail(err, NN_EFORMAT, "PNG: the chunk at byte %zu ends after the file", at);
        if (memcmp(bytes + at + 4, "IEND", 4) == 0)
            break;
        at += PNG_AROUND + chunk.size;
    }
    return NN_OK;
}

static uint32_t read_tiff(const part *p, size_t at, int n, bool big)
{
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (uint32_t)p->bytes[at + (size_t)i] << 8 * (big ? n - 1 - i : i);
    return v;
}

// The orientation in the first directory, in the format of TIFF.
static int find_orientation(const part *p)
{
    if (p->size < TIFF_HEADER + 2)
        return 1;
    const bool big = memcmp(p->bytes, "MM\0*", 4) == 0;
    if (!big && memcmp(p->bytes, "II*\0", 4) != 0)
        return 1;
    const size_t first = read_tiff(p, 4, 4, big);
    if (first > p->size - 2)
        return 1;
    const size_t entries = read_tiff(p, first, 2, big);
    for (size_t i = 0; i < entries && (i + 1) * ENTRY <= p->size - first - 2; i++) {
        const size_t at = first + 2 + i * ENTRY;
        if (read_tiff(p, at, 2, big) != ORIENTATION)
            continue;
        const uint32_t value = read_tiff(p, at + 8, 2, big);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

// The Exif chunk of a WebP; some writers begin it as in a JPEG (RIFF container specification).
static part find_riff(const uint8_t *bytes, size_t size)
{
    for (size_t at = RIFF_HEADER; at < size && size - at >= RIFF_CHUNK;) {
        const part whole = {bytes, size};
        const size_t n = read_tiff(&whole, at + 4, 4, false);
        const uint8_t *data = bytes + at + RIFF_CHUNK;
        if (n > size - at - RIFF_CHUNK)
            break;
        if (memcmp(bytes + at, "EXIF", 4) == 0) {
            const size_t skip = n >= 6 && memcmp(data, "Exif\0", 6) == 0 ? 6 : 0;
            return (part){data + skip, n - skip};
        }
        at += RIFF_CHUNK + n + n % 2;
    }
    return (part){0};
}

static part find_exif(const uint8_t *bytes, size_t size)
{
    if (size < 12)
        return (part){0};
    if (bytes[0] == 0xff && bytes[1] == 0xd8)
        return find_segment(bytes, size, APP1, "Exif\0", 6);
    if (memcmp(bytes, "\x89PNG", 4) == 0)
        return find_chunk(bytes, size);
    if (memcmp(bytes, "RIFF", 4) == 0)
        return find_riff(bytes, size);
    return (part){bytes, size}; // a TIFF file has the same structure
}

int nn_exif_orientation(const uint8_t *bytes, size_t size)
{
    const part exif = find_exif(bytes, size);
    return exif.bytes ? find_orientation(&exif) : 1;
}

int nn_exif_orientation_of_file(const char *path)
{
    nn_file file;
    if (nn_file_map(&file, path, NULL) != NN_OK)
        return 1;
    const int orientation = nn_exif_orientation(file.bytes, file.size);
    nn_file_unmap(&file);
    return orientation;
}

bool nn_image_is_motion_jpeg(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    // A scan contains no markers: an end marker ends a picture or a thumbnail.
    return size >= 4 && b[0] == 0xff && b[1] == 0xd8 && memmem(b, size, "\xff\xd9\xff\xd8", 4) &&
           !find_segment(b, size, APP2, "MPF", 4).bytes;
}

bool nn_exif_swaps_axes(int orientation)
{
    return orientation >= 5;
}

bool nn_image_is_adobe(const uint8_t *bytes, size_t size)
{
    return find_segment(bytes, size, APP14, "Adobe", 5).bytes;
}

// Whether the first column of the stored picture is seen at the right, the first row at the bottom.
static bool from_right(int o)
{
    return o == 2 || o == 3 || o == 6 || o == 7;
}

static bool from_below(int o)
{
    return o == 3 || o == 4 || o == 7 || o == 8;
}

void nn_exif_apply_point(int orientation, int width, int height, float *x, float *y)
{
    const bool turns = nn_exif_swaps_axes(orientation);
    const float u = turns ? *y : *x, v = turns ? *x : *y;
    *x = from_right(orientation) ? (float)width - u : u;
    *y = from_below(orientation) ? (float)height - v : v;
}

// Pixels of `size` bytes.
static void turn(uint8_t *out, const uint8_t *in, int w, int h, size_t size, int orientation)
{
    const bool turns = nn_exif_swaps_axes(orientation);
    const bool right = from_right(orientation), below = from_below(orientation);
    const int width = turns ? h : w, height = turns ? w : h;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int u = turns ? y : x, v = turns ? x : y;
            u = right ? width - 1 - u : u;
            v = below ? height - 1 - v : v;
            memcpy(out + size * ((size_t)v * (size_t)width + (size_t)u),
                   in + size * ((size_t)y * (size_t)w + (size_t)x), size);
        }
}

void nn_exif_apply_plane(uint8_t *out, const uint8_t *plane, int width, int height, int orientation)
{
    turn(out, plane, width, height, 1, orientation);
}

nn_status nn_exif_apply(nn_image *image, int orientation, nn_error *err)
{
    const int w = image->width, h = image->height;
    const bool turns = nn_exif_swaps_axes(orientation);
    if (orientation <= 1)
        return NN_OK;
    nn_image out = {turns ? h : w, turns ? w : h, nn_alloc((size_t)3 * (size_t)w * (size_t)h)};
    if (!out.rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", w, h);
    turn(out.rgb, image->rgb, w, h, 3, orientation);
    nn_free(image->rgb);
    *image = out;
    return NN_OK;
}
