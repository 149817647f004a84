// SPDX-License-Identifier: MIT
// Whether a network enlarges pictures.
#include "nn/predict/upscaler_card.h"

#include "nn/base/memory.h"

#include <string.h>

enum { COLOURS = 3 };

bool nn_upscaler_suits(const nn_card *card)
{
    return strcmp(card->task, "upscale") == 0 && card->factor > 0;
}

nn_status nn_upscaler_guess(nn_model *m, nn_error *err)
{
    enum { SIDE = 48 };
    const nn_graph *g = m->graph;
    const nn_shape *fixed = m->fixed_inputs;
    nn_card *card = &m->card;
    if (card->task[0] || card->exporter_task[0] || m->tail || nn_graph_input_count(g) != 1 ||
        nn_graph_output_count(g) != 1)
        return NN_OK;
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "card: out of memory");
    for (int planes = 1; planes <= COLOURS; planes += 2) {
        const nn_shape in = fixed ? *fixed : nn_shape_4d(1, planes, SIDE, SIDE);
        const nn_shape *out = &shapes[nn_graph_output_at(g, 0)];
        nn_error ignored = {0};
        if (in.rank != 4 || in.dim[0] != 1 || in.dim[1] != planes || in.dim[2] < 1 ||
            in.dim[3] < 1 || nn_graph_infer(g, &in, 1, shapes, NULL, &ignored) != NN_OK)
            continue;
        const int64_t factor = out->rank == 4 ? out->dim[2] / in.dim[2] : 0;
        if (out->rank != 4 || out->dim[1] != planes || factor < 2 || factor > NN_CARD_FACTOR ||
            out->dim[2] != factor * in.dim[2] || out->dim[3] != factor * in.dim[3])
            continue;
        memcpy(card->task, "upscale", sizeof "upscale");
        card->factor = (int)factor;
        card->input_channels = planes == COLOURS ? 0 : planes;
        card->input_h = (int)in.dim[2];
        card->input_w = (int)in.dim[3];
        break;
    }
    nn_free(shapes);
    return NN_OK;
}
