// SPDX-License-Identifier: MIT
// The results of an adaptation: a table, the same as JSON, and pictures side by side.
#include "app/adapt/stages.h"
#include "app/cli/arguments.h"

#include "app/cli/json_file.h"
#include "app/cli/output.h"
#include "app/report/sheet.h"
#include "nn/base/features.h"

#include <math.h>

enum { ROWS = 6, GREEN = 0, RED = 3 };

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
        const adapt_contender *m = &c->list[i];
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
    const adapt_contender *m = adapt_find(c, ADAPT_SPECIALIST);
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
            "The specialist: %s%s, input %dx%d, %d epochs of %d pictures.\n"
            "labels/report.txt tells about the labels, train/report.md about the training,\n"
            "compare.png shows pictures that were held back.\n",
            *w->plan.init ? "trained on from " : "", *w->plan.init ? w->plan.init : w->plan.network,
            w->plan.width, w->plan.height, w->plan.epochs, w->plan.pictures);
    return app_output_close(&out, NN_OK, err);
}

static cJSON *contender_json(const adapt_contender *m)
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
        cJSON_AddItemToArray(models, contender_json(&c->list[i]));
    const nn_status status = app_json_write(json, path, err);
    cJSON_Delete(json);
    return status;
}

static void draw_truths(app_sheet *s, int row, const nn_sample *sample)
{
    int labels = 0;
    for (int i = 0; i < sample->truth_count; i++) {
        const nn_truth *t = &sample->truths[i];
        app_sheet_box(s, row, 0, t->x0, t->y0, t->x1, t->y1, t->ignore ? -1 : GREEN, NULL);
        labels += !t->ignore;
    }
    g_autofree char *name = g_path_get_basename(sample->name);
    g_autofree char *text = g_strdup_printf("%s: %d labels", name, labels);
    app_sheet_caption(s, row, 0, text);
}

// Correct boxes are green, false ones red, missed objects grey and dashed.
static nn_status draw_model(app_sheet *s, int row, int column, adapt_comparison *c, int model,
                            int picture, nn_error *err)
{
    g_autofree nn_verdict *verdicts = NULL;
    g_autofree bool *found = NULL;
    const nn_sample *sample = &c->data.samples[picture];
    const nn_status status = adapt_compare_look(c, model, picture, &verdicts, &found, err);
    int hits = 0, wrong = 0, missed = 0;
    if (status != NN_OK)
        return status;
    for (int i = 0; i < sample->truth_count; i++) {
        const nn_truth *t = &sample->truths[i];
        if (!found[i] && !t->ignore)
            app_sheet_box(s, row, column, t->x0, t->y0, t->x1, t->y1, -1, NULL);
        missed += !found[i] && !t->ignore;
    }
    const nn_result *r = &c->list[model].result;
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        char text[16];
        if (verdicts[i] == NN_VERDICT_IGNORED)
            continue;
        snprintf(text, sizeof text, "%.2f", (double)b->score);
        app_sheet_box(s, row, column, b->x0, b->y0, b->x1, b->y1,
                      verdicts[i] == NN_VERDICT_HIT ? GREEN : RED, text);
        hits += verdicts[i] == NN_VERDICT_HIT;
        wrong += verdicts[i] == NN_VERDICT_FALSE;
    }
    g_autofree char *text = g_strdup_printf("%d right, %d false, %d missed", hits, wrong, missed);
    app_sheet_caption(s, row, column, text);
    return NN_OK;
}

static nn_status draw_row(app_sheet *s, int row, adapt_comparison *c, const int *models,
                          int picture, nn_error *err)
{
    nn_image image;
    bool borrowed;
    nn_status status = nn_dataset_picture(&c->data, picture, &image, &borrowed, err);
    if (status != NN_OK)
        return status;
    for (int column = 0; column < 3; column++)
        app_sheet_picture(s, row, column, &image);
    draw_truths(s, row, &c->data.samples[picture]);
    for (int column = 1; column < 3 && status == NN_OK; column++)
        status = draw_model(s, row, column, c, models[column - 1], picture, err);
    if (!borrowed)
        nn_image_release(&image);
    return status;
}

static nn_status draw_pictures(const adapt_work *w, adapt_comparison *c, nn_error *err)
{
    const int rows = MIN(ROWS, c->data.count);
    const int models[] = {(int)(adapt_find(c, ADAPT_GENERAL) - c->list),
                          (int)(adapt_find(c, ADAPT_SPECIALIST) - c->list)};
    const app_sheet_options o = {.rows = rows,
                                 .columns = 3,
                                 .width = c->data.samples[0].width,
                                 .height = c->data.samples[0].height,
                                 .lines = 1,
                                 .headings = true};
    app_sheet *s;
    nn_status status = app_sheet_new(&s, &o, err);
    if (status != NN_OK)
        return status;
    app_sheet_heading(s, 0, "labels of the teachers");
    for (int i = 0; i < 2; i++) {
        g_autofree char *text =
            g_strdup_printf("%s: %s", i ? "specialist" : "general", c->list[models[i]].name);
        app_sheet_heading(s, 1 + i, text);
    }
    for (int row = 0; row < rows && status == NN_OK; row++)
        status = draw_row(s, row, c, models, (2 * row + 1) * c->data.count / (2 * rows), err);
    g_autofree char *path = g_build_filename(w->o->work, "compare.png", NULL);
    if (status == NN_OK)
        status = app_sheet_save(s, path, err);
    app_sheet_free(s);
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
