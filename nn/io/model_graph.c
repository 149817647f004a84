// SPDX-License-Identifier: MIT
// Models whose graph is in the file with their parameters.
#include "nn/io/model_graph.h"

#include "nn/base/memory.h"
#include "nn/io/params.h"
#include "nn/zoo/zoo.h"

bool nn_model_is_zoo(const nn_model *m)
{
    nn_graph *graph;
    if (!m->card.network[0] || m->fixed_inputs || nn_zoo_graph(&graph, &m->card, NULL) != NN_OK)
        return false;
    const bool same = nn_graph_equal(m->graph, graph);
    nn_graph_free(graph);
    return same;
}

// Every operator checks its parameters against its input shapes; this must come before any other
// use.
static nn_status check_shapes(const nn_graph *graph, const nn_shape *fixed, const nn_card *card,
                              nn_error *err)
{
    const int count = nn_graph_input_count(graph);
    const nn_shape image = nn_shape_4d(1, nn_card_channels(card), card->input_h, card->input_w);
    if (!fixed && count > 0 && (count != 1 || card->input_h < 1 || card->input_w < 1))
        return nn_fail(err, NN_EFORMAT, "graph: nothing says what shape its inputs have");
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(graph), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    const nn_status status =
        nn_graph_infer(graph, fixed ? fixed : &image, count, shapes, NULL, err);
    nn_free(shapes);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "graph");
}

// A requested size must be the one that the graph accepts.
static nn_status check_size(const nn_model *m, int input_h, int input_w, nn_error *err)
{
    const nn_shape *s = m->fixed_inputs;
    if (!s || s->rank != 4 || input_h < 1 || input_w < 1 ||
        (s->dim[2] == input_h && s->dim[3] == input_w))
        return NN_OK;
    return nn_fail(err, NN_ESHAPE,
                   "the graph takes images of height %lld, width %lld only; 'neroscale convert "
                   "--size' makes one for another size from the file that it was read from",
                   (long long)s->dim[2], (long long)s->dim[3]);
}

nn_status nn_model_graph_load(nn_model **out, const nn_card *card, const nn_bundle *b, int input_h,
                              int input_w, nn_error *err)
{
    nn_graph *graph;
    nn_shape *fixed;
    *out = NULL;
    nn_status status =
        nn_graph_from_json(&graph, &fixed, nn_bundle_meta(b, NN_MODEL_GRAPH_KEY), b, err);
    if (status != NN_OK)
        return status;
    status = nn_params_check(graph, card, b, err);
    if (status == NN_OK)
        status = check_shapes(graph, fixed, card, err);
    if (status == NN_OK)
        status = nn_model_new(out, graph, err); // takes the graph over
    else
        nn_graph_free(graph);
    if (status != NN_OK) {
        nn_free(fixed);
        return status;
    }
    (*out)->fixed_inputs = fixed;
    status = nn_card_copy(&(*out)->card, card, err);
    if (status == NN_OK && !fixed && input_h > 0 && input_w > 0) {
        (*out)->card.input_h = input_h;
        (*out)->card.input_w = input_w;
    }
    if (status == NN_OK)
        status = check_size(*out, input_h, input_w, err);
    if (status == NN_OK)
        status = nn_model_set_params(*out, b, err);
    return status;
}
