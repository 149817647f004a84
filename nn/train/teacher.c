// SPDX-License-Identifier: MIT
// Runs teachers on batches for distillation.
#include "nn/train/teacher.h"

#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/train/teacher_boxes.h"
#include "nn/train/transfer.h"

#include <stdio.h>
#include <string.h>

enum { COLOURS = 3 };

struct nn_teacher {
    nn_model *model; // with the labels of the student; for box teachers with its own
    bool *known;     // by label of the student
    bool corner;
    // For box teachers, else NULL: the student's class for each of its own classes, -1: none.
    const nn_decoder *decoder;
    int32_t *label_of;
    bool *wanted;
};

struct nn_teacher_run {
    const nn_teacher *teacher;
    nn_box_run *boxes; // NULL: it teaches by cells
    nn_plan *plan;
    nn_detect_teacher says;
    float scale[COLOURS], shift[COLOURS]; // from the student's normalisation to the teacher's
    int64_t plane;
    int batch;
};

void nn_teacher_free(nn_teacher *t)
{
    if (!t)
        return;
    nn_model_free(t->model);
    nn_free(t->known);
    nn_free(t->label_of);
    nn_free(t->wanted);
    nn_free(t);
}

bool nn_teacher_gives_boxes(const nn_teacher *t)
{
    return t->decoder != NULL;
}

const bool *nn_teacher_known(const nn_teacher *t)
{
    return t->known;
}

static void mark_known(nn_teacher *t, const nn_class_start *c)
{
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->old; k++)
            t->known[i] = t->known[i] || c->part[(size_t)i * c->old + k] > 0;
}

static nn_status prepare_boxes(nn_teacher *t, const nn_model *from, const nn_class_start *c,
                               nn_error *err)
{
    t->label_of = nn_calloc((size_t)c->old, sizeof *t->label_of);
    t->wanted = nn_calloc((size_t)c->old, sizeof *t->wanted);
    if (!t->label_of || !t->wanted)
        return nn_fail(err, NN_ENOMEM, "no memory");
    for (int k = 0; k < c->old; k++) {
        t->label_of[k] = -1;
        for (int i = c->count - 1; i >= 0; i--)
            if (c->part[(size_t)i * c->old + k] > 0)
                t->label_of[k] = i;
        t->wanted[k] = t->label_of[k] >= 0;
    }
    return nn_model_copy(&t->model, from, err);
}

static nn_status prepare(nn_teacher *t, const nn_model *from, const nn_transfer_options *o,
                         nn_error *err)
{
    nn_transfer_report report;
    nn_status status = nn_keep_head(&t->model, from, o, &report, err);
    if (status == NN_EUNSUPPORTED && (t->decoder = nn_box_teacher_decoder(from)))
        status = prepare_boxes(t, from, &o->classes, err);
    if (status != NN_OK)
        return status;
    mark_known(t, &o->classes);
    t->corner = strcmp(t->model->card.head, "gfl_corner") == 0;
    return nn_model_fuse(&t->model, 0, err);
}

nn_status nn_teacher_new(nn_teacher **out, const nn_model *from, const char *const *labels,
                         int count, const char *rules, int h, int w, nn_error *err)
{
    const int old = nn_card_classes(&from->card);
    *out = NULL;
    nn_teacher *t = nn_calloc(1, sizeof *t);
    float *part = nn_calloc((size_t)count * old + 1, sizeof *part);
    if (t)
        t->known = nn_calloc((size_t)count, sizeof *t->known);
    nn_status status = t && part && t->known ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory");
    if (status == NN_OK && nn_class_parts(part, labels, count,
                                          (const char *const *)from->card.labels, old, rules) == 0)
        status = nn_fail(err, NN_ENOTFOUND, "it has none of the classes");
    const nn_transfer_options o = {
        .classes = {labels, count, part, old}, .input_h = h, .input_w = w, .seed = 1};
    if (status == NN_OK)
        status = prepare(t, from, &o, err);
    nn_free(part);
    if (status == NN_OK)
        *out = t;
    else
        nn_teacher_free(t);
    return status;
}

// Finds the teacher's outputs for a level of the student.
static nn_status find_level(nn_teacher_run *r, const nn_teacher_place *place, int v, nn_error *err)
{
    const nn_graph *g = r->teacher->model->graph;
    const nn_detect_level *want = &place->levels[v];
    char cls[16], box[16], dist[16], obj[16];
    snprintf(cls, sizeof cls, "cls%d", want->stride);
    snprintf(box, sizeof box, "box%d", want->stride);
    snprintf(dist, sizeof dist, "dist%d", want->stride);
    snprintf(obj, sizeof obj, "obj%d", want->stride);
    const int o = nn_graph_find_output(g, obj);
    const int i = nn_graph_find_output(g, cls), j = nn_graph_find_output(g, dist);
    const int k = j < 0 ? nn_graph_find_output(g, box) : j;
    const nn_tensor *scores = i < 0 ? NULL : nn_plan_output(r->plan, i);
    const nn_tensor *sides = k < 0 ? NULL : nn_plan_output(r->plan, k);
    if (!scores || !sides || scores->shape.dim[2] != want->h || scores->shape.dim[3] != want->w)
        return nn_fail(err, NN_EUNSUPPORTED, "it has no level at 1/%d of %d x %d cells",
                       want->stride, want->w, want->h);
    r->says.level[v] = (nn_detect_level){.stride = want->stride,
                                         .h = want->h,
                                         .w = want->w,
                                         .cls = scores->data,
                                         .box = sides->data,
                                         .bins = j < 0 ? 0 : (int)(sides->shape.dim[1] / 4),
                                         .corner = r->teacher->corner,
                                         .obj = o < 0 ? NULL : nn_plan_output(r->plan, o)->data,
                                         .form = nn_detect_form_of(r->teacher->model->card.head)};
    return NN_OK;
}

static nn_status start(nn_teacher_run *r, const nn_teacher_place *place, nn_error *err)
{
    const nn_card *to = &r->teacher->model->card;
    const nn_shape image = nn_shape_4d(place->batch, COLOURS, place->h, place->w);
    const nn_plan_options options = {.compiled = true, .pool = place->pool};
    for (int c = 0; c < COLOURS; c++) {
        r->scale[c] = place->card->std[c] / to->std[c];
        r->shift[c] = (place->card->mean[c] - to->mean[c]) / to->std[c];
    }
    r->plane = (int64_t)place->h * place->w;
    r->batch = place->batch;
    r->says.known = r->teacher->known;
    r->says.weight = 1;
    nn_status status = nn_plan_new(&r->plan, r->teacher->model, &image, 1, &options, err);
    for (int v = 0; v < place->level_count && status == NN_OK; v++)
        status = find_level(r, place, v, err);
    return status;
}

nn_status nn_teacher_open(nn_teacher_run **out, const nn_teacher *t, const nn_teacher_place *place,
                          nn_error *err)
{
    *out = NULL;
    nn_teacher_run *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for a teacher");
    r->teacher = t;
    const nn_box_teacher boxes = {t->model, t->decoder, t->label_of, t->wanted};
    nn_status status =
        t->decoder ? nn_box_run_new(&r->boxes, &boxes, place, err) : start(r, place, err);
    if (status == NN_OK)
        *out = r;
    else
        nn_teacher_close(r);
    return status;
}

void nn_teacher_close(nn_teacher_run *r)
{
    if (!r)
        return;
    nn_plan_free(r->plan);
    nn_box_run_free(r->boxes);
    nn_free(r);
}

nn_status nn_teacher_add_boxes(nn_teacher_run *r, const float *planes, const nn_truth_list **lists,
                               nn_error *err)
{
    return r->boxes ? nn_box_run_look(r->boxes, planes, lists, err) : NN_OK;
}

const nn_detect_teacher *nn_teacher_look(nn_teacher_run *r, const float *planes)
{
    if (r->boxes)
        return NULL;
    float *to = nn_tensor_f32(nn_plan_input(r->plan, 0));
    for (int64_t k = 0; k < (int64_t)r->batch * COLOURS; k++)
        for (int64_t i = k * r->plane; i < (k + 1) * r->plane; i++)
            to[i] = planes[i] * r->scale[k % COLOURS] + r->shift[k % COLOURS];
    nn_plan_run(r->plan);
    return &r->says;
}
