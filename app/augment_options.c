// SPDX-License-Identifier: MIT
// Options of random views: entries, defaults, checks.
#include "app/augment_options.h"

#include <string.h>

void app_augment_options_init(app_augment_options *o, const nn_augment_options *defaults)
{
    *o = (app_augment_options){.aspect = (double)defaults->aspect,
                               .ratio = (double)defaults->ratio,
                               .colour = 1,
                               .brightness = (double)defaults->brightness,
                               .contrast = (double)defaults->contrast,
                               .saturation = (double)defaults->saturation,
                               .hue = (double)defaults->hue,
                               .flip_h = (double)defaults->flip_h,
                               .mix = (double)defaults->mix};
}

void app_augment_options_release(app_augment_options *o)
{
    g_free(o->scales);
    g_free(o->area);
    g_free(o->hsv);
    g_free(o->rand);
    g_free(o->erase_area);
    *o = (app_augment_options){0};
}

#define REAL(name, to, text)                                                                       \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, to, text, "X"                                             \
    }
#define TEXT(name, to, text, arg)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, to, text, arg                                             \
    }

void app_augment_options_add(GOptionGroup *group, app_augment_options *o)
{
    const GOptionEntry entries[] = {
        TEXT("scales", &o->scales, "Random sizes for detectors, 1 = as in inference (0.75:1.3)",
             "A:B"),
        REAL("aspect", &o->aspect, "Random stretching of the width, for detectors (0.07)"),
        REAL("mosaic", &o->mosaic, "Probability of four pictures in one, for detectors (0)"),
        REAL("focus", &o->focus, "Probability of an object of a random class in view (0)"),
        TEXT("area", &o->area,
             "Part of a picture in view, for classifiers (0.25:1); 0:0: as in inference", "A:B"),
        REAL("ratio", &o->ratio, "Up to how many times wider or higher that part is (1.33)"),
        REAL("balance", &o->balance, "Probability of drawing a class first, for rare ones (0)"),
        REAL("flip-h", &o->flip_h, "Probability of mirroring left and right (0.5)"),
        REAL("flip-v", &o->flip_v, "Probability of mirroring up and down (0)"),
        REAL("rotate", &o->rotate, "Probability of a quarter turn (0)"),
        REAL("angle", &o->angle, "Random rotation, +- degrees (0)"),
        REAL("shear", &o->shear, "Random slant, +- degrees (0)"),
        REAL("translate", &o->translate, "Random shift, +- this part of the view (0)"),
        REAL("colour", &o->colour, "Strength of brightness, contrast and saturation (1)"),
        REAL("brightness", &o->brightness, "Added at random, +- part of the range (0.06)"),
        REAL("contrast", &o->contrast, "Random factor 1 +- X (0.25)"),
        REAL("saturation", &o->saturation, "Random factor 1 +- X (0.3)"),
        REAL("hue", &o->hue, "Random turn of the colour circle, +- part of it (0.02)"),
        TEXT("hsv", &o->hsv, "The same in hue, saturation and value (0,0,0)", "H,S,V"),
        REAL("lighting", &o->lighting, "Shifts along ImageNet's colours as in AlexNet, 0.1 (0)"),
        TEXT("rand-augment", &o->rand, "N random operations of strength M, 0 to 10, such as 2:5",
             "N:M"),
        REAL("erase", &o->erase, "Probability of erasing a rectangle (0)"),
        TEXT("erase-area", &o->erase_area, "Its part of the view (0.02:0.33)", "A:B"),
        REAL("mixup", &o->mixup, "Alpha of MixUp, for classifiers, such as 0.2 (0)"),
        REAL("cutmix", &o->cutmix, "Alpha of CutMix, for classifiers, such as 1 (0)"),
        REAL("mix", &o->mix, "Part of the views that are mixed by these (1)"),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, entries);
}

// `n` numbers with a sign between them; a range may also be one number. NULL leaves what is there.
static nn_status read_numbers(float *to, int n, const char *option, const char *text, char between,
                              nn_error *err)
{
    double v[3];
    int found = 0;
    if (!text)
        return NN_OK;
    for (const char *p = text; found < n;) {
        char *end;
        v[found++] = g_ascii_strtod(p, &end);
        if (end == p || (*end && (*end != between || found == n)))
            found = n + 1;
        if (!*end)
            break;
        p = end + 1;
    }
    if (found == 1 && between == ':')
        v[found++] = v[0];
    if (found != n)
        return nn_fail(err, NN_EINVAL, "%s %s: not %d numbers like %s", option, text, n,
                       between == ':' ? "0.75:1.3" : "0.02,0.5,0.3");
    for (int i = 0; i < n; i++)
        to[i] = (float)v[i];
    return NN_OK;
}

static nn_status read_rand(nn_augment_options *to, const char *text, nn_error *err)
{
    float v[2] = {0};
    const nn_status status = read_numbers(v, 2, "--rand-augment", text, ':', err);
    if (status == NN_OK &&
        (!strchr(text, ':') || !(v[0] >= 0 && v[0] <= 16 && v[0] == (float)(int)v[0])))
        return nn_fail(err, NN_EINVAL, "--rand-augment %s: not N:M such as 2:5, N up to 16", text);
    to->rand_count = (int)v[0];
    to->rand_strength = v[1];
    return status;
}

static void move_numbers(nn_augment_options *to, const app_augment_options *o)
{
    to->aspect = (float)o->aspect;
    to->mosaic = (float)o->mosaic;
    to->focus = (float)o->focus;
    to->ratio = (float)o->ratio;
    to->balance = (float)o->balance;
    to->flip_h = (float)o->flip_h;
    to->flip_v = (float)o->flip_v;
    to->rotate = (float)o->rotate;
    to->angle = (float)o->angle;
    to->shear = (float)o->shear;
    to->translate = (float)o->translate;
    to->brightness = (float)o->brightness * (float)o->colour;
    to->contrast = (float)o->contrast * (float)o->colour;
    to->saturation = (float)o->saturation * (float)o->colour;
    to->hue = (float)o->hue;
    to->lighting = (float)o->lighting;
    to->erase = (float)o->erase;
    to->mixup = (float)o->mixup;
    to->cutmix = (float)o->cutmix;
    to->mix = (float)o->mix;
}

nn_status app_augment_options_move(nn_augment_options *to, const app_augment_options *o,
                                   nn_error *err)
{
    move_numbers(to, o);
    nn_status status = read_numbers(to->scale, 2, "--scales", o->scales, ':', err);
    if (status == NN_OK)
        status = read_numbers(to->area, 2, "--area", o->area, ':', err);
    if (status == NN_OK)
        status = read_numbers(to->hsv, 3, "--hsv", o->hsv, ',', err);
    if (status == NN_OK)
        status = read_numbers(to->erase_area, 2, "--erase-area", o->erase_area, ':', err);
    if (status == NN_OK && o->rand)
        status = read_rand(to, o->rand, err);
    return status == NN_OK ? nn_augment_check(to, err) : status;
}

void app_augment_set_enough(nn_dataset *d, const app_sources *sources, const nn_augment_options *o,
                            int h, int w)
{
    nn_augment_options largest = *o;
    largest.fit_h = h;
    largest.fit_w = w;
    for (int i = 0; i < sources->count; i++)
        largest.scale[1] = MAX(largest.scale[1], sources->list[i].options.scale[1]);
    nn_augment_enough(&largest, sources->kind == NN_DATA_CLASSES, h, w, &d->enough_h, &d->enough_w);
}
