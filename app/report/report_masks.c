// SPDX-License-Identifier: MIT
// Draws true and predicted masks side by side, and the confusion matrix of pixels.
#include "app/report/report_masks.h"

#include "app/report/mask_overlay.h"
#include "app/report/report_confusion.h"
#include "app/report/report_sheet.h"
#include "nn/base/memory.h"

#include <glib.h>
#include <string.h>

enum { GAP = 4 }; // pixels between the two pictures

// Puts a picture twice on white, side by side.
static nn_status double_picture(nn_image *both, const nn_image *one, nn_error *err)
{
    const size_t width = 2 * (size_t)one->width + GAP, row = (size_t)3 * one->width;
    *both = (nn_image){(int)width, one->height, nn_alloc(3 * width * (size_t)one->height)};
    if (!both->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %zux%d", width, one->height);
    memset(both->rgb, 255, 3 * width * (size_t)one->height);
    for (int y = 0; y < one->height; y++)
        memcpy(both->rgb + 3 * width * (size_t)y, one->rgb + row * (size_t)y, row);
    return NN_OK;
}

static void copy_right(nn_image *both, const nn_image *one)
{
    const size_t row = (size_t)3 * one->width;
    for (int y = 0; y < one->height; y++)
        memcpy(both->rgb + (size_t)3 * both->width * y + row + 3 * GAP, one->rgb + row * (size_t)y,
               row);
}

// Copies the picture at the size at which it was decoded.
static nn_status own_picture(nn_image *image, nn_dataset *data, int index, nn_error *err)
{
    bool borrowed;
    nn_status status = nn_dataset_picture(data, index, image, &borrowed, err);
    if (status != NN_OK || !borrowed)
        return status;
    const size_t bytes = (size_t)3 * image->width * image->height;
    const uint8_t *theirs = image->rgb;
    image->rgb = nn_alloc(bytes);
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture");
    memcpy(image->rgb, theirs, bytes);
    return NN_OK;
}

// Blends the true and the predicted mask over copies of `plain` and puts them side by side.
static nn_status overlay_both(nn_image *both, nn_image *plain, const nn_mask *truth, nn_detector *d,
                           nn_result *result, nn_error *err)
{
    const size_t bytes = (size_t)3 * plain->width * plain->height;
    const nn_frame frame = nn_image_frame(plain);
    nn_image overlaid = {plain->width, plain->height, nn_alloc(bytes)};
    uint8_t *labels = nn_alloc((size_t)truth->width * truth->height);
    nn_status status = overlaid.rgb && labels
                           ? nn_detector_run(d, &frame, result, err)
                           : nn_fail(err, NN_ENOMEM, "no memory for a picture with its mask");
    if (status == NN_OK) {
        memcpy(overlaid.rgb, plain->rgb, bytes);
        nn_mask_unpack(truth, labels);
        app_mask_overlay(&overlaid, labels, truth->width, truth->height);
        status = double_picture(both, &overlaid, err);
    }
    if (status == NN_OK) {
        app_mask_overlay(plain, result->map.label, result->map.width, result->map.height);
        copy_right(both, plain);
    }
    nn_image_release(&overlaid);
    nn_free(labels);
    return status;
}

static nn_status fill_cell(app_report_cell *cell, const app_worst_mask *w, nn_detector *d,
                           nn_result *result, nn_dataset *data, nn_error *err)
{
    const nn_sample *s = &data->samples[w->picture];
    nn_image plain;
    nn_status status = own_picture(&plain, data, w->picture, err);
    if (status != NN_OK)
        return status;
    status = overlay_both(&cell->image, &plain, &s->mask, d, result, err);
    nn_image_release(&plain);
    cell->caption[0] = g_strdup_printf("%.1f %% of the pixels are wrong", 100 * w->wrong);
    cell->caption[1] = g_path_get_basename(s->name);
    return status;
}

nn_status app_report_worst_masks(const char *path, const app_worst_masks *w, nn_detector *d,
                                 nn_dataset *data, nn_error *err)
{
    app_report_cell cells[APP_WORST_MASKS] = {0};
    nn_result result;
    nn_status status = NN_OK;
    nn_result_init(&result);
    for (int i = 0; i < w->count && status == NN_OK; i++)
        status = fill_cell(&cells[i], &w->list[i], d, &result, data, err);
    const app_report_sheet sheet = {
        .title = w->count ? "The worst pictures" : "No mistakes",
        .subtitle = "left: what is there; right: what the model says; grey: not counted",
        .caption = {APP_INK, APP_QUIET, APP_QUIET},
        .cells = cells,
        .count = w->count,
        .columns = 2,
        .width = 640,
        .height = 240};
    if (status == NN_OK)
        status = app_report_sheet_write(&sheet, path, err);
    for (int i = 0; i < w->count; i++)
        app_report_cell_release(&cells[i]);
    nn_result_release(&result);
    return status;
}

// Pixel counts, scaled down to fit into a cell.
typedef struct pixel_counts {
    const nn_mask_metrics *metrics;
    int64_t unit;
} pixel_counts;

static int64_t count_pixels(const void *ctx, int truth, int predicted)
{
    const pixel_counts *c = ctx;
    return nn_mask_metrics_confusion(c->metrics, truth, predicted) / c->unit;
}

nn_status app_report_mask_confusion(const char *path, const nn_mask_metrics *m, char *const *labels,
                                    nn_error *err)
{
    const nn_mask_summary s = nn_mask_metrics_summary(m);
    const pixel_counts counts = {m, s.pixels >= 10000000 ? 1000 : 1};
    g_autofree char *title =
        g_strdup_printf("mean IoU %.3f, %.1f %% of the pixels are right", s.pixels ? s.miou : 0.0,
                        s.pixels ? 100 * s.pixel_accuracy : 0.0);
    const app_confusion all = {
        .classes = nn_mask_metrics_classes(m),
        .labels = labels,
        .title = title,
        .subtitle = counts.unit > 1
                        ? "thousands of pixels; rows: what is there; columns: what the model says"
                        : "pixels; rows: what is there; columns: what the model says",
        .count = count_pixels,
        .ctx = &counts};
    return app_report_confusion(path, &all, err);
}
