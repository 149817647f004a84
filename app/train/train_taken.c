// SPDX-License-Identifier: MIT
// Counts and prints the parameters that a training takes from another model.
#include "app/train/train_taken.h"

#include <stdio.h>

#define LEAST 0.5 // fraction below which the start is hardly better than random

void app_taken_add(app_taken *t, const nn_model *m, int i, double part)
{
    const double count = (double)nn_shape_count(&m->params[i].shape);
    if (nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).param == NN_PARAM_BUFFER)
        return;
    t->all += count;
    t->taken += part * count;
}

app_taken app_taken_but(const nn_model *m, const char *prefix, double part)
{
    app_taken t = {0};
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const char *name = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name;
        app_taken_add(&t, m, i, g_str_has_prefix(name, prefix) ? part : 1);
    }
    return t;
}

nn_status app_taken_say(const app_taken *t, const app_train_options *o, const char *more,
                        nn_error *err)
{
    const double part = t->all > 0 ? t->taken / t->all : 1;
    char text[16];
    snprintf(text, sizeof text, part < 1 && part >= 0.995 ? "%.1f" : "%.0f",
             part < 1 && part >= 0.9995 ? 99.9 : 100 * part);
    if (part < LEAST && !o->partial && !t->backbone)
        return nn_fail(
            err, NN_EINVAL,
            "--init %s: only %s %% of the parameters could be taken from it%s; --partial "
            "trains all the same",
            o->init, text, o->start ? "" : ", which is perhaps a model of another network or size");
    fprintf(stderr, "taken from %s: %s %% of the parameters%s%s\n", o->init, text,
            t->backbone ? ", which is all but the head" : "", more);
    return NN_OK;
}

// Appends names of classes: those with old ones (`named`) or those without.
static void add_classes(GString *text, const nn_model *m, const float *part, int old, bool named)
{
    int shown = 0;
    for (int i = 0; i < nn_card_classes(&m->card); i++) {
        float sum = 0;
        for (int k = 0; k < old; k++)
            sum += part[(gsize)i * (gsize)old + (gsize)k];
        if ((sum > 0) != named)
            continue;
        g_string_append_printf(text, "%s%s",
                               shown++ ? ", "
                               : named ? "; classes "
                                       : "; anew ",
                               m->card.labels[i]);
    }
    if (shown && named)
        g_string_append(text, " by name");
}

char *app_taken_classes(const nn_model *m, const float *part, int old, int known)
{
    GString *text = g_string_new(NULL);
    const int count = nn_card_classes(&m->card);
    if (known == 0) {
        g_string_printf(text, "; the class outputs start anew: %d class%s instead of %d", count,
                        count == 1 ? "" : "es", old);
    } else {
        add_classes(text, m, part, old, true);
        add_classes(text, m, part, old, false);
    }
    return g_string_free(text, FALSE);
}
