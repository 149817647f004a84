// SPDX-License-Identifier: MIT
// What happens when a grey square covers one place after the other: the strongest feature map, the
// probability of the class, and the most probable class (Zeiler, Fergus 2014, figure 7).
#include "app/visualize/figures.h"

#include "app/cli/progress.h"
#include "nn/base/memory.h"
#include "nn/explain/occlusion_maps.h"
#include "nn/vision/palette.h"

#include <math.h>

enum { CLASSES_NAMED = 3 };
#define SIDE 330.0

// A number of a position, for each pixel of the input.
typedef struct field {
    const nn_occlusion_maps *m;
    const float *value; // rows x columns; NULL: the class
    bool nearest;
} field;

static bool tell(void *ctx, int64_t done, int64_t of)
{
    app_progress *p = ctx;
    p->total = of;
    app_progress_late(p, done, "squares");
    return true;
}

static double centre(const nn_occlusion_maps *m, int at, bool down)
{
    const nn_patch p = nn_occlusion_square(m, down ? at : 0, down ? 0 : at);
    return down ? 0.5 * (p.y0 + p.y1) : 0.5 * (p.x0 + p.x1);
}

// The last position whose centre is not behind a pixel, and how far it is to the next one.
static int locate(const nn_occlusion_maps *m, int count, bool down, double at, double *part)
{
    int i = 0;
    while (i + 2 < count && centre(m, i + 1, down) <= at)
        i++;
    const double from = centre(m, i, down), to = count > 1 ? centre(m, i + 1, down) : from;
    *part = to > from ? CLAMP((at - from) / (to - from), 0, 1) : 0;
    return i;
}

static float value_at(const field *f, int row, int column)
{
    row = MIN(row, f->m->rows - 1);
    column = MIN(column, f->m->columns - 1);
    const int at = row * f->m->columns + column;
    return f->value ? f->value[at] : (float)f->m->best[at];
}

// Spreads the positions over the pixels of the input.
static float *spread(const field *f)
{
    const nn_occlusion_maps *m = f->m;
    float *out = g_new(float, (gsize)m->input_h *(gsize)m->input_w);
    for (int y = 0; y < m->input_h; y++) {
        double py, px;
        const int row = locate(m, m->rows, true, y + 0.5, &py);
        for (int x = 0; x < m->input_w; x++) {
            const int column = locate(m, m->columns, false, x + 0.5, &px);
            float *to = &out[(size_t)y * (size_t)m->input_w + (size_t)x];
            if (f->nearest) {
                *to = value_at(f, row + (py >= 0.5), column + (px >= 0.5));
                continue;
            }
            const double top = (1 - px) * (double)value_at(f, row, column) +
                               px * (double)value_at(f, row, column + 1);
            const double bottom = (1 - px) * (double)value_at(f, row + 1, column) +
                                  px * (double)value_at(f, row + 1, column + 1);
            *to = (float)((1 - py) * top + py * bottom);
        }
    }
    return out;
}

// The part of the input that shows the picture; nn_free(out->data).
static nn_status cut(const app_subject *s, const field *f, app_map *out, nn_error *err)
{
    g_autofree float *all = spread(f);
    const app_map m = {all, 1, f->m->input_h, f->m->input_w};
    return app_seen_cut_map(out, &m, &s->placed, &s->seen, err);
}

static nn_status add_numbers(const app_subject *s, app_figure *f, const nn_occlusion_maps *m,
                             const float *value, char *title, char *note, nn_error *err)
{
    app_figure_cell *cell = app_figure_add(f);
    app_map seen;
    double low, high;
    cell->title = title;
    cell->note = note;
    nn_status status = cut(s, &(field){.m = m, .value = value}, &seen, err);
    if (status != NN_OK)
        return status;
    app_map_range(&seen, &low, &high);
    cell->scale = (app_scale){.colours = NN_COLOUR_HEAT, .low = low, .high = high};
    cell->scale.high = high > low ? high : low + 1;
    cell->has_bar = true;
    status = app_map_paint(&cell->image, &seen, &cell->scale, err);
    nn_free((float *)seen.data);
    return status;
}

// "tulip 80 %, daffodil 20 %": the classes that are the most probable somewhere (g_free).
static char *name_classes(const app_subject *s, const nn_occlusion_maps *m)
{
    const int positions = m->rows * m->columns;
    g_autofree bool *named = g_new0(bool, (gsize)positions);
    GString *text = g_string_new(NULL);
    for (int k = 0; k < CLASSES_NAMED; k++) {
        int best = -1, most = 0;
        for (int i = 0; i < positions; i++) {
            int count = 0;
            for (int j = 0; j < positions && !named[i]; j++)
                count += m->best[j] == m->best[i];
            best = count > most ? i : best;
            most = MAX(most, count);
        }
        if (best < 0)
            break;
        const int label = m->best[best];
        for (int j = 0; j < positions; j++)
            named[j] |= m->best[j] == label;
        g_string_append_printf(text, "%s%s %.0f %%", k ? ", " : "",
                               label < 0 ? "nothing" : app_subject_label(s, label),
                               100.0 * most / positions);
    }
    return g_string_free(text, FALSE);
}

static nn_status add_classes(const app_subject *s, app_figure *f, const nn_occlusion_maps *m,
                             nn_error *err)
{
    app_figure_cell *cell = app_figure_add(f);
    app_map seen;
    cell->title = g_strdup("Most probable class");
    cell->note = name_classes(s, m);
    const nn_status status = cut(s, &(field){.m = m, .nearest = true}, &seen, err);
    if (status != NN_OK)
        return status;
    const size_t pixels = (size_t)seen.height * (size_t)seen.width;
    cell->image =
        (nn_image){.width = seen.width, .height = seen.height, .rgb = nn_alloc(3 * pixels)};
    for (size_t i = 0; i < pixels && cell->image.rgb; i++) {
        const int label = (int)lrintf(seen.data[i]);
        const uint32_t rgb = label < 0 ? 0x808080 : nn_palette(label);
        for (int c = 0; c < 3; c++)
            cell->image.rgb[3 * i + (size_t)c] = (uint8_t)(rgb >> (16 - 8 * c));
    }
    nn_free((float *)seen.data);
    return cell->image.rgb ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a map of classes");
}

static void keep(app_raw *raw, const nn_occlusion_maps *m, const char *layer)
{
    const nn_shape shape = nn_shape_4d(1, 1, m->rows, m->columns);
    g_autofree float *best = g_new(float, (gsize)(m->rows * m->columns));
    for (int i = 0; i < m->rows * m->columns; i++)
        best[i] = (float)m->best[i];
    const nn_tensor probability = nn_tensor_dense(NN_F32, shape, m->probability);
    const nn_tensor activation = nn_tensor_dense(NN_F32, shape, m->activation);
    const nn_tensor classes = nn_tensor_dense(NN_F32, shape, best);
    app_raw_add(raw, &probability, "probability");
    app_raw_add(raw, &activation, "activation");
    app_raw_add(raw, &classes, "class");
    app_raw_note(raw, "layer", "%s", layer);
    app_raw_note(raw, "channel", "%d", m->channel);
    app_raw_note(raw, "patch", "%d", m->patch);
    app_raw_note(raw, "stride", "%d", m->stride);
}

nn_status app_figure_occlusion(app_subject *s, app_figure *f, app_raw *raw, nn_error *err)
{
    const nn_occlusion_settings settings = {.patch = s->job->settings.patch,
                                            .stride = s->job->settings.stride,
                                            .layer = s->layer,
                                            .label = s->label};
    nn_occlusion_maps m = {0};
    app_progress progress;
    app_progress_begin(&progress, "squares", 0, 0);
    nn_status status = nn_occlusion_measure(s->e, &settings, &m, tell, &progress, err);
    app_progress_clear(&progress);
    f->title = g_strdup("What changes when a grey square covers a place");
    if (status == NN_OK) {
        app_subject_facts(s, f);
        app_subject_size(s, f, SIDE);
        status = app_subject_add_picture(s, f, err);
    }
    if (status == NN_OK) {
        const char *layer = nn_explainer_layer(s->e, m.layer).name;
        status = add_numbers(s, f, &m, m.activation, g_strdup("Strongest feature map"),
                             g_strdup_printf("%s, channel %d: %.4g uncovered", layer, m.channel,
                                             (double)m.whole_activation),
                             err);
        keep(raw, &m, layer);
    }
    if (status == NN_OK && m.label >= 0)
        status = add_numbers(s, f, &m, m.probability,
                             g_strdup_printf("Probability of %s", app_subject_label(s, m.label)),
                             g_strdup_printf("%.3f uncovered", (double)m.whole_probability), err);
    if (status == NN_OK && m.label >= 0)
        status = add_classes(s, f, &m, err);
    f->footer = g_strdup_printf("each place: the number with the middle of the square there; "
                                "squares of %d pixels of the input every %d",
                                m.patch, m.stride);
    nn_occlusion_maps_release(&m);
    return status;
}
