// SPDX-License-Identifier: MIT
// Checkpoints: everything a training needs to go on as if it had never stopped, in a safetensors
// file.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/io.h"
#include "nn/train/trainer_internal.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4, NAME_BYTES = 192, VALUE_BYTES = 512, VALUES = 8 };

static const char *const SET_NAMES[SETS] = {"weight", "average", "first", "second"};

static nn_tensor *set_tensor(const nn_trainer *t, int set, int i)
{
    switch (set) {
    case 0:
        return &t->model->params[i];
    case 1:
        return &t->average->params[i];
    case 2:
        return &t->optimiser.first[i];
    default:
        return &t->optimiser.second[i];
    }
}

// The settings that have to be the same for the steps to be the same.
static void describe(const nn_trainer *t, char *text, size_t size)
{
    const nn_trainer_options *o = &t->options;
    const nn_card *c = &t->model->card;
    snprintf(text, size,
             "%s %s head %s, %d labels, %d rivals, input %dx%d, training %dx%d batch %d x %d, %d "
             "steps an "
             "epoch, %d epochs, rate %.9g, warm-up %d, optimiser %d decay %.9g, average %.9g, seed "
             "%llu, "
             "%d pictures",
             c->network, c->options, c->head, c->label_count, c->rival_count, c->input_w,
             c->input_h, o->width, o->height, o->batch, o->accumulate, (int)t->steps_per_epoch,
             o->epochs, (double)o->schedule.rate, (int)o->schedule.warmup, (int)o->optimiser.kind,
             (double)o->optimiser.decay, (double)o->average, (unsigned long long)o->seed,
             t->data->count);
}

static uint64_t mix_floats(uint64_t hash, const float *v, int n)
{
    for (int i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        hash = nn_hash_mix(hash ^ bits);
    }
    return hash;
}

static uint64_t mix_sizes(uint64_t hash, const nn_trainer_options *o)
{
    for (int i = 0; i < o->size_count; i++)
        hash = mix_floats(hash, (float[]){(float)o->sizes[i].height, (float)o->sizes[i].width}, 2);
    return hash;
}

// The many small settings of views, loss, schedule and optimiser as one number in text.
static void describe_details(const nn_trainer *t, char *text, size_t size)
{
    const nn_detect_loss_options *l = &t->options.task.detect;
    const nn_classify_loss_options *c = &t->options.task.classify;
    const nn_optimiser_options *o = &t->options.optimiser;
    const nn_schedule *s = &t->options.schedule;
    const float v[] = {(float)l->topk, l->score_power,    l->iou_power,   l->cls_weight,
                       l->box_weight,  o->beta1,          o->beta2,       o->eps,
                       o->momentum,    o->clip,           s->last,        c->smoothing,
                       c->aux,         (float)c->sigmoid, (float)s->kind, (float)s->every,
                       s->factor};
    uint64_t hash =
        mix_floats(nn_augment_fingerprint(&t->options.augment), v, (int)(sizeof v / sizeof *v));
    hash = mix_sizes(hash, &t->options);
    if (t->task->kind == NN_DATA_MASKS) {
        const nn_segment_loss_options *m = &t->options.task.segment;
        hash = mix_floats(mix_floats(hash, &m->dice, 1), m->weight, NN_MASK_CLASSES);
    }
    if (l->teacher_count > 0)
        hash = mix_floats(hash, (float[]){(float)l->teacher_count, l->teacher_weight}, 2);
    if (t->rates)
        hash = mix_floats(hash, t->rates, nn_graph_param_count(t->model->graph));
    for (int i = 0; i < t->data->source_count; i++) {
        const nn_source *from = &t->data->sources[i];
        hash = mix_floats(
            hash, (float[]){from->share, from->scale[0], from->scale[1], from->ignore_below}, 4);
        for (int k = 0; k < NN_CLASS_MAX / 32; k++)
            if (from->unknown[k]) // trainings that know everything keep their number
                hash = nn_hash_mix(hash ^ from->unknown[k] ^ (uint64_t)k << 32);
    }
    snprintf(text, size, "%016llx", (unsigned long long)hash);
}

typedef struct listing {
    char (*text)[NAME_BYTES];
    const char **names;
    nn_tensor *tensors;
    int count;
} listing;

static void release_listing(listing *l)
{
    nn_free(l->text);
    nn_free(l->names);
    nn_free(l->tensors);
}

static nn_status list_tensors(const nn_trainer *t, listing *l, nn_error *err)
{
    int n = nn_graph_param_count(t->model->graph);
    l->text = nn_calloc((size_t)SETS * n, sizeof *l->text);
    l->names = nn_calloc((size_t)SETS * n, sizeof *l->names);
    l->tensors = nn_calloc((size_t)SETS * n, sizeof *l->tensors);
    if (!l->text || !l->names || !l->tensors)
        return nn_fail(err, NN_ENOMEM, "checkpoint: no memory");
    for (int set = 0; set < SETS; set++)
        for (int i = 0; i < n; i++) {
            nn_tensor *v = set_tensor(t, set, i);
            if (!v->data)
                continue;
            nn_value_info p =
                nn_graph_value(t->model->graph, nn_graph_param_at(t->model->graph, i));
            snprintf(l->text[l->count], NAME_BYTES, "%s/%s", SET_NAMES[set], p.name);
            l->names[l->count] = l->text[l->count];
            l->tensors[l->count++] = *v;
        }
    return NN_OK;
}

static nn_status join(char path[PATH_MAX], const char *dir, const char *name, nn_error *err)
{
    if (snprintf(path, PATH_MAX, "%s/%s.safetensors", dir, name) >= PATH_MAX)
        return nn_fail(err, NN_EINVAL, "%s: path too long", dir);
    return NN_OK;
}

static void write_sums(char *text, const double *sums)
{
    for (int i = 0, used = 0; i < NN_CHECKPOINT_SUMS; i++)
        used += snprintf(text + used, (size_t)(VALUE_BYTES - used), "%.17g ", sums[i]);
}

// Those that are not there are 0.
static void read_sums(double *sums, const char *text)
{
    for (int i = 0; i < NN_CHECKPOINT_SUMS; i++) {
        char *end;
        sums[i] = strtod(text, &end);
        text = end;
    }
}

nn_status nn_trainer_save(const nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                          nn_error *err)
{
    char last[PATH_MAX], previous[PATH_MAX], value[VALUES][VALUE_BYTES];
    nn_status status = join(last, dir, "last", err);
    if (status == NN_OK)
        status = join(previous, dir, "previous", err);
    if (status != NN_OK)
        return status;
    info->step = t->step;
    snprintf(value[0], VALUE_BYTES, "%lld", (long long)t->step);
    snprintf(value[1], VALUE_BYTES, "%lld", (long long)t->optimiser.steps);
    snprintf(value[2], VALUE_BYTES, "%.17g", info->best);
    snprintf(value[3], VALUE_BYTES, "%d", info->best_epoch);
    snprintf(value[4], VALUE_BYTES, "%.17g", info->seconds);
    write_sums(value[7], info->sums);
    describe(t, value[5], VALUE_BYTES);
    describe_details(t, value[6], VALUE_BYTES);
    const char *const meta[] = {
        "step",   value[0],  "optimiser_steps", value[1],   "best",   value[2],  "best_epoch",
        value[3], "seconds", value[4],          "settings", value[5], "details", value[6],
        "sums",   value[7],  "checkpoint",      "1"};
    listing l = {0};
    status = list_tensors(t, &l, err);
    if (status == NN_OK && rename(last, previous) != 0 && errno != ENOENT)
        status = nn_fail(err, NN_EIO, "%s: cannot become previous: %s", last, strerror(errno));
    if (status == NN_OK)
        status = nn_bundle_save(last, l.names, l.tensors, l.count, meta,
                                (int)(sizeof meta / sizeof *meta / 2), err);
    release_listing(&l);
    return status;
}

static nn_status restore(nn_trainer *t, const nn_bundle *b, const char *path, nn_error *err)
{
    listing l = {0};
    nn_status status = list_tensors(t, &l, err);
    // Look at everything before anything is overwritten.
    for (int i = 0; i < l.count && status == NN_OK; i++) {
        const nn_tensor *v = nn_bundle_find(b, l.names[i]);
        if (!v || v->dtype != NN_F32 || !nn_shape_equal(&v->shape, &l.tensors[i].shape))
            status = nn_fail(err, NN_EFORMAT, "%s: '%s' is missing or of another shape", path,
                             l.names[i]);
    }
    for (int i = 0; i < l.count && status == NN_OK; i++)
        memcpy(l.tensors[i].data, nn_bundle_find(b, l.names[i])->data,
               nn_tensor_bytes(&l.tensors[i]));
    release_listing(&l);
    return status;
}

static const char *meta_or_empty(const nn_bundle *b, const char *key)
{
    const char *v = nn_bundle_meta(b, key);
    return v ? v : "";
}

// What is told in numbers; false when no training of these settings has such.
static bool read_info(const nn_trainer *t, const nn_bundle *b, nn_checkpoint_info *info,
                      int64_t *taken)
{
    *info = (nn_checkpoint_info){.step = strtoll(meta_or_empty(b, "step"), NULL, 10),
                                 .best = strtod(meta_or_empty(b, "best"), NULL),
                                 .seconds = strtod(meta_or_empty(b, "seconds"), NULL)};
    const long long epoch = strtoll(meta_or_empty(b, "best_epoch"), NULL, 10);
    *taken = strtoll(meta_or_empty(b, "optimiser_steps"), NULL, 10);
    info->best_epoch = epoch >= 0 && epoch <= t->options.epochs ? (int)epoch : -1;
    read_sums(info->sums, meta_or_empty(b, "sums"));
    return info->step >= 0 && info->step <= t->options.schedule.total && *taken >= 0 &&
           *taken <= info->step && isfinite(info->best) && info->best_epoch >= 0 &&
           info->seconds >= 0 && isfinite(info->seconds);
}

static nn_status check_settings(const nn_trainer *t, const nn_bundle *b, const char *path,
                                nn_error *err)
{
    char settings[VALUE_BYTES], details[VALUE_BYTES];
    describe(t, settings, sizeof settings);
    describe_details(t, details, sizeof details);
    if (strcmp(meta_or_empty(b, "checkpoint"), "1") != 0)
        return nn_fail(err, NN_EFORMAT, "%s: not a checkpoint of a training", path);
    if (strcmp(meta_or_empty(b, "settings"), settings) != 0)
        return nn_fail(err, NN_EINVAL, "%s: made with other settings: %.200s", path,
                       meta_or_empty(b, "settings"));
    if (strcmp(meta_or_empty(b, "details"), details) != 0)
        return nn_fail(err, NN_EINVAL,
                       "%s: made with other settings of augmentation, sources, loss or optimiser",
                       path);
    return NN_OK;
}

static nn_status load(nn_trainer *t, const char *path, nn_checkpoint_info *info, nn_error *err)
{
    nn_bundle b;
    nn_checkpoint_info read;
    int64_t taken;
    nn_status status = nn_bundle_load(&b, path, err);
    if (status != NN_OK)
        return status;
    status = check_settings(t, &b, path, err);
    if (status == NN_OK && !read_info(t, &b, &read, &taken))
        status = nn_fail(err, NN_EFORMAT,
                         "%s: not a checkpoint of a training: step, best epoch or time are out of "
                         "range",
                         path);
    if (status == NN_OK)
        status = restore(t, &b, path, err);
    if (status == NN_OK) {
        t->step = read.step;
        t->optimiser.steps = taken;
        *info = read;
        nn_loader_free(t->loader); // it prepares the batches of another step
        t->loader = NULL;
    }
    nn_bundle_release(&b);
    return status;
}

nn_status nn_trainer_resume(nn_trainer *t, const char *dir, nn_checkpoint_info *info, nn_error *err)
{
    char last[PATH_MAX], previous[PATH_MAX];
    nn_status status = join(last, dir, "last", err);
    if (status == NN_OK)
        status = join(previous, dir, "previous", err);
    if (status != NN_OK)
        return status;
    status = load(t, last, info, err);
    if (status == NN_OK || status == NN_EINVAL || status == NN_ENOMEM)
        return status;
    return load(t, previous, info, NULL) == NN_OK ? NN_OK : status;
}
