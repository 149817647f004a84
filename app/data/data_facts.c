// SPDX-License-Identifier: MIT
// Collects facts about a data set, sample by sample.
#include "app/data/data_facts.h"

#include <math.h>
#include <string.h>

static const char OUTSIDE[] = "outside", DOUBLE[] = "double", CONFLICT[] = "conflict",
                  TINY[] = "tiny";
static const char *const kinds[] = {OUTSIDE, DOUBLE, CONFLICT, TINY};

#define SAME 0.9      // IoU from which two boxes are probably one object
#define TINY_SIDE 3.0 // pixels

const char *app_data_suspect_kind(int i)
{
    return i >= 0 && i < (int)G_N_ELEMENTS(kinds) ? kinds[i] : NULL;
}

static void release_suspect(gpointer one)
{
    g_free(((app_data_suspect *)one)->text);
}

void app_data_facts_init(app_data_facts *f, int labels)
{
    *f = (app_data_facts){.classes = g_new0(app_data_class, labels + 1),
                          .class_count = labels,
                          .smallest = {G_MAXINT, G_MAXINT},
                          .suspects = g_array_new(FALSE, TRUE, sizeof(app_data_suspect))};
    g_array_set_clear_func(f->suspects, release_suspect);
}

void app_data_facts_release(app_data_facts *f)
{
    g_free(f->classes);
    if (f->suspects)
        g_array_unref(f->suspects);
    *f = (app_data_facts){0};
}

int app_data_suspect_count(const app_data_facts *f, const char *kind)
{
    int count = 0;
    for (guint i = 0; i < f->suspects->len; i++)
        count += strcmp(g_array_index(f->suspects, app_data_suspect, i).kind, kind) == 0;
    return count;
}

static void add_suspect(app_data_facts *f, const char *kind, int sample, char *text)
{
    const app_data_suspect one = {kind, sample, text};
    g_array_append_val(f->suspects, one);
}

static double width_of(const nn_truth *t)
{
    return (double)t->x1 - (double)t->x0;
}

static double height_of(const nn_truth *t)
{
    return (double)t->y1 - (double)t->y0;
}

static double overlap(const nn_truth *a, const nn_truth *b)
{
    const double w = fmin((double)a->x1, (double)b->x1) - fmax((double)a->x0, (double)b->x0);
    const double h = fmin((double)a->y1, (double)b->y1) - fmax((double)a->y0, (double)b->y0);
    const double both = width_of(a) * height_of(a) + width_of(b) * height_of(b);
    return w > 0 && h > 0 ? w * h / (both - w * h) : 0;
}

static char *describe(const nn_truth *t, const char *what)
{
    return g_strdup_printf("%s at %.0f,%.0f %.0fx%.0f", what, (double)t->x0, (double)t->y0,
                           width_of(t), height_of(t));
}

// Index of the cell at a fraction of a picture's side.
static int cell_of(float at, int side)
{
    return (int)CLAMP((double)at / side * APP_DATA_GRID, 0, APP_DATA_GRID - 1);
}

static void add_place(app_data_class *c, const nn_truth *t, const nn_sample *s)
{
    for (int y = cell_of(t->y0, s->height); y <= cell_of(t->y1, s->height); y++)
        for (int x = cell_of(t->x0, s->width); x <= cell_of(t->x1, s->width); x++)
            c->place[y][x]++;
}

static void add_box(app_data_class *c, const nn_truth *t, const nn_sample *s)
{
    static const double shapes[APP_DATA_SHAPES - 1] = {0.25, 0.5, 0.8, 1.25, 2, 4};
    const double w = width_of(t), h = height_of(t), side = sqrt(w * h);
    int shape = 0;
    while (shape < APP_DATA_SHAPES - 1 && w / h >= shapes[shape])
        shape++;
    const int step = (int)floor(2 * log2(side / 8)) + 1;
    c->boxes++;
    c->size[side <= 32 ? 0 : side <= 96 ? 1 : 2]++;
    c->side[CLAMP(step, 0, APP_DATA_SIDES - 1)]++;
    c->shape[shape]++;
    add_place(c, t, s);
}

static void check_label(app_data_facts *f, const nn_sample *s, int index, int k,
                        const nn_names *labels)
{
    const nn_truth *t = &s->truths[k];
    const char *name = labels->name[t->label];
    if (fmin(width_of(t), height_of(t)) < TINY_SIDE)
        add_suspect(f, TINY, index, describe(t, name));
    for (int i = 0; i < k; i++) {
        const nn_truth *o = &s->truths[i];
        if (o->ignore || o->label < 0 || o->label >= labels->count || overlap(o, t) < SAME)
            continue;
        g_autofree char *what = o->label == t->label
                                    ? g_strdup_printf("%s twice", name)
                                    : g_strdup_printf("%s and %s", labels->name[o->label], name);
        add_suspect(f, o->label == t->label ? DOUBLE : CONFLICT, index, describe(t, what));
    }
}

static void add_sample(app_data_facts *f, const nn_sample *s, int index, const nn_names *labels,
                       int *last_seen)
{
    app_data_class *all = &f->classes[f->class_count];
    int objects = 0;
    for (int k = 0; k < s->truth_count + s->class_count; k++) {
        const bool box = k < s->truth_count;
        const nn_truth *t = box ? &s->truths[k] : NULL;
        const int label = box ? t->label : s->classes[k - s->truth_count];
        if (box && t->ignore == NN_IGNORE_CLASS)
            continue;
        if (label < 0 || label >= f->class_count || (box && t->ignore)) {
            all->ignored++;
            if (label >= 0 && label < f->class_count)
                f->classes[label].ignored++;
            continue;
        }
        f->classes[label].pictures += last_seen[label] != index;
        last_seen[label] = index;
        objects++;
        if (!box)
            continue;
        add_box(&f->classes[label], t, s);
        add_box(all, t, s);
        check_label(f, s, index, k, labels);
    }
    all->pictures += objects > 0;
    f->empty += objects == 0;
    if (s->outside > 0)
        add_suspect(f, OUTSIDE, index,
                    g_strdup_printf("%d boxes reach beyond the picture", s->outside));
}

void app_data_facts_add(app_data_facts *f, const nn_dataset *d, const nn_names *labels)
{
    int *last_seen = g_new(int, f->class_count + 1);
    for (int i = 0; i < f->class_count; i++)
        last_seen[i] = -1;
    for (int i = 0; i < d->count; i++) {
        const nn_sample *s = &d->samples[i];
        add_sample(f, s, i, labels, last_seen);
        f->pictures++;
        if ((int64_t)s->width * s->height < (int64_t)f->smallest[0] * f->smallest[1])
            f->smallest[0] = s->width, f->smallest[1] = s->height;
        if ((int64_t)s->width * s->height > (int64_t)f->largest[0] * f->largest[1])
            f->largest[0] = s->width, f->largest[1] = s->height;
    }
    g_free(last_seen);
}
