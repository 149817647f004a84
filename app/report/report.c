// SPDX-License-Identifier: MIT
// Puts the parts of a report together.
#include "app/report/report.h"

#include "app/cli/folder.h"
#include "app/cli/json_file.h"
#include "app/report/report_confusion.h"
#include "app/report/report_masks.h"
#include "app/report/report_text.h"
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/vision/decode/decode.h"

#include <glib.h>
#include <string.h>

enum { WORST = 24 }; // pictures of a classifier on its sheet

static const app_colour true_colour = {0.05, 0.45, 0.25}, wrong_colour = {0.78, 0.16, 0.10};

static nn_status copy_image(nn_image *to, const nn_image *from, nn_error *err)
{
    const size_t bytes = (size_t)3 * (size_t)from->width * (size_t)from->height;
    *to = (nn_image){from->width, from->height, nn_alloc(bytes)};
    if (!to->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", to->width, to->height);
    memcpy(to->rgb, from->rgb, bytes);
    return NN_OK;
}

// A picture of the data set with what was said about it.
static nn_status fill_cell(app_report_cell *cell, nn_dataset *data, const nn_class_mistake *m,
                           char *const *labels, nn_error *err)
{
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(data, m->picture, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    if (borrowed)
        status = copy_image(&cell->image, &image, err);
    else
        cell->image = image;
    const double part = 100 * (double)m->probability;
    cell->caption[0] =
        m->label < 0 ? g_strdup("not there") : g_strdup_printf("true: %s", labels[m->label]);
    cell->caption[1] = m->predicted < 0
                           ? g_strdup_printf("missed, %.0f %%", part)
                           : g_strdup_printf("said: %s, %.0f %%", labels[m->predicted], part);
    cell->caption[2] = g_path_get_basename(data->samples[m->picture].name);
    return status;
}

static nn_status write_class_sheet(const char *dir, nn_dataset *data, const nn_class_mistake *worst,
                                   int count, char *const *labels, nn_error *err)
{
    app_report_cell cells[WORST] = {0};
    g_autofree char *path = g_build_filename(dir, "worst.png", NULL);
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = fill_cell(&cells[i], data, &worst[i], labels, err);
    const app_report_sheet sheet = {.title = count ? "The surest mistakes" : "No mistakes",
                                    .subtitle = "what is there, and what the model said instead",
                                    .caption = {true_colour, wrong_colour, APP_QUIET},
                                    .cells = cells,
                                    .count = count,
                                    .columns = 6,
                                    .width = 190,
                                    .height = 160};
    if (status == NN_OK)
        status = app_report_sheet_write(&sheet, path, err);
    for (int i = 0; i < count; i++)
        app_report_cell_release(&cells[i]);
    return status;
}

static cJSON *list_class_mistakes(const nn_dataset *data, const nn_class_mistake *worst, int count,
                                  char *const *labels)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        const nn_class_mistake *m = &worst[i];
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", data->samples[m->picture].name);
        if (m->label >= 0)
            cJSON_AddStringToObject(one, "label", labels[m->label]);
        if (m->predicted >= 0)
            cJSON_AddStringToObject(one, "predicted", labels[m->predicted]);
        cJSON_AddNumberToObject(one, "probability", (double)m->probability);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

// Takes over `mistakes`.
static nn_status write_texts(const char *dir, cJSON *json, cJSON *mistakes, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, "report.json", NULL);
    cJSON_AddItemToObject(json, "mistakes", mistakes);
    nn_status status = app_json_write(json, path, err);
    return status == NN_OK ? app_report_text(dir, json, err) : status;
}

nn_status app_report_classes(const char *dir, const char *model, const app_class_evaluation *e,
                             nn_dataset *data, char *const *labels, nn_error *err)
{
    nn_class_mistake worst[WORST];
    cJSON *json = NULL;
    nn_status status = app_folder_make(NULL, dir, err);
    if (status != NN_OK)
        return status;
    const int count = nn_class_metrics_worst(e->metrics, worst, WORST);
    g_autofree char *path = g_build_filename(dir, "confusion.png", NULL);
    status = app_report_class_confusion(path, e->metrics, labels, err);
    if (status == NN_OK)
        status = write_class_sheet(dir, data, worst, count, labels, err);
    if (status == NN_OK)
        status = app_class_evaluation_json(&json, e, model, labels, err);
    if (status == NN_OK)
        status = write_texts(dir, json, list_class_mistakes(data, worst, count, labels), err);
    cJSON_Delete(json);
    return status;
}

static nn_status write_box_sheet(const char *dir, const app_mistakes *m, nn_error *err)
{
    app_report_cell cells[APP_MISTAKES];
    g_autofree char *path = g_build_filename(dir, "worst.png", NULL);
    g_autofree char *subtitle =
        g_strdup_printf("%d pictures with mistakes at threshold %.2f; each cut to where they are",
                        m->pictures, (double)m->threshold);
    for (int i = 0; i < m->count; i++)
        cells[i] = m->list[i].cell;
    const app_report_sheet sheet = {.title = m->count ? "The worst pictures" : "No mistakes",
                                    .subtitle = subtitle,
                                    .caption = {APP_INK, APP_QUIET, APP_QUIET},
                                    .cells = cells,
                                    .count = m->count,
                                    .columns = 3,
                                    .width = 440,
                                    .height = 330,
                                    .boxes = true};
    return app_report_sheet_write(&sheet, path, err);
}

static cJSON *list_box_mistakes(const app_mistakes *m)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < m->count; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", m->list[i].name);
        cJSON_AddNumberToObject(one, "missed", m->list[i].missed);
        cJSON_AddNumberToObject(one, "wrong", m->list[i].wrong);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

nn_status app_report_boxes(const char *dir, const char *model, const app_evaluation *e,
                           char *const *labels, int label_count, float threshold, nn_error *err)
{
    cJSON *json = NULL;
    g_autofree char *path = g_build_filename(dir, "confusion.png", NULL);
    nn_status status = app_folder_make(NULL, dir, err);
    if (status == NN_OK)
        status = app_report_box_confusion(path, e->confusion, labels, err);
    if (status == NN_OK)
        status = write_box_sheet(dir, e->mistakes, err);
    if (status == NN_OK)
        status = app_evaluation_json(&json, e, model, labels, label_count, threshold, err);
    if (status == NN_OK)
        status = write_texts(dir, json, list_box_mistakes(e->mistakes), err);
    cJSON_Delete(json);
    return status;
}

static cJSON *list_worst_masks(const app_mask_evaluation *e, const nn_dataset *data)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < e->worst_count; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "picture", data->samples[e->worst[i].picture].name);
        cJSON_AddNumberToObject(one, "wrong", e->worst[i].wrong);
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

nn_status app_report_masks(const char *dir, const char *model, const app_mask_evaluation *e,
                           nn_detector *d, nn_dataset *data, nn_error *err)
{
    char *const *labels = nn_detector_card(d)->labels;
    g_autofree char *confusion = g_build_filename(dir, "confusion.png", NULL);
    g_autofree char *worst = g_build_filename(dir, "worst.png", NULL);
    nn_status status = app_folder_make(NULL, dir, err);
    if (status == NN_OK)
        status = app_report_mask_confusion(confusion, e->metrics, labels, err);
    if (status == NN_OK)
        status = app_report_worst_masks(worst, e, d, data, err);
    if (status != NN_OK)
        return status;
    cJSON *json = app_mask_evaluation_json(e, model, labels);
    status = write_texts(dir, json, list_worst_masks(e, data), err);
    cJSON_Delete(json);
    return status;
}

bool app_shows_several(const nn_card *card, const nn_dataset *data)
{
    for (int i = 0; i < data->count; i++)
        if (data->samples[i].class_count > 1)
            return true;
    return card->sigmoid;
}

static nn_status report_classifier(const char *dir, const char *model, nn_model *m,
                                   nn_dataset *data, int threads, nn_error *err)
{
    app_class_evaluation e = {0};
    nn_classifier *c;
    nn_status status = nn_classifier_new(&c, m, &(nn_classifier_options){.threads = threads}, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", model);
    const nn_card *card = nn_classifier_card(c);
    status =
        app_class_evaluation_init(&e, nn_classifier_classes(c), app_shows_several(card, data), err);
    if (status == NN_OK)
        status = app_evaluate_classes(&e, c, data, err);
    if (status == NN_OK)
        status = app_report_classes(dir, model, &e, data, card->labels, err);
    app_class_evaluation_release(&e);
    nn_classifier_free(c);
    return status;
}

static nn_status report_detector(const char *dir, const char *model, nn_dataset *data, int threads,
                                 nn_error *err)
{
    const nn_detector_options options = {.iou_threshold = -1, .threads = threads};
    app_evaluation e = {0};
    nn_detector *d;
    nn_status status = app_evaluate_open(&d, model, &options, err);
    if (status != NN_OK)
        return status;
    const nn_card *card = nn_detector_card(d);
    app_mistakes mistakes = {.threshold = card->threshold, .labels = card->labels};
    status = app_evaluation_init(&e, card->label_count, err);
    if (status == NN_OK)
        status = app_evaluation_confuse(&e, card->label_count, card->threshold, err);
    e.mistakes = &mistakes;
    if (status == NN_OK)
        status = app_evaluate_dataset(&e, d, data, err);
    if (status == NN_OK)
        status =
            app_report_boxes(dir, model, &e, card->labels, card->label_count, card->threshold, err);
    app_mistakes_release(&mistakes);
    app_evaluation_release(&e);
    nn_detector_free(d);
    return status;
}

static nn_status report_segmentation(const char *dir, const char *model, nn_dataset *data,
                                     int threads, nn_error *err)
{
    const nn_detector_options options = {.threshold = -1, .iou_threshold = -1, .threads = threads};
    app_mask_evaluation e = {0};
    nn_detector *d;
    nn_status status = nn_detector_open(&d, model, &options, err);
    if (status != NN_OK)
        return status;
    status = app_mask_evaluation_init(&e, nn_detector_card(d)->label_count, err);
    if (status == NN_OK)
        status = app_evaluate_masks(&e, d, data, err);
    if (status == NN_OK)
        status = app_report_masks(dir, model, &e, d, data, err);
    app_mask_evaluation_release(&e);
    nn_detector_free(d);
    return status;
}

nn_status app_report_write(const char *dir, const char *model, nn_dataset *data, int threads,
                           nn_error *err)
{
    nn_model *m;
    nn_status status = nn_model_load(&m, model, err);
    if (status != NN_OK)
        return status;
    const nn_decoder *decoder = nn_decoder_of(m->card.head, m->card.task);
    if (decoder && decoder->whole_frame)
        return report_classifier(dir, model, m, data, threads, err);
    nn_model_free(m);
    if (decoder && decoder->paint)
        return report_segmentation(dir, model, data, threads, err);
    return report_detector(dir, model, data, threads, err);
}
