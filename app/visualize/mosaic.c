// SPDX-License-Identifier: MIT
// Puts pictures into the squares of one.
#include "app/visualize/mosaic.h"

#include "nn/base/memory.h"

#include <glib.h>
#include <string.h>

enum { GAP = 2 };

nn_status app_mosaic_init(app_mosaic *m, int rows, int columns, int tile, nn_error *err)
{
    *m = (app_mosaic){.columns = columns, .rows = rows, .tile = tile};
    m->image.width = columns * (tile + GAP) - GAP;
    m->image.height = rows * (tile + GAP) - GAP;
    const size_t bytes = (size_t)3 * (size_t)m->image.width * (size_t)m->image.height;
    m->image.rgb = nn_alloc(bytes);
    if (!m->image.rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", m->image.width,
                       m->image.height);
    memset(m->image.rgb, 255, bytes);
    return NN_OK;
}

// The mean of the source's pixels that pixel (x, y) of a copy of w x h stands for.
static void take(uint8_t *to, const nn_image *from, int x, int y, int w, int h)
{
    const int x0 = (int)((int64_t)x * from->width / w), y0 = (int)((int64_t)y * from->height / h);
    const int x1 = MAX(x0 + 1, (int)((int64_t)(x + 1) * from->width / w));
    const int y1 = MAX(y0 + 1, (int)((int64_t)(y + 1) * from->height / h));
    int64_t sum[3] = {0};
    for (int v = y0; v < y1; v++)
        for (int u = x0; u < x1; u++)
            for (int c = 0; c < 3; c++)
                sum[c] += from->rgb[3 * ((size_t)v * (size_t)from->width + (size_t)u) + (size_t)c];
    for (int c = 0; c < 3; c++)
        to[c] = (uint8_t)(sum[c] / ((int64_t)(x1 - x0) * (y1 - y0)));
}

void app_mosaic_put(app_mosaic *m, int i, const nn_image *image)
{
    const int longer = MAX(image->width, image->height);
    const int w = MAX(1, (int)((int64_t)m->tile * image->width / longer));
    const int h = MAX(1, (int)((int64_t)m->tile * image->height / longer));
    const int left = i % m->columns * (m->tile + GAP) + (m->tile - w) / 2;
    const int top = i / m->columns * (m->tile + GAP) + (m->tile - h) / 2;
    if (i < 0 || i >= m->rows * m->columns)
        return;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            take(m->image.rgb +
                     3 * ((size_t)(top + y) * (size_t)m->image.width + (size_t)(left + x)),
                 image, x, y, w, h);
}
