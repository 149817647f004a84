// SPDX-License-Identifier: MIT
// Walks labelled and unlabelled pictures and videos, and divides them.
#include "app/quantize/pictures.h"

#include "app/data/evaluate_data.h"
#include "app/data/source_folder.h"
#include "nn/base/memory.h"
#include "nn/data/negatives.h"
#include "pipeline/reader.h"

#include <string.h>

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

// --- what the sources are ---

static bool is_video_file(const app_source *s)
{
    return !s->video && g_file_test(s->path, G_FILE_TEST_IS_REGULAR);
}

// A folder that no format of labels fits holds pictures alone.
static bool is_plain_folder(const app_source *s, nn_data_kind kind)
{
    const nn_data_format *format;
    nn_error why;
    return !s->video && !is_video_file(s) &&
           nn_data_find(&format, s->path, kind, &why) == NN_ENOTFOUND;
}

static nn_status add_folders(quantize_pictures *p, const nn_card *card, nn_error *err)
{
    app_data_options labelled = p->data;
    nn_status status = NN_OK;
    labelled.count = 0;
    for (int i = 0; i < p->data.count && status == NN_OK; i++) {
        app_source *s = &p->data.list[i];
        const bool plain = is_plain_folder(s, p->data.kind);
        nn_source source = s->options;
        source.path = s->path;
        p->unlabelled = p->unlabelled || plain || is_video_file(s) || (s->video && !s->labels);
        if (plain)
            status = nn_dataset_add_pictures(&p->set, s->path, &source, err);
        else if (!is_video_file(s) && !s->video)
            labelled.list[labelled.count++] = *s;
    }
    if (status == NN_OK && labelled.count > 0)
        status = app_evaluate_load(&labelled, card, &p->set, err);
    return status;
}

static nn_status add_val_folder(quantize_pictures *p, const nn_card *card, nn_error *err)
{
    app_data_options one = {.list = {{.path = p->val_data, .list = p->val_list}},
                            .count = 1,
                            .kind = p->data.kind,
                            .classes = p->data.classes,
                            .numbers = p->data.numbers,
                            .map = p->data.map,
                            .score = true};
    return app_evaluate_load(&one, card, &p->val_set, err);
}

// --- videos ---

// Frames of a video, those without labels as samples without truths.
typedef struct walk {
    quantize_pictures *p;
    const app_source *source;
    quantize_visit *visit;
    void *ctx;
    int64_t at, step; // calibration takes every picture whose number `step` divides
    int64_t held;     // pictures that are held back, which have no number
    bool score;       // the others
    int64_t done, total;
} walk;

static bool holds_back(const quantize_pictures *p)
{
    return p->val_match || p->val_frames.first;
}

static bool is_held(const quantize_pictures *p, const char *name, int frame)
{
    if (frame > 0)
        return p->val_frames.first && frame >= p->val_frames.first && frame <= p->val_frames.last;
    g_autofree char *file = g_path_get_basename(name);
    return p->val_match && app_name_matches(p->val_match, file);
}

// Takes the next picture into account.
static bool is_wanted(walk *w, const char *name, int frame)
{
    if (is_held(w->p, name, frame)) {
        w->held++;
        return w->score;
    }
    return (w->at++ % w->step == 0) != w->score && !(w->score && holds_back(w->p));
}

static nn_status visit_one(walk *w, const nn_frame *frame, const nn_sample *sample, nn_error *err)
{
    const nn_status status = w->visit(w->ctx, frame, sample, err);
    app_progress_show(&w->p->progress, ++w->done, "");
    return status;
}

static nn_status visit_frame(void *ctx, const nn_frame *frame, int number, nn_truth *truths,
                             int truth_count, nn_error *err)
{
    walk *w = ctx;
    if (!is_wanted(w, NULL, number)) {
        nn_free(truths);
        return NN_OK;
    }
    g_autofree char *name = g_strdup_printf("%s:%d", w->source->path, number);
    nn_status status = nn_source_mark(&w->source->options, frame->width, frame->height, &truths,
                                      &truth_count, err);
    const nn_sample sample = {.name = name,
                              .width = frame->width,
                              .height = frame->height,
                              .truths = truths,
                              .truth_count = truth_count};
    if (status == NN_OK)
        status = visit_one(w, frame, &sample, err);
    nn_free(truths);
    return status;
}

static nn_status walk_plain_video(walk *w, nn_error *err)
{
    vp_reader *reader = NULL;
    nn_frame frame;
    nn_status status = vp_reader_open(&reader, w->source->path, 0, 0, err);
    int more = 0;
    for (int number = 1; status == NN_OK && (more = vp_reader_next(reader, &frame, err)) > 0;
         number++)
        status = visit_frame(w, &frame, number, NULL, 0, err);
    vp_reader_close(reader);
    return status == NN_OK && more < 0 ? NN_EIO : status;
}

static nn_status walk_videos(walk *w, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < w->p->data.count && status == NN_OK; i++) {
        const app_source *s = w->source = &w->p->data.list[i];
        if (s->video && s->labels)
            status = app_read_video(s, 0, 0, (nn_notes){print_note, NULL}, visit_frame, w, err);
        else if (s->video || is_video_file(s))
            status = walk_plain_video(w, err);
    }
    return status;
}

static nn_status walk_set(walk *w, nn_dataset *set, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < set->count && status == NN_OK; i++) {
        nn_image image;
        bool borrowed;
        if (!is_wanted(w, set->samples[i].name, 0))
            continue;
        status = nn_dataset_picture(set, i, &image, &borrowed, err);
        if (status != NN_OK)
            return status;
        const nn_frame frame = nn_image_frame(&image);
        status = visit_one(w, &frame, &set->samples[i], err);
        if (!borrowed)
            nn_image_release(&image);
    }
    return status;
}

static nn_status ignore_picture(void *ctx, const nn_frame *frame, const nn_sample *sample,
                                nn_error *err)
{
    (void)ctx, (void)frame, (void)sample, (void)err;
    return NN_OK;
}

nn_status quantize_pictures_open(quantize_pictures *p, const nn_card *card, nn_data_kind kind,
                                 nn_error *err)
{
    enum { CACHE_BYTES = 256 << 20 };
    const nn_notes notes = {print_note, NULL};
    p->data.kind = kind;
    nn_status status = app_data_options_unpack(&p->data, err);
    if (status == NN_OK)
        status = nn_dataset_init(&p->set, CACHE_BYTES, notes, err);
    p->have_set = status == NN_OK;
    if (status == NN_OK)
        status = nn_dataset_init(&p->val_set, CACHE_BYTES, notes, err);
    p->have_val_set = p->have_set && status == NN_OK;
    if (status == NN_OK)
        status = add_folders(p, card, err);
    if (status == NN_OK && p->val_data)
        status = add_val_folder(p, card, err);
    walk w = {.p = p, .visit = ignore_picture, .step = 1};
    for (int i = 0; i < p->set.count; i++)
        is_wanted(&w, p->set.samples[i].name, 0);
    app_progress_begin(&p->progress, "looking", 0, 0);
    if (status == NN_OK)
        status = walk_videos(&w, err);
    app_progress_clear(&p->progress);
    p->count = w.at;
    p->held = w.held;
    if (status == NN_OK && holds_back(p) && p->held == 0)
        status = nn_fail(err, NN_EINVAL, "--val-match and --val-frames hold back no picture");
    if (status == NN_OK && p->count < (p->val_data || p->held ? 1 : 2))
        status = nn_fail(err, NN_EINVAL, "%lld pictures are too few to calibrate and to score with",
                         (long long)p->count);
    return status;
}

void quantize_pictures_release(quantize_pictures *p)
{
    if (p->have_set)
        nn_dataset_release(&p->set);
    if (p->have_val_set)
        nn_dataset_release(&p->val_set);
    app_data_options_release(&p->data);
    g_free(p->val_data);
    g_free(p->val_list);
    g_free(p->val_match);
}

static int64_t step_of(const quantize_pictures *p)
{
    const int64_t least = p->val_data || p->held ? 1 : 2,
                  step = (p->count + p->wanted - 1) / p->wanted;
    return step < least ? least : step;
}

static nn_status walk_all(walk *w, const char *what, nn_error *err)
{
    app_progress_begin(&w->p->progress, what, 0, w->total);
    nn_status status = walk_set(w, &w->p->set, err);
    if (status == NN_OK)
        status = walk_videos(w, err);
    app_progress_clear(&w->p->progress);
    return status;
}

nn_status quantize_pictures_calibrate(quantize_pictures *p, quantize_visit *visit, void *ctx,
                                      nn_error *err)
{
    const int64_t step = step_of(p);
    walk w = {
        .p = p, .visit = visit, .ctx = ctx, .step = step, .total = (p->count + step - 1) / step};
    return walk_all(&w, "calibrating", err);
}

nn_status quantize_pictures_score(quantize_pictures *p, quantize_visit *visit, void *ctx,
                                  nn_error *err)
{
    const int64_t step = step_of(p);
    walk w = {.p = p,
              .visit = visit,
              .ctx = ctx,
              .step = step,
              .score = true,
              .total = p->held ? p->held : p->count - (p->count + step - 1) / step};
    if (!p->val_data)
        return walk_all(&w, "scoring", err);
    w.total = p->val_set.count;
    w.step = INT64_MAX;
    w.at = 1; // all of them
    app_progress_begin(&p->progress, "scoring", 0, w.total);
    const nn_status status = walk_set(&w, &p->val_set, err);
    app_progress_clear(&p->progress);
    return status;
}
