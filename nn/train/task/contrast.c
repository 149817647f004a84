// SPDX-License-Identifier: MIT
// Pictures with captions: embeddings of both, and which of a batch belong together.
#include "nn/train/task/task.h"

#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/eval/retrieval.h"
#include "nn/graph/backward.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/predict/zero_shot.h"
#include "nn/text/tokenizer.h"
#include "nn/train/loss/contrast_loss.h"
#include "nn/train/trainer.h"
#include "nn/zoo/heads.h"

#include <stdlib.h>
#include <string.h>

// Evaluation: all captions of the data are classes, and a picture finds one of its own.

typedef struct captions_model {
    nn_model *model;           // of both sides
    nn_classifier *classifier; // of the captions of the present data; NULL: none yet
    int threads, input_h, input_w;
    float crop;
} captions_model;

static bool suits(const nn_card *card)
{
    return strcmp(card->task, "contrast") == 0;
}

static nn_status open_model(nn_evaluation *e, nn_model *model, const char *name, nn_error *err)
{
    captions_model *m = e->model = nn_calloc(1, sizeof *m);
    nn_status status = m ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
    if (status == NN_OK && !model)
        status = nn_model_load(&model, name, err);
    if (status != NN_OK) {
        nn_model_free(model);
        return status;
    }
    *m = (captions_model){.model = model,
                          .threads = e->options.threads,
                          .input_h = e->options.input_h,
                          .input_w = e->options.input_w,
                          .crop = e->options.crop};
    e->card = &model->card;
    e->path = nn_strdup(name);
    return e->path ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
}

static nn_status begin_scores(nn_evaluation *e, const nn_dataset *data, nn_error *err)
{
    captions_model *m = e->model;
    nn_retrieval *r = e->metrics = nn_calloc(1, sizeof *r);
    nn_model *made = NULL;
    if (!r)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    if (!data)
        return nn_fail(err, NN_EINVAL, "pictures with captions are scored as a data set only");
    nn_status status = nn_retrieval_init(r, data, err);
    if (status == NN_OK)
        status = nn_zero_shot_model(
            &made, m->model, &(nn_zero_shot_options){.texts = r->captions, .count = r->count}, err);
    if (status == NN_OK) {
        const nn_classifier_options options = {
            .threads = m->threads, .input_h = m->input_h, .input_w = m->input_w, .crop = m->crop};
        nn_classifier_free(m->classifier);
        status = nn_classifier_new(&m->classifier, made, &options, err);
    }
    if (status == NN_OK) {
        nn_free(e->probabilities);
        e->probabilities = nn_calloc((size_t)r->count, sizeof *e->probabilities);
        status = e->probabilities ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for scores");
    }
    return status;
}

static nn_status score_picture(nn_evaluation *e, nn_scored_picture *p, nn_error *err)
{
    const captions_model *m = e->model;
    const double began = nn_clock_seconds();
    const nn_status status = nn_classifier_run(m->classifier, p->frame, e->probabilities, err);
    e->milliseconds += 1e3 * (nn_clock_seconds() - began);
    if (status == NN_OK)
        p->wrong = nn_retrieval_add(e->metrics, p->sample, e->probabilities);
    return status;
}

static nn_status find_score(const nn_evaluation *e, nn_score *out, nn_error *err)
{
    const nn_retrieval *r = e->metrics;
    const double n = r->pictures > 0 ? r->pictures : 1;
    (void)err;
    // With equal accuracy the lower loss counts: accuracy on a small set has few steps.
    *out = (nn_score){.worth = (double)r->top1 / n + 1e-6 / (1 + r->loss / n),
                      .chance = (double)r->frequent / n,
                      .value = {(double)r->top1 / n, (double)r->top5 / n, r->loss / n, r->count}};
    return NN_OK;
}

static void close_model(nn_evaluation *e)
{
    captions_model *m = e->model;
    if (e->metrics)
        nn_retrieval_release(e->metrics);
    nn_free(e->metrics);
    if (!m)
        return;
    nn_classifier_free(m->classifier);
    nn_model_free(m->model);
    nn_free(m);
}

const nn_evaluator nn_evaluator_contrast = {
    .name = "contrast",
    .kind = NN_DATA_CAPTIONS,
    .scores = {{"top1", "top1"}, {"top5", "top5"}, {"loss", "val_loss"}, {"captions", NULL}},
    .suits = suits,
    .open = open_model,
    .begin = begin_scores,
    .run = score_picture,
    .score = find_score,
    .close = close_model,
};

// Training.

typedef struct contrast_state {
    nn_tokenizer *tokenizer;
    nn_ranks *ranks; // borrowed
    float *tokens;   // the plan's input: batch x length
    const float *images, *texts, *scale;
    float *image_grad, *text_grad, *scale_grad;
    int batch, length, width;
    float *all;  // embeddings of all processes: pictures, then texts
    double *sum; // the same, and numbers of their texts
} contrast_state;

static void close_loss(void *state)
{
    contrast_state *s = state;
    if (!s)
        return;
    nn_tokenizer_free(s->tokenizer);
    nn_free(s->all);
    nn_free(s->sum);
    nn_free(s);
}

static int context_of(const nn_model *model)
{
    const nn_tensor *places = nn_model_param((nn_model *)model, "text.positional_embedding");
    return places ? (int)places->shape.dim[0] : 0;
}

static int find_inputs(const nn_model *model, int batch, nn_shape shapes[])
{
    shapes[0] = nn_shape_2d(batch, context_of(model));
    return 1;
}

static nn_status feed(void *state, const nn_batch *batch, nn_error *err)
{
    const contrast_state *s = state;
    nn_status status = NN_OK;
    int end;
    for (int i = 0; i < s->batch && status == NN_OK; i++)
        status = nn_tokenizer_encode(s->tokenizer, batch->texts[i],
                                     s->tokens + (ptrdiff_t)i * s->length, s->length, &end, err);
    return status;
}

static nn_status read_tokenizer(contrast_state *s, const nn_model *model, nn_error *err)
{
    const char *text = model->card.tokenizer;
    const nn_tensor *rows = nn_model_param((nn_model *)model, "text.token_embedding.weight");
    if (!text || !rows)
        return nn_fail(err, NN_EINVAL, "training: the model has no tokenizer");
    const nn_status status = nn_tokenizer_parse(&s->tokenizer, text, strlen(text), err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "training: tokenizer");
    const int count = nn_tokenizer_count(s->tokenizer);
    if (!nn_tokenizer_ends_last(s->tokenizer))
        return nn_fail(
            err, NN_EUNSUPPORTED,
            "training: in this tokenizer <|endoftext|> is not the last of %d tokens, but "
            "the network takes the largest number of a text as its end: give it the "
            "largest number in vocab.json, or leave --tokenizer out, and one is learnt",
            count);
    return count <= rows->shape.dim[0]
               ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "training: the tokenizer has %d tokens, the network a vocabulary of %lld: "
                         "--options vocabulary=%d",
                         count, (long long)rows->shape.dim[0], count);
}

static nn_status open_loss(void **state, const nn_plan *plan, const nn_model *model, int batch,
                           const nn_task_options *options, nn_error *err)
{
    const nn_graph *g = model->graph;
    const int image = nn_graph_find_output(g, "output"),
              text = nn_graph_find_output(g, "text_embeds"),
              scale = nn_graph_find_output(g, "logit_scale");
    *state = NULL;
    if (image < 0 || text < 0 || scale < 0 || context_of(model) < 2)
        return nn_fail(err, NN_EUNSUPPORTED, "training: the network has no head 'clip'");
    contrast_state *s = nn_calloc(1, sizeof *s);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    const size_t rows = (size_t)batch * (size_t)nn_ranks_count(options->ranks);
    *s = (contrast_state){.ranks = options->ranks,
                          .tokens = nn_tensor_f32(nn_plan_input(plan, 1)),
                          .images = nn_tensor_f32(nn_plan_output(plan, image)),
                          .texts = nn_tensor_f32(nn_plan_output(plan, text)),
                          .scale = nn_tensor_f32(nn_plan_output(plan, scale)),
                          .image_grad = nn_tensor_f32(nn_plan_output_grad(plan, image)),
                          .text_grad = nn_tensor_f32(nn_plan_output_grad(plan, text)),
                          .scale_grad = nn_tensor_f32(nn_plan_output_grad(plan, scale)),
                          .batch = batch,
                          .length = context_of(model),
                          .width = (int)nn_plan_output(plan, text)->shape.dim[1]};
    s->all = nn_calloc(2 * rows * (size_t)s->width, sizeof *s->all);
    s->sum = nn_calloc(rows * (2 * (size_t)s->width + 1), sizeof *s->sum);
    nn_status status = s->all && s->sum ? NN_OK : nn_fail(err, NN_ENOMEM, "training: no memory");
    if (status == NN_OK)
        status = read_tokenizer(s, model, err);
    if (status == NN_OK)
        *state = s;
    else
        close_loss(s);
    return status;
}

// A number that texts share when their tokens are the same. Its 52 bits are exact as a double.
static double text_id(const float *tokens, int length)
{
    uint64_t hash = 0;
    for (int i = 0; i < length; i++)
        hash = nn_hash_mix(hash ^ (uint64_t)tokens[i]);
    return (double)(hash >> 12);
}

// Gathers the embeddings of all processes: each adds its own to zeros.
static void gather(const contrast_state *s, int rows, int first)
{
    double *ids = s->sum + 2 * (ptrdiff_t)rows * s->width;
    const ptrdiff_t own = (ptrdiff_t)s->batch * s->width, at = (ptrdiff_t)first * s->width,
                    half = (ptrdiff_t)rows * s->width;
    memset(s->sum, 0, (2 * (size_t)half + (size_t)rows) * sizeof *s->sum);
    for (ptrdiff_t i = 0; i < own; i++) {
        s->sum[at + i] = (double)s->images[i];
        s->sum[half + at + i] = (double)s->texts[i];
    }
    for (int i = 0; i < s->batch; i++)
        ids[first + i] = text_id(s->tokens + (ptrdiff_t)i * s->length, s->length);
    nn_ranks_sum(s->ranks, s->sum, (int)(2 * half) + rows);
    for (ptrdiff_t i = 0; i < 2 * half; i++)
        s->all[i] = (float)s->sum[i];
}

// Every process computes the loss of the whole batch. The trainer takes means over processes, so
// those of embeddings, which only one of them has, count as often as there are processes.
static nn_status run_loss(void *state, const nn_batch *batch, float scale, nn_task_value *value,
                          nn_error *err)
{
    contrast_state *s = state;
    const int ranks = nn_ranks_count(s->ranks), rows = s->batch * ranks,
              first = nn_ranks_index(s->ranks) * s->batch;
    nn_contrast_value v;
    (void)batch;
    gather(s, rows, first);
    const nn_contrast_batch b = {.images = s->all,
                                 .texts = s->all + (ptrdiff_t)rows * s->width,
                                 .rows = rows,
                                 .width = s->width,
                                 .scale = *s->scale,
                                 .text_ids = s->sum + 2 * (ptrdiff_t)rows * s->width};
    nn_contrast_grads g = {
        .images = s->image_grad, .texts = s->text_grad, .first = first, .count = s->batch};
    const nn_status status = nn_contrast_loss(&b, (double)scale * ranks, &g, &v, err);
    if (status != NN_OK)
        return status;
    *s->scale_grad = (float)(g.scale / ranks);
    *value = (nn_task_value){.loss = v.loss, .part = {(double)*s->scale}, .hits = v.hits};
    return NN_OK;
}

// The scale of logits, and how often a picture's text was the best of its batch.
static void epoch_values(double out[NN_TASK_PARTS], const nn_task_value *sum, double steps,
                         double pictures)
{
    out[0] = sum->part[0] / steps;
    out[1] = (double)sum->hits / pictures;
}

// The captions of a data set as one list; NULL: no memory.
static const char **list_captions(const nn_dataset *data, int *count)
{
    int all = 0;
    for (int i = 0; i < data->count; i++)
        all += data->samples[i].text_count;
    const char **list = nn_calloc((size_t)all + 1, sizeof *list);
    *count = 0;
    for (int i = 0; i < data->count && list; i++)
        for (int k = 0; k < data->samples[i].text_count; k++)
            list[(*count)++] = data->samples[i].texts[k];
    return list;
}

// A tokenizer learnt from the captions, where none was given. Without memory there is none, which
// is said when the training opens.
static void fit(nn_card *card, const nn_dataset *data)
{
    nn_zoo_options o;
    const nn_zoo_net *net = nn_zoo_find(card->network);
    card->crop = nn_choose_crop(data, card->input_h, card->input_w);
    if (card->tokenizer || !net ||
        nn_zoo_parse_options(net, nn_zoo_head_find(card->head), card->options, &o, NULL) != NN_OK)
        return;
    int count;
    nn_tokenizer *t = NULL;
    const char **captions = list_captions(data, &count);
    if (captions && nn_tokenizer_learn(&t, captions, count, o.vocabulary, NULL) == NN_OK)
        nn_card_set_tokenizer(card, nn_tokenizer_text(t), NULL);
    nn_tokenizer_free(t);
    nn_free(captions);
}

// part: the scale of logits; hits: pictures whose text is the best of the batch.
const nn_train_task nn_train_task_contrast = {
    .evaluator = &nn_evaluator_contrast,
    .defaults = "epochs=40 batch=64 lr=0.002 weight-decay=0.05 val-split=0.1 flip-h=0 "
                "area=0.9:1 ratio=1",
    .epoch_parts = {"logit_scale", "train_top1"},
    .epoch_values = epoch_values,
    .fit = fit,
    .inputs = find_inputs,
    .feed = feed,
    .open = open_loss,
    .close = close_loss,
    .run = run_loss,
};
