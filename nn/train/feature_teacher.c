// SPDX-License-Identifier: MIT
// Runs a teacher as far as its feature maps, and compares those of a network that learns.
#include "nn/train/feature_teacher.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/backward.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/feature_maps.h"
#include "nn/train/loss/feature_loss.h"
#include "nn/train/transfer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLOURS = 3, MAX_NAME = 32 };

struct nn_feature_teacher {
    nn_model *model; // fused, its maps are the outputs
    nn_model *plain; // the student without outputs for them
    nn_feature_pair pair[NN_FEATURE_PAIRS];
    int count;
    char text[512];
};

struct nn_feature_run {
    const nn_feature_teacher *teacher;
    const nn_plan *student;
    nn_plan *plan;
    int first; // of the student's outputs
    float scale[COLOURS], shift[COLOURS];
    float *resized[NN_FEATURE_PAIRS]; // NULL: as they are
};

int nn_own_output_count(const nn_graph *g)
{
    int n = 0;
    while (n < nn_graph_output_count(g) &&
           strncmp(nn_graph_output_name(g, n), NN_FEATURE_OUTPUT, strlen(NN_FEATURE_OUTPUT)) != 0)
        n++;
    return n;
}

// The convolutions and outputs of the student.
static void add_adapters(nn_rebuild *r, void *ctx)
{
    const nn_feature_teacher *t = ctx;
    const nn_conv2d_params params = {.stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    for (int i = 0; i < t->count; i++) {
        const nn_feature_pair *p = &t->pair[i];
        const nn_shape shape = nn_shape_4d(p->to, p->from, 1, 1);
        char name[MAX_NAME], weight[MAX_NAME + 8];
        snprintf(name, sizeof name, NN_FEATURE_OUTPUT "%d", i);
        snprintf(weight, sizeof weight, "%s.weight", name);
        const nn_value in[] = {nn_rebuild_value(r, p->student),
                               nn_graph_param(r->graph, weight, NN_PARAM_WEIGHT, &shape)};
        nn_graph_output(r->graph, name,
                        nn_graph_node(r->graph, &nn_op_conv2d, name, &params, in, 2));
    }
}

// Weights of variance 1 / channels: maps keep their size.
static void start_adapters(const nn_feature_teacher *t, nn_model *m, uint64_t seed)
{
    for (int i = 0; i < t->count; i++) {
        const nn_tensor *w = &m->params[nn_graph_param_count(m->graph) - t->count + i];
        const float deviation = 1 / sqrtf((float)t->pair[i].from);
        nn_rng rng = nn_rng_stream(seed, (uint64_t)i);
        for (int64_t k = 0; k < nn_shape_count(&w->shape); k++)
            nn_tensor_f32(w)[k] = deviation * nn_rng_normal(&rng);
    }
}

static nn_status adapt_student(nn_feature_teacher *t, nn_model **student, uint64_t seed,
                               nn_error *err)
{
    nn_model *m;
    const nn_status status = nn_model_copy_with(&m, *student, add_adapters, t, err);
    if (status != NN_OK)
        return status;
    start_adapters(t, m, seed);
    t->plain = *student;
    *student = m;
    return NN_OK;
}

// The teacher up to its maps, for batches of any size where that can be.
static nn_status cut_teacher(nn_feature_teacher *t, const nn_model *from,
                             const nn_feature_options *o, nn_error *err)
{
    nn_rebuild r;
    nn_status status = nn_rebuild_begin(&r, from, true, err);
    for (int i = 0; i < t->count && status == NN_OK; i++) {
        char name[MAX_NAME];
        snprintf(name, sizeof name, NN_FEATURE_OUTPUT "%d", i);
        nn_graph_output(r.graph, name, nn_rebuild_value(&r, t->pair[i].teacher));
    }
    if (status == NN_OK)
        status = nn_rebuild_finish(&r, &t->model, err);
    nn_rebuild_release(&r);
    if (status == NN_OK)
        status = nn_want_red_first(t->model, err);
    if (status == NN_OK)
        status = nn_free_inputs(t->model, from, o->h, o->w, err);
    return status == NN_OK ? nn_model_fuse(&t->model, 0, err) : status;
}

static void describe(nn_feature_teacher *t, const nn_model *student, const nn_model *from)
{
    size_t used = 0;
    for (int i = 0; i < t->count && used < sizeof t->text; i++)
        used += (size_t)snprintf(
            t->text + used, sizeof t->text - used, "%s%s (%d channels) from %s (%d)", i ? ", " : "",
            nn_graph_value(student->graph, t->pair[i].student).name, t->pair[i].from,
            nn_graph_value(from->graph, t->pair[i].teacher).name, t->pair[i].to);
}

nn_status nn_feature_teacher_new(nn_feature_teacher **out, nn_model **student, const nn_model *from,
                                 const nn_feature_options *o, nn_error *err)
{
    *out = NULL;
    nn_feature_teacher *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "no memory for a teacher");
    nn_status status =
        nn_feature_pairs_find(t->pair, &t->count, *student, from, o->pairs, o->h, o->w, err);
    if (status == NN_OK) {
        describe(t, *student, from);
        status = cut_teacher(t, from, o, err);
    }
    if (status == NN_OK)
        status = adapt_student(t, student, o->seed, err);
    if (status == NN_OK)
        *out = t;
    else
        nn_feature_teacher_free(t);
    return status;
}

void nn_feature_teacher_free(nn_feature_teacher *t)
{
    if (!t)
        return;
    nn_model_free(t->model);
    nn_model_free(t->plain);
    nn_free(t);
}

nn_model *nn_feature_teacher_plain(const nn_feature_teacher *t)
{
    return t->plain;
}

const char *nn_feature_teacher_text(const nn_feature_teacher *t)
{
    return t->text;
}

// Room for maps of other sizes than the student's.
static nn_status make_room(nn_feature_run *r, nn_error *err)
{
    for (int i = 0; i < r->teacher->count; i++) {
        const nn_shape *own = &nn_plan_output(r->student, r->first + i)->shape;
        const nn_shape *its = &nn_plan_output(r->plan, i)->shape;
        if (own->rank != 4 || its->rank != 4 || own->dim[0] != its->dim[0] ||
            own->dim[1] != its->dim[1])
            return nn_fail(err, NN_ESHAPE, "its maps are not one for each picture");
        if (nn_shape_equal(own, its))
            continue;
        r->resized[i] = nn_calloc((size_t)nn_shape_count(own), sizeof(float));
        if (!r->resized[i])
            return nn_fail(err, NN_ENOMEM, "no memory for the maps of a teacher");
    }
    return NN_OK;
}

nn_status nn_feature_run_new(nn_feature_run **out, const nn_feature_teacher *t,
                             const nn_model *student, const nn_plan *plan, nn_pool *pool,
                             nn_error *err)
{
    const nn_card *card = &student->card, *to = &t->model->card;
    const nn_plan_options options = {.compiled = true, .pool = pool};
    *out = NULL;
    nn_feature_run *r = nn_calloc(1, sizeof *r);
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for a teacher");
    *r = (nn_feature_run){
        .teacher = t, .student = plan, .first = nn_own_output_count(student->graph)};
    for (int c = 0; c < COLOURS; c++) {
        r->scale[c] = card->std[c] / to->std[c];
        r->shift[c] = (card->mean[c] - to->mean[c]) / to->std[c];
    }
    nn_status status =
        nn_plan_new(&r->plan, t->model, &nn_plan_input(plan, 0)->shape, 1, &options, err);
    if (status == NN_OK)
        status = make_room(r, err);
    if (status == NN_OK)
        *out = r;
    else
        nn_feature_run_free(r);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "teacher of features");
}

void nn_feature_run_free(nn_feature_run *r)
{
    if (!r)
        return;
    for (int i = 0; i < NN_FEATURE_PAIRS; i++)
        nn_free(r->resized[i]);
    nn_plan_free(r->plan);
    nn_free(r);
}

static void show(nn_feature_run *r, const float *planes)
{
    const nn_tensor *input = nn_plan_input(r->plan, 0);
    const int64_t plane = input->shape.dim[2] * input->shape.dim[3];
    float *to = nn_tensor_f32(input);
    for (int64_t k = 0; k < input->shape.dim[0] * COLOURS; k++)
        for (int64_t i = k * plane; i < (k + 1) * plane; i++)
            to[i] = planes[i] * r->scale[k % COLOURS] + r->shift[k % COLOURS];
    nn_plan_run(r->plan);
}

// The teacher's map in the size of the student's.
static const float *map_of(const nn_feature_run *r, int i, const nn_shape *own)
{
    const nn_tensor *its = nn_plan_output(r->plan, i);
    if (!r->resized[i])
        return nn_tensor_f32(its);
    nn_feature_resize(nn_tensor_f32(its), (int)its->shape.dim[2], (int)its->shape.dim[3],
                      r->resized[i], (int)own->dim[2], (int)own->dim[3], own->dim[0] * own->dim[1]);
    return r->resized[i];
}

double nn_feature_run_learn(nn_feature_run *r, const float *planes, double scale)
{
    const int count = r->teacher->count;
    double loss = 0;
    show(r, planes);
    for (int i = 0; i < count; i++) {
        const nn_tensor *own = nn_plan_output(r->student, r->first + i);
        float *grad = nn_tensor_f32(nn_plan_output_grad(r->student, r->first + i));
        loss += nn_feature_loss(nn_tensor_f32(own), map_of(r, i, &own->shape), grad,
                                (int)own->shape.dim[0], (int)own->shape.dim[1],
                                own->shape.dim[2] * own->shape.dim[3], scale / count) /
                count;
    }
    return loss;
}
