// SPDX-License-Identifier: MIT
// Defaults and ranges of the augmentation's options.
#include "nn/data/augment/augment_options.h"

#include "nn/base/arith.h"
#include "nn/base/text.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPTION_AREA 0.9f // least part of a picture that its caption is still true of

static const char *const shrinks[] = {"any", "bicubic", "area", NULL};
static const char *const presets[] = {"none", "usual", "strong", "anywhere", NULL};

// "N:M", operations of RandAugment and their strength.
static nn_status read_rand(void *values, const char *text, nn_error *err)
{
    nn_augment_options *o = values;
    char *end;
    const double n = strtod(text, &end);
    const double strength = *end == ':' ? strtod(end + 1, &end) : -1;
    if (*end || !(n >= 0 && n <= NN_RAND_MAX && n == floor(n)) ||
        !(strength >= 0 && strength <= NN_RAND_STRENGTH))
        return nn_fail(err, NN_EINVAL,
                       "--rand-augment %.80s: not N:M such as 2:5, N up to %d, M "
                       "up to %d",
                       text, NN_RAND_MAX, NN_RAND_STRENGTH);
    o->rand_count = (int)n;
    o->rand_strength = (float)strength;
    return NN_OK;
}

static void write_rand(const void *values, char *text, size_t size)
{
    const nn_augment_options *o = values;
    char strength[32];
    nn_option_number((double)o->rand_strength, true, strength, sizeof strength);
    snprintf(text, size, "%d:%s", o->rand_count, strength);
}

// One of "jpeg=0.3:0.8,night=0.1", `length` characters.
static bool read_effect(nn_augment_options *o, const char *text, size_t length)
{
    char word[64], *end = NULL;
    if (length >= sizeof word)
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    char *name = word + strspn(word, " "), *value = strchr(name, '=');
    if (!value)
        return false;
    *value++ = '\0';
    const int effect = nn_camera_find(name);
    const bool all = strcmp(name, "all") == 0;
    double v[2] = {strtod(value, &end), 1};
    if (end == value || (effect < 0 && !all))
        return false;
    if (*end == ':') {
        value = end + 1;
        v[1] = strtod(value, &end);
    }
    end += strspn(end, " ");
    if (*end || end == value || !(v[0] >= 0 && v[0] <= 1 && v[1] >= 0 && v[1] <= 1))
        return false;
    for (int k = 0; k < NN_CAMERA_EFFECTS; k++)
        if (all || k == effect) {
            o->camera[k][0] = (float)v[0];
            o->camera[k][1] = (float)v[1];
        }
    return true;
}

static nn_status read_camera(void *values, const char *text, nn_error *err)
{
    for (const char *p = text;;) {
        const size_t length = strcspn(p, ",");
        if (!read_effect(values, p, length))
            return nn_fail(err, NN_EINVAL,
                           "--camera %.160s: '%.*s' is not NAME=P or NAME=P:S with an effect's "
                           "name, both from 0 to 1",
                           text, length > 60 ? 60 : (int)length, p);
        if (!p[length])
            return NN_OK;
        p += length + 1;
    }
}

static void write_camera(const void *values, char *text, size_t size)
{
    const nn_augment_options *o = values;
    size_t used = 0;
    for (int i = 0; i < NN_CAMERA_EFFECTS && used < size; i++) {
        char part[32], strength[32];
        if (!(o->camera[i][0] > 0))
            continue;
        nn_option_number((double)o->camera[i][0], true, part, sizeof part);
        nn_option_number((double)o->camera[i][1], true, strength, sizeof strength);
        used += (size_t)snprintf(text + used, size - used, "%s%s=%s:%s", used ? "," : "",
                                 nn_camera_name(i), part, strength);
    }
}

#define FIELD(word, kind, member, n)                                                               \
    .field = {.name = word,                                                                        \
              .type = NN_FIELD_##kind,                                                             \
              .offset = offsetof(nn_augment_options, member),                                      \
              .count = n}
// The word, its member, default, least and largest value, help and, behind it, more members.
#define NUMBER(word, member, usual, least, most, ...)                                              \
    {                                                                                              \
        FIELD(word, FLOAT, member, 1), .start = usual, .low = least, .high = most,                 \
                                       .help = __VA_ARGS__                                         \
    }
#define RANGE(word, member, usual, least, most, ...)                                               \
    {                                                                                              \
        FIELD(word, FLOAT, member, 2), .flags = NN_OPTION_RANGE, .start = usual, .low = least,     \
                                       .high = most, .help = __VA_ARGS__                           \
    }
#define INSIDE .flags = NN_OPTION_HIDDEN
#define BOXES .tasks = "detect pose instance obb"
#define PLACED .tasks = "detect segment"
#define CLASSES .tasks = "classify"
#define WINDOWS .tasks = "classify pretrain contrast"
#define LABELLED .tasks = "classify segment detect pose instance obb"
#define ANY .tasks = "classify segment detect pose instance obb pretrain contrast"

static const nn_option rows[] = {
    {.field = {"augment", NN_FIELD_ENUM, offsetof(nn_augment_options, preset), 1, presets},
     .start = "usual",
     .help = NN_TEXT("Random views; anywhere is for any camera; single options change them"),
     ANY},
    RANGE("scales", scale, "0.75:1.3", 0.01, 100,
          "Random scales of pictures; 1 is the size in inference",
          .tasks = "detect segment upscale"),
    RANGE("area", area, "0.25:1", 0, 1,
          "Random part of the picture that a classifier sees; 0:0: as in inference", WINDOWS),
    NUMBER("colour", colour, "1", 0, 1e6,
           "Strength of --brightness, --contrast and --saturation, times X", ANY),
    {FIELD("hsv", FLOAT, hsv, 3), .start = "0,0,0", .high = 1, .arg = "H,S,V",
     .help = NN_TEXT("Random hue, saturation and value, plus or minus these parts"), ANY},
    {FIELD("rand-augment", OTHER, rand_count, 1), .start = "0:0", .read = read_rand,
     .write = write_rand, .arg = "N:M",
     .help = NN_TEXT("RandAugment: N operations of strength M (0 to 10), such as 2:5"), ANY},
    RANGE("erase-area", erase_area, "0.02:0.33", 0, 0.9,
          "Part of the view that an erased rectangle takes", ANY),
    {FIELD("camera", OTHER, camera, 1), .read = read_camera, .write = write_camera,
     .arg = "NAME=P[:S],...",
     .help = NN_TEXT(
         "Faults of light, weather, lens and sensor, with probability and greatest strength: "
         "fog, rain, snow, night, defocus, motion, gamma, grey, infrared, lowres, "
         "noise, interlace, jpeg, or all; such as jpeg=0.3:0.8,night=0.1. Those not named stay; "
         "all=0 in front turns them off")},
    NUMBER("aspect", aspect, "0.07", 0, 0.99, "Random stretch of the width, for detectors", PLACED),
    NUMBER("mosaic", mosaic, "0", 0, 1, "Probability of a mosaic of four pictures, for detectors",
           PLACED),
    NUMBER("focus", focus, "0", 0, 1, "Probability that an object of a random class is in view",
           PLACED),
    NUMBER("min-visible", min_visible, "0.35", 0, 1, "Part of a box in view that makes an object",
           INSIDE, PLACED),
    NUMBER("min-side", min_side, "2", 0, 1e6, "Pixels of an object's smaller side", INSIDE, PLACED),
    NUMBER("ratio", ratio, "1.33333333", 0, 16,
           "Up to how many times wider or higher a classifier's part is", WINDOWS),
    NUMBER("balance", balance, "0", 0, 1,
           "Probability of drawing the class first, so that rare ones are seen more often",
           LABELLED),
    NUMBER("flip-h", flip_h, "0.5", 0, 1, "Probability of a horizontal flip"),
    NUMBER("flip-v", flip_v, "0", 0, 1, "Probability of a vertical flip"),
    NUMBER("rotate", rotate, "0", 0, 1, "Probability of a quarter turn"),
    NUMBER("angle", angle, "0", 0, 180, "Random rotation, plus or minus X degrees", ANY),
    NUMBER("shear", shear, "0", 0, 45, "Random shear, plus or minus X degrees", ANY),
    NUMBER("translate", translate, "0", 0, 1, "Random shift, plus or minus this part of the view",
           ANY),
    NUMBER("perspective", perspective, "0", 0, 0.3, "Tilt: one side up to 1 / (1 - X) times larger",
           ANY),
    NUMBER("paste", paste, "0", 0, 1,
           "Probability of objects of other pictures pasted in, detectors", BOXES),
    NUMBER("paste-most", paste_most, "3", 0, 100, "Most objects that are pasted", BOXES),
    NUMBER("brightness", brightness, "0.06", 0, 1,
           "Random brightness, plus or minus this part of the range", ANY),
    NUMBER("contrast", contrast, "0.25", 0, 1, "Random contrast, times 1 +- X", ANY),
    NUMBER("saturation", saturation, "0.3", 0, 1, "Random saturation, times 1 +- X", ANY),
    NUMBER("hue", hue, "0.02", 0, 0.5, "Random hue, plus or minus this part of the colour circle",
           ANY),
    NUMBER("lighting", lighting, "0", 0, 10,
           "Shifts along ImageNet's colours as in AlexNet, 0.1 there", ANY),
    NUMBER("erase", erase, "0", 0, 1, "Probability of random erasing: a rectangle of noise", ANY),
    NUMBER("mixup", mixup, "0", 0, 100,
           "Alpha of MixUp, such as 0.2 for classifiers, 8 for detectors", LABELLED),
    NUMBER("cutmix", cutmix, "0", 0, 100, "Alpha of CutMix, for classifiers, such as 1", CLASSES),
    NUMBER("mix", mix, "1", 0, 1, "Part of the views that MixUp and CutMix mix", LABELLED),
    {.field = {"shrink", NN_FIELD_ENUM, offsetof(nn_augment_options, shrink), 1, shrinks},
     .start = "any",
     .help =
         "How pictures are made small: bicubic, area (the mean, as a sensor does), or any of both",
     .tasks = "upscale"},
    {.field = {.name = NULL}},
};

const nn_option *nn_augment_option_rows(void)
{
    return rows;
}

void nn_augment_defaults(nn_augment_options *o)
{
    *o = (nn_augment_options){.std = {1, 1, 1}};
    nn_options_defaults(rows, o);
}

static void turn_off(nn_augment_options *o)
{
    o->scale[0] = o->scale[1] = 1;
    o->area[0] = o->area[1] = 0;
    o->aspect = o->flip_h = o->brightness = o->contrast = o->saturation = o->hue = 0;
}

// Erasing and RandAugment would hide small objects or take them for others.
static void turn_up_detector(nn_augment_options *o)
{
    o->scale[0] = 0.5f;
    o->scale[1] = 1.5f;
    o->mosaic = 0.5f;
    o->angle = 8;
    o->shear = 3;
    o->hsv[0] = 0.015f;
    o->hsv[1] = 0.4f;
    o->hsv[2] = 0.3f;
}

static void turn_up_classifier(nn_augment_options *o)
{
    o->area[0] = 0.2f;
    o->angle = 10;
    o->lighting = 0.1f;
    o->rand_count = 2;
    o->rand_strength = 5;
    o->erase = 0.25f;
    o->mixup = 0.2f;
    o->cutmix = 1;
    o->mix = 0.5f;
}

// Probability and strength of what cameras do, in views of the preset "anywhere".
static void turn_up_camera(nn_augment_options *o)
{
    static const struct {
        const char *name;
        float probability, strength;
    } sets[] = {
        {"fog", 0.04f, 0.8f},    {"rain", 0.03f, 0.8f},    {"snow", 0.03f, 0.8f},
        {"night", 0.12f, 1},     {"defocus", 0.08f, 0.7f}, {"motion", 0.08f, 0.7f},
        {"gamma", 0.2f, 0.8f},   {"grey", 0.08f, 1},       {"infrared", 0.06f, 1},
        {"lowres", 0.12f, 0.7f}, {"noise", 0.15f, 0.8f},   {"interlace", 0.02f, 0.5f},
        {"jpeg", 0.25f, 0.85f},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        float *to = o->camera[nn_camera_find(sets[i].name)];
        to[0] = sets[i].probability;
        to[1] = sets[i].strength;
    }
}

// On top of "strong".
static void turn_up_anywhere(nn_augment_options *o, bool for_classifier)
{
    turn_up_camera(o);
    if (for_classifier)
        return;
    o->scale[0] = 0.4f;
    o->scale[1] = 2;
    o->mosaic = 0.6f;
    o->focus = 0.3f;
    o->mixup = 8;
    o->mix = 0.1f;
    o->paste = 0.3f;
    o->perspective = 0.12f;
}

nn_status nn_augment_preset(nn_augment_options *o, const char *name, bool for_classifier,
                            nn_error *err)
{
    nn_augment_options set;
    nn_augment_defaults(&set);
    const nn_status status = nn_option_read(&rows[0], &set, name, err);
    if (status != NN_OK)
        return status;
    if (set.preset == NN_AUGMENT_NONE)
        turn_off(&set);
    else if (set.preset != NN_AUGMENT_USUAL)
        (for_classifier ? turn_up_classifier : turn_up_detector)(&set);
    if (set.preset == NN_AUGMENT_ANYWHERE)
        turn_up_anywhere(&set, for_classifier);
    set.fit_h = o->fit_h;
    set.fit_w = o->fit_w;
    set.stretch = o->stretch;
    set.crop = o->crop;
    memcpy(set.mean, o->mean, sizeof set.mean);
    memcpy(set.std, o->std, sizeof set.std);
    *o = set;
    return NN_OK;
}

void nn_augment_keep_captions_true(nn_augment_options *o)
{
    o->flip_h = o->flip_v = o->rotate = 0;
    if (o->area[1] > 0) {
        o->area[0] = CAPTION_AREA;
        o->area[1] = 1;
    }
    o->ratio = 1;
    o->rand_count = 0;
}

nn_status nn_augment_check(const nn_augment_options *o, nn_error *err)
{
    const nn_status status = nn_options_check(rows, o, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < NN_CAMERA_EFFECTS; i++)
        for (int k = 0; k < 2; k++)
            if (!(o->camera[i][k] >= 0 && o->camera[i][k] <= 1))
                return nn_fail(err, NN_EINVAL, "--camera must be 0 to 1, not %s=%g",
                               nn_camera_name(i), (double)o->camera[i][k]);
    if (o->rand_count < 0 || o->rand_count > NN_RAND_MAX ||
        !(o->rand_strength >= 0 && o->rand_strength <= NN_RAND_STRENGTH))
        return nn_fail(err, NN_EINVAL,
                       "--rand-augment must be 0 to %d operations of 0 to %d, not "
                       "%d:%g",
                       NN_RAND_MAX, NN_RAND_STRENGTH, o->rand_count, (double)o->rand_strength);
    const float most = nn_max_float(o->brightness, nn_max_float(o->contrast, o->saturation));
    if (!(most * o->colour <= 1))
        return nn_fail(err, NN_EINVAL,
                       "--colour %g: brightness, contrast or saturation times that is above 1",
                       (double)o->colour);
    if (!(o->crop >= 0 && o->crop <= 1))
        return nn_fail(err, NN_EINVAL, "augmentation: a crop of %g (0 to 1)", (double)o->crop);
    if (!(o->std[0] > 0 && o->std[1] > 0 && o->std[2] > 0))
        return nn_fail(err, NN_EINVAL, "augmentation: std must be above 0");
    return NN_OK;
}

void nn_augment_enough(const nn_augment_options *o, bool for_classifier, int height, int width,
                       int *enough_h, int *enough_w)
{
    // Windows smaller than a tenth of a picture are too rare to keep all pictures larger for them.
    const float window =
        o->area[1] > 0 ? sqrtf(fmaxf(o->area[0], 0.1f) / fmaxf(o->ratio, 1)) : fmaxf(o->crop, 0.5f);
    const float times = for_classifier ? 1 / window : o->scale[1] * (1 + o->aspect);
    *enough_h = (int)fminf(1e5f, ceilf(times * (float)(for_classifier ? height : o->fit_h)));
    *enough_w = (int)fminf(1e5f, ceilf(times * (float)(for_classifier ? width : o->fit_w)));
}
