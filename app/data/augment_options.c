// SPDX-License-Identifier: MIT
// Options of random views: entries, defaults, checks.
#include "app/data/augment_options.h"

#include <math.h>
#include <string.h>

// Options that are one number, and the fields that they set.
#define NUMBER(name, field, text)                                                                  \
    {                                                                                              \
        name, offsetof(nn_augment_options, field), text                                            \
    }
static const struct {
    const char *name;
    size_t offset;
    const char *text;
} numbers[] = {
    NUMBER("aspect", aspect, "Random stretching of the width, for detectors (0.07)"),
    NUMBER("mosaic", mosaic, "Probability of four pictures in one, for detectors (0)"),
    NUMBER("focus", focus, "Probability of an object of a random class in view (0)"),
    NUMBER("ratio", ratio, "Up to how many times wider or higher a classifier's part is (1.33)"),
    NUMBER("balance", balance, "Probability of drawing a class first, for rare ones (0)"),
    NUMBER("flip-h", flip_h, "Probability of mirroring left and right (0.5)"),
    NUMBER("flip-v", flip_v, "Probability of mirroring up and down (0)"),
    NUMBER("rotate", rotate, "Probability of a quarter turn (0)"),
    NUMBER("angle", angle, "Random rotation, +- degrees (0)"),
    NUMBER("shear", shear, "Random slant, +- degrees (0)"),
    NUMBER("translate", translate, "Random shift, +- this part of the view (0)"),
    NUMBER("perspective", perspective, "Tilt: one side up to 1 / (1 - X) times larger (0)"),
    NUMBER("paste", paste, "Probability of objects of other pictures pasted in, detectors (0)"),
    NUMBER("paste-most", paste_most, "How many of them at most (3)"),
    NUMBER("brightness", brightness, "Added at random, +- part of the range (0.06)"),
    NUMBER("contrast", contrast, "Random factor 1 +- X (0.25)"),
    NUMBER("saturation", saturation, "Random factor 1 +- X (0.3)"),
    NUMBER("hue", hue, "Random turn of the colour circle, +- part of it (0.02)"),
    NUMBER("lighting", lighting, "Shifts along ImageNet's colours as in AlexNet, 0.1 (0)"),
    NUMBER("erase", erase, "Probability of erasing a rectangle (0)"),
    NUMBER("mixup", mixup, "Alpha of MixUp, such as 0.2 for classifiers, 8 for detectors (0)"),
    NUMBER("cutmix", cutmix, "Alpha of CutMix, for classifiers, such as 1 (0)"),
    NUMBER("mix", mix, "Part of the views that are mixed by these (1)"),
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };
G_STATIC_ASSERT(sizeof numbers / sizeof *numbers <= (size_t)APP_AUGMENT_NUMBERS);

void app_augment_options_init(app_augment_options *o)
{
    *o = (app_augment_options){.colour = 1};
    for (int i = 0; i < NUMBERS; i++)
        o->number[i] = NAN;
}

void app_augment_options_release(app_augment_options *o)
{
    g_free(o->preset);
    g_free(o->scales);
    g_free(o->area);
    g_free(o->hsv);
    g_free(o->rand);
    g_free(o->erase_area);
    g_free(o->camera);
    *o = (app_augment_options){0};
}

#define TEXT(name, to, text, arg)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING, to, text, arg                                             \
    }

void app_augment_options_add(GOptionGroup *group, app_augment_options *o)
{
    const GOptionEntry texts[] = {
        TEXT("augment", &o->preset,
             "Random views: none, usual, strong or anywhere (usual; below what it means); the "
             "options "
             "below change it",
             "NAME"),
        TEXT("scales", &o->scales, "Random sizes for detectors, 1 = as in inference (0.75:1.3)",
             "A:B"),
        TEXT("area", &o->area,
             "Part of a picture in view, for classifiers (0.25:1); 0:0: as in inference", "A:B"),
        {"colour", 0, 0, G_OPTION_ARG_DOUBLE, &o->colour,
         "Strength of brightness, contrast and saturation (1)", "X"},
        TEXT("hsv", &o->hsv, "Random hue, saturation and value (0,0,0)", "H,S,V"),
        TEXT("rand-augment", &o->rand, "N random operations of strength M, 0 to 10, such as 2:5",
             "N:M"),
        TEXT("erase-area", &o->erase_area, "An erased rectangle's part of the view (0.02:0.33)",
             "A:B"),
        TEXT("camera", &o->camera,
             "What light, weather, lenses and sensors do, each with its probability and greatest "
             "strength: fog, rain, snow, night, defocus, motion, gamma, grey, infrared, lowres, "
             "noise, interlace, jpeg, or all; such as jpeg=0.3:0.8,night=0.1",
             "NAME=P[:S],..."),
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_option_group_add_entries(group, texts);
    for (int i = 0; i < NUMBERS; i++) {
        const GOptionEntry one[] = {
            {numbers[i].name, 0, 0, G_OPTION_ARG_DOUBLE, &o->number[i], numbers[i].text, "X"},
            {NULL, 0, 0, 0, NULL, NULL, NULL}};
        g_option_group_add_entries(group, one);
    }
}

// Parses `n` numbers with a separator; a range may also be a single number. NULL changes nothing.
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

// Parses "jpeg=0.3:0.8,night=0.1" into the effects.
static nn_status read_camera(nn_augment_options *to, const char *text, nn_error *err)
{
    char **list = g_strsplit(text, ",", -1);
    nn_status status = NN_OK;
    for (int i = 0; list[i] && status == NN_OK; i++) {
        char *name = g_strstrip(list[i]), *value = strchr(name, '='), *end = NULL;
        if (value)
            *value++ = '\0';
        const bool all = strcmp(name, "all") == 0;
        const int effect = nn_camera_find(name);
        double v[2] = {value ? g_ascii_strtod(value, &end) : 0, 1};
        if (end && end > value && *end == ':')
            v[1] = g_ascii_strtod(end + 1, &end);
        if (!value || end == value || *end || (effect < 0 && !all))
            status = nn_fail(err, NN_EINVAL,
                             "--camera %s: '%s' is not NAME=P or NAME=P:S with an "
                             "effect's name",
                             text, name);
        for (int k = 0; k < NN_CAMERA_EFFECTS && status == NN_OK; k++)
            if (all || k == effect) {
                to->camera[k][0] = (float)v[0];
                to->camera[k][1] = (float)v[1];
            }
    }
    g_strfreev(list);
    return status;
}

static void move_numbers(nn_augment_options *to, const app_augment_options *o)
{
    for (int i = 0; i < NUMBERS; i++)
        if (!isnan(o->number[i]))
            *(float *)(void *)((char *)to + numbers[i].offset) = (float)o->number[i];
    to->brightness *= (float)o->colour;
    to->contrast *= (float)o->colour;
    to->saturation *= (float)o->colour;
}

nn_status app_augment_options_move(nn_augment_options *to, const app_augment_options *o,
                                   nn_data_kind kind, nn_error *err)
{
    nn_status status = NN_OK;
    if (o->preset)
        status = nn_augment_preset(to, o->preset, kind == NN_DATA_CLASSES, err);
    move_numbers(to, o);
    if (status == NN_OK)
        status = read_numbers(to->scale, 2, "--scales", o->scales, ':', err);
    if (status == NN_OK)
        status = read_numbers(to->area, 2, "--area", o->area, ':', err);
    if (status == NN_OK)
        status = read_numbers(to->hsv, 3, "--hsv", o->hsv, ',', err);
    if (status == NN_OK)
        status = read_numbers(to->erase_area, 2, "--erase-area", o->erase_area, ':', err);
    if (status == NN_OK && o->rand)
        status = read_rand(to, o->rand, err);
    if (status == NN_OK && o->camera)
        status = read_camera(to, o->camera, err);
    return status == NN_OK ? nn_augment_check(to, err) : status;
}

void app_augment_set_enough(nn_dataset *d, const app_data_options *sources,
                            const nn_augment_options *o, int h, int w)
{
    nn_augment_options largest = *o;
    largest.fit_h = h;
    largest.fit_w = w;
    for (int i = 0; i < sources->count; i++)
        largest.scale[1] = MAX(largest.scale[1], sources->list[i].options.scale[1]);
    nn_augment_enough(&largest, sources->kind == NN_DATA_CLASSES, h, w, &d->enough_h, &d->enough_w);
}
