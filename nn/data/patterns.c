// SPDX-License-Identifier: MIT
// Draws test cards and other pictures without objects, such as screens and encoders show.
#include "nn/data/patterns.h"

#include "nn/base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The parameters of one pattern. Sizes and positions are in pixels.
typedef struct pattern {
    int width, height;
    uint8_t a[3], b[3]; // two colours
    float angle, size;  // of the repeated part: radians, pixels
    uint64_t seed;
} pattern;

static void set_colour(uint8_t *rgb, const uint8_t from[3])
{
    memcpy(rgb, from, 3);
}

static void mix_colours(const pattern *p, float part, uint8_t *rgb)
{
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)((float)p->a[c] + part * ((float)p->b[c] - (float)p->a[c]) + 0.5f);
}

// The random bits of field (a, b) of a pattern.
static uint64_t field_bits(const pattern *p, int a, int b)
{
    return nn_hash_mix(p->seed + (uint64_t)a * 4096 + (uint64_t)b);
}

// The colour of a field: a corner of the RGB cube between `low` and `high`, a grey, or any colour.
static void draw_field(uint64_t bits, uint8_t low, uint8_t high, uint8_t *rgb)
{
    const int corner = (int)(bits % 8), kind = (int)(bits / 8 % 8);
    for (int c = 0; c < 3; c++)
        rgb[c] = kind < 6 ? (corner >> c & 1 ? high : low) : (uint8_t)(bits >> (kind == 6 ? 16 : 16 + 8 * c));
}

// One to three rows of test bars, each with its own number of them, in colours at random. No test card of a
// standard (SMPTE, EBU) is drawn: those can then tell whether a model has learnt the kind or the picture.
static void draw_bars(const pattern *p, int x, int y, uint8_t *rgb)
{
    const uint64_t bits = nn_hash_mix(p->seed);
    const int first = (int)(40 + bits % 61), second = first + (int)(bits >> 8) % 30; // ends of rows, per cent
    const int part = 100 * y / p->height, row = (part >= first) + (part >= second);
    const int count = 2 + (int)(field_bits(p, row, 1000) % 11);
    const uint8_t low = bits >> 16 & 1 ? 16 : 0, high = bits >> 17 & 1 ? 255 : (uint8_t)(150 + (bits >> 20) % 90);
    draw_field(field_bits(p, row, count * x / p->width), low, high, rgb);
}

// Bars over the whole height that become narrower to the right; half of them darken downwards.
static void draw_columns(const pattern *p, int x, int y, uint8_t *rgb)
{
    const uint64_t bits = nn_hash_mix(p->seed);
    const float u = (float)x / (float)p->width, bend = (float)(bits % 100) * 0.01f; // 0: equal widths
    const int column = (int)((float)(3 + bits / 128 % 12) * u * (1 - bend + bend * u));
    draw_field(field_bits(p, column, 0), 0, 255, rgb);
    const int shade = bits >> 40 & 1 ? 100 : 100 - 60 * y / p->height; // per cent
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(rgb[c] * shade / 100);
}

// Position along the pattern's angle, pixels.
static float along(const pattern *p, int x, int y)
{
    return (float)x * cosf(p->angle) + (float)y * sinf(p->angle);
}

static void draw_ramp(const pattern *p, int x, int y, uint8_t *rgb)
{
    const float reach = (float)(p->width + p->height);
    mix_colours(p, fminf(fabsf(along(p, x, y)) / reach * 1.4f, 1), rgb);
}

static void draw_rings(const pattern *p, int x, int y, uint8_t *rgb)
{
    const float dx = (float)x - 0.5f * (float)p->width, dy = (float)y - 0.5f * (float)p->height;
    mix_colours(p, 0.5f + 0.5f * sinf((dx * dx + dy * dy) / (8 * p->size)), rgb);
}

static void draw_stripes(const pattern *p, int x, int y, uint8_t *rgb)
{
    mix_colours(p, 0.5f + 0.5f * sinf(along(p, x, y) * 3.14159265f / p->size), rgb);
}

static void draw_checks(const pattern *p, int x, int y, uint8_t *rgb)
{
    const int side = (int)p->size + 1;
    set_colour(rgb, (x / side + y / side) % 2 ? p->a : p->b);
}

// Lines with a circle, as on test cards.
static void draw_grid(const pattern *p, int x, int y, uint8_t *rgb)
{
    const int side = 2 * (int)p->size + 6;
    const float dx = (float)x - 0.5f * (float)p->width, dy = (float)y - 0.5f * (float)p->height;
    const bool rim = fabsf(sqrtf(dx * dx + dy * dy) - 0.42f * (float)p->height) < 1.5f;
    set_colour(rgb, rim || x % side < 2 || y % side < 2 ? p->a : p->b);
}

static void draw_noise(const pattern *p, int x, int y, uint8_t *rgb)
{
    const uint64_t bits = nn_hash_mix(p->seed + (uint64_t)y * 65536 + (uint64_t)x);
    for (int c = 0; c < 3; c++) // grey, as without a signal, or coloured
        rgb[c] = (uint8_t)(bits >> (p->seed % 2 ? 8 * c : 0));
}

// Value noise: interpolates random values at the corners of cells (after Perlin 1985).
static float value_noise(const pattern *p, float x, float y)
{
    const float left = floorf(x), top = floorf(y), fx = x - left, fy = y - top;
    float v[4];
    for (int i = 0; i < 4; i++) {
        const uint64_t cell =
            (uint64_t)(left + (float)(i & 1)) * 7919 + (uint64_t)(top + (float)(i >> 1)) * 104729;
        v[i] = (float)(nn_hash_mix(p->seed + cell) >> 40) * 0x1p-24f;
    }
    const float u = fx * fx * (3 - 2 * fx), w = fy * fy * (3 - 2 * fy);
    const float upper = v[0] + u * (v[1] - v[0]), lower = v[2] + u * (v[3] - v[2]);
    return upper + w * (lower - upper);
}

static void draw_clouds(const pattern *p, int x, int y, uint8_t *rgb)
{
    const float u = (float)x / (4 * p->size), v = (float)y / (4 * p->size);
    mix_colours(p,
                0.5f * value_noise(p, u, v) + 0.3f * value_noise(p, 2 * u, 2 * v) +
                    0.2f * value_noise(p, 5 * u, 5 * v),
                rgb);
}

// Whether a letter made of seven segments, the lowest bits, covers a pixel of its 4 x 6 cell.
static bool in_letter(uint64_t segments, int x, int y)
{
    const bool flat = y == 0 || y == 2 || y == 4;
    if (x > 2 || y > 4)
        return false;
    return (flat && segments >> (y / 2) & 1) || (x == 0 && segments >> (3 + y / 3) & 1) ||
           (x == 2 && segments >> (5 + y / 3) & 1);
}

// Rows of letter-like shapes, with spaces between words and rows of different length.
static void draw_text(const pattern *p, int x, int y, uint8_t *rgb)
{
    const int dot = 1 + (int)p->size / 12;
    const int column = x / dot / 4, row = y / dot / 8;
    const uint64_t figure = nn_hash_mix(p->seed + (uint64_t)row * 4096 + (uint64_t)column);
    const uint64_t end = nn_hash_mix(p->seed + (uint64_t)row) % 100;
    const bool blank = figure % 6 == 0 || column < 3 || row < 2 ||
                       x > p->width * (int)(60 + end / 3) / 100 || end < 12;
    set_colour(rgb, !blank && in_letter(figure >> 8, x / dot % 4, y / dot % 8) ? p->a : p->b);
}

// Rectangles of flat colours.
static void draw_tiles(const pattern *p, int x, int y, uint8_t *rgb)
{
    const int side = 4 * (int)p->size + 8;
    const uint64_t bits =
        nn_hash_mix(p->seed + (uint64_t)(y / side) * 4096 + (uint64_t)(x / (side + side / 2)));
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(bits >> 8 * c);
}

static void draw_blank(const pattern *p, int x, int y, uint8_t *rgb)
{
    (void)x;
    (void)y;
    set_colour(rgb, p->a);
}

static const struct {
    const char *name;
    void (*draw)(const pattern *p, int x, int y, uint8_t *rgb);
} kinds[] = {
    {"bars", draw_bars},       {"columns", draw_columns}, {"ramp", draw_ramp},     {"rings", draw_rings},
    {"stripes", draw_stripes}, {"checks", draw_checks},   {"grid", draw_grid},     {"noise", draw_noise},
    {"clouds", draw_clouds},   {"text", draw_text},       {"tiles", draw_tiles},   {"blank", draw_blank},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *nn_pattern_draw(uint8_t *rgb, int width, int height, int index, uint64_t seed)
{
    nn_rng rng = nn_rng_stream(seed ^ nn_hash_name("pattern"), (uint64_t)index);
    pattern p = {.width = width,
                 .height = height,
                 .angle = nn_rng_range(&rng, 0, 3.14159265f),
                 .size = nn_rng_range(&rng, 2, 28),
                 .seed = nn_rng_next(&rng) >> 1};
    for (int c = 0; c < 3; c++) {
        p.a[c] = (uint8_t)nn_rng_below(&rng, 256);
        p.b[c] = (uint8_t)nn_rng_below(&rng, 256);
    }
    if (nn_rng_uniform(&rng) < 0.4f) { // black on white, or the reverse
        const bool swapped = nn_rng_uniform(&rng) < 0.5f;
        memset(p.a, swapped ? 255 : 0, 3);
        memset(p.b, swapped ? 0 : 255, 3);
    }
    const int kind = index % KINDS;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            kinds[kind].draw(&p, x, y, rgb + 3 * ((ptrdiff_t)y * width + x));
    return kinds[kind].name;
}
