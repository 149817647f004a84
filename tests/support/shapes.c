// SPDX-License-Identifier: MIT
// Draws shapes with captions.
#include "tests/support/shapes.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static const char *const shapes[] = {"circle", "square", "triangle", "cross", "ring", "bar"};
static const char *const colours[] = {"red", "green", "blue", "yellow", "purple", "white"};
static const char *const places[] = {"on the left", "on the right", "at the top", "at the bottom"};
static const char *const sizes[] = {"small", "large"};

// Which of each a combination has.
typedef struct parts {
    int shape, colour, place, size;
} parts;

static parts parts_of(int combination)
{
    return (parts){combination % 6, combination / 6 % 6, combination / 36 % 4, combination / 144};
}

void shapes_text(char text[SHAPES_TEXT], int combination)
{
    const parts p = parts_of(combination);
    snprintf(text, SHAPES_TEXT, "a %s %s %s %s", sizes[p.size], colours[p.colour], shapes[p.shape],
             places[p.place]);
}

void shapes_hold_back(bool held[SHAPES_COMBINATIONS], uint64_t seed)
{
    nn_rng rng = nn_rng_stream(seed, nn_hash_name("held back"));
    for (int i = 0; i < SHAPES_COMBINATIONS; i++)
        held[i] = false;
    for (int n = 0; n < SHAPES_COMBINATIONS / 5;) {
        const int i = (int)nn_rng_below(&rng, SHAPES_COMBINATIONS);
        n += !held[i];
        held[i] = true;
    }
}

// Whether a point, in units of the shape's radius from its middle, is inside.
static bool is_inside(int shape, float x, float y)
{
    const float r = x * x + y * y;
    switch (shape) {
    case 0:
        return r < 1;
    case 1:
        return fabsf(x) < 0.9f && fabsf(y) < 0.9f;
    case 2:
        return y < 0.8f && fabsf(x) < (y + 1) / 1.8f;
    case 3:
        return (fabsf(x) < 1 && fabsf(y) < 0.33f) || (fabsf(y) < 1 && fabsf(x) < 0.33f);
    case 4:
        return r < 1 && r > 0.3f;
    default:
        return fabsf(x) < 1 && fabsf(y) < 0.33f;
    }
}

static void draw(uint8_t *rgb, int side, int combination, nn_rng *rng)
{
    static const float colour[][3] = {{220, 40, 40},  {40, 180, 60},  {50, 70, 220},
                                      {230, 210, 40}, {150, 50, 170}, {240, 240, 240}};
    static const float at[][2] = {{0.25f, 0.5f}, {0.75f, 0.5f}, {0.5f, 0.25f}, {0.5f, 0.75f}};
    const parts p = parts_of(combination);
    float front[3], back[3];
    for (int c = 0; c < 3; c++) {
        front[c] = fminf(fmaxf(colour[p.colour][c] + nn_rng_range(rng, -18, 18), 0), 255);
        back[c] = nn_rng_range(rng, 20, 110);
    }
    const float unit = (float)side / 64;
    const float radius = unit * ((p.size ? 13.0f : 7.0f) + nn_rng_range(rng, -1.5f, 1.5f));
    const float x0 = at[p.place][0] * (float)side + unit * nn_rng_range(rng, -3, 3);
    const float y0 = at[p.place][1] * (float)side + unit * nn_rng_range(rng, -3, 3);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int inside = 0; // of four points
            for (int k = 0; k < 4; k++)
                inside +=
                    is_inside(p.shape, ((float)x + 0.25f + 0.5f * (float)(k % 2) - x0) / radius,
                              ((float)y + 0.25f + 0.5f * (float)(k / 2) - y0) / radius);
            for (int c = 0; c < 3; c++)
                *rgb++ = (uint8_t)(back[c] + (front[c] - back[c]) * (float)inside / 4);
        }
}

void shapes_add(nn_dataset *d, int side, int each, const bool *held, bool wanted, uint64_t seed)
{
    nn_source source = {.path = "shapes"};
    int index;
    assert_int_equal(nn_dataset_add_source(d, &source, &index, NULL), NN_OK);
    for (int i = 0; i < SHAPES_COMBINATIONS; i++)
        for (int k = 0; k < each && held[i] == wanted; k++) {
            char name[32], text[SHAPES_TEXT];
            nn_rng rng = nn_rng_stream(seed, (uint64_t)(i * each + k));
            snprintf(name, sizeof name, "%d.png", i * each + k);
            shapes_text(text, i);
            nn_sample s = {.name = nn_strdup(name),
                           .width = side,
                           .height = side,
                           .image = {side, side, nn_alloc((size_t)3 * side * side)},
                           .texts = nn_calloc(1, sizeof(char *)),
                           .text_count = 1,
                           .source = index,
                           .in_memory = true};
            assert_true(s.name && s.image.rgb && s.texts);
            s.texts[0] = nn_strdup(text);
            draw(s.image.rgb, side, i, &rng);
            assert_int_equal(nn_dataset_add(d, &s, NULL), NN_OK);
        }
}
