// SPDX-License-Identifier: MIT
// Finds the outputs of a detection head in a training plan.
#include "nn/train/loss/detect_outputs.h"

#include "nn/base/memory.h"
#include "nn/graph/backward.h"

#include <stdio.h>
#include <string.h>

// The levels of heads whose points are corners of their cells.
static bool has_corners(const char *head)
{
    return strcmp(head, "gfl_corner") == 0;
}

// A place of its own when all in front of the output is frozen.
float *nn_detect_outputs_gradient(nn_detect_outputs *s, const nn_plan *plan, int output)
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
static nn_status add_objectness(nn_detect_outputs *s, const nn_plan *plan, const nn_graph *g,
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
    level->obj_grad = nn_detect_outputs_gradient(s, plan, i);
    return level->obj_grad ? NN_OK : nn_fail(err, NN_ENOMEM, "training: no memory");
}

// The third output of a level of our own heads; NULL: there is none.
static const char *more_word(const char *head)
{
    static const char *const words[][2] = {{"pose", "kpt"}, {"instance", "coef"}, {"obb", "dir"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(head, words[i][0]) == 0)
            return words[i][1];
    return NULL;
}

static nn_status add_more(nn_detect_outputs *s, const nn_plan *plan, const nn_graph *g,
                          const char *word, nn_detect_level *level, nn_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", word, level->stride);
    const int i = nn_graph_find_output(g, name);
    const nn_shape *have = i < 0 ? NULL : &nn_plan_output(plan, i)->shape;
    const nn_shape want = nn_shape_4d(s->batch, have ? have->dim[1] : 0, level->h, level->w);
    if (!have || have->rank != 4 || !nn_shape_equal(have, &want))
        return nn_fail(err, NN_ESHAPE, "training: there is no output '%s' of (N,C,%d,%d)", name,
                       level->h, level->w);
    level->more = nn_plan_output(plan, i)->data;
    level->more_count = (int)have->dim[1];
    level->more_grad = nn_detect_outputs_gradient(s, plan, i);
    return level->more_grad ? NN_OK : nn_fail(err, NN_ENOMEM, "training: no memory");
}

static nn_status add_level(nn_detect_outputs *s, const nn_plan *plan, const nn_graph *g, int i,
                           int j, const char *head, nn_detect_level level, nn_error *err)
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
    level.cls_grad = nn_detect_outputs_gradient(s, plan, i);
    level.box_grad = nn_detect_outputs_gradient(s, plan, j);
    if (!level.cls_grad || !level.box_grad)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    if (level.form != NN_DETECT_PLAIN) {
        const nn_status status = add_objectness(s, plan, g, &level, err);
        if (status != NN_OK)
            return status;
    }
    const char *more = more_word(head);
    if (more) {
        const nn_status status = add_more(s, plan, g, more, &level, err);
        if (status != NN_OK)
            return status;
        level.rotated = strcmp(head, "obb") == 0;
    }
    s->levels[s->count++] = level;
    return NN_OK;
}

nn_status nn_detect_outputs_find(nn_detect_outputs *s, const nn_plan *plan, const nn_model *model,
                                 int batch, nn_error *err)
{
    const nn_graph *g = model->graph;
    *s = (nn_detect_outputs){.batch = batch, .classes = nn_card_classes(&model->card)};
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        int stride;
        char box_name[32], dist_name[32];
        if (sscanf(nn_graph_output_name(g, i), "cls%d", &stride) != 1 || stride < 1)
            continue;
        snprintf(box_name, sizeof box_name, "box%d", stride);
        snprintf(dist_name, sizeof dist_name, "dist%d", stride);
        const int box = nn_graph_find_output(g, box_name),
                  dist = nn_graph_find_output(g, dist_name);
        if ((box < 0 && dist < 0) || s->count == NN_DETECT_MAX_LEVELS)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "training: output '%s' has no '%s' or '%s' beside it, or is one of more "
                           "than %d",
                           nn_graph_output_name(g, i), box_name, dist_name, NN_DETECT_MAX_LEVELS);
        const nn_detect_level level = {.stride = stride,
                                       .bins = box < 0,
                                       .corner = has_corners(model->card.head),
                                       .form = nn_detect_form_of(model->card.head)};
        nn_status status =
            add_level(s, plan, g, i, box < 0 ? dist : box, model->card.head, level, err);
        if (status != NN_OK)
            return status;
    }
    if (s->count == 0)
        return nn_fail(err, NN_EUNSUPPORTED, "training: the network has no detection outputs");
    return NN_OK;
}

void nn_detect_outputs_release(nn_detect_outputs *s)
{
    for (int i = 0; i < s->spare_count; i++)
        nn_free(s->spare[i]);
    s->spare_count = 0;
}

void nn_detect_outputs_scale(const nn_detect_outputs *s, float scale)
{
    for (int v = 0; v < s->count; v++) {
        const nn_detect_level *l = &s->levels[v];
        const int64_t points = (int64_t)s->batch * l->h * l->w;
        for (int64_t i = 0; i < points * s->classes; i++)
            l->cls_grad[i] *= scale;
        for (int64_t i = 0; i < points * 4 * (l->bins > 0 ? l->bins : 1); i++)
            l->box_grad[i] *= scale;
        for (int64_t i = 0; i < points && l->form != NN_DETECT_PLAIN; i++)
            l->obj_grad[i] *= scale;
        for (int64_t i = 0; i < points * l->more_count; i++)
            l->more_grad[i] *= scale;
    }
}
