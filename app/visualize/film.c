// SPDX-License-Identifier: MIT
// Reads a video, explains its frames, and writes what it draws of them.
#include "app/visualize/film.h"

#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "nn/base/memory.h"
#include "nn/vision/palette.h"
#include "pipeline/reader.h"
#include "pipeline/writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STRIP = 46, BAR = 120, LEAST_WIDTH = 320, MOST_WIDTH = 1280 };
#define PAPER_DARK ((app_colour){0.09, 0.11, 0.15})
#define LIGHT ((app_colour){0.93, 0.95, 0.97})
#define DIM ((app_colour){0.62, 0.66, 0.72})
#define FADE 0.93 // of a scale's end from frame to frame, so that it does not flicker

typedef struct film {
    app_subject *subject;
    const char *video, *out;
    vp_reader *reader;
    vp_writer *writer;
    app_canvas canvas;
    uint8_t *page;    // what is written
    nn_image picture; // the frame
    nn_explain_map map;
    app_scale scale;
    bool beside;        // projections stand beside the frame
    double zoom;        // of the frame on the page
    int width, height;  // of the page
    int view_w, view_h; // of a frame on it
    int64_t read, done;
} film;

static nn_status take_frame(film *m, const nn_frame *frame, nn_error *err)
{
    if (m->picture.width != frame->width || m->picture.height != frame->height) {
        nn_image_release(&m->picture);
        m->picture = (nn_image){frame->width, frame->height,
                                nn_alloc((size_t)3 * (size_t)frame->width * (size_t)frame->height)};
    }
    if (!m->picture.rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a frame of %dx%d", frame->width,
                       frame->height);
    for (int y = 0; y < frame->height; y++)
        memcpy(m->picture.rgb + (size_t)3 * (size_t)frame->width * (size_t)y,
               frame->plane[0] + (size_t)frame->stride[0] * (size_t)y, 3 * (size_t)frame->width);
    return NN_OK;
}

// The page follows the first frame; all others are scaled to it.
static nn_status open_page(film *m, nn_error *err)
{
    const app_visualize *job = m->subject->job;
    const int wide = m->picture.width * (m->beside ? 2 : 1);
    const double rate = vp_reader_rate(m->reader) / MAX(1, job->interval);
    m->zoom = fmin(1, (double)MOST_WIDTH * (m->beside ? 1.5 : 1) / wide);
    m->zoom = fmax(m->zoom, (double)LEAST_WIDTH / wide);
    m->view_w = (int)(m->picture.width * m->zoom + 0.5);
    m->view_h = (int)(m->picture.height * m->zoom + 0.5);
    m->width = (m->view_w * (m->beside ? 2 : 1) + 1) / 2 * 2;
    m->height = (m->view_h + STRIP + 1) / 2 * 2;
    m->page = nn_alloc((size_t)3 * (size_t)m->width * (size_t)m->height);
    if (!m->page)
        return nn_fail(err, NN_ENOMEM, "no memory for a page of %dx%d", m->width, m->height);
    const nn_status status = app_canvas_init(&m->canvas, m->width, m->height, err);
    return status == NN_OK ? vp_writer_open(&m->writer, m->out, m->width, m->height, rate, err)
                           : status;
}

static void put(film *m, double x, const nn_image *image)
{
    const double zoom = fmin((double)m->view_w / image->width, (double)m->view_h / image->height);
    app_canvas_picture(&m->canvas, x, 0, zoom, 6, image);
}

static void update_scale(film *m, const app_map *numbers)
{
    const app_scale now = app_map_scale(numbers, numbers->channels == 3 ? 0.998 : 1);
    const double before = m->scale.high * FADE;
    const bool first = m->done == 0;
    m->scale = now;
    m->scale.high = first ? now.high : fmax(now.high, before);
    m->scale.low = now.low < 0 ? -m->scale.high : 0;
}

// The seen part alone gets heat; the rest of the frame stays as it is.
static nn_status draw_heat(film *m, nn_error *err)
{
    const app_subject *s = m->subject;
    const app_map fine = {m->map.data, 1, m->map.height, m->map.width};
    app_map seen;
    nn_image part;
    int reduced;
    update_scale(m, &fine);
    nn_status status = app_seen_cut(&part, &m->picture, &s->seen, 1 << 20, &reduced, err);
    if (status != NN_OK)
        return status;
    status = app_seen_cut_map(&seen, &fine, &s->placed, &s->seen, err);
    if (status == NN_OK) {
        const double zoom = (double)m->view_w / m->picture.width;
        app_map_blend(&part, &seen, &m->scale, 0.72);
        app_canvas_picture(&m->canvas, s->seen.x * zoom, s->seen.y * zoom, zoom, 6, &part);
        nn_free((float *)seen.data);
    }
    nn_image_release(&part);
    return status;
}

static nn_status draw_projection(film *m, nn_error *err)
{
    const app_subject *s = m->subject;
    const app_map planes = {m->map.data, m->map.channels, m->map.height, m->map.width};
    app_map seen;
    nn_image painted;
    update_scale(m, &planes);
    nn_status status = app_seen_cut_map(&seen, &planes, &s->placed, &s->seen, err);
    if (status != NN_OK)
        return status;
    status = app_map_paint(&painted, &seen, &m->scale, err);
    nn_free((float *)seen.data);
    if (status != NN_OK)
        return status;
    put(m, m->view_w, &painted);
    nn_image_release(&painted);
    return NN_OK;
}

static void draw_strip(film *m, const char *what, const char *more)
{
    app_canvas *c = &m->canvas;
    const double y = m->view_h, bar = m->width > 3 * BAR ? BAR : m->width / 4.0;
    const double x = m->width - bar - 14;
    uint32_t table[NN_COLOUR_STEPS];
    char end[32];
    app_canvas_fill(c, 0, y, m->width, m->height - y, PAPER_DARK);
    app_text how = {.size = 13, .bold = true, .colour = LIGHT, .width = x - 26};
    app_canvas_text(c, 12, y + 15, &how, what);
    how = (app_text){.size = 11, .colour = DIM, .width = x - 26};
    app_canvas_text(c, 12, y + 33, &how, more);
    nn_colour_map_fill(m->scale.balanced ? NN_COLOUR_GREY : m->scale.colours, table);
    for (int i = 0; i < (int)bar; i++) {
        const uint32_t rgb = table[(int)(i / bar * (NN_COLOUR_STEPS - 1))];
        app_canvas_fill(
            c, x + i, y + 9, 1, 11,
            (app_colour){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0});
    }
    how = (app_text){.size = 11, .colour = DIM};
    g_snprintf(end, sizeof end, "%.3g", m->scale.low);
    app_canvas_text(c, x, y + 33, &how, end);
    how.align = 1;
    g_snprintf(end, sizeof end, "%.3g", m->scale.high);
    app_canvas_text(c, x + bar, y + 33, &how, end);
}

static void say(film *m, bool found, cJSON *list)
{
    const app_subject *s = m->subject;
    const nn_box *box = found ? app_subject_box(s, &m->map) : NULL;
    g_autofree char *model = g_path_get_basename(s->job->model);
    g_autofree char *target = found ? app_subject_target(s, &m->map) : g_strdup("nothing found");
    g_autofree char *what = box && (s->how->cam || s->layer < 0)
                                ? g_strdup_printf("%s of %s %.2f", app_method_title(s->method),
                                                  target, (double)box->score)
                                : g_strdup_printf("%s of %s", app_method_title(s->method), target);
    const char *layer =
        found && m->map.layer >= 0 ? nn_explainer_layer(s->e, m->map.layer).name : "";
    g_autofree char *more = g_strdup_printf("%s%s%s", model, *layer ? "  \u00b7  " : "", layer);
    cJSON *json = cJSON_CreateObject();
    draw_strip(m, found ? what : target, more);
    cJSON_AddNumberToObject(json, "frame", (double)(m->read - 1));
    cJSON_AddStringToObject(json, "target", target);
    if (box)
        cJSON_AddNumberToObject(json, "score", (double)box->score);
    if (found)
        cJSON_AddNumberToObject(json, "value", (double)m->map.score);
    cJSON_AddItemToArray(list, json);
}

static void draw_boxes(film *m)
{
    const nn_result *r = nn_explainer_result(m->subject->e);
    const app_subject *s = m->subject;
    const double zoom = (double)m->view_w / m->picture.width;
    if (!nn_card_finds_boxes(nn_explainer_card(s->e)))
        return;
    for (int i = 0; i < r->count; i++) {
        const nn_box *b = &r->boxes[i];
        if (s->label >= 0 && b->label != s->label)
            continue;
        app_figure_draw_mark(&m->canvas,
                             &(app_mark){b->x0, b->y0, b->x1, b->y1, nn_palette(b->label), NULL}, 0,
                             0, m->view_w, m->view_h, zoom);
    }
}

static nn_status show(film *m, cJSON *list, nn_error *err)
{
    app_subject *s = m->subject;
    nn_status status = app_subject_see(s, &m->picture, m->video, err);
    if (status != NN_OK)
        return status;
    const bool detects = nn_card_finds_boxes(nn_explainer_card(s->e));
    const bool found = !detects || nn_explainer_result(s->e)->count > 0 || s->label >= 0 ||
                       (!s->how->cam && s->layer >= 0);
    if (found)
        status = app_subject_explain(s, s->layer, s->job->channel, s->job->strongest, true, &m->map,
                                     err);
    put(m, 0, &m->picture);
    if (status == NN_OK && found)
        status = m->beside ? draw_projection(m, err) : draw_heat(m, err);
    if (status != NN_OK)
        return status;
    draw_boxes(m);
    say(m, found, list);
    app_canvas_read(&m->canvas, m->page);
    m->done++;
    return vp_writer_add(m->writer, m->page, vp_reader_time(m->reader), err);
}

static nn_status play(film *m, cJSON *list, const volatile sig_atomic_t *stop, nn_error *err)
{
    const app_visualize *job = m->subject->job;
    const int step = MAX(1, job->interval);
    app_progress progress = {0};
    nn_frame frame;
    int got = 0;
    nn_status status = NN_OK;
    while (status == NN_OK && !*stop && (job->max_frames == 0 || m->read < job->max_frames) &&
           (got = vp_reader_next(m->reader, &frame, err)) == 1) {
        int64_t all = vp_reader_length(m->reader);
        all = job->max_frames > 0 && (all == 0 || job->max_frames < all) ? job->max_frames : all;
        if (m->read == 0)
            app_progress_begin(&progress, "frames", 0, all);
        if (m->read++ % step != 0)
            continue;
        status = take_frame(m, &frame, err);
        if (status == NN_OK && !m->writer)
            status = open_page(m, err);
        if (status == NN_OK)
            status = show(m, list, err);
        if (all > 0)
            app_progress_show(&progress, MIN(m->read, all), "");
        else
            app_progress_count(&progress, m->read, "frames");
    }
    app_progress_clear(&progress);
    if (status == NN_OK && got < 0)
        status = err->status;
    return status == NN_OK && m->done == 0 ? nn_fail(err, NN_EIO, "'%s' gave no frame", m->video)
                                           : status;
}

nn_status app_film_draw(app_subject *s, const char *video, const char *out, cJSON *list,
                        nn_error *err)
{
    film m = {.subject = s, .video = video, .out = out};
    if (!s->how || s->job->all_layers || s->job->invariance)
        return nn_fail(err, NN_EINVAL, "%s is for pictures, not for a video",
                       s->job->invariance   ? "--invariance"
                       : s->job->all_layers ? "--all-layers"
                                            : "--method features");
    m.beside = s->how->kind == NN_EXPLAIN_PICTURE;
    const volatile sig_atomic_t *stop = app_interrupt_catch(NULL);
    nn_status status = vp_reader_open(&m.reader, video, 0, 0, err);
    if (status == NN_OK)
        status = play(&m, list, stop, err);
    status = vp_writer_close(m.writer, status, err);
    app_interrupt_leave();
    if (status == NN_OK)
        fprintf(stderr, "%s: %lld frames, %.3g forward passes each, %.1f MiB of memory\n", out,
                (long long)m.done, m.map.forward_passes,
                (double)nn_explainer_bytes(s->e) / (1 << 20));
    vp_reader_close(m.reader);
    app_canvas_release(&m.canvas);
    nn_image_release(&m.picture);
    nn_explain_map_release(&m.map);
    nn_free(m.page);
    return status;
}
