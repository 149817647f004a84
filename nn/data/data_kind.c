// SPDX-License-Identifier: MIT
// The table of kinds of labels.
#include "nn/data/data_kind.h"

static size_t box_bytes(int classes, int height, int width)
{
    (void)classes;
    (void)height;
    (void)width;
    return NN_VIEW_TRUTHS * sizeof(nn_truth);
}

static void attach_boxes(nn_view *v, void *room, int classes)
{
    (void)classes;
    v->truths = room;
    v->capacity = NN_VIEW_TRUTHS;
}

static size_t class_bytes(int classes, int height, int width)
{
    (void)height;
    (void)width;
    return (size_t)classes * sizeof(float);
}

static void attach_classes(nn_view *v, void *room, int classes)
{
    v->targets = room;
    v->classes = classes;
}

static size_t mask_bytes(int classes, int height, int width)
{
    (void)classes;
    return (size_t)height * (size_t)width;
}

static void attach_mask(nn_view *v, void *room, int classes)
{
    (void)classes;
    v->labels = room;
}

static size_t enlarged_bytes(int classes, int height, int width)
{
    const size_t factor = (size_t)classes;
    return factor * factor * (size_t)height * (size_t)width * sizeof(float);
}

static void attach_enlarged(nn_view *v, void *room, int classes)
{
    v->enlarged = room;
    v->factor = classes;
}

// Views as of a classifier, whose one class no picture has.
static size_t view_bytes(int classes, int height, int width)
{
    (void)classes;
    (void)height;
    (void)width;
    return sizeof(float);
}

static void attach_view(nn_view *v, void *room, int classes)
{
    (void)classes;
    v->targets = room;
    v->classes = 1;
}

static size_t caption_bytes(int classes, int height, int width)
{
    (void)classes;
    (void)height;
    (void)width;
    return sizeof(const char *);
}

static void attach_caption(nn_view *v, void *room, int classes)
{
    (void)classes;
    v->text = room;
}

static const nn_data_facts kinds[] = {
    [NN_DATA_BOXES] = {.objects = true, .view_bytes = box_bytes, .attach = attach_boxes},
    [NN_DATA_CLASSES] = {.whole = true, .view_bytes = class_bytes, .attach = attach_classes},
    [NN_DATA_MASKS] = {.pixels = true,
                       .first_class = NN_MASK_BACKGROUND + 1,
                       .view_bytes = mask_bytes,
                       .attach = attach_mask},
    [NN_DATA_PICTURES] = {.whole = true,
                          .unlabelled = true,
                          .frames = true,
                          .full_size = true,
                          .view_bytes = enlarged_bytes,
                          .attach = attach_enlarged},
    [NN_DATA_VIEWS] = {.whole = true,
                       .unlabelled = true,
                       .frames = true,
                       .view_bytes = view_bytes,
                       .attach = attach_view},
    [NN_DATA_CAPTIONS] = {.whole = true,
                          .unlabelled = true,
                          .view_bytes = caption_bytes,
                          .attach = attach_caption},
};

const nn_data_facts *nn_data_kind_facts(nn_data_kind kind)
{
    return &kinds[kind];
}
