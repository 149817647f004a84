// SPDX-License-Identifier: MIT
// The public functions on models: build, write, and ask what they are for.
#include "nn/api/model.h"

#include "nn/io/save_format.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)NN_WRITE_ANY_BATCH == (int)NN_SAVE_ANY_BATCH, "two names for one thing");

void nn_build_options_init(nn_build_options *options)
{
    static const char *const one[] = {"object"};
    *options = (nn_build_options){.task = "classify", .names = one, .class_count = 1, .seed = 1};
}

static nn_status copy_text(char *to, size_t size, const char *from, const char *what, nn_error *err)
{
    const size_t length = from ? strlen(from) : 0;
    if (length >= size)
        return nn_fail(err, NN_EINVAL, "%s: longer than %zu bytes", what, size - 1);
    memcpy(to, from ? from : "", length + 1);
    return NN_OK;
}

static nn_status fill_card(nn_card *card, const char *network, const nn_build_options *o,
                           nn_error *err)
{
    const nn_zoo_head *head = nn_zoo_head_of(o->task);
    nn_status status = copy_text(card->network, sizeof card->network, network, "network", err);
    const int length =
        snprintf(card->options, sizeof card->options, "classes=%d%s%s", o->class_count,
                 o->options && *o->options ? "," : "", o->options ? o->options : "");
    if (status == NN_OK && (size_t)length >= sizeof card->options)
        status =
            nn_fail(err, NN_EINVAL, "options: longer than %zu bytes", sizeof card->options - 1);
    if (status == NN_OK)
        status = copy_text(card->task, sizeof card->task, o->task, "task", err);
    if (status == NN_OK)
        status = copy_text(card->head, sizeof card->head, !o->head && head ? head->name : o->head,
                           "head", err);
    if (status == NN_OK)
        status = nn_card_set_labels(card, o->names, o->class_count, err);
    return status;
}

nn_status nn_model_build(nn_model **out, const char *network, const nn_build_options *options,
                         nn_error *err)
{
    nn_build_options defaults;
    nn_card card = {.threshold = NN_CARD_THRESHOLD, .iou_threshold = NN_CARD_IOU_THRESHOLD};
    *out = NULL;
    nn_build_options_init(&defaults);
    nn_status status = fill_card(&card, network, options ? options : &defaults, err);
    if (status == NN_OK)
        status = nn_zoo_build(out, &card, err);
    if (status == NN_OK)
        nn_zoo_init_random(*out, (options ? options : &defaults)->seed, NULL);
    nn_card_release(&card);
    return status;
}

const char *nn_network_name(int i)
{
    return i >= 0 && i < nn_zoo_count() ? nn_zoo_at(i)->name : NULL;
}

const char *nn_network_summary(int i)
{
    return i >= 0 && i < nn_zoo_count() ? nn_zoo_at(i)->summary : NULL;
}

void nn_write_options_init(nn_write_options *options)
{
    *options =
        (nn_write_options){.batch = 1, .input_width = NN_FROM_MODEL, .input_height = NN_FROM_MODEL};
}

static bool is_size(int pixels)
{
    return pixels > 0 || pixels == NN_FROM_MODEL;
}

static nn_status check_write(const nn_save_format *f, const nn_write_options *o, nn_error *err)
{
    const bool sized = o->batch != 1 || o->input_width > 0 || o->input_height > 0;
    if (o->half && !f->half)
        return nn_fail(err, NN_EUNSUPPORTED, "%s files hold float32", f->name);
    if (o->batch < 1 && o->batch != NN_WRITE_ANY_BATCH)
        return nn_fail(err, NN_EINVAL, "a batch of %d images", o->batch);
    if (!is_size(o->input_width) || !is_size(o->input_height))
        return nn_fail(err, NN_EINVAL, "an input of %dx%d pixels", o->input_width, o->input_height);
    if (sized && !f->sized)
        return nn_fail(err, NN_EUNSUPPORTED, "%s files are not for one input size", f->name);
    return NN_OK;
}

nn_status nn_model_write(const nn_model *m, const char *path, const nn_write_options *options,
                         nn_error *err)
{
    nn_write_options defaults;
    const nn_save_format *format;
    nn_write_options_init(&defaults);
    const nn_write_options *o = options ? options : &defaults;
    nn_status status = nn_save_format_of(&format, path, err);
    if (status != NN_OK)
        return status;
    status = check_write(format, o, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", path);
    const nn_save_options save = {
        .half = o->half, .batch = o->batch, .input_h = o->input_height, .input_w = o->input_width};
    return format->save(m, path, &save, err);
}

const char *nn_model_task(const nn_model *m)
{
    return m->card.task;
}

int nn_model_class_count(const nn_model *m)
{
    return m->card.label_count;
}

const char *nn_model_class_name(const nn_model *m, int label)
{
    return label >= 0 && label < m->card.label_count ? m->card.labels[label] : NULL;
}
