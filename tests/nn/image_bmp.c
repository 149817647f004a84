// SPDX-License-Identifier: MIT
// BMP in all its ways: palettes, bit fields, run lengths, both directions, both headers; damage.
#include "nn/io/image/image.h"
#include "tests/support/files.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

typedef struct bmp {
    uint8_t bytes[1024];
    size_t size;
} bmp;

static void put(bmp *b, int count, uint32_t value)
{
    for (int i = 0; i < count; i++)
        b->bytes[b->size++] = (uint8_t)(value >> 8 * i);
}

static void put_all(bmp *b, const void *bytes, size_t count)
{
    memcpy(b->bytes + b->size, bytes, count);
    b->size += count;
}

// Headers up to the palette; `pixels` is the place where they begin.
static void begin(bmp *b, int width, int height, int bits, int kind, int colours, uint32_t pixels)
{
    b->size = 0;
    put_all(b, "BM", 2);
    put(b, 4, 0);
    put(b, 4, 0);
    put(b, 4, pixels);
    put(b, 4, 40);
    put(b, 4, (uint32_t)width);
    put(b, 4, (uint32_t)height);
    put(b, 2, 1);
    put(b, 2, (uint32_t)bits);
    put(b, 4, (uint32_t)kind);
    for (int i = 0; i < 3; i++)
        put(b, 4, 0);
    put(b, 4, (uint32_t)colours);
    put(b, 4, 0);
}

static nn_status parse(const bmp *b, nn_image *image, nn_error *err)
{
    uint8_t *exact = malloc(b->size); // for sanitizers
    assert_non_null(exact);
    memcpy(exact, b->bytes, b->size);
    const nn_status status = nn_image_parse(image, exact, b->size, err);
    free(exact);
    return status;
}

// The pixels as RRGGBB, row by row.
static void expect(const bmp *b, int width, int height, const uint32_t *pixels)
{
    nn_image image;
    nn_error err = {0};
    if (parse(b, &image, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    for (int i = 0; i < width * height; i++) {
        const uint8_t *p = image.rgb + 3 * i;
        assert_int_equal((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2], pixels[i]);
    }
    nn_image_release(&image);
}

static void test_palettes(void **state)
{
    (void)state;
    bmp b;
    static const uint32_t wanted[] = {0x112233, 0xffeedd, 0x112233, 0xffeedd, 0xffeedd, 0x112233};
    for (int bits = 1; bits <= 8; bits *= 2) {
        begin(&b, 3, 2, bits, 0, 2, 54 + 8);
        put(&b, 4, 0x112233);
        put(&b, 4, 0xffeedd);
        const unsigned rows[2][3] = {{1, 1, 0}, {0, 1, 0}}; // from below
        for (int y = 0; y < 2; y++) {
            uint32_t row = 0;
            for (int x = 0; x < 3; x++)
                row |=
                    rows[y][x] << (bits == 8 ? 8 * x
                                             : 8 - bits * (x + 1) + (bits == 4 && x == 2 ? 16 : 0));
            put(&b, 4, row);
        }
        expect(&b, 3, 2, wanted);
    }
}

static void test_colours(void **state)
{
    (void)state;
    bmp b;
    static const uint32_t wanted[] = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff};
    begin(&b, 2, -2, 24, 0, 0, 54); // top down
    put_all(&b, "\0\0\xff\0\xff\0\0\0\xff\0\0\xff\xff\xff", 14);
    expect(&b, 2, 2, wanted);
    begin(&b, 2, -2, 16, 0, 0, 54);
    put(&b, 4, 0x7c00 | 0x3e0 << 16);
    put(&b, 4, 0x1f | 0x7fffU << 16);
    expect(&b, 2, 2, wanted);
    begin(&b, 2, -2, 16, 3, 0, 66);
    put(&b, 4, 0xf800);
    put(&b, 4, 0x7e0);
    put(&b, 4, 0x1f);
    put(&b, 4, 0xf800 | 0x7e0 << 16);
    put(&b, 4, 0x1f | 0xffffU << 16);
    expect(&b, 2, 2, wanted);
    begin(&b, 2, -2, 32, 3, 0, 66);
    put(&b, 4, 0xff000000);
    put(&b, 4, 0xff0000);
    put(&b, 4, 0xff00);
    for (int i = 0; i < 4; i++)
        put(&b, 4, wanted[i] << 8 | 0x7f);
    expect(&b, 2, 2, wanted);
    begin(&b, 2, -2, 32, 0, 0, 0); // where its pixels are is not told
    for (int i = 0; i < 4; i++)
        put(&b, 4, wanted[i]);
    expect(&b, 2, 2, wanted);
}

static void test_old_header(void **state)
{
    (void)state;
    bmp b = {.size = 0};
    put_all(&b, "BM\0\0\0\0\0\0\0\0", 10);
    put(&b, 4, 26 + 6);
    put(&b, 4, 12);
    put(&b, 2, 2);
    put(&b, 2, 1);
    put(&b, 2, 1);
    put(&b, 2, 1);
    put_all(&b, "\1\2\3\4\5\6", 6);
    put(&b, 4, 0x40);
    expect(&b, 2, 1, (const uint32_t[]){0x030201, 0x060504});
}

static void test_runs(void **state)
{
    (void)state;
    bmp b;
    begin(&b, 4, 3, 8, 1, 3, 54 + 12);
    put(&b, 4, 0x000001);
    put(&b, 4, 0x000002);
    put(&b, 4, 0x000003);
    put_all(&b, "\3\1\1\2\0\0", 6);      // below: 2 2 2 3
    put_all(&b, "\0\3\0\1\2\0\0\0", 8);  // three single ones, padded
    put_all(&b, "\0\2\2\0\x9\2\0\1", 8); // two to the right, a run that is too long, the end
    expect(&b, 4, 3, (const uint32_t[]){1, 1, 3, 3, 1, 2, 3, 1, 2, 2, 2, 3});
    begin(&b, 4, 1, 4, 2, 3, 54 + 12);
    put(&b, 4, 0x000001);
    put(&b, 4, 0x000002);
    put(&b, 4, 0x000003);
    put_all(&b, "\3\x12\1\0\0\1", 6); // in turn
    expect(&b, 4, 1, (const uint32_t[]){2, 3, 2, 1});
}

static void test_refused(void **state)
{
    (void)state;
    bmp b;
    nn_image image;
    nn_error err = {0};
    begin(&b, 2, 2, 24, 4, 0, 54); // a JPEG inside
    assert_int_equal(parse(&b, &image, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "BMP: 24 bits a pixel with compression 4"));
    begin(&b, 16384, 16384, 1, 1, 0, 54);
    assert_int_equal(parse(&b, &image, &err), NN_EUNSUPPORTED);
    begin(&b, 16384, 16384, 8, 1, 1, 58); // 268 million pixels in no byte
    put(&b, 4, 0);
    assert_int_equal(parse(&b, &image, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "cannot hold 16384x16384"));
    begin(&b, 1 << 20, 1 << 20, 8, 1, 1, 58);
    put(&b, 4, 0);
    assert_int_equal(parse(&b, &image, &err), NN_EUNSUPPORTED);
}

static void test_damaged(void **state)
{
    (void)state;
    uint8_t rgb[3 * 7 * 5];
    size_t size;
    picture_paint(rgb, 7, 5, 1);
    uint8_t *good = picture_bmp(rgb, 7, 5, &size);
    bmp b = {.size = size};
    nn_image image;
    memcpy(b.bytes, good, size);
    assert_int_equal(parse(&b, &image, NULL), NN_OK);
    assert_memory_equal(image.rgb, rgb, sizeof rgb);
    nn_image_release(&image);
    for (b.size = 1; b.size < size - 3; b.size++) // the last row's padding may lack
        assert_int_not_equal(parse(&b, &image, NULL), NN_OK);
    b.size = size;
    for (size_t i = 0; i < 54; i++)
        for (int value = 0; value < 256; value += 17) {
            b.bytes[i] = (uint8_t)value;
            if (parse(&b, &image, NULL) == NN_OK)
                nn_image_release(&image);
            b.bytes[i] = good[i];
        }
    free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_palettes),   cmocka_unit_test(test_colours),
        cmocka_unit_test(test_old_header), cmocka_unit_test(test_runs),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
