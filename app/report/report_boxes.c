// SPDX-License-Identifier: MIT
// Reports on models that find boxes.
#include "app/report/report_boxes.h"
#include "app/cli/json_file.h"
#include "app/report/report_confusion.h"
#include "app/report/report_details.h"
#include "app/report/report_mistakes.h"
#include "app/report/report_text.h"
#include "nn/eval/evaluate_detect.h"

static void print_row(FILE *out, const char *name, const nn_metrics_score *s)
{
    const double numbers[] = {s->ap50, s->ap75, s->ap, s->ar, s->precision, s->recall};
    fprintf(out, "%-16s %7d", name, s->truths);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        app_task_print_number(out, numbers[i]);
    fputc('\n', out);
}

static void print_sizes(FILE *out, const nn_metrics_score *s)
{
    static const char *const sizes[NN_METRICS_SIZES] = {"small (to 32x32)", "medium (to 96x96)",
                                                        "large"};
    for (int i = 0; i < NN_METRICS_SIZES; i++) {
        fprintf(out, "%-34s", sizes[i]);
        fprintf(out, "%10s", "");
        app_task_print_number(out, s->ap_of[i]);
        app_task_print_number(out, s->ar_of[i]);
        fputc('\n', out);
    }
}

// What the scores above compare, and the same of boxes alone.
static nn_status print_boxes(FILE *out, const nn_box_metrics *m, nn_error *err)
{
    nn_metrics_score s;
    const nn_status status = nn_metrics_compute(m->boxes, -1, m->threshold, &s, err);
    if (status == NN_OK)
        fprintf(out, "by %s; by boxes AP50 %.4f, AP75 %.4f, AP50:95 %.4f\n",
                nn_metrics_measure(m->metrics)->title, s.ap50, s.ap75, s.ap);
    return status;
}

nn_status app_boxes_print(const nn_evaluation *e, FILE *out, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    const nn_card *card = e->card;
    nn_metrics_score score;
    nn_status status = NN_OK;
    fprintf(out, "%-16s %7s %9s %9s %9s %9s %9s %9s\n", "class", "objects", "AP50", "AP75",
            "AP50:95", "AR", "precision", "recall");
    for (int i = 0; i <= card->label_count && status == NN_OK; i++) {
        const bool all = i == card->label_count;
        status = nn_metrics_compute(m->metrics, all ? -1 : i, m->threshold, &score, err);
        if (status == NN_OK)
            print_row(out, all ? "all" : card->labels[i], &score);
    }
    if (status != NN_OK)
        return status;
    print_sizes(out, &score);
    if (m->boxes && (status = print_boxes(out, m, err)) != NN_OK)
        return status;
    if (e->options.eleven_points)
        fprintf(out, "AP of 11 points of recall\n");
    if (score.truths == 0)
        fprintf(out, "no object is labelled on these pictures: there was nothing to find\n");
    fprintf(out, "%d pictures, precision and recall at ", e->pictures);
    if (m->class_thresholds)
        fprintf(out, "the thresholds of the classes, from %.3f on", (double)m->threshold);
    else
        fprintf(out, "threshold %.3f", (double)m->threshold);
    fprintf(out, ", %.2f ms a picture\n", nn_evaluation_ms_per_picture(e));
    return NN_OK;
}

static void add_scores(cJSON *json, const nn_metrics_score *s)
{
    static const char *const ap[] = {"ap_small", "ap_medium", "ap_large"};
    static const char *const ar[] = {"ar_small", "ar_medium", "ar_large"};
    app_json_add_number(json, "ap50", s->ap50);
    app_json_add_number(json, "ap75", s->ap75);
    app_json_add_number(json, "ap", s->ap);
    app_json_add_number(json, "ar", s->ar);
    for (int i = 0; i < NN_METRICS_SIZES; i++) {
        app_json_add_number(json, ap[i], s->ap_of[i]);
        app_json_add_number(json, ar[i], s->ar_of[i]);
    }
    cJSON_AddNumberToObject(json, "precision", s->precision);
    cJSON_AddNumberToObject(json, "recall", s->recall);
    cJSON_AddNumberToObject(json, "objects", s->truths);
    cJSON_AddNumberToObject(json, "detections", s->detections);
}

static int64_t count_boxes(const void *ctx, int truth, int predicted)
{
    return nn_box_confusion_count(ctx, truth, predicted);
}

nn_status app_boxes_add_json(cJSON *json, const nn_evaluation *e, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    const nn_card *card = e->card;
    nn_metrics_score score;
    nn_status status = nn_metrics_compute(m->metrics, -1, m->threshold, &score, err);
    if (status != NN_OK)
        return status;
    cJSON_AddNumberToObject(json, "pictures", e->pictures);
    cJSON_AddNumberToObject(json, "threshold", (double)m->threshold);
    cJSON_AddNumberToObject(json, "infer_ms", nn_evaluation_ms_per_picture(e));
    add_scores(json, &score);
    cJSON_AddStringToObject(json, "similarity", nn_metrics_measure(m->metrics)->name);
    if (e->options.eleven_points)
        cJSON_AddNumberToObject(json, "recall_points", 11);
    if (m->boxes) {
        status = nn_metrics_compute(m->boxes, -1, m->threshold, &score, err);
        add_scores(cJSON_AddObjectToObject(json, "boxes"), &score);
    }
    cJSON *classes = cJSON_AddObjectToObject(json, "classes");
    for (int i = 0; i < card->label_count && status == NN_OK; i++) {
        status = nn_metrics_compute(m->metrics, i, m->threshold, &score, err);
        cJSON *one = cJSON_AddObjectToObject(classes, card->labels[i]);
        if (m->class_thresholds)
            cJSON_AddNumberToObject(one, "threshold", (double)m->class_thresholds[i]);
        add_scores(one, &score);
    }
    if (m->confusion)
        app_task_add_confusion(json, nn_box_confusion_classes(m->confusion) + 1, count_boxes,
                               m->confusion);
    return status;
}

const nn_box_misses *app_boxes_misses(const nn_evaluation *e)
{
    const nn_box_metrics *m = e->metrics;
    return &m->misses;
}

void app_boxes_add_summary(GString *out, const cJSON *r)
{
    g_string_append_printf(out, "AP50 %.4f, AP75 %.4f, AP50:95 %.4f", app_report_number(r, "ap50"),
                           app_report_number(r, "ap75"), app_report_number(r, "ap"));
}

// The similarity that the scores are of.
static const nn_similarity *measure_of(const cJSON *r)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(r, "similarity");
    return nn_similarity_find(cJSON_IsString(name) ? name->valuestring : "");
}

void app_boxes_add_note(GString *out, const cJSON *r)
{
    g_string_append_printf(out,
                           "Precision and recall are those at threshold %.3f (the lowest, where "
                           "classes have their own) and %s "
                           "0.5; small, medium and large are AP50:95 of objects to 32x32 "
                           "pixels, to 96x96 and above.\n",
                           app_report_number(r, "threshold"), measure_of(r)->title);
    const cJSON *boxes = cJSON_GetObjectItemCaseSensitive(r, "boxes");
    if (boxes)
        g_string_append_printf(out, "By boxes alone: AP50 %.4f, AP75 %.4f, AP50:95 %.4f.\n",
                               app_report_number(boxes, "ap50"), app_report_number(boxes, "ap75"),
                               app_report_number(boxes, "ap"));
}

void *app_boxes_gather(const nn_evaluation *e)
{
    app_mistakes *m = g_new0(app_mistakes, 1);
    m->threshold = nn_evaluation_threshold(e);
    m->labels = e->card->labels;
    m->evaluation = e;
    return m;
}

nn_status app_boxes_gathered(void *kept, const nn_scored_picture *p, nn_error *err)
{
    const nn_sample *s = p->sample;
    app_mistakes *m = kept;
    const nn_scored_objects o = nn_scored_objects_of(m->evaluation, s, p->result);
    m->measure = p->measure;
    return app_mistakes_add(kept, s->name, p->frame, &o, err);
}

void app_boxes_release(void *kept)
{
    app_mistakes_release(kept);
    g_free(kept);
}

nn_status app_boxes_draw_confusion(const char *path, const nn_evaluation *e, nn_error *err)
{
    const nn_box_metrics *m = e->metrics;
    return app_report_box_confusion(path, m->confusion, e->card->labels, err);
}

nn_status app_boxes_draw_worst(const char *path, const nn_evaluation *e, const void *kept,
                               nn_dataset *data, nn_error *err)
{
    (void)e;
    (void)data;
    const app_mistakes *m = kept;
    app_report_cell cells[APP_MISTAKES];
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

cJSON *app_boxes_list_mistakes(const nn_evaluation *e, const void *kept, const nn_dataset *data)
{
    (void)e;
    (void)data;
    const app_mistakes *m = kept;
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

void app_boxes_show_view(app_report_cell *cell, const nn_view *v, const nn_names *names)
{
    const app_report_place same = {1, 1, 0, 0};
    int ignored = 0, unknown = 0;
    cell->boxes = g_new0(app_report_box, v->truth_count);
    for (int i = 0; i < v->truth_count; i++) {
        const nn_truth *t = &v->truths[i];
        if (t->ignore == NN_IGNORE_CLASS) {
            unknown++;
            continue;
        }
        app_report_box *b = &cell->boxes[cell->box_count++];
        *b = (app_report_box){.x0 = t->x0,
                              .y0 = t->y0,
                              .x1 = t->x1,
                              .y1 = t->y1,
                              .kind = APP_BOX_CLASS,
                              .label = t->label};
        if (t->ignore)
            b->kind = APP_BOX_IGNORED;
        else
            g_strlcpy(b->text, app_task_class_name(names, t->label), sizeof b->text);
        app_report_add_details(b, v->details, t->detail, &same);
        ignored += t->ignore != NN_IGNORE_NOT;
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%d boxes", cell->box_count - ignored);
    if (ignored)
        g_string_append_printf(text, ", %d ignored", ignored);
    if (unknown) // classes that are not labelled, in all or a part of the picture
        g_string_append_printf(text, ", %d without labels", unknown);
    cell->caption[0] = g_string_free(text, FALSE);
}

const app_column app_boxes_columns[] = {
    {"objects", "objects"},  {"AP50", "ap50"},      {"AP75", "ap75"},
    {"AP50:95", "ap"},       {"AR", "ar"},          {"small", "ap_small"},
    {"medium", "ap_medium"}, {"large", "ap_large"}, {"precision", "precision"},
    {"recall", "recall"},    {NULL, NULL}};
const app_column app_boxes_mistakes[] = {
    {"picture", "picture"}, {"missed", "missed"}, {"wrong", "wrong"}, {NULL, NULL}};
