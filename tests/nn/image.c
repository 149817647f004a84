// SPDX-License-Identifier: MIT
// Pictures: PNG round trip, PNG and JPEG variants, scaled decoding, truncated and damaged files.
#include "nn/io/image/image.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

enum { W = 67, H = 45 };

// Smooth, so that JPEG keeps it to a few levels.
static void paint(uint8_t *rgb, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = rgb + 3 * (y * width + x);
            p[0] = (uint8_t)(255 * x / width);
            p[1] = (uint8_t)(255 * y / height);
            p[2] = (uint8_t)(128 + 100 * x / width - 100 * y / height);
        }
}

static uint8_t *make_jpeg(int width, int height, int flags, size_t *size)
{
    uint8_t *rgb = malloc((size_t)(3 * width * height));
    paint(rgb, width, height);
    tjhandle tj = tjInitCompress();
    unsigned char *jpeg = NULL;
    unsigned long n = 0;
    assert_int_equal(
        tjCompress2(tj, rgb, width, 0, height, TJPF_RGB, &jpeg, &n, TJSAMP_420, 95, flags), 0);
    uint8_t *copy = malloc(n);
    memcpy(copy, jpeg, n);
    *size = n;
    tjFree(jpeg);
    tjDestroy(tj);
    free(rgb);
    return copy;
}

static uint8_t *make_png(const void *pixels, unsigned format, const void *palette, size_t *size)
{
    png_image png = {.version = PNG_IMAGE_VERSION, .width = W, .height = H, .format = format};
    if (palette)
        png.colormap_entries = 4;
    png_alloc_size_t n = 1 << 20;
    uint8_t *bytes = malloc(n);
    assert_true(png_image_write_to_memory(&png, bytes, &n, 0, pixels, 0, palette));
    uint8_t *exact = malloc(n);
    memcpy(exact, bytes, n);
    free(bytes);
    *size = n;
    return exact;
}

static void test_png_round_trip(void **state)
{
    (void)state;
    uint8_t rgb[3 * W * H];
    paint(rgb, W, H);
    const nn_image image = {W, H, rgb};
    test_path path = test_temp("a.png");
    assert_int_equal(nn_image_save_png(&image, path.text, NULL), NN_OK);
    nn_image back;
    assert_int_equal(nn_image_load(&back, path.text, NULL), NN_OK);
    assert_int_equal(back.width, W);
    assert_int_equal(back.height, H);
    assert_memory_equal(back.rgb, rgb, sizeof rgb);
    nn_frame frame = nn_image_frame(&back);
    assert_int_equal(frame.format, NN_PIXEL_RGB);
    assert_int_equal(frame.stride[0], 3 * W);
    assert_ptr_equal(frame.plane[0], back.rgb);
    nn_image_release(&back);
    assert_null(back.rgb);
    nn_error err;
    assert_int_equal(nn_image_save_png(&(nn_image){0}, path.text, &err), NN_EINVAL);
    assert_int_equal(nn_image_save_png(&image, "/nowhere/a.png", &err), NN_ENOTFOUND);
}

// Saved and loaded, a smooth picture is nearly unchanged; the higher the quality, the nearer.
static void test_jpeg_round_trip(void **state)
{
    (void)state;
    enum { SIDE = 64 };
    static uint8_t rgb[3 * SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = (uint8_t)(c == 0 ? 2 * (i % SIDE) : c == 1 ? 2 * (i / SIDE) : 80);
    const nn_image image = {SIDE, SIDE, rgb};
    test_path path = test_temp("a.jpg");
    nn_error err = {0};
    int worst[2] = {0, 0};
    for (int good = 0; good < 2; good++) {
        nn_image back;
        assert_int_equal(nn_image_save_jpeg(&image, path.text, good ? 95 : 20, &err), NN_OK);
        assert_int_equal(nn_image_load(&back, path.text, &err), NN_OK);
        assert_int_equal(back.width, SIDE);
        assert_int_equal(back.height, SIDE);
        for (size_t i = 0; i < sizeof rgb; i++)
            worst[good] =
                abs(back.rgb[i] - rgb[i]) > worst[good] ? abs(back.rgb[i] - rgb[i]) : worst[good];
        nn_image_release(&back);
    }
    assert_true(worst[1] <= 8 && worst[1] < worst[0]);
    assert_int_equal(nn_image_save_jpeg(&image, path.text, 0, &err), NN_EINVAL);
    assert_int_equal(nn_image_save_jpeg(&(nn_image){0}, path.text, 90, &err), NN_EINVAL);
    assert_int_equal(nn_image_save_jpeg(&image, "/nowhere/a.jpg", 90, &err), NN_ENOTFOUND);
}

static void expect_pixel(const uint8_t *png, size_t size, int i, int r, int g, int b)
{
    nn_image image;
    nn_error err = {0};
    if (nn_image_parse(&image, png, size, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(image.width, W);
    assert_in_range(image.rgb[3 * i] + 1, r, r + 2);
    assert_in_range(image.rgb[3 * i + 1] + 1, g, g + 2);
    assert_in_range(image.rgb[3 * i + 2] + 1, b, b + 2);
    nn_image_release(&image);
}

static void test_png_variants(void **state)
{
    (void)state;
    size_t size;
    uint8_t pixels[4 * W * H];
    memset(pixels, 0, sizeof pixels);
    pixels[5] = 200;
    uint8_t *png = make_png(pixels, PNG_FORMAT_GRAY, NULL, &size);
    expect_pixel(png, size, 5, 200, 200, 200);
    free(png);
    memset(pixels, 0, sizeof pixels);
    memcpy(pixels + 4 * 5, (uint8_t[]){10, 20, 30, 255}, 4);
    png = make_png(pixels, PNG_FORMAT_RGBA, NULL, &size);
    expect_pixel(png, size, 5, 10, 20, 30);
    expect_pixel(png, size, 6, 0, 0, 0);
    free(png);
    memset(pixels, 0, sizeof pixels);
    pixels[5] = 2;
    const uint8_t palette[4][3] = {{1, 2, 3}, {0}, {90, 80, 70}, {0}};
    png = make_png(pixels, PNG_FORMAT_RGB | PNG_FORMAT_FLAG_COLORMAP, palette, &size);
    expect_pixel(png, size, 5, 90, 80, 70);
    expect_pixel(png, size, 6, 1, 2, 3);
    free(png);
}

static void test_jpeg(void **state)
{
    (void)state;
    uint8_t rgb[3 * W * H];
    paint(rgb, W, H);
    for (int progressive = 0; progressive < 2; progressive++) {
        size_t size;
        uint8_t *jpeg = make_jpeg(W, H, progressive ? TJFLAG_PROGRESSIVE : 0, &size);
        nn_image image;
        assert_int_equal(nn_image_parse(&image, jpeg, size, NULL), NN_OK);
        assert_int_equal(image.width, W);
        assert_int_equal(image.height, H);
        for (int i = 0; i < 3 * W * H; i++)
            assert_in_range(abs(image.rgb[i] - rgb[i]), 0, 12);
        nn_image_release(&image);
        free(jpeg);
    }
}

static void test_scaled_decoding(void **state)
{
    (void)state;
    size_t size;
    uint8_t *jpeg = make_jpeg(400, 301, 0, &size);
    test_path path = test_temp("a.jpg");
    test_write(path.text, jpeg, size);
    const struct {
        int ask_w, ask_h, get_w, get_h;
    } cases[] = {{400, 301, 400, 301}, {401, 1, 400, 301}, {200, 151, 200, 151},
                 {200, 152, 400, 301}, {1, 1, 50, 38},     {100, 76, 100, 76},
                 {0, 0, 400, 301},     {101, 10, 200, 151}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_image image;
        int full_w = 0, full_h = 0;
        assert_int_equal(nn_image_load_at_least(&image, path.text, cases[i].ask_w, cases[i].ask_h,
                                                &full_w, &full_h, NULL),
                         NN_OK);
        assert_int_equal(image.width, cases[i].get_w);
        assert_int_equal(image.height, cases[i].get_h);
        assert_int_equal(full_w, 400);
        assert_int_equal(full_h, 301);
        nn_image_release(&image);
    }
    free(jpeg);
}

// Cut after every byte but the last few (a JPEG without its end marker may be complete otherwise).
static void cut_everywhere(const uint8_t *whole, size_t size, size_t spare)
{
    for (size_t n = 0; n + spare < size; n++) {
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, whole, n);
        nn_image image;
        nn_error err = {0};
        nn_status status = nn_image_parse(&image, cut, n, &err);
        if (status == NN_OK)
            fail_msg("%zu of %zu bytes were accepted", n, size);
        assert_null(image.rgb);
        assert_int_not_equal(err.text[0], 0);
        free(cut);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    size_t size;
    uint8_t *jpeg = make_jpeg(W, H, 0, &size);
    cut_everywhere(jpeg, size, 2);
    free(jpeg);
    uint8_t rgb[3 * W * H];
    paint(rgb, W, H);
    uint8_t *png = make_png(rgb, PNG_FORMAT_RGB, NULL, &size);
    cut_everywhere(png, size, 16);
    free(png);
}

static void test_damaged_bytes_never_crash(void **state)
{
    (void)state;
    size_t size;
    uint8_t *files[2] = {make_jpeg(W, H, TJFLAG_PROGRESSIVE, &size)};
    size_t sizes[2] = {size};
    uint8_t rgb[3 * W * H];
    paint(rgb, W, H);
    files[1] = make_png(rgb, PNG_FORMAT_RGB, NULL, &sizes[1]);
    for (int f = 0; f < 2; f++) {
        for (size_t i = 0; i < sizes[f]; i++) {
            files[f][i] ^= 0xff;
            nn_image image;
            if (nn_image_parse(&image, files[f], sizes[f], NULL) == NN_OK)
                nn_image_release(&image);
            files[f][i] ^= 0xff;
        }
        free(files[f]);
    }
}

// A header of a few bytes may not make us allocate gigabytes.
static void test_promised_sizes(void **state)
{
    (void)state;
    uint8_t rgb[3 * W * H];
    paint(rgb, W, H);
    size_t size;
    uint8_t *png = make_png(rgb, PNG_FORMAT_RGB, NULL, &size);
    nn_image image;
    nn_error err = {0};
    // IHDR: width at 16, height at 20, checksum of bytes 12..28 at 29.
    const struct {
        uint32_t side;
        nn_status status;
    } cases[] = {{0x7fffffff, NN_EUNSUPPORTED}, {16384, NN_EFORMAT}};
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 4; k++)
            png[16 + k] = png[20 + k] = (uint8_t)(cases[i].side >> 8 * (3 - k));
        uint32_t crc = 0xffffffff;
        for (int k = 12; k < 29; k++) {
            crc ^= png[k];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        for (int k = 0; k < 4; k++)
            png[29 + k] = (uint8_t)(~crc >> 8 * (3 - k));
        nn_status status = nn_image_parse(&image, png, size, &err);
        assert_true(status == cases[i].status || status == NN_EFORMAT);
        assert_null(image.rgb);
    }
    free(png);
}

// A chunk may not make libpng allocate more than the file holds.
static void test_promised_chunks(void **state)
{
    (void)state;
    uint8_t grey[W * H] = {0};
    size_t size;
    uint8_t *png = make_png(grey, PNG_FORMAT_GRAY, NULL, &size);
    static const char *const types[] = {"eXIf", "iCCP", "zTXt", "prVt", "IDAT"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        uint8_t *with = malloc(size + 16); // a chunk of 4 bytes behind the header
        assert_non_null(with);
        memcpy(with, png, 33);
        memcpy(with + 33, "\x66\0\0\4", 4);
        memcpy(with + 37, types[i], 4);
        memset(with + 41, 0, 8);
        memcpy(with + 49, png + 33, size - 33);
        nn_image image;
        nn_indices indices;
        nn_error err = {0};
        assert_int_equal(nn_image_parse(&image, with, size + 16, &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "the chunk at byte 33 ends after the file"));
        assert_int_equal(nn_indices_parse(&indices, with, size + 16, &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "the chunk at byte 33 ends after the file"));
        free(with);
    }
    // Bytes after the end of the picture belong to no chunk.
    uint8_t *longer = malloc(size + 12);
    assert_non_null(longer);
    memcpy(longer, png, size);
    memset(longer + size, 0xff, 12);
    nn_image image;
    assert_int_equal(nn_image_parse(&image, longer, size + 12, NULL), NN_OK);
    nn_image_release(&image);
    free(longer);
    free(png);
}

static void test_other_files(void **state)
{
    (void)state;
    nn_image image;
    nn_error err = {0};
    assert_int_equal(nn_image_parse(&image, "", 0, &err), NN_EFORMAT);
    assert_int_equal(nn_image_parse(&image, "GIF87", 5, &err), NN_EFORMAT);
    assert_int_equal(nn_image_load(&image, test_temp("none.png").text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "none.png"));
    test_path path = test_temp("text.jpg");
    test_write(path.text, "not a picture", 13);
    assert_int_equal(nn_image_load(&image, path.text, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "text.jpg: no picture of a kind that is read"));
}

static void test_short_of_memory(void **state)
{
    (void)state;
    size_t size;
    uint8_t *jpeg = make_jpeg(W, H, 0, &size);
    nn_image image;
    nn_error err = {0};
    alloc_reset(0);
    nn_status status = nn_image_parse(&image, jpeg, size, &err);
    alloc_reset(-1);
    assert_int_equal(status, NN_ENOMEM);
    assert_null(image.rgb);
    free(jpeg);
    uint8_t rgb[3] = {1, 2, 3};
    for (long n = 0; n < 2; n++) {
        alloc_reset(n);
        status = nn_image_save_png(&(nn_image){1, 1, rgb}, test_temp("short.png").text, &err);
        alloc_reset(-1);
        assert_int_equal(status, NN_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_round_trip),
        cmocka_unit_test(test_jpeg_round_trip),
        cmocka_unit_test(test_png_variants),
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_scaled_decoding),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged_bytes_never_crash),
        cmocka_unit_test(test_promised_sizes),
        cmocka_unit_test(test_promised_chunks),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
