// SPDX-License-Identifier: MIT
// The text side of a dual encoder: its part of the graph, planned for one text.
#include "nn/predict/text_encoder.h"

#include "nn/base/memory.h"
#include "nn/graph/part.h"
#include "nn/graph/plan.h"
#include "nn/text/tokenizer.h"

#include <math.h>
#include <string.h>

#define SCALE_MOST 100.0f // Radford 2021, section 2.5

struct nn_text_encoder {
    nn_model *model; // the text side alone
    nn_plan *plan;
    nn_tokenizer *tokenizer;
    int batch, length, size; // of the plan: texts, tokens; of an embedding
    int mask;                // its input; -1: none
    float scale;
};

// The input that says which tokens count, as Hugging Face's exports have it; -1: none.
static int find_mask(const nn_graph *g)
{
    for (int i = 0; i < nn_graph_input_count(g); i++)
        if (strcmp(nn_graph_value(g, nn_graph_input_at(g, i)).name, "attention_mask") == 0)
            return i;
    return -1;
}

static bool reads_tokens(const nn_model *m)
{
    const nn_graph *g = m->graph;
    const int count = nn_graph_input_count(g);
    bool tokens = m->fixed_inputs || nn_graph_find_value(g, "text") >= 0;
    for (int i = 0; i < count && m->fixed_inputs; i++)
        tokens = tokens && m->fixed_inputs[i].rank == 2 &&
                 nn_shape_equal(&m->fixed_inputs[i], &m->fixed_inputs[0]);
    return tokens && (count == 1 || (count == 2 && find_mask(g) >= 0));
}

// The output of embeddings: that of the name, else the last of the only ones that need no picture.
static nn_status find_side(nn_model **side, const nn_model *m, nn_error *err)
{
    static const char *const names[] = {"text_embeds", "text_embedding", "text_features"};
    const nn_graph *g = m->graph;
    int output = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names && output < 0; i++)
        output = nn_graph_find_output(g, names[i]);
    *side = NULL;
    for (int i = output < 0 ? 0 : output; i < nn_graph_output_count(g); i++) {
        nn_status status = nn_model_part(side, m, i, NULL, NULL, err);
        if (status != NN_OK || reads_tokens(*side))
            return status;
        nn_model_free(*side);
        *side = NULL;
        if (output >= 0)
            break;
    }
    return nn_fail(err, NN_EUNSUPPORTED,
                   "the model has no output that is computed from tokens of a text (N,L) alone: "
                   "where texts have a file of their own, name it (classify --text-model)");
}

// The number of tokens of a text.
static nn_status find_length(nn_text_encoder *e, nn_error *err)
{
    const nn_tensor *places = nn_model_param(e->model, "text.positional_embedding");
    const nn_shape *fixed = e->model->fixed_inputs;
    char text[96];
    e->batch = fixed ? (int)fixed->dim[0] : 1;
    e->length = fixed ? (int)fixed->dim[1] : places ? (int)places->shape.dim[0] : 0;
    return e->batch >= 1 && e->batch <= 64 && e->length >= 2 && e->length <= 4096
               ? NN_OK
               : nn_fail(err, NN_ESHAPE, "its input is %s, not tokens of a text (N,L)",
                         fixed ? nn_shape_text(fixed, text, sizeof text) : "of unknown length");
}

// The number of an output "logit_scale" that needs no input, as in files that this project exports;
// else 0.
static float run_scale(const nn_model *m)
{
    const int output = nn_graph_find_output(m->graph, "logit_scale");
    nn_model *part = NULL;
    nn_plan *plan = NULL;
    float scale = 0;
    if (output >= 0 && nn_model_part(&part, m, output, NULL, NULL, NULL) == NN_OK &&
        nn_graph_input_count(part->graph) == 0 &&
        nn_plan_new(&plan, part, NULL, 0, NULL, NULL) == NN_OK &&
        nn_shape_count(&nn_plan_output(plan, 0)->shape) == 1) {
        nn_plan_run(plan);
        scale = nn_tensor_f32(nn_plan_output(plan, 0))[0];
    }
    nn_plan_free(plan);
    nn_model_free(part);
    return scale;
}

// The model's temperature, which is stored as a logarithm.
static float find_scale(const nn_model *m)
{
    const int i = nn_graph_find_param(m->graph, "logit_scale");
    const bool stored = i >= 0 && nn_shape_count(&m->params[i].shape) == 1;
    const float scale = stored ? expf(nn_tensor_f32(&m->params[i])[0]) : run_scale(m);
    return scale > 0 && scale < SCALE_MOST ? scale : scale > 0 ? SCALE_MOST : 0;
}

// Every token must have its row where tokens are looked up, and a network of the zoo's takes the
// largest number for the end of a text. Of other networks neither is known.
static nn_status check_vocabulary(const nn_text_encoder *e, nn_error *err)
{
    const nn_tensor *rows = nn_model_param(e->model, "text.token_embedding.weight");
    const int count = nn_tokenizer_count(e->tokenizer);
    if (rows && rows->shape.dim[0] < count)
        return nn_fail(err, NN_EINVAL,
                       "its vocabulary has %lld tokens, the tokenizer %d: name the one that it was "
                       "trained with, or none where the model file has its own",
                       (long long)rows->shape.dim[0], count);
    return !rows || nn_tokenizer_ends_last(e->tokenizer)
               ? NN_OK
               : nn_fail(
                     err, NN_EUNSUPPORTED,
                     "in the tokenizer <|endoftext|> does not have the largest number, by which "
                     "this model finds the end of a text: name the one that it was trained with");
}

// The tokenizer that is given, or the model's own; another one would give its tokens other
// meanings.
static nn_status find_tokenizer(nn_text_encoder *e, const nn_card *card, const char *given,
                                nn_error *err)
{
    const char *text = given ? given : card->tokenizer;
    if (!text)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model has no tokenizer of its own: name a file of one, such as CLIP's "
                       "bpe_simple_vocab_16e6.txt.gz");
    if (given && card->tokenizer && strcmp(given, card->tokenizer) != 0)
        return nn_fail(err, NN_EINVAL,
                       "the model has a tokenizer of its own, and this is another one: name none");
    const nn_status status = nn_tokenizer_parse(&e->tokenizer, text, strlen(text), err);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "tokenizer");
}

static nn_status prepare(nn_text_encoder *e, const nn_model *model, const char *tokenizer,
                         nn_error *err)
{
    char shape[96];
    e->scale = find_scale(model);
    nn_status status = find_side(&e->model, model, err);
    if (status == NN_OK)
        status = find_length(e, err);
    if (status == NN_OK)
        status = find_tokenizer(e, &model->card, tokenizer, err);
    if (status == NN_OK)
        status = check_vocabulary(e, err);
    if (status != NN_OK)
        return status;
    const nn_shape tokens = nn_shape_2d(e->batch, e->length), inputs[] = {tokens, tokens};
    status =
        nn_plan_new(&e->plan, e->model, inputs, nn_graph_input_count(e->model->graph), NULL, err);
    if (status != NN_OK)
        return status;
    e->mask = find_mask(e->model->graph);
    const nn_shape *out = &nn_plan_output(e->plan, 0)->shape;
    e->size = out->rank == 2 ? (int)out->dim[1] : 0;
    return e->size > 0 && out->dim[0] == e->batch
               ? NN_OK
               : nn_fail(err, NN_ESHAPE, "its output for a text is %s, not an embedding (N,D)",
                         nn_shape_text(out, shape, sizeof shape));
}

nn_status nn_text_encoder_new(nn_text_encoder **out, const nn_model *model, const char *tokenizer,
                              nn_error *err)
{
    *out = NULL;
    nn_text_encoder *e = nn_calloc(1, sizeof *e);
    if (!e)
        return nn_fail(err, NN_ENOMEM, "no memory for a text encoder");
    const nn_status status = prepare(e, model, tokenizer, err);
    if (status == NN_OK)
        *out = e;
    else
        nn_text_encoder_free(e);
    return status;
}

void nn_text_encoder_free(nn_text_encoder *e)
{
    if (!e)
        return;
    nn_plan_free(e->plan);
    nn_model_free(e->model);
    nn_tokenizer_free(e->tokenizer);
    nn_free(e);
}

int nn_text_encoder_size(const nn_text_encoder *e)
{
    return e->size;
}

float nn_text_encoder_scale(const nn_text_encoder *e)
{
    return e->scale;
}

// Tokens up to the end count.
static void fill_mask(const nn_text_encoder *e, int end)
{
    float *mask = nn_tensor_f32(nn_plan_input(e->plan, e->mask));
    for (int i = 0; i < e->batch * e->length; i++)
        mask[i] = i % e->length <= end;
}

nn_status nn_text_encoder_run(nn_text_encoder *e, const char *text, float *embedding, nn_error *err)
{
    float *tokens = nn_tensor_f32(nn_plan_input(e->plan, e->mask == 0 ? 1 : 0));
    int end;
    double sum = 0;
    const nn_status status = nn_tokenizer_encode(e->tokenizer, text, tokens, e->length, &end, err);
    if (status != NN_OK)
        return status;
    for (int i = 1; i < e->batch; i++)
        memcpy(tokens + (ptrdiff_t)i * e->length, tokens, (size_t)e->length * sizeof *tokens);
    if (e->mask >= 0)
        fill_mask(e, end);
    nn_plan_run(e->plan);
    const float *found = nn_tensor_f32(nn_plan_output(e->plan, 0));
    for (int i = 0; i < e->size; i++)
        sum += (double)found[i] * (double)found[i];
    if (!(sum > 0) || !isfinite(sum))
        return nn_fail(err, NN_EFORMAT, "the embedding of '%.60s' is %s: the weights are damaged",
                       text, isfinite(sum) ? "zero" : "not finite");
    for (int i = 0; i < e->size; i++)
        embedding[i] = (float)((double)found[i] / sqrt(sum));
    return NN_OK;
}
