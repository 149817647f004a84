// SPDX-License-Identifier: MIT
// Data sets: the list of samples, the cache of decoded pictures, and notes on skipped ones.
#include "nn/data/dataset.h"

#include "nn/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

nn_status nn_dataset_init(nn_dataset *d, size_t cache_limit, nn_notes notes, nn_error *err)
{
    *d = (nn_dataset){.cache_limit = cache_limit, .notes = notes};
    if (pthread_mutex_init(&d->lock, NULL) != 0)
        return nn_fail(err, NN_ENOMEM, "data set: cannot make a lock");
    return NN_OK;
}

static void release_sample(nn_sample *s)
{
    nn_free(s->name);
    nn_free(s->id);
    nn_free(s->truths);
    nn_details_release(&s->details);
    nn_free(s->classes);
    for (int i = 0; i < s->text_count; i++)
        nn_free(s->texts[i]);
    nn_free(s->texts);
    nn_mask_release(&s->mask);
    nn_image_release(&s->image);
    nn_free(s->grey);
    *s = (nn_sample){0};
}

void nn_dataset_release(nn_dataset *d)
{
    for (int i = 0; i < d->count; i++)
        release_sample(&d->samples[i]);
    for (int i = 0; i < d->source_count; i++)
        nn_free(d->sources[i].path);
    nn_free(d->samples);
    nn_free(d->sources);
    nn_keypoint_set_release(&d->keypoints);
    pthread_mutex_destroy(&d->lock);
    *d = (nn_dataset){0};
}

void nn_dataset_note(nn_dataset *d, int skips, const char *format, ...)
{
    d->skipped += skips;
    if (!d->notes.note)
        return;
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    d->notes.note(d->notes.ctx, line);
}

nn_status nn_dataset_add_source(nn_dataset *d, const nn_source *source, int *index, nn_error *err)
{
    size_t old = d->source_count * sizeof(nn_source);
    nn_source *grown = nn_realloc(d->sources, old, old + sizeof(nn_source));
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for a data source");
    d->sources = grown;
    nn_source *s = &grown[d->source_count];
    *s = *source;
    s->path = nn_strdup(source->path ? source->path : "");
    if (!s->path)
        return nn_fail(err, NN_ENOMEM, "no memory for a data source");
    *index = d->source_count++;
    return NN_OK;
}

static float clamp(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

// Clips the boxes to the picture and removes empty ones.
static void clip_truths(nn_dataset *d, nn_sample *s)
{
    int kept = 0;
    for (int i = 0; i < s->truth_count; i++) {
        nn_truth t = s->truths[i];
        s->outside += t.x0 < -1 || t.y0 < -1 || t.x1 > s->width + 1.0f || t.y1 > s->height + 1.0f;
        t.x0 = clamp(t.x0, 0, s->width);
        t.x1 = clamp(t.x1, 0, s->width);
        t.y0 = clamp(t.y0, 0, s->height);
        t.y1 = clamp(t.y1, 0, s->height);
        if (t.x1 - t.x0 > 0 && t.y1 - t.y0 > 0)
            s->truths[kept++] = t;
        else
            nn_dataset_note(d, 0, "%s: box %d has no area inside the picture, dropped", s->name,
                            i + 1);
    }
    s->truth_count = kept;
}

nn_status nn_source_mark(const nn_source *s, int width, int height, nn_truth **truths, int *count,
                         nn_error *err)
{
    int more = 0;
    for (int label = 0; label < NN_CLASS_MAX; label++)
        more += !nn_source_knows(s, label);
    for (int i = 0; i < *count && more > 0; i++)
        more = (*truths)[i].ignore == NN_IGNORE_CLASS ? 0 : more;
    if (more == 0)
        return NN_OK;
    nn_truth *grown = nn_realloc(*truths, (size_t)*count * sizeof *grown,
                                 ((size_t)*count + (size_t)more) * sizeof *grown);
    if (!grown)
        return nn_fail(err, NN_ENOMEM, "no memory for %d boxes", *count + more);
    *truths = grown;
    for (int label = 0; label < NN_CLASS_MAX; label++)
        if (!nn_source_knows(s, label))
            grown[(*count)++] = (nn_truth){
                .x1 = (float)width, .y1 = (float)height, .label = label, .ignore = NN_IGNORE_CLASS};
    return NN_OK;
}

nn_status nn_dataset_add(nn_dataset *d, nn_sample *sample, nn_error *err)
{
    if (d->count == d->capacity) {
        int capacity = d->capacity ? d->capacity * 2 : 64;
        nn_sample *grown =
            nn_realloc(d->samples, d->capacity * sizeof(nn_sample), capacity * sizeof(nn_sample));
        if (!grown) {
            release_sample(sample);
            return nn_fail(err, NN_ENOMEM, "no memory for %d samples", capacity);
        }
        d->samples = grown;
        d->capacity = capacity;
    }
    clip_truths(d, sample);
    const nn_source *source = sample->source < d->source_count ? &d->sources[sample->source] : NULL;
    const nn_status status = source ? nn_source_mark(source, sample->width, sample->height,
                                                     &sample->truths, &sample->truth_count, err)
                                    : NN_OK;
    if (status != NN_OK) {
        release_sample(sample);
        return status;
    }
    if (sample->image.rgb)
        d->cache_used += (size_t)3 * sample->image.width * sample->image.height;
    d->samples[d->count++] = *sample;
    *sample = (nn_sample){0};
    if (d->added)
        d->added(d->added_ctx, d->count);
    return NN_OK;
}

nn_status nn_dataset_move(nn_dataset *d, int first, const uint8_t *fate, nn_dataset *to,
                          nn_error *err)
{
    int kept = first, source;
    nn_status status = nn_dataset_add_source(to, &d->sources[d->source_count - 1], &source, err);
    if (status == NN_OK)
        status = nn_keypoint_set_merge(&to->keypoints, &d->keypoints, err);
    to->details |= d->details;
    memcpy(to->label_id, d->label_id, sizeof to->label_id);
    if (status != NN_OK)
        return status;
    for (int i = first; i < d->count; i++) {
        nn_sample s = d->samples[i];
        if (fate[i] == NN_SAMPLE_STAYS || status != NN_OK) {
            d->samples[kept++] = s;
            continue;
        }
        if (s.image.rgb)
            d->cache_used -= (size_t)3 * s.image.width * s.image.height;
        if (fate[i] == NN_SAMPLE_GOES) {
            release_sample(&s);
            continue;
        }
        const bool reduced = s.image.rgb && !s.in_memory && s.image.width < s.width;
        if (reduced && to->enough_w != d->enough_w) // decoded again when it is needed
            nn_image_release(&s.image);
        s.source = source;
        status = nn_dataset_add(to, &s, err);
    }
    d->count = kept;
    return status;
}

// Makes a colour picture of a grey one.
static nn_status colour(nn_image *image, const nn_sample *s, nn_error *err)
{
    const size_t pixels = (size_t)s->width * (size_t)s->height;
    *image = (nn_image){s->width, s->height, nn_alloc(3 * pixels)};
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "%s: no memory", s->name);
    for (size_t i = 0; i < pixels; i++)
        memset(image->rgb + 3 * i, s->grey[i], 3);
    return NN_OK;
}

nn_status nn_dataset_picture(nn_dataset *d, int i, nn_image *image, bool *borrowed, nn_error *err)
{
    nn_sample *s = &d->samples[i];
    *borrowed = false;
    if (s->grey)
        return colour(image, s, err);
    pthread_mutex_lock(&d->lock);
    bool cached = s->image.rgb;
    if (cached)
        *image = s->image;
    pthread_mutex_unlock(&d->lock);
    *borrowed = cached;
    if (cached)
        return NN_OK;
    nn_status status =
        nn_image_load_at_least(image, s->name, d->enough_w, d->enough_h, NULL, NULL, err);
    if (status != NN_OK)
        return status;
    size_t bytes = (size_t)3 * image->width * image->height;
    pthread_mutex_lock(&d->lock);
    if (!s->image.rgb && d->cache_used + bytes <= d->cache_limit) {
        s->image = *image;
        d->cache_used += bytes;
        *borrowed = true;
    }
    pthread_mutex_unlock(&d->lock);
    return NN_OK;
}
