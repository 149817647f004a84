// SPDX-License-Identifier: MIT
// Runs the teachers once over every picture, or over every Nth frame of a video.
#include "app/label/run.h"

#include "pipeline/reader.h"

#include <math.h>
#include <string.h>

enum { THUMB = 320, LEAST_RATE = 5, ENOUGH = 1000 };

static nn_status look_at(label_work *w, int number, const char *name, const nn_frame *f,
                         nn_error *err)
{
    const nn_fused_box *boxes;
    int count;
    nn_status status = label_teachers_detect(w->teachers, f, &boxes, &count, err);
    w->looked += status == NN_OK;
    return status == NN_OK ? label_detections_add(&w->out->detections, number, name, f->width,
                                                  f->height, boxes, count, err)
                           : status;
}

static void keep_thumb(label_work *w, int number, const nn_frame *f)
{
    label_detections *detections = &w->out->detections;
    if (detections->thumb_w == 0) {
        detections->thumb_w = MIN(THUMB, f->width);
        detections->thumb_h = MAX(detections->thumb_w * f->height / f->width, 1);
    }
    const int at = label_detections_find(detections, number);
    if (at >= 0)
        label_picture_shrink(label_detections_at(detections, at), f, detections->thumb_w,
                             detections->thumb_h);
}

static nn_status look_once(label_work *w, int number, const char *name, const nn_frame *f,
                           nn_error *err)
{
    nn_status status = NN_OK;
    if (label_detections_find(&w->out->detections, number) < 0)
        status = look_at(w, number, name, f, err);
    if (status == NN_OK)
        keep_thumb(w, number, f);
    return status;
}

nn_status label_load(const label_work *w, int number, nn_image *image, nn_error *err)
{
    g_autofree char *path = g_build_filename(w->folder, w->names[number - 1], NULL);
    return nn_image_load(image, path, err);
}

// Chooses the input sizes by the first readable picture.
static nn_status fit_pictures(label_work *w, int count, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 1; i <= count; i++) {
        nn_image image;
        nn_error why = {0};
        if (label_load(w, i, &image, &why) != NN_OK)
            continue;
        status = label_teachers_fit(w->teachers, image.width, image.height, err);
        nn_image_release(&image);
        break;
    }
    fprintf(stderr, "%d pictures in %d passes each, %d done\n", count,
            label_teachers_passes(w->teachers), (int)w->out->detections.pictures->len);
    return status;
}

static nn_status look_at_pictures(label_work *w, nn_error *err)
{
    const int count = (int)g_strv_length(w->names);
    nn_status status = fit_pictures(w, count, err);
    app_progress_begin(&w->progress, "", (int)w->out->detections.pictures->len, count);
    int done = (int)w->out->detections.pictures->len;
    for (int i = 1; i <= count && status == NN_OK && !*w->stop; i++) {
        nn_image image;
        nn_error why = {0};
        if (label_detections_find(&w->out->detections, i) >= 0)
            continue;
        if (label_load(w, i, &image, &why) != NN_OK) {
            g_autofree char *line = g_strdup_printf("%s, left out", why.text);
            app_progress_note(line);
            continue;
        }
        const nn_frame f = nn_image_frame(&image);
        status = look_once(w, i, w->names[i - 1], &f, err);
        nn_image_release(&image);
        app_progress_show(&w->progress, ++done, "pictures");
    }
    return status;
}

// Chooses N for "every Nth frame": small enough to link objects, large enough for a long video.
static int choose_every(double rate, int64_t frames)
{
    const int most = rate > 0 ? (int)fmax(rate / LEAST_RATE, 1) : 1;
    return (int)CLAMP(frames / ENOUGH, 1, most);
}

// The number of frames from the first one to `last` that the teachers process.
static int64_t count_wanted(const label_work *w, int64_t last)
{
    return last ? (last - MAX(w->o->first, 1)) / w->out->every + 1 : 0;
}

// Plans by the first frame; *last gets the last frame to process, 0: unknown.
static nn_status plan_video(label_work *w, const vp_reader *r, const nn_frame *f, int64_t *last,
                            nn_error *err)
{
    const label_options *o = w->o;
    const int64_t length = vp_reader_length(r);
    *last = o->last && (length == 0 || o->last < length) ? o->last : length;
    w->out->rate = vp_reader_rate(r);
    w->out->every =
        o->every ? o->every : choose_every(w->out->rate, *last ? *last - MAX(o->first, 1) + 1 : 0);
    return label_teachers_fit(w->teachers, f->width, f->height, err);
}

static void announce(label_work *w, int64_t last)
{
    const int64_t wanted = count_wanted(w, last);
    const int done = (int)w->out->detections.pictures->len;
    if (wanted)
        fprintf(stderr, "%lld frames, every %d looked at in %d passes: %lld pictures, %d done\n",
                (long long)last, w->out->every, label_teachers_passes(w->teachers),
                (long long)wanted, done);
    app_progress_begin(&w->progress, "", done, wanted);
}

static bool is_wanted(const label_work *w, int number)
{
    const int first = MAX(w->o->first, 1);
    return number >= first && (number - first) % w->out->every == 0;
}

static void show(label_work *w, int64_t wanted)
{
    const int done = (int)w->out->detections.pictures->len;
    if (!w->looked)
        app_progress_begin(&w->progress, "", done,
                           wanted); // not the time before: the speed shown is that of the teachers
    else if (wanted)
        app_progress_show(&w->progress, MIN(done, wanted), "frames");
    else
        app_progress_count(&w->progress, done, "frames");
}

static nn_status look_at_video(label_work *w, vp_reader *r, nn_error *err)
{
    nn_frame f;
    int64_t last = 0;
    nn_status status = NN_OK;
    for (int number = 1; status == NN_OK && !*w->stop; number++) {
        const int more = vp_reader_next(r, &f, err);
        if (more < 0)
            return err && err->status ? err->status : NN_EIO;
        if (more == 0 || (w->o->last && number > w->o->last))
            break;
        if (number == 1) {
            status = plan_video(w, r, &f, &last, err);
            announce(w, last);
        }
        if (status != NN_OK || !is_wanted(w, number))
            continue;
        status = look_once(w, number, NULL, &f, err);
        show(w, count_wanted(w, last));
    }
    return status;
}

nn_status label_run_teachers(label_work *w, nn_error *err)
{
    vp_reader *r = NULL;
    nn_status status = NN_OK;
    w->began = app_now();
    if (w->names) {
        w->out->every = 1;
        status = look_at_pictures(w, err);
    } else {
        status = vp_reader_open(&r, w->out->video, 0, 0, err);
        if (status == NN_OK)
            status = look_at_video(w, r, err);
        vp_reader_close(r);
    }
    app_progress_break(&w->progress);
    w->out->stopped = *w->stop;
    if (w->looked)
        w->out->seconds = (app_now() - w->began) / w->looked;
    if (status == NN_OK && w->out->detections.pictures->len == 0)
        status = nn_fail(err, *w->stop ? NN_EIO : NN_EINVAL, "%s: %s", w->o->input,
                         *w->stop ? "stopped before the first picture was done"
                                  : "no picture to look at");
    return status;
}

// Times the second run, because the first one allocates.
static nn_status time_look(label_work *w, const nn_frame *f, double *seconds, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < 2 && status == NN_OK; i++) {
        const nn_fused_box *boxes;
        int count;
        const double began = app_now();
        status = label_teachers_detect(w->teachers, f, &boxes, &count, err);
        *seconds = app_now() - began;
    }
    return status;
}

nn_status label_preview_video(const label_options *o, label_preview *preview, nn_error *err)
{
    label_outcome out = {0};
    label_work w = {.o = o, .out = &out};
    vp_reader *r = NULL;
    nn_frame f;
    int64_t last = 0;
    *preview = (label_preview){0};
    nn_status status = label_teachers_open(&w.teachers, &o->teachers, (nn_notes){0}, err);
    if (status == NN_OK)
        status = vp_reader_open(&r, o->input, 0, 0, err);
    const int more = status == NN_OK ? vp_reader_next(r, &f, err) : -1;
    if (status == NN_OK && more <= 0)
        status = more < 0 ? NN_EIO : nn_fail(err, NN_EFORMAT, "%s: no frame in it", o->input);
    if (status == NN_OK) {
        status = plan_video(&w, r, &f, &last, err);
        preview->pictures = count_wanted(&w, last);
        preview->width = f.width;
        preview->height = f.height;
        preview->passes = label_teachers_passes(w.teachers);
    }
    if (status == NN_OK)
        status = time_look(&w, &f, &preview->seconds, err);
    vp_reader_close(r);
    label_teachers_free(w.teachers);
    return status;
}
