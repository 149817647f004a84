// SPDX-License-Identifier: MIT
// Enlarges the middle of a picture twice, without and with a model.
#include "app/models/enlarge.h"

#include "app/models/sheet.h"
#include "nn/base/memory.h"

#include <string.h>

// The middle of the picture, at most width x height pixels. nn_image_release.
static nn_status cut_middle(nn_image *to, const nn_image *from, int width, int height,
                            nn_error *err)
{
    *to = (nn_image){.width = MIN(from->width, width), .height = MIN(from->height, height)};
    const size_t row = (size_t)to->width * 3;
    to->rgb = nn_alloc(row * (size_t)to->height);
    if (!to->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", to->width, to->height);
    const int left = (from->width - to->width) / 2, top = (from->height - to->height) / 2;
    for (int y = 0; y < to->height; y++)
        memcpy(to->rgb + (size_t)y * row,
               from->rgb + ((size_t)(top + y) * (size_t)from->width + (size_t)left) * 3, row);
    return NN_OK;
}

// Copies the left half of a picture of the same size.
static void copy_left(nn_image *to, const nn_image *from)
{
    const size_t row = (size_t)to->width * 3, half = (size_t)(to->width / 2) * 3;
    for (int y = 0; y < to->height; y++)
        memcpy(to->rgb + (size_t)y * row, from->rgb + (size_t)y * row, half);
}

nn_status app_enlarge_cell(app_report_cell *cell, nn_upscaler *u, const nn_image *picture,
                           const app_installed *m, const app_model_facts *facts, double ms,
                           nn_error *err)
{
    const int factor = nn_upscaler_factor(u);
    nn_image part = {0}, plain = {0};
    *cell = (app_report_cell){0};
    nn_status status = cut_middle(&part, picture, APP_MODEL_CELL_WIDTH / factor,
                                  APP_MODEL_CELL_HEIGHT / factor, err);
    if (status == NN_OK)
        status = nn_upscaler_picture(u, &part, &cell->image, err);
    if (status == NN_OK)
        status = nn_bicubic_picture(&part, cell->image.width, cell->image.height, &plain, err);
    if (status == NN_OK) {
        copy_left(&cell->image, &plain);
        g_autofree char *speed = ms > 0 ? g_strdup_printf("  %.1f ms", ms) : g_strdup("");
        cell->caption[0] = g_strdup(m->name);
        cell->caption[1] = g_strdup_printf("%dx; left half: bicubic", factor);
        cell->caption[2] = g_strdup_printf("%s  %s%s", facts->score, facts->licence, speed);
    }
    nn_image_release(&part);
    nn_image_release(&plain);
    return status;
}
