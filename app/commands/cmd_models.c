// SPDX-License-Identifier: MIT
// neroscale models: lists the installed models.
#include "app/cli/arguments.h"
#include "app/cli/files.h"
#include "app/cli/json_file.h"
#include "app/cli/option_table.h"
#include "app/cli/progress.h"
#include "app/commands/command.h"
#include "app/models/enlarge.h"
#include "app/models/facts.h"
#include "app/models/installed.h"
#include "app/models/sheet.h"
#include "app/models/speed.h"
#include "nn/base/cpu_limit.h"
#include "nn/graph/model.h"
#include "nn/predict/load_model.h"
#include "nn/predict/upscaler_card.h"

#include <stdio.h>
#include <string.h>

static const char SUMMARY[] =
    "Lists the models that --model opens by name: what they find, the score in their card and the\n"
    "pictures it is of (scores of different pictures do not compare), input size, size of the "
    "file,\n"
    "licence, and the time of a picture on this machine, once --bench has measured it.\n"
    "\n"
    "They are searched in the folder NEROSCALE_MODELS, then where the program is installed.\n"
    "\n"
    "Examples:\n"
    "  neroscale models\n"
    "  neroscale models --bench                     measures, and remembers it\n"
    "  neroscale models street person --bench       the same for two of them\n"
    "  neroscale models --sheet models.png          what each finds in an example picture\n"
    "  neroscale models --sheet yard.png --picture yard.jpg\n"
    "  neroscale models --json - | jq -r '.[].name'";

typedef struct models_options {
    char *json, *sheet, *picture;
    gboolean bench, force;
    int threads;
} models_options;

typedef struct row {
    const app_installed *m;
    app_model_facts facts;
    double ms; // 0: not measured
    bool upscales;
} row;

static nn_status parse(models_options *o, int *argc, char ***argv, nn_error *err)
{
    const GOptionEntry entries[] = {APP_OPTION("bench", &o->bench, NULL),
                                    APP_OPTION("sheet", &o->sheet, NULL),
                                    APP_OPTION("picture", &o->picture, "an example for each model"),
                                    APP_OPTION("json", &o->json, NULL),
                                    APP_OPTION("threads", &o->threads, "0"),
                                    APP_OPTION("force", &o->force, NULL),
                                    APP_OPTIONS_END};
    const app_arguments what = {.synopsis = "[NAME...]", .summary = SUMMARY, .entries = entries};
    const nn_status status = app_parse_arguments(&what, argc, argv, err);
    if (status != NN_OK)
        return status;
    if (o->picture && !o->sheet)
        return nn_fail(err, NN_EINVAL, "--picture is for --sheet");
    app_files files = {0};
    app_files_read(&files, "--picture", o->picture);
    app_files_refresh(&files, "--json", o->json);
    app_files_write(&files, "--sheet", o->sheet);
    return app_files_claim(&files, o->force, err);
}

static nn_status read_row(row *r, const app_installed *m, nn_error *err)
{
    nn_model *model = NULL;
    r->m = m;
    const nn_status status = nn_model_load(&model, m->path, err);
    if (status == NN_OK)
        app_model_facts_of(&r->facts, &model->card, m);
    r->upscales = status == NN_OK && nn_upscaler_suits(&model->card);
    nn_model_free(model);
    return status;
}

// The picture for a model: the user's, or its example.
static nn_status load_picture(nn_image *picture, const models_options *o, const app_installed *m,
                              nn_error *err)
{
    g_autofree char *example = o->picture ? g_strdup(o->picture) : app_model_example(m);
    if (example)
        return nn_image_load(picture, example, err);
    return nn_fail(err, NN_ENOTFOUND, "no example picture beside %s: name one with --picture",
                   m->path);
}

typedef struct seen {
    nn_predictor *predictor;
    const nn_image *picture;
    nn_result *result;
    nn_upscaler *upscaler;
} seen;

// From the pixels to the results.
static nn_status predict(void *ctx, nn_error *err)
{
    const seen *s = ctx;
    const nn_frame frame = nn_image_frame(s->picture);
    return nn_predictor_run(s->predictor, &frame, s->result, err);
}

static nn_status enlarge(void *ctx, nn_error *err)
{
    const seen *s = ctx;
    nn_image larger = {0};
    const nn_status status = nn_upscaler_picture(s->upscaler, s->picture, &larger, err);
    nn_image_release(&larger);
    return status;
}

// Measures a model and draws its cell, as far as the user asked for it.
static nn_status look_with_predictor(row *r, app_report_cell *cell, const models_options *o,
                                     const nn_image *picture, nn_error *err)
{
    nn_predictor_options options;
    seen s = {.picture = picture, .result = nn_result_new()};
    nn_predictor_options_init(&options);
    options.threads = o->threads ? o->threads : options.threads;
    nn_status status = s.result ? nn_predictor_open(&s.predictor, r->m->path, &options, err)
                                : nn_fail(err, NN_ENOMEM, "no memory");
    if (status == NN_OK && o->bench)
        status = app_speed_measure(&r->ms, predict, &s, err);
    if (status == NN_OK && o->sheet)
        status = app_model_cell(cell, s.predictor, picture, r->m, &r->facts, r->ms, err);
    nn_predictor_free(s.predictor);
    nn_result_free(s.result);
    return status;
}

static nn_status look_with_upscaler(row *r, app_report_cell *cell, const models_options *o,
                                    const nn_image *picture, nn_error *err)
{
    const nn_upscaler_options options = {.threads = o->threads};
    seen s = {.picture = picture};
    nn_status status = nn_upscaler_open(&s.upscaler, r->m->path, &options, err);
    if (status == NN_OK && o->bench)
        status = app_speed_measure(&r->ms, enlarge, &s, err);
    if (status == NN_OK && o->sheet)
        status = app_enlarge_cell(cell, s.upscaler, picture, r->m, &r->facts, r->ms, err);
    nn_upscaler_free(s.upscaler);
    return status;
}

static nn_status look(row *r, app_report_cell *cell, const models_options *o, nn_error *err)
{
    nn_image picture = {0};
    nn_status status = load_picture(&picture, o, r->m, err);
    if (status == NN_OK)
        status = r->upscales ? look_with_upscaler(r, cell, o, &picture, err)
                             : look_with_predictor(r, cell, o, &picture, err);
    nn_image_release(&picture);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", r->m->name);
}

static nn_status look_at_all(row *rows, int count, const models_options *o, int threads,
                             nn_error *err)
{
    app_report_cell *cells = g_new0(app_report_cell, count + 1);
    cJSON *known = app_speed_load();
    app_progress progress;
    nn_status status = NN_OK;
    app_progress_begin(&progress, "", 0, count);
    for (int i = 0; i < count && status == NN_OK; i++) {
        rows[i].ms = app_speed_find(known, rows[i].m, threads);
        if (!o->bench && !o->sheet)
            continue;
        app_progress_late(&progress, i, rows[i].m->name);
        status = look(&rows[i], &cells[i], o, err);
        if (status == NN_OK && o->bench)
            app_speed_add(&known, rows[i].m, threads, rows[i].ms);
    }
    app_progress_clear(&progress);
    nn_error unsaved = {0};
    if (status == NN_OK && o->bench && app_speed_save(known, &unsaved) != NN_OK)
        fprintf(stderr, "warning: the times are not remembered: %s\n", unsaved.text);
    if (status == NN_OK && o->sheet)
        status = app_model_sheet_write(cells, count, o->sheet, err);
    for (int i = 0; i < count; i++)
        app_report_cell_release(&cells[i]);
    g_free(cells);
    cJSON_Delete(known);
    return status;
}

static int widest(int width, const char *text)
{
    return MAX(width, (int)g_utf8_strlen(text, -1));
}

// The first classes, as many as fit (g_free).
static char *few_classes(const app_model_facts *f)
{
    enum { MOST = 56 };
    if (g_utf8_strlen(f->classes, -1) <= MOST)
        return g_strdup(f->classes);
    g_autofree char *start = g_utf8_substring(f->classes, 0, MOST - 8);
    char *comma = strrchr(start, ',');
    if (comma)
        *comma = '\0';
    return g_strdup_printf("%s, ... (%d)", start, f->class_count);
}

static void print_rows(const row *rows, int count)
{
    int width = (int)strlen("model"), set = (int)strlen("on");
    bool measured = true;
    for (int i = 0; i < count; i++) {
        width = widest(width, rows[i].m->name);
        set = widest(set, rows[i].facts.score_set);
    }
    printf("%-*s  %-8s  %-11s  %-*s  %-9s  %7s  %8s  %-12s  %s\n", width, "model", "task", "score",
           set, "on", "input", "KiB", "ms", "licence", "finds");
    for (int i = 0; i < count; i++) {
        const app_model_facts *f = &rows[i].facts;
        g_autofree char *classes = few_classes(f);
        char input[32], ms[32] = "-";
        g_snprintf(input, sizeof input, "%dx%d", f->input_width, f->input_height);
        if (rows[i].ms > 0)
            g_snprintf(ms, sizeof ms, "%.2f", rows[i].ms);
        measured = measured && rows[i].ms > 0;
        printf("%-*s  %-8s  %-11s  %-*s  %-9s  %7.0f  %8s  %-12s  %s\n", width, rows[i].m->name,
               f->task, *f->score ? f->score : "-", set, *f->score_set ? f->score_set : "-", input,
               (double)rows[i].m->bytes / 1024, ms, *f->licence ? f->licence : "-", classes);
    }
    if (count == 0)
        puts("no model is installed: apt install neroscale-data, or NEROSCALE_MODELS names a "
             "folder");
    else if (!measured)
        puts("\n--bench measures the milliseconds of a picture here.");
}

static cJSON *row_json(const row *r)
{
    const app_model_facts *f = &r->facts;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", r->m->name);
    cJSON_AddStringToObject(item, "path", r->m->path);
    cJSON_AddNumberToObject(item, "bytes", (double)r->m->bytes);
    cJSON_AddStringToObject(item, "task", f->task);
    cJSON *classes = cJSON_AddArrayToObject(item, "classes");
    g_auto(GStrv) names = g_strsplit(f->classes, ", ", -1);
    for (char **name = names; classes && *name; name++)
        cJSON_AddItemToArray(classes, cJSON_CreateString(*name));
    cJSON_AddNumberToObject(item, "input_width", f->input_width);
    cJSON_AddNumberToObject(item, "input_height", f->input_height);
    if (*f->score_name)
        cJSON_AddNumberToObject(item, f->score_name, f->score_value);
    if (*f->score_set)
        cJSON_AddStringToObject(item, "on", f->score_set);
    if (*f->licence)
        cJSON_AddStringToObject(item, "licence", f->licence);
    if (r->ms > 0)
        cJSON_AddNumberToObject(item, "ms", r->ms);
    return item;
}

static nn_status show(const row *rows, int count, const models_options *o, nn_error *err)
{
    if (g_strcmp0(o->json, "-") != 0)
        print_rows(rows, count);
    if (!o->json)
        return NN_OK;
    cJSON *json = cJSON_CreateArray();
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(json, row_json(&rows[i]));
    const nn_status status = app_json_write(json, o->json, err);
    cJSON_Delete(json);
    return status;
}

static const char *name_at(const GPtrArray *list, guint i)
{
    return ((const app_installed *)g_ptr_array_index(list, i))->name;
}

// Keeps those that the words name, all when there are none.
static nn_status choose(GPtrArray *list, char **words, int count, nn_error *err)
{
    for (int w = 0; w < count; w++) {
        bool known = false;
        for (guint i = 0; i < list->len && !known; i++)
            known = strcmp(name_at(list, i), words[w]) == 0;
        if (!known)
            return nn_fail(
                err, NN_ENOTFOUND,
                "no model called '%s' is installed; 'neroscale info FILE' tells of a file",
                words[w]);
    }
    for (guint i = list->len; count > 0 && i-- > 0;) {
        bool wanted = false;
        for (int w = 0; w < count && !wanted; w++)
            wanted = strcmp(name_at(list, i), words[w]) == 0;
        if (!wanted)
            g_ptr_array_remove_index(list, i);
    }
    return NN_OK;
}

// Files that cannot be read are told and left out. Returns how many are.
static int read_rows(row *rows, const GPtrArray *list)
{
    int count = 0;
    for (guint i = 0; i < list->len; i++) {
        nn_error err = {0};
        if (read_row(&rows[count], g_ptr_array_index(list, i), &err) == NN_OK)
            count++;
        else
            fprintf(stderr, "warning: %s\n", err.text);
    }
    return count;
}

static nn_status list_models(const models_options *o, char **words, int word_count, nn_error *err)
{
    g_autoptr(GPtrArray) list = app_installed_list();
    nn_status status = choose(list, words, word_count, err);
    if (status != NN_OK)
        return status;
    row *rows = g_new0(row, list->len + 1);
    const int count = read_rows(rows, list);
    status = look_at_all(rows, count, o, o->threads ? o->threads : nn_cpu_count(""), err);
    if (status == NN_OK)
        status = show(rows, count, o, err);
    for (int i = 0; i < count; i++)
        app_model_facts_release(&rows[i].facts);
    g_free(rows);
    return status;
}

int app_cmd_models(int argc, char **argv)
{
    models_options o = {0};
    nn_error err = {0};
    nn_status status = parse(&o, &argc, &argv, &err);
    if (status == NN_OK)
        status = list_models(&o, argv + 1, argc - 1, &err);
    g_free(o.json);
    g_free(o.sheet);
    g_free(o.picture);
    return app_end(status, &err);
}
