// SPDX-License-Identifier: MIT
// Draws rows of views, as the loader makes them, with their labels.
#include "app/report/augment_sheet.h"

#include "app/report/report_sheet.h"
#include "nn/base/memory.h"
#include "nn/data/crop_resize.h"
#include "nn/data/sampler.h"
#include "nn/vision/resize.h"

#include <glib.h>
#include <string.h>

enum {
    LARGEST_SHEET = 30000,
    SMALL_SIDE = 240, // side to which smaller views are enlarged, by a whole factor
    LARGE_SIDE = 480, // side to which larger views are reduced
};

// Buffers for one view, and the cells of all.
typedef struct drawing {
    const app_augment_sheet *job;
    app_report_cell *cells;
    nn_resizer *resizer;
    const nn_data_facts *facts;
    float *planes;
    void *room; // for the labels of a view
} drawing;

static double choose_scale(int width, int height)
{
    const int side = MAX(width, height);
    return side > LARGE_SIDE ? (double)LARGE_SIDE / side : MAX(1, SMALL_SIDE / side);
}

static nn_status open_drawing(drawing *d, const app_augment_sheet *job, nn_error *err)
{
    const size_t pixels =
        MAX((size_t)job->view_w * job->view_h, (size_t)job->input_w * job->input_h);
    const nn_data_facts *facts = nn_data_kind_facts(app_task_kind(job->task));
    *d = (drawing){.job = job, .resizer = nn_resizer_new(), .facts = facts};
    d->cells = g_new0(app_report_cell, (gsize)job->rows * (gsize)job->columns);
    d->planes = nn_calloc(3 * pixels, sizeof(float));
    d->room = nn_calloc(1, facts->view_bytes(job->labels->count, 1, (int)pixels));
    return d->resizer && d->planes && d->room
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for views of %dx%d", job->view_w, job->view_h);
}

static void close_drawing(drawing *d)
{
    for (int i = 0; i < d->job->rows * d->job->columns; i++)
        app_report_cell_release(&d->cells[i]);
    g_free(d->cells);
    nn_resizer_free(d->resizer);
    nn_free(d->planes);
    nn_free(d->room);
}

// A view with room for the labels of the task.
static nn_view make_view(const drawing *d, int width, int height)
{
    nn_view v = {.height = height, .width = width, .planes = d->planes};
    d->facts->attach(&v, d->room, d->job->labels->count);
    return v;
}

// Writes the name of a picture as the next caption line.
static void add_name(app_report_cell *cell, const char *path)
{
    int line = APP_CAPTION_LINES - 1;
    while (line > 0 && (!cell->caption[line - 1] || !*cell->caption[line - 1]))
        line--;
    g_free(cell->caption[line]);
    cell->caption[line] = g_path_get_basename(path);
}

// Fills a cell with a view, its labels and the name of its picture.
static nn_status show_view(drawing *d, int row, int column, const nn_view *v, const nn_sample *s,
                           nn_error *err)
{
    app_report_cell *cell = &d->cells[row * d->job->columns + column];
    const int n = v->width * v->height;
    cell->image = (nn_image){v->width, v->height, nn_alloc((size_t)3 * n)};
    if (!cell->image.rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for views of %dx%d", v->width, v->height);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++)
            cell->image.rgb[3 * i + c] =
                (uint8_t)(CLAMP(v->planes[c * n + i], 0.0f, 1.0f) * 255 + 0.5f);
    d->job->task->show_view(cell, v, d->job->labels);
    if (column == 0)
        add_name(cell, s->name);
    return NN_OK;
}

// Maps boxes from the full picture into the letterbox.
static void place_truths(nn_view *v, const nn_sample *s, const nn_letterbox *l)
{
    const float x = l->scale_x * (float)l->frame_w / (float)s->width;
    const float y = l->scale_y * (float)l->frame_h / (float)s->height;
    v->truth_count = MIN(s->truth_count, v->capacity);
    for (int i = 0; i < v->truth_count; i++) {
        nn_truth t = s->truths[i];
        t.x0 = t.x0 * x + l->pad_x;
        t.x1 = t.x1 * x + l->pad_x;
        t.y0 = t.y0 * y + l->pad_y;
        t.y1 = t.y1 * y + l->pad_y;
        v->truths[i] = t;
    }
}

static void place_classes(nn_view *v, const nn_sample *s)
{
    for (int i = 0; i < v->classes; i++)
        v->targets[i] = 0;
    for (int i = 0; i < s->class_count; i++)
        if (s->classes[i] >= 0 && s->classes[i] < v->classes)
            v->targets[s->classes[i]] = 1;
}

// Maps the mask from the full picture into the letterbox.
static nn_status place_mask(nn_view *v, const nn_sample *s, const nn_letterbox *l, nn_error *err)
{
    const nn_crop_resize crop = {.scale_x = (double)l->scale_x * l->frame_w / s->width,
                                 .scale_y = (double)l->scale_y * l->frame_h / s->height,
                                 .shift_x = (double)l->pad_x,
                                 .shift_y = (double)l->pad_y,
                                 .x1 = l->input_w,
                                 .y1 = l->input_h};
    uint8_t *labels = nn_alloc((size_t)s->width * s->height);
    if (!labels)
        return nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    nn_mask_unpack(&s->mask, labels);
    memset(v->labels, NN_MASK_IGNORE, (size_t)l->input_w * l->input_h);
    nn_crop_resize_labels(v->labels, l->input_w, labels, s->height, s->width, &crop);
    nn_free(labels);
    return NN_OK;
}

// The letterbox that inference uses (nn_detector, nn_classifier).
static nn_letterbox place_as_inference(const drawing *d, const nn_image *image)
{
    const app_augment_sheet *job = d->job;
    const float crop = job->augment.crop > 0 ? job->augment.crop : NN_LETTERBOX_IMAGENET;
    if (!d->facts->whole)
        return nn_letterbox_fit(image->width, image->height, job->input_w, job->input_h);
    if (job->augment.stretch)
        return nn_letterbox_stretch(image->width, image->height, job->input_w, job->input_h);
    return nn_letterbox_crop(image->width, image->height, job->input_w, job->input_h, crop);
}

static nn_status draw_plain(drawing *d, int row, int index, nn_error *err)
{
    static const float none[3] = {0, 0, 0}, one[3] = {1, 1, 1};
    const app_augment_sheet *job = d->job;
    const nn_sample *s = &job->data->samples[index];
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(job->data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    nn_view v = make_view(d, job->input_w, job->input_h);
    const nn_letterbox place = place_as_inference(d, &image);
    const nn_frame frame = nn_image_frame(&image);
    const nn_tensor out =
        nn_tensor_dense(NN_F32, nn_shape_4d(1, 3, job->input_h, job->input_w), d->planes);
    status = nn_preprocess(d->resizer, &frame, &place, none, one, &out, NULL, NULL, err);
    if (!borrowed)
        nn_image_release(&image);
    place_truths(&v, s, &place);
    place_classes(&v, s);
    if (status == NN_OK && v.labels)
        status = place_mask(&v, s, &place, err);
    return status == NN_OK ? show_view(d, row, 0, &v, s, err) : status;
}

static nn_status draw_random(drawing *d, int row, int column, int index, nn_error *err)
{
    const app_augment_sheet *job = d->job;
    nn_rng rng =
        nn_rng_stream(job->seed, (uint64_t)row * (uint64_t)job->columns + (uint64_t)column);
    int others[3];
    for (int i = 0; i < 3; i++)
        others[i] = (int)nn_rng_below(&rng, job->data->count);
    nn_view v = make_view(d, job->view_w, job->view_h);
    const nn_status status =
        nn_augment_draw(&v, job->data, index, others, &job->augment, nn_kernels_best(), &rng, err);
    return status == NN_OK ? show_view(d, row, column, &v, &job->data->samples[index], err)
                           : status;
}

static nn_status draw_row(drawing *d, int row, int index, nn_error *err)
{
    nn_status status = draw_plain(d, row, index, err);
    for (int i = 1; i < d->job->columns && status == NN_OK; i++)
        status = draw_random(d, row, i, index, err);
    return status;
}

nn_status app_augment_sheet_write(const app_augment_sheet *job, const char *path, nn_error *err)
{
    const double scale = choose_scale(job->view_w, job->view_h);
    const app_report_sheet sheet = {
        .title = "Views of training",
        .subtitle = "first in each row: what inference sees; then: what training sees",
        .caption = {APP_INK, APP_QUIET, APP_QUIET},
        .count = job->rows * job->columns,
        .columns = job->columns,
        .width = MAX(1, (int)(scale * job->view_w + 0.5)),
        .height = MAX(1, (int)(scale * job->view_h + 0.5))};
    if ((double)job->columns * sheet.width > LARGEST_SHEET ||
        (double)job->rows * sheet.height > LARGEST_SHEET)
        return nn_fail(err, NN_EINVAL,
                       "a sheet of %d rows and %d columns of %dx%d is larger than %d pixels",
                       job->rows, job->columns, job->view_w, job->view_h, LARGEST_SHEET);
    drawing d;
    nn_sampler order = {0};
    nn_status status = nn_augment_check(&job->augment, err);
    if (status == NN_OK)
        status = nn_sampler_init(&order, job->data, job->seed, 0, err);
    if (status != NN_OK)
        return status;
    status = open_drawing(&d, job, err);
    for (int row = 0; row < job->rows && status == NN_OK; row++)
        status = draw_row(&d, row, nn_sampler_get(&order, row), err);
    if (status == NN_OK) {
        app_report_sheet filled = sheet;
        filled.cells = d.cells;
        status = app_report_sheet_write(&filled, path, err);
    }
    close_drawing(&d);
    nn_sampler_release(&order);
    return status;
}
