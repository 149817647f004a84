// SPDX-License-Identifier: MIT
// Fuzz target: areas in a frame and tiles as text, and what is asked of them.
#include "nn/base/memory.h"
#include "nn/vision/regions.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void ask(const nn_polygon *p)
{
    nn_polygon q;
    nn_box b = {.score = 1}, half;
    if (p->count < 3 || p->count > NN_POLYGON_POINTS)
        abort();
    nn_polygon_to_pixels(&q, p, 1920, 1080);
    nn_polygon_bounds(&q, &b);
    const double area = nn_polygon_area(&q), most = (double)(b.x1 - b.x0) * (double)(b.y1 - b.y0);
    if (!(area > 0) || !(b.x0 >= 0 && b.y0 >= 0) || area > 1.001 * most + 1)
        abort();
    const double whole = nn_polygon_overlap(&q, &b);
    half = b;
    half.x1 = (b.x0 + b.x1) / 2;
    const double left = nn_polygon_overlap(&q, &half);
    if (!(fabs(whole - area) <= 1e-3 * most + 1) || !(left <= whole + 1e-3 * most + 1))
        abort();
    for (int i = 0; i < 64; i++)
        if (nn_polygon_contains(&q, (float)(40 * (i % 8)), (float)(40 * (i / 8))) &&
            ((float)(40 * (i % 8)) < b.x0 || (float)(40 * (i % 8)) > b.x1))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    nn_polygon *list, line;
    int count;
    nn_error err;
    memcpy(text, data, size);
    text[size] = '\0';
    if (nn_polygon_parse_list(&list, &count, text, &err) == NN_OK) {
        for (int i = 0; i < count; i++)
            ask(&list[i]);
        nn_free(list);
    }
    const nn_region_options o = {.tiles = text, .roi = text, .ignore = text};
    nn_rect tiles[NN_TILES];
    nn_tiling tiling;
    if (nn_region_options_check(&o, &err) == NN_OK && size > 0 && strspn(text, " \t\r\n") < size &&
        *text)
        abort(); // no text is both
    if (nn_tiles_parse(&tiling, text, &err) == NN_OK && !tiling.choose &&
        nn_tiles_cut(tiles, &(nn_rect){0, 0, 1920, 1080}, &tiling, 0.3f) !=
            tiling.columns * tiling.rows)
        abort();
    if (nn_points_parse(&line, (const char *)data, size, 2, 2, &err) == NN_OK && line.count != 2)
        abort();
    free(text);
    return 0;
}
