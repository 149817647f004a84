// SPDX-License-Identifier: MIT
// The cells of contact sheets: pictures with boxes and captions.
#include "app/report/report_sheet.h"

#include "nn/base/memory.h"

#include <glib.h>

// Reduces a picture; each pixel is the mean of `step` x `step` pixels.
static void reduce(nn_image *to, const nn_image *from, int step)
{
    for (int y = 0; y < to->height; y++)
        for (int i = 0; i < 3 * to->width; i++) {
            const uint8_t *square =
                from->rgb + (size_t)3 * from->width * y * step + (size_t)3 * (i / 3) * step + i % 3;
            int64_t sum = 0;
            for (int v = 0; v < step; v++)
                for (int u = 0; u < step; u++)
                    sum += square[3 * ((size_t)v * from->width + u)];
            to->rgb[(size_t)3 * to->width * y + i] = (uint8_t)(sum / ((int64_t)step * step));
        }
}

nn_status app_report_cell_copy(app_report_cell *cell, const nn_image *image, int width, int height,
                               nn_error *err)
{
    const int step = MAX(1, MIN(image->width / width, image->height / height));
    nn_image *to = &cell->image;
    *to = (nn_image){.width = image->width / step, .height = image->height / step};
    to->rgb = nn_alloc((size_t)3 * to->width * to->height);
    if (!to->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", to->width, to->height);
    cell->reduced = step;
    reduce(to, image, step);
    return NN_OK;
}

void app_report_cell_release(app_report_cell *cell)
{
    nn_image_release(&cell->image);
    for (int i = 0; i < cell->box_count; i++)
        g_free(cell->boxes[i].lines);
    g_free(cell->boxes);
    for (int i = 0; i < APP_CAPTION_LINES; i++)
        g_free(cell->caption[i]);
    *cell = (app_report_cell){0};
}
