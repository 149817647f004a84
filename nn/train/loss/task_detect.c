// SPDX-License-Identifier: MIT
// Detection: the dense head's outputs as levels of its loss.
#include "nn/train/loss/task.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/train/teacher.h"

#include <stdio.h>
#include <string.h>

extern const nn_evaluator nn_evaluator_detect;

typedef struct detect_state {
    nn_detect_loss *loss;
    nn_detect_level levels[NN_DETECT_MAX_LEVELS];
    int level_count, batch, classes;
    float *spare[3 * NN_DETECT_MAX_LEVELS]; // owned: gradients of outputs of which nothing learns
    int spare_count;
    nn_teacher_run **teachers; // owned, `teacher_count`
    int teacher_count;
    nn_detect_loss_options options;
} detect_state;

static void release(void *state)
{
    detect_state *s = state;
    if (!s)
        return;
    for (int i = 0; i < s->spare_count; i++)
        nn_free(s->spare[i]);
    for (int i = 0; i < s->teacher_count; i++)
        nn_teacher_close(s->teachers[i]);
    nn_free(s->teachers);
    nn_detect_loss_free(s->loss);
    nn_free(s);
}

// The levels of heads whose points are corners of their cells.
static bool has_corners(const char *head)
{
    return strcmp(head, "gfl_corner") == 0;
}

// Where the gradient of an output goes: nowhere else when all in front of it is frozen.
static float *gradient(detect_state *s, const nn_plan *plan, int output)
{
    float *there = nn_plan_output_grad(plan, output)->data;
    if (there)
        return there;
    const nn_shape *shape = &nn_plan_output(plan, output)->shape;
    float *spare = nn_calloc((size_t)nn_shape_count(shape), sizeof *spare);
    if (spare)
        s->spare[s->spare_count++] = spare;
    return spare;
}

// The output "objS" of a level whose other maps are known.
static nn_status add_objectness(detect_state *s, const nn_plan *plan, const nn_graph *g,
                                nn_detect_level *level, nn_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "obj%d", level->stride);
    const int i = nn_graph_find_output(g, name);
    const nn_shape want = nn_shape_4d(s->batch, 1, level->h, level->w);
    if (i < 0 || level->bins > 0 || !nn_shape_equal(&nn_plan_output(plan, i)->shape, &want))
        return nn_fail(err, NN_ESHAPE, "training: there is no output '%s' of (N,1,%d,%d)", name,
                       level->h, level->w);
    level->obj = nn_plan_output(plan, i)->data;
    level->obj_grad = gradient(s, plan, i);
    return level->obj_grad ? NN_OK : nn_fail(err, NN_ENOMEM, "training: no memory");
}

static nn_status add_level(detect_state *s, const nn_plan *plan, const nn_graph *g, int i, int j,
                           nn_detect_level level, nn_error *err)
{
    const nn_tensor *cls = nn_plan_output(plan, i), *box = nn_plan_output(plan, j);
    const int64_t sides = box->shape.rank == 4 ? box->shape.dim[1] : 0;
    nn_shape want = cls->shape;
    want.dim[1] = level.bins > 0 ? sides : 4;
    if (cls->shape.rank != 4 || cls->shape.dim[1] != s->classes || sides % 4 != 0 ||
        !nn_shape_equal(&box->shape, &want))
        return nn_fail(err, NN_ESHAPE,
                       "training: outputs '%s' and '%s' are not (N,%d,H,W) and (N,%s,H,W)",
                       nn_graph_output_name(g, i), nn_graph_output_name(g, j), s->classes,
                       level.bins > 0 ? "4*bins" : "4");
    level.bins = level.bins > 0 ? (int)(sides / 4) : 0;
    level.h = (int)cls->shape.dim[2];
    level.w = (int)cls->shape.dim[3];
    level.cls = cls->data;
    level.box = box->data;
    level.cls_grad = gradient(s, plan, i);
    level.box_grad = gradient(s, plan, j);
    if (!level.cls_grad || !level.box_grad)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    if (level.form != NN_DETECT_PLAIN) {
        const nn_status status = add_objectness(s, plan, g, &level, err);
        if (status != NN_OK)
            return status;
    }
    s->levels[s->level_count++] = level;
    return NN_OK;
}

// The outputs "cls8" with "box8" (logarithms of distances) or "dist8" (distributions), "cls16", ...
// as levels of the loss.
static nn_status find_levels(detect_state *s, const nn_plan *plan, const nn_model *model,
                             nn_error *err)
{
    const nn_graph *g = model->graph;
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        int stride;
        char box_name[32], dist_name[32];
        if (sscanf(nn_graph_output_name(g, i), "cls%d", &stride) != 1 || stride < 1)
            continue;
        snprintf(box_name, sizeof box_name, "box%d", stride);
        snprintf(dist_name, sizeof dist_name, "dist%d", stride);
        const int box = nn_graph_find_output(g, box_name),
                  dist = nn_graph_find_output(g, dist_name);
        if ((box < 0 && dist < 0) || s->level_count == NN_DETECT_MAX_LEVELS)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "training: output '%s' has no '%s' or '%s' beside it, or is one of more "
                           "than %d",
                           nn_graph_output_name(g, i), box_name, dist_name, NN_DETECT_MAX_LEVELS);
        const nn_detect_level level = {.stride = stride,
                                       .bins = box < 0,
                                       .corner = has_corners(model->card.head),
                                       .form = nn_detect_form_of(model->card.head)};
        nn_status status = add_level(s, plan, g, i, box < 0 ? dist : box, level, err);
        if (status != NN_OK)
            return status;
    }
    if (s->level_count == 0)
        return nn_fail(err, NN_EUNSUPPORTED, "training: the network has no detection outputs");
    return NN_OK;
}

static nn_status open_teachers(detect_state *s, const nn_plan *plan, const nn_card *card,
                               const nn_detect_loss_options *o, nn_error *err)
{
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_teacher_place place = {.batch = s->batch,
                                    .h = (int)input->dim[2],
                                    .w = (int)input->dim[3],
                                    .card = card,
                                    .levels = s->levels,
                                    .level_count = s->level_count,
                                    .pool = o->pool};
    if (o->teacher_count == 0)
        return NN_OK;
    s->teachers = nn_calloc((size_t)o->teacher_count, sizeof *s->teachers);
    if (!s->teachers)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < o->teacher_count; i++) {
        const nn_status status = nn_teacher_open(&s->teachers[i], o->teachers[i], &place, err);
        if (status != NN_OK)
            return nn_fail_prefix(err, status, "teacher %d", i + 1);
        s->teacher_count++;
    }
    return NN_OK;
}

static nn_status open_state(void **state, const nn_plan *plan, const nn_model *model, int batch,
                            const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    detect_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    s->options = options->detect;
    s->batch = batch;
    s->classes = nn_card_classes(&model->card);
    nn_status status = find_levels(s, plan, model, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&s->loss, &options->detect, s->levels, s->level_count, batch,
                                    s->classes, err);
    if (status == NN_OK)
        status = open_teachers(s, plan, &model->card, &options->detect, err);
    if (status == NN_OK)
        *state = s;
    else
        release(s);
    return status;
}

static void scale_gradients(const detect_state *s, float scale)
{
    for (int v = 0; v < s->level_count; v++) {
        const nn_detect_level *l = &s->levels[v];
        const int64_t points = (int64_t)s->batch * l->h * l->w;
        for (int64_t i = 0; i < points * s->classes; i++)
            l->cls_grad[i] *= scale;
        for (int64_t i = 0; i < points * 4 * (l->bins > 0 ? l->bins : 1); i++)
            l->box_grad[i] *= scale;
        for (int64_t i = 0; i < points && l->form != NN_DETECT_PLAIN; i++)
            l->obj_grad[i] *= scale;
    }
}

// Adds what the teachers say of the batch.
static void hear_teachers(const detect_state *s, const float *planes, nn_detect_loss_value *v)
{
    int cells = 0;
    for (int i = 0; i < s->teacher_count; i++)
        cells += !nn_teacher_gives_boxes(s->options.teachers[i]);
    for (int i = 0; i < s->teacher_count; i++) {
        const nn_detect_teacher *said = nn_teacher_look(s->teachers[i], planes);
        if (!said)
            continue;
        nn_detect_teacher says = *said;
        says.weight = s->options.teacher_weight / (float)cells;
        const nn_detect_loss_value lesson = nn_detect_loss_teach(s->loss, s->levels, &says);
        v->cls += lesson.cls;
        v->box += lesson.box;
    }
}

static nn_status run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err)
{
    detect_state *s = state;
    const nn_truth_list *lists = batch->lists;
    nn_status status = NN_OK;
    for (int i = 0; i < s->teacher_count && status == NN_OK; i++)
        status = nn_teacher_add_boxes(s->teachers[i], batch->planes, &lists, err);
    if (status == NN_OK)
        status = nn_detect_loss_assign(s->loss, s->levels, lists, err);
    if (status != NN_OK)
        return status;
    nn_detect_loss_value v = nn_detect_loss_grad(s->loss, s->levels);
    hear_teachers(s, batch->planes, &v);
    *value = (nn_task_value){.loss = v.cls + v.box, .part = {v.cls, v.box}, .hits = v.positives};
    if (scale != 1)
        scale_gradients(s, scale);
    return NN_OK;
}

static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    (void)pictures;
    out[0] = sum->part[0] / steps;
    out[1] = sum->part[1] / steps;
}

// part: classes, boxes; hits: points with a target.
const nn_train_task nn_train_task_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .defaults = "size=384x288 val-split=0.2",
    .evaluator = &nn_evaluator_detect,
    .epoch_parts = {"class_loss", "box_loss"},
    .epoch_values = epoch_values,
    .transfer = NN_TRANSFER_HEAD,
    .open = open_state,
    .close = release,
    .run = run,
};
