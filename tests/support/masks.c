// SPDX-License-Identifier: MIT
// Writes index PNGs through libpng, and draws shapes.
#include "tests/support/masks.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <png.h>
#include <stdio.h>
#include <sys/stat.h>

void masks_write(const char *path, const uint8_t *labels, int width, int height, bool palette)
{
    uint8_t colours[256][3];
    int most = 0;
    for (int i = 0; i < 256; i++)
        for (int c = 0; c < 3; c++)
            colours[i][c] = (uint8_t)(i * 37 + c * 91);
    for (int i = 0; i < width * height; i++)
        most = labels[i] > most ? labels[i] : most;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)width,
                     .height = (png_uint_32)height,
                     .format = palette ? PNG_FORMAT_RGB_COLORMAP : PNG_FORMAT_GRAY,
                     .colormap_entries = palette ? (png_uint_32)most + 1 : 0};
    assert_true(png_image_write_to_file(&png, path, 0, labels, 0, palette ? colours : NULL));
}

typedef struct shape {
    int x0, y0, x1, y1;
    bool disc;
} shape;

// 2 inside, 1 on the rim.
static int covers(const shape *s, int x, int y)
{
    if (!s->disc)
        return x >= s->x0 && x < s->x1 && y >= s->y0 && y < s->y1
                   ? 2
                   : x >= s->x0 - 1 && x <= s->x1 && y >= s->y0 - 1 && y <= s->y1;
    const double r = 0.5 * (s->x1 - s->x0), dx = x + 0.5 - s->x0 - r, dy = y + 0.5 - s->y0 - r;
    const double d = dx * dx + dy * dy;
    return d < r * r ? 2 : d < (r + 1) * (r + 1);
}

static shape draw_shape(bool disc, int side, nn_rng *rng)
{
    const int w = side / 4 + (int)nn_rng_below(rng, side / 6);
    const int h = disc ? w : side / 5;
    const int x = (int)nn_rng_below(rng, side - w), y = (int)nn_rng_below(rng, side - h);
    return (shape){x, y, x + w, y + h, disc};
}

static void draw_picture(nn_image *image, uint8_t *labels, int side, nn_rng *rng)
{
    static const int tint[MASKS_CLASSES][3] = {{0, 0, 0}, {70, -20, -20}, {-20, -20, 70}};
    const shape shapes[2] = {draw_shape(true, side, rng), draw_shape(false, side, rng)};
    for (int i = 0; i < side * side; i++) {
        int label = 0;
        bool rim = false;
        for (int k = 0; k < 2; k++) {
            const int cover = covers(&shapes[k], i % side, i / side);
            label = cover == 2 ? k + 1 : label;
            rim = rim || cover == 1;
        }
        labels[i] = (uint8_t)(rim ? 255 : label);
        const int level = 60 + (int)nn_rng_below(rng, 100);
        for (int c = 0; c < 3; c++)
            image->rgb[3 * i + c] = (uint8_t)(level + tint[label][c]);
    }
}

void masks_make_folder(const char *dir, int count, int side, uint64_t seed)
{
    static const char classes[] = "background\ndisc\nbar\n";
    char name[256];
    nn_rng rng = nn_rng_seed(seed);
    const char *const parts[] = {"", "/images", "/masks"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", dir, parts[i]);
        assert_int_equal(mkdir(test_temp(name).text, 0777), 0);
    }
    snprintf(name, sizeof name, "%s/classes.txt", dir);
    test_write(test_temp(name).text, classes, sizeof classes - 1);
    nn_image image = {side, side, nn_alloc((size_t)3 * side * side)};
    uint8_t *labels = nn_alloc((size_t)side * side);
    for (int i = 0; i < count; i++) {
        draw_picture(&image, labels, side, &rng);
        snprintf(name, sizeof name, "%s/images/p%02d.png", dir, i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "%s/masks/p%02d.png", dir, i);
        masks_write(test_temp(name).text, labels, side, side, i % 3 == 0);
    }
    nn_image_release(&image);
    nn_free(labels);
}
