// SPDX-License-Identifier: MIT
// Reads labelled videos into data sets.
#include "app/data/source_folder.h"

#include "nn/base/memory.h"
#include "nn/data/mot.h"
#include "nn/data/negatives.h"
#include "pipeline/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool in_range(app_range r, int frame)
{
    return frame >= r.first && frame <= r.last;
}

// The frames to train on: those of --frames, else all labelled ones that are not held back.
static app_range training_range(const app_source *s, const nn_mot *m)
{
    return s->frames.last ? s->frames : (app_range){1, m->last};
}

static void note_end(const app_source *s, int frames, int wanted, nn_notes notes)
{
    char line[512];
    snprintf(line, sizeof line, "%.300s: ends after %d frames, %d were asked for or are labelled",
             s->path, frames, wanted);
    if (notes.note)
        notes.note(notes.ctx, line);
}

static nn_status walk(const app_source *s, const nn_mot *m, vp_reader *reader, nn_notes notes,
                      app_frame_visit *visit, void *ctx, nn_error *err)
{
    int stride = s->stride ? s->stride : m->stride;
    app_range use = training_range(s, m);
    int last = use.last > s->val_frames.last ? use.last : s->val_frames.last;
    for (int number = 1; number <= last; number++) {
        nn_frame frame;
        int more = vp_reader_next(reader, &frame, err);
        if (more < 0)
            return err && err->status ? err->status : NN_EIO;
        if (more == 0) {
            note_end(s, number - 1, last, notes);
            return NN_OK;
        }
        if ((!in_range(use, number) && !in_range(s->val_frames, number)) ||
            !nn_mot_covers(m, number, stride))
            continue;
        nn_truth *truths;
        int count;
        nn_status status = nn_mot_truths(m, number, s->options.ignore_below, &truths, &count, err);
        if (status == NN_OK)
            status = visit(ctx, &frame, number, truths, count, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

nn_status app_read_video(const app_source *s, int width, int height, nn_notes notes,
                         app_frame_visit *visit, void *ctx, nn_error *err)
{
    nn_mot m;
    nn_status status = nn_mot_load(&m, s->labels, notes, err);
    if (status != NN_OK)
        return status;
    nn_mot_clean_report mended = {0};
    if (s->clean.fill_gaps > 0 || s->clean.min_track > 1)
        status = nn_mot_clean(&m, &s->clean, &mended, err);
    if (status == NN_OK && notes.note && mended.tracks > 0) {
        char line[256];
        snprintf(line, sizeof line, "%.180s: %d tracks, %d boxes filled in, %d dropped", s->labels,
                 mended.tracks, mended.added, mended.removed);
        notes.note(notes.ctx, line);
    }
    vp_reader *reader = NULL;
    if (status == NN_OK)
        status = vp_reader_open(&reader, s->path, width, height, err);
    if (status == NN_OK)
        status = walk(s, &m, reader, notes, visit, ctx, err);
    vp_reader_close(reader);
    nn_mot_release(&m);
    return status;
}

// Where the frames of a video go.
typedef struct filling {
    const app_source *source;
    nn_dataset *train, *val;
    int train_index, val_index; // index of the source; -1: not added yet
    int full_w, full_h;
} filling;

static nn_status copy_frame(nn_image *image, const nn_frame *f, nn_error *err)
{
    size_t row = (size_t)3 * f->width;
    *image = (nn_image){f->width, f->height, nn_alloc(row * f->height)};
    if (!image->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a frame of %dx%d", f->width, f->height);
    for (int y = 0; y < f->height; y++)
        memcpy(image->rgb + row * y, f->plane[0] + (size_t)f->stride[0] * y, row);
    return NN_OK;
}

static nn_status add_frame(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                           int truth_count, nn_error *err)
{
    filling *f = ctx;
    bool held_back = in_range(f->source->val_frames, number);
    nn_dataset *d = held_back ? f->val : f->train;
    int *index = held_back ? &f->val_index : &f->train_index;
    nn_sample s = {.width = f->full_w,
                   .height = f->full_h,
                   .truths = truths,
                   .truth_count = truth_count,
                   .in_memory = true};
    nn_status status = NN_OK;
    if (!d) {
        nn_free(truths);
        return NN_OK;
    }
    if (*index < 0) {
        nn_source source = f->source->options;
        source.path = f->source->path;
        status = nn_dataset_add_source(d, &source, index, err);
    }
    s.source = *index;
    char *name = g_strdup_printf("%s:%d", f->source->path, number);
    s.name = nn_strdup(name);
    g_free(name);
    if (status == NN_OK && !s.name)
        status = nn_fail(err, NN_ENOMEM, "no memory for a frame");
    if (status == NN_OK)
        status = copy_frame(&s.image, frame, err);
    if (status == NN_OK)
        return nn_dataset_add(d, &s, err);
    nn_free(s.name);
    nn_free(truths);
    return status;
}

static nn_status frame_size(const char *path, int *w, int *h, nn_error *err)
{
    vp_reader *reader;
    nn_frame frame;
    nn_status status = vp_reader_open(&reader, path, 0, 0, err);
    if (status != NN_OK)
        return status;
    int more = vp_reader_next(reader, &frame, err);
    *w = more > 0 ? frame.width : 0;
    *h = more > 0 ? frame.height : 0;
    vp_reader_close(reader);
    return more > 0   ? NN_OK
           : more < 0 ? NN_EIO
                      : nn_fail(err, NN_EFORMAT, "%s: contains no frames", path);
}

// Scale at which frames fit into the rest of the cache, at least 1/4.
static double choose_scale(const app_source *s, const nn_dataset *d, const nn_mot *m, int w, int h)
{
    app_range use = training_range(s, m);
    double frames = (double)(use.last - use.first + 1) / (s->stride ? s->stride : m->stride);
    double left = (double)d->cache_limit - (double)d->cache_used;
    double scale = sqrt(fmax(left, 0) / (frames * 3 * w * h));
    return fmax(fmin(scale, 1), 0.25);
}

static nn_status load_video(const app_source *s, nn_dataset *train, nn_dataset *val, nn_error *err)
{
    filling f = {.source = s, .train = train, .val = val, .train_index = -1, .val_index = -1};
    nn_mot m;
    nn_status status = frame_size(s->path, &f.full_w, &f.full_h, err);
    if (status == NN_OK)
        status = nn_mot_load(&m, s->labels, (nn_notes){0}, err);
    if (status != NN_OK)
        return status;
    double scale = choose_scale(s, train, &m, f.full_w, f.full_h);
    nn_mot_release(&m);
    int w = 0, h = 0, before = train->count + (val ? val->count : 0);
    if (scale < 1) {
        w = (int)(f.full_w * scale) & ~1;
        h = (int)(f.full_h * scale) & ~1;
        nn_dataset_note(train, 0, "%s: frames are kept at %dx%d to fit the memory (--cache-mb)",
                        s->path, w, h);
    }
    status = app_read_video(s, w, h, train->notes, add_frame, &f, err);
    if (status == NN_OK && train->count + (val ? val->count : 0) == before)
        status = nn_fail(err, NN_EINVAL, "%s: no labelled frame is in this range", s->path);
    return status;
}

// Whether so many frames are in memory that the rest has to stay out; says so.
static bool is_full(const app_source *s, nn_dataset *d, int number)
{
    if (d->cache_used <= d->cache_limit)
        return false;
    nn_dataset_note(d, 0,
                    "%s: frames from %d on do not fit the memory: a larger --stride, or --cache-mb",
                    s->path, number);
    return true;
}

// Size at which frames are kept, as large as views need them; 0: their own.
static void choose_plain_size(const nn_dataset *d, const filling *f, int *w, int *h)
{
    const double scale = fmax((double)d->enough_w / f->full_w, (double)d->enough_h / f->full_h);
    *w = scale > 0 && scale < 1 ? (int)ceil(f->full_w * scale / 2) * 2 : 0;
    *h = scale > 0 && scale < 1 ? (int)ceil(f->full_h * scale / 2) * 2 : 0;
}

// Frames without labels. Uses every tenth, because neighbours are almost equal, or every
// --stride'th; of --frames and --val-frames those alone.
static nn_status load_plain_video(const app_source *s, nn_dataset *train, nn_dataset *val,
                                  nn_error *err)
{
    enum { STRIDE = 10 };
    const int stride = s->stride > 0 ? s->stride : STRIDE;
    const int last = s->frames.last ? MAX(s->frames.last, s->val_frames.last) : 0;
    filling f = {.source = s, .train = train, .val = val, .train_index = -1, .val_index = -1};
    vp_reader *reader = NULL;
    nn_frame frame;
    int w = 0, h = 0, more = 0;
    nn_status status = frame_size(s->path, &f.full_w, &f.full_h, err);
    if (status == NN_OK)
        choose_plain_size(train, &f, &w, &h);
    if (status == NN_OK)
        status = vp_reader_open(&reader, s->path, w, h, err);
    for (int number = 1;
         status == NN_OK && (last == 0 || number <= last) && !is_full(s, train, number) &&
         (more = vp_reader_next(reader, &frame, err)) > 0;
         number++) {
        const bool asked = s->frames.last == 0 || in_range(s->frames, number);
        if ((number - 1) % stride == 0 && (asked || in_range(s->val_frames, number)))
            status = add_frame(&f, &frame, number, NULL, 0, err);
    }
    vp_reader_close(reader);
    return status == NN_OK && more < 0 ? NN_EIO : status;
}

static nn_status load_negatives(const app_source *s, nn_dataset *d, nn_error *err)
{
    enum { PATTERNS = 96 };
    nn_source source = s->options;
    source.path = s->path;
    if (strcmp(s->path, APP_PATTERNS) == 0)
        return nn_dataset_add_patterns(d, &source, PATTERNS, 1, err);
    return g_file_test(s->path, G_FILE_TEST_IS_REGULAR)
               ? load_plain_video(s, d, NULL, err)
               : nn_dataset_add_pictures(d, s->path, &source, err);
}

nn_status app_data_options_load(const app_data_options *s, const nn_class_map *map,
                                const nn_names *names, nn_dataset *train, nn_dataset *val,
                                nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < s->count && status == NN_OK; i++)
        status = s->list[i].video && !s->list[i].labels
                     ? load_plain_video(&s->list[i], s->list[i].for_val ? val : train, val, err)
                 : s->list[i].video     ? load_video(&s->list[i], train, val, err)
                 : s->list[i].negatives ? load_negatives(&s->list[i], train, err)
                                        : app_load_folder(s, i, map, names, train, val, err);
    return status;
}
