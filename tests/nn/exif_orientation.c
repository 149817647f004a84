// SPDX-License-Identifier: MIT
// Pictures as cameras and presses write them: rotated by Exif, in CMYK, with 16 bits.
#include "nn/io/image/exif_orientation.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <zlib.h>

enum { W = 64, H = 40 };

// Red grows to the right, green downwards.
static void paint(uint8_t rgb[3 * W * H])
{
    for (int i = 0; i < W * H; i++) {
        rgb[3 * i] = (uint8_t)(3 * (i % W) + 30);
        rgb[3 * i + 1] = (uint8_t)(5 * (i / W) + 30);
        rgb[3 * i + 2] = 60;
    }
}

// Exif data with one directory of two entries, the orientation the second one.
static size_t make_exif(uint8_t *to, bool big, int orientation)
{
    static const uint8_t little_bytes[] = {'I', 'I', '*', 0, 8, 0,   0, 0, 2, 0,    0x0f, 1, 2,
                                           0,   1,   0,   0, 0, 'x', 0, 0, 0, 0x12, 1,    3, 0,
                                           1,   0,   0,   0, 0, 0,   0, 0, 0, 0,    0,    0};
    static const uint8_t big_bytes[] = {'M', 'M', 0, '*', 0, 0,   0, 8, 0, 2, 1,    0x0f, 0,
                                        2,   0,   0, 0,   1, 'x', 0, 0, 0, 1, 0x12, 0,    3,
                                        0,   0,   0, 1,   0, 0,   0, 0, 0, 0, 0,    0};
    memcpy(to, big ? big_bytes : little_bytes, sizeof big_bytes);
    to[big ? 31 : 30] = (uint8_t)orientation;
    return sizeof big_bytes;
}

// Puts `n` bytes into a file after its first `at`.
static uint8_t *insert(const uint8_t *file, size_t *size, size_t at, const uint8_t *bytes, size_t n)
{
    uint8_t *out = malloc(*size + n);
    memcpy(out, file, at);
    memcpy(out + at, bytes, n);
    memcpy(out + at + n, file + at, *size - at);
    *size += n;
    return out;
}

static uint8_t *turned_jpeg(bool big, int orientation, size_t *size)
{
    uint8_t rgb[3 * W * H], segment[64] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0};
    paint(rgb);
    unsigned char *jpeg = NULL;
    unsigned long n = 0;
    tjhandle tj = tjInitCompress();
    assert_int_equal(tjCompress2(tj, rgb, W, 0, H, TJPF_RGB, &jpeg, &n, TJSAMP_444, 95, 0), 0);
    const size_t length = 10 + make_exif(segment + 10, big, orientation);
    segment[3] = (uint8_t)(length - 2);
    *size = n;
    uint8_t *out = insert(jpeg, size, big ? 2 : 20, segment, length); // before or after JFIF's
    tjFree(jpeg);
    tjDestroy(tj);
    return out;
}

static uint8_t *turned_png(bool big, int orientation, size_t *size)
{
    uint8_t rgb[3 * W * H], chunk[64] = {0, 0, 0, 0, 'e', 'X', 'I', 'f'};
    static uint8_t file[1 << 16];
    paint(rgb);
    png_image png = {
        .version = PNG_IMAGE_VERSION, .width = W, .height = H, .format = PNG_FORMAT_RGB};
    png_alloc_size_t n = sizeof file;
    assert_true(png_image_write_to_memory(&png, file, &n, 0, rgb, 0, NULL));
    const size_t length = make_exif(chunk + 8, big, orientation);
    const uLong sum = crc32(0, chunk + 4, (uInt)length + 4);
    chunk[3] = (uint8_t)length;
    for (int i = 0; i < 4; i++)
        chunk[8 + length + (size_t)i] = (uint8_t)(sum >> 8 * (3 - i));
    *size = n;
    return insert(file, size, 33, chunk, length + 12); // behind the header
}

static bool is_at(const nn_image *m, int corner, int x, int y)
{
    const int u = corner == 'a' || corner == 'c' ? 0 : m->width - 1;
    const int v = corner == 'a' || corner == 'b' ? 0 : m->height - 1;
    const uint8_t *p = m->rgb + 3 * (v * m->width + u);
    return abs(p[0] - 3 * x - 30) < 12 && abs(p[1] - 5 * y - 30) < 12;
}

// Corners a b over c d: where the stored picture's first and last pixel of the first row are seen.
static const char first[] = " abdcabdc", second[] = " bacdcdba";

static void test_orientations(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++)
        for (int orientation = 0; orientation <= 9; orientation++) {
            size_t size;
            const bool big = k % 2;
            uint8_t *bytes =
                k < 2 ? turned_jpeg(big, orientation, &size) : turned_png(big, orientation, &size);
            const int o = orientation < 1 || orientation > 8 ? 1 : orientation;
            nn_image image;
            nn_error err = {0};
            assert_int_equal(nn_exif_orientation(bytes, size), o);
            if (nn_image_parse(&image, bytes, size, &err) != NN_OK)
                fail_msg("%s", err.text);
            assert_int_equal(image.width, o < 5 ? W : H);
            assert_int_equal(image.height, o < 5 ? H : W);
            assert_true(is_at(&image, first[o], 0, 0));
            assert_true(is_at(&image, second[o], W - 1, 0));
            nn_image_release(&image);
            free(bytes);
        }
}

static void test_scaled(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = turned_jpeg(true, 6, &size);
    const test_path path = test_temp("turned.jpg");
    test_write(path.text, bytes, size);
    nn_image image;
    int w, h;
    // As it is seen: 40x64. One side that would be too small keeps it whole.
    assert_int_equal(nn_image_load_at_least(&image, path.text, 20, 32, &w, &h, NULL), NN_OK);
    assert_true(image.width == 20 && image.height == 32 && w == H && h == W);
    nn_image_release(&image);
    assert_int_equal(nn_image_load_at_least(&image, path.text, 32, 20, &w, &h, NULL), NN_OK);
    assert_true(image.width == 40 && image.height == 64);
    nn_image_release(&image);
    free(bytes);
}

// For any Exif data the picture is read, and no byte outside of it.
static void test_damaged(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        size_t size;
        uint8_t *bytes = turned_jpeg(k, 6, &size);
        const size_t begin = k ? 12 : 30, end = begin + 38;
        for (size_t i = begin; i < end; i++)
            for (int value = 0; value < 256; value += 51) {
                const uint8_t kept = bytes[i];
                nn_image image;
                bytes[i] = (uint8_t)value;
                assert_int_equal(nn_image_parse(&image, bytes, size, NULL), NN_OK);
                nn_image_release(&image);
                bytes[i] = kept;
            }
        for (size_t n = 0; n < end; n++) {
            uint8_t *cut = malloc(n ? n : 1);
            memcpy(cut, bytes, n);
            assert_in_range(nn_exif_orientation(cut, n), 1, 8);
            free(cut);
        }
        free(bytes);
    }
}

static void test_cmyk(void **state)
{
    (void)state;
    static uint8_t cmyk[4 * W * H];
    for (int i = 0; i < W * H; i++)
        memcpy(cmyk + 4 * i, (uint8_t[]){200, 100, 40, 204}, 4);
    unsigned char *jpeg = NULL;
    unsigned long n = 0;
    tjhandle tj = tjInitCompress();
    assert_int_equal(tjCompress2(tj, cmyk, W, 0, H, TJPF_CMYK, &jpeg, &n, TJSAMP_444, 95, 0), 0);
    assert_true(nn_image_is_adobe(jpeg, n));
    nn_image image;
    nn_error err = {0};
    if (nn_image_parse(&image, jpeg, n, &err) != NN_OK)
        fail_msg("%s", err.text);
    static const int want[3] = {160, 80, 32}; // ink times light that the black leaves
    for (int c = 0; c < 3; c++)
        assert_in_range(image.rgb[3 * 700 + c], want[c] - 4, want[c] + 4);
    nn_image_release(&image);
    tjFree(jpeg);
    tjDestroy(tj);
}

// 16-bit PNG without a gamma is read as sRGB.
static void test_sixteen_bits(void **state)
{
    (void)state;
    const test_path path = test_temp("deep.png");
    FILE *f = fopen(path.text, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_true(f && png && info && setjmp(png_jmpbuf(png)) == 0);
    png_init_io(png, f);
    png_set_IHDR(png, info, 2, 1, 16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_write_row(png, (const uint8_t[]){0x20, 0x00, 0x80, 0x00});
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(f);
    nn_image image;
    assert_int_equal(nn_image_load(&image, path.text, NULL), NN_OK);
    for (int i = 0; i < 6; i++)
        assert_in_range(image.rgb[i], i < 3 ? 31 : 127, i < 3 ? 33 : 129);
    nn_image_release(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orientations), cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_damaged),      cmocka_unit_test(test_cmyk),
        cmocka_unit_test(test_sixteen_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
