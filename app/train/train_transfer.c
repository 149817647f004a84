// SPDX-License-Identifier: MIT
// Transfer learning: takes parameters from another file, and sets learning rate factors.
#include "app/train/train_init.h"
#include "app/train/train_run.h"
#include "app/train/train_taken.h"
#include "nn/graph/pretrained.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/io/params.h"
#include "nn/predict/start_weights.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 6 }; // parameters named in a message

// How a file's tensors match the model's parameters.
typedef struct match_counts {
    int taken, missing, other_shape, unused;
    app_taken share;    // without the class outputs of our head
    app_taken backbone; // what is not in a head
    app_taken classes;
    GString *missing_names, *other_names;
} match_counts;

static void add_name(GString *text, int count, const char *name)
{
    if (count <= NAMED)
        g_string_append_printf(text, "%s%s", count > 1 ? ", " : "", name);
    else if (count == NAMED + 1)
        g_string_append(text, ", ...");
}

// `by_name`: class outputs are taken row by row later.
static match_counts count_matches(const nn_model *m, const nn_bundle *b, bool by_name)
{
    match_counts c = {.missing_names = g_string_new(NULL), .other_names = g_string_new(NULL)};
    const nn_params_source source = nn_params_source_of(m->graph, b);
    int found = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_value_info p = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        const nn_tensor *t = nn_params_find(&source, p.name);
        char here[96], there[96];
        const bool fits = t && nn_shape_equal(&t->shape, p.shape);
        const bool class = g_str_has_prefix(p.name, "head.cls");
        app_taken_add(class ? &c.classes : &c.share, m, i, fits);
        if (!g_str_has_prefix(p.name, "head."))
            app_taken_add(&c.backbone, m, i, fits);
        found += t != NULL;
        if (!t) {
            add_name(c.missing_names, ++c.missing, p.name);
        } else if (fits) {
            c.taken++;
        } else if (!class || !by_name) {
            g_autofree char *text = g_strdup_printf("%s (%s here, %s there)", p.name,
                                                    nn_shape_text(p.shape, here, sizeof here),
                                                    nn_shape_text(&t->shape, there, sizeof there));
            add_name(c.other_names, ++c.other_shape, text);
        }
    }
    c.unused = b->count - found;
    return c;
}

static void print_matches(const match_counts *c, const char *file)
{
    if (c->other_shape > 0)
        fprintf(stderr, "  %d tensors of another shape start at random: %s\n", c->other_shape,
                c->other_names->str);
    if (c->missing > 0)
        fprintf(stderr, "  %d tensors are missing from %s and start at random: %s\n", c->missing,
                file, c->missing_names->str);
    if (c->unused > 0)
        fprintf(stderr, "  %d of its tensors are not used\n", c->unused);
}

// Prints what was taken. `fresh`: the network before that; NULL: classes are not matched by name.
static nn_status say_taken(app_train *t, const match_counts *c, const nn_model *fresh,
                           nn_error *err)
{
    double rows = 0;
    g_autofree char *classes = fresh ? app_train_take_classes(t->model, fresh, &t->o, &rows) : NULL;
    const app_taken all = {c->share.taken + (classes ? rows * c->classes.all : c->classes.taken),
                           c->share.all + c->classes.all,
                           t->o.start && nn_card_is_pretrained(&t->o.start->card) &&
                               c->backbone.all > 0 && c->backbone.taken == c->backbone.all};
    const nn_status status = app_taken_say(&all, &t->o, classes ? classes : "", err);
    if (status == NN_OK)
        print_matches(c, t->o.init);
    return status;
}

nn_status app_train_take(app_train *t, nn_error *err)
{
    const char *file = t->o.init;
    nn_start_weights w;
    nn_status status = nn_start_weights_load(&w, file, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "--init");
    match_counts c = count_matches(t->model, &w.bundle, t->o.start != NULL);
    if (c.taken == 0) {
        status = nn_fail(err, NN_ENOTFOUND, "--init %s: none of its %d tensors fits %s", file,
                         w.bundle.count, t->model->card.network);
    } else {
        nn_model *fresh = NULL;
        status = t->o.start ? nn_model_copy(&fresh, t->model, err) : NN_OK;
        nn_model_take_params(t->model, &w.bundle);
        const nn_card *from = nn_start_weights_preprocessing(&w, &t->model->card);
        if (from && from->bgr)
            fprintf(stderr, "note: the input of %s is BGR, training uses RGB\n", file);
        if (status == NN_OK)
            status = say_taken(t, &c, fresh, err);
        nn_model_free(fresh);
    }
    g_string_free(c.missing_names, TRUE);
    g_string_free(c.other_names, TRUE);
    nn_start_weights_release(&w);
    return status;
}

// Sets the factor of all parameters whose names match; returns their number.
static int set_rates(float *rates, const nn_graph *g, const char *pattern, float factor)
{
    int found = 0;
    for (int i = 0; i < nn_graph_param_count(g); i++)
        if (fnmatch(pattern, nn_graph_value(g, nn_graph_param_at(g, i)).name, 0) == 0) {
            rates[i] = factor;
            found++;
        }
    return found;
}

static nn_status scale_rates(float *rates, const nn_graph *g, const char *text, nn_error *err)
{
    const char *sign = strrchr(text, '=');
    char *end = NULL;
    const double factor = sign ? g_ascii_strtod(sign + 1, &end) : 0;
    if (!sign || end == sign + 1 || *end != '\0' || !(factor >= 0 && factor <= 1000))
        return nn_fail(err, NN_EINVAL, "--lr-scale %s: not GLOB=X such as 'features.*=0.1'", text);
    g_autofree char *pattern = g_strndup(text, (gsize)(sign - text));
    return set_rates(rates, g, pattern, (float)factor) > 0
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "--lr-scale %s: no parameter has such a name", text);
}

static void print_frozen(const float *rates, const nn_model *m)
{
    int64_t frozen = 0;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        if (!(rates[i] > 0) &&
            nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).param != NN_PARAM_BUFFER)
            frozen += nn_shape_count(&m->params[i].shape);
    if (frozen > 0)
        fprintf(stderr, "%lld of %lld parameters frozen\n", (long long)frozen,
                (long long)nn_model_param_count(m));
}

nn_status app_train_rates(app_train *t, nn_error *err)
{
    const nn_graph *g = t->model->graph;
    const int count = nn_graph_param_count(g);
    nn_status status = NN_OK;
    if (!t->o.freeze && !t->o.rate_scales)
        return NN_OK;
    t->rates = g_new(float, count);
    for (int i = 0; i < count; i++)
        t->rates[i] = 1;
    for (int i = 0; t->o.rate_scales && t->o.rate_scales[i] && status == NN_OK; i++)
        status = scale_rates(t->rates, g, t->o.rate_scales[i], err);
    for (int i = 0; t->o.freeze && t->o.freeze[i] && status == NN_OK; i++)
        if (set_rates(t->rates, g, t->o.freeze[i], 0) == 0)
            status = nn_fail(err, NN_EINVAL, "--freeze %s: no parameter has such a name",
                             t->o.freeze[i]);
    if (status == NN_OK)
        print_frozen(t->rates, t->model);
    t->o.trainer.rates = t->rates;
    return status;
}
