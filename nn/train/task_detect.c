// SPDX-License-Identifier: MIT
// Detection: the dense head's outputs as levels of its loss.
#include "nn/train/task.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <string.h>

typedef struct detect_state {
    nn_detect_loss *loss;
    nn_detect_level levels[NN_DETECT_MAX_LEVELS];
    int level_count, batch, classes;
} detect_state;

static void release(void *state)
{
    detect_state *s = state;
    if (!s)
        return;
    nn_detect_loss_free(s->loss);
    nn_free(s);
}

// The levels of heads whose points are corners of their cells.
static bool has_corners(const char *head)
{
    return strcmp(head, "gfl_corner") == 0;
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
    level.cls_grad = nn_plan_output_grad(plan, i)->data;
    level.box_grad = nn_plan_output_grad(plan, j)->data;
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
        const nn_detect_level level = {
            .stride = stride, .bins = box < 0, .corner = has_corners(model->card.head)};
        nn_status status = add_level(s, plan, g, i, box < 0 ? dist : box, level, err);
        if (status != NN_OK)
            return status;
    }
    if (s->level_count == 0)
        return nn_fail(err, NN_EUNSUPPORTED, "training: the network has no detection outputs");
    return NN_OK;
}

static nn_status open_state(void **state, const nn_plan *plan, const nn_model *model, int batch,
                            const nn_task_options *options, nn_error *err)
{
    *state = NULL;
    detect_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    s->batch = batch;
    s->classes = model->card.label_count;
    nn_status status = find_levels(s, plan, model, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&s->loss, &options->detect, s->levels, s->level_count, batch,
                                    s->classes, err);
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
    }
}

static nn_status run(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                     nn_error *err)
{
    detect_state *s = state;
    nn_status status = nn_detect_loss_assign(s->loss, s->levels, batch->lists, err);
    if (status != NN_OK)
        return status;
    const nn_detect_loss_value v = nn_detect_loss_grad(s->loss, s->levels);
    *value = (nn_task_value){.loss = v.cls + v.box, .part = {v.cls, v.box}, .hits = v.positives};
    if (scale != 1)
        scale_gradients(s, scale);
    return NN_OK;
}

// part: classes, boxes; hits: points with a target.
const nn_train_task nn_train_task_detect = {
    .name = "detect",
    .kind = NN_DATA_BOXES,
    .open = open_state,
    .close = release,
    .run = run,
};
