// SPDX-License-Identifier: MIT
// Checkpoints: everything with which a training continues as if it had never stopped, in a
// safetensors file.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/io.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/more_epochs.h"
#include "nn/train/settings.h"
#include "nn/train/trainer_internal.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4, NAME_BYTES = 192, VALUE_BYTES = 768, VALUES = 6 };

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

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (const uint8_t *p = bytes; size > 0;) {
        uint64_t word = 0;
        const size_t n = size < sizeof word ? size : sizeof word;
        memcpy(&word, p, n);
        hash = nn_hash_mix(hash ^ word) + n;
        p += n;
        size -= n;
    }
    return hash;
}

// Hashes the pictures and labels, independent of the folder they lie in.
static uint64_t mix_sample(uint64_t hash, const nn_sample *s)
{
    const char *slash = s->name ? strrchr(s->name, '/') : NULL;
    const char *name = slash ? slash + 1 : s->name ? s->name : "";
    const int numbers[] = {s->width,
                           s->height,
                           s->in_memory ? s->image.width : 0,
                           s->in_memory ? s->image.height : 0,
                           s->truth_count,
                           s->class_count,
                           s->source};
    hash = mix_bytes(hash, name, strlen(name));
    hash = mix_bytes(hash, numbers, sizeof numbers);
    for (int i = 0; i < s->truth_count; i++) {
        const nn_truth *t = &s->truths[i];
        const float box[] = {t->x0, t->y0, t->x1, t->y1, (float)t->label, (float)t->ignore};
        hash = mix_bytes(hash, box, sizeof box);
    }
    hash = mix_bytes(hash, s->classes, sizeof *s->classes * (size_t)s->class_count);
    return s->mask.runs ? mix_bytes(hash, s->mask.runs, s->mask.run_count) : hash;
}

static void describe_data(const nn_dataset *d, char *text, size_t size)
{
    uint64_t hash = 0;
    long long objects = 0;
    for (int i = 0; i < d->count; i++) {
        hash = mix_sample(hash, &d->samples[i]);
        objects += d->samples[i].truth_count + d->samples[i].class_count;
    }
    for (int i = 0; i < d->source_count; i++) {
        const nn_source *from = &d->sources[i];
        const float v[] = {from->share, from->scale[0], from->scale[1], from->ignore_below};
        hash = mix_bytes(mix_bytes(hash, v, sizeof v), from->unknown, sizeof from->unknown);
    }
    snprintf(text, size, "%d pictures, %lld labels (%016llx)", d->count, objects,
             (unsigned long long)hash);
}

static nn_status put_classes(nn_settings *s, const nn_card *card, nn_error *err)
{
    size_t size = 1, used = 0;
    for (int i = 0; i < card->label_count; i++)
        size += strlen(card->labels[i]) + 1;
    char *text = nn_calloc(size, 1);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "checkpoint: no memory");
    for (int i = 0; i < card->label_count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "", card->labels[i]);
    const nn_status status = nn_settings_put(s, "labels", text, err);
    nn_free(text);
    return status;
}

static nn_status put_input(nn_settings *s, const nn_trainer_options *o, nn_error *err)
{
    char text[VALUE_BYTES];
    int used = snprintf(text, sizeof text, "%dx%d", o->width, o->height);
    for (int i = 0; i < o->size_count; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, ",%dx%d", o->sizes[i].width,
                         o->sizes[i].height);
    return nn_settings_put(s, "training input", text, err);
}

static nn_status put_model(nn_settings *s, const nn_card *c, nn_error *err)
{
    char text[VALUE_BYTES];
    snprintf(
        text, sizeof text,
        "%s %s head %s, %d rivals, input %dx%d%s crop %.9g mean %.9g,%.9g,%.9g std %.9g,%.9g,%.9g",
        *c->network ? c->network : "own", c->options, *c->head ? c->head : "-", c->rival_count,
        c->input_w, c->input_h, c->stretch ? " stretched" : "", (double)c->crop, (double)c->mean[0],
        (double)c->mean[1], (double)c->mean[2], (double)c->std[0], (double)c->std[1],
        (double)c->std[2]);
    return nn_settings_put(s, "model", text, err);
}

// Class weights and learning-rate factors, whatever computed them.
static nn_status put_factors(nn_settings *s, const nn_trainer *t, nn_error *err)
{
    const nn_task_options *o = &t->options.task;
    char text[VALUE_BYTES];
    uint64_t hash = 0;
    if (t->rates)
        hash = mix_bytes(hash, t->rates,
                         sizeof *t->rates * (size_t)nn_graph_param_count(t->model->graph));
    if (t->task->weight_bytes > 0)
        hash = mix_bytes(hash, (const char *)o + t->task->weight_offset, t->task->weight_bytes);
    snprintf(text, sizeof text, "%016llx, %d teachers", (unsigned long long)hash,
             o->detect.teacher_count);
    return nn_settings_put(s, "factors", text, err);
}

// Everything that must be equal for equal steps. Options come first, because they explain the rest.
static nn_status gather_settings(nn_settings *s, const nn_trainer *t, nn_error *err)
{
    char data[VALUE_BYTES];
    nn_status status = NN_OK;
    for (int i = 0; i < t->group_count && status == NN_OK; i++)
        status = nn_settings_add(s, &t->groups[i], err);
    if (status == NN_OK)
        status = put_model(s, &t->model->card, err);
    if (status == NN_OK)
        status = put_classes(s, &t->model->card, err);
    if (status == NN_OK)
        status = put_input(s, &t->options, err);
    if (status == NN_OK)
        status = put_factors(s, t, err);
    if (status == NN_OK)
        status = nn_settings_put(
            s, "feature maps",
            t->options.features ? nn_feature_teacher_text(t->options.features) : "none", err);
    describe_data(t->data, data, sizeof data);
    return status == NN_OK ? nn_settings_put(s, "data", data, err) : status;
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

// Sums that are missing become 0.
static void read_sums(double *sums, const char *text)
{
    for (int i = 0; i < NN_CHECKPOINT_SUMS; i++) {
        char *end;
        sums[i] = strtod(text, &end);
        text = end;
    }
}

// last becomes previous, and next last. Until next is whole, both stay as they are.
static nn_status move_up(const char *dir, const char *next, nn_error *err)
{
    char last[PATH_MAX], previous[PATH_MAX];
    nn_status status = join(last, dir, "last", err);
    if (status == NN_OK)
        status = join(previous, dir, "previous", err);
    if (status == NN_OK && rename(last, previous) != 0 && errno != ENOENT)
        status = nn_fail(err, NN_EIO, "%s: cannot become previous: %s", last, strerror(errno));
    if (status == NN_OK && rename(next, last) != 0)
        status = nn_fail(err, NN_EIO, "%s: cannot become last: %s", next, strerror(errno));
    return status;
}

nn_status nn_trainer_save(const nn_trainer *t, const char *dir, nn_checkpoint_info *info,
                          nn_error *err)
{
    char next[PATH_MAX], value[VALUES][VALUE_BYTES];
    nn_status status = join(next, dir, "next", err);
    if (status != NN_OK)
        return status;
    info->step = t->step;
    snprintf(value[0], VALUE_BYTES, "%lld", (long long)t->step);
    snprintf(value[1], VALUE_BYTES, "%lld", (long long)t->optimiser.steps);
    snprintf(value[2], VALUE_BYTES, "%.17g", info->best);
    snprintf(value[3], VALUE_BYTES, "%d", info->best_epoch);
    snprintf(value[4], VALUE_BYTES, "%.17g", info->seconds);
    write_sums(value[5], info->sums);
    nn_settings settings = {0};
    listing l = {0};
    status = gather_settings(&settings, t, err);
    char *options = status == NN_OK ? nn_settings_write(&settings) : NULL;
    nn_settings_release(&settings);
    if (status == NN_OK && !options)
        status = nn_fail(err, NN_ENOMEM, "checkpoint: no memory");
    const char *const meta[] = {"step",   value[0],     "optimiser_steps", value[1],  "best",
                                value[2], "best_epoch", value[3],          "seconds", value[4],
                                "sums",   value[5],     "options",         options,   "checkpoint",
                                "2"};
    if (status == NN_OK)
        status = list_tensors(t, &l, err);
    if (status == NN_OK)
        status = nn_bundle_save(next, l.names, l.tensors, l.count, meta,
                                (int)(sizeof meta / sizeof *meta / 2), err);
    nn_free(options);
    release_listing(&l);
    return status == NN_OK ? move_up(dir, next, err) : status;
}

static nn_status restore(nn_trainer *t, const nn_bundle *b, const char *path, nn_error *err)
{
    listing l = {0};
    nn_status status = list_tensors(t, &l, err);
    // Check everything before anything is overwritten.
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

// Reads the numbers of the checkpoint; false when no training with these settings can have them.
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

// Checkpoints of version 1 have only these settings, which are compared; the others cannot be
// checked.
static nn_status check_old(const nn_trainer *t, const nn_bundle *b, const char *path, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const nn_card *c = &t->model->card;
    const char *then = meta_or_empty(b, "settings");
    char text[VALUE_BYTES], rivals[32];
    snprintf(rivals, sizeof rivals, ", %d rivals", c->rival_count);
    snprintf(text, sizeof text,
             "%s %s head %s, %d labels%s, input %dx%d, training %dx%d batch %d x %d, %d steps an "
             "epoch, %d epochs, rate %.9g, warm-up %d, optimiser %d decay %.9g, average %.9g, seed "
             "%llu, %d pictures",
             c->network, c->options, c->head, c->label_count,
             strstr(then, " rivals,") ? rivals : "", c->input_w, c->input_h, o->width, o->height,
             o->batch, o->accumulate, (int)t->steps_per_epoch, o->epochs, (double)o->schedule.rate,
             (int)o->schedule.warmup, (int)o->optimiser.kind, (double)o->optimiser.decay,
             (double)o->average, (unsigned long long)o->seed, t->data->count);
    if (strcmp(then, text) != 0)
        return nn_fail(err, NN_EINVAL, "%s: made with other settings: %.200s", path, then);
    nn_dataset_note(t->data, 0,
                    "%s: written by an older version; whether views, losses and data are as they "
                    "were cannot be told from it",
                    path);
    return NN_OK;
}

static nn_status check_settings(const nn_trainer *t, const nn_bundle *b, const char *path,
                                nn_error *err)
{
    nn_settings s = {0};
    const char *version = meta_or_empty(b, "checkpoint"), *options = nn_bundle_meta(b, "options");
    if (strcmp(version, "1") == 0)
        return check_old(t, b, path, err);
    if (strcmp(version, "2") != 0 || !options)
        return nn_fail(err, NN_EFORMAT, "%s: not a checkpoint of a training", path);
    const int then = nn_more_epochs_then(options);
    const bool other = then > 0 && then != t->options.epochs;
    nn_status status = gather_settings(&s, t, err);
    if (status == NN_OK && other)
        nn_more_epochs_allow(&s, t);
    if (status == NN_OK)
        status = nn_settings_check(&s, options, t->task->defaults, path, err);
    nn_settings_release(&s);
    return status == NN_OK && other
               ? nn_more_epochs_tell(t, strtoll(meta_or_empty(b, "step"), NULL, 10), then, path,
                                     err)
               : status;
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
        nn_loader_free(t->loader); // it prepares batches of another step
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
