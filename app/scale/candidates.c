// SPDX-License-Identifier: MIT
// Networks that fill a budget: for each input and depth the largest width within it.
#include "app/bench/time_models.h"
#include "app/cli/progress.h"
#include "app/scale/scale.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <string.h>

enum { GRID = 32 };    // sides are multiples of the coarsest stride
enum { WIDTHS = 63 };  // multiples of 1/16 from 1/8 on
#define LEAST_PART 0.6 // of the budget that a candidate takes at least
#define TIMED 0.15     // seconds of measuring a network

static const double inputs[] = {0.57, 0.71, 0.86, 1, 1.29}, depths[] = {0.5, 1, 1.5};
enum { INPUTS = sizeof inputs / sizeof *inputs, DEPTHS = sizeof depths / sizeof *depths };

static double width_at(int i)
{
    return (i + 2) / 16.0;
}

bool scale_has_option(const char *network, const char *option)
{
    const nn_zoo_net *net = nn_zoo_find(network);
    g_auto(GStrv) names = g_strsplit(net ? net->option_names : "", ",", -1);
    return g_strv_contains((const char *const *)names, option);
}

char *scale_options_of(const char *options, const scale_candidate *c)
{
    g_auto(GStrv) list = g_strsplit(options ? options : "", ",", -1);
    GString *text = g_string_new(NULL);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    for (int i = 0; list[i]; i++)
        if (*list[i] && !g_str_has_prefix(list[i], "alpha=") &&
            !g_str_has_prefix(list[i], "beta=") && !g_str_has_prefix(list[i], "scale="))
            g_string_append_printf(text, "%s,", list[i]);
    g_ascii_formatd(number, sizeof number, "%g", c->alpha);
    g_string_append_printf(text, "alpha=%s", number);
    g_ascii_formatd(number, sizeof number, "%g", c->beta);
    if (c->beta > 0)
        g_string_append_printf(text, ",beta=%s", number);
    return g_string_free(text, FALSE);
}

static nn_status build(nn_model **m, const scale_candidate *c, const nn_card *base, nn_error *err)
{
    nn_card card = *base; // borrowed: the model gets copies
    g_autofree char *options = scale_options_of(base->options, c);
    g_strlcpy(card.options, options, sizeof card.options);
    card.input_w = c->width;
    card.input_h = c->height;
    const nn_status status = nn_zoo_build(m, &card, err);
    if (status == NN_OK)
        nn_zoo_init_random(*m, 1, NULL);
    return status;
}

nn_status scale_time(scale_candidate *const *list, int count, const nn_card *base, double seconds,
                     nn_error *err)
{
    nn_model **m = g_new0(nn_model *, count + 1);
    double *ms = g_new0(double, count + 1);
    nn_status status = NN_OK;
    for (int i = 0; i < count && status == NN_OK; i++)
        status = build(&m[i], list[i], base, err);
    if (status == NN_OK)
        status = app_time_models((const nn_model *const *)m, count, NULL, seconds, ms, err);
    for (int i = 0; i < count; i++) {
        if (status == NN_OK)
            list[i]->ms = list[i]->ms > 0 ? fmin(list[i]->ms, ms[i]) : ms[i];
        nn_model_free(m[i]);
    }
    g_free(m);
    g_free(ms);
    return status;
}

// Multiply-adds and parameters, and with a budget of time the latency.
static nn_status measure(scale_candidate *c, const scale_options *o, const nn_card *base,
                         nn_error *err)
{
    nn_model *m;
    nn_status status = build(&m, c, base, err);
    if (status != NN_OK)
        return status;
    c->macs = app_model_macs(m);
    c->parameters = (double)nn_model_param_count(m);
    if (o->budget_ms > 0)
        status = app_time_models((const nn_model *const *)&m, 1, NULL, TIMED, &c->ms, err);
    nn_model_free(m);
    return status;
}

static double part_of_budget(const scale_candidate *c, const scale_options *o)
{
    return o->budget_ms > 0 ? c->ms / o->budget_ms : 2e-6 * c->macs / o->budget_mflops;
}

// The widest network within the budget, by halving; *out is the narrowest when none is. Costs are
// taken to grow with the width, which steps of whole blocks of channels only roughly do.
static nn_status widen(scale_candidate *out, const scale_options *o, const nn_card *base,
                       nn_error *err)
{
    int low = 0, high = WIDTHS;
    out->alpha = width_at(0);
    nn_status status = measure(out, o, base, err);
    while (status == NN_OK && high - low > 1 && part_of_budget(out, o) <= 1) {
        const int middle = (low + high) / 2;
        scale_candidate c = *out;
        c.alpha = width_at(middle);
        status = measure(&c, o, base, err);
        if (status == NN_OK && part_of_budget(&c, o) <= 1) {
            *out = c;
            low = middle;
        } else {
            high = middle;
        }
    }
    return status;
}

// Inputs of different sizes around the base; returns how many.
static int list_inputs(const nn_card *base, int size[INPUTS][2])
{
    int count = 0;
    for (int i = 0; i < INPUTS; i++) {
        const int w = MAX((int)(inputs[i] * base->input_w / GRID + 0.5), 1) * GRID;
        const int h = MAX((int)(inputs[i] * base->input_h / GRID + 0.5), 1) * GRID;
        if (count > 0 && size[count - 1][0] == w && size[count - 1][1] == h)
            continue;
        size[count][0] = w;
        size[count++][1] = h;
    }
    return count;
}

// Keeps as many as are asked for, evenly over inputs and depths.
static void thin_out(scale_search *s, int most)
{
    const int count = s->count;
    for (int i = 0; i < most && count > most; i++)
        s->list[i] = s->list[i * count / most + count / most / 2];
    s->count = MIN(count, most);
}

static nn_status fail_budget(const scale_candidate *least, const scale_options *o, nn_error *err)
{
    return nn_fail(err, NN_EINVAL,
                   o->budget_ms > 0
                       ? "no %s is within %g ms: alpha=%g at %dx%d takes %.3g ms, the least "
                         "(a larger --budget-ms, a smaller --size)"
                       : "no %s is within %g MFLOPs: alpha=%g at %dx%d takes %.3g, the least "
                         "(a larger --budget-mflops, a smaller --size)",
                   o->network, o->budget_ms > 0 ? o->budget_ms : o->budget_mflops, least->alpha,
                   least->width, least->height, o->budget_ms > 0 ? least->ms : 2e-6 * least->macs);
}

nn_status scale_find(scale_search *s, const scale_options *o, const nn_card *base,
                     const volatile sig_atomic_t *stop, nn_error *err)
{
    int size[INPUTS][2];
    const int sides = list_inputs(base, size);
    const int steps = scale_has_option(o->network, "beta") ? DEPTHS : 1;
    scale_candidate least = {0}, largest = {0};
    app_progress progress = {0};
    nn_status status = NN_OK;
    app_progress_begin(&progress, "sizing", 0, (int64_t)sides * steps);
    for (int i = 0; i < sides * steps && status == NN_OK && !*stop; i++) {
        scale_candidate c = {.width = size[i / steps][0], .height = size[i / steps][1]};
        c.beta = steps > 1 ? depths[i % steps] : 0;
        status = widen(&c, o, base, err);
        const double part = status == NN_OK ? part_of_budget(&c, o) : 2;
        if (i == 0)
            least = c;
        if (part <= 1 && (largest.width == 0 || part > part_of_budget(&largest, o)))
            largest = c;
        if (part <= 1 && part >= LEAST_PART)
            s->list[s->count++] = c;
        app_progress_show(&progress, i + 1, "inputs and depths");
    }
    app_progress_clear(&progress);
    if (status != NN_OK || *stop)
        return status;
    if (s->count == 0 && largest.width == 0)
        return fail_budget(&least, o, err);
    if (s->count == 0) // the budget is larger than what this network can use
        s->list[s->count++] = largest;
    thin_out(s, o->candidates);
    scale_candidate *list[SCALE_MOST];
    for (int i = 0; i < s->count; i++)
        list[i] = &s->list[i];
    return o->budget_ms > 0 ? NN_OK : scale_time(list, s->count, base, TIMED * s->count, err);
}
