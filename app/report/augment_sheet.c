// SPDX-License-Identifier: MIT
// Draws rows of views as the loader makes them, with their labels.
#include "app/report/augment_sheet.h"

#include "app/report/mask_overlay.h"
#include "nn/base/memory.h"
#include "nn/data/crop_resize.h"
#include "nn/data/sampler.h"
#include "nn/vision/resize.h"

#include <glib.h>
#include <string.h>

enum { MAX_TRUTHS = 1024 };

// Memory for one view, and where it is drawn.
typedef struct drawing {
    const app_augment_sheet *job;
    app_sheet *sheet;
    nn_resizer *resizer;
    float *planes, *targets;
    nn_truth *truths;
    uint8_t *labels; // of a mask
    nn_image image;  // room for the largest view
} drawing;

static nn_status open_drawing(drawing *d, const app_augment_sheet *job, nn_error *err)
{
    *d = (drawing){.job = job};
    const app_sheet_options options = {.rows = job->rows,
                                       .columns = job->columns,
                                       .width = job->view_w,
                                       .height = job->view_h,
                                       .lines = 2,
                                       .headings = true};
    const nn_status status = app_sheet_new(&d->sheet, &options, err);
    if (status != NN_OK)
        return status;
    const size_t pixels =
        MAX((size_t)job->view_w * job->view_h, (size_t)job->input_w * job->input_h);
    d->resizer = nn_resizer_new();
    d->planes = nn_calloc(3 * pixels, sizeof(float));
    d->targets = nn_calloc(job->labels->count, sizeof(float));
    d->truths = nn_calloc(MAX_TRUTHS, sizeof(nn_truth));
    d->labels = nn_calloc(1, pixels);
    d->image.rgb = nn_calloc(3, pixels);
    return d->resizer && d->planes && d->targets && d->truths && d->labels && d->image.rgb
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for views of %dx%d", job->view_w, job->view_h);
}

static void close_drawing(drawing *d)
{
    nn_resizer_free(d->resizer);
    nn_free(d->planes);
    nn_free(d->targets);
    nn_free(d->truths);
    nn_free(d->labels);
    nn_free(d->image.rgb);
    app_sheet_free(d->sheet);
}

static void show_planes(drawing *d, int row, int column, int width, int height)
{
    const int n = width * height;
    d->image.width = width;
    d->image.height = height;
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++)
            d->image.rgb[3 * i + c] =
                (uint8_t)(CLAMP(d->planes[c * n + i], 0.0f, 1.0f) * 255 + 0.5f);
    if (d->job->kind == NN_DATA_MASKS)
        app_mask_overlay(&d->image, d->labels, width, height);
    app_sheet_picture(d->sheet, row, column, &d->image);
}

static const char *label_name(const drawing *d, int label)
{
    return label >= 0 && label < d->job->labels->count ? d->job->labels->name[label] : "?";
}

static void show_boxes(drawing *d, int row, int column, const nn_truth *truths, int count)
{
    int ignored = 0, unknown = 0;
    for (int i = 0; i < count; i++) {
        const nn_truth *t = &truths[i];
        if (t->ignore == NN_IGNORE_CLASS) {
            unknown++;
            continue;
        }
        ignored += t->ignore != NN_IGNORE_NOT;
        app_sheet_box(d->sheet, row, column, t->x0, t->y0, t->x1, t->y1, t->ignore ? -1 : t->label,
                      t->ignore ? NULL : label_name(d, t->label));
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%d boxes", count - ignored - unknown);
    if (ignored)
        g_string_append_printf(text, ", %d ignored", ignored);
    if (unknown) // of a class, in all or a part of the picture
        g_string_append_printf(text, ", %d without labels", unknown);
    app_sheet_caption(d->sheet, row, column, text->str);
    g_string_free(text, TRUE);
}

// Writes "person 12 %, ignored 3 %" under a view of `n` pixels.
static void show_shares(drawing *d, int row, int column, int n)
{
    GString *text = g_string_new(NULL);
    int counts[256] = {0};
    for (int i = 0; i < n; i++)
        counts[d->labels[i]]++;
    for (int i = NN_MASK_BACKGROUND + 1; i < 256; i++)
        if (counts[i] > 0)
            g_string_append_printf(text, "%s%s %.*f %%", text->len ? ", " : "",
                                   i == NN_MASK_IGNORE ? "ignored" : label_name(d, i),
                                   counts[i] * 10 < n, 100.0 * counts[i] / n);
    app_sheet_caption(d->sheet, row, column, text->len ? text->str : "background");
    g_string_free(text, TRUE);
}

// The class with the largest target not shown yet; -1: none is large enough.
static int next_target(const drawing *d, const bool *shown)
{
    int best = -1;
    for (int i = 0; i < d->job->labels->count; i++)
        if (!shown[i] && d->targets[i] >= 0.005f && (best < 0 || d->targets[i] > d->targets[best]))
            best = i;
    return best;
}

// Writes the targets: "rose", "0.7 rose + 0.3 daisy".
static void show_targets(drawing *d, int row, int column)
{
    GString *text = g_string_new(NULL);
    bool *shown = g_new0(bool, d->job->labels->count);
    for (int i; (i = next_target(d, shown)) >= 0; shown[i] = true) {
        const double part = (double)d->targets[i];
        g_string_append(text, text->len ? " + " : "");
        if (part < 0.995)
            g_string_append_printf(text, part < 0.095 || part > 0.95 ? "%.2f " : "%.1f ", part);
        g_string_append(text, label_name(d, i));
    }
    app_sheet_caption(d->sheet, row, column, text->len ? text->str : "nothing");
    g_string_free(text, TRUE);
    g_free(shown);
}

// Maps boxes of the full picture into the letterbox.
static int place_truths(drawing *d, const nn_sample *s, const nn_letterbox *l)
{
    const float x = l->scale_x * (float)l->frame_w / (float)s->width;
    const float y = l->scale_y * (float)l->frame_h / (float)s->height;
    const int count = MIN(s->truth_count, MAX_TRUTHS);
    for (int i = 0; i < count; i++) {
        nn_truth t = s->truths[i];
        t.x0 = t.x0 * x + l->pad_x;
        t.x1 = t.x1 * x + l->pad_x;
        t.y0 = t.y0 * y + l->pad_y;
        t.y1 = t.y1 * y + l->pad_y;
        d->truths[i] = t;
    }
    return count;
}

// Maps the mask of the full picture into the letterbox.
static nn_status place_mask(drawing *d, const nn_sample *s, const nn_letterbox *l, nn_error *err)
{
    const nn_crop_resize patch = {.scale_x = (double)l->scale_x * l->frame_w / s->width,
                                  .scale_y = (double)l->scale_y * l->frame_h / s->height,
                                  .shift_x = (double)l->pad_x,
                                  .shift_y = (double)l->pad_y,
                                  .x1 = l->input_w,
                                  .y1 = l->input_h};
    uint8_t *labels = nn_alloc((size_t)s->width * s->height);
    if (!labels)
        return nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    nn_mask_unpack(&s->mask, labels);
    memset(d->labels, NN_MASK_IGNORE, (size_t)l->input_w * l->input_h);
    nn_crop_resize_labels(d->labels, l->input_w, labels, s->height, s->width, &patch);
    nn_free(labels);
    return NN_OK;
}

// The letterbox of nn_detector or nn_classifier.
static nn_letterbox place_as_inference(const app_augment_sheet *job, const nn_image *image)
{
    const float crop = job->augment.crop > 0 ? job->augment.crop : NN_LETTERBOX_IMAGENET;
    if (job->kind != NN_DATA_CLASSES)
        return nn_letterbox_fit(image->width, image->height, job->input_w, job->input_h);
    if (job->augment.stretch)
        return nn_letterbox_stretch(image->width, image->height, job->input_w, job->input_h);
    return nn_letterbox_crop(image->width, image->height, job->input_w, job->input_h, crop);
}

static nn_status show_plain(drawing *d, int row, int index, nn_error *err)
{
    static const float none[3] = {0, 0, 0}, one[3] = {1, 1, 1};
    const app_augment_sheet *job = d->job;
    const nn_sample *s = &job->data->samples[index];
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(job->data, index, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    const nn_letterbox place = place_as_inference(job, &image);
    const nn_frame frame = nn_image_frame(&image);
    const nn_tensor out =
        nn_tensor_dense(NN_F32, nn_shape_4d(1, 3, job->input_h, job->input_w), d->planes);
    status = nn_preprocess(d->resizer, &frame, &place, none, one, &out, NULL, NULL, err);
    if (!borrowed)
        nn_image_release(&image);
    if (status == NN_OK && job->kind == NN_DATA_MASKS)
        status = place_mask(d, s, &place, err);
    if (status != NN_OK)
        return status;
    show_planes(d, row, 0, job->input_w, job->input_h);
    if (job->kind == NN_DATA_BOXES)
        show_boxes(d, row, 0, d->truths, place_truths(d, s, &place));
    if (job->kind == NN_DATA_MASKS)
        show_shares(d, row, 0, job->input_w * job->input_h);
    char *base = g_path_get_basename(s->name), *text;
    text = s->class_count > 0 ? g_strdup_printf("%s: %s", label_name(d, s->classes[0]), base)
                              : g_strdup(base);
    if (job->kind == NN_DATA_CLASSES)
        app_sheet_caption(d->sheet, row, 0, text);
    g_free(text);
    g_free(base);
    return NN_OK;
}

static nn_status show_view(drawing *d, int row, int column, int index, nn_error *err)
{
    const app_augment_sheet *job = d->job;
    nn_rng rng =
        nn_rng_stream(job->seed, (uint64_t)row * (uint64_t)job->columns + (uint64_t)column);
    int others[3];
    for (int i = 0; i < 3; i++)
        others[i] = (int)nn_rng_below(&rng, job->data->count);
    nn_view v = {.height = job->view_h,
                 .width = job->view_w,
                 .planes = d->planes,
                 .truths = d->truths,
                 .capacity = MAX_TRUTHS,
                 .targets = d->targets,
                 .classes = job->kind == NN_DATA_CLASSES ? job->labels->count : 0,
                 .labels = job->kind == NN_DATA_MASKS ? d->labels : NULL};
    const nn_status status =
        nn_augment_draw(&v, job->data, index, others, &job->augment, nn_kernels_best(), &rng, err);
    if (status != NN_OK)
        return status;
    show_planes(d, row, column, v.width, v.height);
    if (job->kind == NN_DATA_BOXES)
        show_boxes(d, row, column, d->truths, v.truth_count);
    else if (job->kind == NN_DATA_MASKS)
        show_shares(d, row, column, v.width * v.height);
    else
        show_targets(d, row, column);
    return NN_OK;
}

static nn_status show_row(drawing *d, int row, int index, nn_error *err)
{
    nn_status status = show_plain(d, row, index, err);
    for (int i = 1; i < d->job->columns && status == NN_OK; i++)
        status = show_view(d, row, i, index, err);
    return status;
}

nn_status app_augment_sheet_draw(app_sheet **out, const app_augment_sheet *job, nn_error *err)
{
    drawing d;
    nn_sampler order = {0};
    nn_status status = nn_augment_check(&job->augment, err);
    if (status == NN_OK)
        status = nn_sampler_init(&order, job->data, job->seed, 0, err);
    if (status != NN_OK)
        return status;
    status = open_drawing(&d, job, err);
    if (status == NN_OK) {
        app_sheet_heading(d.sheet, 0, "as inference sees it");
        app_sheet_heading(d.sheet, 1, "in training");
    }
    for (int row = 0; row < job->rows && status == NN_OK; row++)
        status = show_row(&d, row, nn_sampler_get(&order, row), err);
    if (status == NN_OK) {
        *out = d.sheet;
        d.sheet = NULL;
    }
    close_drawing(&d);
    nn_sampler_release(&order);
    return status;
}
