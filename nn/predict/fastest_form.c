// SPDX-License-Identifier: MIT
// Measures the installed forms of a model, and keeps in cards what quantisation cost.
#include "nn/predict/fastest_form.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/precision.h"
#include "nn/io/io.h"
#include "nn/io/json.h"
#include "nn/predict/form_cache.h"
#include "nn/predict/load_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY "quantized"

enum { FORMS = 2, RUNS = 7, PATH = 4096 };

// --- cards ---

nn_status nn_card_set_quantized(nn_card *card, const nn_quantized_score *s, nn_error *err)
{
    cJSON *root = NULL;
    nn_status status = NN_OK;
    if (card->training)
        status = nn_json_parse(&root, card->training, strlen(card->training), err);
    if (!root)
        root = cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(root, KEY);
    cJSON *item = status == NN_OK ? cJSON_AddObjectToObject(root, KEY) : NULL;
    char *text = NULL;
    if (item && cJSON_AddStringToObject(item, "score", s->score) &&
        cJSON_AddItemToObject(item, "float32", nn_json_make_float((float)s->float32)) &&
        cJSON_AddItemToObject(item, "int8", nn_json_make_float((float)s->int8)))
        text = nn_json_print(root);
    if (status == NN_OK)
        status = text ? nn_card_set_training(card, text, err)
                      : nn_fail(err, NN_ENOMEM, "no memory for the card");
    nn_free(text);
    cJSON_Delete(root);
    return status;
}

bool nn_card_quantized(const nn_card *card, nn_quantized_score *s)
{
    cJSON *root = NULL;
    float before, after;
    if (!card->training || nn_json_parse(&root, card->training, strlen(card->training), NULL))
        return false;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, KEY);
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "score");
    const bool known = nn_json_float(cJSON_GetObjectItemCaseSensitive(item, "float32"), &before) &&
                       nn_json_float(cJSON_GetObjectItemCaseSensitive(item, "int8"), &after);
    if (known) {
        *s = (nn_quantized_score){.float32 = (double)before, .int8 = (double)after};
        snprintf(s->score, sizeof s->score, "%s", cJSON_IsString(name) ? name->valuestring : "");
    }
    cJSON_Delete(root);
    return known;
}

// --- the choice ---

typedef struct form {
    char name[96], path[PATH];
    nn_model *model;
    nn_plan *plan;
    double seconds;
} form;

typedef struct choice {
    form form[FORMS];
    nn_pool *pool;
    int input_h, input_w;
    bool measured;
} choice;

bool nn_model_is_auto(const char *name)
{
    return !strcmp(name, "auto") || !strncmp(name, "auto:", 5);
}

static nn_status open_form(choice *c, form *f, nn_error *err)
{
    const nn_model_hints hints = {.input_h = c->input_h, .input_w = c->input_w};
    nn_status status = nn_model_load_with(&f->model, f->path, &hints, err); // names the file
    if (status != NN_OK)
        return status;
    status = nn_model_fuse(&f->model, 0, err);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", f->path);
}

// Whether both answer the same question: the 8-bit form may be of an earlier model of that name.
static bool agree(const nn_card *a, const nn_card *b)
{
    bool same = strcmp(a->task, b->task) == 0 && a->label_count == b->label_count;
    for (int i = 0; i < a->label_count && same; i++)
        same = strcmp(a->labels[i], b->labels[i]) == 0;
    return same;
}

static nn_status plan_form(choice *c, form *f, nn_error *err)
{
    const nn_card *card = &f->model->card;
    const nn_shape usual =
        nn_shape_4d(1, nn_card_channels(card), c->input_h > 0 ? c->input_h : card->input_h,
                    c->input_w > 0 ? c->input_w : card->input_w);
    nn_plan_options options = {.pool = c->pool, .compiled = true, .half = f->model->half};
    if (nn_graph_input_count(f->model->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "%s has several inputs", f->path);
    // a copy: the choice may put another model in the place of this one
    const nn_shape shape = f->model->fixed_inputs ? f->model->fixed_inputs[0] : usual;
    nn_status status = nn_model_choose_precision(&f->model, &shape, 1, &options, err);
    options.release_weights_of = f->model;
    if (status == NN_OK)
        status = nn_plan_new(&f->plan, f->model, &shape, 1, &options, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", f->path);
    nn_fill_reference_input(nn_plan_input(f->plan, 0));
    nn_plan_run(f->plan);
    f->seconds = INFINITY;
    return NN_OK;
}

// Both take turns, so that they see the same state of the machine.
static nn_status measure(choice *c, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < FORMS && status == NN_OK; i++)
        status = plan_form(c, &c->form[i], err);
    for (int run = 0; run < RUNS * FORMS && status == NN_OK; run++) {
        form *f = &c->form[run % FORMS];
        const double start = nn_clock_seconds();
        nn_plan_run(f->plan);
        f->seconds = fmin(f->seconds, nn_clock_seconds() - start);
    }
    return status;
}

// Returns the form that is taken and says why.
static nn_status choose(choice *c, const form **taken, char *why, nn_error *err)
{
    form *plain = &c->form[0], *narrow = &c->form[1];
    nn_quantized_score s;
    *taken = plain;
    nn_status status = open_form(c, narrow, err);
    if (status != NN_OK)
        return status;
    if (!nn_card_quantized(&narrow->model->card, &s)) {
        snprintf(why, NN_FORM_TEXT, "%s: the card of %s does not say what it lost", plain->name,
                 narrow->name);
        return NN_OK;
    }
    if (!(s.float32 - s.int8 <= NN_FORM_LOSS)) {
        snprintf(why, NN_FORM_TEXT, "%s: %s lost %.4f of %s, more than %g", plain->name,
                 narrow->name, s.float32 - s.int8, s.score, NN_FORM_LOSS);
        return NN_OK;
    }
    status = open_form(c, plain, err);
    if (status == NN_OK && !agree(&plain->model->card, &narrow->model->card)) {
        snprintf(why, NN_FORM_TEXT, "%s: %s is for another task or has other classes", plain->name,
                 narrow->name);
        return NN_OK;
    }
    if (status == NN_OK)
        status = measure(c, err);
    if (status != NN_OK)
        return status;
    c->measured = true;
    *taken = narrow->seconds < plain->seconds ? narrow : plain;
    const form *other = *taken == plain ? narrow : plain;
    snprintf(why, NN_FORM_TEXT, "%s: %.1f ms, %s: %.1f ms (%s %.4f, float32 %.4f)", (*taken)->name,
             1e3 * (*taken)->seconds, other->name, 1e3 * other->seconds, s.score, s.int8,
             s.float32);
    return NN_OK;
}

// What was measured before, else now.
static nn_status recall_or_choose(choice *c, const form **taken, char *why, nn_error *err)
{
    const char *const files[FORMS] = {c->form[0].path, c->form[1].path};
    const nn_form_key key = {files, FORMS, nn_pool_threads(c->pool), c->input_h, c->input_w};
    int kept;
    if (nn_form_cache_find(&key, &kept, why, NN_FORM_TEXT)) {
        *taken = &c->form[kept];
        return NN_OK;
    }
    const nn_status status = choose(c, taken, why, err);
    if (status == NN_OK && c->measured)
        nn_form_cache_keep(&key, (int)(*taken - c->form), why);
    return status;
}

nn_status nn_model_find_fastest(const char *name, int threads, int input_h, int input_w, char *path,
                                size_t size, char *why, nn_error *err)
{
    const char *base = strncmp(name, "auto:", 5) ? NN_DEFAULT_MODEL : name + 5;
    choice *c = nn_calloc(1, sizeof *c);
    const form *taken = NULL;
    if (!c)
        return nn_fail(err, NN_ENOMEM, "no memory to choose a model");
    c->input_h = input_h;
    c->input_w = input_w;
    snprintf(c->form[0].name, sizeof c->form[0].name, "%.80s", base);
    snprintf(c->form[1].name, sizeof c->form[1].name, "%.80s-int8", base);
    nn_status status = nn_model_find(base, c->form[0].path, PATH, err);
    if (status == NN_OK && nn_model_find(c->form[1].name, c->form[1].path, PATH, NULL) != NN_OK) {
        taken = &c->form[0];
        snprintf(why, NN_FORM_TEXT, "%s: there is no %s", base, c->form[1].name);
    } else if (status == NN_OK) {
        c->pool = nn_pool_new(threads);
        status =
            c->pool ? recall_or_choose(c, &taken, why, err) : nn_fail(err, NN_ENOMEM, "no threads");
    }
    if (status == NN_OK && (size_t)snprintf(path, size, "%s", taken->path) >= size)
        status = nn_fail(err, NN_EINVAL, "the path of the model is too long");
    for (int i = 0; i < FORMS; i++) {
        nn_plan_free(c->form[i].plan);
        nn_model_free(c->form[i].model);
    }
    nn_pool_free(c->pool);
    nn_free(c);
    return status;
}
