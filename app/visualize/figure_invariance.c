// SPDX-License-Identifier: MIT
// Curves of how much features and classes change when the picture is moved, scaled or rotated
// (Zeiler, Fergus 2014, figure 5).
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "app/report/report_plot.h"
#include "nn/explain/invariance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHART = 620 }; // width of a chart on the page

typedef struct measured {
    app_progress progress;
    nn_invariance_kind kind;
    double *numbers; // of all series: x, first, last, probability
} measured;

static bool tell(void *ctx, int64_t done, int64_t of)
{
    measured *m = ctx;
    m->progress.total = of * NN_INVARIANCE_KINDS;
    app_progress_late(&m->progress, (int64_t)m->kind * of + done, nn_invariance_names[m->kind]);
    return true;
}

static void add_series(app_panel *p, const char *label, int count, double *x, double *y)
{
    app_series *s = &p->series[p->count++];
    g_strlcpy(s->label, label, sizeof s->label);
    s->count = count;
    s->x = x;
    s->y = y;
    s->marked = -1;
    for (int i = 0; i < count; i++) {
        p->low = fmin(p->low, y[i]);
        p->high = fmax(p->high, y[i]);
    }
}

// A panel of distances and one of the class.
static void arrange(const app_subject *s, const nn_invariance *v, app_chart *c, double *numbers)
{
    static const char *const x_titles[] = {"moved down by parts of the height", "enlarged, times",
                                           "rotated clockwise, degrees"};
    const int n = v->count;
    double *x = numbers, *first = x + n, *last = first + n, *probability = last + n;
    app_panel *distance = &c->panel[0], *class = &c->panel[1];
    g_autofree char *label = g_strdup_printf("probability of %s", app_subject_label(s, v->label));
    for (int i = 0; i < n; i++) {
        x[i] = v->amount[i];
        first[i] = (double)v->first[i];
        last[i] = (double)v->last[i];
        probability[i] = (double)v->probability[i];
    }
    *c = (app_chart){.x_title = x_titles[v->kind], .count = 2, .low = true};
    c->x_low = x[0] - 0.01 * (x[n - 1] - x[0]);
    c->x_high = x[n - 1] + 0.01 * (x[n - 1] - x[0]);
    *distance = (app_panel){.title = "Distance of the features", .height = 1};
    add_series(distance, nn_explainer_layer(s->e, v->first_layer).name, n, x, first);
    add_series(distance, nn_explainer_layer(s->e, v->last_layer).name, n, x, last);
    distance->high = fmax(1.05 * distance->high, 0.1);
    *class = (app_panel){.title = "Class", .height = 0.8, .high = 1.05};
    add_series(class, label, n, x, probability);
}

static nn_status draw_chart(const app_subject *s, const nn_invariance *v, nn_image *out,
                            nn_error *err)
{
    g_autofree double *numbers = g_new(double, 4 * (gsize)v->count);
    app_chart chart;
    char *bytes;
    size_t size;
    arrange(s, v, &chart, numbers);
    nn_status status = app_plot_draw(&chart, APP_PLOT_PNG, &bytes, &size, err);
    if (status != NN_OK)
        return status;
    status = nn_image_parse(out, bytes, size, err);
    free(bytes);
    return status;
}

static void keep(app_raw *raw, const nn_invariance *v)
{
    g_autofree float *rows = g_new(float, 4 * (gsize)v->count);
    for (int i = 0; i < v->count; i++) {
        rows[4 * i] = (float)v->amount[i];
        rows[4 * i + 1] = v->first[i];
        rows[4 * i + 2] = v->last[i];
        rows[4 * i + 3] = v->probability[i];
    }
    const nn_tensor t = nn_tensor_dense(NN_F32, nn_shape_4d(1, 1, v->count, 4), rows);
    app_raw_add(raw, &t, "%s", nn_invariance_names[v->kind]);
    app_raw_note(raw, "columns", "amount, first, last, probability");
}

nn_status app_figure_invariance(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const nn_frame frame = nn_image_frame(s->picture);
    const nn_invariance_settings settings = {.first = -1, .last = s->layer, .label = s->label};
    measured m = {0};
    nn_invariance v = {0};
    f->title = g_strdup("How much it changes when the picture is moved, scaled, rotated");
    app_subject_facts(s, f);
    app_subject_size(s, f, 430);
    f->columns = 2;
    nn_status status = app_subject_add_picture(s, f, err);
    app_progress_begin(&m.progress, "curves", 0, 0);
    for (int i = 0; i < NN_INVARIANCE_KINDS && status == NN_OK; i++) {
        m.kind = (nn_invariance_kind)i;
        status = nn_invariance_measure(s->e, &frame, m.kind, &settings, &v, tell, &m, err);
        if (status != NN_OK)
            break;
        app_figure_cell *cell = app_figure_add(f);
        cell->title = g_strdup(nn_invariance_names[i]);
        cell->title[0] = g_ascii_toupper(cell->title[0]);
        status = draw_chart(s, &v, &cell->image, err);
        f->width = CHART;
        f->height = MAX(1, CHART * cell->image.height / MAX(1, cell->image.width));
        keep(raw, &v);
    }
    app_progress_clear(&m.progress);
    f->footer =
        g_strdup("distance: of all values of a layer from those of the picture as it is, in "
                 "parts of their length");
    nn_invariance_release(&v);
    return status;
}
