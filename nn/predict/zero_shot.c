// SPDX-License-Identifier: MIT
// Makes classifiers of dual encoders.
#include "nn/predict/zero_shot.h"

#include "nn/base/memory.h"
#include "nn/graph/part.h"
#include "nn/ops/ops.h"

#include <string.h>

#define LEAST_LENGTH 1e-12f
#define MOST_LENGTH 1e30f

static const char WEIGHT[] = "zero_shot.weight";

typedef struct layers {
    nn_value embedding; // of the source
    int classes, size;
} layers;

// logits = weight (x / |x|).
static void add_layers(nn_rebuild *r, void *ctx)
{
    const layers *l = ctx;
    nn_graph *g = r->graph;
    const nn_value x = nn_rebuild_value(r, l->embedding);
    const nn_reduce_params sum = {NN_REDUCE_SUM, 1 << 1, 1};
    const nn_pointwise_params root = {.kind = NN_POINTWISE_SQRT},
                              clip = {NN_POINTWISE_CLIP, LEAST_LENGTH, MOST_LENGTH};
    const nn_arithmetic_params divide = {NN_ARITHMETIC_DIV};
    const nn_shape shape = nn_shape_2d(l->classes, l->size);
    const nn_value weight = nn_graph_param(g, WEIGHT, NN_PARAM_WEIGHT, &shape);
    nn_value y = nn_graph_node(g, &nn_op_mul, "zero_shot.square", NULL, (nn_value[]){x, x}, 2);
    y = nn_graph_node(g, &nn_op_reduce, "zero_shot.sum", &sum, &y, 1);
    y = nn_graph_node(g, &nn_op_pointwise, "zero_shot.root", &root, &y, 1);
    y = nn_graph_node(g, &nn_op_pointwise, "zero_shot.length", &clip, &y, 1);
    y = nn_graph_node(g, &nn_op_arithmetic, "zero_shot.unit", &divide, (nn_value[]){x, y}, 2);
    y = nn_graph_node(g, &nn_op_linear, "zero_shot", &(nn_linear_params){0},
                      (nn_value[]){y, weight}, 2);
    nn_graph_output(g, "logits", y);
}

// The output of embeddings of pictures.
static int find_output(const nn_graph *g)
{
    static const char *const names[] = {"image_embeds", "image_embedding", "image_features",
                                        "output"};
    int output = -1;
    for (size_t i = 0; i < sizeof names / sizeof *names && output < 0; i++)
        output = nn_graph_find_output(g, names[i]);
    return output < 0 && nn_graph_output_count(g) == 1 ? 0 : output;
}

static nn_status embed_texts(float *rows, nn_text_encoder *e, const nn_zero_shot_options *o,
                             nn_error *err)
{
    const int size = nn_text_encoder_size(e);
    const float own = nn_text_encoder_scale(e);
    const float scale = o->scale > 0 ? o->scale : own > 0 ? own : NN_ZERO_SHOT_SCALE;
    nn_status status = NN_OK;
    for (int i = 0; i < o->count && status == NN_OK; i++) {
        float *row = rows + (ptrdiff_t)i * size;
        status = nn_text_encoder_run(e, o->texts[i], row, err);
        for (int k = 0; k < size && status == NN_OK; k++)
            row[k] *= scale;
    }
    return status;
}

// The card of an ordinary classifier whose classes are the texts.
static nn_status describe(nn_card *card, const nn_zero_shot_options *o, nn_error *err)
{
    memcpy(card->task, "classify", sizeof "classify");
    card->head[0] = card->network[0] = card->options[0] = '\0';
    card->sigmoid = card->guessed = card->unnamed = false;
    nn_status status = nn_card_set_tokenizer(card, NULL, err);
    return status == NN_OK ? nn_card_set_labels(card, o->texts, o->count, err) : status;
}

static nn_status check_sizes(const nn_model *m, int size, nn_error *err)
{
    const int count = nn_graph_input_count(m->graph);
    const nn_shape image =
        nn_shape_4d(1, nn_card_channels(&m->card), m->card.input_h, m->card.input_w);
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "no memory for a classifier");
    nn_error why = {0};
    const nn_status status = nn_graph_infer(m->graph, m->fixed_inputs ? m->fixed_inputs : &image,
                                            count, shapes, NULL, &why);
    nn_free(shapes);
    return status == NN_OK ? NN_OK
                           : nn_fail(err, status,
                                     "embeddings of texts have %d numbers, which those of pictures "
                                     "do not have: %.300s",
                                     size, why.text);
}

static nn_status make(nn_model **out, const nn_model *model, nn_text_encoder *e,
                      const nn_zero_shot_options *o, nn_error *err)
{
    layers l = {.classes = o->count, .size = nn_text_encoder_size(e)};
    const int output = find_output(model->graph);
    if (output < 0)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "none of the model's %d outputs is called image_embeds",
                       nn_graph_output_count(model->graph));
    l.embedding = nn_graph_output_at(model->graph, output);
    nn_status status = nn_model_part(out, model, output, add_layers, &l, err);
    if (status == NN_OK)
        status = embed_texts(nn_tensor_f32(nn_model_param(*out, WEIGHT)), e, o, err);
    if (status == NN_OK)
        status = describe(&(*out)->card, o, err);
    if (status == NN_OK && nn_graph_input_count((*out)->graph) != 1)
        status = nn_fail(err, NN_EUNSUPPORTED, "embeddings of pictures need %d inputs, not one",
                         nn_graph_input_count((*out)->graph));
    return status == NN_OK ? check_sizes(*out, l.size, err) : status;
}

bool nn_zero_shot_compares(const nn_card *card)
{
    return strcmp(card->task, "contrast") == 0;
}

nn_status nn_zero_shot_refuse(nn_error *err)
{
    return nn_fail(err, NN_EUNSUPPORTED,
                   "the model compares pictures with texts: say which texts are its classes "
                   "(classify --text, neroinfer labels-text=)");
}

nn_status nn_zero_shot_model(nn_model **out, const nn_model *model, const nn_zero_shot_options *o,
                             nn_error *err)
{
    nn_text_encoder *e = NULL;
    const nn_model *text = o->text_model ? o->text_model : model;
    *out = NULL;
    if (o->count < 2)
        return nn_fail(err, NN_EINVAL, "%s to tell pictures apart by: two or more are needed",
                       o->count < 1 ? "no texts" : "one text alone");
    nn_status status = nn_text_encoder_new(&e, text, o->tokenizer, err);
    if (status == NN_OK)
        status = make(out, model, e, o, err);
    nn_text_encoder_free(e);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
