// SPDX-License-Identifier: MIT
// Draws objects with what their labels say of them.
#include "tests/support/made_objects.h"

#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "nn/vision/outline.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_CORNERS = 40, KEYPOINTS = 7, MOST_OBJECTS = 4 };

static const double TURN = 6.283185307179586;

// The picture being drawn, and its label file.
typedef struct sheet {
    uint8_t *rgb, *inside;
    int side;
    nn_rng *rng;
    FILE *labels;
} sheet;

static double between(sheet *s, double low, double high)
{
    return low + (high - low) * (double)nn_rng_uniform(s->rng);
}

typedef struct ink {
    double r, g, b;
    int stripe; // pixels of a stripe; 0: plain
} ink;

static ink any_ink(sheet *s)
{
    return (ink){between(s, 0, 255), between(s, 0, 255), between(s, 0, 255), 0};
}

static void put(sheet *s, int x, int y, const ink *k)
{
    const double shade = k->stripe && (x + y) / k->stripe % 2 ? 0.55 : 1;
    const double noise = between(s, -12, 12), level[] = {k->r, k->g, k->b};
    for (int c = 0; c < 3; c++)
        s->rgb[3 * (y * s->side + x) + c] = (uint8_t)fmin(fmax(level[c] * shade + noise, 0), 255);
}

static void fill(sheet *s, const float *xy, int corners, const ink *k)
{
    memset(s->inside, 0, (size_t)s->side * (size_t)s->side);
    assert_int_equal(nn_outline_paint(s->inside, s->side, s->side, xy, corners, 1), 0);
    for (int y = 0; y < s->side; y++)
        for (int x = 0; x < s->side; x++)
            if (s->inside[y * s->side + x])
                put(s, x, y, k);
}

static void draw_line(sheet *s, double x0, double y0, double x1, double y1, double width,
                      const ink *k)
{
    const double length = hypot(x1 - x0, y1 - y0) + 1e-6;
    const double nx = (y0 - y1) / length * width / 2, ny = (x1 - x0) / length * width / 2;
    const float xy[] = {(float)(x0 + nx), (float)(y0 + ny), (float)(x1 + nx), (float)(y1 + ny),
                        (float)(x1 - nx), (float)(y1 - ny), (float)(x0 - nx), (float)(y0 - ny)};
    fill(s, xy, 4, k);
}

static void draw_disc(sheet *s, double x, double y, double radius, const ink *k)
{
    float xy[2 * MOST_CORNERS];
    for (int i = 0; i < MOST_CORNERS; i++) {
        xy[2 * i] = (float)(x + radius * cos(TURN * i / MOST_CORNERS));
        xy[2 * i + 1] = (float)(y + radius * sin(TURN * i / MOST_CORNERS));
    }
    fill(s, xy, MOST_CORNERS, k);
}

// A gradient with lines and discs that are no objects.
static void draw_clutter(sheet *s)
{
    const ink from = any_ink(s), to = any_ink(s);
    for (int y = 0; y < s->side; y++)
        for (int x = 0; x < s->side; x++) {
            const double t = (double)(x + y) / (2 * s->side);
            const ink k = {from.r + t * (to.r - from.r), from.g + t * (to.g - from.g),
                           from.b + t * (to.b - from.b), 0};
            put(s, x, y, &k);
        }
    for (int i = 0; i < 5; i++) {
        const ink k = any_ink(s);
        draw_line(s, between(s, 0, s->side), between(s, 0, s->side), between(s, 0, s->side),
                  between(s, 0, s->side), between(s, 1, 3), &k);
        draw_disc(s, between(s, 0, s->side), between(s, 0, s->side), between(s, 2, 5), &k);
    }
}

// A box, of centres and sizes in parts of the picture, around points.
static void label_box(sheet *s, int label, const float *xy, int count, double rim)
{
    double b[4];
    nn_outline_bounds(b, xy, count);
    const double x0 = fmax(b[0] - rim, 0), y0 = fmax(b[1] - rim, 0);
    const double x1 = fmin(b[2] + rim, s->side), y1 = fmin(b[3] + rim, s->side);
    fprintf(s->labels, "%d %.5f %.5f %.5f %.5f", label, (x0 + x1) / 2 / s->side,
            (y0 + y1) / 2 / s->side, (x1 - x0) / s->side, (y1 - y0) / s->side);
}

static void label_corners(sheet *s, int label, const float *xy, int count)
{
    fprintf(s->labels, "%d", label);
    for (int i = 0; i < 2 * count; i++)
        fprintf(s->labels, " %.5f", fmin(fmax((double)xy[i] / s->side, 0), 1));
    fputc('\n', s->labels);
}

// head, neck, left and right hand, hip, left and right foot of a figure around (x, y).
static void draw_figure(sheet *s, double x, double y, double size)
{
    const double lean = between(s, -0.3, 0.3), thick = 0.07 * size;
    const ink body = {250, 230, 120, 0}, left = {60, 90, 250, 0}, right = {250, 70, 60, 0};
    const double neck[] = {x - lean * size * 0.2, y - 0.2 * size};
    const double hip[] = {x + lean * size * 0.2, y + 0.12 * size};
    const double head[] = {neck[0] - lean * size * 0.18, neck[1] - 0.17 * size};
    float at[2 * KEYPOINTS] = {(float)head[0], (float)head[1], (float)neck[0], (float)neck[1]};
    at[8] = (float)hip[0];
    at[9] = (float)hip[1];
    for (int i = 0; i < 2; i++) { // the left is on the right of the picture: it looks at us
        const double sign = i ? -1 : 1, arm = between(s, -0.9, 1.2), leg = between(s, 0.1, 0.8);
        at[4 + 2 * i] = (float)(neck[0] + sign * 0.34 * size * cos(arm));
        at[5 + 2 * i] = (float)(neck[1] + 0.34 * size * sin(arm));
        at[10 + 2 * i] = (float)(hip[0] + sign * 0.4 * size * sin(leg));
        at[11 + 2 * i] = (float)(hip[1] + 0.4 * size * cos(leg));
        draw_line(s, neck[0], neck[1], at[4 + 2 * i], at[5 + 2 * i], thick, i ? &right : &left);
        draw_line(s, hip[0], hip[1], at[10 + 2 * i], at[11 + 2 * i], thick, i ? &right : &left);
    }
    draw_line(s, neck[0], neck[1], hip[0], hip[1], 1.4 * thick, &body);
    draw_disc(s, head[0], head[1], 0.11 * size, &body);
    label_box(s, 0, at, KEYPOINTS, 0.1 * size);
    for (int k = 0; k < KEYPOINTS; k++) {
        const bool out =
            at[2 * k] < 0 || at[2 * k] >= s->side || at[2 * k + 1] < 0 || at[2 * k + 1] >= s->side;
        fprintf(s->labels, out ? " 0 0 0" : " %.5f %.5f 2", (double)at[2 * k] / s->side,
                (double)at[2 * k + 1] / s->side);
    }
    fputc('\n', s->labels);
}

// A blob of a wavy radius, or a star.
static void draw_shape(sheet *s, double x, double y, double size)
{
    float xy[2 * MOST_CORNERS];
    const int label = (int)nn_rng_below(s->rng, 2), corners = label ? 10 : MOST_CORNERS;
    const double turn = between(s, 0, TURN), wave = between(s, 0.05, 0.2);
    const double lobes = 2 + (double)nn_rng_below(s->rng, 2);
    ink k = any_ink(s);
    k.stripe = 2 + (int)nn_rng_below(s->rng, 4);
    for (int i = 0; i < corners; i++) {
        const double angle = TURN * i / corners;
        const double radius =
            size / 2 * (label ? (i % 2 ? 0.45 : 1) : 0.8 + wave * cos(lobes * angle));
        xy[2 * i] = (float)(x + radius * cos(angle + turn));
        xy[2 * i + 1] = (float)(y + radius * sin(angle + turn));
    }
    fill(s, xy, corners, &k);
    label_corners(s, label, xy, corners);
}

// A plate with a cross line, or a striped barrel.
static void draw_rectangle(sheet *s, double x, double y, double size)
{
    const int label = (int)nn_rng_below(s->rng, 2);
    const double angle = between(s, 0, TURN), c = cos(angle) / 2, n = sin(angle) / 2;
    const double w = size, h = size * between(s, 0.3, 0.65);
    const float xy[] = {(float)(x + w * c - h * n), (float)(y + w * n + h * c),
                        (float)(x - w * c - h * n), (float)(y - w * n + h * c),
                        (float)(x - w * c + h * n), (float)(y - w * n - h * c),
                        (float)(x + w * c + h * n), (float)(y + w * n - h * c)};
    ink k = any_ink(s);
    const ink cross = {255 - k.r, 255 - k.g, 255 - k.b, 0};
    k.stripe = label ? 3 : 0;
    fill(s, xy, 4, &k);
    if (!label)
        draw_line(s, (double)(xy[0] + xy[2]) / 2, (double)(xy[1] + xy[3]) / 2,
                  (double)(xy[4] + xy[6]) / 2, (double)(xy[5] + xy[7]) / 2, 2, &cross);
    label_corners(s, label, xy, 4);
}

typedef struct kind {
    const char *task, *yaml;
    void (*draw)(sheet *s, double x, double y, double size);
    double apart; // least distance of two objects, in means of their sizes
} kind;

static const kind kinds[] = {
    {"pose",
     "names: [figure]\nkpt_shape: [7, 3]\nflip_idx: [0, 1, 3, 2, 4, 6, 5]\n"
     "kpt_names: [head, neck, left_hand, right_hand, hip, left_foot, right_foot]\n",
     draw_figure, 0.9},
    {"instance", "names: [blob, star]\n", draw_shape, 0.65},
    {"obb", "names: [plate, barrel]\n", draw_rectangle, 0.9},
};

static void draw_objects(sheet *s, const kind *k)
{
    double at[MOST_OBJECTS][3];
    const int wanted = 1 + (int)nn_rng_below(s->rng, MOST_OBJECTS);
    int count = 0;
    draw_clutter(s);
    for (int tries = 0; tries < 40 && count < wanted; tries++) {
        const double size = between(s, 0.22, 0.5) * s->side;
        const double x = between(s, 0.4 * size, s->side - 0.4 * size);
        const double y = between(s, 0.4 * size, s->side - 0.4 * size);
        bool free = true;
        for (int i = 0; i < count; i++)
            free = free && hypot(x - at[i][0], y - at[i][1]) > k->apart * (size + at[i][2]) / 2;
        if (!free)
            continue;
        at[count][0] = x;
        at[count][1] = y;
        at[count++][2] = size;
        k->draw(s, x, y, size);
    }
}

static void write_part(const char *dir, const char *part, const kind *k, int count, int side,
                       nn_rng *rng)
{
    char path[1200];
    nn_image image = {side, side, malloc((size_t)3 * side * side)};
    sheet s = {.rgb = image.rgb, .inside = malloc((size_t)side * side), .side = side, .rng = rng};
    assert_true(s.rgb && s.inside);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", dir, i ? "labels" : "images", part);
        mkdir(path, 0777);
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/labels/%s/%04d.txt", dir, part, i);
        s.labels = fopen(path, "w");
        assert_non_null(s.labels);
        draw_objects(&s, k);
        assert_int_equal(fclose(s.labels), 0);
        snprintf(path, sizeof path, "%s/images/%s/%04d.png", dir, part, i);
        assert_int_equal(nn_image_save_png(&image, path, NULL), 0);
    }
    free(image.rgb);
    free(s.inside);
}

void made_objects_write(const char *dir, const char *task, int train, int val, int side,
                        uint64_t seed)
{
    char path[1200];
    const kind *k = NULL;
    nn_rng rng = nn_rng_seed(seed);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        k = strcmp(kinds[i].task, task) == 0 ? &kinds[i] : k;
    assert_non_null(k);
    mkdir(dir, 0777);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, i ? "labels" : "images");
        mkdir(path, 0777);
    }
    snprintf(path, sizeof path, "%s/data.yaml", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "train: images/train\nval: images/val\n%s", k->yaml);
    assert_int_equal(fclose(f), 0);
    write_part(dir, "train", k, train, side, &rng);
    write_part(dir, "val", k, val, side, &rng);
}
