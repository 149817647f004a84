// SPDX-License-Identifier: MIT
// One call for all methods, and the parts that several of them share.
#include "nn/explain/explain_internal.h"

#include "nn/base/memory.h"
#include "nn/base/spelling.h"
#include "nn/vision/bilinear.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define METHOD(word) extern const nn_explain_method nn_explain_##word;
#include "nn/explain/methods.inc"
#undef METHOD

#define METHOD(word) &nn_explain_##word,
static const nn_explain_method *const methods[] = {
#include "nn/explain/methods.inc"
};
#undef METHOD
enum { METHODS = sizeof methods / sizeof *methods };

const nn_explain_method *const *nn_explain_methods(int *count)
{
    *count = METHODS;
    return methods;
}

const nn_explain_method *nn_explain_method_find(const char *word)
{
    for (int i = 0; i < METHODS; i++)
        if (strcmp(methods[i]->word, word) == 0)
            return methods[i];
    return NULL;
}

void nn_explain_target_init(nn_explain_target *t)
{
    *t = (nn_explain_target){.layer = -1, .channel = -1, .box = -1, .y = -1, .x = -1};
}

void nn_explain_settings_init(nn_explain_settings *s)
{
    *s = (nn_explain_settings){
        .cam_layer = -1, .samples = 25, .noise = 0.15f, .steps = 64, .cover = 0.5f, .seed = 1};
}

// --- maps ---

void nn_explain_map_release(nn_explain_map *m)
{
    nn_free(m->data);
    nn_free(m->cells);
    *m = (nn_explain_map){0};
}

static nn_status grow(float **data, size_t *capacity, size_t count, nn_error *err)
{
    nn_floats f = {*data, *capacity};
    const nn_status status = nn_floats_need(&f, count, err);
    *data = f.data;
    *capacity = f.capacity;
    return status;
}

static nn_status set_size(nn_explainer *e, nn_explain_map *map, int channels, nn_error *err)
{
    const size_t count = (size_t)channels * (size_t)e->plan_h * (size_t)e->plan_w;
    map->channels = channels;
    map->height = e->plan_h;
    map->width = e->plan_w;
    map->cells_h = map->cells_w = 0;
    return grow(&map->data, &map->capacity, count, err);
}

nn_status nn_explain_map_picture(nn_explainer *e, nn_explain_map *map, nn_error *err)
{
    return set_size(e, map, 3, err);
}

nn_status nn_explain_map_cells(nn_explainer *e, nn_explain_map *map, int h, int w, nn_error *err)
{
    nn_status status = set_size(e, map, 1, err);
    if (status == NN_OK)
        status = grow(&map->cells, &map->cells_capacity, (size_t)h * (size_t)w, err);
    map->cells_h = h;
    map->cells_w = w;
    return status;
}

void nn_explain_put_picture(const nn_explainer *e, const float *gradient, nn_explain_map *map)
{
    const size_t plane = (size_t)map->height * (size_t)map->width;
    for (int c = 0; c < 3; c++)
        memcpy(map->data + (e->model->card.bgr ? 2 - c : c) * plane, gradient + c * plane,
               plane * sizeof *gradient);
}

nn_status nn_explain_enlarge(nn_explainer *e, nn_explain_map *map, nn_error *err)
{
    const int h = map->height, w = map->width;
    const double step_y = (double)map->cells_h / h, step_x = (double)map->cells_w / w;
    nn_bilinear *column = nn_alloc((size_t)w * sizeof *column), row;
    (void)e;
    if (!column)
        return nn_fail(err, NN_ENOMEM, "no memory to enlarge heat");
    nn_bilinear_axis(column, w, 0.5 * step_x - 0.5, step_x, map->cells_w);
    for (int y = 0; y < h; y++) {
        nn_bilinear_axis(&row, 1, (y + 0.5) * step_y - 0.5, step_y, map->cells_h);
        const float *a = map->cells + (size_t)row.a * (size_t)map->cells_w;
        const float *b = map->cells + (size_t)row.b * (size_t)map->cells_w;
        for (int x = 0; x < w; x++) {
            const nn_bilinear *k = &column[x];
            const float above = (1 - k->part) * a[k->a] + k->part * a[k->b];
            const float below = (1 - k->part) * b[k->a] + k->part * b[k->b];
            map->data[(size_t)y * (size_t)w + (size_t)x] =
                (1 - row.part) * above + row.part * below;
        }
    }
    nn_free(column);
    return NN_OK;
}

// --- gradients ---

nn_status nn_explain_pixels(nn_explainer *e, const nn_explain_target *t, nn_walk_rule *rule,
                            bool by_value, nn_explain_map *map, nn_error *err)
{
    nn_explain_seeds seeds;
    nn_walk *walk = NULL;
    nn_status status = nn_explain_find_seeds(e, t, &seeds, err);
    if (status == NN_OK)
        status = nn_explain_map_picture(e, map, err);
    if (status == NN_OK)
        status =
            nn_explain_walk(e, &seeds, nn_graph_input_at(e->model->graph, 0), rule, &walk, err);
    if (status != NN_OK)
        return status;
    nn_explain_start(e, &seeds, walk, by_value && t->layer >= 0);
    nn_walk_run(walk);
    nn_explain_put_picture(e, nn_tensor_f32(nn_walk_result(walk)), map);
    map->score = (float)nn_explain_score(e, &seeds);
    map->channel = seeds.channel;
    map->forward_passes = 1 + nn_walk_macs(walk) / fmax(nn_plan_macs(e->plan), 1);
    nn_walk_free(walk);
    return NN_OK;
}

// --- the call ---

static nn_status unknown(const char *word, nn_error *err)
{
    const char *words[METHODS];
    char list[200] = "";
    for (int i = 0; i < METHODS; i++) {
        const size_t have = strlen(list);
        words[i] = methods[i]->word;
        snprintf(list + have, sizeof list - have, "%s%s", i ? ", " : "", words[i]);
    }
    const char *near = nn_spelling_nearest(word, words, METHODS);
    return nn_fail(err, NN_EINVAL, "no method is called '%.40s'%s%s%s; there are %s", word,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'" : "", list);
}

static nn_status check_finite(const nn_explain_map *map, nn_error *err)
{
    const size_t count = (size_t)map->channels * (size_t)map->height * (size_t)map->width;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(map->data[i]))
            return nn_fail(err, NN_EFORMAT,
                           "the explanation holds numbers that are not finite: the weights are "
                           "damaged or not those of this network");
    return NN_OK;
}

nn_status nn_explain(nn_explainer *e, const char *method, const nn_explain_target *target,
                     const nn_explain_settings *settings, nn_explain_map *map, nn_error *err)
{
    nn_explain_settings usual;
    nn_explain_settings_init(&usual);
    const nn_explain_method *m = nn_explain_method_find(method);
    if (!m)
        return unknown(method, err);
    if (!e->seen)
        return nn_fail(err, NN_EINVAL, "no picture was seen that could be explained");
    map->kind = m->kind;
    map->method = m->word;
    map->layer = target->layer;
    nn_status status = m->run(e, target, settings ? settings : &usual, map, err);
    if (status == NN_OK)
        status = check_finite(map, err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "%s", e->path);
}
