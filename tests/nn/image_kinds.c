// SPDX-License-Identifier: MIT
// TIFF, WebP and GIF: pixels, orientation, animations picture by picture; damage.
#include "nn/io/image/exif_orientation.h"
#include "nn/io/image/image.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum { W = 40, H = 24, COUNT = 3 };

static uint8_t rgb[COUNT][3 * W * H];

static void paint_all(void)
{
    for (int i = 0; i < COUNT; i++)
        picture_paint(rgb[i], W, H, i + 1);
}

static void expect_near(const nn_image *image, const uint8_t *wanted, int tolerance)
{
    assert_int_equal(image->width, W);
    assert_int_equal(image->height, H);
    for (int i = 0; i < 3 * W * H; i++)
        if (abs(image->rgb[i] - wanted[i]) > tolerance)
            fail_msg("byte %d: %d, not %d", i, image->rgb[i], wanted[i]);
}

static nn_image read_or_fail(const uint8_t *bytes, size_t size)
{
    nn_image image;
    nn_error err = {0};
    if (nn_image_parse(&image, bytes, size, &err) != NN_OK)
        fail_msg("%s", err.text);
    return image;
}

static void test_tiff(void **state)
{
    (void)state;
    static const picture_tiff_options kinds[] = {
        {0}, {.bits = 16}, {.deflate = 1}, {.tiled = 1}, {.samples = 4, .cmyk = 1}};
    paint_all();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t size;
        uint8_t *bytes = picture_tiff(rgb[0], W, H, &kinds[i], &size);
        if (!bytes)
            skip();
        nn_image image = read_or_fail(bytes, size);
        expect_near(&image, rgb[0], 1);
        nn_image_release(&image);
        free(bytes);
    }
}

static void test_tiff_grey_and_alpha(void **state)
{
    (void)state;
    size_t size;
    paint_all();
    uint8_t *bytes =
        picture_tiff(rgb[0], W, H, &(picture_tiff_options){.samples = 1, .bits = 16}, &size);
    if (!bytes)
        skip();
    nn_image image = read_or_fail(bytes, size);
    for (int i = 0; i < 3 * W * H; i++)
        assert_int_equal(image.rgb[i], rgb[0][i / 3 * 3]);
    nn_image_release(&image);
    free(bytes);
    bytes = picture_tiff(rgb[0], W, H, &(picture_tiff_options){.samples = 4}, &size);
    image = read_or_fail(bytes, size);
    for (int i = 0; i < 3 * W * H; i++) // half of it over black
        assert_in_range(image.rgb[i] + 2, rgb[0][i] / 2, rgb[0][i] / 2 + 4);
    nn_image_release(&image);
    free(bytes);
    bytes = picture_tiff(rgb[0], W, H, &(picture_tiff_options){.floats = 1}, &size);
    nn_error err = {0};
    assert_int_equal(nn_image_parse(&image, bytes, size, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "TIFF: "));
    assert_non_null(strstr(err.text, "32-bit"));
    free(bytes);
}

static void test_tiff_turned(void **state)
{
    (void)state;
    paint_all();
    for (int o = 1; o <= 8; o++) {
        size_t size;
        uint8_t *bytes =
            picture_tiff(rgb[0], W, H, &(picture_tiff_options){.orientation = o}, &size);
        if (!bytes)
            skip();
        nn_image wanted = read_or_fail(bytes, size), image = wanted, plain;
        free(bytes);
        bytes = picture_tiff(rgb[0], W, H, &(picture_tiff_options){0}, &size);
        plain = read_or_fail(bytes, size);
        assert_int_equal(nn_exif_apply(&plain, o, NULL), NN_OK); // as a JPEG (exif_orientation.c)
        assert_int_equal(image.width, o < 5 ? W : H);
        assert_int_equal(image.width, plain.width);
        assert_memory_equal(image.rgb, plain.rgb, sizeof rgb[0]);
        nn_image_release(&plain);
        nn_image_release(&image);
        free(bytes);
    }
}

typedef uint8_t *make_function(const uint8_t *rgb, int width, int height, int count, size_t *size);
static make_function *const makers[] = {picture_webp, picture_gif};

// The pixels that an encoder keeps of a picture.
static const uint8_t *kept(int maker, int i)
{
    static uint8_t coarse[3 * W * H];
    for (int k = 0; k < 3 * W * H; k++)
        coarse[k] = (uint8_t)(rgb[i][k] / 51 * 51);
    return maker == 0 ? rgb[i] : coarse;
}

static void test_moving(void **state)
{
    (void)state;
    paint_all();
    for (int m = 0; m < 2; m++)
        for (int count = 1; count <= COUNT; count += COUNT - 1) {
            size_t size;
            int ms;
            nn_image image;
            nn_error err = {0};
            nn_image_player *p;
            uint8_t *bytes = makers[m](rgb[0], W, H, count, &size);
            if (!bytes)
                continue;
            image = read_or_fail(bytes, size); // the first
            expect_near(&image, kept(m, 0), 0);
            nn_image_release(&image);
            assert_int_equal(nn_image_player_parse(&p, bytes, size, &err), NN_OK);
            for (int i = 0; i < count; i++) {
                if (nn_image_player_next(p, &image, &ms, &err) != 1)
                    fail_msg("%s", err.text);
                expect_near(&image, kept(m, i), 0);
                assert_int_equal(ms, count > 1 || m == 1 ? 40 : 0);
                nn_image_release(&image);
            }
            assert_int_equal(nn_image_player_next(p, &image, &ms, &err), 0);
            assert_int_equal(nn_image_player_next(p, &image, &ms, &err), 0);
            assert_null(image.rgb);
            nn_image_player_close(p);
            free(bytes);
        }
}

static void play(const uint8_t *bytes, size_t size)
{
    nn_image_player *p;
    nn_image image;
    nn_error err = {0};
    int ms, got = 1;
    if (nn_image_player_parse(&p, bytes, size, &err) == NN_OK) {
        while ((got = nn_image_player_next(p, &image, &ms, &err)) == 1)
            nn_image_release(&image);
        nn_image_player_close(p);
    }
    if (got != 0)
        assert_int_not_equal(err.text[0], 0);
}

static uint8_t *make_kind(int kind, size_t *size)
{
    if (kind == 0)
        return picture_tiff(rgb[0], W, H, &(picture_tiff_options){.deflate = 1}, size);
    return makers[(kind - 1) / 2](rgb[0], W, H, kind % 2 ? 1 : COUNT, size);
}

// A still picture that was cut off is an error; of one that moves, the rest.
static void test_damaged(void **state)
{
    (void)state;
    paint_all();
    for (int kind = 0; kind < 5; kind++) {
        size_t size;
        uint8_t *bytes = make_kind(kind, &size);
        for (size_t n = 1; bytes && n < size; n += n < 64 ? 1 : 7) {
            uint8_t *cut = malloc(n);
            assert_non_null(cut);
            memcpy(cut, bytes, n);
            play(cut, n);
            nn_image image;
            if (nn_image_parse(&image, cut, n, NULL) == NN_OK) {
                assert_true(kind > 1 || n > size - 16);
                nn_image_release(&image);
            }
            free(cut);
        }
        for (size_t i = 0; bytes && i < size; i += i < 128 ? 1 : 5) {
            bytes[i] ^= 0xff;
            play(bytes, size);
            bytes[i] ^= 0xff;
        }
        free(bytes);
    }
}

typedef struct block {
    const uint8_t *bytes;
    size_t size;
} block;

static nn_status parse_block(void *ctx, nn_error *err)
{
    const block *b = ctx;
    nn_image image;
    const nn_status status = nn_image_parse(&image, b->bytes, b->size, err);
    nn_image_release(&image);
    return status;
}

static void test_short_of_memory(void **state)
{
    (void)state;
    paint_all();
    for (int kind = 0; kind < 5; kind++) {
        block b;
        uint8_t *bytes = make_kind(kind, &b.size);
        b.bytes = bytes;
        if (bytes)
            assert_true(alloc_fail_each(parse_block, &b) >= 1);
        free(bytes);
    }
}

static void test_foreign(void **state)
{
    (void)state;
    nn_image image;
    nn_error err = {0};
    static const char heif[] = "\0\0\0\x18"
                               "ftypheic\0\0\0\0mif1heic";
    assert_int_equal(nn_image_parse(&image, heif, sizeof heif, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "HEIF is not read: convert it to JPEG"));
    assert_string_equal(nn_image_kind("\xff\xd8\xff\xe0", 4), "JPEG");
    assert_string_equal(nn_image_kind("GIF89a", 6), "GIF");
    assert_string_equal(nn_image_kind("RIFF1234WEBPVP8 ", 16), "WebP");
    assert_null(nn_image_kind("RIFF1234AVI LIST", 16));
    assert_null(nn_image_kind("", 0));
    assert_int_equal(nn_image_parse(&image, "RIFF1234AVI LIST", 16, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "JPEG, PNG, BMP, TIFF, WebP, GIF"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiff),        cmocka_unit_test(test_tiff_grey_and_alpha),
        cmocka_unit_test(test_tiff_turned), cmocka_unit_test(test_moving),
        cmocka_unit_test(test_damaged),     cmocka_unit_test(test_short_of_memory),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
