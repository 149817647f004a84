// SPDX-License-Identifier: MIT
// Defaults and ranges of the augmentation's options.
#include "nn/data/augment/augment.h"

#include "nn/data/augment/augment_internal.h"

#include <math.h>
#include <string.h>

void nn_augment_defaults(nn_augment_options *o)
{
    *o = (nn_augment_options){
        .scale = {0.75f, 1.3f},
        .aspect = 0.07f,
        .min_visible = 0.35f,
        .min_side = 2,
        .area = {0.25f, 1},
        .ratio = 4.0f / 3,
        .flip_h = 0.5f,
        .brightness = 0.06f,
        .contrast = 0.25f,
        .saturation = 0.3f,
        .hue = 0.02f,
        .erase_area = {0.02f, 0.33f},
        .mix = 1,
        .paste_most = 3,
        .std = {1, 1, 1},
    };
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
    if (strcmp(name, "none") == 0)
        turn_off(&set);
    else if (strcmp(name, "strong") == 0 || strcmp(name, "anywhere") == 0)
        (for_classifier ? turn_up_classifier : turn_up_detector)(&set);
    else if (strcmp(name, "usual") != 0)
        return nn_fail(err, NN_EINVAL,
                       "augmentation '%s': not one of none, usual, strong, anywhere", name);
    if (strcmp(name, "anywhere") == 0)
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

// Fields of floats, how many there are and what they may be.
#define FIELD(name, low, high)                                                                     \
    {                                                                                              \
#name, offsetof(nn_augment_options, name),                                                 \
            sizeof(((nn_augment_options *)0)->name) / sizeof(float), low, high, false              \
    }
// One that came later: with its default value the fingerprint is what it was without it.
#define LATE(name, low, high)                                                                      \
    {                                                                                              \
#name, offsetof(nn_augment_options, name),                                                 \
            sizeof(((nn_augment_options *)0)->name) / sizeof(float), low, high, true               \
    }

static const struct {
    const char *name;
    size_t offset, count;
    float low, high;
    bool late;
} fields[] = {
    FIELD(scale, 0.01f, 100),   FIELD(aspect, 0, 0.99f),     FIELD(focus, 0, 1),
    FIELD(mosaic, 0, 1),        FIELD(min_visible, 0, 1),    FIELD(min_side, 0, 1e6f),
    FIELD(crop, 0, 1),          FIELD(area, 0, 1),           FIELD(ratio, 0, 16),
    FIELD(balance, 0, 1),       FIELD(flip_h, 0, 1),         FIELD(flip_v, 0, 1),
    FIELD(rotate, 0, 1),        FIELD(angle, 0, 180),        FIELD(shear, 0, 45),
    FIELD(translate, 0, 1),     FIELD(brightness, 0, 1),     FIELD(contrast, 0, 1),
    FIELD(saturation, 0, 1),    FIELD(hue, 0, 0.5f),         FIELD(hsv, 0, 1),
    FIELD(lighting, 0, 10),     FIELD(rand_strength, 0, 10), FIELD(erase, 0, 1),
    FIELD(erase_area, 0, 0.9f), FIELD(mixup, 0, 100),        FIELD(cutmix, 0, 100),
    FIELD(mix, 0, 1),           LATE(perspective, 0, 0.3f),  LATE(paste, 0, 1),
    LATE(paste_most, 0, 100),   LATE(camera, 0, 1),
};

static const float *field_at(const nn_augment_options *o, int i)
{
    return (const float *)((const char *)o + fields[i].offset);
}

static nn_status check_range(const char *name, const float range[2], nn_error *err)
{
    return range[0] <= range[1] ? NN_OK
                                : nn_fail(err, NN_EINVAL, "augmentation: %s from %g to %g", name,
                                          (double)range[0], (double)range[1]);
}

nn_status nn_augment_check(const nn_augment_options *o, nn_error *err)
{
    for (int i = 0; i < (int)(sizeof fields / sizeof *fields); i++)
        for (size_t k = 0; k < fields[i].count; k++) {
            const float v = field_at(o, i)[k];
            if (!(v >= fields[i].low && v <= fields[i].high))
                return nn_fail(err, NN_EINVAL, "augmentation: %s %g is not within %g..%g",
                               fields[i].name, (double)v, (double)fields[i].low,
                               (double)fields[i].high);
        }
    if (o->rand_count < 0 || o->rand_count > NN_RAND_MAX)
        return nn_fail(err, NN_EINVAL, "augmentation: %d operations of RandAugment (0 to %d)",
                       o->rand_count, NN_RAND_MAX);
    if (!(o->std[0] > 0 && o->std[1] > 0 && o->std[2] > 0))
        return nn_fail(err, NN_EINVAL, "augmentation: std must be above 0");
    nn_status status = check_range("scale", o->scale, err);
    if (status == NN_OK)
        status = check_range("area", o->area, err);
    return status == NN_OK ? check_range("erase_area", o->erase_area, err) : status;
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

uint64_t nn_augment_fingerprint(const nn_augment_options *o)
{
    nn_augment_options usual;
    nn_augment_defaults(&usual);
    uint64_t hash = nn_hash_mix((uint64_t)o->rand_count * 2 + o->stretch);
    for (int i = 0; i < (int)(sizeof fields / sizeof *fields); i++)
        for (size_t k = 0; k < fields[i].count; k++) {
            const float *field = field_at(o, i);
            uint32_t bits;
            memcpy(&bits, &field[k], sizeof bits);
            if (!fields[i].late)
                hash = nn_hash_mix(hash ^ bits);
            else if (field[k] != field_at(&usual, i)[k])
                hash = nn_hash_mix(hash ^ bits ^ ((uint64_t)i * 256 + k) << 32);
        }
    return hash;
}
