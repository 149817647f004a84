// SPDX-License-Identifier: MIT
// Runs models on example pictures and draws what they find.
#include "app/models/sheet.h"

#include <string.h>

enum { COLUMNS = 3, MOST_NAMED = 12, TOP = 3 };

char *app_model_example(const app_installed *m)
{
    g_autofree char *folder = g_path_get_dirname(m->path);
    g_autofree char *name = g_strdup(m->name);
    for (;;) {
        g_autofree char *file = g_strdup_printf("%s/%s.jpg", folder, name);
        if (g_file_test(file, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&file);
        char *dash = strrchr(name, '-');
        if (dash) {
            *dash = '\0';
        } else if (strcmp(name, "street") == 0) {
            return NULL;
        } else {
            g_free(name);
            name = g_strdup("street");
        }
    }
}

static void add_boxes(app_report_cell *cell, const nn_result *r, const nn_predictor *p)
{
    const bool names = nn_predictor_class_count(p) > 1 && r->count <= MOST_NAMED;
    cell->boxes = g_new0(app_report_box, r->count + 1);
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        app_report_box *to = &cell->boxes[cell->box_count++];
        *to = (app_report_box){.x0 = b->x0,
                               .y0 = b->y0,
                               .x1 = b->x1,
                               .y1 = b->y1,
                               .kind = APP_BOX_CLASS,
                               .label = b->label};
        const char *name = names ? nn_predictor_class_name(p, b->label) : NULL;
        g_strlcpy(to->text, name ? name : "", sizeof to->text);
    }
}

// "tulip 97 %, crocus 2 %" (g_free)
static char *best_classes(const nn_result *r, const nn_predictor *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    for (int i = 0; i < r->count && i < TOP; i++)
        g_string_append_printf(s, "%s%s %.0f %%", i ? ", " : "",
                               nn_predictor_class_name(p, r->boxes[i].label),
                               100 * (double)r->boxes[i].score);
    return g_string_free(g_steal_pointer(&s), FALSE);
}

// "3 person, 2 car" in the order of the classes (g_free).
static char *counts(const nn_result *r, const nn_predictor *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    for (int c = 0; c < nn_predictor_class_count(p); c++) {
        int n = 0;
        for (int i = 0; i < r->count; i++)
            n += r->boxes[i].label == c;
        if (n > 0)
            g_string_append_printf(s, "%s%d %s", s->len ? ", " : "", n,
                                   nn_predictor_class_name(p, c));
    }
    return s->len ? g_string_free(g_steal_pointer(&s), FALSE) : g_strdup("nothing found");
}

static char *found_text(const nn_result *r, const nn_predictor *p)
{
    if (nn_predictor_task(p) == NN_TASK_CLASSIFY)
        return best_classes(r, p);
    return nn_predictor_task(p) == NN_TASK_SEGMENT ? g_strdup("a map of classes") : counts(r, p);
}

nn_status app_model_cell(app_report_cell *cell, nn_predictor *p, const nn_image *picture,
                         const app_installed *m, const app_model_facts *facts, double ms,
                         nn_error *err)
{
    const nn_frame frame = nn_image_frame(picture);
    nn_result *r = nn_result_new();
    *cell = (app_report_cell){0};
    nn_status status =
        r ? nn_predictor_run(p, &frame, r, err) : nn_fail(err, NN_ENOMEM, "no memory");
    if (status == NN_OK)
        status =
            app_report_cell_copy(cell, picture, APP_MODEL_CELL_WIDTH, APP_MODEL_CELL_HEIGHT, err);
    if (status == NN_OK) {
        if (nn_predictor_task(p) == NN_TASK_DETECT)
            add_boxes(cell, r, p);
        g_autofree char *speed = ms > 0 ? g_strdup_printf("  %.1f ms", ms) : g_strdup("");
        cell->caption[0] = g_strdup(m->name);
        cell->caption[1] = found_text(r, p);
        cell->caption[2] = g_strdup_printf("%s  %dx%d  %s%s", facts->score, facts->input_width,
                                           facts->input_height, facts->licence, speed);
    }
    nn_result_free(r);
    return status;
}

nn_status app_model_sheet_write(app_report_cell *cells, int count, const char *path, nn_error *err)
{
    const app_report_sheet sheet = {.title = "Installed models",
                                    .subtitle = "what each finds in a picture",
                                    .caption = {APP_INK, APP_QUIET, APP_QUIET},
                                    .cells = cells,
                                    .count = count,
                                    .columns = COLUMNS,
                                    .width = APP_MODEL_CELL_WIDTH,
                                    .height = APP_MODEL_CELL_HEIGHT};
    return app_report_sheet_write(&sheet, path, err);
}
