// SPDX-License-Identifier: MIT
// Options of random views: entries, defaults, checks.
#include "app/augment_options.h"

#include "nn/base/status.h"

void app_augment_options_init(app_augment_options *o, const nn_augment_options *defaults)
{
    *o = (app_augment_options){.aspect = (double)defaults->aspect,
                               .colour = 1,
                               .hue = (double)defaults->hue,
                               .flip_h = (double)defaults->flip_h};
}

void app_augment_options_release(app_augment_options *o)
{
    g_free(o->scales);
    *o = (app_augment_options){0};
}

#define REAL(name, to, text)                                                                       \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, to, text, "X"                                             \
    }

void app_augment_options_add(GOptionGroup *group, app_augment_options *o)
{
    const GOptionEntry entries[] = {
        {"scales", 0, 0, G_OPTION_ARG_STRING, &o->scales,
         "Random sizes, 1 = as in inference (0.75:1.3)", "A:B"},
        REAL("aspect", &o->aspect, "Random stretching of the width (0.07)"),
        REAL("flip-h", &o->flip_h, "Probability of mirroring left and right (0.5)"),
        REAL("flip-v", &o->flip_v, "Probability of mirroring up and down (0)"),
        REAL("rotate", &o->rotate, "Probability of a quarter turn (0)"),
        REAL("mosaic", &o->mosaic, "Probability of four pictures in one (0)"),
        REAL("focus", &o->focus, "Probability of an object of a random class in view (0)"),
        REAL("balance", &o->balance, "Probability of drawing a class first, for rare ones (0)"),
        REAL("colour", &o->colour, "Strength of colour changes (1)"),
        REAL("hue", &o->hue, "Random turn of the colour circle (0.02)"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, entries);
}

static bool is_probability(double p)
{
    return p >= 0 && p <= 1;
}

static nn_status move_scales(nn_augment_options *to, const char *text, nn_error *err)
{
    char *end;
    const double low = g_ascii_strtod(text, &end);
    const double high = *end == ':' ? g_ascii_strtod(end + 1, &end) : low;
    if (*end != '\0' || !(low >= 0.01) || !(high >= low) || high > 100)
        return nn_fail(err, NN_EINVAL, "--scales %s: not two numbers like 0.75:1.3", text);
    to->scale[0] = (float)low;
    to->scale[1] = (float)high;
    return NN_OK;
}

nn_status app_augment_options_move(nn_augment_options *to, const app_augment_options *o,
                                   nn_error *err)
{
    if (!is_probability(o->flip_h) || !is_probability(o->flip_v) || !is_probability(o->rotate) ||
        !is_probability(o->mosaic) || !is_probability(o->focus) || !is_probability(o->balance))
        return nn_fail(
            err, NN_EINVAL,
            "--flip-h, --flip-v, --rotate, --mosaic, --focus and --balance are probabilities");
    const nn_status status = o->scales ? move_scales(to, o->scales, err) : NN_OK;
    if (status != NN_OK)
        return status;
    if (!(o->colour >= 0 && o->colour <= 3) || !(o->aspect >= 0 && o->aspect < 1) ||
        !(o->hue >= 0 && o->hue <= 0.5))
        return nn_fail(err, NN_EINVAL, "--colour is 0 to 3, --aspect 0 to 1, --hue 0 to 0.5");
    to->flip_h = (float)o->flip_h;
    to->flip_v = (float)o->flip_v;
    to->rotate = (float)o->rotate;
    to->mosaic = (float)o->mosaic;
    to->focus = (float)o->focus;
    to->balance = (float)o->balance;
    to->aspect = (float)o->aspect;
    to->hue = (float)o->hue;
    to->brightness *= (float)o->colour;
    to->contrast *= (float)o->colour;
    to->saturation *= (float)o->colour;
    return NN_OK;
}
