// SPDX-License-Identifier: MIT
// Writes the results of an adaptation: a table, JSON, and pictures side by side.
#include "app/adapt/stages.h"
#include "app/cli/arguments.h"

#include "app/cli/json_file.h"
#include "app/cli/output.h"
#include "app/report/report_sheet.h"
#include "nn/base/features.h"

#include <math.h>

enum { ROWS = 6, COLUMNS = 3, CELL_W = 480, CELL_H = 360 };

static const char *role_name(adapt_role role)
{
    static const char *const names[] = {"teacher", "general", "specialist"};
    return names[role];
}

static void print_number(FILE *f, int digits, double v)
{
    if (isfinite(v))
        fprintf(f, " %9.*f", digits, v);
    else
        fprintf(f, " %9s", "-");
}

static void print_table(FILE *f, const adapt_comparison *c)
{
    fprintf(f, "%-11s %-32s %9s %9s %9s %9s %9s %9s\n", "", "", "AP50", "AP50:95", "precision",
            "recall", "frames/s", "alarms/h");
    for (int i = 0; i < c->count; i++) {
        const adapt_candidate *m = &c->list[i];
        fprintf(f, "%-11s %-32.32s", role_name(m->role), m->name);
        print_number(f, 3, m->score.ap50);
        print_number(f, 3, m->score.ap);
        print_number(f, 3, m->score.precision);
        print_number(f, 3, m->score.recall);
        print_number(f, 1, m->fps);
        print_number(f, 0, m->alarms_an_hour);
        fputc('\n', f);
    }
    fprintf(f,
            "%d pictures held back, against what the teachers say on them together; frames/s: "
            "resizing, network and boxes.\nA false alarm is seen on two pictures in a row; the "
            "%.0f seconds are taken for an hour.\n",
            c->data.count, c->seconds);
    const adapt_candidate *m = adapt_find(c, ADAPT_SPECIALIST);
    if (m && m->alarm_threshold > m->threshold)
        fprintf(f,
                "Those of the specialist are counted from score %.2f on, where it finds as much as "
                "the general\nmodel; its own threshold is %.2f.\n",
                (double)m->alarm_threshold, (double)m->threshold);
}

static nn_status write_text(const adapt_work *w, const adapt_comparison *c, const adapt_verdict *v,
                            nn_error *err)
{
    app_output out;
    g_autofree char *path = g_build_filename(w->o->work, "report.txt", NULL);
    const nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    g_autofree char *input = app_show_address(w->o->label.input);
    fprintf(out.file, "%s\n\n", input);
    print_table(out.file, c);
    fprintf(out.file, "\n%s: %s.\n\n", v->better ? "Better" : "Not better", v->reason);
    fprintf(out.file,
            "The specialist: %s%s%s, input %dx%d, %d epochs of %d pictures.\n"
            "labels/report.txt tells about the labels, train/report.md about the training,\n"
            "compare.png shows pictures that were held back.\n",
            *w->plan.init ? "trained on from " : "", *w->plan.init ? w->plan.init : w->plan.network,
            *w->plan.init && *w->plan.network ? " with a new head for small objects" : "",
            w->plan.width, w->plan.height, w->plan.epochs, w->plan.pictures);
    return app_output_close(&out, NN_OK, err);
}

static cJSON *candidate_json(const adapt_candidate *m)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "role", role_name(m->role));
    cJSON_AddStringToObject(json, "model", nn_detector_path(m->detector));
    app_json_add_number(json, "ap50", m->score.ap50);
    app_json_add_number(json, "ap", m->score.ap);
    app_json_add_number(json, "precision", m->score.precision);
    app_json_add_number(json, "recall", m->score.recall);
    app_json_add_number(json, "threshold", (double)m->threshold);
    app_json_add_number(json, "alarm_threshold", (double)m->alarm_threshold);
    app_json_add_number(json, "frames_per_second", m->fps);
    app_json_add_number(json, "false_alarms_an_hour", m->alarms_an_hour);
    return json;
}

static nn_status write_json(const adapt_work *w, const adapt_comparison *c, const adapt_verdict *v,
                            nn_error *err)
{
    g_autofree char *path = g_build_filename(w->o->work, "report.json", NULL);
    cJSON *json = cJSON_CreateObject();
    g_autofree char *input = app_show_address(w->o->label.input);
    cJSON_AddStringToObject(json, "input", input);
    cJSON_AddBoolToObject(json, "better", v->better);
    cJSON_AddStringToObject(json, "reason", v->reason);
    cJSON_AddNumberToObject(json, "held_back", c->data.count);
    cJSON_AddNumberToObject(json, "held_back_seconds", c->seconds);
    cJSON_AddNumberToObject(json, "trained_on", w->plan.pictures);
    cJSON_AddNumberToObject(json, "epochs", w->plan.epochs);
    cJSON_AddStringToObject(json, "start", w->plan.init);
    cJSON_AddNumberToObject(json, "input_width", w->plan.width);
    cJSON_AddNumberToObject(json, "input_height", w->plan.height);
    cJSON *classes = cJSON_AddArrayToObject(json, "classes");
    for (int i = 0; i < c->classes.count; i++)
        cJSON_AddItemToArray(classes, cJSON_CreateString(c->classes.name[i]));
    cJSON *models = cJSON_AddArrayToObject(json, "models");
    for (int i = 0; i < c->count; i++)
        cJSON_AddItemToArray(models, candidate_json(&c->list[i]));
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}

static nn_status begin_cell(app_report_cell *cell, const nn_image *image, int boxes, nn_error *err)
{
    cell->boxes = g_new0(app_report_box, boxes);
    return app_report_cell_copy(cell, image, CELL_W, CELL_H, err);
}

static void add_box(app_report_cell *cell, const float side[4], app_box_kind kind)
{
    cell->boxes[cell->box_count++] =
        (app_report_box){.x0 = side[0], .y0 = side[1], .x1 = side[2], .y1 = side[3], .kind = kind};
}

static nn_status fill_truths(app_report_cell *cell, const nn_image *image, const nn_sample *sample,
                             nn_error *err)
{
    int labels = 0;
    const nn_status status = begin_cell(cell, image, sample->truth_count, err);
    for (int i = 0; i < sample->truth_count; i++) {
        const nn_truth *t = &sample->truths[i];
        add_box(cell, (const float[]){t->x0, t->y0, t->x1, t->y1},
                t->ignore ? APP_BOX_IGNORED : APP_BOX_HIT);
        labels += !t->ignore;
    }
    g_autofree char *name = g_path_get_basename(sample->name);
    cell->caption[0] = g_strdup("labels of the teachers");
    cell->caption[1] = g_strdup_printf("%s: %d labels", name, labels);
    return status;
}

static nn_status fill_model(app_report_cell *cell, const nn_image *image, adapt_comparison *c,
                            int model, int picture, nn_error *err)
{
    g_autofree nn_verdict *verdicts = NULL;
    g_autofree bool *found = NULL;
    const nn_sample *sample = &c->data.samples[picture];
    const nn_result *r = &c->list[model].result;
    int hits = 0, wrong = 0, missed = 0;
    nn_status status = adapt_compare_look(c, model, picture, &verdicts, &found, err);
    if (status == NN_OK)
        status = begin_cell(cell, image, sample->truth_count + r->count, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < sample->truth_count; i++) {
        const nn_truth *t = &sample->truths[i];
        if (found[i] || t->ignore)
            continue;
        add_box(cell, (const float[]){t->x0, t->y0, t->x1, t->y1}, APP_BOX_MISSED);
        missed++;
    }
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        if (verdicts[i] == NN_VERDICT_IGNORED)
            continue;
        const bool hit = verdicts[i] == NN_VERDICT_HIT;
        add_box(cell, (const float[]){b->x0, b->y0, b->x1, b->y1},
                hit ? APP_BOX_HIT : APP_BOX_FALSE);
        app_report_box *drawn = &cell->boxes[cell->box_count - 1];
        g_snprintf(drawn->text, sizeof drawn->text, "%.2f", (double)b->score);
        hits += hit;
        wrong += verdicts[i] == NN_VERDICT_FALSE;
    }
    cell->caption[0] =
        g_strdup_printf("%s: %s", role_name(c->list[model].role), c->list[model].name);
    cell->caption[1] = g_strdup_printf("%d right, %d false, %d missed", hits, wrong, missed);
    return NN_OK;
}

static nn_status fill_row(app_report_cell cells[COLUMNS], adapt_comparison *c, const int *models,
                          int picture, nn_error *err)
{
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(&c->data, picture, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    status = fill_truths(&cells[0], &image, &c->data.samples[picture], err);
    for (int i = 1; i < COLUMNS && status == NN_OK; i++)
        status = fill_model(&cells[i], &image, c, models[i - 1], picture, err);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

static nn_status draw_pictures(const adapt_work *w, adapt_comparison *c, nn_error *err)
{
    const int rows = MIN(ROWS, c->data.count);
    const int models[] = {(int)(adapt_find(c, ADAPT_GENERAL) - c->list),
                          (int)(adapt_find(c, ADAPT_SPECIALIST) - c->list)};
    app_report_cell cells[ROWS * COLUMNS] = {0};
    nn_status status = NN_OK;
    for (int i = 0; i < rows && status == NN_OK; i++)
        status =
            fill_row(&cells[COLUMNS * i], c, models, (2 * i + 1) * c->data.count / (2 * rows), err);
    const app_report_sheet sheet = {.title = "Pictures held back",
                                    .subtitle = "the teachers, the general model, the specialist",
                                    .caption = {APP_INK, APP_QUIET, APP_QUIET},
                                    .cells = cells,
                                    .count = COLUMNS * rows,
                                    .columns = COLUMNS,
                                    .width = CELL_W,
                                    .height = CELL_H,
                                    .boxes = true};
    g_autofree char *path = g_build_filename(w->o->work, "compare.png", NULL);
    if (status == NN_OK)
        status = app_report_sheet_write(&sheet, path, err);
    for (int i = 0; i < COLUMNS * rows; i++)
        app_report_cell_release(&cells[i]);
    return status;
}

nn_status adapt_report(const adapt_work *w, adapt_comparison *c, const adapt_verdict *verdict,
                       FILE *out, nn_error *err)
{
    print_table(out, c);
    nn_status status = write_text(w, c, verdict, err);
    if (status == NN_OK)
        status = write_json(w, c, verdict, err);
    return status == NN_OK && NN_HAS_pango ? draw_pictures(w, c, err) : status;
}
